"""One reply as the calls it takes: edits, parts of a long text, a file with its caption."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import PurePath

from telegram import Bot, InlineKeyboardMarkup, LinkPreviewOptions, ReplyKeyboardMarkup
from telegram.constants import ParseMode

from bot.channels.kit import growing_waits, split, visible
from bot.channels.telegram.errors import calling
from bot.channels.telegram.keyboard import inline_keyboard, reply_keyboard
from outreach.messaging import Reply, SendError, SendErrorKind, Sent

log = logging.getLogger(__name__)

LONGEST_TEXT = 4096  # code points once the tags are read
LONGEST_CAPTION = 1024
LARGEST_PHOTO = 10_000_000  # bytes
PHOTOS = frozenset({".png", ".jpg", ".jpeg"})
NO_PREVIEW = LinkPreviewOptions(is_disabled=True)

# What stands in the way of an edit: a new message says the same.
_SEND_ANEW = frozenset({"message_gone", "cannot_edit", "no_text_to_edit", "no_caption_to_edit"})
_NO_PHOTO = frozenset({"photo_invalid", "file_too_big"})
_WAIT_AND_GO_ON = frozenset({SendErrorKind.NOT_NOW, SendErrorKind.NEVER_LEFT, SendErrorKind.REFUSED})
_MOST_ATTEMPTS = 4
_LONGEST_PAUSE = 30.0  # seconds

Markup = InlineKeyboardMarkup | ReplyKeyboardMarkup | None
Step = Callable[[], Awaitable[str]]


class Outgoing:
    def __init__(self, bot: Bot, *, first_wait: float = 1.0) -> None:
        self._bot = bot
        self._first_wait = first_wait  # seconds before a later part is tried again

    async def send(self, chat_id: int, reply: Reply, *, data: bytes | None) -> Sent:
        """Carry out a reply; the refs are those of all its messages, in order. Raises SendError."""
        if reply.file is not None:
            return await self._in_order(self._file_steps(chat_id, reply, data=data))
        if reply.edits and not reply.keyboard:  # only a new message can bring a keyboard
            sent = await self._edit(chat_id, reply)
            if sent is not None:
                return sent
        return await self._in_order(self._text_steps(chat_id, reply))

    async def _in_order(self, steps: list[Step]) -> Sent:
        """Part after part. Once the first has arrived the rest is waited for here, so that no caller repeats the first."""
        first = await steps[0]()
        return Sent(refs=(first, *[await self._patiently(step) for step in steps[1:]]))

    async def _patiently(self, step: Step) -> str:
        waits = growing_waits(first=self._first_wait, most=_LONGEST_PAUSE)
        for attempt in range(1, _MOST_ATTEMPTS + 1):
            try:
                return await step()
            except SendError as error:
                if error.kind not in _WAIT_AND_GO_ON or attempt == _MOST_ATTEMPTS:
                    log.warning("a message arrived in part only: %s", error.reason)
                    break
                await asyncio.sleep(min(max(next(waits), error.retry_after), _LONGEST_PAUSE))
        raise SendError(SendErrorKind.UNKNOWN, "partly_sent")

    def _text_steps(self, chat_id: int, reply: Reply) -> list[Step]:
        """One step per part. A reply keyboard goes with the first, buttons with the last: a message carries one of them."""
        parts = split(reply.text, limit=LONGEST_TEXT)
        markups: list[Markup] = [None] * len(parts)
        markups[0] = reply_keyboard(reply.keyboard)
        buttons = inline_keyboard(reply.buttons)
        if buttons is not None:
            if markups[-1] is not None:
                log.warning("a reply with buttons cannot change the keyboard as well")
            markups[-1] = buttons
        return [
            partial(self._send_text, chat_id, part, markup=markup) for part, markup in zip(parts, markups, strict=True)
        ]

    async def _send_text(self, chat_id: int, text: str, *, markup: Markup) -> str:
        with calling():
            message = await self._bot.send_message(
                chat_id, text, parse_mode=ParseMode.HTML, link_preview_options=NO_PREVIEW, reply_markup=markup
            )
        return str(message.message_id)

    async def _edit(self, chat_id: int, reply: Reply) -> Sent | None:
        """Change the message; None where that cannot be done and a new one has to say it."""
        parts = split(reply.text, limit=LONGEST_TEXT)
        buttons = inline_keyboard(reply.buttons)
        try:
            await self._change(chat_id, int(reply.edits), parts[0], buttons=buttons if len(parts) == 1 else None)
        except SendError as error:
            if error.reason not in {*_SEND_ANEW, "not_modified"}:
                raise
            if error.reason in _SEND_ANEW and reply.text:
                log.debug("a message is sent anew instead of edited: %s", error.reason)
                return None
        rest = self._text_steps(chat_id, reply)[1:]
        return Sent(refs=(reply.edits, *[await self._patiently(step) for step in rest]))

    async def _change(self, chat_id: int, message_id: int, text: str, *, buttons: InlineKeyboardMarkup | None) -> None:
        """A message without text keeps its words and changes its buttons; one that is a picture changes its caption."""
        with calling():
            if not text:
                await self._bot.edit_message_reply_markup(chat_id, message_id, reply_markup=buttons)
                return
        try:
            with calling():
                await self._bot.edit_message_text(
                    text,
                    chat_id,
                    message_id,
                    parse_mode=ParseMode.HTML,
                    link_preview_options=NO_PREVIEW,
                    reply_markup=buttons,
                )
        except SendError as error:
            if error.reason != "no_text_to_edit" or len(visible(text)) > LONGEST_CAPTION:
                raise
            with calling():
                await self._bot.edit_message_caption(
                    chat_id, message_id, caption=text, parse_mode=ParseMode.HTML, reply_markup=buttons
                )

    def _file_steps(self, chat_id: int, reply: Reply, *, data: bytes | None) -> list[Step]:
        """The file with its caption, and before it the text where that is longer than a caption may be."""
        if reply.file is None or data is None:
            raise SendError(SendErrorKind.OUR_FAULT, "file_missing")
        markup = inline_keyboard(reply.buttons) or reply_keyboard(reply.keyboard)
        fits = len(visible(reply.text)) <= LONGEST_CAPTION
        steps = [] if fits else self._text_steps(chat_id, Reply(text=reply.text))
        caption = reply.text if fits else ""
        return [*steps, partial(self._send_file, chat_id, reply.file.name, data, caption=caption, markup=markup)]

    async def _send_file(self, chat_id: int, name: str, data: bytes, *, caption: str, markup: Markup) -> str:
        if PurePath(name).suffix.lower() in PHOTOS and len(data) <= LARGEST_PHOTO:
            try:
                with calling():
                    message = await self._bot.send_photo(
                        chat_id,
                        data,
                        caption=caption or None,
                        parse_mode=ParseMode.HTML,
                        reply_markup=markup,
                        filename=name,
                    )
                return str(message.message_id)
            except SendError as error:
                if error.reason not in _NO_PHOTO:
                    raise
                log.debug("a picture goes as a file: %s", error.reason)
        with calling():
            message = await self._bot.send_document(
                chat_id,
                data,
                caption=caption or None,
                parse_mode=ParseMode.HTML,
                reply_markup=markup,
                filename=name,
                disable_content_type_detection=True,
            )
        return str(message.message_id)
