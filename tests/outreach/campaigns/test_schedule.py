"""Ordered for later: frozen a minute before its hour, whatever the machine and its clock do meanwhile. It is Monday, 10:00."""

from datetime import datetime, timedelta

import pytest

from outreach.campaigns.advance import advance_campaigns
from outreach.campaigns.compose import take_back
from outreach.campaigns.control import cancel_campaign, order_campaign, pause_campaign, resume_campaign
from outreach.campaigns.model import Campaign, CampaignState, LateRule, OnUnknown, Plan
from outreach.campaigns.rules import GRACE, time_lost
from outreach.errors import StateError
from outreach.officers import System
from tests.conftest import NOW
from tests.outreach.campaigns.conftest import Office

CLOCK = System(name="clock")
SCHEDULED, PREPARING, RUNNING = CampaignState.SCHEDULED, CampaignState.PREPARING, CampaignState.RUNNING
PAUSED, FINISHED, CANCELLED = CampaignState.PAUSED, CampaignState.FINISHED, CampaignState.CANCELLED


async def ordered(office: Office, *, starts: datetime, plan: Plan | None = None) -> Campaign:
    campaign = await office.campaign(state=CampaignState.DRAFT)
    async with office.database.write() as tx:
        await tx.campaigns.edit(campaign.campaign_id, plan=plan or Plan())
        await order_campaign(CLOCK, tx=tx, campaign_id=campaign.campaign_id, at=office.clock(), not_before=starts)
    return await office.now(campaign)


async def tick(office: Office, campaign: Campaign, *, at: datetime | None = None) -> Campaign:
    """One beat of the clock, then."""
    office.clock.now = at or office.clock.now
    await advance_campaigns(CLOCK, transactions=office.database, pack=office.pack, now=office.clock())
    return await office.now(campaign)


async def test_who_joins_before_the_hour_gets_it(office: Office) -> None:
    """Nothing is frozen with the order; paused and resumed meanwhile it keeps its hour."""
    starts = NOW + timedelta(days=3)
    campaign = await ordered(office, starts=starts)
    assert campaign.state == SCHEDULED
    for step in (pause_campaign, resume_campaign):
        async with office.database.write() as tx:
            await step(CLOCK, tx=tx, campaign_id=campaign.campaign_id, at=office.clock())
    names = await office.people(3)
    assert (await tick(office, campaign, at=starts - GRACE - timedelta(seconds=1))).state == SCHEDULED
    frozen = await tick(office, campaign, at=starts - GRACE)
    assert (frozen.state, frozen.tally.pending, frozen.not_before) == (PREPARING, 3, starts)
    assert (await tick(office, campaign, at=starts)).state == RUNNING
    async with office.running():
        await office.done(campaign)
    assert sorted(office.channel.accepted) == names


async def test_a_clock_that_is_put_back_or_forth_neither_skips_nor_repeats(office: Office) -> None:
    await office.people(2)
    starts = NOW + timedelta(hours=2)
    campaign = await ordered(office, starts=starts)
    assert (await tick(office, campaign, at=starts - GRACE)).state == PREPARING
    assert (await tick(office, campaign, at=starts - timedelta(hours=1))).state == PREPARING  # an hour back
    assert (await tick(office, campaign, at=starts)).state == RUNNING
    async with office.running():
        await office.done(campaign)
    assert (await tick(office, campaign, at=starts - timedelta(minutes=30))).state == FINISHED
    assert (await tick(office, campaign, at=starts + timedelta(hours=1))).state == FINISHED
    assert len(office.channel.accepted) == 2
    another = await ordered(office, starts=office.clock() + timedelta(minutes=50))
    assert (
        await tick(office, another, at=office.clock() + timedelta(hours=1))
    ).state == RUNNING  # an hour forth: ten minutes late


@pytest.mark.parametrize(
    ("rule", "minutes", "state", "reason"),
    [
        (LateRule.ASK, 15, RUNNING, ""),
        (LateRule.ASK, 16, PAUSED, "missed_start"),
        (LateRule.SKIP, 16, CANCELLED, "missed_start"),
        (LateRule.SEND, 300, RUNNING, ""),
    ],
)
async def test_a_missed_hour_goes_by_its_late_rule(
    office: Office, rule: LateRule, minutes: int, state: CampaignState, reason: str
) -> None:
    await office.people(1)
    starts = NOW + timedelta(hours=1)
    campaign = await ordered(office, starts=starts, plan=Plan(late_rule=rule))
    late = await tick(office, campaign, at=starts + timedelta(minutes=minutes))
    assert (late.state, late.halt_reason) == (state, reason)


