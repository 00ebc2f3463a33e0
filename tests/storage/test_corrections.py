"""Who is meant by a correction: whoever has, or may have, the message that was wrong."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from sqlalchemy import literal, select

from outreach.campaigns.model import Audience, AudienceKind, Campaign, CampaignState, Content, DeliveryState
from outreach.contacts.model import Subscription
from outreach.messaging import ContactId
from outreach.news.model import NewsDraft
from outreach.officers import Officer
from outreach.units import UnitId
from storage import tables as t
from storage.database import Database
from tests.conftest import NOW
from tests.storage.conftest import Books

RUNNING, PREPARING = CampaignState.RUNNING, CampaignState.PREPARING
MAY_HAVE_IT = {
    DeliveryState.SENT,
    DeliveryState.UNKNOWN,
    DeliveryState.SENT_ASSUMED,
    DeliveryState.IN_FLIGHT,
}


def correcting(wrong: Campaign, *unit_ids: UnitId) -> Audience:
    return Audience(kind=AudienceKind.RECEIVED, unit_ids=unit_ids, corrects=wrong.campaign_id)


async def _frozen(books: Books, audience: Audience) -> set[ContactId]:
    right = await books.campaign(state=PREPARING, audience=audience)
    async with books.database.write() as tx:
        await tx.ledger.freeze_chunk(right, main_period=None, after=0, size=100, at=books.clock())
        chosen = select(t.delivery.c.contact_id).where(t.delivery.c.campaign_id == right.campaign_id)
        return set((await tx.connection.execute(chosen)).scalars())


async def test_whoever_has_or_may_have_the_wrong_one(books: Books) -> None:
    """One person in each state of the ledger, and one who came later."""
    people = {state: await books.person(unit="06325") for state in DeliveryState}
    wrong, other = await books.campaign(state=RUNNING), await books.campaign(state=RUNNING)
    async with books.database.write() as tx:
        for state, contact_id in people.items():
            row = (t.delivery.c.campaign_id == wrong.campaign_id) & (t.delivery.c.contact_id == contact_id)
            await tx.connection.execute(t.delivery.update().where(row).values(state=state, changed_at=NOW))
    late = await books.person(unit="06325")
    expected = {people[state] for state in MAY_HAVE_IT}
    async with books.database.read() as tx:
        preview = await tx.ledger.preview(correcting(wrong), limits=books.limits(), at=books.clock())
    assert preview.will_get == len(expected)
    assert await _frozen(books, correcting(wrong)) == expected
    assert await _frozen(books, correcting(wrong, books.units["06325"])) == expected
    assert await _frozen(books, correcting(wrong, books.units["06211"])) == set()
    assert await _frozen(books, correcting(other)) == set()
    assert await _frozen(books, Audience(kind=AudienceKind.RECEIVED)) == set()
    assert late not in expected


async def test_whose_message_was_mended_in_place_gets_none(books: Books, plan_136: Content) -> None:
    """One was given the new words, one could not be; a third has the news as a line of a digest."""
    mended, kept = [await books.person(external_id=name) for name in ("mended", "kept")]
    wrong = await books.campaign(state=RUNNING)
    await books.write(claimed := await books.claim())
    by_digest = await books.person(external_id="by_digest")
    other = await books.campaign(state=RUNNING, content=replace(plan_136, title="Bản tin tuần"))
    row, number = t.delivery.c, wrong.campaign_id
    async with books.database.write() as tx:
        carrier = select(row.id, literal(number)).where(
            row.campaign_id == other.campaign_id, row.contact_id == by_digest
        )
        await tx.connection.execute(t.digest_item.insert().from_select(["delivery_id", "campaign_id"], carrier))
        assert await tx.digests.told(number) == 0
    await books.write([one for one in await books.claim() if one.contact.contact_id == by_digest])
    assert await _frozen(books, correcting(wrong)) == {mended, kept, by_digest}
    await books.move(wrong, CampaignState.FINISHED)
    async with books.database.write() as tx:
        assert await tx.digests.told(number) == 1
        assert await tx.undoing.begin_edit(number, content=replace(plan_136, title="Tên đúng")) == 2
        [done] = [one.delivery_id for one in claimed if one.contact.contact_id == mended]
        await tx.undoing.edited(number, after=done, version=2, done=[done])
    assert await _frozen(books, correcting(wrong)) == {kept, by_digest}


async def test_who_stopped_blocked_or_erased_meanwhile_gets_none(books: Books) -> None:
    people = {name: await books.person(external_id=name) for name in ("fine", "stopped", "blocked", "erased", "full")}
    wrong = await books.campaign(state=RUNNING)
    await books.write(await books.claim())
    await books.campaign(state=RUNNING)
    second = [delivery for delivery in await books.claim() if delivery.contact.contact_id == people["full"]]
    await books.write(second)
    async with books.database.write() as tx:
        stopped = t.contact.update().where(t.contact.c.id == people["stopped"])
        await tx.connection.execute(stopped.values(subscription=Subscription.STOPPED))
        blocked = t.address.update().where(t.address.c.contact_id == people["blocked"])
        await tx.connection.execute(blocked.values(reachable=False))
        others = t.delivery.c.contact_id != people["full"]
        later = t.delivery.c.campaign_id != wrong.campaign_id
        await tx.connection.execute(t.delivery.delete().where(others & later))
        await tx.contacts.erase(people["erased"], at=books.clock(), proof=False)
    async with books.database.read() as tx:
        preview = await tx.ledger.preview(correcting(wrong), limits=books.limits(), at=books.clock())
    assert preview.will_get == 1
    assert preview.excluded == {"stopped": 1, "unreachable": 1, "week_full": 1}


async def test_what_a_correction_corrects_is_kept_and_its_draft_found(
    database: Database,
    campaign: Callable[..., Awaitable[Campaign]],
    officer: Callable[..., Awaitable[Officer]],
    plan_136: Content,
) -> None:
    wrong = await campaign()
    async with database.write() as tx:
        words = NewsDraft(title="Đính chính: tin", paragraphs=("Nội dung đúng.",))
        news_id, _ = await tx.news.add(words, content_hash="0", topic="", counts=True, by=wrong.created_by, at=NOW)
    kept = replace(plan_136, news_id=news_id)
    older, newer = [await campaign(audience=correcting(wrong), content=kept) for _ in range(2)]
    somebody_else = await officer()
    async with database.write() as tx:
        stored = await tx.campaigns.get(newer.campaign_id)
        assert stored
        assert stored.audience == correcting(wrong)
        assert await tx.campaigns.draft_with(news_id, by=wrong.created_by) == newer
        assert await tx.campaigns.draft_with(news_id, by=somebody_else.officer_id) is None
        assert await tx.campaigns.move(newer.campaign_id, state=PREPARING, at=NOW)
        assert await tx.campaigns.draft_with(news_id, by=wrong.created_by) == older
