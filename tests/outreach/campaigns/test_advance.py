"""What the clock does: freeze, start, finish; each step may be repeated, and none goes over a pause or a cancel."""

from datetime import timedelta
from typing import Any

import pytest

from outreach.campaigns import advance
from outreach.campaigns.advance import advance_campaigns
from outreach.campaigns.control import pause_campaign
from outreach.campaigns.model import CampaignState
from outreach.campaigns.rules import GRACE
from outreach.officers import System
from tests.outreach.campaigns.conftest import Office

PREPARING, RUNNING, PAUSED = CampaignState.PREPARING, CampaignState.RUNNING, CampaignState.PAUSED


async def test_from_the_order_to_the_end(office: Office) -> None:
    await office.people(5)
    campaign = await office.campaign(state=CampaignState.DRAFT)
    async with office.database.write() as tx:
        starts = office.clock() + GRACE
        assert await tx.campaigns.move(campaign.campaign_id, state=PREPARING, at=office.clock(), not_before=starts)
    assert not await advance_campaigns(
        System(name="clock"), transactions=office.database, pack=office.pack, now=office.clock()
    )
    frozen = await office.now(campaign)
    assert (frozen.state, frozen.tally.pending, frozen.frozen_at) == (PREPARING, 5, office.clock())
    now = office.clock.advance(seconds=59)
    await advance_campaigns(System(name="clock"), transactions=office.database, pack=office.pack, now=now)
    assert (await office.now(campaign)).state == PREPARING
    now = office.clock.advance(seconds=1)
    assert not await advance_campaigns(System(name="clock"), transactions=office.database, pack=office.pack, now=now)
    started = await office.now(campaign)
    assert (started.state, started.started_at) == (RUNNING, now)
    async with office.running():
        await office.done(campaign)
    assert await advance_campaigns(System(name="clock"), transactions=office.database, pack=office.pack, now=now) == [
        campaign.campaign_id
    ]
    assert not await advance_campaigns(System(name="clock"), transactions=office.database, pack=office.pack, now=now)
    assert (await office.now(campaign)).state == CampaignState.FINISHED


async def test_a_campaign_for_nobody_ends_at_once(office: Office) -> None:
    campaign = await office.campaign(state=PREPARING)
    now = office.clock()
    assert await advance_campaigns(System(name="clock"), transactions=office.database, pack=office.pack, now=now) == [
        campaign.campaign_id
    ]


async def test_paused_before_it_was_frozen_nobody_is_forgotten(office: Office) -> None:
    names = await office.people(5)
    campaign = await office.campaign(state=PREPARING)
    async with office.database.write() as tx:
        assert await tx.campaigns.move(campaign.campaign_id, state=PAUSED, at=office.clock())
    await advance_campaigns(System(name="clock"), transactions=office.database, pack=office.pack, now=office.clock())
    async with office.database.write() as tx:
        assert not await tx.campaigns.move(campaign.campaign_id, state=RUNNING, at=office.clock())
        assert await tx.campaigns.move(campaign.campaign_id, state=PREPARING, at=office.clock())
    await advance_campaigns(System(name="clock"), transactions=office.database, pack=office.pack, now=office.clock())
    async with office.running():
        await office.done(campaign)
    assert sorted(office.channel.accepted) == names


async def test_a_freeze_in_progress_ends_with_a_cancel(office: Office) -> None:
    await office.people(6)
    campaign = await office.campaign(state=PREPARING)
    at = office.clock()
    async with office.database.write() as tx:
        last = await tx.ledger.freeze_chunk(campaign, main_period=None, after=0, size=2, at=at)
    assert last
    async with office.database.write() as tx:
        assert await tx.campaigns.move(campaign.campaign_id, state=CampaignState.CANCELLED, at=at)
        assert await tx.ledger.give_up_pending(campaign.campaign_id, reason="cancelled", at=at) == 2
    async with office.database.write() as tx:
        assert await tx.ledger.freeze_chunk(campaign, main_period=None, after=last, size=2, at=at) is None
        await tx.ledger.finish_freezing(campaign.campaign_id, at=at)
    assert await office.states(campaign) == {"skipped": 2}
    assert (await office.now(campaign)).frozen_at is None


async def test_what_an_officer_repeats_keeps_the_campaign_open(office: Office) -> None:
    """The clock looked before the officer pressed: the row's own counters decide, not what was read."""
    await office.people(1)
    campaign = await office.campaign()
    async with office.database.write() as tx:
        assert not await tx.campaigns.move(campaign.campaign_id, state=CampaignState.FINISHED, at=office.clock())


async def test_the_first_start_stays_the_start(office: Office) -> None:
    await office.people(1)
    campaign = await office.campaign()
    async with office.database.write() as tx:
        later = office.clock() + timedelta(hours=1)
        assert await tx.campaigns.move(campaign.campaign_id, state=PAUSED, at=later)
        assert await tx.campaigns.move(campaign.campaign_id, state=RUNNING, at=later)
    assert (await office.now(campaign)).started_at == campaign.started_at


async def test_a_pause_while_people_are_left_out_holds(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    await office.people(3)
    campaign = await office.campaign(state=PREPARING)
    leave_out = advance._leave_out

    async def paused_meanwhile(*args: Any, **values: Any) -> None:
        await leave_out(*args, **values)
        async with office.database.write() as tx:
            await pause_campaign(System(name="cli"), tx=tx, campaign_id=campaign.campaign_id, at=office.clock())

    monkeypatch.setattr(advance, "_leave_out", paused_meanwhile)
    await advance_campaigns(System(name="clock"), transactions=office.database, pack=office.pack, now=office.clock())
    assert (await office.now(campaign)).state == PAUSED
