"""Nobody answers at the provider's for ten minutes: the campaign waits and goes on by itself, and words said meanwhile are answered.

Ten minutes by the clock of the program, which is turned: each attempt that is due then is really made.
"""

import asyncio
from datetime import timedelta

from outreach.campaigns.model import CampaignState, DeliveryState
from tests.chaos.faults.conftest import Service
from tests.chaos.faults.gate import gate_before

PEOPLE, RATE = 150, 60
WINDOW = 2 * (RATE // 15)


async def test_the_campaign_goes_on_by_itself(service: Service) -> None:
    await service.settle(PEOPLE)
    person = service.town.people[-1]
    async with (
        gate_before(service.town.client.address) as gate,
        service.run(telegram_base_url=gate.address, telegram_rate=RATE),
    ):
        await service.arrived(20)
        await gate.shut()
        for _ in range(20):
            service.clock.skip(timedelta(seconds=30))
            await asyncio.sleep(0.1)
        arrived = await service.journal.read()
        await service.says(person, "xin chào")
        await asyncio.sleep(0.3)
        assert await service.journal.read() == arrived < PEOPLE
        assert await service.is_in(CampaignState.RUNNING)
        await gate.open()
        service.clock.skip(timedelta(seconds=10))
        await service.finished()
        await service.answered(person)
    assert len(await service.said_to(person)) == 1
    found = await service.books()
    assert found.keys() <= {DeliveryState.SENT, DeliveryState.UNKNOWN}, "nobody has failed"
    assert found[DeliveryState.UNKNOWN] <= WINDOW, "only what was on its way as the line broke"
