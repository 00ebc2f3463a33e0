"""Nobody answers at the provider's: where nothing leaves, the campaign waits and goes on by itself; where nobody knows whether it
arrives, it pauses before it has lost everybody.
"""

import asyncio
from collections.abc import Mapping
from datetime import timedelta

import pytest

from bot.channels.telegram.straight import StraightPosts
from outreach.campaigns.control import resume_campaign
from outreach.campaigns.model import CampaignState, DeliveryState
from outreach.officers import System
from tests.chaos.faults.conftest import Service
from tests.chaos.faults.gate import gate_before

PEOPLE, RATE = 150, 60
WINDOW = 2 * (RATE // 15)


async def test_the_campaign_goes_on_by_itself(service: Service) -> None:
    """After ten minutes by the clock of the program, which is turned: each attempt that is due then is really made."""
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


@pytest.mark.parametrize("fault", [{"kind": "502"}, {"kind": "slow", "seconds": 1.0}], ids=["502", "time-outs"])
async def test_answers_nobody_hears_pause_it_and_nothing_is_repeated(
    service: Service, fault: Mapping[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    waits = StraightPosts.__init__.__kwdefaults__
    assert waits
    monkeypatch.setitem(waits, "read_timeout", 0.2)
    await service.settle(PEOPLE)
    async with service.run(telegram_rate=RATE):
        await service.arrived(20)
        await service.town.client.order("faults", {"method": "sendMessage", **fault})
        await service.until(lambda: service.is_in(CampaignState.PAUSED))
        await service.town.client.order("faults", method="DELETE")
        await service.tells_the_officer("ứng dụng không trả lời hoặc báo lỗi", "không ai được tự gửi lại")
        unknown = (await service.books())[DeliveryState.UNKNOWN]
        assert 20 <= unknown <= 20 + 2 * WINDOW
        async with service.town.database.write() as tx:
            await resume_campaign(System(name="officer"), tx=tx, campaign_id=service.number, at=service.clock())
        await service.finished()
    assert await service.books() == {DeliveryState.SENT: PEOPLE - unknown, DeliveryState.UNKNOWN: unknown}
