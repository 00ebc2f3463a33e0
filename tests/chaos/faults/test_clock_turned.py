"""The machine's clock jumps by an hour in the middle of a campaign, back or forth: it goes on, and nobody gets it twice."""

import asyncio
from datetime import timedelta

import pytest

from outreach.campaigns.model import DeliveryState
from tests.chaos.faults.conftest import Service

PEOPLE = 200


@pytest.mark.parametrize("hours", [-1, 1])
async def test_a_campaign_goes_on(service: Service, hours: int) -> None:
    await service.settle(PEOPLE)
    for kind, rate in (("500", 0.1), ("reset", 0.05)):
        await service.town.client.order("faults", {"kind": kind, "method": "sendMessage", "rate": rate})
    person = service.town.people[0]
    async with service.run(telegram_rate=150):
        await service.arrived(40)
        service.clock.skip(timedelta(hours=hours))
        await service.arrived(100)
        await service.says(person, "xin chào")
        await service.answered(person)
        await service.town.client.order("faults", method="DELETE")
        service.clock.skip(timedelta(hours=1))  # whoever was refused waits by the clock as it was
        await service.finished()
    found = await service.books()
    assert found.keys() <= {DeliveryState.SENT, DeliveryState.UNKNOWN}
    assert found.total() == PEOPLE


async def test_a_schedule_neither_begins_twice_nor_is_skipped(service: Service) -> None:
    """Ordered, frozen, and the clock goes back before its hour: it begins when that hour comes, once."""
    await service.settle(20)
    service.clock.skip(timedelta(hours=-1))
    async with service.run():

        async def frozen() -> bool:
            return (await service.campaign()).frozen_at is not None

        await service.until(frozen)
        await asyncio.sleep(1.5)
        assert await service.journal.read() == 0
        service.clock.skip(timedelta(hours=1))
        await service.finished()
        service.clock.skip(timedelta(hours=-1))
        await asyncio.sleep(1.5)
    assert (await service.books())[DeliveryState.SENT] == 20
