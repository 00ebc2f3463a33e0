"""The webhook: 200 only for what is committed, nothing for strangers, never a trace of what went wrong."""

import asyncio
import json
import logging
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest
from starlette.applications import Starlette

from bot.channels.telegram.adapter import TelegramChannel
from bot.channels.telegram.webhook import MOST_BYTES, SECRET_HEADER, Webhook
from bot.web import create_web
from outreach.messaging import Incoming
from simulator.client import Client

SECRET = "bi-mat_1"
LATER = datetime(2031, 1, 2, 3, 4, tzinfo=UTC)
Until = Callable[[Callable[[], bool]], Awaitable[None]]
Post = Callable[..., Awaitable[tuple[int, str, str]]]


def update(update_id: int, text: str, person: int = 5) -> dict[str, Any]:
    sender = {"id": person, "is_bot": False, "first_name": "An"}
    chat = {"id": person, "type": "private"}
    return {
        "update_id": update_id,
        "message": {"message_id": 1, "from": sender, "chat": chat, "date": 1_790_000_000, "text": text},
    }


class Turns:
    """`committed` has the texts; `latest` is the last one whole."""

    latest: Incoming

    def __init__(self) -> None:
        self.committed: list[str] = []
        self.calls = 0
        self.hold: asyncio.Event | None = None
        self.failures = 0

    async def __call__(self, incoming: Incoming) -> None:
        self.calls += 1
        if self.hold is not None:
            await self.hold.wait()
        if self.failures:
            self.failures -= 1
            raise RuntimeError(incoming.text)
        self.committed.append(incoming.text)
        self.latest = incoming


@pytest.fixture
def turns() -> Turns:
    return Turns()


@pytest.fixture
async def hook(
    channel: TelegramChannel, turns: Turns, web: Callable[[Starlette], Awaitable[str]]
) -> AsyncIterator[tuple[Webhook, str]]:
    async def ready() -> dict[str, str]:
        return {}

    made = Webhook(channel, turns, secret=SECRET)
    yield made, await web(create_web(routes=[made.route], readiness=ready))
    await made.stop()


@pytest.fixture
async def post(hook: tuple[Webhook, str]) -> AsyncIterator[Post]:
    """POST to the webhook; gives status, Retry-After and body."""
    async with aiohttp.ClientSession() as session:

        async def send(body: Any, *, secret: str | None = SECRET, method: str = "POST") -> tuple[int, str, str]:
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
            headers = {} if secret is None else {SECRET_HEADER: secret}
            async with session.request(method, f"{hook[1]}/telegram", data=data, headers=headers) as answer:
                return answer.status, answer.headers.get("Retry-After", ""), await answer.text()

        yield send


async def test_a_tap_is_dated_by_the_clock_of_the_channel(channel: TelegramChannel, post: Post, turns: Turns) -> None:
    channel.clock = lambda: LATER
    sender = {"id": 5, "is_bot": False, "first_name": "An"}
    tap = {"id": "1", "from": sender, "chat_instance": "1", "data": "x"}
    assert (await post({"update_id": 3, "callback_query": tap}))[0] == 200
    assert turns.latest.sent_at == LATER


async def test_telegram_delivers(
    *, hook: tuple[Webhook, str], turns: Turns, simulator: Client, person: int, until: Until
) -> None:
    await simulator.order(f"people/{person}/text", {"text": "trước"})
    await hook[0].register(hook[1] + "/")
    await simulator.order(f"people/{person}/text", {"text": "sau"})
    await until(lambda: turns.committed == ["trước", "sau"])
    info = await simulator.call("getWebhookInfo")
    assert info["url"] == f"{hook[1]}/telegram"
    assert info["allowed_updates"] == ["message", "edited_message", "callback_query", "my_chat_member"]
    assert "last_error_message" not in info
    await simulator.call("deleteWebhook")


