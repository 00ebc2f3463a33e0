"""The first wave and the weekly digest, on both engines."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from outreach.campaigns.fates import Fate
from outreach.campaigns.model import (
    DIGEST_MISSED,
    DIGEST_RECALLED,
    DIGEST_UNKNOWN,
    FOR_DIGEST,
    IN_DIGEST,
    RECALLED,
    Audience,
    CampaignKind,
    CampaignState,
    Content,
    DeliveryId,
    DeliveryState,
    Limits,
    OnUnknown,
    Wave,
)
from outreach.campaigns.ports.digests import MOST_ITEMS
from outreach.campaigns.ports.waves import WaveTally
from outreach.campaigns.rules import EXPIRED
from outreach.messaging import Address, CampaignId, Receipt, ReceiptKind, SendErrorKind
from storage import tables as t
from tests.conftest import NOW
from tests.storage.conftest import Books

PREPARING, RUNNING = CampaignState.PREPARING, CampaignState.RUNNING
WEEK = date(2026, 10, 12)
LIMITS = Limits(per_week=2, week_start=NOW)


async def test_the_wave_is_claimed_first_and_alone(books: Books) -> None:
    for unit in ("06325", "06001"):
        for _ in range(3):
            await books.person(unit=unit)
    campaign = await books.campaign(state=PREPARING)
    number = campaign.campaign_id
    async with books.database.read() as tx:
        people = await tx.waves.pick(campaign, limits=books.limits(), size=2, at=NOW)
    async with books.database.write() as tx:
        assert await tx.waves.begin(campaign, people=people, at=NOW)
        assert await tx.ledger.freeze_chunk(campaign, main_period=None, after=0, size=99, at=NOW) is None
        await tx.ledger.finish_freezing(number, at=NOW)
    await books.check()
    await books.move(campaign, RUNNING)
    claimed = await books.claim()
    assert [one.contact.contact_id for one in claimed] == sorted(people)
    await books.write(claimed[:1], DeliveryState.FAILED, reason="blocked", error=SendErrorKind.GONE)
    async with books.database.write() as tx:
        assert await tx.waves.tally(number) == WaveTally(left=1, sent=0, blocked=1, failed=0)
        assert await tx.waves.open_at(number, at=NOW)
        assert not await tx.waves.open_at(number, at=NOW + timedelta(minutes=1))
        now = await tx.campaigns.get(number)
        assert now
        assert now.wave == Wave(last_id=claimed[-1].delivery_id, opens_at=NOW)
        assert await tx.waves.open(number)
        assert not await tx.waves.open(number)
    assert len(await books.claim()) == 4


async def test_what_is_given_up_goes_in_chunks(books: Books) -> None:
    for _ in range(5):
        await books.person()
    campaign = await books.campaign(state=RUNNING)
    await books.move(campaign, CampaignState.CANCELLED)
    async with books.database.write() as tx:
        assert [one.campaign_id for one in await tx.waves.left_over()] == [campaign.campaign_id]
        chunk = [
            await tx.waves.give_up_chunk(campaign.campaign_id, reason="cancelled", size=3, at=NOW) for _ in range(3)
        ]
        assert chunk == [3, 2, 0]
        assert not await tx.waves.left_over()
    await books.check()


async def test_who_may_have_it_is_not_among_those_given_up(books: Books) -> None:
    """A repeat that waits when its campaign expires; each chunk owns up to its own."""
    for _ in range(4):
        await books.person()
    campaign = await books.campaign(state=RUNNING)
    async with books.database.write() as tx:
        await tx.connection.execute(t.campaign.update().values(on_unknown=OnUnknown.RATHER_REPEAT))
    await books.write(await books.claim(size=3), DeliveryState.UNKNOWN)
    async with books.database.write() as tx:
        chunk = [await tx.waves.give_up_chunk(campaign.campaign_id, reason=EXPIRED, size=2, at=NOW) for _ in range(3)]
    assert chunk == [2, 2, 0]
    await books.check()
    assert await books.reasons(campaign) == {
        (DeliveryState.UNKNOWN, "interrupted"): 3,
        (DeliveryState.SKIPPED, EXPIRED): 1,
    }


async def test_a_digest_has_the_newest_lines_and_is_made_once(books: Books) -> None:
    """Six items wait for one person, one of them for another who has muted nothing; the sixth is told the week after."""
    for _ in range(2):
        await books.person()
    sources = [await books.campaign(state=RUNNING) for _ in range(MOST_ITEMS + 1)]
    for place, source in enumerate(sources):
        async with books.database.write() as tx:
            await tx.waves.give_up_chunk(source.campaign_id, reason=FOR_DIGEST, size=1 if place else 2, at=NOW)
    digest = await books.campaign(state=PREPARING)
    number = digest.campaign_id
    async with books.database.write() as tx:
        assert await tx.digests.begin(WEEK, at=NOW)
        assert not await tx.digests.begin(WEEK, at=NOW)
        await tx.digests.attach(WEEK, campaign_id=number)
        made = await tx.campaigns.get(number)
        assert made
        assert made.kind == CampaignKind.DIGEST
        for _ in range(2):  # begun again after a kill
            after: int | None = 0
            while after is not None:
                after = await tx.digests.freeze_chunk(made, limits=LIMITS, after=after, size=1, at=NOW)
    await books.check()
    async with books.database.read() as tx:
        rows = await tx.ledger_reports.rows(number, after=0, limit=9)
        lines = [await tx.digests.items_of(number, contact_id=row.contact_id) for row in rows]
        newest = [source.campaign_id for source in reversed(sources[1:])]
        assert [[item.campaign_id for item in one] for one in lines] == [newest, [sources[0].campaign_id]]
        assert await tx.digests.carried(newest[0], contact_id=rows[0].contact_id) == DeliveryState.PENDING
        assert [one.campaign_id for one in await tx.digests.sources(limits=LIMITS, at=NOW)] == [sources[0].campaign_id]
    assert (await books.reasons(sources[0]))[DeliveryState.SKIPPED, FOR_DIGEST] == 2


async def test_what_was_taken_back_is_in_no_digest(books: Books) -> None:
    await books.person()
    gone, kept = [await books.campaign(state=RUNNING) for _ in range(2)]
    async with books.database.write() as tx:
        for source in (gone, kept):
            await tx.waves.give_up_chunk(source.campaign_id, reason=FOR_DIGEST, size=9, at=NOW)
        assert await tx.undoing.begin_recall(gone.campaign_id)
        assert [one.campaign_id for one in await tx.digests.sources(limits=LIMITS, at=NOW)] == [kept.campaign_id]
        assert not await tx.digests.sources(limits=LIMITS, at=NOW + timedelta(days=15))


async def _by_digest(
    books: Books, content: Content, *, state: DeliveryState = DeliveryState.SENT
) -> tuple[CampaignId, CampaignId]:
    """News that everybody has got as a line of a digest; that digest."""
    source = await books.campaign(state=RUNNING, content=content)
    digest = await books.campaign(state=PREPARING, content=replace(content, counts=False))
    number = digest.campaign_id
    async with books.database.write() as tx:
        await tx.waves.give_up_chunk(source.campaign_id, reason=FOR_DIGEST, size=9, at=NOW)
        await tx.digests.attach(WEEK, campaign_id=number)
        await tx.digests.freeze_chunk(digest, limits=LIMITS, after=0, size=99, at=NOW)
        await tx.ledger.finish_freezing(number, at=NOW)
    await books.move(digest, RUNNING)
    await books.write(await books.claim(), state, refs=("m1",))
    return source.campaign_id, number


async def test_what_a_digest_tells_was_sent_when_it_went(books: Books, plan_136: Content) -> None:
    await books.person()
    books.clock.advance(hours=1)
    news, digest = await _by_digest(books, plan_136)
    async with books.database.read() as tx:
        lately = await tx.doubles.since(books.clock(), unit_id=None)
        assert [(one.campaign_id, at) for one, at in lately] == [(news, books.clock()), (digest, books.clock())]
        found = await tx.doubles.overlap(Audience(), campaigns=[news, digest], limits=LIMITS, at=NOW, one_in=1)
        assert found.had == {news: 1, digest: 1}
        assert not await tx.doubles.since(books.clock() + timedelta(seconds=1), unit_id=None)


@pytest.mark.parametrize(
    ("state", "recalled", "reason"),
    [
        (DeliveryState.SENT, False, IN_DIGEST),
        (DeliveryState.SENT, True, DIGEST_RECALLED),
        (DeliveryState.UNKNOWN, False, DIGEST_UNKNOWN),
        (DeliveryState.PENDING, False, FOR_DIGEST),
        (DeliveryState.FAILED, False, DIGEST_MISSED),
    ],
)
async def test_what_a_digest_tells_came_with_its_message(
    books: Books, plan_136: Content, *, state: DeliveryState, recalled: bool, reason: str
) -> None:
    """What is read of the news' own row is what became of the message it stands in."""
    await books.person()
    news, digest = await _by_digest(books, plan_136, state=state)
    if recalled:
        async with books.database.write() as tx:
            await tx.connection.execute(
                t.delivery.update().where(t.delivery.c.campaign_id == digest).values(reason=RECALLED)
            )
    async with books.database.read() as tx:
        assert await tx.ledger_reports.reasons(news) == {(DeliveryState.SKIPPED, reason): 1}
        [row] = await tx.ledger_reports.rows(news, after=0, limit=9)
        assert row.reason == reason
        fate = Fate.DIGEST if reason == IN_DIGEST else Fate.SKIPPED
        assert [one.row for one in await tx.listing.people(news, fate=fate, offset=0, limit=9)] == [row]
        assert await tx.digests.told(news) == (reason == IN_DIGEST)


