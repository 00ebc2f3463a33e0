"""What is taken back leaves the reach, as a recount of the ledger says; other words are a version of their own."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from outreach.campaigns.model import RECALLED, Campaign, CampaignState, Content, Delivery
from outreach.clock import local_day
from outreach.messaging import CampaignId, ContactId
from outreach.pack import Pack
from outreach.reach.model import StoredPeriod, Tier
from storage import tables as t
from storage.database import Database
from tests.storage.conftest import Books

WEEK = timedelta(days=7)


class Ground:
    """Campaigns that are sent and taken back, with their reach, as the dispatcher and the clock do it."""

    def __init__(self, books: Books, pack: Pack, content: Content) -> None:
        self.books, self.pack, self.content = books, pack, content
        self.sent: dict[CampaignId, list[Delivery]] = {}

    @property
    def database(self) -> Database:
        return self.books.database

    async def periods(self, day: datetime) -> list[StoredPeriod]:
        async with self.database.write() as tx:
            return await tx.reach.ensure_periods(self.pack.periods_on(local_day(day)))

    async def send(self, *, counts: bool = True) -> Campaign:
        """To everybody, a week after the last one."""
        books = self.books
        made = await books.campaign(state=CampaignState.RUNNING, content=replace(self.content, counts=counts))
        async with self.database.read() as tx:
            accounts = (await tx.connection.execute(select(t.account.c.id))).scalars().all()
        claimed = [one for account in accounts for one in await books.claim(account_id=account)]
        written = await books.write(claimed, refs=("1",))
        if counts:
            periods = await self.periods(books.clock())
            async with self.database.write() as tx:
                new = await tx.reach.record(
                    [one.delivery.contact.contact_id for one in written],
                    tier=Tier.ACCEPTED,
                    periods=periods,
                    youth=self.pack.ages.youth,
                    campaign_id=made.campaign_id,
                    turns=1,
                    at=books.clock(),
                )
                await tx.ledger.count_first_time(made.campaign_id, people=new)
        await books.move(made, CampaignState.FINISHED)
        self.sent[made.campaign_id] = claimed
        return made

    async def reads(self, who: ContactId, *, made: Campaign | None = None) -> None:
        """Something under the news, or the message of `made`."""
        periods = await self.periods(self.books.clock())
        async with self.database.write() as tx:
            await tx.reach.record(
                [who],
                tier=Tier.READ,
                periods=periods,
                youth=self.pack.ages.youth,
                campaign_id=None,
                turns=0,
                at=self.books.clock(),
                tell_new=False,
            )
            if made:
                await tx.receipts.opened(made.campaign_id, contact_id=who, at=self.books.clock())

    async def take_back(self, made: Campaign, *, people: slice = slice(None)) -> None:
        gone = [one.delivery_id for one in self.sent[made.campaign_id]][people]
        async with self.database.write() as tx:
            await tx.undoing.begin_recall(made.campaign_id)
            taken = await tx.undoing.recalled(made.campaign_id, after=max(gone), gone=gone)
            assert [one.delivery_id for one in taken] == gone
            periods = await tx.reach.ensure_periods(self.pack.periods_on(local_day(taken[0].sent_at)))
            await tx.undoing.leave_reach(made.campaign_id, gone, periods=periods)

    async def reach(self) -> dict[tuple[int, int], tuple[int, datetime, int]]:
        """(period, person) -> turns, since when, by which campaign; the units' rows say the same of people and turns."""
        p, u = t.reach_person.c, t.reach_unit.c
        async with self.database.read() as tx:
            people = await tx.connection.execute(
                select(p.period_id, p.contact_id, p.turns, p.e1_at, p.first_campaign_id).where(p.e4_at.is_(None))
            )
            found = {(row[0], row[1]): (row[2], row[3], row[4]) for row in people}
            units = await tx.connection.execute(
                select(u.period_id, u.contact_id, u.turns, u.e1_at).where(u.e4_at.is_(None))
            )
            assert {(row[0], row[1]): (row[2], row[3]) for row in units} == {
                place: (turns, at) for place, (turns, at, _) in found.items()
            }
        return found

    async def recount(self, *, but: ContactId | None = None) -> dict[tuple[int, int], tuple[int, datetime, int]]:
        """The same from the ledger alone."""
        d = t.delivery.c
        async with self.database.read() as tx:
            rows = (
                await tx.connection.execute(
                    select(d.contact_id, d.changed_at, d.campaign_id)
                    .join(t.campaign, t.campaign.c.id == d.campaign_id)
                    .where(d.state == "sent", d.reason != RECALLED, t.campaign.c.counts)
                    .order_by(d.changed_at)
                )
            ).all()
        counted: dict[tuple[int, int], tuple[int, datetime, int]] = {}
        for contact_id, at, campaign_id in rows:
            for stored in await self.periods(at) if contact_id != but else ():
                place = (stored.period_id, contact_id)
                turns, since, first = counted.get(place, (0, at, campaign_id))
                counted[place] = (turns + 1, since, first)
        return counted

    async def first_times(self) -> dict[int, int]:
        async with self.database.read() as tx:
            rows = await tx.connection.execute(select(t.campaign.c.id, t.campaign.c.first_time))
            return {row.id: row.first_time for row in rows}


