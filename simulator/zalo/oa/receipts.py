"""What a delivered message brings back: its own echo, that it was received, that it was seen."""

from simulator.zalo.messages import Message
from simulator.zalo.oa import events
from simulator.zalo.oa.people import OaPerson
from simulator.zalo.oa.state import Oa


def confirm(oa: Oa, person: OaPerson, message: Message) -> list[str]:
    """Receipts come from phones only, and as the settings want them."""
    names: list[str] = []
    if not person.mobile:
        return names
    if oa.settings.received:
        message.received = True
        names.append(events.received(oa, person, message))
    if oa.settings.seen:
        message.received = message.seen = True
        names.append(events.seen(oa, person, [message]))
    return names


def look_at(oa: Oa, person: OaPerson, messages: list[Message]) -> list[str]:
    """These messages have been looked at; the receipt names only those that were unseen."""
    unseen = [
        message for message in messages if message.sender != "person" and not message.seen and not message.deleted
    ]
    for message in unseen:
        message.received = message.seen = True
        oa.changed(person, message)
    return [events.seen(oa, person, unseen)] if unseen and person.mobile else []