@pytest.mark.parametrize("counts", [True, False])
async def test_a_receipt_of_a_digest_counts_by_its_lines(books: Books, plan_136: Content, *, counts: bool) -> None:
    await books.person(external_id="700")
    _, number = await _by_digest(books, replace(plan_136, counts=counts))
    receipt = Receipt(
        address=Address(account_id=books.account_id, external_id="700"),
        kind=ReceiptKind.RECEIVED,
        refs=("m1",),
        at=NOW,
    )
    async with books.database.read() as tx:
        [proof], _ = await tx.receipts.match([receipt])
    assert (proof.campaign_id, proof.counts) == (number, counts)


async def test_another_leg_tells_what_the_first_one_was_made_with(books: Books) -> None:
    """She has left one app, and the digest goes by the other."""
    await books.person()
    source = await books.campaign(state=RUNNING)
    digest = await books.campaign(state=PREPARING)
    async with books.database.write() as tx:
        await tx.waves.give_up_chunk(source.campaign_id, reason=FOR_DIGEST, size=9, at=NOW)
        await tx.digests.attach(WEEK, campaign_id=digest.campaign_id)
        await tx.digests.freeze_chunk(digest, limits=LIMITS, after=0, size=99, at=NOW)
        hers = select(t.delivery).where(t.delivery.c.campaign_id == digest.campaign_id)
        first = (await tx.connection.execute(hers)).one()
        again = {**first._mapping, "leg": 2}
        del again["id"]
        made = await tx.connection.execute(t.delivery.insert().values(again).returning(t.delivery.c.id))
        second = DeliveryId(made.scalar_one())
        found = await tx.digests.items([DeliveryId(first.id), second])
    assert [item.campaign_id for item in found[second]] == [source.campaign_id]
    assert found[second] == found[DeliveryId(first.id)]
