"""The engines: settings that really hold, one writer with turns in front, no lost update, and a reader that cannot write."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, event, func, insert, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from outreach.messaging import AccountId, Address
from outreach.pacing import NEVER_HELD
from outreach.transaction import IN_TRANSACTION, check_outside_transaction, shielded
from storage import tables as t
from storage.database import Database, WriterLock, sqlite_version
from storage.session import Session
from storage.types import Keyring
from tests.conftest import NOW

COUNTER = Table("counter", MetaData(), Column("id", Integer, primary_key=True), Column("value", Integer))


@pytest.fixture
async def counter(database: Database) -> Table:
    async with database.write() as tx:
        await tx.connection.run_sync(COUNTER.metadata.create_all)
        await tx.connection.execute(insert(COUNTER).values(id=1, value=0))
    return COUNTER


async def add_one(database: Database, *, bulk: bool = False) -> None:
    """Read, think, write: the shape in which an update gets lost."""
    async with database.write(bulk=bulk) as tx:
        chosen = select(COUNTER.c.value).where(COUNTER.c.id == 1)
        if not database.is_sqlite:
            chosen = chosen.with_for_update()
        value = (await tx.connection.execute(chosen)).scalar_one()
        await asyncio.sleep(0)
        await tx.connection.execute(update(COUNTER).where(COUNTER.c.id == 1).values(value=value + 1))


async def value_of(database: Database) -> int:
    async with database.read() as tx:
        return int((await tx.connection.execute(select(COUNTER.c.value))).scalar_one())


async def pragmas(connection: AsyncConnection) -> dict[str, int | str]:
    names = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout", "secure_delete", "temp_store", "query_only")
    return {name: (await connection.exec_driver_sql(f"PRAGMA {name}")).scalar_one() for name in names}


async def test_the_settings_really_hold_on_every_connection(sqlite_url: str, keyring: Keyring) -> None:
    database = Database(sqlite_url, keyring=keyring)
    wanted = {
        "journal_mode": "wal",
        "synchronous": 2,  # FULL: what was committed survives a loss of power
        "foreign_keys": 1,
        "busy_timeout": 10000,
        "secure_delete": 1,
        "temp_store": 2,  # MEMORY
    }
    async with database.write() as tx:
        assert await pragmas(tx.connection) == {**wanted, "query_only": 0}
        assert (await tx.connection.exec_driver_sql("PRAGMA journal_size_limit")).scalar_one() == 67108864
    async with database.read() as one, database.read() as two, database.read() as three, database.read() as four:
        for tx in (one, two, three, four):
            assert await pragmas(tx.connection) == {**wanted, "query_only": 1}
        assert (await sqlite_version(one.connection)).startswith("3.")
    await database.close()


async def test_the_reader_cannot_write(database: Database, counter: Table) -> None:
    with pytest.raises(DBAPIError, match=r"readonly|read-only"):
        async with database.read() as tx:
            await tx.connection.execute(update(counter).values(value=7))
    assert await value_of(database) == 0


async def test_the_reader_sees_one_moment(database: Database, counter: Table) -> None:
    async with database.read() as tx:
        first = (await tx.connection.execute(select(counter.c.value))).scalar_one()
        await asyncio.create_task(_outside(add_one(database)))
        second = (await tx.connection.execute(select(counter.c.value))).scalar_one()
    assert (first, second, await value_of(database)) == (0, 0, 1)


async def _outside(work: Awaitable[None]) -> None:
    """In a task of its own, which has no transaction open."""
    await work


async def test_no_update_is_lost(database: Database, counter: Table) -> None:
    await asyncio.gather(*(add_one(database, bulk=number % 3 == 0) for number in range(60)))
    assert await value_of(database) == 60


async def test_no_update_is_lost_between_two_processes(
    database: Database, counter: Table, url: str, keyring: Keyring
) -> None:
    """The other one has a lock of its own, so only the engine keeps the two apart."""
    other = Database(url, keyring=keyring)
    await asyncio.gather(*(add_one(one) for _ in range(25) for one in (database, other)))
    await other.close()
    assert await value_of(database) == 50


async def test_what_fails_leaves_nothing_and_frees_the_writer(database: Database, counter: Table) -> None:
    async def fails() -> None:
        async with database.write() as tx:
            await tx.connection.execute(update(counter).values(value=7))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fails()
    await add_one(database)
    assert await value_of(database) == 1


async def test_cancelled_while_waiting_the_writer_goes_on(database: Database, counter: Table) -> None:
    async with database.write():
        waiting = [asyncio.create_task(add_one(database)) for _ in range(3)] if database.is_sqlite else []
        await asyncio.sleep(0.01)
        for task in waiting[:2]:
            task.cancel()
    results = await asyncio.gather(*waiting, return_exceptions=True)
    assert [isinstance(result, asyncio.CancelledError) for result in results] == [True, True, False][: len(waiting)]
    await add_one(database)
    assert await value_of(database) == 1 + len(waiting[2:])


@pytest.mark.parametrize("steps", [1, 2, 3, 5, 8, 13])
async def test_a_shielded_transaction_ends_whatever_is_cancelled(
    database: Database, counter: Table, steps: int
) -> None:
    task = asyncio.create_task(_outside(shielded(add_one(database))))
    for _ in range(steps):
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await value_of(database) == 1


async def test_shielded_gives_the_result_or_the_error() -> None:
    async def fine() -> int:
        await asyncio.sleep(0)
        return 7

    async def broken() -> int:
        raise ZeroDivisionError

    assert await shielded(fine()) == 7
    with pytest.raises(ZeroDivisionError):
        await shielded(broken())


async def test_a_network_call_inside_a_transaction_is_refused(database: Database) -> None:
    check_outside_transaction()
    for open_one in (database.write, database.read):
        async with open_one():
            assert IN_TRANSACTION.get()
            with pytest.raises(RuntimeError, match="network call inside"):
                check_outside_transaction()
        check_outside_transaction()


async def test_turns_pass_bulk_and_every_ninth_step_is_bulk() -> None:
    lock = WriterLock()
    order: list[str] = []
    await lock.acquire(bulk=False)

    async def step(name: str) -> None:
        await lock.acquire(bulk=name == "bulk")
        order.append(name)
        lock.release()

    tasks = [asyncio.create_task(step(name)) for name in ["bulk"] * 2 + ["turn"] * 20]
    await asyncio.sleep(0)
    lock.release()
    await asyncio.gather(*tasks)
    assert order == ["turn"] * 8 + ["bulk"] + ["turn"] * 8 + ["bulk"] + ["turn"] * 4
    await asyncio.wait_for(lock.acquire(bulk=True), 1)  # free again
    lock.release()


async def test_what_people_wrote_stands_in_no_error(database: Database, account_id: AccountId) -> None:
    address = Address(account_id=AccountId(account_id + 10**6), external_id="0912345678")
    with pytest.raises(IntegrityError) as caught:
        async with database.write() as tx:
            await tx.contacts.create(address, source="src", at=NOW)
    assert "0912345678" not in str(caught.value)


async def test_a_turn_takes_few_statements(
    database: Database, account_id: AccountId, units: Callable[..., object]
) -> None:
    """First sight, who is it, and closing: what every turn does before its handler."""
    statements: list[str] = []
    engine: AsyncEngine = database.write_engine
    event.listen(engine.sync_engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    async with database.write() as tx:
        address = Address(account_id=account_id, external_id="5")
        assert await tx.contacts.first_sight(address, update_id="1", at=NOW)
        await tx.contacts.known(address)
    work = [one for one in statements if not one.startswith("BEGIN") and "pg_advisory" not in one]
    assert len(work) == 2, statements


async def test_the_log_is_emptied_on_request(sqlite_url: str, keyring: Keyring, tmp_path: Path) -> None:
    database = Database(sqlite_url, keyring=keyring)
    async with database.write() as tx:
        await tx.contacts.create(Address(account_id=AccountId(1), external_id="5"), source="", at=NOW)
    log = tmp_path / "loatre.db-wal"
    assert log.stat().st_size > 0
    await database.truncate_wal()
    assert log.stat().st_size == 0
    await database.close()


async def test_a_bulk_transaction_in_one_hop_commits_as_a_whole_or_not_at_all(database: Database) -> None:
    counted = select(func.count()).select_from(t.lease)

    async def take(tx: Session, *, name: str, fails: bool = False) -> int:
        assert IN_TRANSACTION.get()
        assert await tx.leases.take(name, holder="test", seen=NEVER_HELD)
        if fails:
            raise KeyError(name)
        return int((await tx.connection.execute(counted)).scalar_one())

    assert await database.in_bulk(partial(take, name="first")) == 1
    with pytest.raises(KeyError):
        await database.in_bulk(partial(take, name="second", fails=True))
    found = await asyncio.gather(*(database.in_bulk(partial(take, name=str(number))) for number in range(3)))
    assert all(2 <= count <= 4 for count in found), "several at a time on PostgreSQL"
    async with database.write() as tx:
        assert (await tx.connection.execute(counted)).scalar_one() == 4
    assert not IN_TRANSACTION.get()


async def test_a_transaction_in_one_hop_waits_for_nothing_else(sqlite_url: str, keyring: Keyring) -> None:
    async def idles(tx: Session) -> None:
        await tx.leases.take("lost", holder="test", seen=NEVER_HELD)
        await asyncio.sleep(0)

    database = Database(sqlite_url, keyring=keyring)
    with pytest.raises(RuntimeError, match="something else than the database"):
        await database.in_bulk(idles)
    async with database.read() as tx:
        assert await tx.leases.read("lost") == NEVER_HELD
    await database.close()
