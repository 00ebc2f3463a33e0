"""The transport: what it may tell apart is told apart, against servers that misbehave on a real socket."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator

import aiohttp
import pytest
from telegram.error import Forbidden, InvalidToken, NetworkError, RetryAfter, TelegramError, TimedOut

from bot.channels.telegram.adapter import TelegramChannel
from bot.channels.telegram.transport import (
    AiohttpRequest,
    GatewayError,
    NotSentError,
    ProviderError,
    TooLargeError,
)
from outreach.messaging import Reply
from simulator.client import Client
from tests.bot.channels.telegram.conftest import Answer, Serve


@pytest.fixture
async def request_() -> AsyncIterator[AiohttpRequest]:
    async with AiohttpRequest(connections=1, read_timeout=0.3, connect_timeout=0.3, pool_timeout=0.0) as opened:
        yield opened


def saying(status: str, body: bytes, *, length: int | None = None) -> Answer:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(f"HTTP/1.1 {status}\r\nContent-Length: {len(body) if length is None else length}\r\n\r\n".encode())
        writer.write(body)
        await writer.drain()

    return answer


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    await asyncio.sleep(60)


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        ("502 Bad Gateway", b"<html>", GatewayError),
        ("500 Oh", b'{"ok":false,"error_code":500,"description":"Internal Server Error"}', ProviderError),
        ("413 Large", b'{"ok":false,"error_code":413,"description":"Request Entity Too Large"}', ProviderError),
        ("403 No", b'{"ok":false,"error_code":403,"description":"Forbidden: user is deactivated"}', Forbidden),
        ("403 No", b"<html>a proxy says no</html>", GatewayError),
        ("404 No", b"<html>another server</html>", GatewayError),
        ("404 No", b'{"ok":false,"error_code":404,"description":"Not Found"}', InvalidToken),
        ("302 Found", b"", GatewayError),
        ("429 Slow", b'{"ok":false,"error_code":429,"description":"x","parameters":{"retry_after":9}}', RetryAfter),
        ("429 Slow", b'{"ok":false,"error_code":429,"description":"x"}', RetryAfter),
        ("200 OK", b"\x1f\x8b no JSON", TelegramError),
        ("200 OK", b"[]", TelegramError),
        ("200 OK", b'{"ok":true}', TelegramError),
        ("200 OK", b"", TelegramError),
    ],
)
async def test_answers(
    serve: Serve, request_: AiohttpRequest, status: str, body: bytes, error: type[TelegramError]
) -> None:
    address = await serve(saying(status, body))
    with pytest.raises(TelegramError) as caught:
        await request_.post(f"{address}/bot1:x/sendMessage")
    assert type(caught.value) is error


async def test_an_answer_that_breaks_off(serve: Serve, request_: AiohttpRequest) -> None:
    address = await serve(saying("200 OK", b'{"ok":', length=100))
    with pytest.raises(NetworkError) as caught:
        await request_.post(address)
    assert type(caught.value) is NetworkError


async def test_an_answer_that_does_not_come(serve: Serve, request_: AiohttpRequest) -> None:
    address = await serve(silent)
    with pytest.raises(TimedOut):
        await request_.post(address)
    begun = time.monotonic()
    with pytest.raises(TimedOut):
        await request_.post(address, read_timeout=0.05)
    assert time.monotonic() - begun < 0.25


async def test_a_full_pool_sends_nothing(serve: Serve) -> None:
    connections = 0

    async def counting(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        await silent(reader, writer)

    address = await serve(counting)
    async with AiohttpRequest(connections=1, read_timeout=5, connect_timeout=0.1, pool_timeout=0.1) as pool:
        first = asyncio.create_task(pool.post(address))
        await asyncio.sleep(0.05)
        with pytest.raises(NotSentError):
            await pool.post(address)
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
    assert connections == 1


async def test_nobody_listens(request_: AiohttpRequest) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(NotSentError):
            await request_.post(f"http://127.0.0.1:{taken.getsockname()[1]}")
    with pytest.raises(NotSentError):
        await request_.post("http://")


async def test_a_name_that_does_not_exist(request_: AiohttpRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*asked: object, **more: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(NotSentError):
        await request_.post("http://telegram.invalid")


async def test_the_proxy_carries_it(address: str, serve: Serve, simulator: Client, person: int) -> None:
    """An HTTP proxy gets the whole address in the first line; here it answers itself."""
    lines: list[bytes] = []

    async def proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lines.append(await reader.readline())
        writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 25\r\n\r\n{"ok":true,"result":true}')
        await writer.drain()

    through = await serve(proxy)
    async with AiohttpRequest(proxy=through) as request:
        assert await request.post("http://telegram.invalid/bot1:x/deleteWebhook") is True
    assert lines == [b"POST http://telegram.invalid/bot1:x/deleteWebhook HTTP/1.1\r\n"]


async def test_a_dead_proxy_sends_nothing() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        async with AiohttpRequest(proxy=f"http://127.0.0.1:{taken.getsockname()[1]}") as request:
            with pytest.raises(NotSentError):
                await request.post("http://telegram.invalid/bot1:x/getUpdates")


async def test_a_download_stops_at_its_limit(serve: Serve, request_: AiohttpRequest) -> None:
    told = await serve(saying("200 OK", b"x" * 100))
    assert await request_.fetch(told, max_bytes=100) == b"x" * 100
    with pytest.raises(TooLargeError, match="length"):
        await request_.fetch(told, max_bytes=99)

    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
        while not writer.is_closing():
            writer.write(b"x" * 10_000)
            await writer.drain()

    with pytest.raises(TooLargeError, match="body"):
        await request_.fetch(await serve(endless), max_bytes=200_000)
    gone = await serve(saying("404 No", b'{"ok":false,"error_code":404,"description":"Not Found"}'))
    with pytest.raises(ProviderError):
        await request_.fetch(gone, max_bytes=1)


async def test_small_packets_leave_at_once(channel: TelegramChannel, person: int) -> None:
    await channel.send(str(person), Reply(text="a"))
    session = channel._request._session
    assert isinstance(session, aiohttp.ClientSession)
    connector = session.connector
    assert isinstance(connector, aiohttp.TCPConnector)
    kept = [place for places in connector._conns.values() for place in places]
    assert len(kept) == 1
    transport = kept[0][0].transport
    assert transport is not None
    used = transport.get_extra_info("socket")
    assert used.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 1


async def test_a_closed_transport_sends_nothing() -> None:
    request = AiohttpRequest()
    with pytest.raises(NotSentError, match="closed"):
        await request.post("http://127.0.0.1:1")
    await request.shutdown()
