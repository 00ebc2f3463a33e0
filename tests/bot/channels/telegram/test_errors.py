"""The one table of errors: every class of the platform's description, and the same from the pretend server's own bodies."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
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

from bot.channels.telegram.adapter import TelegramChannel
from bot.channels.telegram.errors import RULES, calling, classify
from bot.channels.telegram.transport import GatewayError, NotSentError, ProviderError, TooLargeError
from outreach.messaging import Button, OutgoingFile, Reply, SendError, SendErrorKind
from outreach.transaction import IN_TRANSACTION
from simulator.client import Client
from simulator.config import DEFAULT_TOKEN

# Class, the server's whole text, and the kind and reason it has to become.
TEXTS = [
    (Forbidden, "Forbidden: bot was blocked by the user", "gone", "blocked"),
    (Forbidden, "Forbidden: user is deactivated", "gone", "deactivated"),
    (Forbidden, "Forbidden: bot can't initiate conversation with a user", "gone", "cannot_initiate"),
    (Forbidden, "Forbidden: bot was kicked from the group chat", "gone", "kicked"),
    (Forbidden, "Forbidden: bot was kicked from the supergroup chat", "gone", "kicked"),
    (Forbidden, "Forbidden: bot was kicked from the channel chat", "gone", "kicked"),
    (Forbidden, "Forbidden: bot is not a member of the supergroup chat", "gone", "not_member"),
    (Forbidden, "Forbidden: the group chat was deleted", "gone", "chat_deleted"),
    (Forbidden, "Forbidden: bots can't send messages to bots", "gone", "forbidden"),
    (BadRequest, "Bad Request: chat not found", "gone", "chat_not_found"),
    (BadRequest, "Bad Request: private chat not found", "gone", "chat_not_found"),
    (BadRequest, "Bad Request: PEER_ID_INVALID", "gone", "peer_invalid"),
    (BadRequest, "Bad Request: USER_IS_BLOCKED", "gone", "blocked"),
    (BadRequest, "Bad Request: INPUT_USER_DEACTIVATED", "gone", "deactivated"),
    (BadRequest, "Bad Request: CHAT_WRITE_FORBIDDEN", "gone", "forbidden"),
    (BadRequest, "Bad Request: not enough rights to send text messages to the chat", "gone", "forbidden"),
    (BadRequest, "Bad Request: message is not modified: specified new message content", "harmless", "not_modified"),
    (BadRequest, "Bad Request: message to edit not found", "harmless", "message_gone"),
    (BadRequest, "Bad Request: message to copy not found", "our_fault", "copy_gone"),
    (BadRequest, "Bad Request: message can't be copied", "our_fault", "cannot_copy"),
    (BadRequest, "Bad Request: message to delete not found", "harmless", "message_gone"),
    (BadRequest, "Bad Request: MESSAGE_ID_INVALID", "harmless", "message_gone"),
    (BadRequest, "Bad Request: message can't be deleted for everyone", "harmless", "cannot_delete"),
    (BadRequest, "Bad Request: message can't be edited", "harmless", "cannot_edit"),
    (BadRequest, "Bad Request: there is no text in the message to edit", "harmless", "no_text_to_edit"),
    (BadRequest, "Bad Request: there is no caption in the message to edit", "harmless", "no_caption_to_edit"),
    (
        BadRequest,
        "Bad Request: query is too old and response timeout expired or query ID is invalid",
        "harmless",
        "query_too_old",
    ),
    (BadRequest, "Bad Request: QUERY_ID_INVALID", "harmless", "query_too_old"),
    (BadRequest, "Bad Request: message text is empty", "our_fault", "text_empty"),
    (BadRequest, "Bad Request: text must be non-empty", "our_fault", "text_empty"),
    (BadRequest, "Bad Request: message caption is too long", "our_fault", "caption_too_long"),
    (BadRequest, "Bad Request: MEDIA_CAPTION_TOO_LONG", "our_fault", "caption_too_long"),
    (BadRequest, "Bad Request: message is too long", "our_fault", "message_too_long"),
    (BadRequest, "Bad Request: MESSAGE_TOO_LONG", "our_fault", "message_too_long"),
    (BadRequest, "Bad Request: text is too long", "our_fault", "message_too_long"),
    (
        BadRequest,
        'Bad Request: can\'t parse entities: Unsupported start tag "x" at byte offset 0',
        "our_fault",
        "cannot_parse",
    ),
    (BadRequest, "Bad Request: strings must be encoded in UTF-8", "our_fault", "not_utf8"),
    (BadRequest, "Bad Request: BUTTON_DATA_INVALID", "our_fault", "button_data_invalid"),
    (BadRequest, "Bad Request: BUTTON_COPY_TEXT_INVALID", "our_fault", "button_copy_invalid"),
    (BadRequest, "Bad Request: BUTTON_URL_INVALID", "our_fault", "button_url_invalid"),
    (
        BadRequest,
        "Bad Request: inline keyboard button URL 'x' is invalid: Wrong HTTP URL",
        "our_fault",
        "button_url_invalid",
    ),
    (
        BadRequest,
        "Bad Request: can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard",
        "our_fault",
        "button_invalid",
    ),
    (BadRequest, "Bad Request: reply markup is too long", "our_fault", "markup_too_long"),
    (BadRequest, "Bad Request: REPLY_MARKUP_TOO_LONG", "our_fault", "markup_too_long"),
    (BadRequest, "Bad Request: inline keyboard expected", "our_fault", "markup_invalid"),
    (BadRequest, "Bad Request: wrong HTTP URL specified", "our_fault", "url_invalid"),
    (BadRequest, "Bad Request: wrong file identifier/HTTP URL specified", "our_fault", "url_invalid"),
    (BadRequest, "Bad Request: file is too big", "our_fault", "file_too_big"),
    (BadRequest, "Bad Request: file is too large", "our_fault", "file_too_big"),
    (BadRequest, "Bad Request: file must be non-empty", "our_fault", "file_empty"),
    (BadRequest, "Bad Request: PHOTO_INVALID_DIMENSIONS", "our_fault", "photo_invalid"),
    (BadRequest, "Bad Request: IMAGE_PROCESS_FAILED", "our_fault", "photo_invalid"),
    (BadRequest, "Bad Request: PHOTO_SAVE_FILE_INVALID", "our_fault", "photo_invalid"),
    (BadRequest, "Bad Request: invalid file_id", "our_fault", "file_unavailable"),
    (
        BadRequest,
        "Bad Request: wrong file_id or the file is temporarily unavailable",
        "our_fault",
        "file_unavailable",
    ),
    (BadRequest, "Bad Request: BOT_COMMAND_INVALID", "our_fault", "commands_invalid"),
    (BadRequest, "Bad Request: Logged out", "revoked", "logged_out"),
    (BadRequest, "Bad Request: something nobody has seen yet", "our_fault", "bad_request"),
    (TooLargeError, "too large by its body", "our_fault", "file_too_big"),
    (InvalidToken, "Not Found: method not found", "our_fault", "method_unknown"),
    (EndPointNotFound, "Endpoint 'x' not found in Bot API", "our_fault", "method_unknown"),
    (InvalidToken, "Unauthorized", "revoked", "token_revoked"),
    (InvalidToken, "Not Found", "revoked", "token_revoked"),
    (Conflict, "Conflict: terminated by other getUpdates request", "refused", "conflict"),
    (NotSentError, "ClientConnectorDNSError", "never_left", "not_connected"),
    (ProviderError, "Request Entity Too Large", "our_fault", "file_too_big"),
    (ProviderError, "Internal Server Error", "refused", "provider_error"),
    (GatewayError, "status 502", "unknown", "gateway"),
    (TimedOut, "SocketTimeoutError", "unknown", "timeout"),
    (NetworkError, "ServerDisconnectedError", "unknown", "connection_lost"),
    (TelegramError, "Invalid server response", "unknown", "garbage"),
]


@pytest.mark.parametrize(("error", "text", "kind", "reason"), TEXTS)
def test_each_error_has_one_class(error: type[TelegramError], text: str, kind: str, reason: str) -> None:
    found = classify(error(text))
    assert (found.kind.value, found.reason) == (kind, reason)


def test_those_with_a_number() -> None:
    slow = classify(RetryAfter(timedelta(seconds=7.5)))
    assert (slow.kind, slow.reason, slow.retry_after) == (SendErrorKind.NOT_NOW, "retry_after", 7.5)
    moved = classify(ChatMigrated(-100123))
    assert (moved.kind, moved.reason) == (SendErrorKind.MOVED, "migrated")


def test_the_list_is_whole() -> None:
    """Each rule is the first that fits some text above, so none is dead and none is untested."""
    seen = {(RetryAfter, ""), (ChatMigrated, "")}
    for error, text, _, _ in TEXTS:
        raised = error(text)
        rule = next(rule for rule in RULES if isinstance(raised, rule.error) and rule.words in raised.message.lower())
        seen.add((rule.error, rule.words))
    assert seen == {(rule.error, rule.words) for rule in RULES}
    assert {rule.kind for rule in RULES} == set(SendErrorKind) - {SendErrorKind.WINDOW_CLOSED, SendErrorKind.EXHAUSTED}


def test_a_person_in_the_text_stays_behind() -> None:
    with pytest.raises(SendError) as caught, calling():
        raise BadRequest("Bad Request: Nguyễn Văn An is wrong")
    assert str(caught.value) == "our_fault: bad_request"
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_no_call_inside_a_transaction() -> None:
    token = IN_TRANSACTION.set(True)
    try:
        with pytest.raises(RuntimeError, match="inside a database transaction"), calling():
            pytest.fail("the call was made")
    finally:
        IN_TRANSACTION.reset(token)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What the simulator is told first, what is sent then, and what comes of it."""

    person: str = ""  # "block", "deactivate", "stranger", "missing" or a fault
    reply: Reply = field(default_factory=lambda: Reply(text="Chào bạn"))
    data: bytes | None = None
    kind: SendErrorKind
    reason: str


