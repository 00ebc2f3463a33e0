"""What was acknowledged is never lost, and what cannot be kept is not acknowledged."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from bot.channels.durable import Durable
from outreach.messaging import AccountId, Address, ChannelName, Incoming, IncomingKind
from storage.database import Database
from tests.conftest import NOW, TestClock

Until = Callable[[Callable[[], bool]], Awaitable[None]]


class Handler:
    """Turns as a router has them: they may be slow, and they may fail."""

    def __init__(self) -> None:
        self.began: list[str] = []
        self.committed: list[str] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.fails = False

    async def __call__(self, incoming: Incoming) -> None:
        self.began.append(incoming.update_id)
        await self.gate.wait()
        if self.fails:
            raise OSError("disk full")
        self.committed.append(incoming.update_id)


@pytest.fixture
def handler() -> Handler:
    return Handler()


@pytest.fixture
def one(account_id: AccountId) -> Incoming:
    return Incoming(
        update_id="m1",
        address=Address(account_id=account_id, external_id="2000000000000000001"),
        channel=ChannelName.ZALO_OA,
        kind=IncomingKind.TEXT,
        sent_at=NOW,
        text="Xin chào",
    )


def durable(database: Database, handler: Handler, clock: TestClock) -> Durable:
    return Durable(database, handler, patience=0.05, clock=clock)


async def kept(database: Database, clock: TestClock) -> list[str]:
    clock.advance(microseconds=1)
    async with database.read() as tx:
        return [row.incoming.update_id for row in await tx.inbox.waiting(before=clock(), limit=10)]


@asynccontextmanager
async def busy(database: Database) -> AsyncIterator[None]:
    """Somebody holds the one writer."""
    async with database.write():
        yield


async def test_a_quick_turn_is_written_down_nowhere(
    database: Database, handler: Handler, clock: TestClock, one: Incoming
) -> None:
    taking = durable(database, handler, clock)
    async with busy(database):  # nothing but the turn is waited for
        assert await taking.take(one)
    assert handler.committed == ["m1"]
    assert await kept(database, clock) == []


async def test_a_slow_turn_is_written_down_and_goes_on(
    database: Database, handler: Handler, clock: TestClock, one: Incoming, until: Until
) -> None:
    handler.gate.clear()
    taking = durable(database, handler, clock)
    assert await taking.take(one)
    assert await kept(database, clock) == ["m1"]
    assert await taking.take(one), "the second delivery joins the first"
    await taking.replay()
    assert handler.began == ["m1"]
    handler.gate.set()
    await taking.stop()
    assert handler.committed == ["m1"]
    assert await kept(database, clock) == []


async def test_neither_committed_nor_written_down_is_not_taken(
    database: Database, handler: Handler, clock: TestClock, one: Incoming
) -> None:
    handler.gate.clear()
    taking = durable(database, handler, clock)
    began = asyncio.get_running_loop().time()
    async with busy(database):
        assert not await taking.take(one)
    assert asyncio.get_running_loop().time() - began < 1.0
    handler.gate.set()
    await taking.stop()
    assert handler.committed == ["m1"], "it is handled all the same, and the next delivery finds it done"
    assert await kept(database, clock) == []


async def test_after_a_crash_it_is_handled_again(
    database: Database, handler: Handler, clock: TestClock, one: Incoming
) -> None:
    async with database.write() as tx:
        for incoming in (one, replace(one, update_id="m2")):
            await tx.inbox.add(incoming, at=clock())
    await durable(database, handler, clock).replay(at_start=True)
    assert handler.committed == ["m1", "m2"]
    assert await kept(database, clock) == []


async def test_what_a_turn_may_have_in_hand_elsewhere_is_left_for_a_minute(
    database: Database, handler: Handler, clock: TestClock, one: Incoming
) -> None:
    async with database.write() as tx:
        await tx.inbox.add(one, at=clock())
    taking = durable(database, handler, clock)
    await taking.replay()
    assert handler.began == []
    clock.advance(seconds=61)
    await taking.replay()
    assert handler.committed == ["m1"]


async def test_a_turn_that_fails_is_tried_ever_more_seldom_and_given_up_after_a_day(
    database: Database, handler: Handler, clock: TestClock, one: Incoming, caplog: pytest.LogCaptureFixture
) -> None:
    handler.fails = True
    taking = durable(database, handler, clock)
    assert await taking.take(one), "it lies on the disk"
    for _ in range(120):
        clock.advance(minutes=1)
        await taking.replay()
    assert 5 <= len(handler.began) <= 10
    assert await kept(database, clock) == ["m1"]
    clock.advance(days=1)
    await taking.replay()
    assert await kept(database, clock) == []
    assert "1 messages could not be handled for a day" in caplog.text
    assert "Xin chào" not in caplog.text


async def test_more_than_one_page_of_them(
    database: Database, handler: Handler, clock: TestClock, one: Incoming
) -> None:
    names = [f"m{n}" for n in range(120)]
    async with database.write() as tx:
        for name in names:
            await tx.inbox.add(replace(one, update_id=name), at=clock())
    await durable(database, handler, clock).replay(at_start=True)
    assert handler.committed == names
    assert await kept(database, clock) == []
