"""Two lanes over one campaign: each has its own pace and its own trouble, and nobody gets it twice."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from outreach.campaigns.advance import advance_campaigns
from outreach.campaigns.control import resume_campaign
from outreach.campaigns.model import Campaign, CampaignState
from outreach.campaigns.silence import try_another_way
from outreach.contacts.model import Consent
from outreach.contacts.windows import Windows, month_of
from outreach.errors import PermissionDeniedError
from outreach.messaging import AccountId, Address, Capabilities, ChannelName, SendError, SendErrorKind
from outreach.officers import Officer, Person, System
from storage import tables as t
from tests.outreach.campaigns.conftest import Office, RecordingChannel
from tests.storage.two_channels import receipts_came

ZALO = Capabilities(max_text=2000, max_caption=0, max_payload_bytes=64, edits=False, windowed=True, receipts=True)


@dataclass(kw_only=True)
class Pair:
    """The usual office on Telegram, and the same one on Zalo."""

    office: Office
    zalo: Office
    notices: Consent

    async def person(self, name: str, *, telegram: bool = True, zalo: int | None = None) -> None:
        """`zalo`: the hours since her last word there; on Telegram she was silent for twenty."""
        office, now = self.office, self.office.clock()
        contact_id = await office.person(external_id=f"t{name}", unit="06325")
        async with office.database.write() as tx:
            hers = t.address.c.contact_id == contact_id
            values = {"interacted_at": now - timedelta(hours=20), "reachable": telegram}
            await tx.connection.execute(t.address.update().where(hers).values(values))
            if zalo is None:
                return
            address = Address(account_id=self.zalo.channel.account_id, external_id=f"z{name}")
            spoke = now - timedelta(hours=zalo)
            about = {"interacted_at": spoke, "created_at": now, "changed_at": now, "contact_id": contact_id}
            await tx.connection.execute(
                t.address.insert().values(account_id=address.account_id, external_id=address.external_id, **about)
            )
            await tx.contacts.add_consent(contact_id, address=address, consent=self.notices)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        async with self.office.running(), self.zalo.running(rate=100.0):
            yield

    async def spent(self) -> dict[AccountId, tuple[int, int, int]]:
        async with self.office.database.read() as tx:
            found = await tx.spending.of_month(month_of(self.office.clock()))
        return {account: (spent.messages, spent.charged, spent.vnd) for account, spent in found.items()}

    async def tick(self) -> None:
        await advance_campaigns(
            System(name="clock"), transactions=self.office.database, pack=self.office.pack, now=self.office.clock()
        )


@pytest.fixture
async def pair(office: Office, notices: Consent) -> Pair:
    async with office.database.write() as tx:
        account_id = await tx.contacts.account(channel=ChannelName.ZALO_OA, external_id="9", name="OA", windowed=True)
    channel = RecordingChannel(account_id=account_id, name=ChannelName.ZALO_OA, capabilities=ZALO)
    return Pair(office=office, zalo=replace(office, channel=channel), notices=notices)


async def test_each_gets_it_once_where_she_spoke_last(pair: Pair) -> None:
    await pair.person("1")
    await pair.person("2", zalo=1)
    await pair.person("3", zalo=30)
    campaign = await pair.office.campaign()
    async with pair.running():
        await pair.office.done(campaign)
    assert sorted(pair.office.channel.accepted) == ["t1", "t3"]
    assert pair.zalo.channel.accepted == ["z2"]
    assert await pair.spent() == {pair.office.channel.account_id: (2, 0, 0), pair.zalo.channel.account_id: (1, 0, 0)}


async def test_who_has_left_on_one_gets_it_on_the_other(pair: Pair) -> None:
    for name in "12":
        await pair.person(name, zalo=1)
    pair.zalo.fails("z1", SendErrorKind.GONE, "not_following")
    pair.zalo.fails("z2", SendErrorKind.WINDOW_CLOSED, "outside_window")
    campaign = await pair.office.campaign()
    async with pair.running():
        await pair.office.done(campaign)
    assert sorted(pair.office.channel.accepted) == ["t1", "t2"]
    assert await pair.office.states(campaign) == {"replaced": 2, "sent": 2}
    found = await pair.office.now(campaign)
    assert (found.tally.meant, found.tally.done, found.tally.first_time) == (2, 2, 2)


async def test_a_used_up_plan_stops_its_lane_and_no_other(pair: Pair, caplog: pytest.LogCaptureFixture) -> None:
    for number in range(30):
        await pair.person(f"{number:02}", zalo=1 if number % 2 else None)
    pair.zalo.channel.always = SendError(SendErrorKind.EXHAUSTED, "quota_used")
    campaign = await pair.office.campaign()
    async with pair.office.running(rate=30.0), pair.zalo.running(rate=100.0):
        await _until_sent(pair, campaign, 15)
        assert (await pair.office.now(campaign)).state == CampaignState.RUNNING
        asked = len(pair.zalo.channel.asked)
        await asyncio.sleep(0.1)
        assert len(pair.zalo.channel.asked) == asked <= 2 * 6
        await pair.tick()
        halted = await pair.office.now(campaign)
        assert (halted.state, halted.halt_reason) == (CampaignState.PAUSED, "quota_used")
        assert await pair.office.states(campaign) == {"sent": 15, "pending": 15}
        pair.zalo.channel.always = None
        officer = await _officer(pair, campaign)
        async with pair.office.database.write() as tx:
            await resume_campaign(officer, tx=tx, campaign_id=campaign.campaign_id, at=pair.office.clock())
        await pair.office.done(campaign)
    assert len(pair.zalo.channel.accepted) == 15
    assert "halted, as met on zalo_oa: quota_used" in caplog.text


async def test_a_lane_that_hears_no_answer_stands_still_alone(pair: Pair) -> None:
    for number in range(120):
        await pair.person(f"{number:03}", zalo=1 if number % 2 else None)
    pair.zalo.channel.always = SendError(SendErrorKind.UNKNOWN, "timeout")
    campaign = await pair.office.campaign()
    async with pair.office.running(rate=60.0), pair.zalo.running(rate=100.0):
        await _until_sent(pair, campaign, 60)
        assert (await pair.office.now(campaign)).state == CampaignState.RUNNING
        found = await pair.office.settled(campaign)
    assert 20 <= found["unknown"] <= 20 + 2 * 6
    assert found == {"sent": 60, "unknown": found["unknown"], "pending": 60 - found["unknown"]}


async def _until_sent(pair: Pair, campaign: Campaign, number: int) -> None:
    async def enough() -> bool:
        return (await pair.office.states(campaign)).get("sent", 0) >= number

    await pair.office.until(enough)

    async def halted() -> bool:
        async with pair.office.database.read() as tx:
            return bool(await tx.lanes.halted(campaign.campaign_id))

    await pair.office.until(halted)


async def _officer(pair: Pair, campaign: Campaign) -> Officer:
    async with pair.office.database.read() as tx:
        officer = await tx.officers.get(campaign.created_by)
    assert officer
    return officer


async def test_an_officer_lets_a_lane_go_on_while_the_others_run(pair: Pair) -> None:
    for number in range(6):
        await pair.person(f"{number}", zalo=1 if number % 2 else None)
    campaign = await pair.office.campaign()
    async with pair.office.database.write() as tx:
        assert await tx.lanes.halt(
            campaign.campaign_id,
            account_id=pair.zalo.channel.account_id,
            reason="token_lost",
            at=pair.office.clock(),
        )
    officer = await _officer(pair, campaign)
    async with pair.office.database.write() as tx:
        await resume_campaign(officer, tx=tx, campaign_id=campaign.campaign_id, at=pair.office.clock())
    async with pair.running():
        await pair.office.done(campaign)
    assert (await pair.office.now(campaign)).state == CampaignState.RUNNING
    assert len(pair.zalo.channel.accepted) == 3


async def test_wrong_content_stops_every_lane(pair: Pair) -> None:
    for number in range(60):
        await pair.person(f"{number:02}", zalo=1 if number % 2 else None)
    pair.zalo.channel.always = SendError(SendErrorKind.OUR_FAULT, "field_invalid")
    pair.office.channel.always = 0.2
    campaign = await pair.office.campaign()
    async with pair.office.running(rate=20.0), pair.zalo.running(rate=1000.0):

        async def paused() -> bool:
            return (await pair.office.now(campaign)).state == CampaignState.PAUSED

        await pair.office.until(paused)
    assert (await pair.office.now(campaign)).halt_reason == "wrong_message"


async def test_not_now_holds_one_lane_alone(pair: Pair) -> None:
    for number in range(10):
        await pair.person(f"{number}", zalo=1 if number % 2 else None)
    pair.zalo.channel.always = SendError(SendErrorKind.NOT_NOW, "rate_limit", retry_after=60.0)
    campaign = await pair.office.campaign()
    async with pair.running():

        async def telegram_is_done() -> bool:
            return len(pair.office.channel.accepted) == 5

        await pair.office.until(telegram_is_done)
    assert len(pair.zalo.channel.asked) <= 6
    assert (await pair.office.states(campaign))["pending"] == 5


async def test_what_costs_is_booked_and_never_more_than_the_ceiling(pair: Pair) -> None:
    pair.office.database.windows = Windows(ceiling_vnd=120)
    for name in "1234":
        await pair.person(name, telegram=False, zalo=60)
    campaign = await pair.office.campaign()
    async with pair.running():
        await pair.office.done(campaign)
    assert len(pair.zalo.channel.accepted) == 2
    assert await pair.office.states(campaign) == {"sent": 2, "skipped": 2}
    assert await pair.spent() == {pair.zalo.channel.account_id: (2, 0, 0)}  # the package paid for them


async def test_nothing_heard_another_way_is_tried_and_she_is_reached_once(pair: Pair) -> None:
    await pair.person("1", zalo=1)
    campaign = await pair.office.campaign()
    clock = System(name="clock")
    about = {"transactions": pair.office.database, "accounts": [pair.zalo.channel.account_id]}
    async with pair.running():
        await pair.office.done(campaign)
        await pair.tick()
        async with pair.office.database.write() as tx:
            zalo = pair.zalo.channel.account_id
            await receipts_came(tx.connection, campaign.campaign_id, account_id=zalo, at=pair.office.clock())
        now = pair.office.clock.advance(hours=25)
        day = timedelta(hours=24)
        assert await try_another_way(clock, patience=timedelta(), now=now, **about) == 0  # type: ignore[arg-type]  # a bag of keywords
        assert await try_another_way(clock, patience=day, now=now, **about) == 1  # type: ignore[arg-type]  # a bag of keywords
        await pair.office.done(campaign)
        assert await try_another_way(clock, patience=day, now=now, **about) == 0  # type: ignore[arg-type]  # a bag of keywords
    assert pair.office.channel.accepted == ["t1"]
    found = await pair.office.now(campaign)
    assert (found.state, found.tally.meant, found.tally.sent) == (CampaignState.FINISHED, 2, 2)  # and who was heard of
    async with pair.office.database.read() as tx:
        turns = (await tx.connection.execute(select(func.max(t.reach_person.c.turns)))).scalar_one()
    assert turns == 1


async def test_only_the_clock_tries_another_way(pair: Pair) -> None:
    with pytest.raises(PermissionDeniedError):
        await try_another_way(
            Person(contact_id=None),
            transactions=pair.office.database,
            accounts=[],
            patience=timedelta(),
            now=pair.office.clock(),
        )
