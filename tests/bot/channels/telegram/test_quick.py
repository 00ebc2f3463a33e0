"""The short way of campaign messages: the same request, the same outcome for every answer, and connections that are kept."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from telegram.error import NetworkError, TimedOut

from bot.channels.telegram.adapter import TelegramChannel
from bot.channels.telegram.straight import StraightPosts
from bot.channels.telegram.transport import NotSentError
from outreach.messaging import Button, Reply, SendError
from outreach.pacing import IN_BULK
from outreach.transaction import IN_TRANSACTION
from tests.bot.channels.telegram.conftest import Serve

ME = b'{"ok":true,"result":{"id":7,"is_bot":true,"first_name":"Loa","username":"LoaBot"}}'
MESSAGE = b'{"ok":true,"result":{"message_id":81,"date":1,"chat":{"id":5,"type":"private"},"text":"x"}}'
TURNED = b'{"result": {"date": 1, "chat": {"id": 5, "type": "private"}, "message_id": 81}, "ok": true}'
REPLY = Reply(
    text="<b>Tin</b> mới &amp; hay",
    buttons=((Button(label="Đã đọc", payload="cam:read:1"), Button(label="Xem", url="https://a.vn/x")),),
)


def said(status: str, body: bytes, *, length: int | None = None) -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body) if length is None else length}\r\n\r\n"
    return head.encode() + body


def refused(code: int, description: str, **parameters: int) -> bytes:
    body = {"ok": False, "error_code": code, "description": description, "parameters": parameters}
    return said(f"{code} No", json.dumps(body).encode())


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n%x;a=b\r\n%s\r\n0\r\n%s\r\n"
ANSWERS = {
    "usual": (said("200 OK", MESSAGE), "81"),
    "other order": (said("200 OK", TURNED), "81"),
    "chunks": (CHUNKED % (9, MESSAGE[:9], len(MESSAGE) - 9, MESSAGE[9:], b""), "81"),
    "chunks and a trailer": (CHUNKED % (9, MESSAGE[:9], len(MESSAGE) - 9, MESSAGE[9:], b"X-A: b\r\n"), "81"),
    "until the end": (b"HTTP/1.1 200 OK\r\n\r\n" + MESSAGE, "81"),
    "old": (said("200 OK", MESSAGE).replace(b"1.1", b"1.0", 1), "81"),
    "no JSON": (said("200 OK", b"\x1f\x8b"), "unknown: garbage"),
    "a list": (said("200 OK", b"[]"), "unknown: garbage"),
    "blocked": (refused(403, "Forbidden: bot was blocked by the user"), "gone: blocked"),
    "no chat": (refused(400, "Bad Request: chat not found"), "gone: chat_not_found"),
    "moved": (refused(400, "Bad Request: group chat was upgraded", migrate_to_chat_id=-100), "moved: migrated"),
    "wrong": (refused(400, "Bad Request: can't parse entities"), "our_fault: cannot_parse"),
    "revoked": (refused(401, "Unauthorized"), "revoked: token_revoked"),
    "not found": (refused(404, "Not Found"), "revoked: token_revoked"),
    "conflict": (refused(409, "Conflict: x"), "refused: conflict"),
    "slow down": (refused(429, "Too Many Requests", retry_after=9), "not_now: retry_after"),
    "its own fault": (refused(500, "Internal Server Error"), "refused: provider_error"),
    "gateway": (said("502 Bad Gateway", b"<html>"), "unknown: gateway"),
    "elsewhere": (said("302 Found", b""), "unknown: gateway"),
    "nothing": (b"", "unknown: connection_lost"),
    "half": (said("200 OK", MESSAGE, length=999), "unknown: connection_lost"),
    "half a chunk": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nabc", "unknown: connection_lost"),
    "no HTTP": (b"SSH-2.0\r\n\r\n", "unknown: connection_lost"),
    "no length": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "unknown: connection_lost"),
}


class Telegram:
    """Knows who the bot is, and says `answer` to everything else, byte by byte if `slowly`."""

    def __init__(self, answer: bytes, *, slowly: bool = False) -> None:
        self.answer, self.slowly = answer, slowly
        self.bodies: list[dict[str, Any]] = []
        self.connections = 0

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        while head := (await reader.readuntil(b"\r\n\r\n")).lower():
            length = head.partition(b"content-length:")[2].split(b"\r\n")[0]
            body = await reader.readexactly(int(length or 0))
            if b"/getme " in head:
                writer.write(said("200 OK", ME))
                continue
            self.bodies.append(json.loads(body))
            for part in [self.answer[at : at + 1] for at in range(len(self.answer))] if self.slowly else [self.answer]:
                writer.write(part)
                await writer.drain()
                await asyncio.sleep(0)
            if b"1.1 200 OK\r\nContent-Length" not in self.answer or b": 999" in self.answer:
                writer.write_eof()
                await reader.read()
                return


@asynccontextmanager
async def opened(address: str) -> AsyncIterator[TelegramChannel]:
    channel = TelegramChannel(token="7:x", base_url=address)
    await channel.start()
    try:
        yield channel
    finally:
        await channel.stop()


async def outcome(channel: TelegramChannel, *, quick: bool, reply: Reply = REPLY) -> tuple[str, float]:
    IN_BULK.set(quick)
    try:
        (ref,) = (await channel.send("5", reply)).refs
    except SendError as error:
        return str(error), error.retry_after
    return ref, 0.0


@pytest.mark.parametrize("name", ANSWERS)
async def test_an_answer_means_the_same_on_both_ways(serve: Serve, name: str) -> None:
    answer, expected = ANSWERS[name]
    telegram = Telegram(answer)
    async with opened(await serve(telegram)) as channel:
        found = await outcome(channel, quick=True)
        assert found[0] == expected
        assert found[1] == (9.0 if name == "slow down" else 0.0)
        assert await outcome(channel, quick=False) == found
    ours, ordinary = telegram.bodies
    as_text = {key: value if isinstance(value, str | int) else json.dumps(value) for key, value in ours.items()}
    assert {key: str(value) for key, value in ordinary.items()} == {key: str(value) for key, value in as_text.items()}


@pytest.mark.parametrize("name", ["usual", "chunks and a trailer", "until the end", "slow down"])
async def test_an_answer_may_come_byte_by_byte(serve: Serve, name: str) -> None:
    answer, expected = ANSWERS[name]
    async with opened(await serve(Telegram(answer, slowly=True))) as channel:
        assert (await outcome(channel, quick=True))[0] == expected


async def test_only_plain_campaign_messages_go_this_way(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(await serve(Telegram(said("200 OK", MESSAGE)))) as channel:
        quick = channel._quick
        assert quick
        assert quick.takes(REPLY)
        assert not quick.takes(Reply(text="Tin", keyboard=(("Tin mới",),)))
        assert not quick.takes(Reply(text="Tin", edits="4"))
        assert not quick.takes(Reply(text="t" * 4097))
        monkeypatch.setattr(channel, "_quick", None)
        assert (await outcome(channel, quick=True))[0] == "81"
        assert TelegramChannel(token="7:x", proxy="http://127.0.0.1:1")._quick is None


async def test_no_message_leaves_inside_a_transaction(serve: Serve) -> None:
    telegram = Telegram(said("200 OK", MESSAGE))
    async with opened(await serve(telegram)) as channel:
        IN_TRANSACTION.set(True)
        with pytest.raises(RuntimeError, match="inside a database transaction"):
            await outcome(channel, quick=True)
    assert telegram.bodies == []


async def test_what_is_not_urgent_makes_no_sound(serve: Serve) -> None:
    telegram = Telegram(said("200 OK", MESSAGE))
    async with opened(await serve(telegram)) as channel:
        await outcome(channel, quick=True, reply=Reply(text="Tin"))
        await outcome(channel, quick=True, reply=Reply(text="Tin", silent=True))
    assert [body.get("disable_notification") for body in telegram.bodies] == [None, True]


@asynccontextmanager
async def posts_to(address: str) -> AsyncIterator[StraightPosts]:
    posts = StraightPosts(f"{address}/x", read_timeout=0.2, connect_timeout=0.5)
    posts.start()
    try:
        yield posts
    finally:
        posts.stop()


async def test_a_connection_is_kept_as_long_as_it_is_good(serve: Serve) -> None:
    telegram = Telegram(said("200 OK", MESSAGE))
    async with posts_to(await serve(telegram)) as posts:
        for _ in range(3):
            assert await posts.post(b"{}") == (200, MESSAGE)
        assert telegram.connections == 1
        telegram.answer = said("200 OK", MESSAGE) + b"and more"
        await posts.post(b"{}")
        telegram.answer = said("200 OK", MESSAGE).replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n", 1)
        await posts.post(b"{}")
        await posts.post(b"{}")
    assert telegram.connections == 3


async def test_whoever_gives_up_takes_the_connection_along(serve: Serve) -> None:
    """The answer to a request that was given up must not be taken for the answer to the next one."""
    telegram = Telegram(b"")
    telegram.answer = said("200 OK", MESSAGE, length=len(MESSAGE))[:-1]
    async with posts_to(await serve(telegram)) as posts:
        with pytest.raises(TimedOut):
            await posts.post(b"{}")
        waiting = asyncio.create_task(posts.post(b"{}"))
        await asyncio.sleep(0.05)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        telegram.answer = said("200 OK", MESSAGE)
        assert (await posts.post(b"{}"))[0] == 200
    assert telegram.connections == 3


async def test_what_was_not_sent_is_told_apart(serve: Serve) -> None:
    async with posts_to("http://127.0.0.1:9") as posts:
        with pytest.raises(NotSentError):
            await posts.post(b"{}")
    with pytest.raises(NotSentError):
        await posts.post(b"{}")
    async with posts_to(await serve(Telegram(b""))) as posts:
        with pytest.raises(NetworkError) as lost:
            await posts.post(b"{}")
    assert not isinstance(lost.value, NotSentError)