FILE = OutgoingFile(name="a.pdf", kind="report")
REAL = [
    Order(person="block", kind=SendErrorKind.GONE, reason="blocked"),
    Order(person="deactivate", kind=SendErrorKind.GONE, reason="deactivated"),
    Order(person="stranger", kind=SendErrorKind.GONE, reason="cannot_initiate"),
    Order(person="missing", kind=SendErrorKind.GONE, reason="chat_not_found"),
    Order(person="nobody", kind=SendErrorKind.GONE, reason="chat_not_found"),
    Order(person="429", kind=SendErrorKind.NOT_NOW, reason="retry_after"),
    Order(person="500", kind=SendErrorKind.REFUSED, reason="provider_error"),
    Order(person="502", kind=SendErrorKind.UNKNOWN, reason="gateway"),
    Order(person="lost_reply", kind=SendErrorKind.UNKNOWN, reason="connection_lost"),
    Order(person="reset", kind=SendErrorKind.UNKNOWN, reason="connection_lost"),
    Order(person="garbage", kind=SendErrorKind.UNKNOWN, reason="garbage"),
    Order(reply=Reply(text=" "), kind=SendErrorKind.OUR_FAULT, reason="text_empty"),
    Order(reply=Reply(text="<b>a"), kind=SendErrorKind.OUR_FAULT, reason="cannot_parse"),
    Order(reply=Reply(text="a\ud800"), kind=SendErrorKind.OUR_FAULT, reason="bad_request"),
    Order(
        reply=Reply(text="a", buttons=((Button(label="b", payload="ầ" * 22),),)),
        kind=SendErrorKind.OUR_FAULT,
        reason="button_data_invalid",
    ),
    Order(
        reply=Reply(text="a", buttons=((Button(label="b", copy="x" * 257),),)),
        kind=SendErrorKind.OUR_FAULT,
        reason="button_copy_invalid",
    ),
    Order(
        reply=Reply(text="a", buttons=((Button(label="b", url="http://x"),),)),
        kind=SendErrorKind.OUR_FAULT,
        reason="button_url_invalid",
    ),
    Order(
        reply=Reply(text="a", buttons=(tuple(Button(label="b", payload="c") for _ in range(9)),)),
        kind=SendErrorKind.OUR_FAULT,
        reason="markup_too_long",
    ),
    Order(reply=Reply(text="", file=FILE), data=b"", kind=SendErrorKind.OUR_FAULT, reason="file_empty"),
    Order(reply=Reply(text="", file=FILE), kind=SendErrorKind.OUR_FAULT, reason="file_missing"),
]


