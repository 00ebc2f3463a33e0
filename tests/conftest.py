"""What every test may use: a migrated database in a file, the pack of Lạng Sơn, a clock to turn, and people to put in."""

import asyncio
import gc
import os
import shutil
import signal
import tempfile
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from pathlib import Path

import hypothesis
import pytest
from pytest_socket import socket_allow_hosts

from content.packs.loader import load_pack
from outreach.campaigns.model import Audience, Campaign, CampaignState, Content
from outreach.contacts.model import Consent, Purpose, Rhythm, Subscription
from outreach.messaging import AccountId, Address, ChannelName, ContactId
from outreach.officers import Officer, Role
from outreach.pack import Pack
from outreach.units import UnitId
from storage.database import Database
from storage.migrate import migrate
from storage.types import Keyring
from storage.units import sync_units

# Monday, 12/10/2026, 10:00 in Vietnam: inside the hours of campaigns, and the beginning of a week.
NOW = datetime(2026, 10, 12, 3, 0, tzinfo=UTC)

hypothesis.settings.register_profile(
    "loatre",
    deadline=None,
    database=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow, hypothesis.HealthCheck.function_scoped_fixture],
)
hypothesis.settings.load_profile("loatre")


_MEMORY = Path("/dev/shm")  # noqa: S108  (where there is such a place; the folder in it is ours alone)
_ROOM = 2 << 30  # bytes


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Databases of tests lie in memory where there is room for them: the code asks the disk to be sure, and nobody waits for it."""
    _take_ctrl_c()
    own = config.option.basetemp is None and not hasattr(config, "workerinput")
    if own and _MEMORY.is_dir() and os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).free > _ROOM:
        config.option.basetemp = tempfile.mkdtemp(prefix="loatre-", dir=_MEMORY)
        config.add_cleanup(partial(shutil.rmtree, config.option.basetemp, ignore_errors=True))


def pytest_runtest_setup() -> None:
    socket_allow_hosts(["127.0.0.1", "::1", "localhost"], allow_unix_socket=True)


class TestClock:
    """Stands still until it is turned."""

    __test__ = False

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **step: float) -> datetime:
        self.now += timedelta(**step)
        return self.now


def _take_ctrl_c() -> None:
    """A shell starts what runs in its background with Ctrl-C ignored, and so would be every program that a test starts and stops."""
    if threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_finish() -> None:
    """Modules stay to the end, and turns make much that does not: to look for rings so often was a tenth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


@pytest.fixture
def clock() -> TestClock:
    return TestClock()


@pytest.fixture(scope="session")
def langson() -> Pack:
    return load_pack("langson")


@pytest.fixture(scope="session")
def keyring() -> Keyring:
    return Keyring("a secret of the tests, long enough to be one")


async def seeded(url: str, *, pack: Pack, keyring: Keyring) -> None:
    """Migrate, and write the units of the pack and one Telegram account."""
    await migrate(url, now=NOW)
    database = Database(url, keyring=keyring)
    async with database.write() as tx:
        await sync_units(tx.connection, pack)
        await tx.contacts.account(channel=ChannelName.TELEGRAM, external_id="1000", name="Loa Tre test")
    await database.truncate_wal()
    await database.close()


@pytest.fixture(scope="session")
def seed(langson: Pack, keyring: Keyring) -> Callable[[str], None]:
    """Make an empty database ready, from outside any event loop."""

    def run(url: str) -> None:
        with ThreadPoolExecutor(1) as pool:
            pool.submit(asyncio.run, seeded(url, pack=langson, keyring=keyring)).result()

    return run


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory, seed: Callable[[str], None]) -> Path:
    """A migrated and seeded SQLite file to copy: much faster than migrating for every test."""
    path = tmp_path_factory.mktemp("template") / "loatre.db"
    seed(f"sqlite+aiosqlite:///{path}")
    return path


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    path = tmp_path / "loatre.db"
    shutil.copyfile(sqlite_template, path)
    return f"sqlite+aiosqlite:///{path}"


@pytest.fixture
async def database(sqlite_url: str, keyring: Keyring) -> AsyncIterator[Database]:
    """Migrated, with the units of Lạng Sơn and one account; on SQLite. tests/storage runs on PostgreSQL as well."""
    opened = Database(sqlite_url, keyring=keyring)
    yield opened
    await opened.close()


@pytest.fixture
async def units(database: Database, langson: Pack) -> dict[str, UnitId]:
    """Code -> id of the province, its communes and "elsewhere"."""
    async with database.write() as tx:
        return await sync_units(tx.connection, langson)


