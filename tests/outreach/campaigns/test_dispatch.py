"""The bulk lane on a good day: who gets it, who counts, when it goes, and how much of it is open at once."""

import asyncio
import time
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime

from sqlalchemy import func, select, update

from outreach.campaigns.limits import limits_at
from outreach.campaigns.model import Campaign, CampaignState, Reader
from outreach.messaging import Capabilities, Reply, SendErrorKind
from storage import tables as t
from tests.outreach.campaigns.conftest import Office, PlainRenderer


async def test_everybody_gets_it_once_and_is_counted(office: Office) -> None:
    names = await office.people(60)
    campaign = await office.campaign()
    async with office.running():
        await office.done(campaign)
    assert sorted(office.channel.accepted) == names
    assert await office.states(campaign) == {"sent": 60}
    assert (await office.now(campaign)).tally.first_time == 60
    async with office.database.read() as tx:
        rows = (
            await tx.connection.execute(select(t.reach_person.c.period_id, func.count()).group_by("period_id"))
        ).all()
        refs = (await tx.connection.execute(select(t.delivery.c.refs))).scalars().all()
    assert [people for _, people in rows] == [60] * 4  # a day in October lies in four periods
    assert sorted(int(ref) for (ref,) in refs) == list(range(1, 61))


async def test_first_time_is_counted_in_the_main_period(office: Office) -> None:
    """The state year begins on 15/12: who was reached on 14/12 is new on 15/12, though the calendar year is the same."""
    await office.people(3)
    first = await office.campaign()
    office.clock.now = datetime(2026, 12, 14, 5, tzinfo=UTC)
    async with office.running():
        await office.done(first)
    second = await office.campaign(content=replace(office.content, title="Tin thứ hai"))
    office.clock.now = datetime(2026, 12, 15, 5, tzinfo=UTC)
    async with office.running():
        await office.done(second)
    async with office.database.read() as tx:
        limits = await limits_at(tx, pack=office.pack, at=office.clock())
        new = (
            await tx.connection.execute(
                select(func.count()).where(
                    t.reach_person.c.first_campaign_id == second.campaign_id,
                    t.reach_person.c.period_id == limits.main_period,
                )
            )
        ).scalar_one()
    assert [(await office.now(campaign)).tally.first_time for campaign in (first, second)] == [3, 3]
    assert new == 3


async def test_the_day_is_that_of_the_acceptance_in_vietnam(office: Office) -> None:
    await office.people(1)
    campaign = await office.campaign()
    office.clock.now = datetime(2026, 12, 31, 17, 0, 0, tzinfo=UTC)  # midnight in Vietnam: 2027 has begun
    async with office.running(hours_apply=False):
        await office.done(campaign)
    async with office.database.read() as tx:
        last_days = (await tx.connection.execute(select(t.period.c.code).join(t.reach_person))).scalars().all()
    assert "calendar-2027" in last_days
    assert "calendar-2026" not in last_days


async def test_content_that_does_not_count_reaches_nobody(office: Office) -> None:
    await office.people(3)
    campaign = await office.campaign(content=replace(office.content, counts=False))
    async with office.running():
        await office.done(campaign)
    assert await office.states(campaign) == {"sent": 3}
    async with office.database.read() as tx:
        assert not (await tx.connection.execute(select(t.reach_person))).all()
    assert (await office.now(campaign)).tally.first_time == 0


async def test_at_most_two_windows_are_open_as_large_as_the_provider_is_slow(office: Office) -> None:
    await office.people(80)
    campaign = await office.campaign()
    office.channel.always = 0.15
    async with office.running(rate=60.0) as dispatcher:
        assert dispatcher.window_size(60.0) == 4
        most = 0
        while (await office.states(campaign)).get("sent", 0) < 60:
            most = max(most, (await office.states(campaign)).get("in_flight", 0))
            await asyncio.sleep(0.005)
        assert (
            12 <= dispatcher.window_size(60.0) < 28
        )  # as many as leave while one answer is waited for, and the books are written
    assert 12 < most <= 2 * dispatcher.window_size(60.0)
    assert office.channel.most_on_the_wire <= 2 * dispatcher.window_size(60.0)


async def test_what_is_open_leaves_within_a_second_at_the_rate_of_now(office: Office) -> None:
    """A pause is heeded by what is not open yet. The lane has learned a tenth of its ceiling, and answers are slow."""
    await office.people(14)
    campaign = await office.campaign()
    office.channel.always = 0.3
    async with office.running(rate=60.0, start_rate=6.0) as dispatcher:
        most = 0
        while (await office.states(campaign)).get("sent", 0) < 8:
            most = max(most, (await office.states(campaign)).get("in_flight", 0))
            await asyncio.sleep(0.005)
        assert most <= 6
        for rate in (2.0, 7.0, 28.0, 60.0, 500.0):
            assert 1 <= dispatcher.window_size(rate) <= rate / 2
    assert dispatcher.window_size(500.0) == 64


