"""From an update to what a person did, without any of Zalo's words left."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from prometheus_client import Counter

from outreach.messaging import (
    AccountId,
    Address,
    Attachment,
    AttachmentKind,
    ChannelName,
    Incoming,
    IncomingKind,
)
from outreach.text import nfc

EVENTS = Counter("loatre_zalo_bot_events", "What came from the Zalo bot", ["event"])

_LONGEST_ID = 64  # what the tables hold
_KINDS = {
    "message.text.received": IncomingKind.TEXT,
    "message.image.received": IncomingKind.MEDIA,
    "message.sticker.received": IncomingKind.OTHER,
    "message.voice.received": IncomingKind.OTHER,
    # Links and files as well, and everything that a child writes.
    "message.unsupported.received": IncomingKind.WITHHELD,
}


def read_update(raw: Any, *, account_id: AccountId, received_at: datetime) -> Incoming | None:
    """What the person did; None where nobody can tell. Never raises: what is not taken comes again, or is lost.

    `raw` is an event as it stands or wrapped as an answer is; both have been seen.
    """
    outer = _part(raw, None)
    event = outer if "event_name" in outer else _part(outer, "result")
    name, message = str(event.get("event_name")), _part(event, "message")
    kind, sender, chat = _KINDS.get(name), _part(message, "from"), _part(message, "chat")
    person = _id(chat.get("id")) or _id(sender.get("id"))
    EVENTS.labels(name.split(".")[1] if kind else "other").inc()
    if kind is None or not person or len(person) > _LONGEST_ID or sender.get("is_bot") is True:
        return None
    at = _instant(message.get("date")) or received_at
    update_id = _update_id(name, message, person=person, at=at)
    incoming = Incoming(
        update_id=update_id,
        address=Address(account_id=account_id, external_id=person),
        channel=ChannelName.ZALO_BOT,
        kind=IncomingKind.ELSEWHERE,
        sent_at=at,
        message_ref=update_id,
    )
    if chat.get("chat_type", "PRIVATE") != "PRIVATE":
        return incoming  # nothing of what was said in a group is taken along
    return replace(_private(incoming, kind, message), sender_name=_text(sender.get("display_name")))


def _private(incoming: Incoming, kind: IncomingKind, message: Mapping[str, Any]) -> Incoming:
    text = _text(message.get("text"))
    attachments = _photo(message, unique=incoming.update_id)
    if kind == IncomingKind.TEXT and text:
        return replace(incoming, kind=kind, text=text)
    if kind == IncomingKind.MEDIA and attachments:
        return replace(incoming, kind=kind, text=_text(message.get("caption")), attachments=attachments)
    return replace(incoming, kind=kind if kind == IncomingKind.WITHHELD else IncomingKind.OTHER)


def _part(found: Any, name: str | None) -> Mapping[str, Any]:
    inner = found if name is None else found.get(name)
    return inner if isinstance(inner, dict) else {}


def _id(found: Any) -> str:
    text = str(found) if isinstance(found, str | int) else ""
    return text if text.isascii() and text.isprintable() else ""


def _update_id(name: str, message: Mapping[str, Any], *, person: str, at: datetime) -> str:
    """The id of the message; where it has none the same delivery still has to look the same."""
    given = _id(message.get("message_id"))
    if given and len(given) <= _LONGEST_ID:
        return given
    return hashlib.sha256(f"{name} {person} {given or at.isoformat()}".encode()).hexdigest()


def _instant(milliseconds: Any) -> datetime | None:
    try:
        return datetime.fromtimestamp(int(milliseconds) / 1000, UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return None


def _text(found: Any) -> str:
    """NFC, and without what no database takes: a lone half of a pair, and the zero."""
    if not isinstance(found, str):
        return ""
    return nfc(found.replace("\0", "").encode("utf-16", "surrogatepass").decode("utf-16", "replace"))


def _photo(message: Mapping[str, Any], *, unique: str) -> tuple[Attachment, ...]:
    """The documents call the address `photo`, what is really sent calls it `photo_url`."""
    url = message.get("photo_url") or message.get("photo")
    if not isinstance(url, str):
        return ()
    return (Attachment(kind=AttachmentKind.PHOTO, ref=url, unique=unique, media_type="image/jpeg"),)
