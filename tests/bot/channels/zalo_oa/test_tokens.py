"""One refresh for everybody, durable before it is used; what cannot be mended is said once and not tried again."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from bot.channels.zalo_oa.adapter import ZaloOaChannel
from bot.channels.zalo_oa.tokens import Tokens
from outreach.messaging import Reply, SendError, SendErrorKind
from outreach.tokens import TokenPair
from storage.database import Database
from storage.session import Session
from storage.types import Keyring
from tests.bot.channels.zalo_oa.standin import CS, OAUTH, USER_ID, Oa, Other, accepted, make_pair, refused
from tests.conftest import NOW, TestClock

NEXT = {"access_token": "at_2", "refresh_token": "rt_2", "expires_in": "90000"}


@pytest.fixture
def tokens(channel: ZaloOaChannel) -> Tokens:
    return channel.tokens


async def test_no_pair_yet(tokens: Tokens, database: Database, oa: Oa) -> None:
    other = Tokens(transactions=database, oauth=replace(tokens.oauth, app_id="2"))
    with pytest.raises(SendError, match="revoked: token_missing"):
        await other.access()
    assert oa.calls == []


async def test_fresh_for_twenty_hours(tokens: Tokens, oa: Oa, clock: TestClock) -> None:
    oa.lay(OAUTH, NEXT)
    clock.advance(hours=19, minutes=59)
    assert await tokens.access() == "at_1"
    assert oa.calls == []
    clock.advance(minutes=1)
    assert await tokens.access() == "at_2"
    assert [call.body["refresh_token"] for call in oa.calls] == ["rt_1"]
    pair = await tokens.pair()
    assert pair
    assert (pair.refresh, pair.refreshing_at, pair.failure) == ("rt_2", None, "")
    assert pair.access_expires_at == NOW + timedelta(hours=45)
    assert await tokens.access() == "at_2"
    assert len(oa.calls) == 1


@pytest.mark.parametrize("code", [-216, -220])
async def test_a_refused_token_is_renewed_once(code: int, channel: ZaloOaChannel, oa: Oa) -> None:
    oa.lay(CS, refused(code), accepted())
    oa.lay(OAUTH, NEXT)
    sent = await channel.send(USER_ID, Reply(text="Chào bạn"))
    assert sent.refs == ("m1",)
    assert [(call.path, call.headers.get("access_token")) for call in oa.calls] == [
        (CS, "at_1"),
        (OAUTH, None),
        (CS, "at_2"),
    ]


async def test_refused_again_is_the_end_of_it(channel: ZaloOaChannel, oa: Oa) -> None:
    oa.lay(CS, refused(-220))
    oa.lay(OAUTH, NEXT)
    with pytest.raises(SendError, match="revoked: token_refused"):
        await channel.send(USER_ID, Reply(text="Chào bạn"))
    assert oa.paths() == [CS, OAUTH, CS]


async def test_many_at_once_spend_it_once(channel: ZaloOaChannel, oa: Oa) -> None:
    def by_token() -> dict[str, Any]:
        return accepted() if oa.calls[-1].headers["access_token"] == "at_2" else refused(-216)

    oa.lay(CS, by_token)
    oa.lay(OAUTH, NEXT)
    sent = await asyncio.gather(*(channel.send(USER_ID, Reply(text=f"Chào {n}")) for n in range(20)))
    assert [one.refs for one in sent] == [("m1",)] * 20
    assert oa.paths().count(OAUTH) == 1


async def test_a_pair_of_another_process_is_taken_over(channel: ZaloOaChannel, database: Database, oa: Oa) -> None:
    async with database.write() as tx:
        await tx.tokens.store(channel.tokens.name, make_pair(2))
    oa.lay(CS, refused(-216), accepted())
    await channel.send(USER_ID, Reply(text="Chào bạn"))
    assert oa.paths() == [CS, CS]


async def test_a_spent_refresh_token_is_tried_once_and_never_again(
    tokens: Tokens, oa: Oa, clock: TestClock, caplog: pytest.LogCaptureFixture
) -> None:
    oa.lay(OAUTH, refused(-14014))
    clock.advance(hours=21)
    assert await tokens.access() == "at_1", "what is left of it still works"
    assert await tokens.access() == "at_1"
    pair = await tokens.pair()
    assert pair
    assert pair.failure == "token_lost"
    assert pair.lasts(clock()) == timedelta(hours=4)
    clock.advance(hours=5)
    for _ in range(3):
        with pytest.raises(SendError, match="revoked: token_lost"):
            await tokens.access()
    assert len(oa.calls) == 1
    assert "loatre zalo authorize" in caplog.text
    await tokens.give(make_pair(2, hours=60))
    assert await tokens.access() == "at_2"


async def test_a_server_that_is_away_is_asked_later(tokens: Tokens, oa: Oa, clock: TestClock) -> None:
    oa.lay(OAUTH, Other(status=502, body=b"<html>"))
    clock.advance(hours=26)
    for _ in range(3):
        with pytest.raises(SendError) as caught:
            await tokens.access()
        assert (caught.value.kind, caught.value.reason) == (SendErrorKind.NEVER_LEFT, "token_unavailable")
        assert 0 < caught.value.retry_after <= 5
    assert len(oa.calls) == 1, "not again at once"
    pair = await tokens.pair()
    assert pair
    assert (pair.refreshing_at, pair.failure) == (clock(), "")
    oa.lay(OAUTH, NEXT)
    tokens._not_before = 0.0
    assert await tokens.access() == "at_2"


async def test_nothing_left_this_machine(tokens: Tokens, oa: Oa, clock: TestClock) -> None:
    tokens.oauth = replace(tokens.oauth, url="http://127.0.0.1:1")
    clock.advance(hours=26)
    with pytest.raises(SendError, match="never_left: token_unavailable"):
        await tokens.access()
    pair = await tokens.pair()
    assert pair
    assert pair.refreshing_at is None, "the mark is taken back: it was not spent"


async def test_the_mark_stands_before_the_call_and_the_pair_before_its_use(tokens: Tokens, oa: Oa) -> None:
    stored: list[TokenPair | None] = []

    async def answer() -> dict[str, Any]:
        stored.append(await tokens.pair())
        return NEXT

    oa.lay(OAUTH, answer)
    assert await tokens.renewed("at_1") == "at_2"
    stored.append(await tokens.pair())
    assert [(one.access, one.refreshing_at) for one in stored if one] == [("at_1", NOW), ("at_2", None)]


async def test_a_cancelled_caller_leaves_no_half_refresh(tokens: Tokens, oa: Oa) -> None:
    answered = asyncio.Event()

    def slowly() -> dict[str, Any]:
        answered.set()
        return NEXT

    oa.lay(OAUTH, slowly)
    asking = asyncio.create_task(tokens.renewed("at_1"))
    await answered.wait()
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    pair = await tokens.pair()
    assert pair
    assert pair.access == "at_2"


async def test_a_pair_is_not_lost_to_a_database_that_fails(
    tokens: Tokens, oa: Oa, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    refusing = "CREATE TRIGGER refusing BEFORE UPDATE OF access ON oauth_token BEGIN SELECT RAISE(ABORT, 'full'); END"
    async with database.write() as tx:
        await tx.connection.execute(text(refusing))
    oa.lay(OAUTH, NEXT)
    asking = asyncio.create_task(tokens.renewed("at_1"))
    while caplog.text.count("could not be stored") < 2:
        await asyncio.sleep(0.01)
    assert not asking.done(), "not used before it is durable"
    async with database.write() as tx:
        await tx.connection.execute(text("DROP TRIGGER refusing"))
    assert await asking == "at_2"
    assert len(oa.calls) == 1


async def test_the_lease_of_a_dead_refresher_is_taken_over(tokens: Tokens, database: Database, oa: Oa) -> None:
    async with database.write() as tx:
        assert await tx.leases.take(
            f"token:{tokens.name}", holder="dead", seen=await tx.leases.read(f"token:{tokens.name}")
        )
        await tx.tokens.begin(tokens.name, at=NOW)
    oa.lay(OAUTH, NEXT)
    began = asyncio.get_running_loop().time()
    assert await tokens.renewed("at_1") == "at_2"
    assert asyncio.get_running_loop().time() - began >= tokens.takeover_seconds


async def test_a_living_refresher_is_waited_for(tokens: Tokens, database: Database, oa: Oa) -> None:
    async with database.write() as tx:
        lease = await tx.leases.take(
            f"token:{tokens.name}", holder="other", seen=await tx.leases.read(f"token:{tokens.name}")
        )
    assert lease

    async def other() -> None:
        for _ in range(8):
            await asyncio.sleep(0.1)
            async with database.write() as tx:
                await tx.leases.beat(lease)
        async with database.write() as tx:
            await tx.tokens.store(tokens.name, make_pair(2))
            await tx.leases.release(lease)

    working = asyncio.create_task(other())
    assert await tokens.renewed("at_1") == "at_2"
    await working
    assert oa.calls == []


async def test_a_beat_that_fails_is_not_the_last(tokens: Tokens, database: Database, oa: Oa) -> None:
    beats: list[int] = []

    async def beat() -> int:
        async with database.read() as tx:
            return (await tx.leases.read(f"token:{tokens.name}"))[1]

    async def slowly() -> dict[str, Any]:
        refusing = "CREATE TRIGGER refusing BEFORE UPDATE OF beat ON lease BEGIN SELECT RAISE(ABORT, 'full'); END"
        async with database.write() as tx:
            await tx.connection.execute(text(refusing))
        beats.append(await beat())
        await asyncio.sleep(0.25)
        async with database.write() as tx:
            await tx.connection.execute(text("DROP TRIGGER refusing"))
        async with asyncio.timeout(3):
            while await beat() == beats[0]:
                await asyncio.sleep(0.02)
        beats.append(await beat())
        return NEXT

    oa.lay(OAUTH, slowly)
    assert await tokens.renewed("at_1") == "at_2"
    assert beats[0] < beats[1]


class Stalling(Database):
    """Its second transaction waits for longer than a watcher does, and beats come to nothing."""

    begun = 0

    @asynccontextmanager
    async def write(self, *, bulk: bool = False) -> AsyncIterator[Session]:
        self.begun += 1
        if self.begun > 1:
            await asyncio.sleep(0.6)
        async with super().write(bulk=bulk) as tx:
            yield tx


async def test_a_lease_that_may_be_anothers_spends_nothing(
    tokens: Tokens, database: Database, keyring: Keyring, oa: Oa
) -> None:
    stalling = Stalling(database.url.render_as_string(hide_password=False), keyring=keyring)
    oa.lay(OAUTH, NEXT)
    stalled = Tokens(transactions=stalling, oauth=tokens.oauth, clock=tokens.clock, takeover_seconds=0.4)
    with pytest.raises(SendError, match="never_left: token_unavailable"):
        await stalled.renewed("at_1")
    await stalling.close()
    assert oa.calls == []
    pair = await tokens.pair()
    assert pair
    assert (pair.access, pair.refreshing_at) == ("at_1", None)


async def test_never_inside_a_transaction(tokens: Tokens, database: Database) -> None:
    async with database.write():
        with pytest.raises(RuntimeError, match="inside a database transaction"):
            await tokens.access()
