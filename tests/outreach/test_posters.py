"""Codes of posters: what one looks like, and who may give and end one."""

from datetime import UTC, datetime

import pytest

from outreach.contacts.posters import end_poster, make_poster
from outreach.errors import InvalidAnswerError, NotFoundError, PermissionDeniedError
from outreach.messaging import ContactId, OfficerId
from outreach.officers import Officer, Role, System
from outreach.posters import read_code
from outreach.units import UnitId
from storage.database import Database

AT = datetime(2026, 11, 22, tzinfo=UTC)
CLI = System(name="cli")


@pytest.mark.parametrize("typed", ["BS01", "bs01", "Bs 01", "bs-01", " BS01! "])
def test_a_code_is_read_however_it_is_typed(typed: str) -> None:
    assert read_code(typed) == "BS01"


@pytest.mark.parametrize("typed", ["", "01", "2009", "BS", "ABC123", "lớp", "0912345678", "bs01 bs02", "a" * 60 + "1"])
def test_words_numbers_and_six_signs_are_none(typed: str) -> None:
    assert read_code(typed) is None


async def test_it_is_made_once_found_and_ended(database: Database, units: dict[str, UnitId]) -> None:
    async with database.write() as tx:
        made = await make_poster(CLI, tx, code="bs 01", title=" Bắc Sơn ", unit_id=units["06325"], at=AT)
        assert (made.code, made.title) == ("BS01", "Bắc Sơn")
        assert await tx.posters.find("BS01") == made
        with pytest.raises(InvalidAnswerError, match="poster_code_used"):
            await make_poster(CLI, tx, code="BS01", title="", unit_id=None, at=AT)
        with pytest.raises(InvalidAnswerError, match="poster_code"):
            await make_poster(CLI, tx, code="2009", title="", unit_id=None, at=AT)
        await end_poster(CLI, tx, code="bs01", at=AT)
        assert await tx.posters.find("BS01") is None
        assert [one.ended_at for one in await tx.posters.all()] == [AT]
        with pytest.raises(NotFoundError):
            await end_poster(CLI, tx, code="bs01", at=AT)


async def test_officers_do_so_for_their_unit(database: Database, units: dict[str, UnitId]) -> None:
    def officer(role: Role, unit: str) -> Officer:
        return Officer(officer_id=OfficerId(1), contact_id=ContactId(1), role=role, unit_id=units[unit])

    async with database.write() as tx:
        for one in (officer(Role.OFFICER, "06124"), officer(Role.REVIEWER, "06325")):
            with pytest.raises(PermissionDeniedError):
                await make_poster(one, tx, code="BS01", title="x", unit_id=units["06325"], at=AT)
        await make_poster(CLI, tx, code="BS01", title="x", unit_id=units["06325"], at=AT)
        with pytest.raises(PermissionDeniedError):
            await end_poster(officer(Role.OFFICER, "06124"), tx, code="BS01", at=AT)
