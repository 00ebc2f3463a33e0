"""The weekly digest: what did not fit into the week goes in one message, once. NOW is Monday 12/10/2026, 10:00."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from content.catalog import Catalog
from content.render import CampaignRenderer
from outreach.campaigns.advance import advance_campaigns
from outreach.campaigns.control import cancel_campaign, order_campaign
from outreach.campaigns.digest import next_digest
from outreach.campaigns.limits import limits_at
from outreach.campaigns.march import March
from outreach.campaigns.model import Campaign, CampaignKind, CampaignState, Plan
from outreach.campaigns.opened import opened
from outreach.campaigns.recall import recall_some
from outreach.campaigns.report import informs
from outreach.campaigns.rules import GRACE
from outreach.contacts.model import Rhythm, Subscription
from outreach.messaging import Address, Reply
from outreach.officers import System
from outreach.pacing import TokenBucket
from outreach.pack import WeeklyHour
from outreach.reach.model import Tier
from storage import tables as t
from tests.conftest import NOW
from tests.outreach.campaigns.conftest import Office

CLOCK = System(name="clock")
HOUR = datetime(2026, 10, 19, 11, 30, tzinfo=UTC)  # 18:30 of the Monday after


async def tick(office: Office, *, at: datetime | None = None) -> None:
    office.clock.now = at or office.clock.now
    await advance_campaigns(
        CLOCK, transactions=office.database, pack=office.pack, now=office.clock(), digest_title="Bản tin tuần"
    )


async def send(office: Office, campaign: Campaign, *, plan: Plan | None = None) -> None:
    """Ordered, begun a minute later, sent to its end."""
    async with office.database.write() as tx:
        await tx.campaigns.edit(campaign.campaign_id, plan=plan or Plan())
        await order_campaign(CLOCK, tx=tx, campaign_id=campaign.campaign_id, at=office.clock())
    await tick(office)
    await tick(office, at=office.clock() + GRACE)
    async with office.running():
        await office.done(campaign)
    await tick(office)


async def news(office: Office, number: int, *, counts: bool = True, topic: str = "") -> Campaign:
    words = replace(office.content, title=f"Tin {number}", paragraphs=(f"Đoạn {number}.",), counts=counts, topic=topic)
    return await office.campaign(state=CampaignState.DRAFT, content=words)


async def the_digest(office: Office) -> Campaign:
    async with office.database.read() as tx:
        found = await tx.campaigns.list_recent(unit_id=None, limit=20)
    [digest] = [one for one in found if one.kind == CampaignKind.DIGEST]
    return digest


@pytest.fixture
async def full(office: Office) -> list[Campaign]:
    """Two people who want one message a week, and one who has two: of three news items they miss two, and one."""
    await office.people(2, rhythm=Rhythm.WEEKLY)
    await office.person(external_id="900", unit="06325")
    made = []
    for number, counts in ((1, True), (2, True), (3, False)):
        made.append(await news(office, number, counts=counts))
        await send(office, made[-1])
    return made


async def test_what_was_over_the_limit_comes_in_one_message(office: Office, full: list[Campaign]) -> None:
    """Once, whatever is killed in between; a person's own lines; reached by it, where a line counts."""
    assert [(await office.states(one)).get("skipped", 0) for one in full] == [0, 2, 3]
    office.channel.asked.clear()
    await tick(office, at=HOUR - GRACE - timedelta(seconds=1))
    assert not office.channel.asked
    for _ in range(3):  # begun again after a kill
        await tick(office, at=HOUR - GRACE)
    digest = await the_digest(office)
    assert (digest.state, digest.tally.pending) == (CampaignState.PREPARING, 3)
    async with office.database.read() as tx:
        rows = await tx.ledger_reports.rows(digest.campaign_id, after=0, limit=9)
        people = {
            row.contact_id: await tx.digests.items_of(digest.campaign_id, contact_id=row.contact_id) for row in rows
        }
        assert sorted(len(items) for items in people.values()) == [1, 2, 2]
        assert await tx.ledger_reports.reasons(full[2].campaign_id) == {("skipped", "for_digest"): 3}
    await tick(office, at=HOUR)
    async with office.running():
        await office.done(digest)
    await tick(office)
    assert (await office.now(digest)).state == CampaignState.FINISHED
    assert sorted(office.channel.asked) == ["100", "101", "900"]
    await tick(office, at=HOUR + timedelta(hours=1))
    await tick(office, at=HOUR - timedelta(seconds=30))  # a clock that is put back
    assert (await the_digest(office)).campaign_id == digest.campaign_id
    await tick(office, at=HOUR + timedelta(days=7))
    assert (await the_digest(office)).campaign_id == digest.campaign_id  # the week after has nothing to tell


