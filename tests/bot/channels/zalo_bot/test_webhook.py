"""The webhook: 200 only for what is in safe hands, nothing for strangers, and an empty knock is answered."""

import asyncio
import io
import json
import logging
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.types import Message

from bot.channels.zalo_bot.adapter import ZaloBotChannel
from bot.channels.zalo_bot.webhook import MOST_BYTES, SECRET_HEADER, Webhook
from bot.settings import SettingsError
from bot.web import create_web
from outreach.messaging import Incoming, SendError, SendErrorKind
from tests.bot.channels.zalo_bot.conftest import FakeZalo, refusal

SECRET = "bi-mat_1"
LATER = datetime(2031, 1, 2, 3, 4, tzinfo=UTC)
EVENT: dict[str, Any] = {
    "event_name": "message.text.received",
    "message": {
        "from": {"id": "a1b2", "display_name": "An", "is_bot": False},
        "chat": {"id": "a1b2", "chat_type": "PRIVATE"},
        "text": "Xin chào",
        "message_id": "m1",
    },
}
Post = Callable[..., Awaitable[tuple[int, str, str]]]


class Safe:
    def __init__(self) -> None:
        self.seen: list[Incoming] = []
        self.answer = True

    async def __call__(self, incoming: Incoming) -> bool:
        self.seen.append(incoming)
        return self.answer


@pytest.fixture
def safe() -> Safe:
    return Safe()


def served(hook: Webhook) -> Starlette:
    async def ready() -> dict[str, str]:
        return {}

    return create_web(routes=[hook.route], readiness=ready)


@pytest.fixture
async def address(channel: ZaloBotChannel, safe: Safe, web: Callable[[Starlette], Awaitable[str]]) -> str:
    return await web(served(Webhook(channel, safe, secret=SECRET)))


@pytest.fixture
async def post(address: str) -> AsyncIterator[Post]:
    """POST to the webhook; gives status, Retry-After and body."""
    async with aiohttp.ClientSession() as session:

        async def send(body: Any, *, secret: str | None = SECRET, method: str = "POST") -> tuple[int, str, str]:
            data = io.BytesIO(body if isinstance(body, bytes) else json.dumps(body).encode())
            headers = {} if secret is None else {SECRET_HEADER: secret}
            async with session.request(method, f"{address}/zalo/bot", data=data, headers=headers) as answer:
                return answer.status, answer.headers.get("Retry-After", ""), await answer.text()

        yield send


@pytest.mark.parametrize("zalo", [False], indirect=True)
async def test_what_is_delivered_is_taken_wrapped_or_not(channel: ZaloBotChannel, post: Post, safe: Safe) -> None:
    channel.clock = lambda: LATER
    assert await post(EVENT) == (200, "", "")
    assert await post({"ok": True, "result": EVENT}) == (200, "", "")
    assert safe.seen[0] == safe.seen[1]
    assert (safe.seen[0].text, safe.seen[0].sent_at, safe.seen[0].update_id) == ("Xin chào", LATER, "m1")


@pytest.mark.parametrize("zalo", [False], indirect=True)
async def test_what_is_not_safe_shall_come_again(post: Post, safe: Safe) -> None:
    safe.answer = False
    assert await post(EVENT) == (503, "2", "")


@pytest.mark.parametrize("zalo", [False], indirect=True)
async def test_the_knock_that_tries_the_address(address: str, post: Post, safe: Safe) -> None:
    """Without a body, a content type or the secret; with the secret it is the same."""
    for secret in (None, SECRET, "another-secret"):
        assert await post(b"", secret=secret) == (200, "", "")
    place = urlsplit(address)
    reader, writer = await asyncio.open_connection(place.hostname, place.port)
    writer.write(b"POST /zalo/bot HTTP/1.1\r\nHost: a\r\nUser-Agent: Java/1.8.0_192\r\nConnection: close\r\n\r\n")
    assert b" 200 " in await reader.readline()
    writer.close()
    assert safe.seen == []