async def test_killed_while_it_was_prepared_it_is_late_as_well(office: Office) -> None:
    """An officer who then says "send" has the minute to change her mind."""
    await office.people(1)
    campaign = await ordered(office, starts=NOW)
    assert (await tick(office, campaign)).frozen_at
    asked = await tick(office, campaign, at=NOW + timedelta(hours=3))
    assert (asked.state, asked.halt_reason) == (PAUSED, "missed_start")
    async with office.database.write() as tx:
        await resume_campaign(CLOCK, tx=tx, campaign_id=campaign.campaign_id, at=office.clock())
    assert (await tick(office, campaign)).state == PREPARING
    assert (await tick(office, campaign, at=office.clock() + GRACE)).state == RUNNING


def test_no_hour_of_the_night_is_lost(langson_hours: object) -> None:
    evening = datetime.fromisoformat("2026-10-12T21:50+07:00")
    for now, minutes in (
        ("2026-10-12T21:55", 5),
        ("2026-10-12T23:00", 10),
        ("2026-10-13T06:00", 10),
        ("2026-10-13T07:04", 14),
    ):
        then = datetime.fromisoformat(f"{now}+07:00")
        assert time_lost(evening, then, hours=langson_hours) == timedelta(minutes=minutes)  # type: ignore[arg-type]  # the pack's span
    assert time_lost(evening, evening + timedelta(hours=5), hours=None) == timedelta(hours=5)


@pytest.fixture
def langson_hours(office: Office) -> object:
    return office.pack.sending.hours


async def test_taken_back_it_keeps_its_plan(office: Office) -> None:
    plan = Plan(urgent=True, late_rule=LateRule.SKIP, first_wave=50, expires_at=NOW + timedelta(hours=3))
    campaign = await ordered(office, starts=NOW + timedelta(hours=2), plan=plan)
    async with office.database.write() as tx:
        officer = await tx.officers.get(campaign.created_by)
        assert officer
        again = await take_back(officer, tx=tx, campaign_id=campaign.campaign_id, at=NOW)
    assert (again.state, again.plan, again.on_unknown) == (CampaignState.DRAFT, plan, OnUnknown.RATHER_MISS)
    assert (await tick(office, campaign, at=NOW + timedelta(hours=2))).state == CANCELLED


async def test_what_expires_is_sent_no_more(office: Office) -> None:
    """Some have got it: it ends. Nobody has: it is dropped. Also where it is paused."""
    await office.people(5)
    expires = NOW + timedelta(hours=1)
    with pytest.raises(StateError, match="expires_before"):
        await ordered(office, starts=expires, plan=Plan(expires_at=expires))
    begun = await ordered(office, starts=NOW, plan=Plan(expires_at=expires))
    await tick(office, begun, at=NOW + GRACE)
    async with office.running(rate=15.0):
        await office.asked(2)
    assert (await office.settled(begun))["pending"]
    async with office.database.write() as tx:
        await pause_campaign(CLOCK, tx=tx, campaign_id=begun.campaign_id, at=office.clock())
    ended = await tick(office, begun, at=expires)
    assert (ended.state, ended.tally.pending) == (FINISHED, 0)
    async with office.database.read() as tx:
        assert ("skipped", "expired") in await tx.ledger_reports.reasons(begun.campaign_id)

    waits = await ordered(
        office, starts=expires + timedelta(hours=1), plan=Plan(expires_at=expires + timedelta(hours=2))
    )
    dropped = await tick(office, waits, at=expires + timedelta(hours=3))
    assert (dropped.state, dropped.halt_reason) == (CANCELLED, "expired")


async def test_of_very_many_rows_the_clock_gives_up_the_most(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    await office.people(7)
    campaign = await office.campaign()
    monkeypatch.setattr("outreach.campaigns.control.AT_ONCE", 5)
    monkeypatch.setattr("outreach.campaigns.advance.AT_ONCE", 3)
    async with office.database.write() as tx:
        await cancel_campaign(CLOCK, tx=tx, campaign_id=campaign.campaign_id, at=office.clock())
    assert await office.states(campaign) == {"pending": 7}
    async with office.running():
        await tick(office, campaign)
    assert await office.states(campaign) == {"skipped": 7}
    assert not office.channel.asked
