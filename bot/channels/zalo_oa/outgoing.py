"""One reply as the messages it takes: parts of a long text, buttons with the last, a picture, a file after its words."""

import logging
import math
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Literal

from markupsafe import escape
from prometheus_client import Counter

from bot.channels.kit import numbered, partly, patiently, plain, split, utf16_units
from bot.channels.shelf import MediaShelf
from bot.channels.zalo_oa.client import Accepted, OaClient
from bot.channels.zalo_oa.errors import BUTTONS_REFUSED
from bot.channels.zalo_oa.uploads import PICTURES, Source, Uploads, source_of, suffix_of
from outreach.messaging import Button, Media, Reply, SendError, SendErrorKind, Sent

log = logging.getLogger(__name__)

MESSAGES = Counter("loatre_zalo_oa_messages", "Messages that Zalo accepted, by what it counted them against", ["quota"])

LONGEST_TEXT = 2000
MOST_BUTTONS = 5
LONGEST_LABEL = 100
PRESSED = "#"  # begins what a button says for the person; it passes the console's filter "only #"

ButtonShape = Literal["buttons", "template", "none"]

_FREE = frozenset({"reply", "welcome_msg", "sub_quota", "reward_quota"})
_COUNTED = frozenset({*_FREE, "purchase_quota"})
_WITHOUT_BUTTONS = 3600.0  # seconds


class Outgoing:
    def __init__(
        self,
        client: OaClient,
        *,
        uploads: Uploads,
        shelf: MediaShelf | None = None,
        buttons: ButtonShape = "buttons",
        first_wait: float = 1.0,
    ) -> None:
        self._shelf = shelf
        self._client = client
        self._uploads = uploads
        self._wanted: ButtonShape = buttons
        self._refused_until = -math.inf  # on the monotonic clock
        self._first_wait = first_wait  # seconds before a later part is tried again

    async def send(self, user_id: str, reply: Reply, *, data: bytes | None) -> Sent:
        """Carry out a reply; the refs are those of all its messages, in order.

        Buttons that are refused become numbered lines, for this reply and, once those have arrived, for an hour: one odd label
        must not take them from everybody for ever. Raises SendError; see `bot.channels.kit.partly`.
        """
        left = deque(self._pieces(reply, data=data))
        arrived: list[Accepted] = []
        doubted = False
        while left:
            piece = partial(self._send_piece, user_id, left[0], data=data)
            try:
                arrived.append(await (patiently(piece, first_wait=self._first_wait) if arrived else piece()))
            except SendError as error:
                if not (left[0].buttons and error.reason in BUTTONS_REFUSED):
                    if not arrived:
                        raise
                    raise partly(error, refs=_refs(arrived), rest=tuple(left)) from error
                left.extendleft(reversed(_text_pieces(numbered(left.popleft()))))
                doubted = True
            else:
                left.popleft()
                if doubted and self._shape != "none":
                    log.warning("Zalo took no buttons: choices are numbered for an hour, then buttons are tried again")
                    self._refused_until = time.monotonic() + _WITHOUT_BUTTONS
        return Sent(refs=_refs(arrived), charged=sum(map(_charged, arrived)))

    @property
    def refuses_buttons(self) -> bool:
        return time.monotonic() < self._refused_until

    @property
    def _shape(self) -> ButtonShape:
        return "none" if self.refuses_buttons else self._wanted

    def _pieces(self, reply: Reply, *, data: bytes | None) -> list[Reply]:
        """One message each. A picture takes the words along where it can; buttons want a message of their own."""
        readable = self._choices_shown(reply)
        if readable.file is None:
            # Each picture and file is a message, and the words with their buttons come last.
            media = [Reply(text="", media=(one,)) for one in readable.media]
            return [*media, *_text_pieces(readable)]
        if data is None:
            raise SendError(SendErrorKind.OUR_FAULT, "file_missing")
        suffix = suffix_of(readable.file.name)
        if suffix not in self._uploads.takes.suffixes:
            raise SendError(SendErrorKind.OUR_FAULT, "file_type_refused")
        words = _text_pieces(replace(readable, file=None)) if readable.text else []
        if suffix in PICTURES and len(words) <= 1 and not readable.buttons:
            return [Reply(text="".join(piece.text for piece in words), file=readable.file)]
        file = Reply(text="", file=readable.file)
        return [file, *words] if suffix in PICTURES else [*words, file]

    def _choices_shown(self, reply: Reply) -> Reply:
        """The reply with those buttons only that Zalo can show; the others are lines of its text."""
        buttons = [button for row in reply.buttons for button in row]
        shown = [button for button in buttons if not button.copy]
        cannot = self._shape == "none" or not reply.text or len(shown) > MOST_BUTTONS
        if cannot or any(len(button.label) > LONGEST_LABEL for button in shown):
            return numbered(reply)
        copied = tuple(button for button in buttons if button.copy)
        if copied:
            reply = numbered(replace(reply, buttons=(copied,)))
        return replace(reply, buttons=(tuple(shown),) if shown else ())

    async def _send_piece(self, user_id: str, piece: Reply, *, data: bytes | None) -> Accepted:
        if piece.media:
            return await self._send_file(user_id, self._shelved(piece.media[0]), text=plain(piece.text))
        if piece.file is not None and data is not None:
            return await self._send_file(user_id, source_of(piece.file.name, data), text=plain(piece.text))
        return await self._send_message(user_id, self._message(piece))

    def _shelved(self, media: Media) -> Source:
        """Its id dies within a week, so only this process remembers it."""
        if self._shelf is None:
            raise SendError(SendErrorKind.OUR_FAULT, "file_missing")
        return Source(name=media.name, key=f"media:{media.media_id}", load=partial(self._shelf.data, media.media_id))

    async def _send_file(self, user_id: str, source: Source, *, text: str) -> Accepted:
        """An id that Zalo has forgotten before its time is got anew, once."""
        ref = await self._uploads.ref(source)
        try:
            return await self._send_message(user_id, _with_file(source.name, ref, text=text))
        except SendError as error:
            if error.reason != "attachment_expired":
                raise
        self._uploads.forget(source, ref=ref)
        ref = await self._uploads.ref(source)
        return await self._send_message(user_id, _with_file(source.name, ref, text=text))

    async def _send_message(self, user_id: str, message: Mapping[str, Any]) -> Accepted:
        accepted = await self._client.send(user_id, message)
        MESSAGES.labels(quota=accepted.quota if accepted.quota in {"", *_COUNTED} else "other").inc()
        return accepted

    def _message(self, piece: Reply) -> Mapping[str, Any]:
        text = plain(piece.text)
        buttons = [_button(button) for row in piece.buttons for button in row]
        if not buttons:
            return {"text": text}
        if self._shape == "template":
            payload = {"template_type": "button", "text": text, "buttons": buttons}
            return {"attachment": {"type": "template", "payload": payload}}
        return {"text": text, "attachment": {"type": "template", "payload": {"buttons": buttons}}}


