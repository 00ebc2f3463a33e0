"""Accounts that may be one person: how many at most, per commune, on both engines."""

from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from sqlalchemy import update

from outreach.clock import local_day
from outreach.messaging import ChannelName, ContactId
from outreach.officers import System
from outreach.pack import Pack
from outreach.reach.coverage import count_coverage
from outreach.reach.model import Coverage, Tier
from outreach.reach.rules import is_range
from outreach.units import ELSEWHERE, UnitId
from storage import tables as t
from storage.database import Database
from storage.session import Session
from tests.conftest import NOW

MakePerson = Callable[..., Awaitable[ContactId]]
BAC_SON, CAO_LOC = "06325", "06211"
TELEGRAM, ZALO, BOT = ChannelName


async def record(tx: Session, pack: Pack, people: list[ContactId]) -> None:
    periods = await tx.reach.ensure_periods(pack.periods_on(local_day(NOW)))
    await tx.reach.record(
        people, tier=Tier.ACCEPTED, periods=periods, youth=pack.ages.youth, campaign_id=None, turns=1, at=NOW
    )


@pytest.fixture
def people(database: Database, person: MakePerson, langson: Pack) -> Callable[..., Awaitable[list[ContactId]]]:
    """So many young people of one birth year on one channel, reached now."""

    async def make(channel: ChannelName, count: int, *, unit: str = BAC_SON, year: int = 2005) -> list[ContactId]:
        made = [await person(unit=unit, birth_year=year) for _ in range(count)]
        async with database.write() as tx:
            number = "1000" if channel == TELEGRAM else "2000"
            account_id = await tx.contacts.account(channel=channel, external_id=number, name="")
            of = t.address.c.contact_id.in_(made)
            await tx.connection.execute(update(t.address).where(of).values(account_id=account_id))
            await record(tx, langson, made)
        return made

    return make


@pytest.fixture
def count(database: Database, langson: Pack, units: dict[str, UnitId]) -> Callable[[], Awaitable[Coverage]]:
    async def run() -> Coverage:
        async with database.read() as tx:
            return await count_coverage(
                System(name="test"),
                reach=tx.reach,
                denominators=tx.denominators,
                period=langson.main_period.in_year(2026),
                unit_ids=[units[BAC_SON], units[CAO_LOC]],
                province_id=units["20"],
                elsewhere_id=units[ELSEWHERE],
                at=NOW,
            )

    return run


Make = Callable[..., Awaitable[list[ContactId]]]
Count = Callable[[], Awaitable[Coverage]]


def ranges(coverage: Coverage) -> list[tuple[int, int]]:
    """(low, high) of the province, Bắc Sơn and Cao Lộc."""
    return [(row.reached_low, row.reached) for row in (coverage.province, *coverage.units)]


async def test_one_channel_has_no_range(people: Make, count: Count) -> None:
    await people(TELEGRAM, 3)
    coverage = await count()
    assert ranges(coverage) == [(3, 3), (3, 3), (0, 0)]
    assert not is_range(coverage.province)


async def test_a_group_holds_at_least_its_largest_channel(people: Make, count: Count) -> None:
    await people(TELEGRAM, 3)
    await people(ZALO, 5)
    await people(BOT, 1)
    await people(ZALO, 2, year=2006)  # nobody of Telegram was born then: no doubles
    await people(TELEGRAM, 4, unit=CAO_LOC)
    assert ranges(await count()) == [(11, 15), (7, 11), (4, 4)]


async def test_who_is_linked_is_one_and_no_double_of_anybody(
    people: Make, count: Count, database: Database, langson: Pack
) -> None:
    on_telegram, on_zalo = await people(TELEGRAM, 3), await people(ZALO, 3)
    async with database.write() as tx:
        link = await tx.links.merge(on_telegram[0], joined_id=on_zalo[0], at=NOW)
    assert link
    assert ranges(await count())[1] == (3, 5)
    async with database.write() as tx:
        await record(tx, langson, on_telegram)  # reached once more: still one person
    assert ranges(await count())[1] == (3, 5)
    async with database.write() as tx:
        await tx.links.undo(link, at=NOW + timedelta(days=1))
    assert ranges(await count())[1] == (3, 6)


async def test_the_erased_count_in_both_numbers(people: Make, count: Count, database: Database) -> None:
    on_telegram, _ = await people(TELEGRAM, 2), await people(ZALO, 2)
    async with database.write() as tx:
        await tx.contacts.erase(on_telegram[0], at=NOW)
    assert ranges(await count())[1] == (3, 4)


async def test_other_ages_and_other_provinces_are_in_no_range(people: Make, count: Count) -> None:
    for channel in (TELEGRAM, ZALO):
        await people(channel, 2, year=1980)
        await people(channel, 2, unit=ELSEWHERE)
    coverage = await count()
    assert ranges(coverage) == [(0, 0)] * 3
    assert (coverage.province.other_age, coverage.elsewhere) == (4, 4)


async def test_a_corrected_year_moves_to_its_own_group(
    people: Make, count: Count, database: Database, langson: Pack
) -> None:
    (one,), _ = await people(TELEGRAM, 1), await people(ZALO, 1)
    assert ranges(await count())[1] == (1, 2)
    async with database.write() as tx:
        await tx.contacts.change(one, at=NOW, birth_year=2006)
        await tx.reach.follow_birth_year(one, youth=langson.ages.youth, on=local_day(NOW))
    assert ranges(await count())[1] == (2, 2)


async def test_who_moved_may_be_doubted_twice_so_that_the_province_s_low_is_only_lower(
    people: Make, count: Count, database: Database, langson: Pack, units: dict[str, UnitId]
) -> None:
    both = [*await people(TELEGRAM, 1), *await people(ZALO, 1)]
    async with database.write() as tx:
        for contact_id in both:
            await tx.contacts.change(contact_id, at=NOW, unit_id=units[CAO_LOC])
        await record(tx, langson, both)
    assert ranges(await count()) == [(0, 2), (1, 2), (1, 2)]


async def test_the_least_number_of_all_ways_to_pair_them(people: Make, count: Count) -> None:
    """Against counting by hand: pairs are made within a year, between channels, as many as there can be."""
    groups = Counter({(TELEGRAM, 2005): 2, (ZALO, 2005): 3, (TELEGRAM, 2007): 1, (ZALO, 2007): 1, (ZALO, 2008): 4})
    for (channel, year), number in groups.items():
        await people(channel, number, year=year)
    paired = sum(min(groups[(TELEGRAM, year)], groups[(ZALO, year)]) for year in (2005, 2007, 2008))
    assert ranges(await count())[1] == (groups.total() - paired, groups.total())