async def test_whose_week_is_full_waits_for_the_next_one(office: Office, full: list[Campaign]) -> None:
    """On the Monday itself everybody has had her messages: no empty digest, and nothing stands in one."""
    this = HOUR - timedelta(days=7)
    for at in (this - GRACE, this):
        await tick(office, at=at)
    async with office.database.read() as tx:
        assert not [one for one in await tx.campaigns.list_recent(unit_id=None, limit=20) if one.kind == "digest"]
        assert await tx.ledger_reports.reasons(full[2].campaign_id) == {("skipped", "week_full"): 3}
    await office.person(external_id="901", unit="06325")  # her week is empty still
    last = await news(office, 4)
    await send(office, last, plan=Plan(in_digest=True))
    assert (await office.states(last)) == {"skipped": 4}
    await tick(office, at=HOUR - GRACE)
    await tick(office)
    assert (await the_digest(office)).tally.pending == 4


async def test_a_line_is_opened_and_counts_where_its_news_does(office: Office, full: list[Campaign]) -> None:
    await tick(office, at=HOUR - GRACE)
    digest = await the_digest(office)
    await tick(office)
    await tick(office, at=HOUR)

    async def tap(number: Campaign) -> Campaign | None:
        async with office.database.write() as tx:
            known = await tx.contacts.known(Address(account_id=office.channel.account_id, external_id="100"))
            assert known.contact
            return await opened(
                known.actor,
                tx,
                contact=known.contact,
                officer=None,
                campaign_id=number.campaign_id,
                tier=Tier.OPENED,
                pack=office.pack,
                at=office.clock(),
            )

    assert await tap(full[1]) is None  # it has not been sent yet
    async with office.running():
        await office.done(digest)
    assert await tap(full[1]) == await office.now(full[1])
    async with office.database.read() as tx:
        of_line = t.delivery.c.campaign_id == digest.campaign_id, t.delivery.c.opened_at.is_not(None)
        assert len((await tx.connection.execute(select(t.delivery.c.id).where(*of_line))).all()) == 1
    assert await tap(digest) == await office.now(digest)


async def test_a_digest_that_was_cancelled_is_told_the_week_after(office: Office, full: list[Campaign]) -> None:
    await tick(office, at=HOUR - GRACE)
    await tick(office)
    first = await the_digest(office)
    async with office.database.write() as tx:
        await cancel_campaign(CLOCK, tx=tx, campaign_id=first.campaign_id, at=office.clock())
    office.channel.asked.clear()
    again = HOUR + timedelta(days=7)
    for one in full:  # of two weeks ago by then, and no news any more
        async with office.database.read() as tx:
            limits = await limits_at(tx, pack=office.pack, at=again)
            sources = await tx.digests.sources(limits=limits, at=again)
            assert one.campaign_id not in [source.campaign_id for source in sources]
    async with office.database.read() as tx:
        at = HOUR + timedelta(hours=1)
        assert len(await tx.digests.sources(limits=await limits_at(tx, pack=office.pack, at=at), at=at)) == 2


async def test_news_may_be_meant_for_the_digest_alone(office: Office) -> None:
    """No message of its own; whoever muted its topic does not get the line either."""
    await office.people(2)
    await office.person(external_id="900", unit="06325", muted_topics=("talent",))
    campaign = await news(office, 1, topic="talent")
    async with office.database.write() as tx:
        await tx.campaigns.edit(campaign.campaign_id, plan=Plan(in_digest=True))
        await order_campaign(CLOCK, tx=tx, campaign_id=campaign.campaign_id, at=NOW, not_before=HOUR)
    await tick(office)
    assert (await office.now(campaign)).state == CampaignState.SCHEDULED
    await tick(office, at=HOUR - GRACE)
    assert (await office.now(campaign)).state == CampaignState.FINISHED
    await tick(office)
    await tick(office, at=HOUR)
    digest = await the_digest(office)
    async with office.running():
        await office.done(digest)
    assert sorted(office.channel.accepted) == ["100", "101"]
    assert (await office.now(digest)).tally.first_time == 2


async def test_who_is_back_from_a_rest_gets_what_she_missed(office: Office) -> None:
    """Whoever rests still gets none, and no digest is made for her."""
    await office.people(1)
    for external_id, until in (("900", HOUR - GRACE), ("901", HOUR + timedelta(days=9))):
        await office.person(external_id=external_id, unit="06325", subscription=Subscription.PAUSED, paused_until=until)
    campaign = await news(office, 1)
    await send(office, campaign)
    async with office.database.read() as tx:
        for at, some in ((HOUR - GRACE - timedelta(seconds=1), False), (HOUR - GRACE, True)):
            limits = await limits_at(tx, pack=office.pack, at=at)
            assert bool(await tx.digests.sources(limits=limits, at=at)) == some
    await tick(office, at=HOUR - GRACE)
    await tick(office)
    await tick(office, at=HOUR)
    async with office.running():
        await office.done(await the_digest(office))
    assert sorted(office.channel.accepted) == ["100", "900"]


