"""One message of a Zalo chat, and how the chat page sees it."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any


@dataclass(slots=True, eq=False)
class Message:
    """One message between a person and an OA or a bot; equal messages of a campaign share ``text`` and ``extra``.

    ``sender`` is oa, bot, staff or person; ``date`` the clock's second. ``extra`` holds what only some have, as the page reads it:
    buttons, image_url, file, article, other, quote, hidden. ``seq`` is the event number of the last change.
    """

    message_id: str
    sender: str
    date: float
    text: str = ""
    extra: dict[str, Any] | None = None
    received: bool = False
    seen: bool = False
    deleted: bool = False
    seq: int = 0

    @property
    def buttons(self) -> list[dict[str, Any]]:
        return self.extra.get("buttons", []) if self.extra else []

    def card(self) -> dict[str, Any]:
        return {
            "seq": self.seq,
            "message_id": self.message_id,
            "from": self.sender,
            "text": self.text,
            "buttons": [],
            **(self.extra or {}),
            "date": datetime.fromtimestamp(self.date, UTC).isoformat(),
            "received": self.received,
            "seen": self.seen,
            "deleted": self.deleted,
        }
