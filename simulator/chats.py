"""One message of a chat, as a compact record."""

from dataclasses import dataclass
from typing import Any

Entities = tuple[dict[str, Any], ...]
Keyboard = list[list[dict[str, Any]]]


@dataclass(slots=True, eq=False)
class Message:
    """One message of a chat. Text, entities and keyboard objects are shared between equal messages.

    ``media`` holds the Bot API's own fields of a medium (``{"photo": [...]}``, ``{"sticker": {...}}``); with it ``text`` is the caption.
    ``extra`` holds what is rare: reply_to_message's id, forward_origin, media_group_id, that it came without a sound. ``seq`` is the event number of its last change.
    """

    message_id: int
    chat_id: int
    from_bot: bool
    date: int
    text: str
    entities: Entities = ()
    inline: Keyboard | None = None
    media: dict[str, Any] | None = None
    extra: dict[str, Any] | None = None
    edited_at: int = 0
    deleted: bool = False
    seq: int = 0
