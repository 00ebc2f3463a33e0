"""Every error a call can end in, classified once. Wording from the Bot API server's source and from what lies behind it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    EndPointNotFound,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)

from bot.channels.telegram.transport import GatewayError, NotSentError, ProviderError, TooLargeError
from outreach.messaging import SendError, SendErrorKind
from outreach.transaction import check_outside_transaction

GONE, HARMLESS, OUR_FAULT = SendErrorKind.GONE, SendErrorKind.HARMLESS, SendErrorKind.OUR_FAULT


@dataclass(frozen=True, slots=True)
class Rule:
    """An error of class `error` whose text holds `words` (small letters; "" fits every text)."""

    error: type[TelegramError]
    words: str
    kind: SendErrorKind
    reason: str


# The first rule that fits decides, so the narrow ones stand first: BadRequest, for one, is a NetworkError to PTB.
RULES = (
    Rule(Forbidden, "bot was blocked by the user", GONE, "blocked"),
    Rule(Forbidden, "user is deactivated", GONE, "deactivated"),
    Rule(Forbidden, "can't initiate conversation", GONE, "cannot_initiate"),
    Rule(Forbidden, "bot was kicked", GONE, "kicked"),
    Rule(Forbidden, "bot is not a member", GONE, "not_member"),
    Rule(Forbidden, "group chat was deleted", GONE, "chat_deleted"),
    Rule(Forbidden, "", GONE, "forbidden"),
    Rule(BadRequest, "chat not found", GONE, "chat_not_found"),
    Rule(BadRequest, "peer_id_invalid", GONE, "peer_invalid"),
    Rule(BadRequest, "user_is_blocked", GONE, "blocked"),
    Rule(BadRequest, "user_deactivated", GONE, "deactivated"),
    Rule(BadRequest, "chat_write_forbidden", GONE, "forbidden"),
    Rule(BadRequest, "rights to send", GONE, "forbidden"),
    Rule(BadRequest, "message is not modified", HARMLESS, "not_modified"),
    Rule(BadRequest, "message to edit not found", HARMLESS, "message_gone"),
    Rule(BadRequest, "message to copy not found", OUR_FAULT, "copy_gone"),
    Rule(BadRequest, "message can't be copied", OUR_FAULT, "cannot_copy"),
    Rule(BadRequest, "message to delete not found", HARMLESS, "message_gone"),
    Rule(BadRequest, "message_id_invalid", HARMLESS, "message_gone"),
    Rule(BadRequest, "message can't be deleted", HARMLESS, "cannot_delete"),
    Rule(BadRequest, "message can't be edited", HARMLESS, "cannot_edit"),
    Rule(BadRequest, "there is no text in the message to edit", HARMLESS, "no_text_to_edit"),
    Rule(BadRequest, "there is no caption in the message to edit", HARMLESS, "no_caption_to_edit"),
    Rule(BadRequest, "query is too old", HARMLESS, "query_too_old"),
    Rule(BadRequest, "query_id_invalid", HARMLESS, "query_too_old"),
    Rule(BadRequest, "message text is empty", OUR_FAULT, "text_empty"),
    Rule(BadRequest, "text must be non-empty", OUR_FAULT, "text_empty"),
    Rule(BadRequest, "caption is too long", OUR_FAULT, "caption_too_long"),
    Rule(BadRequest, "caption_too_long", OUR_FAULT, "caption_too_long"),
    Rule(BadRequest, "message is too long", OUR_FAULT, "message_too_long"),
    Rule(BadRequest, "message_too_long", OUR_FAULT, "message_too_long"),
    Rule(BadRequest, "text is too long", OUR_FAULT, "message_too_long"),
    Rule(BadRequest, "can't parse entities", OUR_FAULT, "cannot_parse"),
    Rule(BadRequest, "encoded in utf-8", OUR_FAULT, "not_utf8"),
    Rule(BadRequest, "button_data_invalid", OUR_FAULT, "button_data_invalid"),
    Rule(BadRequest, "button_copy_text_invalid", OUR_FAULT, "button_copy_invalid"),
    Rule(BadRequest, "button_url_invalid", OUR_FAULT, "button_url_invalid"),
    Rule(BadRequest, "inline keyboard button url", OUR_FAULT, "button_url_invalid"),
    Rule(BadRequest, "keyboard button", OUR_FAULT, "button_invalid"),
    Rule(BadRequest, "reply markup is too long", OUR_FAULT, "markup_too_long"),
    Rule(BadRequest, "reply_markup_too_long", OUR_FAULT, "markup_too_long"),
    Rule(BadRequest, "inline keyboard expected", OUR_FAULT, "markup_invalid"),
    Rule(BadRequest, "wrong http url specified", OUR_FAULT, "url_invalid"),
    Rule(BadRequest, "wrong file identifier", OUR_FAULT, "url_invalid"),
    Rule(BadRequest, "file is too big", OUR_FAULT, "file_too_big"),
    Rule(BadRequest, "too large", OUR_FAULT, "file_too_big"),
    Rule(BadRequest, "file must be non-empty", OUR_FAULT, "file_empty"),
    Rule(BadRequest, "photo_invalid_dimensions", OUR_FAULT, "photo_invalid"),
    Rule(BadRequest, "image_process_failed", OUR_FAULT, "photo_invalid"),
    Rule(BadRequest, "photo_", OUR_FAULT, "photo_invalid"),
    Rule(BadRequest, "invalid file_id", OUR_FAULT, "file_unavailable"),
    Rule(BadRequest, "wrong file_id", OUR_FAULT, "file_unavailable"),
    Rule(BadRequest, "bot_command", OUR_FAULT, "commands_invalid"),
    Rule(BadRequest, "logged out", SendErrorKind.REVOKED, "logged_out"),
    Rule(BadRequest, "", OUR_FAULT, "bad_request"),
    Rule(TooLargeError, "", OUR_FAULT, "file_too_big"),
    # Only groups move, and we begin no talk in one: what is said in the new one comes with its new id, so none is stored.
    Rule(ChatMigrated, "", SendErrorKind.MOVED, "migrated"),
    Rule(RetryAfter, "", SendErrorKind.NOT_NOW, "retry_after"),
    Rule(InvalidToken, "method not found", OUR_FAULT, "method_unknown"),
    Rule(EndPointNotFound, "", OUR_FAULT, "method_unknown"),
    Rule(InvalidToken, "", SendErrorKind.REVOKED, "token_revoked"),
    Rule(Conflict, "", SendErrorKind.REFUSED, "conflict"),
    Rule(NotSentError, "", SendErrorKind.NEVER_LEFT, "not_connected"),
    Rule(ProviderError, "request entity too large", OUR_FAULT, "file_too_big"),
    Rule(ProviderError, "", SendErrorKind.REFUSED, "provider_error"),
    Rule(GatewayError, "", SendErrorKind.UNKNOWN, "gateway"),
    Rule(TimedOut, "", SendErrorKind.UNKNOWN, "timeout"),
    Rule(NetworkError, "", SendErrorKind.UNKNOWN, "connection_lost"),
    Rule(TelegramError, "", SendErrorKind.UNKNOWN, "garbage"),
)


def classify(error: TelegramError) -> SendError:
    """The one treatment an error gets; `retry_after` in seconds. PTB's text stays behind: it may quote a person."""
    words = error.message.lower()
    rule = next(rule for rule in RULES if isinstance(error, rule.error) and rule.words in words)
    if isinstance(error, RetryAfter):
        wait = error.retry_after
        seconds = wait.total_seconds() if isinstance(wait, timedelta) else float(wait)
        return SendError(rule.kind, rule.reason, retry_after=seconds)
    return SendError(rule.kind, rule.reason)


@contextmanager
def calling() -> Iterator[None]:
    """Around every call to Telegram: refuses inside a transaction, and lets no error out but SendError.

    The cause is cut off, because PTB writes the token and what was sent into its texts.
    """
    check_outside_transaction()
    try:
        yield
    except TelegramError as error:
        raise classify(error) from None
