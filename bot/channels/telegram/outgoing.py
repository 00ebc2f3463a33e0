"""One reply as the calls it takes: edits, parts of a long text, a file with its caption."""

import logging
from dataclasses import replace
from functools import partial
from pathlib import PurePath

from telegram import Bot, InlineKeyboardMarkup, LinkPreviewOptions
from telegram.constants import ParseMode

from bot.channels.kit import send_parts, split, visible
from bot.channels.shelf import MediaShelf
from bot.channels.telegram.errors import calling
from bot.channels.telegram.keyboard import inline_keyboard, reply_keyboard
from bot.channels.telegram.media import NO_PHOTO, Markup, MediaSender, media_pieces, send_file
from outreach.messaging import AccountId, MessageCopy, Reply, SendError, SendErrorKind, Sent

log = logging.getLogger(__name__)

LONGEST_TEXT = 4096  # code points once the tags are read
LONGEST_CAPTION = 1024
LARGEST_PHOTO = 10_000_000  # bytes
PHOTOS = frozenset({".png", ".jpg", ".jpeg"})
NO_ACCOUNT = AccountId(0)
NO_PREVIEW = LinkPreviewOptions(is_disabled=True)

# What stands in the way of an edit: a new message says the same.
_SEND_ANEW = frozenset({"message_gone", "cannot_edit", "no_text_to_edit", "no_caption_to_edit"})
_NO_COPY = frozenset({"copy_gone", "cannot_copy", "message_gone"})


class Outgoing:
    def __init__(
        self,
        bot: Bot,
        *,
        shelf: MediaShelf | None = None,
        account_id: AccountId = NO_ACCOUNT,
        first_wait: float = 1.0,
    ) -> None:
        self._bot = bot
        self.shelf = shelf
        self.account_id = account_id
        self._first_wait = first_wait  # seconds before a later part is tried again

    async def send(self, chat_id: int, reply: Reply, *, data: bytes | None) -> Sent:
        """Carry out a reply; the refs are those of all its messages, in order.

        Raises SendError; see `bot.channels.kit.partly`.
        """
        if reply.copy_of and not reply.edits and reply.copy_of.address.account_id == self.account_id:
            try:
                return Sent(refs=(await self._copy(chat_id, reply, reply.copy_of),))
            except SendError as error:
                if error.reason not in _NO_COPY:
                    raise
                log.debug("a message is sent in our own words instead of copied: %s", error.reason)
        pieces = _file_pieces(reply, data=data) if reply.file else _pieces(reply)
        if reply.edits and not reply.keyboard and not reply.file:  # only a new message can bring a keyboard
            pieces[0] = replace(pieces[0], edits=reply.edits, anew=reply.anew)
        return Sent(
            refs=await send_parts(pieces, partial(self._send_piece, chat_id, data=data), first_wait=self._first_wait)
        )

    async def _copy(self, chat_id: int, reply: Reply, copy: MessageCopy) -> str:
        with calling():
            message = await self._bot.copy_message(
                chat_id,
                copy.address.external_id,
                int(copy.ref),
                disable_notification=reply.silent or None,
                reply_markup=inline_keyboard(reply.buttons),
            )
        return str(message.message_id)

    async def _send_piece(self, chat_id: int, piece: Reply, *, data: bytes | None) -> str | tuple[str, ...]:
        if piece.edits:
            return await self._edit(chat_id, piece)
        markup = inline_keyboard(piece.buttons) or reply_keyboard(piece.keyboard)
        if piece.media:
            sender = MediaSender(self._bot, shelf=self.shelf, account_id=self.account_id)
            return await sender.send(chat_id, piece, markup=markup)
        if piece.file is not None and data is not None:
            return await self._send_file(chat_id, piece, data, markup=markup)
        return await self._send_text(chat_id, piece, markup=markup)

    async def _send_text(self, chat_id: int, piece: Reply, *, markup: Markup) -> str:
        with calling():
            message = await self._bot.send_message(
                chat_id,
                piece.text,
                parse_mode=ParseMode.HTML,
                link_preview_options=NO_PREVIEW,
                disable_notification=piece.silent or None,
                reply_markup=markup,
            )
        return str(message.message_id)

    async def _edit(self, chat_id: int, piece: Reply) -> str:
        """Change the message; where that cannot be done a new one says it."""
        try:
            await self._change(chat_id, int(piece.edits), piece.text, buttons=inline_keyboard(piece.buttons))
        except SendError as error:
            if error.reason not in {*_SEND_ANEW, "not_modified"}:
                raise
            if error.reason in _SEND_ANEW and not piece.anew:
                raise
            if error.reason in _SEND_ANEW and piece.text:
                log.debug("a message is sent anew instead of edited: %s", error.reason)
                return await self._send_text(chat_id, piece, markup=inline_keyboard(piece.buttons))
        return piece.edits

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

    async def _send_file(self, chat_id: int, piece: Reply, data: bytes, *, markup: Markup) -> str:
        name = piece.file.name if piece.file else ""
        send = partial(send_file, self._bot, chat_id, piece, data, name=name, markup=markup)
        if PurePath(name).suffix.lower() in PHOTOS and len(data) <= LARGEST_PHOTO:
            try:
                return str((await send(photo=True)).message_id)
            except SendError as error:
                if error.reason not in NO_PHOTO:
                    raise
                log.debug("a picture goes as a file: %s", error.reason)
        return str((await send(photo=False)).message_id)


def _pieces(reply: Reply) -> list[Reply]:
    """Media stand above their words. What is changed in place are the words alone."""
    if not reply.media or reply.edits:
        return _text_pieces(reply)
    fits = len(visible(reply.text)) <= LONGEST_CAPTION
    media = media_pieces(reply, fits=fits)
    return media if media == [reply] else [*media, *_text_pieces(replace(reply, media=()))]


def _text_pieces(reply: Reply) -> list[Reply]:
    """One message each. A reply keyboard goes with the first, buttons with the last: a message carries one of them."""
    parts = split(reply.text, limit=LONGEST_TEXT)
    if reply.keyboard and reply.buttons and len(parts) == 1:
        log.warning("a reply with buttons cannot change the keyboard as well")
    pieces = [Reply(text=part, silent=reply.silent) for part in parts]
    pieces[0] = replace(pieces[0], keyboard=reply.keyboard)
    pieces[-1] = replace(pieces[-1], buttons=reply.buttons)
    return pieces


def _file_pieces(reply: Reply, *, data: bytes | None) -> list[Reply]:
    """The file with its caption, and before it the text where that is longer than a caption may be."""
    if data is None:
        raise SendError(SendErrorKind.OUR_FAULT, "file_missing")
    fits = len(visible(reply.text)) <= LONGEST_CAPTION
    file = replace(reply, text=reply.text if fits else "", edits="")
    return [*([] if fits else _text_pieces(Reply(text=reply.text, silent=reply.silent))), file]
