"""How many young people live in a unit: whose numbers are taken."""

from collections.abc import Awaitable, Callable
from datetime import date

import pytest

from outreach.errors import InvalidAnswerError, PermissionDeniedError
from outreach.officers import Officer, Role, System
from outreach.reach.denominators import enter_denominators
from outreach.reach.model import Denominator
from outreach.units import UnitId
from storage.database import Database
from tests.conftest import NOW

BAC_SON = "06325"


async def test_who_may_enter_them_and_which_rows_are_refused(
    database: Database, officer: Callable[..., Awaitable[Officer]], units: dict[str, UnitId]
) -> None:
    sound = Denominator(unit_id=units[BAC_SON], year=2026, count=9, source="n", dated_on=date(2026, 1, 1))
    future = Denominator(unit_id=units[BAC_SON], year=2026, count=9, source="n", dated_on=date(2026, 10, 13))
    system = System(name="test")
    for role in (Role.EDITOR, Role.REVIEWER, Role.OFFICER):
        made = await officer(role, unit=BAC_SON if role == Role.OFFICER else None)
        async with database.write() as tx:
            with pytest.raises(PermissionDeniedError):
                await enter_denominators(made, tx, rows=[sound], at=NOW)
    async with database.write() as tx:
        for rows in ([], [sound, sound], [future]):
            with pytest.raises(InvalidAnswerError):
                await enter_denominators(system, tx, rows=rows, at=NOW)
    async with database.read() as tx:
        assert await tx.denominators.of_year(2026) == []
