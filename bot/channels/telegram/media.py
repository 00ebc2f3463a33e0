"""Campaign pictures and files on Telegram: uploaded by the first message that brings them, then sent by file_id."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial

from telegram import Bot, InlineKeyboardMarkup, InputMediaDocument, InputMediaPhoto, Message, ReplyKeyboardMarkup
from telegram.constants import ParseMode

from bot.channels.shelf import MediaShelf
from bot.channels.telegram.errors import calling
from outreach.messaging import AccountId, AttachmentKind, Media, MediaId, Reply, SendError, SendErrorKind

MOST_IN_ALBUM = 10
_PHOTO, _DOCUMENT = "photo:", "document:"
_LOST = "url_invalid"  # what a file_id that is not known (any more) is taken for
NO_PHOTO = frozenset({"photo_invalid", "file_too_big"})

File = str | bytes  # a file_id, or what is to be uploaded
Markup = InlineKeyboardMarkup | ReplyKeyboardMarkup | None


class MediaSender:
    """Sends the media of one piece: one with its caption, or several as an album, which has neither words nor buttons."""

    def __init__(self, bot: Bot, *, shelf: MediaShelf | None, account_id: AccountId) -> None:
        self._bot = bot
        self._shelf = shelf
        self._account_id = account_id

    async def send(self, chat_id: int, piece: Reply, *, markup: Markup) -> tuple[str, ...]:
        """The message ids, in order. Raises SendError."""
        if self._shelf is None:
            raise SendError(SendErrorKind.OUR_FAULT, "file_missing")
        known = await self._known(self._shelf, piece.media)
        if _complete(known, piece.media):
            try:
                return _ids(await self._post(chat_id, piece, _plain(known), markup=markup, kind=_kind(known)))
            except SendError as error:
                if error.reason != _LOST:
                    raise
            for media_id, ref in known.items():
                await self._shelf.lose(media_id, account_id=self._account_id, ref=ref)
        async with self._shelf.uploading(self._account_id):
            return await self._upload(self._shelf, chat_id, piece, markup=markup)

    async def _known(self, shelf: MediaShelf, media: Sequence[Media]) -> dict[MediaId, str]:
        found = {one.media_id: await shelf.ref(one.media_id, account_id=self._account_id) for one in media}
        return {media_id: ref for media_id, ref in found.items() if ref}

    async def _upload(self, shelf: MediaShelf, chat_id: int, piece: Reply, *, markup: Markup) -> tuple[str, ...]:
        known = await self._known(shelf, piece.media)  # somebody else may have been faster
        kind = _kind(known) or (_PHOTO if piece.media[0].kind == AttachmentKind.PHOTO else _DOCUMENT)
        ready = _plain({media_id: ref for media_id, ref in known.items() if ref.startswith(kind)})
        files = {one.media_id: ready.get(one.media_id) or await shelf.data(one.media_id) for one in piece.media}
        try:
            messages = await self._post(chat_id, piece, files, markup=markup, kind=kind)
        except SendError as error:
            if kind != _PHOTO or error.reason not in NO_PHOTO:
                raise
            kind = _DOCUMENT
            files = {one.media_id: await shelf.data(one.media_id) for one in piece.media}
            messages = await self._post(chat_id, piece, files, markup=markup, kind=kind)
        for one, message in zip(piece.media, messages, strict=False):
            if ref := _ref(message):
                await shelf.keep(one.media_id, account_id=self._account_id, ref=ref)
        return _ids(messages)

    async def _post(
        self, chat_id: int, piece: Reply, files: Mapping[MediaId, File], *, markup: Markup, kind: str
    ) -> Sequence[Message]:
        if len(piece.media) > 1:
            return await self._album(chat_id, piece, files, kind=kind)
        [only] = piece.media
        photo, file = kind == _PHOTO, files[only.media_id]
        return [await send_file(self._bot, chat_id, piece, file, photo=photo, name=only.name, markup=markup)]

    async def _album(
        self, chat_id: int, piece: Reply, files: Mapping[MediaId, File], *, kind: str
    ) -> Sequence[Message]:
        shape = InputMediaPhoto if kind == _PHOTO else InputMediaDocument
        items = [shape(files[one.media_id], filename=one.name) for one in piece.media]
        with calling():
            return await self._bot.send_media_group(chat_id, items, disable_notification=piece.silent or None)


async def send_file(
    bot: Bot, chat_id: int, piece: Reply, file: File, *, photo: bool, name: str, markup: Markup
) -> Message:
    """As a picture or as a document, under it the words of the piece. Raises SendError."""
    document = partial(bot.send_document, disable_content_type_detection=True)
    send: Callable[..., Awaitable[Message]] = bot.send_photo if photo else document
    with calling():
        return await send(
            chat_id,
            file,
            caption=piece.text or None,
            disable_notification=piece.silent or None,
            parse_mode=ParseMode.HTML,
            reply_markup=markup,
            filename=name,
        )


def _complete(known: Mapping[MediaId, str], media: Sequence[Media]) -> bool:
    """Whether all of them are there, and as one kind: an album is of pictures or of documents."""
    return len(known) == len(media) and len({ref.partition(":")[0] for ref in known.values()}) == 1


def _kind(known: Mapping[MediaId, str]) -> str:
    """A picture that had to go as a document makes its album one of documents."""
    kinds = {_DOCUMENT if ref.startswith(_DOCUMENT) else _PHOTO for ref in known.values()}
    return _DOCUMENT if _DOCUMENT in kinds else _PHOTO if kinds else ""


def _plain(known: Mapping[MediaId, str]) -> dict[MediaId, File]:
    return {media_id: ref.partition(":")[2] for media_id, ref in known.items()}


def _ref(message: Message) -> str:
    if message.photo:
        return f"{_PHOTO}{message.photo[-1].file_id}"
    return f"{_DOCUMENT}{message.document.file_id}" if message.document else ""


def _ids(messages: Sequence[Message]) -> tuple[str, ...]:
    return tuple(str(message.message_id) for message in messages)


def media_pieces(reply: Reply, *, fits: bool) -> list[Reply]:
    """The media of a reply as messages of their own; the words go with a single one where they fit, and else are still to come."""
    if fits and len(reply.media) == 1:
        return [reply]
    photos = [one for one in reply.media if one.kind == AttachmentKind.PHOTO]
    files = [one for one in reply.media if one.kind != AttachmentKind.PHOTO]
    albums = [
        kind[start : start + MOST_IN_ALBUM] for kind in (photos, files) for start in range(0, len(kind), MOST_IN_ALBUM)
    ]
    return [Reply(text="", media=tuple(album), silent=reply.silent) for album in albums]
