"""Which chat and which message a call is about, and whether the bot may write there."""

from simulator.chats import Message
from simulator.errors import bad_request, forbidden
from simulator.params import Args
from simulator.people import Person
from simulator.world import World


def find_chat(world: World, args: Args) -> Person:
    """The chat of the call, whether or not it can still be written to."""
    value = args.values.get("chat_id")
    if value is None or value == "":
        raise bad_request("chat_id is empty")
    person = world.people.find(args.integer("chat_id"))
    if person is None:
        raise bad_request("chat not found")
    return person


def check_writable(person: Person) -> None:
    """Raise what Telegram answers when this person cannot be written to."""
    if person.deactivated:
        raise forbidden("user is deactivated")
    if person.blocked:
        if person.type == "private":
            raise forbidden("bot was blocked by the user")
        raise forbidden(f"bot was kicked from the {person.type} chat")
    if not person.started:
        raise forbidden("bot can't initiate conversation with a user")


def writable_chat(world: World, args: Args) -> Person:
    person = find_chat(world, args)
    check_writable(person)
    return person


def check_speed(world: World, person: Person, args: Args) -> None:
    """Count one message against the limits, if they are on."""
    if world.settings.limits:
        world.limits.check(
            person.id,
            now=world.clock.now(),
            rate=world.settings.rate,
            wrote_at=person.wrote_at,
            paid=args.flag("allow_paid_broadcast"),
        )


def own_message(world: World, args: Args, *, purpose: str) -> tuple[Person, Message]:
    """The bot's message that is to be edited; ``purpose`` is the verb in the error text."""
    if not args.values.get("chat_id") or not args.integer("message_id"):
        raise bad_request("message identifier is not specified")
    person = find_chat(world, args)
    message = person.message(args.integer("message_id"))
    if message is None:
        raise bad_request(f"message to {purpose} not found")
    if not message.from_bot:
        raise bad_request("message can't be edited")
    return person, message
