"""sendMessage, copyMessage and sendChatAction: the path that thousands of calls a minute take."""

from typing import Any

from simulator.chats import Entities, Message
from simulator.errors import bad_request
from simulator.keyboards import Markup, read_markup
from simulator.methods.targets import check_speed, check_writable, find_chat, writable_chat
from simulator.params import Args, as_integer
from simulator.people import Person
from simulator.render import message_json
from simulator.texts import caption_text, message_text
from simulator.world import World

ACTIONS = frozenset(
    {
        "typing",
        "upload_photo",
        "record_video",
        "upload_video",
        "record_voice",
        "upload_voice",
        "upload_document",
        "choose_sticker",
        "find_location",
        "record_video_note",
        "upload_video_note",
    }
)
TYPING_SECONDS = 5.0
SILENT = {"silent": True}  # one for all messages of a campaign


def replied_to(person: Person, args: Args) -> int | None:
    """The id of the message this one answers, None where it answers none or may go without it."""
    given = args.parsed("reply_parameters", error="can't parse reply parameters JSON object")
    wanted = given if isinstance(given, dict) else {}
    message_id = as_integer(wanted.get("message_id")) or args.integer("reply_to_message_id")
    if not message_id:
        return None
    if person.message(message_id) is not None:
        return message_id
    if wanted.get("allow_sending_without_reply") or args.flag("allow_sending_without_reply"):
        return None
    raise bad_request("message to be replied not found")


def post(
    world: World,
    person: Person,
    args: Args,
    *,
    text: str,
    entities: Entities,
    markup: Markup,
    method: str,
    media: dict[str, Any] | None = None,
    extra: dict[str, Any] | None = None,
) -> Message:
    """Put one message of the bot into a chat; everything has been checked but what it answers."""
    replied = (
        replied_to(person, args) if "reply_parameters" in args.values or "reply_to_message_id" in args.values else None
    )
    if replied is not None:
        extra = {**(extra or {}), "reply_to": replied}
    if args.flag("disable_notification"):
        extra = {**extra, **SILENT} if extra else SILENT
    message = Message(
        message_id=world.next_message_id(),
        chat_id=person.id,
        from_bot=True,
        date=world.clock.second(),
        text=text,
        entities=entities,
        inline=markup.inline,
        media=media,
        extra=extra,
    )
    if markup.reply is not None:
        person.reply_keyboard = markup.reply
    elif markup.remove:
        person.reply_keyboard = None
    world.deliver(person, message, method=method)
    return message


def send_message(world: World, args: Args) -> dict[str, Any]:
    text, entities = message_text(args)
    markup = read_markup(args)
    person = writable_chat(world, args)
    check_speed(world, person, args)
    message = post(world, person, args, text=text, entities=entities, markup=markup, method="sendMessage")
    return message_json(world, person, message)


def copy_message(world: World, args: Args) -> dict[str, int]:
    person = find_chat(world, args)
    source = world.people.find(args.integer("from_chat_id"))
    if source is None:
        raise bad_request("chat not found")
    original = source.message(args.integer("message_id"))
    if original is None:
        raise bad_request("message to copy not found")
    text, entities = original.text, original.entities
    if original.media is not None and "caption" in args.values:
        text, entities = caption_text(args)
    markup = read_markup(args)
    check_writable(person)
    check_speed(world, person, args)
    copy = post(
        world, person, args, text=text, entities=entities, markup=markup, method="copyMessage", media=original.media
    )
    return {"message_id": copy.message_id}


def send_chat_action(world: World, args: Args) -> bool:
    if args.text("action") not in ACTIONS:
        raise bad_request("wrong parameter action in request")
    person = writable_chat(world, args)
    person.typing_until = world.clock.now() + TYPING_SECONDS
    world.events.publish("typing", person_id=person.id, subject={"typing": True})
    return True
