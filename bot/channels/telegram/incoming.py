"""From an update to what a person did, without any of Telegram's words left."""

import logging
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from telegram import Audio, CallbackQuery, Chat, ChatMemberUpdated, Document, Message, MessageEntity, Update, Video

from outreach.clock import system_clock
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

log = logging.getLogger(__name__)

ALLOWED_UPDATES = ("message", "edited_message", "callback_query", "my_chat_member")

_START = re.compile(r"/start(?:@\w+)?(?:\s+(?P<payload>\S+))?\s*")
_COMMAND_FOR_BOT = re.compile(r"^(/\w+)@\w+")
# What the app says about the chat itself; nobody waits for an answer to that.
_SERVICE = (
    "pinned_message",
    "write_access_allowed",
    "message_auto_delete_timer_changed",
    "chat_background_set",
    "boost_added",
    "users_shared",
    "chat_shared",
    "connected_website",
    "proximity_alert_triggered",
    "gift",
    "unique_gift",
    "successful_payment",
    "refunded_payment",
)
_PLAIN = frozenset({"message_id", "from", "chat", "date", "edit_date", "text", "caption", "media_group_id"})
_SET_OFF = frozenset(
    {
        MessageEntity.BOLD,
        MessageEntity.ITALIC,
        MessageEntity.UNDERLINE,
        MessageEntity.STRIKETHROUGH,
        MessageEntity.TEXT_LINK,
        MessageEntity.CODE,
        MessageEntity.PRE,
        MessageEntity.BLOCKQUOTE,
        MessageEntity.EXPANDABLE_BLOCKQUOTE,
    }
)
_STAYS = frozenset({"member", "administrator", "restricted"})
_MEMBERSHIP = {"kicked": IncomingKind.BLOCKED, "member": IncomingKind.UNBLOCKED}


def read_update(raw: Any, *, account_id: AccountId, received_at: datetime | None = None) -> Incoming | None:
    """`incoming_of` for what came over the wire. Never raises: an update nobody can read must not come again and again.

    The SDK refuses a whole message for one part it does not understand (a newer kind of poll in it, or in what it
    answers); such a message is read once more by its plain parts, so that the person gets an answer.
    """
    for attempt in (raw, _plain_parts(raw)):
        try:
            update = Update.de_json(attempt, None)
            return incoming_of(update, account_id=account_id, received_at=received_at)
        except Exception as error:  # noqa: BLE001  whatever it holds, see above
            log.warning("an update could not be read: %s", type(error).__name__)
    return None


def _plain_parts(raw: Any) -> Any:
    found = dict(raw) if isinstance(raw, dict) else {}
    for kind in ("message", "edited_message"):
        if isinstance(found.get(kind), dict):
            found[kind] = {name: value for name, value in found[kind].items() if name in _PLAIN}
    return found


def incoming_of(update: Update, *, account_id: AccountId, received_at: datetime | None = None) -> Incoming | None:
    """What the person did; None where nothing asks for an answer. `received_at` dates taps, which carry no time of their own."""
    at = received_at or system_clock()
    if update.callback_query is not None:
        return _tap(update.update_id, update.callback_query, account_id=account_id, at=at)
    if update.my_chat_member is not None:
        return _membership(update.update_id, update.my_chat_member, account_id=account_id)
    message = update.message or update.edited_message or update.channel_post or update.edited_channel_post
    if message is None:
        return None
    return _message(update.update_id, message, account_id=account_id, edited=update.edited_message is not None)


def _elsewhere(
    update_id: int,
    chat: Chat,
    *,
    account_id: AccountId,
    at: datetime,
    message_ref: str = "",
    callback_ref: str = "",
    called: bool = False,
) -> Incoming:
    """Nothing of what was said in a group is taken along, only whether a command called the bot."""
    return Incoming(
        update_id=str(update_id),
        address=Address(account_id=account_id, external_id=str(chat.id)),
        channel=ChannelName.TELEGRAM,
        kind=IncomingKind.ELSEWHERE,
        sent_at=at,
        text="/" if called else "",
        message_ref=message_ref,
        callback_ref=callback_ref,
    )