@pytest.fixture
def ground(books: Books, langson: Pack, plan_136: Content) -> Ground:
    return Ground(books, langson, plan_136)


async def test_who_got_nothing_else_is_counted_no_more(ground: Ground) -> None:
    people = [await ground.books.person(unit="06325") for _ in range(3)]
    first = await ground.send()
    await ground.reads(people[0], made=first)
    before = (await ground.first_times())[first.campaign_id]
    assert before == 3
    await ground.take_back(first)
    assert await ground.reach() == await ground.recount() == {}
    async with ground.database.read() as tx:
        left = set((await tx.connection.execute(select(t.reach_person.c.contact_id))).scalars())
        units = set((await tx.connection.execute(select(t.reach_unit.c.contact_id))).scalars())
        campaign = await tx.campaigns.get(first.campaign_id)
    assert left == units == {people[0]}, "who has read it has read it"
    assert campaign
    assert (campaign.tally.first_time, campaign.recalled, campaign.tally.sent) == (1, 3, 3)


async def test_another_campaign_keeps_her_in(ground: Ground) -> None:
    """As does nothing that does not count; the other one has now reached her first."""
    await ground.books.person(unit="06325")
    uncounted = await ground.send(counts=False)
    ground.books.clock.advance(days=7)
    first = await ground.send()
    await ground.books.person(unit="06325")
    ground.books.clock.advance(days=7)
    second = await ground.send()
    assert await ground.first_times() == {uncounted.campaign_id: 0, first.campaign_id: 1, second.campaign_id: 1}
    await ground.take_back(first)
    assert await ground.reach() == await ground.recount()
    assert len(await ground.reach()) == 2 * len(await ground.periods(ground.books.clock()))
    assert await ground.first_times() == {uncounted.campaign_id: 0, first.campaign_id: 0, second.campaign_id: 2}
    await ground.take_back(second, people=slice(1))
    assert await ground.reach() == await ground.recount()
    assert (await ground.first_times())[second.campaign_id] == 1


