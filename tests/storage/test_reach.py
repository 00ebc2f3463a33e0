"""Who was reached: people and turns, tiers, four calendars, units that do not move later, and what erasing leaves."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import event, func, select

from outreach.campaigns.model import Campaign
from outreach.clock import local_day, local_instant
from outreach.messaging import CampaignId, ContactId
from outreach.officers import Officer
from outreach.pack import Pack
from outreach.reach.model import AgeBand, Declaration, Denominator, Tier
from outreach.reach.rules import age_band
from outreach.units import UnitId
from storage import tables as t
from storage.database import Database
from tests.conftest import TestClock

Sums = dict[tuple[UnitId | None, str, Tier | None], tuple[int, int]]
MakePerson = Callable[..., Awaitable[ContactId]]
YOUTH, OTHER, UNKNOWN = AgeBand.YOUTH.value, AgeBand.OTHER.value, AgeBand.UNKNOWN.value


@dataclass(kw_only=True)
class Coverage:
    """Records and counts as the product does, for every period of the pack that covers the day."""

    database: Database
    pack: Pack

    async def record(
        self,
        people: Sequence[ContactId],
        at: datetime,
        *,
        tier: Tier = Tier.ACCEPTED,
        turns: int = 1,
        campaign_id: CampaignId | None = None,
    ) -> int:
        """People new in the main period."""
        day = local_day(at)
        main = self.pack.main_period.on(day)
        assert main
        periods = [main, *(period for period in self.pack.periods_on(day) if period != main)]
        async with self.database.write() as tx:
            return await tx.reach.record(
                people,
                tier=tier,
                periods=await tx.reach.ensure_periods(periods),
                youth=self.pack.ages.youth,
                campaign_id=campaign_id,
                turns=turns,
                at=at,
            )

    async def sums(self, code: str) -> Sums:
        async with self.database.read() as tx:
            period_id = await tx.reach.find_period(code)
            assert period_id, f"{code} was never counted in"
            sums: Sums = defaultdict(lambda: (0, 0))
            for unit_id, band, tier, people, turns in await tx.reach.counts(period_id):
                before = sums[(unit_id, band, tier)]
                sums[(unit_id, band, tier)] = (before[0] + people, before[1] + turns)
        return dict(sums)

    async def codes(self) -> set[str]:
        """Periods in which somebody was reached."""
        async with self.database.read() as tx:
            rows = await tx.connection.execute(select(t.period.c.code).join(t.reach_person).distinct())
            return set(rows.scalars())


@pytest.fixture
def coverage(database: Database, langson: Pack) -> Coverage:
    return Coverage(database=database, pack=langson)


def noon(day: date) -> datetime:
    return local_instant(day) + timedelta(hours=12)


DAY = noon(date(2026, 10, 12))


async def test_people_and_turns_are_two_numbers(
    coverage: Coverage, person: MakePerson, units: dict[str, UnitId]
) -> None:
    first, second = await person(unit="06325"), await person(unit="06325")
    assert await coverage.record([first, second], DAY) == 2
    assert await coverage.record([first], DAY + timedelta(days=1)) == 0
    assert await coverage.record([first], DAY + timedelta(days=2), turns=0, tier=Tier.READ) == 0
    bac_son = units["06325"]
    expected = {
        (bac_son, YOUTH, Tier.READ): (1, 2),
        (bac_son, YOUTH, Tier.ACCEPTED): (1, 1),
        (None, YOUTH, Tier.READ): (1, 2),
        (None, YOUTH, Tier.ACCEPTED): (1, 1),
    }
    assert await coverage.sums("state-2026") == expected
    assert await coverage.sums("calendar-2026") == expected


async def test_a_stronger_tier_says_the_weaker_ones_too(
    coverage: Coverage, person: MakePerson, database: Database
) -> None:
    implied = {
        Tier.ACCEPTED: {"e1_at"},
        Tier.DELIVERED: {"e1_at", "e2_at"},
        Tier.OPENED: {"e1_at", "e3_at"},
        Tier.READ: {"e1_at", "e3_at", "e4_at"},
    }
    for tier, stamps in implied.items():
        contact_id = await person(unit="06325")
        await coverage.record([contact_id], DAY, tier=tier)
        async with database.read() as tx:
            for table in (t.reach_person, t.reach_unit):
                for row in await tx.connection.execute(select(table).where(table.c.contact_id == contact_id)):
                    assert {f"e{n}_at" for n in range(1, 5) if row._mapping[f"e{n}_at"]} == stamps


async def test_the_first_time_of_each_tier_stays(coverage: Coverage, person: MakePerson, database: Database) -> None:
    contact_id = await person(unit="06325")
    for days, tier in enumerate([Tier.ACCEPTED, Tier.OPENED, Tier.READ, Tier.OPENED, Tier.ACCEPTED]):
        await coverage.record([contact_id], DAY + timedelta(days=days), tier=tier)
    async with database.read() as tx:
        rows = (await tx.connection.execute(select(t.reach_person))).all()
    assert len(rows) == 4
    for row in rows:
        assert (row.e1_at, row.e2_at, row.e3_at, row.e4_at) == (
            DAY,
            None,
            DAY + timedelta(days=1),
            DAY + timedelta(days=2),
        )
        assert row.turns == 5


@pytest.mark.parametrize(
    ("day", "codes"),
    [
        (date(2026, 12, 20), {"calendar-2026", "calendar-h2-2026", "state-2027", "state-h1-2027"}),
        (date(2026, 12, 14), {"calendar-2026", "calendar-h2-2026", "state-2026", "state-h2-2026"}),
        (date(2026, 12, 15), {"calendar-2026", "calendar-h2-2026", "state-2027", "state-h1-2027"}),
        (date(2026, 6, 14), {"calendar-2026", "calendar-h1-2026", "state-2026", "state-h1-2026"}),
        (date(2026, 6, 15), {"calendar-2026", "calendar-h1-2026", "state-2026", "state-h2-2026"}),
        (date(2027, 1, 1), {"calendar-2027", "calendar-h1-2027", "state-2027", "state-h1-2027"}),
    ],
)
async def test_one_day_lies_in_several_calendars(
    coverage: Coverage, person: MakePerson, day: date, codes: set[str]
) -> None:
    contact_id = await person(unit="06325")
    await coverage.record([contact_id], noon(day))
    assert await coverage.codes() == codes
    for code in codes:
        assert sum(people for (unit, *_), (people, _) in (await coverage.sums(code)).items() if unit is None) == 1


async def test_the_unit_is_the_one_of_the_moment_and_stays(
    coverage: Coverage, person: MakePerson, units: dict[str, UnitId], database: Database
) -> None:
    contact_id = await person(unit="06325")
    await coverage.record([contact_id], DAY)
    async with database.write() as tx:
        await tx.contacts.change(contact_id, at=DAY, unit_id=units["06211"])
    before = await coverage.sums("state-2026")
    assert set(before) == {(units["06325"], YOUTH, Tier.ACCEPTED), (None, YOUTH, Tier.ACCEPTED)}
    await coverage.record([contact_id], DAY + timedelta(days=1))
    after = await coverage.sums("state-2026")
    assert after[(units["06325"], YOUTH, Tier.ACCEPTED)] == (1, 1)
    assert after[(units["06211"], YOUTH, Tier.ACCEPTED)] == (1, 1)
    assert after[(None, YOUTH, Tier.ACCEPTED)] == (1, 2)  # one person of the province, however often she moves


async def test_whoever_moves_into_the_province_counts_in_it_once(
    coverage: Coverage, person: MakePerson, units: dict[str, UnitId], database: Database
) -> None:
    contact_id = await person(unit="00000")
    assert await coverage.record([contact_id], DAY) == 1
    assert (None, YOUTH, Tier.ACCEPTED) not in await coverage.sums("state-2026")
    for day, unit in enumerate(("06325", "06211", "00000"), start=1):
        async with database.write() as tx:
            await tx.contacts.change(contact_id, at=DAY, unit_id=units[unit])
        assert await coverage.record([contact_id], DAY + timedelta(days=day)) == 0, "no first time twice"
        sums = await coverage.sums("state-2026")
        assert sums[(None, YOUTH, Tier.ACCEPTED)] == (1, 1 + day)
    for unit, turns in (("06325", 1), ("06211", 1), ("00000", 2)):
        assert sums[(units[unit], YOUTH, Tier.ACCEPTED)] == (1, turns)
    async with database.write() as tx:
        await tx.contacts.erase(contact_id, at=DAY)
    assert await coverage.sums("state-2026") == sums


async def test_the_band_follows_a_corrected_year_at_the_next_reach(
    coverage: Coverage, person: MakePerson, units: dict[str, UnitId], database: Database
) -> None:
    contact_id = await person(unit="06325", birth_year=1990)
    await coverage.record([contact_id], DAY)
    async with database.write() as tx:
        await tx.contacts.change(contact_id, at=DAY, birth_year=2009)
    await coverage.record([contact_id], DAY + timedelta(days=1))
    sums = await coverage.sums("state-2026")
    assert sums == {(units["06325"], YOUTH, Tier.ACCEPTED): (1, 2), (None, YOUTH, Tier.ACCEPTED): (1, 2)}
    async with database.write() as tx:
        await tx.contacts.erase(contact_id, at=DAY)
    assert await coverage.sums("state-2026") == sums


async def test_a_correction_changes_the_band_in_open_periods_alone(
    coverage: Coverage, person: MakePerson, units: dict[str, UnitId], database: Database
) -> None:
    contact_id, other = await person(unit="06325", birth_year=1990), await person(unit="06325", birth_year=1990)
    await coverage.record([contact_id, other], noon(date(2025, 11, 1)))
    await coverage.record([contact_id, other], DAY)
    async with database.write() as tx:
        await tx.contacts.change(contact_id, at=DAY, unit_id=units["06211"])
    await coverage.record([contact_id], DAY)
    async with database.write() as tx:
        await tx.contacts.change(contact_id, at=DAY, birth_year=2009)
        await tx.reach.follow_birth_year(contact_id, youth=coverage.pack.ages.youth, on=local_day(DAY))
    assert set(await coverage.sums("state-2025")) == {
        (units["06325"], OTHER, Tier.ACCEPTED),
        (None, OTHER, Tier.ACCEPTED),
    }
    for code in ("state-2026", "calendar-2026"):
        sums = await coverage.sums(code)
        assert sums[(None, YOUTH, Tier.ACCEPTED)] == (1, 2), code
        assert sums[(None, OTHER, Tier.ACCEPTED)] == (1, 1), code
        assert sums[(units["06325"], YOUTH, Tier.ACCEPTED)] == (1, 1), "of the unit she left, too"
        assert sums[(units["06211"], YOUTH, Tier.ACCEPTED)] == (1, 1), code


async def test_elsewhere_is_not_inside(coverage: Coverage, person: MakePerson, units: dict[str, UnitId]) -> None:
    people = [await person(unit="00000"), await person(unit="20"), await person(), await person(unit="05977")]
    assert await coverage.record(people, DAY) == 4
    sums = await coverage.sums("state-2026")
    assert sums[(None, YOUTH, Tier.ACCEPTED)] == (1, 1)
    assert sums[(units["00000"], YOUTH, Tier.ACCEPTED)] == (1, 1)


async def test_the_age_band_is_the_rule_s(
    coverage: Coverage, person: MakePerson, langson: Pack, database: Database
) -> None:
    """Every birth year around both edges, on a day that lies in periods ending in different years."""
    at = noon(date(2026, 12, 20))
    years = [None, *range(1990, 2014)]
    born = {await person(unit="06325", birth_year=year): year for year in years}
    await coverage.record(list(born), at)
    async with database.read() as tx:
        rows = (
            await tx.connection.execute(
                select(t.reach_person.c.contact_id, t.reach_person.c.age_band, t.period.c.code).join(t.period)
            )
        ).all()
    periods = {period.code: period for period in langson.periods_on(local_day(at))}
    assert len(rows) == len(years) * 4
    for contact_id, band, code in rows:
        expected = age_band(born[ContactId(contact_id)], period=periods[code], youth=langson.ages.youth)
        assert band == expected, (born[ContactId(contact_id)], code)
    assert {band for _, band, _ in rows} == {YOUTH, OTHER, UNKNOWN}


async def test_who_reached_somebody_first_is_kept(
    coverage: Coverage, person: MakePerson, campaign: Callable[..., Awaitable[Campaign]], database: Database
) -> None:
    people = [await person(unit="06325") for _ in range(3)]
    first, second = await campaign(), await campaign()
    assert await coverage.record(people[:2], DAY, campaign_id=first.campaign_id) == 2
    assert await coverage.record(people, DAY, campaign_id=second.campaign_id) == 1
    async with database.read() as tx:
        period_id = await tx.reach.find_period("state-2026")
        assert period_id
        by = t.reach_person.c.first_campaign_id
        counted = (
            await tx.connection.execute(
                select(by, func.count()).where(t.reach_person.c.period_id == period_id).group_by(by).order_by(by)
            )
        ).all()
        assert await tx.reach.find_period("state-1999") is None
    assert [tuple(row) for row in counted] == [(first.campaign_id, 2), (second.campaign_id, 1)]


async def test_nothing_is_written_of_the_erased_or_of_nobody(
    coverage: Coverage, person: MakePerson, database: Database
) -> None:
    contact_id = await person(unit="06325")
    async with database.write() as tx:
        await tx.contacts.erase(contact_id, at=DAY)
    assert await coverage.record([contact_id], DAY) == 0
    assert await coverage.record([], DAY) == 0
    assert await coverage.codes() == set()


async def test_erasing_moves_people_into_numbers_and_a_recount_adds_them(
    coverage: Coverage, person: MakePerson, units: dict[str, UnitId], database: Database
) -> None:
    people = [await person(unit="06325") for _ in range(4)]
    people.append(await person(unit="06325", birth_year=1990))
    people.append(await person(unit="00000"))
    await coverage.record(people, DAY)
    await coverage.record(people[:2], DAY, tier=Tier.READ)
    before = {code: await coverage.sums(code) for code in ("state-2026", "calendar-2026")}
    for contact_id in (*people[:3], *people[4:]):
        async with database.write() as tx:
            await tx.contacts.erase(contact_id, at=DAY)
        assert {code: await coverage.sums(code) for code in before} == before
    assert before["state-2026"][(units["06325"], YOUTH, Tier.READ)] == (2, 4)
    async with database.read() as tx:
        left = set((await tx.connection.execute(select(t.reach_unit.c.contact_id))).scalars())
        numbers = (await tx.connection.execute(select(t.reach_erased))).all()
    assert left == {people[3]}
    assert {column.name for column in t.reach_erased.c} == {
        "period_id",
        "unit_id",
        "age_band",
        "tier",
        "people",
        "turns",
    }
    assert len(numbers) == 4 * (3 + 1 + 3)  # in four periods: kinds of people in the unit, elsewhere, in the province


async def test_a_newer_population_supersedes_and_keeps_the_old(
    database: Database, units: dict[str, UnitId], officer: Callable[..., Awaitable[Officer]], clock: TestClock
) -> None:
    by = await officer()
    old = [
        Denominator(unit_id=units[code], year=2026, count=1000, source="Công văn 1", dated_on=date(2026, 1, 2))
        for code in ("06325", "06211")
    ]
    new = Denominator(unit_id=units["06325"], year=2026, count=1204, source="Công văn 2", dated_on=date(2026, 9, 2))
    async with database.write() as tx:
        await tx.denominators.put(old, by=by.officer_id, at=clock())
        await tx.denominators.put([new], by=None, at=clock.advance(days=1))
        await tx.denominators.put([], by=None, at=clock())
        current = await tx.denominators.of_year(2026)
        assert not await tx.denominators.of_year(2025)
        rows = (await tx.connection.execute(select(t.denominator).order_by(t.denominator.c.id))).all()
    assert sorted(current, key=lambda row: row.count) == [old[1], new]
    assert [row.superseded_at for row in rows] == [clock(), None, None]
    assert [row.entered_by for row in rows] == [by.officer_id, by.officer_id, None]


async def test_populations_of_many_units_take_two_statements(
    database: Database, units: dict[str, UnitId], clock: TestClock
) -> None:
    rows = [
        Denominator(unit_id=unit_id, year=year, count=1000 + unit_id, source="Công văn", dated_on=date(2026, 1, 2))
        for year in (2026, 2027)
        for unit_id in units.values()
    ]
    assert len(rows) > 130
    executed: list[str] = []
    event.listen(
        database.write_engine.sync_engine, "before_cursor_execute", lambda *args: executed.append(str(args[2]))
    )
    for entered in (rows[:1], rows, rows):
        executed.clear()
        async with database.write() as tx:
            await tx.denominators.put(entered, by=None, at=clock.advance(days=1))
        written = [one.split()[0] for one in executed if "denominator" in one]
        assert written == ["UPDATE", "INSERT"], len(entered)
    async with database.read() as tx:
        for year in (2026, 2027):
            assert len(await tx.denominators.of_year(year)) == len(units)
        stand = t.denominator.c.superseded_at.is_(None)
        counted = await tx.connection.execute(select(func.count()).select_from(t.denominator).where(~stand))
        assert counted.scalar_one() == 1 + len(rows)


async def test_declared_headcounts_stand_apart(
    database: Database, units: dict[str, UnitId], officer: Callable[..., Awaitable[Officer]], clock: TestClock
) -> None:
    by = await officer()
    days = [date(2025, 12, 14), date(2025, 12, 15), date(2026, 12, 14), date(2026, 12, 15)]
    async with database.write() as tx:
        made = [
            await tx.reach.declare(
                Declaration(unit_id=units["06325"], held_on=day, title="Sinh hoạt", headcount=number, evidence_id=None),
                by=by.officer_id,
                at=clock(),
            )
            for number, day in enumerate(days, start=1)
        ]
        year = {"from_on": days[1], "to_on": days[2]}
        assert await tx.reach.declared(**year) == [(units["06325"], 5, 0)]
        assert await tx.reach.withdraw_declaration(made[1], by=by.officer_id, at=clock())
        assert not await tx.reach.withdraw_declaration(made[1], by=by.officer_id, at=clock())
        assert await tx.reach.declared(**year) == [(units["06325"], 3, 0)]
        listed = await tx.reach.declarations(unit_id=units["06325"], limit=2)
        assert not await tx.reach.declarations(unit_id=units["06211"], limit=2)
    assert [(number, declaration.headcount) for number, declaration in listed] == [(made[3], 4), (made[2], 3)]


def test_days_of_these_tests_are_days_in_vietnam() -> None:
    assert noon(date(2026, 10, 12)) == datetime(2026, 10, 12, 5, tzinfo=UTC)
