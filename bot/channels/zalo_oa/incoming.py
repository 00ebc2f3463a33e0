"""From an event to what a person did, or to what became of a message of ours, without any of Zalo's words left."""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from prometheus_client import Counter

from outreach.messaging import (
    STAFF_DONE,
    AccountId,
    Address,
    Attachment,
    AttachmentKind,
    ChannelName,
    Incoming,
    IncomingKind,
    Receipt,
    ReceiptKind,
)
from outreach.text import nfc

EVENTS = Counter("loatre_zalo_oa_events", "Events of the Official Account", ["event", "outcome"])

# A button's payload comes back as words of the person; what a hashtag never looks like is one of ours.
_PRESSED = re.compile(r"#(?P<payload>[a-z_]+:[^\s:]*:[^:\n]*)")
_GIVEN_BACK = frozenset({"#bot", "#xong"})
_LONGEST_ID = 64
# Deliveries are tried again for two hours. Much older ones are no deliveries: what was seen is remembered for 14 days only.
_OLDEST = timedelta(days=7)

_TALK = {
    "user_send_text": IncomingKind.TEXT,
    "user_send_image": IncomingKind.MEDIA,
    "user_send_gif": IncomingKind.MEDIA,
    "user_send_file": IncomingKind.MEDIA,
    "user_send_link": IncomingKind.TEXT,
    "user_send_sticker": IncomingKind.OTHER,
    "user_send_audio": IncomingKind.OTHER,
    "user_send_video": IncomingKind.OTHER,
    "user_send_location": IncomingKind.OTHER,
    "user_send_business_card": IncomingKind.OTHER,
    "follow": IncomingKind.START,
    "user_click_chatnow": IncomingKind.START,
    "unfollow": IncomingKind.BLOCKED,
    "user_withdraw": IncomingKind.WITHDRAW,
}
_RECEIPTS = {"user_received_message": ReceiptKind.RECEIVED, "user_seen_message": ReceiptKind.SEEN}
_ANSWERED = "oa_send_"  # our own messages come back under these names too, without an `admin_id`
_KNOWN_AND_LEFT = frozenset(
    {
        "add_user_to_tag",
        "anonymous_send_file",
        "anonymous_send_image",
        "anonymous_send_sticker",
        "anonymous_send_text",
        "create_group",
        "delete_group",
        "oa_reacted_message",
        "oa_send_anonymous_text",
        "oa_send_consent",
        "oa_send_file",
        "oa_send_gif",
        "oa_send_image",
        "oa_send_list",
        "oa_send_sticker",
        "oa_send_text",
        "remove_tag",
        "remove_user_from_tag",
        "update_user_info",
        "user_join_group",
        "user_leave_group",
        "user_out_group",
        "user_reacted_message",
        "user_reply_consent",
        "user_request_join_group",
        "user_send_group_text",
        "user_submit_info",
        "widget_interaction_accepted",
    }
)
KNOWN = frozenset({*_TALK, *_RECEIPTS, *_KNOWN_AND_LEFT})

