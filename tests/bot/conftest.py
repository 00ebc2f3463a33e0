"""A pretend Telegram on a real socket, and our channel in front of it."""

import asyncio
import io
import logging
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import pytest
import uvicorn
from PIL import Image
from starlette.applications import Starlette

from bot.channels.telegram.adapter import TelegramChannel
from outreach.messaging import AccountId
from simulator.client import Client, connect
from simulator.config import DEFAULT_TOKEN, SimConfig
from simulator.serve import running


@pytest.fixture
def address() -> Iterator[str]:
    with running(SimConfig(limits=False)) as found:
        yield found


@pytest.fixture
async def simulator(address: str) -> AsyncIterator[Client]:
    async with connect(address) as client:
        yield client


@pytest.fixture
async def channel(address: str) -> AsyncIterator[TelegramChannel]:
    opened = TelegramChannel(token=DEFAULT_TOKEN, base_url=address, account_id=AccountId(7))
    await opened.start()
    yield opened
    await opened.stop()


@pytest.fixture
async def person(simulator: Client) -> int:
    return await simulator.person()


@pytest.fixture
def until() -> Callable[[Callable[[], bool]], Awaitable[None]]:
    """Wait until something is so; fails after 10 s."""

    async def wait(so: Callable[[], bool]) -> None:
        async with asyncio.timeout(10):
            while not so():
                await asyncio.sleep(0.005)

    return wait


@pytest.fixture
async def web() -> AsyncIterator[Callable[[Starlette], Awaitable[str]]]:
    """Serve an app on a free port, as the program does; gives its address."""
    running_servers: list[tuple[uvicorn.Server, asyncio.Task[None]]] = []

    async def serve(app: Starlette) -> str:
        taken = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        taken.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, lifespan="off"))
        task = asyncio.create_task(server.serve(sockets=[taken]))
        running_servers.append((server, task))
        while not server.started:
            await asyncio.sleep(0.005)
        return f"http://127.0.0.1:{taken.getsockname()[1]}"

    yield serve
    for server, _ in running_servers:
        server.should_exit = True
    for _, task in running_servers:
        await task


@pytest.fixture
def picture() -> Callable[[int, int], bytes]:
    """A PNG of that width and height."""

    def draw(width: int, height: int) -> bytes:
        drawn = io.BytesIO()
        Image.new("RGB", (width, height), (200, 30, 30)).save(drawn, "PNG")
        return drawn.getvalue()

    return draw


@pytest.fixture(autouse=True)
def nothing_leaks(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """No log line of ours may hold the token. By now `caplog.text` is that of the teardown, and holds nothing."""
    caplog.set_level(logging.DEBUG, logger="bot")
    yield
    records = [*caplog.get_records("setup"), *caplog.get_records("call")]
    assert not [record for record in records if DEFAULT_TOKEN in logging.Formatter().format(record)]