async def test_what_was_taken_back_meanwhile_is_told_to_nobody(office: Office, full: list[Campaign]) -> None:
    """One person had that news alone: she gets nothing, and nothing halts."""
    await tick(office, at=HOUR - GRACE)
    await tick(office)
    await tick(office, at=HOUR)
    digest = await the_digest(office)
    async with office.database.write() as tx:
        assert await tx.undoing.begin_recall(full[2].campaign_id)
    async with office.running():
        await office.done(digest)
    assert await office.states(digest) == {"sent": 2, "skipped": 1}


async def test_taken_back_it_counts_no_more(office: Office, full: list[Campaign]) -> None:
    """For whom a line of it counted; that it was there makes it her first when what came before it is taken back."""
    await tick(office, at=HOUR - GRACE)
    await tick(office)
    await tick(office, at=HOUR)
    digest = await the_digest(office)
    async with office.running():
        await office.done(digest)
    await tick(office)
    first, second = full[0].campaign_id, full[1].campaign_id
    assert await _reached(office) == {(first, 2): 3}
    async with office.database.read() as tx:
        assert [await informs(CLOCK, tx=tx, campaign=one) for one in (digest, *full)] == [
            True,
            True,
            True,
            False,
        ]
    office.channel.capabilities = replace(office.channel.capabilities, recall_hours=48)
    await _take_back(office, full[0])
    assert await _reached(office) == {(second, 1): 1, (digest.campaign_id, 1): 2}
    await _take_back(office, digest)
    assert (await office.now(digest)).recalled == 3
    assert await _reached(office) == {(second, 1): 1}


async def _reached(office: Office) -> dict[tuple[int | None, int], int]:
    """People of the main period by their first campaign and their turns."""
    p = t.reach_person.c
    async with office.database.read() as tx:
        main = await tx.reach.find_period(office.pack.main_period.in_year(2026).code)
        counted = select(p.first_campaign_id, p.turns, func.count()).where(p.period_id == main)
        rows = await tx.connection.execute(counted.group_by(p.first_campaign_id, p.turns))
        return {(row[0], row[1]): row[2] for row in rows}


async def _take_back(office: Office, campaign: Campaign) -> None:
    async with office.database.write() as tx:
        assert await tx.undoing.begin_recall(campaign.campaign_id)
    channels = {office.channel.account_id: office.channel}
    march = March(transactions=office.database, channels=channels, bucket=TokenBucket(100.0))
    ended = False
    while not ended:
        ended = await recall_some(CLOCK, await office.now(campaign), march=march, pack=office.pack)


async def test_the_message(office: Office, full: list[Campaign], catalog_of_texts: Catalog) -> None:
    sent: list[Reply] = []
    render = CampaignRenderer(catalog_of_texts).render_campaign

    class Keeping:
        def render_campaign(self, *args: object, **values: object) -> Reply:
            sent.append(render(*args, **values))  # type: ignore[arg-type]  # handed on as it came
            return sent[-1]

    await tick(office, at=HOUR - GRACE)
    await tick(office)
    await tick(office, at=HOUR)
    digest = await the_digest(office)
    async with office.running(renderer=Keeping()):
        await office.done(digest)
    assert all(reply.silent for reply in sent)
    longest = max(sent, key=lambda reply: len(reply.text))
    assert longest.text == (
        "<b>Bản tin tuần</b>\nBấm vào tin để đọc cả bài.\n\n1. <b>Tin 3</b>\nĐoạn 3.\n\n2. <b>Tin 2</b>\nĐoạn 2."
    )
    assert [button.payload for row in longest.buttons for button in row] == [
        f"cam:more:{full[2].campaign_id}",
        f"cam:more:{full[1].campaign_id}",
        f"cam:read:{digest.campaign_id}",
        f"pro:stop:c{digest.campaign_id}",
    ]


@pytest.fixture(scope="module")
def catalog_of_texts() -> Catalog:
    return Catalog()


def test_the_next_one() -> None:
    monday = WeeklyHour(weekday=1, at=datetime(2026, 1, 1, 18, 30).time())  # noqa: DTZ001  (a time of the clock)
    this = datetime(2026, 10, 12, 11, 30, tzinfo=UTC)
    assert next_digest(NOW, hour=monday) == this
    assert next_digest(this - GRACE, hour=monday) == HOUR
    assert next_digest(NOW, hour=None) is None
