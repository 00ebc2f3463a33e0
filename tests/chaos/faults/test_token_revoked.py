"""The token is taken back in the middle of a campaign, and another one is set hours later: nobody has failed, and the officer hears of it."""

from datetime import timedelta

from sqlalchemy import select

from outreach.campaigns.control import resume_campaign
from outreach.campaigns.model import CampaignState, DeliveryState
from outreach.officers import System
from storage import tables as t
from tests.chaos.faults.conftest import Service

PEOPLE = 100
UNAUTHORIZED = {"kind": "error", "code": 401, "message": "Unauthorized"}


async def test_it_pauses_tells_and_goes_on_where_it_was(service: Service) -> None:
    await service.settle(PEOPLE)
    async with service.run(telegram_rate=60) as app:
        await service.arrived(20)
        await service.town.client.order("faults", UNAUTHORIZED)
        await service.until(lambda: service.is_in(CampaignState.PAUSED))

        async def promised() -> bool:
            told = await service.town.one(select(t.campaign.c.told_state)) == CampaignState.PAUSED
            return told or bool(app.replies.revoked)

        await service.until(promised)  # and it cannot leave; or it is known that nothing can
    assert (await service.campaign()).halt_reason == "token_revoked"
    found = await service.books()
    assert found.keys() == {DeliveryState.SENT, DeliveryState.PENDING}

    service.clock.skip(timedelta(hours=2))
    await service.town.client.order("faults", method="DELETE")
    async with service.run():
        await service.tells_the_officer("mã kết nối với ứng dụng không còn hiệu lực")
        async with service.town.database.write() as tx:
            await resume_campaign(System(name="officer"), tx=tx, campaign_id=service.number, at=service.clock())
        await service.finished()
    assert (await service.books()) == {DeliveryState.SENT: PEOPLE}
