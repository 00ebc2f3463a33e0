"""Posters: a code is given once for all time, and found as long as its poster hangs."""

from datetime import timedelta

from outreach.units import UnitId
from storage.database import Database
from tests.conftest import NOW


async def test_a_code_is_given_once(database: Database, units: dict[str, UnitId]) -> None:
    async with database.write() as tx:
        made = await tx.posters.add(code="BS01", title="Bắc Sơn", unit_id=units["06325"], by=None, at=NOW)
        assert made
        assert await tx.posters.add(code="BS01", title="x", unit_id=None, by=None, at=NOW) is None
        other = await tx.posters.add(code="HOC12", title="Học bổng", unit_id=None, by=None, at=NOW)
    async with database.read() as tx:
        assert await tx.posters.find("BS01") == made
        assert await tx.posters.find("bs01") is None, "codes are kept in capitals"
        assert await tx.posters.all() == [other, made]


async def test_one_that_has_ended_is_not_found_and_stays_taken(database: Database) -> None:
    async with database.write() as tx:
        made = await tx.posters.add(code="BS01", title="Bắc Sơn", unit_id=None, by=None, at=NOW)
        assert made
        await tx.posters.end(made.poster_id, at=NOW + timedelta(days=1))
        assert await tx.posters.find("BS01") is None
        assert await tx.posters.add(code="BS01", title="x", unit_id=None, by=None, at=NOW) is None
        assert [one.ended_at for one in await tx.posters.all()] == [NOW + timedelta(days=1)]