async def test_at_less_than_two_a_second_a_row_waits_while_it_is_pending(office: Office) -> None:
    """Else a pause would come too late for it."""
    await office.people(3)
    campaign = await office.campaign()
    async with office.running(rate=1.0):
        await office.asked(1)
        await office.settled(campaign)
        await asyncio.sleep(0.2)
        assert await office.states(campaign) == {"sent": 1, "pending": 2}
        await office.done(campaign)


async def test_windows_open_only_within_the_hours(office: Office) -> None:
    await office.people(2)
    campaign = await office.campaign()
    office.clock.now = datetime(2026, 10, 12, 15, 0, tzinfo=UTC)  # 22:00 in Vietnam
    async with office.running() as dispatcher:
        await asyncio.sleep(0.2)
        assert not office.channel.asked
        assert await office.states(campaign) == {"pending": 2}
        office.clock.now = datetime(2026, 10, 13, 0, 0, tzinfo=UTC)  # 07:00
        dispatcher.wake.set()
        await office.done(campaign)
    assert len(office.channel.accepted) == 2


async def test_a_row_is_durable_before_its_request_leaves(office: Office) -> None:
    await office.people(5)
    campaign = await office.campaign()
    office.channel.always = 0.3
    async with office.running():
        await office.asked(5)
        assert await office.states(campaign) == {"in_flight": 5}
        await office.done(campaign)


async def test_a_long_row_of_people_who_are_left_out_costs_no_time(office: Office) -> None:
    names = await office.people(300)
    async with office.database.write() as tx:
        await tx.connection.execute(
            t.address.update().where(t.address.c.external_id.in_(names[:298])).values(reachable=False)
        )
    campaign = await office.campaign()
    started = time.monotonic()
    async with office.running(rate=30.0):
        await office.done(campaign)
    assert await office.states(campaign) == {"sent": 2, "skipped": 298}
    assert (
        time.monotonic() - started < 20
    )  # a window of two at a time, with a rest after each, would take over a minute


async def test_pause_gives_the_rest_back_and_resume_goes_on(office: Office) -> None:
    names = await office.people(30)
    campaign = await office.campaign()
    async with office.running(rate=60.0):
        await office.asked(6)
        async with office.database.write() as tx:
            assert await tx.campaigns.move(campaign.campaign_id, state=CampaignState.PAUSED, at=office.clock())
        await office.settled(campaign)
        asked = len(office.channel.asked)
        assert asked < 20  # the open windows, and no more
        assert await office.states(campaign) == {"sent": asked, "pending": 30 - asked}
        await asyncio.sleep(0.2)
        assert len(office.channel.asked) == asked
        async with office.database.write() as tx:
            assert await tx.campaigns.move(campaign.campaign_id, state=CampaignState.RUNNING, at=office.clock())
        await office.done(campaign)
    assert sorted(office.channel.accepted) == names


async def test_a_cancel_leaves_nothing_pending(office: Office) -> None:
    await office.people(20)
    campaign = await office.campaign()
    office.fails("102", SendErrorKind.NOT_NOW, retry_after=0.3)
    async with office.running(rate=60.0):
        await office.asked(4)
        async with office.database.write() as tx:
            assert await tx.campaigns.move(campaign.campaign_id, state=CampaignState.CANCELLED, at=office.clock())
            await tx.ledger.give_up_pending(campaign.campaign_id, reason="cancelled", at=office.clock())
        await office.done(campaign)
    found = await office.states(campaign)
    assert found.keys() == {"sent", "skipped"}
    assert found["sent"] == len(office.channel.accepted)


@dataclass
class CountingRenderer(PlainRenderer):
    """Also notes whose message was made, in which words."""

    made: list[tuple[str, str]] = field(default_factory=list)

    def render_campaign(self, campaign: Campaign, *, contact: Reader, capabilities: Capabilities) -> Reply:
        self.made.append((contact.language, campaign.content.title))
        return super().render_campaign(campaign, contact=contact, capabilities=capabilities)


async def test_whose_turn_comes_after_a_change_gets_the_new_words_made_once_for_all_alike(office: Office) -> None:
    renderer = CountingRenderer()
    await office.people(6)
    campaign = await office.campaign()
    newer = {**asdict(office.content), "title": "Lời mới"}
    async with office.database.write() as tx:
        ids = (await tx.connection.execute(select(t.delivery.c.contact_id).order_by(t.delivery.c.id))).scalars().all()
        await tx.connection.execute(update(t.contact).where(t.contact.c.id.in_(ids[4:])).values(language="en"))
        await tx.connection.execute(update(t.campaign).values(content=newer, version=2))
    async with office.running(renderer=renderer):
        await office.done(campaign)
    assert sorted(renderer.made) == [("en", "Lời mới"), ("vi", "Lời mới")]
    assert len(office.channel.accepted) == 6
    async with office.database.read() as tx:
        assert set((await tx.connection.execute(select(t.delivery.c.version))).scalars()) == {2}