def _tap(update_id: int, query: CallbackQuery, *, account_id: AccountId, at: datetime) -> Incoming:
    message = query.message  # may be inaccessible: too old for Telegram to show, but its button still works
    if message is not None and message.chat.type != Chat.PRIVATE:
        return _elsewhere(update_id, message.chat, account_id=account_id, at=at, callback_ref=query.id)
    return Incoming(
        update_id=str(update_id),
        address=Address(account_id=account_id, external_id=str(query.from_user.id)),
        channel=ChannelName.TELEGRAM,
        kind=IncomingKind.BUTTON,
        sent_at=at,
        payload=query.data or "",
        message_ref=str(message.message_id) if message is not None else "",
        callback_ref=query.id,
        sender_name=nfc(query.from_user.full_name),
    )


def _membership(update_id: int, change: ChatMemberUpdated, *, account_id: AccountId) -> Incoming | None:
    status = change.new_chat_member.status
    if change.chat.type != Chat.PRIVATE:
        came = status in _STAYS and change.old_chat_member.status not in _STAYS
        return _elsewhere(update_id, change.chat, account_id=account_id, at=change.date) if came else None
    if status not in _MEMBERSHIP:
        return None
    return Incoming(
        update_id=str(update_id),
        address=Address(account_id=account_id, external_id=str(change.chat.id)),
        channel=ChannelName.TELEGRAM,
        kind=_MEMBERSHIP[status],
        sent_at=change.date,
        sender_name=nfc(change.from_user.full_name),
    )


def _message(update_id: int, message: Message, *, account_id: AccountId, edited: bool) -> Incoming | None:
    at = message.edit_date if edited and message.edit_date else message.date
    if message.chat.type != Chat.PRIVATE:
        return _elsewhere(
            update_id,
            message.chat,
            account_id=account_id,
            at=at,
            message_ref=str(message.message_id),
            called=not edited and message.chat.type != Chat.CHANNEL and (message.text or "").startswith("/"),
        )
    if any(getattr(message, name, None) for name in _SERVICE) or (edited and message.location):
        return None  # a place that is shared live is edited every few seconds
    attachments = tuple(_attachments(message))
    text = _COMMAND_FOR_BOT.sub(r"\1", nfc(message.text or message.caption or ""))
    start = _START.fullmatch(text)
    if edited:
        kind = IncomingKind.EDIT
    elif start:
        kind = IncomingKind.START
    elif attachments:
        kind = IncomingKind.MEDIA
    else:
        kind = IncomingKind.TEXT if message.text else IncomingKind.OTHER
    return Incoming(
        update_id=str(update_id),
        address=Address(account_id=account_id, external_id=str(message.chat.id)),
        channel=ChannelName.TELEGRAM,
        kind=kind,
        sent_at=at,
        text="" if kind in {IncomingKind.OTHER, IncomingKind.START} else text,
        payload=(start["payload"] or "") if start and not edited else "",
        message_ref=str(message.message_id),
        attachments=attachments,
        album=message.media_group_id or "",
        links=tuple(_links(message)),
        formatted=_formatted(message),
        forwarded=message.forward_origin is not None,
        sender_name=nfc(message.from_user.full_name) if message.from_user else "",
    )


def _attachments(message: Message) -> Iterator[Attachment]:
    if message.photo:
        photo = max(message.photo, key=lambda size: (size.width * size.height, size.file_size or 0))
        yield Attachment(
            kind=AttachmentKind.PHOTO,
            ref=photo.file_id,
            unique=photo.file_unique_id,
            media_type="image/jpeg",
            size=photo.file_size or 0,
        )
    # An animation comes as a document too, so it is not looked at.
    files: tuple[Document | Video | Audio | None, ...] = (message.document, message.video, message.audio)
    for file in files:
        if file is None:
            continue
        yield Attachment(
            kind=AttachmentKind.FILE,
            ref=file.file_id,
            unique=file.file_unique_id,
            name=nfc(file.file_name or ""),
            media_type=file.mime_type or "",
            size=file.file_size or 0,
        )


def _formatted(message: Message) -> str:
    """As HTML, where anything is set off; addresses that only stand there are not."""
    entities = (*message.entities, *message.caption_entities)
    if not any(entity.type in _SET_OFF for entity in entities):
        return ""
    return nfc(message.text_html if message.text else message.caption_html)


def _links(message: Message) -> Iterator[str]:
    for entity in (*message.entities, *message.caption_entities):
        if entity.type == MessageEntity.TEXT_LINK and entity.url:
            yield entity.url
