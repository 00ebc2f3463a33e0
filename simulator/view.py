"""What the chat page sees of a chat."""

from typing import Any

from simulator.chats import Message
from simulator.events import Event
from simulator.people import Person
from simulator.world import World

BUTTON_FIELDS = (("data", "callback_data"), ("url", "url"), ("style", "style"))


def _button(button: dict[str, Any]) -> dict[str, Any]:
    seen: dict[str, Any] = {"text": button["text"]}
    for name, field in BUTTON_FIELDS:
        if field in button:
            seen[name] = button[field]
    if "copy_text" in button:
        seen["copy_text"] = button["copy_text"]["text"]
    return seen


def _file_url(file_id: str, name: str) -> str:
    return f"/sim/files/{file_id}/{name}"


def message_view(world: World, message: Message) -> dict[str, Any]:
    media = message.media
    seen: dict[str, Any] = {
        "message_id": message.message_id,
        "from": "bot" if message.from_bot else "person",
        "text": "" if media is not None else message.text,
        "caption": message.text if media is not None else "",
        "entities": list(message.entities),
        "inline": [[_button(button) for button in row] for row in message.inline or ()],
        "edited": bool(message.edited_at),
        "deleted": message.deleted,
        "date": world.clock.iso(message.date),
        "seq": message.seq,
    }
    if media is not None:
        seen |= _media_view(media)
    extra = message.extra or {}
    for name in ("reply_to", "media_group_id", "forward_sender_name", "silent"):
        if name in extra:
            seen[name] = extra[name]
    return seen


def _media_view(media: dict[str, Any]) -> dict[str, Any]:
    if "photo" in media:
        largest = media["photo"][-1]
        return {
            "photo": {
                "url": _file_url(largest["file_id"], "photo.jpg"),
                "width": largest["width"],
                "height": largest["height"],
            }
        }
    if "document" in media:
        document = media["document"]
        name = document.get("file_name", "file")
        return {
            "document": {
                "name": name,
                "url": _file_url(document["file_id"], name),
                "size": document.get("file_size", 0),
            }
        }
    return {"other": next(iter(media))}


def reply_keyboard_view(person: Person) -> list[list[str]] | None:
    if person.reply_keyboard is None:
        return None
    return [[button["text"] for button in row] for row in person.reply_keyboard["keyboard"]]


def chat_view(world: World, person: Person, *, after: int) -> dict[str, Any]:
    return {
        "messages": [message_view(world, message) for message in person.messages if message.seq > after],
        "reply_keyboard": reply_keyboard_view(person),
        "typing": person.typing_until > world.clock.now(),
        "toast": person.toast,
        "person": person.card(),
        "seq": world.events.last,
    }


def event_view(world: World, event: Event) -> dict[str, Any]:
    """An event's data: a message in the shape of the chat, a person, or what typing and toast carry."""
    if isinstance(event.subject, Message):
        seen = message_view(world, event.subject)
        person = world.people.find(event.subject.chat_id)
        if person is not None and event.kind == "message":
            seen["reply_keyboard"] = reply_keyboard_view(person)
    elif isinstance(event.subject, dict):
        seen = dict(event.subject)
    else:
        seen = event.subject.card()
    return {**seen, "person": event.person_id, "seq": event.seq}
