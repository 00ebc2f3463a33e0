"""The figure that is handed in, counted from rows: the province on its own, units apart, declared headcounts in a line of their own."""

from collections.abc import Awaitable, Callable
from datetime import date, timedelta

import pytest

from outreach.clock import local_day
from outreach.errors import PermissionDeniedError
from outreach.messaging import ContactId
from outreach.officers import Officer, Person, Role, System
from outreach.pack import Pack
from outreach.reach.coverage import count_coverage
from outreach.reach.model import Coverage, Declaration, Denominator, Tier
from outreach.units import UnitId
from storage.database import Database
from tests.conftest import NOW

MakePerson = Callable[..., Awaitable[ContactId]]
MakeOfficer = Callable[..., Awaitable[Officer]]
Count = Callable[..., Awaitable[Coverage]]


@pytest.fixture
def count(database: Database, langson: Pack, units: dict[str, UnitId]) -> Count:
    async def run(
        actor: Officer | Person | System = System(name="test"),  # noqa: B008  (a frozen value)
        *,
        year: int = 2026,
        scope: UnitId | None = None,
    ) -> Coverage:
        async with database.read() as tx:
            return await count_coverage(
                actor,
                reach=tx.reach,
                denominators=tx.denominators,
                period=langson.main_period.in_year(year),
                unit_ids=[units["06325"], units["06211"]],
                province_id=units["20"],
                elsewhere_id=units["00000"],
                at=NOW,
                scope=scope,
            )

    return run


@pytest.fixture
async def a_year(
    database: Database, langson: Pack, units: dict[str, UnitId], person: MakePerson, officer: MakeOfficer
) -> Officer:
    """Bắc Sơn: two young people, one of whom moved to Cao Lộc, one of 36, one of unknown age; one elsewhere; a meeting."""
    stays, moves = await person(unit="06325"), await person(unit="06325")
    others = [await person(unit="06325", birth_year=1990), await person(unit="06325", birth_year=None)]
    away = await person(unit="00000")
    by = await officer()

    async def record(people: list[ContactId], *, tier: Tier = Tier.ACCEPTED, turns: int = 1) -> None:
        async with database.write() as tx:
            await tx.reach.record(
                people,
                tier=tier,
                periods=await tx.reach.ensure_periods(langson.periods_on(local_day(NOW))),
                youth=langson.ages.youth,
                campaign_id=None,
                turns=turns,
                at=NOW,
            )

    await record([stays, moves, *others, away])
    await record([stays], tier=Tier.READ, turns=0)
    async with database.write() as tx:
        await tx.contacts.change(moves, at=NOW, unit_id=units["06211"])
        denominators = [("06325", 4, 2026), ("20", 1000, 2026), ("06211", 9, 2025)]
        await tx.denominators.put(
            [
                Denominator(unit_id=units[code], year=year, count=count, source="CV 1", dated_on=date(2026, 1, 1))
                for code, count, year in denominators
            ],
            by=by.officer_id,
            at=NOW,
        )
        await tx.reach.declare(
            Declaration(unit_id=units["06325"], held_on=local_day(NOW), title="Họp", headcount=120, evidence_id=None),
            by=by.officer_id,
            at=NOW,
        )
    await record([moves])
    return by


async def test_every_number_stands_in_its_own_place(a_year: Officer, count: Count, units: dict[str, UnitId]) -> None:
    coverage = await count(a_year)
    province, (bac_son, cao_loc) = coverage.province, coverage.units
    assert (bac_son.reached, bac_son.other_age, bac_son.unknown_age, bac_son.turns) == (2, 1, 1, 4)
    assert bac_son.tiers == {Tier.READ: 1, Tier.ACCEPTED: 1}
    assert bac_son.denominator
    assert bac_son.denominator.count == 4
    assert (bac_son.declared_turns, bac_son.declared_documented) == (120, 0)
    assert (cao_loc.reached, cao_loc.turns, cao_loc.denominator) == (
        1,
        1,
        None,
    )  # last year's population is not this year's
    assert province.unit_id is None
    assert (province.reached, province.other_age, province.unknown_age, province.turns) == (2, 1, 1, 5)
    assert province.denominator
    assert province.denominator.count == 1000
    assert province.declared_turns == 120
    assert coverage.elsewhere == 1
    assert (coverage.period.first_on, coverage.period.last_on) == (date(2025, 12, 15), date(2026, 12, 14))


async def test_nobody_counted_yet_is_a_report_too(count: Count) -> None:
    coverage = await count(year=1999)
    assert (coverage.province.reached, coverage.elsewhere) == (0, 0)
    assert [unit.reached for unit in coverage.units] == [0, 0]


async def test_a_commune_s_officer_sees_that_commune(
    a_year: Officer, count: Count, officer: MakeOfficer, units: dict[str, UnitId]
) -> None:
    local = await officer(Role.OFFICER, unit="06325")
    coverage = await count(local, scope=units["06325"])
    assert [unit.unit_id for unit in coverage.units] == [units["06325"]]
    assert coverage.province == coverage.units[0]
    assert coverage.elsewhere == 0
    for scope in (None, units["06211"]):
        with pytest.raises(PermissionDeniedError):
            await count(local, scope=scope)
    with pytest.raises(PermissionDeniedError):
        await count(Person(contact_id=local.contact_id), scope=units["06325"])


def test_now_lies_in_the_state_year_of_these_tests() -> None:
    assert date(2025, 12, 15) <= local_day(NOW) <= date(2026, 12, 14)
    assert local_day(NOW + timedelta(hours=14)) > local_day(NOW)
