"""Articles for all followers, on both engines."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from itertools import product

from outreach.broadcasts.model import MOVES, UNDER_WAY, Broadcast, BroadcastFigure, BroadcastState
from outreach.campaigns.model import Content
from outreach.messaging import AccountId
from outreach.officers import Officer
from storage.database import Database
from tests.conftest import NOW

LATER = NOW + timedelta(hours=1)
WAY = (BroadcastState.CREATING, BroadcastState.READY, BroadcastState.SENDING)
BEFORE = {
    BroadcastState.DRAFT: (),
    BroadcastState.CREATING: WAY[:1],
    BroadcastState.READY: WAY[:2],
    BroadcastState.SENDING: WAY,
    BroadcastState.SENT: (*WAY, BroadcastState.SENT),
    BroadcastState.FAILED: (*WAY, BroadcastState.FAILED),
    BroadcastState.CANCELLED: (BroadcastState.CANCELLED,),
}


async def made(
    database: Database, account_id: AccountId, content: Content, by: Officer, state: BroadcastState
) -> Broadcast:
    async with database.write() as tx:
        row = await tx.broadcasts.add(account_id=account_id, content=content, by=by.officer_id, at=NOW)
        for step in BEFORE[state]:
            moved = await tx.broadcasts.move(row.broadcast_id, state=step, at=NOW)
            assert moved
            row = moved
    return row


async def test_a_draft_comes_back_as_it_was_written(
    database: Database, account_id: AccountId, plan_136: Content, officer: Callable[..., Awaitable[Officer]]
) -> None:
    row = await made(database, account_id, plan_136, await officer(), BroadcastState.DRAFT)
    async with database.read() as tx:
        assert await tx.broadcasts.get(row.broadcast_id) == row
    assert (row.content, row.state, row.created_at, row.sent_at) == (plan_136, BroadcastState.DRAFT, NOW, None)


async def test_a_step_goes_where_the_table_of_moves_says_and_nowhere_else(
    database: Database, account_id: AccountId, plan_136: Content, officer: Callable[..., Awaitable[Officer]]
) -> None:
    by = await officer()
    looked_at = 0
    for before, after in product(BroadcastState, MOVES):
        row = await made(database, account_id, plan_136, by, before)
        async with database.write() as tx:
            moved = await tx.broadcasts.move(row.broadcast_id, state=after, at=LATER, reason="why")
        looked_at += 1
        assert (moved is not None) == (before in MOVES[after]), (before, after)
        if moved:
            assert (moved.state, moved.changed_at, moved.reason) == (after, LATER, "why")
            assert moved.sent_at == (LATER if after == BroadcastState.SENT else None)
    assert looked_at == len(BroadcastState) * len(MOVES)


async def test_a_note_holds_in_its_state_only(
    database: Database, account_id: AccountId, plan_136: Content, officer: Callable[..., Awaitable[Officer]]
) -> None:
    row = await made(database, account_id, plan_136, await officer(), BroadcastState.CREATING)
    async with database.write() as tx:
        creating, ready = BroadcastState.CREATING, BroadcastState.READY
        assert await tx.broadcasts.note(row.broadcast_id, state=creating, at=LATER, token="a")
        assert not await tx.broadcasts.note(row.broadcast_id, state=ready, at=LATER, token="b")
        found = await tx.broadcasts.get(row.broadcast_id)
    assert found
    assert found.token == "a"


async def test_what_is_under_way_the_newest_sent_and_the_figure(
    database: Database, account_id: AccountId, plan_136: Content, officer: Callable[..., Awaitable[Officer]]
) -> None:
    by = await officer()
    rows = [await made(database, account_id, plan_136, by, state) for state in BroadcastState]
    again = await made(database, account_id, plan_136, by, BroadcastState.SENT)
    other = AccountId(account_id + 1)
    before, after = NOW - timedelta(seconds=1), NOW + timedelta(seconds=1)
    async with database.write() as tx:
        for row, count in zip([row for row in [*rows, again] if row.sent_at], (900, 1000), strict=True):
            await tx.broadcasts.note(row.broadcast_id, state=row.state, at=NOW, platform_count=count)
        assert [row.state for row in await tx.broadcasts.under_way(account_id)] == list(WAY)
        assert set(WAY) == UNDER_WAY
        assert await tx.broadcasts.under_way(other) == []
        newest = await tx.broadcasts.newest_sent(account_id, since=before)
        assert newest
        assert newest.broadcast_id == again.broadcast_id
        assert await tx.broadcasts.newest_sent(account_id, since=NOW) is None
        assert await tx.broadcasts.newest_sent(other, since=before) is None
        assert await tx.broadcasts.figure(since=NOW, before=after) == BroadcastFigure(count=2, platform_count=1000)
        assert await tx.broadcasts.figure(since=before, before=NOW) == BroadcastFigure(count=0, platform_count=None)


async def test_of_two_ordered_at_one_moment_one_gets_under_way(
    database: Database, account_id: AccountId, plan_136: Content, officer: Callable[..., Awaitable[Officer]]
) -> None:
    by = await officer()
    drafts = [await made(database, account_id, plan_136, by, BroadcastState.DRAFT) for _ in range(3)]

    async def order(draft: Broadcast) -> bool:
        async with database.write() as tx:
            free = await tx.broadcasts.claim_way(account_id)
            await asyncio.sleep(0.1)
            if free:
                await tx.broadcasts.move(draft.broadcast_id, state=BroadcastState.CREATING, at=NOW)
        return free

    assert sorted(await asyncio.gather(*map(order, drafts))) == [False, False, True]
    async with database.read() as tx:
        assert len(await tx.broadcasts.under_way(account_id)) == 1
