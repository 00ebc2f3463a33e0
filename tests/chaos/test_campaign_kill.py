"""kill -9 in the middle of a campaign: nobody lost, nobody twice in silence, the rest known to be unknown."""

import asyncio
import time

import pytest

from outreach.campaigns.model import CampaignState, Content, DeliveryState
from outreach.campaigns.rules import content_fingerprint
from outreach.messaging import CampaignId
from tests.chaos.conftest import Town

PEOPLE = 2_000
WORDS = "Tin thử khi máy bị tắt"


async def _finished(town: Town, number: CampaignId, *, seconds: float) -> dict[tuple[DeliveryState, str], int]:
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        async with town.database.read() as tx:
            campaign = await tx.campaigns.get(number)
            reasons = await tx.ledger_reports.reasons(number)
        if campaign and campaign.state == CampaignState.FINISHED:
            return reasons
        await asyncio.sleep(0.2)
    raise AssertionError(f"not finished in {seconds} s: {reasons}\n{town.process.logs()}")


async def _sent(town: Town, *, least: int, seconds: float = 90) -> int:
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        people = (await town.delivered(WORDS))["people"]
        assert isinstance(people, int)
        if people >= least:
            return people
        await asyncio.sleep(0.05)
    raise AssertionError(f"fewer than {least} in {seconds} s\n{town.process.logs()}")


@pytest.mark.slow
async def test_killed_twice_during_a_campaign(town: Town) -> None:
    content = Content(title=WORDS, paragraphs=("Một đoạn.",), counts=True)
    assert content_fingerprint(content)
    await town.settle(PEOPLE)
    number = await town.order(content)

    for least in (300, 900):
        town.process.start()
        await _sent(town, least=least)
        town.process.kill()
    town.process.start()
    reasons = await _finished(town, number, seconds=180)
    assert town.process.stop() == 0

    by_state = {state: sum(count for (found, _), count in reasons.items() if found == state) for state in DeliveryState}
    unknown = by_state[DeliveryState.UNKNOWN]
    assert by_state[DeliveryState.SENT] + unknown == PEOPLE
    # At most two windows are open at a kill; two kills.
    window = 400 // 15
    assert unknown <= 2 * 2 * window

    journal = await town.delivered(WORDS)
    assert journal["repeated"] == {}
    people = journal["people"]
    assert isinstance(people, int)
    assert by_state[DeliveryState.SENT] <= people <= PEOPLE
    async with town.database.read() as tx:
        campaign = await tx.campaigns.get(number)
    assert campaign
    assert campaign.tally.sent == by_state[DeliveryState.SENT]
    assert campaign.tally.total == PEOPLE
    assert campaign.tally.first_time == by_state[DeliveryState.SENT]
