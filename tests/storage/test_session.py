"""Smoke."""

from collections.abc import Awaitable, Callable

from outreach.campaigns.model import Campaign, CampaignState
from outreach.messaging import ContactId
from outreach.units import UnitId


async def test_a_campaign_reaches_its_rows(
    units: dict[str, UnitId],
    person: Callable[..., Awaitable[ContactId]],
    campaign: Callable[..., Awaitable[Campaign]],
) -> None:
    await person(unit="06325")
    running = await campaign(state=CampaignState.RUNNING)
    assert running.tally.total == 1
    assert len(units) == 67