async def test_a_turn_that_fails_is_delivered_again(
    *,
    hook: tuple[Webhook, str],
    turns: Turns,
    simulator: Client,
    person: int,
    until: Until,
    caplog: pytest.LogCaptureFixture,
) -> None:
    turns.failures = 1
    await hook[0].register(hook[1])
    await simulator.order(f"people/{person}/text", {"text": "một"})
    await until(lambda: turns.committed == ["một"])
    assert turns.calls == 2
    assert "an update could not be handled: RuntimeError" in caplog.messages
    await simulator.call("deleteWebhook")


async def test_committed_before_200(post: Post, turns: Turns) -> None:
    assert await post(update(1, "một")) == (200, "", "")
    assert turns.committed == ["một"]


async def test_a_slow_turn_goes_on_and_is_joined(post: Post, turns: Turns, until: Until) -> None:
    turns.hold = asyncio.Event()
    assert await post(update(1, "chậm")) == (503, "2", "")
    again = asyncio.ensure_future(post(update(1, "chậm")))
    await asyncio.sleep(0.1)
    turns.hold.set()
    assert (await again)[0] == 200
    assert (turns.calls, turns.committed) == (1, ["chậm"])


async def test_a_caller_that_hangs_up_does_not_stop_the_turn(
    hook: tuple[Webhook, str], turns: Turns, until: Until
) -> None:
    turns.hold = asyncio.Event()
    place = urlsplit(hook[1])
    body = json.dumps(update(1, "một")).encode()
    head = f"POST /telegram HTTP/1.1\r\nHost: a\r\n{SECRET_HEADER}: {SECRET}\r\nContent-Length: {len(body)}\r\n\r\n"
    _, writer = await asyncio.open_connection(place.hostname, place.port)
    writer.write(head.encode() + body)
    await until(lambda: turns.calls == 1)
    writer.transport.abort()
    await asyncio.sleep(0.1)
    turns.hold.set()
    await until(lambda: turns.committed == ["một"])


async def test_a_stop_waits_for_turns(post: Post, hook: tuple[Webhook, str], turns: Turns) -> None:
    turns.hold = asyncio.Event()
    assert (await post(update(1, "chậm")))[0] == 503
    stopping = asyncio.create_task(hook[0].stop())
    await asyncio.sleep(0.05)
    assert not stopping.done()
    turns.hold.set()
    await stopping
    assert turns.committed == ["chậm"]


async def test_strangers_get_nothing(post: Post, turns: Turns) -> None:
    for secret in (None, "", "bi-mat_2", SECRET + "x", "bí mật"):
        assert await post(update(1, "một"), secret=secret) == (403, "", "")
    assert (await post(b"", method="GET"))[0] == 405
    assert (await post(b"", method="PUT"))[0] == 405
    assert turns.calls == 0


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"\xff\xfe", 400),
        (b"{", 400),
        (b"[]", 400),
        (b"[" * 100_000, 400),
        (b'"x"', 400),
        (b'{"update_id":"1"}', 400),
        (b'{"message":{}}', 400),
        (b'{"update_id":1}', 200),
        (b'{"update_id":1,"hologram":{}}', 200),
        (b'{"update_id":1,"message":{}}', 200),
        (b'{"update_id":1,"message":3}', 200),
        (b" " * (MOST_BYTES + 1), 413),
    ],
)
async def test_rubbish(post: Post, turns: Turns, body: bytes, status: int, caplog: pytest.LogCaptureFixture) -> None:
    assert await post(body) == (status, "", "")
    assert turns.calls == 0
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR or record.exc_info]


async def test_a_body_that_breaks_off(
    hook: tuple[Webhook, str], turns: Turns, caplog: pytest.LogCaptureFixture
) -> None:
    place = urlsplit(hook[1])
    _, writer = await asyncio.open_connection(place.hostname, place.port)
    writer.write(
        f"POST /telegram HTTP/1.1\r\nHost: a\r\n{SECRET_HEADER}: {SECRET}\r\nContent-Length: 99\r\n\r\n{{".encode()
    )
    await writer.drain()
    await asyncio.sleep(0.1)
    writer.get_extra_info("socket").shutdown(socket.SHUT_RDWR)
    writer.close()
    await asyncio.sleep(0.1)
    assert turns.calls == 0
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]