@pytest.fixture
async def account_id(database: Database) -> AccountId:
    async with database.write() as tx:
        return await tx.contacts.account(channel=ChannelName.TELEGRAM, external_id="1000", name="Loa Tre test")


@pytest.fixture
def notices() -> Consent:
    """The consent that subscribing needs."""
    return Consent(
        purpose=Purpose.NOTICES,
        text_version="2026-10",
        text_hash="0" * 64,
        given_at=NOW,
        channel=ChannelName.TELEGRAM,
        message_ref="7",
    )


@pytest.fixture
def person(subscriber: Callable[..., Awaitable[ContactId]]) -> Callable[..., Awaitable[ContactId]]:
    """The same factory by its short name; folders that talk to the simulator call the simulator's person so."""
    return subscriber


@pytest.fixture
def subscriber(
    database: Database, units: dict[str, UnitId], account_id: AccountId, notices: Consent
) -> Callable[..., Awaitable[ContactId]]:
    """A factory of subscribers: `await subscriber(unit="06325", birth_year=2008, external_id="501", …)` gives the contact's id.

    Born 2005, subscribed with consent, in no unit, unless told otherwise; `external_id` counts up from 5001.
    """
    numbers = count(5001)

    async def make(
        *,
        unit: str | None = None,
        birth_year: int | None = 2005,
        external_id: str = "",
        subscription: Subscription = Subscription.ACTIVE,
        consent: bool = True,
        paused_until: datetime | None = None,
        rhythm: Rhythm | None = None,
        muted_topics: tuple[str, ...] | None = None,
        source: str = "",
    ) -> ContactId:
        address = Address(account_id=account_id, external_id=external_id or str(next(numbers)))
        async with database.write() as tx:
            contact_id = await tx.contacts.create(address, source=source, at=NOW)
            await tx.contacts.change(
                contact_id,
                at=NOW,
                subscription=subscription,
                birth_year=birth_year,
                unit_id=units[unit] if unit else None,
                paused_until=paused_until,
                rhythm=rhythm,
                muted_topics=muted_topics,
            )
            if consent:
                await tx.contacts.add_consent(contact_id, address=address, consent=notices)
        return contact_id

    return make


@pytest.fixture
def officer(
    database: Database, units: dict[str, UnitId], subscriber: Callable[..., Awaitable[ContactId]]
) -> Callable[..., Awaitable[Officer]]:
    """A factory of officers: `await officer(Role.OFFICER, unit="06325")`; they have not subscribed to anything."""

    async def make(role: Role = Role.ADMIN, *, unit: str | None = None, external_id: str = "") -> Officer:
        contact_id = await subscriber(
            subscription=Subscription.NONE, consent=False, birth_year=None, external_id=external_id
        )
        async with database.write() as tx:
            unit_id = units[unit] if unit else None
            return await tx.officers.grant(contact_id, role=role, unit_id=unit_id, by=None, at=NOW)

    return make


@pytest.fixture
def plan_136() -> Content:
    """News that counts towards the indicator."""
    return Content(
        title="Lạng Sơn: mỗi năm ít nhất 70% thanh niên được cung cấp thông tin về tài năng trẻ",
        paragraphs=("Đoạn thứ nhất.", "Đoạn thứ hai."),
        document="136/KH-UBND, 10/6/2024",
        source="langson.gov.vn",
        counts=True,
    )


@pytest.fixture
def campaign(
    database: Database, officer: Callable[..., Awaitable[Officer]], plan_136: Content
) -> Callable[..., Awaitable[Campaign]]:
    """A factory of campaigns: a draft, or with `state=CampaignState.RUNNING` one whose audience is frozen and which runs."""
    by: list[Officer] = []

    async def make(
        *, state: CampaignState = CampaignState.DRAFT, audience: Audience | None = None, content: Content = plan_136
    ) -> Campaign:
        if not by:
            by.append(await officer())
        async with database.write() as tx:
            campaign_id = await tx.campaigns.add(
                content=content, audience=audience or Audience(), by=by[0].officer_id, unit_id=None, at=NOW
            )
            if state != CampaignState.DRAFT:
                assert await tx.campaigns.move(campaign_id, state=CampaignState.PREPARING, at=NOW)
            made = await tx.campaigns.get(campaign_id)
            assert made
            if state == CampaignState.RUNNING:
                assert await tx.ledger.freeze_chunk(made, main_period=None, after=0, size=10_000, at=NOW) is None
                await tx.ledger.finish_freezing(campaign_id, at=NOW)
                assert await tx.campaigns.move(campaign_id, state=CampaignState.RUNNING, at=NOW)
                made = await tx.campaigns.get(campaign_id)
                assert made
        return made

    return make
