"""The first wave: a few people of many units, a look, then the rest."""

from datetime import timedelta

import pytest
from sqlalchemy import event, select

from outreach.campaigns.advance import advance_campaigns
from outreach.campaigns.control import open_wave, order_campaign, pause_campaign, resume_campaign
from outreach.campaigns.limits import limits_at
from outreach.campaigns.model import Campaign, CampaignState, Limits, Plan
from outreach.campaigns.rules import GRACE
from outreach.contacts.model import Subscription
from outreach.messaging import SendErrorKind
from outreach.officers import System
from storage import tables as t
from tests.conftest import NOW
from tests.outreach.campaigns.conftest import Office

CLOCK = System(name="clock")
COMMUNES = ("06325", "06001", "06004")


@pytest.fixture
async def begun(office: Office) -> Campaign:
    """Twelve people of three communes, four of each, one of whom has stopped; a first wave of six, and it has started."""
    for place, unit in enumerate(COMMUNES):
        for number in range(4):
            stopped = Subscription.STOPPED if (place, number) == (0, 0) else Subscription.ACTIVE
            await office.person(external_id=f"{unit}-{number}", unit=unit, subscription=stopped)
    campaign = await office.campaign(state=CampaignState.DRAFT)
    async with office.database.write() as tx:
        await tx.campaigns.edit(campaign.campaign_id, plan=Plan(first_wave=6))
        await order_campaign(CLOCK, tx=tx, campaign_id=campaign.campaign_id, at=NOW)
    await tick(office, campaign)
    office.clock.advance(seconds=GRACE.total_seconds())
    return await tick(office, campaign)


async def tick(office: Office, campaign: Campaign) -> Campaign:
    await advance_campaigns(CLOCK, transactions=office.database, pack=office.pack, now=office.clock())
    return await office.now(campaign)


async def audited(office: Office) -> list[tuple[str, dict[str, object]]]:
    async with office.database.read() as tx:
        rows = await tx.connection.execute(select(t.audit.c.action, t.audit.c.data).order_by(t.audit.c.id))
        return [(row.action, row.data) for row in rows]


async def wave_is_out(office: Office, campaign: Campaign) -> Campaign:
    async def out() -> bool:
        async with office.database.read() as tx:
            return not (await tx.waves.tally(campaign.campaign_id)).left

    async with office.running():
        await office.until(out)
    return await tick(office, campaign)


async def test_the_wave_is_of_all_units_and_has_the_first_rows(office: Office, begun: Campaign) -> None:
    assert (begun.state, begun.tally.total, begun.tally.pending) == (CampaignState.RUNNING, 12, 11)
    async with office.database.read() as tx:
        rows = await tx.ledger_reports.rows(begun.campaign_id, after=0, limit=50)
    assert begun.wave
    units = [row.unit_id for row in rows if row.delivery_id <= begun.wave.last_id]
    assert len(units) == 6
    assert {units.count(unit) for unit in units} == {2}
    assert len({row.contact_id for row in rows}) == 12


@pytest.mark.parametrize(("able", "first"), [(4, 2), (1, 1), (0, 0)])
async def test_whoever_is_looked_at_first_and_may_not_get_it_is_passed_over(
    office: Office, able: int, first: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Many who pause, then a few who do not; where there is none there is no wave, and nothing to wait for."""
    monkeypatch.setattr("storage.waves._LOOKED_AT", (1, 3, None))
    numbered: list[str] = []
    event.listen(
        office.database.read_engine.sync_engine, "before_cursor_execute", lambda *args: numbered.append(args[2])
    )
    for number in range(16 + able):
        subscription = Subscription.PAUSED if number < 16 else Subscription.ACTIVE
        await office.person(external_id=f"{number}", unit="06325", subscription=subscription)
    campaign = await office.campaign(state=CampaignState.DRAFT)
    async with office.database.write() as tx:
        await tx.campaigns.edit(campaign.campaign_id, plan=Plan(first_wave=2))
        await order_campaign(CLOCK, tx=tx, campaign_id=campaign.campaign_id, at=NOW)
    frozen = await tick(office, campaign)
    assert sum("row_number()" in one for one in numbered) == 3, "each numbers the whole audience"
    async with office.database.read() as tx:
        rows = await tx.ledger_reports.rows(campaign.campaign_id, after=0, limit=50)
    assert (frozen.wave.last_id if frozen.wave else None) == (rows[first - 1].delivery_id if first else None)
    assert len(rows) == 16 + able


async def test_the_rest_follows_after_ten_minutes(office: Office, begun: Campaign) -> None:
    waiting = await wave_is_out(office, begun)
    assert waiting.wave
    assert (waiting.wave.opens_at, waiting.tally.sent) == (office.clock() + timedelta(minutes=10), 6)
    office.clock.advance(minutes=9)
    assert (await tick(office, begun)).wave == waiting.wave  # once said it stays
    office.clock.advance(minutes=1)
    assert (await tick(office, begun)).wave is None
    async with office.running():
        await office.done(begun)
    assert (await tick(office, begun)).state == CampaignState.FINISHED
    assert await audited(office) == [("campaign.order", {}), ("campaign.running", {}), ("campaign.finished", {})]
    assert len(set(office.channel.accepted)) == len(office.channel.accepted) == 11


async def test_a_pause_keeps_the_wave_and_an_officer_may_open_it(office: Office, begun: Campaign) -> None:
    for step in (pause_campaign, resume_campaign):
        async with office.database.write() as tx:
            await step(CLOCK, tx=tx, campaign_id=begun.campaign_id, at=office.clock())
    assert (await wave_is_out(office, begun)).tally.sent == 6
    async with office.database.write() as tx:
        await open_wave(CLOCK, tx=tx, campaign_id=begun.campaign_id, at=office.clock())
    async with office.running():
        await office.done(begun)
    assert len(office.channel.accepted) == 11


async def test_a_wave_that_meets_blocks_stops_the_campaign(
    office: Office, begun: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("outreach.campaigns.rules._FEWEST_BLOCKS", 2)
    for unit in COMMUNES[1:]:
        office.fails(f"{unit}-0", SendErrorKind.GONE, "blocked")
    halted = await wave_is_out(office, begun)
    assert (halted.state, halted.halt_reason, halted.tally.sent) == (CampaignState.PAUSED, "many_blocked", 4)
    async with office.database.write() as tx:
        await resume_campaign(CLOCK, tx=tx, campaign_id=begun.campaign_id, at=office.clock())
    assert (await tick(office, begun)).state == CampaignState.RUNNING  # the officer has looked
    assert await audited(office) == [
        ("campaign.order", {}),
        ("campaign.running", {}),
        ("campaign.halt", {"reason": "many_blocked"}),
        ("campaign.resume", {}),
    ]


async def test_killed_between_the_wave_and_the_rest(office: Office) -> None:
    """The wave is made once; a freeze that begins again adds the others only."""
    names = await office.people(8)
    campaign = await office.campaign(state=CampaignState.PREPARING)
    async with office.database.read() as tx:
        known = list(await tx.waves.pick(campaign, limits=await _limits(office), size=3, at=NOW))
    async with office.database.write() as tx:
        assert await tx.waves.begin(campaign, people=known, at=NOW)
        assert not await tx.waves.begin(campaign, people=known, at=NOW)
    wave = (await office.now(campaign)).wave
    frozen = await tick(office, campaign)
    assert (frozen.tally.total, frozen.wave) == (len(names), wave)


async def _limits(office: Office) -> Limits:
    async with office.database.read() as tx:
        return await limits_at(tx, pack=office.pack, at=NOW)
