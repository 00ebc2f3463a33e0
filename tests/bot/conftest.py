"""A pretend Telegram on a real socket, and our channel in front of it."""

import asyncio
import io
import logging
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
import uvicorn
from PIL import Image
from starlette.applications import Starlette

from bot.channels.telegram.adapter import TelegramChannel
from outreach.campaigns.model import Campaign
from outreach.messaging import AccountId, Attachment, AttachmentKind, Media
from simulator.client import Client, connect
from simulator.config import DEFAULT_TOKEN, SimConfig
from simulator.serve import running
from storage.database import Database
from storage.evidence_files import EvidenceFiles
from storage.types import Keyring
from tests.conftest import TestClock


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


@pytest.fixture
def shelved(tmp_path: Path, keyring: Keyring) -> EvidenceFiles:
    """Where the files of campaigns lie."""
    return EvidenceFiles(tmp_path / "media", keyring=keyring)


@pytest.fixture
def put(
    database: Database,
    shelved: EvidenceFiles,
    campaign: Callable[..., Awaitable[Campaign]],
    account_id: AccountId,
    clock: TestClock,
) -> Callable[..., Awaitable[Media]]:
    """A file that has been stored: `await put("anh.png", data)`, `kind=AttachmentKind.FILE` for what is no picture."""

    async def make(name: str, data: bytes, *, kind: AttachmentKind = AttachmentKind.PHOTO) -> Media:
        made = await campaign()
        attachment = Attachment(kind=kind, ref="", unique="")
        content_hash = await shelved.put(data)
        async with database.write() as tx:
            add = partial(tx.media.add, campaign_id=made.campaign_id, account_id=account_id, by=made.created_by)
            media = Media(media_id=await add(attachment, name=name, at=clock()), kind=kind, name=name)
            await tx.media.mark_stored(media, content_hash=content_hash, media_type="")
        return media

    return make


@pytest.fixture(autouse=True)
def nothing_leaks(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """No log line of ours may hold the token. By now `caplog.text` is that of the teardown, and holds nothing."""
    caplog.set_level(logging.DEBUG, logger="bot")
    yield
    records = [*caplog.get_records("setup"), *caplog.get_records("call")]
    assert not [record for record in records if DEFAULT_TOKEN in logging.Formatter().format(record)]
