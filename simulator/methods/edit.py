"""Changing and taking back what the bot has said."""

from typing import Any

from simulator.chats import Entities, Keyboard, Message
from simulator.errors import bad_request
from simulator.keyboards import read_markup
from simulator.methods.targets import check_speed, check_writable, find_chat, own_message
from simulator.params import Args, as_integer
from simulator.people import Person
from simulator.render import message_json
from simulator.texts import caption_text, message_text
from simulator.world import World

NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same"
    " as a current content and reply markup of the message"
)
DELETE_WINDOW = 48 * 3600
MOST_IDS = 100


def _inline_only(args: Args) -> Keyboard | None:
    markup = read_markup(args)
    if markup.reply is not None or markup.remove:
        raise bad_request("inline keyboard expected")
    return markup.inline


def _change(
    world: World,
    person: Person,
    message: Message,
    args: Args,
    *,
    text: str,
    entities: Entities,
    inline: Keyboard | None,
) -> dict[str, Any]:
    if (message.text, message.entities, message.inline) == (text, entities, inline):
        raise bad_request(NOT_MODIFIED)
    check_writable(person)
    check_speed(world, person, args)
    if (message.text, message.entities) != (text, entities):
        message.edited_at = world.clock.second()
    message.text, message.entities, message.inline = text, entities, inline
    world.changed(person, message, kind="edit")
    return message_json(world, person, message)


def edit_message_text(world: World, args: Args) -> dict[str, Any]:
    text, entities = message_text(args, too_long="MESSAGE_TOO_LONG")
    inline = _inline_only(args)
    person, message = own_message(world, args, purpose="edit")
    if message.media is not None:
        raise bad_request("there is no text in the message to edit")
    return _change(world, person, message, args, text=text, entities=entities, inline=inline)


def edit_message_caption(world: World, args: Args) -> dict[str, Any]:
    text, entities = caption_text(args)
    inline = _inline_only(args)
    person, message = own_message(world, args, purpose="edit")
    if message.media is None:
        raise bad_request("there is no caption in the message to edit")
    return _change(world, person, message, args, text=text, entities=entities, inline=inline)


def edit_message_reply_markup(world: World, args: Args) -> dict[str, Any]:
    inline = _inline_only(args)
    person, message = own_message(world, args, purpose="edit")
    return _change(world, person, message, args, text=message.text, entities=message.entities, inline=inline)


def _delete(world: World, person: Person, message: Message) -> None:
    message.deleted = True
    world.changed(person, message, kind="delete")


def delete_message(world: World, args: Args) -> bool:
    if not args.integer("message_id"):
        raise bad_request("message identifier is not specified")
    person = find_chat(world, args)
    message = person.message(args.integer("message_id"))
    if message is None:
        raise bad_request("message to delete not found")
    if world.clock.now() - message.date > DELETE_WINDOW:
        raise bad_request("message can't be deleted for everyone")
    _delete(world, person, message)
    return True


def delete_messages(world: World, args: Args) -> bool:
    """Those that cannot be found or are too old are passed over in silence."""
    ids = args.parsed("message_ids", error="can't parse message identifiers JSON object")
    if not isinstance(ids, list) or not ids:
        raise bad_request("message identifiers are not specified")
    if len(ids) > MOST_IDS:
        raise bad_request("too many message identifiers specified")
    person = find_chat(world, args)
    for message_id in ids:
        message = person.message(as_integer(message_id))
        if message is not None and world.clock.now() - message.date <= DELETE_WINDOW:
            _delete(world, person, message)
    return True