async def test_whoever_has_read_something_else_loses_the_turn_alone(ground: Ground) -> None:
    """She was told nevertheless: by the other campaign, where that came before she read."""
    by_campaign, by_news = [await ground.books.person(unit="06325") for _ in range(2)]
    first = await ground.send()
    await ground.reads(by_news)
    ground.books.clock.advance(days=7)
    second = await ground.send()
    await ground.reads(by_campaign, made=second)
    await ground.take_back(first)

    async def turns() -> dict[int, tuple[int, int | None]]:
        p, u = t.reach_person.c, t.reach_unit.c
        async with ground.database.read() as tx:
            people = select(p.contact_id, p.turns, p.first_campaign_id).distinct()
            found = {row[0]: (row[1], row[2]) for row in await tx.connection.execute(people)}
            units = {tuple(row) for row in await tx.connection.execute(select(u.contact_id, u.turns))}
        assert units == {(person, left) for person, (left, _) in found.items()}
        return found

    assert await turns() == {by_campaign: (1, second.campaign_id), by_news: (1, first.campaign_id)}
    assert await ground.first_times() == {first.campaign_id: 1, second.campaign_id: 1}
    await ground.take_back(second)
    assert await turns() == {by_campaign: (1, second.campaign_id), by_news: (0, first.campaign_id)}


async def test_what_is_marked_twice_leaves_once(ground: Ground) -> None:
    """A kill between the deleting and the mark repeats both."""
    await ground.books.person(unit="06325")
    made = await ground.send()
    await ground.take_back(made)
    async with ground.database.write() as tx:
        gone = [one.delivery_id for one in ground.sent[made.campaign_id]]
        assert not await tx.undoing.recalled(made.campaign_id, after=gone[-1], gone=gone)
        assert not await tx.undoing.out(made.campaign_id, after=0, limit=9)
        campaign = await tx.campaigns.get(made.campaign_id)
    assert campaign
    assert campaign.recalled == 1


async def test_other_words_are_a_version_of_their_own(ground: Ground) -> None:
    for _ in range(2):
        await ground.books.person(unit="06325")
    made = await ground.send()
    number, new = made.campaign_id, replace(ground.content, title="Tên đúng")
    async with ground.database.write() as tx:
        assert await tx.undoing.begin_edit(number, content=new) == 2
        [campaign] = await tx.undoing.under_way()
        assert (campaign.version, campaign.content.title, campaign.edit_after) == (2, "Tên đúng", 0)
        first, second = await tx.undoing.out(number, after=0, limit=9)
        assert await tx.undoing.edited(number, after=first.delivery_id, version=2, done=[first.delivery_id])
        assert [one.version for one in await tx.undoing.out(number, after=0, limit=9)] == [2, 1]
        assert await tx.undoing.begin_edit(number, content=replace(new, title="Tên đúng hơn")) == 3
        assert not await tx.undoing.edited(number, after=second.delivery_id, version=2, done=[second.delivery_id])
        old = await tx.campaigns.wording(number, version=1)
        assert old
        assert old.title == ground.content.title
        assert await tx.undoing.end(number, at=ground.books.clock())
        assert not await tx.undoing.end(number, at=ground.books.clock())
        assert await tx.undoing.begin_recall(number)
        assert await tx.undoing.begin_edit(number, content=new) is None
    running = await ground.books.campaign(state=CampaignState.RUNNING)
    async with ground.database.write() as tx:
        assert await tx.undoing.begin_edit(running.campaign_id, content=new) is None


@pytest.mark.parametrize("which", ["kept", "joined", "both"])
async def test_parting_two_accounts_brings_nothing_back(
    ground: Ground, pair: tuple[ContactId, ContactId], which: str
) -> None:
    """Both had got it before they were found to be one person."""
    kept, joined = pair
    made = await ground.send()
    theirs = {one.contact.contact_id: place for place, one in enumerate(ground.sent[made.campaign_id])}
    assert theirs == {kept: 0, joined: 1}
    async with ground.database.write() as tx:
        link = await tx.links.merge(kept, joined_id=joined, at=ground.books.clock.advance(hours=1))
    assert link
    await ground.take_back(made, people={"kept": slice(1), "joined": slice(1, 2), "both": slice(2)}[which])
    async with ground.database.write() as tx:
        await tx.links.undo(link, at=ground.books.clock.advance(hours=1))
    assert await ground.reach() == await ground.recount()
    assert {person for _, person in await ground.reach()} == {"kept": {joined}, "joined": {kept}, "both": set()}[which]
