"""Whose turn it is: urgent campaigns first, sending units one after the other, nothing that has expired, a first wave alone."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from outreach.campaigns.model import Campaign, CampaignState, DeliveryState
from outreach.messaging import CampaignId
from outreach.units import UnitId
from storage import tables as t
from tests.storage.conftest import Books

PENDING, IN_FLIGHT = (DeliveryState.PENDING, ""), (DeliveryState.IN_FLIGHT, "")
PEOPLE = 6

Planned = Callable[..., Awaitable[Campaign]]


@pytest.fixture
async def planned(books: Books) -> Planned:
    """A running campaign to six people, with these columns: `await planned(unit="06325", urgent=True)`."""
    for _ in range(PEOPLE):
        await books.person()

    async def make(*, unit: str = "", **columns: Any) -> Campaign:
        campaign = await books.campaign(state=CampaignState.RUNNING)
        await _set(books, campaign, unit_id=books.units[unit] if unit else None, **columns)
        return campaign

    return make


async def _set(books: Books, campaign: Campaign, **columns: Any) -> None:
    async with books.database.write() as tx:
        await tx.connection.execute(update(t.campaign).where(t.campaign.c.id == campaign.campaign_id).values(**columns))


async def _turns(books: Books, *, windows: int, size: int = 2) -> list[list[CampaignId]]:
    """The campaigns of so many windows, one after the other, as a lane claims them."""
    found: list[list[CampaignId]] = []
    served: UnitId | None = None
    for _ in range(windows):
        claimed = await books.claim(size, after=served, per_week=100)
        found.append([delivery.campaign_id for delivery in claimed])
        if claimed:
            async with books.database.read() as tx:
                campaign = await tx.campaigns.get(claimed[0].campaign_id)
            assert campaign
            served = campaign.unit_id
    return found


async def test_sending_units_take_turns_over_windows(books: Books, planned: Planned) -> None:
    province, first, second = await planned(), await planned(unit="06325"), await planned(unit="06211")
    later = await planned(unit="06325")
    low, high = sorted((first, second), key=lambda one: books.units["06325" if one is first else "06211"])
    in_turn = [one.campaign_id for one in (low, high, province)]
    found = await _turns(books, windows=9)
    assert found == [[number] * 2 for number in in_turn * 3]
    assert await _turns(books, windows=2) == [[later.campaign_id] * 2] * 2  # within a unit the older campaign first


async def test_what_one_unit_leaves_of_a_window_the_next_one_fills(books: Books, planned: Planned) -> None:
    province, commune = await planned(), await planned(unit="06325")
    found = await _turns(books, windows=3, size=5)
    assert found == [
        [commune.campaign_id] * 5,
        [province.campaign_id] * 5,
        [commune.campaign_id, province.campaign_id],
    ]


async def test_what_is_urgent_goes_first_and_takes_turns_as_well(books: Books, planned: Planned) -> None:
    await planned(unit="06325")
    urgent, of_province = await planned(unit="06211", urgent=True), await planned(urgent=True)
    found = await _turns(books, windows=4, size=3)
    assert found == [[one.campaign_id] * 3 for one in (urgent, of_province) * 2]


async def test_nothing_of_an_expired_campaign_leaves(books: Books, planned: Planned) -> None:
    campaign = await planned(expires_at=books.clock() + timedelta(minutes=1))
    assert len(await books.claim(2)) == 2
    books.clock.advance(minutes=1)
    assert await books.claim(2) == []
    assert await books.reasons(campaign) == {IN_FLIGHT: 2, PENDING: PEOPLE - 2}


async def test_the_rest_waits_for_the_first_wave(books: Books, planned: Planned) -> None:
    campaign = await planned()
    async with books.database.read() as tx:
        rows = select(t.delivery.c.id).order_by(t.delivery.c.id)
        ids = list((await tx.connection.execute(rows)).scalars())
    await _set(books, campaign, wave_last_id=ids[2], wave_opens_at=books.clock())
    assert [delivery.delivery_id for delivery in await books.claim()] == ids[:3]
    assert await books.claim() == []
    await _set(books, campaign, wave_last_id=None, wave_opens_at=None)
    assert [delivery.delivery_id for delivery in await books.claim()] == ids[3:]