@pytest.fixture
def prepare(simulator: Client, person: int) -> Callable[[str], Awaitable[str]]:
    """Carry out `Order.person` and give the id to send to."""

    async def run(what: str) -> str:
        if what in {"block", "deactivate"}:
            await simulator.order(f"people/{person}/{what}")
        elif what == "stranger":
            return str(await simulator.person("Hoàng Thị Bình", started=False))
        elif what == "missing":
            return "42"
        elif what == "nobody":
            return "no number"
        elif what:
            await simulator.order("faults", {"kind": what, "times": 1, "retry_after": 7})
        return str(person)

    return run


@pytest.mark.parametrize("order", REAL, ids=lambda order: f"{order.person}-{order.reason}")
async def test_the_servers_own_bodies(
    channel: TelegramChannel, prepare: Callable[[str], Awaitable[str]], order: Order
) -> None:
    external_id = await prepare(order.person)
    with pytest.raises(SendError) as caught:
        await channel.send(external_id, order.reply, data=order.data)
    assert (caught.value.kind, caught.value.reason) == (order.kind, order.reason)
    assert caught.value.retry_after == (7 if order.person == "429" else 0)


async def test_a_wrong_token(address: str) -> None:
    stranger = TelegramChannel(token=DEFAULT_TOKEN + "x", base_url=address)
    with pytest.raises(SendError) as caught:
        await stranger.start()
    assert (caught.value.kind, caught.value.reason) == (SendErrorKind.REVOKED, "token_revoked")


async def test_what_is_done_cannot_be_done_twice(channel: TelegramChannel, simulator: Client, person: int) -> None:
    reasons: list[Any] = []
    for call in (
        lambda: channel.bot.delete_message(person, 12345),
        lambda: channel.bot.edit_message_text("a", person, 12345),
        lambda: channel.bot.answer_callback_query("12345"),
        lambda: channel.bot.get_file("12345"),
        lambda: channel.bot.set_my_commands([("GROSS", "a")]),
    ):
        with pytest.raises(SendError) as caught, calling():
            await call()
        reasons.append((caught.value.kind.value, caught.value.reason))
    assert reasons == [
        ("harmless", "message_gone"),
        ("harmless", "message_gone"),
        ("harmless", "query_too_old"),
        ("our_fault", "file_unavailable"),
        ("our_fault", "commands_invalid"),
    ]
