"""A pair of tokens is durable and sealed; a pair somebody else has put there is never overwritten with an older one."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import select, text

from outreach.tokens import TokenPair
from storage import tables as t
from storage.database import Database
from tests.conftest import NOW

NAME = "zalo_oa:1000000000000000001"
FIRST = TokenPair(
    access="at_1",
    refresh="rt_1",
    refreshed_at=NOW,
    access_expires_at=NOW + timedelta(hours=25),
    refresh_expires_at=NOW + timedelta(days=90),
)
SECOND = replace(FIRST, access="at_2", refresh="rt_2", refreshed_at=NOW + timedelta(hours=20))


async def pair(database: Database) -> TokenPair | None:
    async with database.read() as tx:
        return await tx.tokens.get(NAME)


async def row(database: Database) -> Any:
    async with database.read() as tx:
        return (await tx.connection.execute(select(t.oauth_token))).one()


async def test_a_new_pair_keeps_the_one_before_it(database: Database) -> None:
    assert await pair(database) is None
    async with database.write() as tx:
        assert await tx.tokens.store(NAME, FIRST)
    assert await pair(database) == FIRST
    assert (await row(database)).previous is None
    async with database.write() as tx:
        await tx.tokens.begin(NAME, at=NOW)
    assert await pair(database) == replace(FIRST, refreshing_at=NOW)
    async with database.write() as tx:
        assert await tx.tokens.store(NAME, SECOND, spent="rt_1")
    assert await pair(database) == SECOND, "nothing is under way any more"
    assert (await row(database)).previous == '["at_1", "rt_1"]'


async def test_a_pair_given_meanwhile_stays(database: Database) -> None:
    async with database.write() as tx:
        await tx.tokens.store(NAME, SECOND)
        assert not await tx.tokens.store(NAME, FIRST, spent="rt_1")
        await tx.tokens.fail(NAME, spent="rt_1", reason="token_lost")
    assert await pair(database) == SECOND


async def test_a_failure_stays_until_a_new_pair(database: Database) -> None:
    async with database.write() as tx:
        await tx.tokens.store(NAME, FIRST)
        await tx.tokens.begin(NAME, at=NOW)
        await tx.tokens.undo(NAME)
        await tx.tokens.fail(NAME, spent="rt_1", reason="token_lost")
    found = await pair(database)
    assert found == replace(FIRST, failure="token_lost")
    assert found.lasts(NOW) == timedelta(hours=25)
    async with database.write() as tx:
        await tx.tokens.store(NAME, SECOND)
    found = await pair(database)
    assert found
    assert found.failure == ""
    assert found.lasts(NOW) == timedelta(days=90)
    assert found.lasts(NOW + timedelta(days=91)) == timedelta()


async def test_no_token_lies_open(database: Database) -> None:
    async with database.write() as tx:
        await tx.tokens.store(NAME, FIRST)
        await tx.tokens.store(NAME, SECOND)
    async with database.read() as tx:
        raw = (await tx.connection.execute(text("SELECT access, refresh, previous FROM oauth_token"))).one()
    for sealed in raw:
        assert isinstance(sealed, bytes)
        assert not any(token in sealed for token in (b"at_1", b"rt_1", b"at_2", b"rt_2"))