def _button(button: Button) -> Mapping[str, Any]:
    if button.url:
        return {"title": button.label, "type": "oa.open.url", "payload": {"url": button.url}}
    return {"title": button.label, "type": "oa.query.hide", "payload": PRESSED + button.payload}


def _with_file(name: str, ref: str, *, text: str) -> Mapping[str, Any]:
    if suffix_of(name) not in PICTURES:
        return {"attachment": {"type": "file", "payload": {"token": ref}}}
    element = {"media_type": "image", "attachment_id": ref}
    attachment = {"type": "template", "payload": {"template_type": "media", "elements": [element]}}
    return {"text": text, "attachment": attachment} if text else {"attachment": attachment}


def _text_pieces(reply: Reply) -> list[Reply]:
    """Plain words, written as the HTML subset so that a rest can be sent as any reply is."""
    source = str(escape(plain(reply.text).strip()))
    if not source:
        raise SendError(SendErrorKind.OUR_FAULT, "text_empty")
    pieces = [Reply(text=part) for part in split(source, limit=LONGEST_TEXT, measure=utf16_units)]
    pieces[-1] = replace(pieces[-1], buttons=reply.buttons)
    return pieces


def _refs(arrived: list[Accepted]) -> tuple[str, ...]:
    return tuple(accepted.message_id for accepted in arrived if accepted.message_id)


def _charged(accepted: Accepted) -> int:
    """On v3 no word of a quota means that the message is paid for; the older way of sending never says one."""
    return int(accepted.quota not in _FREE and (accepted.api == "v3" or bool(accepted.quota)))