@pytest.mark.parametrize("zalo", [False], indirect=True)
async def test_strangers_get_nothing(post: Post, safe: Safe) -> None:
    for secret in (None, "", "bi-mat_2", SECRET + "x", SECRET[:-1], "bí mật"):
        assert await post(EVENT, secret=secret) == (403, "", "")
        assert await post(b" " * (MOST_BYTES + 1), secret=secret) == (403, "", "")
    assert (await post(b"", method="GET"))[0] == 405
    assert (await post(EVENT, method="PUT"))[0] == 405
    assert safe.seen == []


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"\xff\xfe", 400),
        (b"{", 400),
        (b"[]", 400),
        (b"[" * 100_000, 400),
        (b'"x"', 400),
        (b"{}", 200),
        (b'{"ok":true}', 200),
        (b'{"event_name":"user.follow.received","message":{"from":{"id":"a"}}}', 200),
        (b'{"event_name":"message.text.received","message":3}', 200),
        (b" " * (MOST_BYTES + 1), 413),
    ],
)
@pytest.mark.parametrize("zalo", [False], indirect=True)
async def test_rubbish(post: Post, safe: Safe, body: bytes, status: int, caplog: pytest.LogCaptureFixture) -> None:
    assert await post(body) == (status, "", "")
    assert safe.seen == []
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR or record.exc_info]


@pytest.mark.parametrize("zalo", [False], indirect=True)
async def test_a_body_that_breaks_off(address: str, safe: Safe, caplog: pytest.LogCaptureFixture) -> None:
    place = urlsplit(address)
    for head in (f"{SECRET_HEADER}: {SECRET}\r\n", ""):
        _, writer = await asyncio.open_connection(place.hostname, place.port)
        writer.write(f"POST /zalo/bot HTTP/1.1\r\nHost: a\r\n{head}Content-Length: 99\r\n\r\n{{".encode())
        await writer.drain()
        await asyncio.sleep(0.05)
        writer.get_extra_info("socket").shutdown(socket.SHUT_RDWR)
        writer.close()
        await asyncio.sleep(0.05)
    assert safe.seen == []
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


async def knocked(app: Starlette, body: bytes, headers: dict[str, str]) -> int:
    """The status that the app gives, without a server between."""
    told: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        told.append(message)

    given = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": "POST", "path": "/zalo/bot", "query_string": b"", "headers": given}
    await app(scope, receive, send)
    return int(told[0]["status"])


WHOLE = json.dumps(EVENT).encode()


@given(
    body=st.binary(min_size=1, max_size=40) | st.integers(1, len(WHOLE) - 1).map(lambda end: WHOLE[:end]),
    secret=st.none() | st.just(SECRET) | st.text(st.characters(codec="ascii", categories=["L", "N"]), max_size=9),
)
async def test_forged_or_broken_bodies_change_nothing(body: bytes, secret: str | None) -> None:
    safe = Safe()
    hook = Webhook(ZaloBotChannel(token="1:a", base_url="http://127.0.0.1:9"), safe, secret=SECRET)
    sent, headers = body if secret == SECRET else WHOLE, {} if secret is None else {SECRET_HEADER: secret}
    status = await knocked(served(hook), sent, headers)
    assert status in ({200, 400} if secret == SECRET else {403})
    assert safe.seen == []


async def test_it_is_registered(channel: ZaloBotChannel, zalo: FakeZalo, caplog: pytest.LogCaptureFixture) -> None:
    hook = Webhook(channel, Safe(), secret=SECRET)
    await hook.register("https://loa.example.vn/")
    url = "https://loa.example.vn/zalo/bot"
    assert zalo.asked == [("setWebhook", {"url": url, "secret_token": SECRET})]
    for outcome in ("webhook.ok", "webhook.http.403", "webhook.err.tls", "text with a name in it"):
        verification = {"ok": outcome == "webhook.ok", "url": url, "outcome": outcome, "hint": "in words"}
        zalo.say("setWebhook", {"ok": True, "result": {"url": url, "verification": verification}})
        await hook.register("https://loa.example.vn")
    assert [text for text in caplog.messages if text.startswith("Zalo")] == [
        "Zalo does not reach the webhook: webhook.http.403",
        "Zalo does not reach the webhook: webhook.err.tls",
        "Zalo does not reach the webhook: unknown",
    ]
    zalo.say("setWebhook", refusal(426))
    with pytest.raises(SendError) as caught:
        await hook.register("https://loa.example.vn")
    assert (caught.value.kind, caught.value.reason) == (SendErrorKind.EXHAUSTED, "daily_limit")


def test_a_secret_that_zalo_would_refuse_is_said_at_the_start() -> None:
    channel = ZaloBotChannel(token="1:a", base_url="http://127.0.0.1:9")
    with pytest.raises(SettingsError, match=r"LOATRE_WEBHOOK_SECRET: .* at least 8") as caught:
        Webhook(channel, Safe(), secret="bi-mat1")
    assert "bi-mat1" not in str(caught.value)