Event = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Reads the events of one account; those of every other OA and app are left alone."""

    app_id: str
    oa_id: str
    account_id: AccountId

    def read(self, event: Event, *, now: datetime) -> Incoming | Receipt | None:
        """None where nobody waits for anything. Never raises, whatever a body holds."""
        name = _word(event.get("event_name"))
        found = self._read(name, event, now=now)
        outcome = "left" if found is None else "taken"
        EVENTS.labels(event=name if name in KNOWN else "other", outcome=outcome).inc()
        return found

    def _read(self, name: str, event: Event, *, now: datetime) -> Incoming | Receipt | None:
        at, person = _instant(event.get("timestamp")), self._person(event)
        known = _word(event.get("app_id")) == self.app_id and 0 < len(person) <= _LONGEST_ID
        if not known or at is None or at < now - _OLDEST:
            return None
        address = Address(account_id=self.account_id, external_id=person)
        message = _object(event.get("message"))
        if name in _RECEIPTS:
            refs = _refs(message)
            return Receipt(address=address, kind=_RECEIPTS[name], refs=refs, at=at) if refs else None
        if name.startswith(_ANSWERED):
            return self._staff(event, address=address, at=at)
        kind = _TALK.get(name)
        if kind is None or _speaker(event) not in {"", person}:
            return None
        return _incoming(kind, event, address=address, at=at)

    def _person(self, event: Event) -> str:
        """Whoever the event is about besides us: receipts name the two in either order."""
        sender, recipient = _id(event.get("sender")), _id(event.get("recipient"))
        if sender or recipient:
            ids = [sender, recipient]
            return next((one for one in ids if one != self.oa_id), "") if self.oa_id in ids else ""
        if _word(event.get("oa_id")) != self.oa_id:
            return ""
        person = _id(event.get("follower")) or _word(event.get("user_id"))
        return "" if person == self.oa_id else person

    def _staff(self, event: Event, *, address: Address, at: datetime) -> Incoming | None:
        """A human of the OA has written to the person; our own messages, which come back as well, name none."""
        if not _word(_object(event.get("sender")).get("admin_id")) or _speaker(event) != self.oa_id:
            return None
        text = _word(_object(event.get("message")).get("text"))
        return Incoming(
            update_id=_update_id(event, address),
            address=address,
            channel=ChannelName.ZALO_OA,
            kind=IncomingKind.STAFF,
            sent_at=at,
            payload=STAFF_DONE if text.strip().casefold() in _GIVEN_BACK else "",
        )


def _incoming(kind: IncomingKind, event: Event, *, address: Address, at: datetime) -> Incoming | None:
    message = _object(event.get("message"))
    attachments, links = tuple(_attachments(message)), tuple(_links(message))
    text = nfc(_word(message.get("text")))
    pressed = _PRESSED.fullmatch(text) if kind == IncomingKind.TEXT else None
    if pressed:
        kind, text = IncomingKind.BUTTON, ""
    elif kind == IncomingKind.TEXT:
        text = text or " ".join(links)
    if kind == IncomingKind.MEDIA and not attachments:
        kind = IncomingKind.OTHER  # there is nothing to fetch
    said = kind in {IncomingKind.TEXT, IncomingKind.MEDIA}
    return Incoming(
        update_id=_update_id(event, address),
        address=address,
        channel=ChannelName.ZALO_OA,
        kind=kind,
        sent_at=at,
        text=text if said else "",
        payload=pressed["payload"] if pressed else "",
        message_ref=_word(message.get("msg_id"))[:_LONGEST_ID],
        attachments=attachments if said else (),
        links=links if said else (),
    )


def _attachments(message: Event) -> Iterator[Attachment]:
    for kind, payload in _payloads(message):
        url = _word(payload.get("url"))
        if not url:
            continue
        if kind in {"image", "gif"}:
            media_type = "image/gif" if kind == "gif" else "image/jpeg"
            yield Attachment(kind=AttachmentKind.PHOTO, ref=url, unique=_short(url), media_type=media_type)
        elif kind == "file":
            yield Attachment(
                kind=AttachmentKind.FILE,
                ref=url,
                unique=_word(payload.get("checksum")) or _short(url),
                name=nfc(_word(payload.get("name"))),
                size=_size(payload.get("size")),
            )


def _links(message: Event) -> Iterator[str]:
    for kind, payload in _payloads(message):
        if kind == "link" and (url := _word(payload.get("url"))):
            yield url


def _payloads(message: Event) -> Iterator[tuple[str, Event]]:
    attachments = message.get("attachments")
    for attachment in map(_object, attachments if isinstance(attachments, list) else []):
        yield _word(attachment.get("type")), _object(attachment.get("payload"))


def _refs(message: Event) -> tuple[str, ...]:
    """Older code reads `msg_id`, newer documents a list."""
    several = message.get("msg_ids")
    found = [*(several if isinstance(several, list) else []), message.get("msg_id")]
    return tuple(dict.fromkeys(filter(None, map(_word, found))))


def _update_id(event: Event, address: Address) -> str:
    """The message's own id; what has none is told by its name, person and time."""
    own = _word(_object(event.get("message")).get("msg_id"))
    if own and len(own) <= _LONGEST_ID:
        return own
    parts = (own, _word(event.get("event_name")), address.external_id, _word(event.get("timestamp")))
    return _short("\n".join(parts))


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _speaker(event: Event) -> str:
    return _id(event.get("sender"))


def _id(side: Any) -> str:
    return _word(_object(side).get("id"))


def _object(value: Any) -> Event:
    return value if isinstance(value, dict) else {}


def _word(value: Any) -> str:
    """Ids are texts in the documents; a number is taken as well. What no database stores is left out."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value) if abs(value) < 10**30 else ""
    return value.encode(errors="replace").decode().replace("\0", "") if isinstance(value, str) else ""


def _size(value: Any) -> int:
    word = _word(value)
    return int(word) if word.isascii() and word.isdecimal() and len(word) < 19 else 0  # noqa: PLR2004  figures of a 64-bit number


def _instant(timestamp: Any) -> datetime | None:
    """Milliseconds since 1970, as a text."""
    try:
        return datetime.fromtimestamp(int(_word(timestamp)) / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None
