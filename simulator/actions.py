"""What a person does: writes, taps, sends a picture, blocks the bot. Each becomes updates for the bot."""

import re
from dataclasses import dataclass, field
from typing import Any

from simulator.chats import Message
from simulator.errors import ControlError
from simulator.people import Person
from simulator.render import chat_json, message_json, user_json
from simulator.texts import LONGEST_TEXT, find_entities
from simulator.updates import CALLBACK_LIFE
from simulator.world import Tap, World

PAYLOAD = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(slots=True)
class Done:
    """The updates and messages an action has made."""

    update_ids: list[int] = field(default_factory=list)
    message_ids: list[int] = field(default_factory=list)
    extra: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return {"update_ids": self.update_ids, "message_ids": self.message_ids, **self.extra}


def check_active(person: Person) -> None:
    if person.deactivated:
        raise ControlError(409, "this account is deactivated", code="deactivated")
    if person.blocked:
        raise ControlError(409, "this person has blocked the bot", code="blocked")


def put(
    world: World,
    person: Person,
    *,
    text: str = "",
    media: dict[str, Any] | None = None,
    extra: dict[str, Any] | None = None,
) -> Done:
    """One message of the person: into the chat, onto the page, into the queue."""
    check_active(person)
    message = Message(
        message_id=world.next_message_id(),
        chat_id=person.id,
        from_bot=False,
        date=world.clock.second(),
        text=text,
        entities=tuple(find_entities(text)),
        media=media,
        extra=extra,
    )
    person.started = True
    person.wrote_at = world.clock.now()
    if person.reply_keyboard is not None and person.reply_keyboard.get("one_time_keyboard"):
        person.reply_keyboard = None
    person.keep(message, most=world.config.transcript)
    world.changed(person, message, kind="message")
    return Done(
        update_ids=world.push("message", message_json(world, person, message), person=person),
        message_ids=[message.message_id],
    )


def say(world: World, person: Person, text: str, *, reply_to: int | None = None, forward_from: str = "") -> Done:
    """A written message; more than 4096 characters go as several, as the apps do it."""
    if not text.strip():
        raise ControlError(400, "the text is empty", code="text_empty")
    extra: dict[str, Any] = {}
    if reply_to is not None:
        if person.message(reply_to) is None:
            raise ControlError(404, f"there is no message {reply_to} in this chat", code="message_gone")
        extra["reply_to"] = reply_to
    if forward_from:
        now = world.clock.second()
        extra["forward_origin"] = {"type": "hidden_user", "sender_user_name": forward_from, "date": now}
        extra |= {"forward_sender_name": forward_from, "forward_date": now}
    done = Done()
    pieces = [text[at : at + LONGEST_TEXT].strip() for at in range(0, len(text), LONGEST_TEXT)]
    for piece in filter(None, pieces):
        part = put(world, person, text=piece, extra=extra or None)
        done.update_ids += part.update_ids
        done.message_ids += part.message_ids
    return done


def start(world: World, person: Person, payload: str = "") -> Done:
    """Press START or follow a deep link; somebody who had blocked the bot unblocks it by that."""
    if payload and not PAYLOAD.fullmatch(payload):
        raise ControlError(400, "a start payload is 1 to 64 of A-Z, a-z, 0-9, _ and -", code="payload")
    unblocked = set_blocked(world, person, blocked=False) if person.blocked else Done()
    done = put(world, person, text=f"/start {payload}".strip())
    done.update_ids = unblocked.update_ids + done.update_ids
    return done


def _matches(button: dict[str, Any], *, data: str | None, label: str | None) -> bool:
    if data is not None:
        return bool(button.get("callback_data") == data)
    return label is None or button["text"] == label


def find_button(
    person: Person, *, message_id: int | None, data: str | None, label: str | None
) -> tuple[Message, dict[str, Any]] | None:
    """The newest message with such a button (or the one asked for) and that button."""
    for message in reversed(person.messages):
        if message.deleted or not message.inline or message_id not in {None, message.message_id}:
            continue
        for row in message.inline:
            for button in row:
                if _matches(button, data=data, label=label):
                    return message, button
    return None


def tap(
    world: World, person: Person, *, message_id: int | None = None, data: str | None = None, label: str | None = None
) -> Done:
    """Tap an inline button, or, by its label, a button of the reply keyboard (which writes that text)."""
    check_active(person)
    found = find_button(person, message_id=message_id, data=data, label=label)
    if found is None:
        keys = person.reply_keyboard["keyboard"] if person.reply_keyboard and message_id is None else []
        if label is not None and any(key["text"] == label for row in keys for key in row):
            return put(world, person, text=label)
        raise ControlError(409, "there is no such button", code="button_gone")
    message, button = found
    if "callback_data" not in button:
        return Done(extra={"button": button})
    query_id = str(world.rng.randrange(10**17, 10**18))
    world.taps[query_id] = Tap(person_id=person.id, expires_at=world.clock.now() + CALLBACK_LIFE)
    world.drop_old_taps()
    query = {
        "id": query_id,
        "from": user_json(person),
        "message": message_json(world, person, message),
        "chat_instance": str(person.id * 7919),
        "data": button["callback_data"],
    }
    person.wrote_at = world.clock.now()
    person.toast = None
    return Done(update_ids=world.push("callback_query", query, person=person), message_ids=[message.message_id])


def edit(world: World, person: Person, message_id: int, text: str) -> Done:
    check_active(person)
    message = person.message(message_id)
    if message is None or message.from_bot:
        raise ControlError(404, f"there is no own message {message_id} in this chat", code="message_gone")
    if not text.strip():
        raise ControlError(400, "the text is empty", code="text_empty")
    message.text, message.entities = text, tuple(find_entities(text))
    message.edited_at = world.clock.second()
    world.changed(person, message, kind="edit")
    update_ids = world.push("edited_message", message_json(world, person, message), person=person)
    return Done(update_ids=update_ids, message_ids=[message_id])


def _membership(world: World, *, blocked: bool) -> dict[str, Any]:
    if blocked:
        return {"user": world.bot, "status": "kicked", "until_date": 0}
    return {"user": world.bot, "status": "member"}


def set_blocked(world: World, person: Person, *, blocked: bool) -> Done:
    """Block or unblock the bot; my_chat_member says so once, doing it again changes nothing."""
    if person.deactivated:
        raise ControlError(409, "this account is deactivated", code="deactivated")
    if person.blocked == blocked:
        return Done()
    before = _membership(world, blocked=person.blocked)
    person.blocked = blocked
    world.events.publish("person", person_id=person.id, subject=person)
    change = {
        "chat": chat_json(person),
        "from": user_json(person),
        "date": world.clock.second(),
        "old_chat_member": before,
        "new_chat_member": _membership(world, blocked=blocked),
    }
    return Done(update_ids=world.push("my_chat_member", change, person=person))


def deactivate(world: World, person: Person) -> Done:
    person.deactivated = True
    world.events.publish("person", person_id=person.id, subject=person)
    return Done()
