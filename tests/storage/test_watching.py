"""What an officer has been told, who is unknown after a kill, and the files that conversations wait for."""

from datetime import datetime, timedelta

from outreach.campaigns.model import CampaignState, DeliveryState
from outreach.campaigns.ports.watching import GONE
from outreach.messaging import SendErrorKind
from outreach.news.model import NewsDraft
from outreach.officers import Role
from storage import tables as t
from storage.database import Database
from tests.storage.conftest import Books


async def test_an_ordered_campaign_is_told_until_its_end_is_known(books: Books) -> None:
    await books.person()
    await books.campaign()  # a draft is nobody's news
    running = await books.campaign(state=CampaignState.RUNNING)
    async with books.database.write() as tx:
        assert not await tx.watching.to_tell()  # no officer ordered it
        assert await tx.campaigns.move(running.campaign_id, state=CampaignState.PAUSED, at=books.clock())
        assert await tx.campaigns.move(
            running.campaign_id, state=CampaignState.RUNNING, at=books.clock(), not_before=books.clock()
        )
        [(campaign, told, unknown)] = await tx.watching.to_tell()
        assert (campaign.campaign_id, told, unknown) == (running.campaign_id, "", 0)
        await tx.watching.told(running.campaign_id, state=CampaignState.RUNNING, unknown=3)
        [(_, told, unknown)] = await tx.watching.to_tell()
        assert (told, unknown) == ("running", 3)
    await books.write(await books.claim())
    await books.move(running, CampaignState.FINISHED)
    async with books.database.write() as tx:
        assert len(await tx.watching.to_tell()) == 1
        await tx.watching.told(running.campaign_id, state=CampaignState.FINISHED, unknown=0)
        assert not await tx.watching.to_tell()


async def test_news_without_a_message_of_its_own_is_told_once_more_when_its_digest_has_gone(books: Books) -> None:
    await books.person()
    news = await books.campaign(state=CampaignState.RUNNING)
    await books.write(await books.claim())
    await books.move(news, CampaignState.FINISHED)
    digest = await books.campaign(state=CampaignState.RUNNING)
    number = news.campaign_id
    async with books.database.write() as tx:
        only_there = {"in_digest": True, "not_before": books.clock(), "told_state": CampaignState.FINISHED}
        await tx.connection.execute(t.campaign.update().where(t.campaign.c.id == number).values(only_there))
        week = {"week_on": books.clock().date(), "begun_at": books.clock(), "campaign_id": digest.campaign_id}
        await tx.connection.execute(t.digest.insert().values(week))
        assert not await tx.watching.to_tell()
    await books.write(await books.claim())
    await books.move(digest, CampaignState.FINISHED)
    async with books.database.write() as tx:
        assert [(one.campaign_id, told) for one, told, _ in await tx.watching.to_tell()] == [(number, "finished")]
        await tx.watching.told(number, state=GONE, unknown=0)
        assert not await tx.watching.to_tell()


async def test_interrupted_is_told_from_lost_answers(books: Books) -> None:
    for _ in range(3):
        await books.person()
    made = await books.campaign(state=CampaignState.RUNNING)
    claimed = await books.claim()
    await books.write(claimed[:1], DeliveryState.UNKNOWN, reason="timeout", error=SendErrorKind.UNKNOWN)
    left = books.clock()
    books.clock.advance(minutes=3)
    async with books.database.write() as tx:
        assert await tx.watching.interrupted(made.campaign_id) == (0, None)
        taken = await tx.leases.take(books.lease.name, holder="next", seen=await tx.leases.read(books.lease.name))
        assert taken
        await tx.ledger.settle_orphans(account_id=books.account_id, lease=taken, at=books.clock())
        assert await tx.watching.interrupted(made.campaign_id) == (2, left)


async def test_counts_by_unit_and_what_goes_first(books: Books) -> None:
    for unit in ("06325", "06325", None):
        await books.person(unit=unit)
    made = await books.campaign(state=CampaignState.RUNNING)
    async with books.database.read() as tx:
        assert await tx.watching.waiting(other_than=made.campaign_id) == {}
        assert await tx.watching.waiting(other_than=type(made.campaign_id)(0)) == {books.account_id: 3}
    claimed = await books.claim()
    await books.write(claimed[:1])
    await books.write(claimed[1:], DeliveryState.FAILED, reason="bad_request")
    async with books.database.read() as tx:
        found = {unit_id: (sent, people) for unit_id, sent, people in await tx.watching.by_unit(made.campaign_id)}
    assert found == {books.units["06325"]: (1, 2), None: (0, 1)}


async def test_who_has_left_is_not_tried_again(books: Books) -> None:
    for _ in range(2):
        await books.person()
    made = await books.campaign(state=CampaignState.RUNNING)
    gone, refused = await books.claim()
    await books.write([gone], DeliveryState.FAILED, reason="blocked")
    await books.write([refused], DeliveryState.FAILED, reason="bad_request")
    async with books.database.write() as tx:
        assert await tx.ledger.retry_failed(made.campaign_id, at=books.clock(), unless={"blocked"}) == 1
    await books.check()
    reasons = await books.reasons(made)
    assert reasons == {(DeliveryState.FAILED, "blocked"): 1, (DeliveryState.PENDING, "retried_by_officer"): 1}


async def test_one_file_at_a_time_is_waited_for(books: Books) -> None:
    anna, ben = await books.person(external_id="901"), await books.person(external_id="902")
    now = books.clock()

    async def put(contact: object, ref: str) -> None:
        async with books.database.write() as tx:
            await tx.wishes.put(
                contact,  # type: ignore[arg-type]  # made above
                account_id=books.account_id,
                flow="gui",
                ref=ref,
                name=f"{ref}.docx",
                at=now,
            )

    async def due(at: datetime) -> list[tuple[str, str, int]]:
        async with books.database.write() as tx:
            some = await tx.wishes.any_due(now=at)
            claimed = await tx.wishes.claim_due(now=at, limit=5)
        assert some == bool(claimed)
        return [(wish.ref, wish.address.external_id, wish.attempts) for wish in claimed]

    await put(anna, "first")
    await put(anna, "second")
    await put(ben, "third")
    assert await due(now - timedelta(seconds=1)) == []
    assert await due(now) == [("second", "901", 1), ("third", "902", 1)]
    assert await due(now + timedelta(seconds=14)) == []
    assert await due(now + timedelta(seconds=15)) == [("second", "901", 2), ("third", "902", 2)]
    async with books.database.write() as tx:
        [wish, _] = await tx.wishes.claim_due(now=now + timedelta(hours=1), limit=5)
        assert await tx.wishes.take(wish.wish_id)
        assert not await tx.wishes.take(wish.wish_id)
        await tx.wishes.drop(ben)
        assert not await tx.wishes.any_due(now=now + timedelta(days=1))


async def test_a_file_that_is_waited_for_goes_with_the_person(books: Books) -> None:
    anna = await books.person()
    async with books.database.write() as tx:
        await tx.wishes.put(anna, account_id=books.account_id, flow="gui", ref="r", name="n", at=books.clock())
        await tx.contacts.erase(anna, at=books.clock())
        assert not await tx.wishes.any_due(now=books.clock())


async def test_what_there_is_to_send(database: Database, books: Books) -> None:
    """Drafts first; a commune's officer sees her own drafts and what is published."""
    contact_id = await books.person()
    async with database.write() as tx:
        hers = await tx.officers.grant(contact_id, role=Role.OFFICER, unit_id=None, by=None, at=books.clock())
        numbers = []
        for title, by in (("a", None), ("b", hers.officer_id), ("c", None), ("d", None)):
            draft = NewsDraft(title=title, paragraphs=(title,))
            number, _ = await tx.news.add(draft, content_hash=title, topic="", counts=False, by=by, at=books.clock())
            numbers.append(number)
        await tx.news.publish(numbers[0], topic="", counts=False, at=books.clock())
        await tx.news.archive(numbers[3])

        async def titles(**about: object) -> str:
            found = await tx.news.to_send(**{"by": None, "offset": 0, "limit": 9, **about})  # type: ignore[arg-type]  # a bag of keywords
            return "".join(item.title for item in found)

        assert await titles() == "cba"
        assert await titles(offset=1, limit=1) == "b"
        assert await titles(by=hers.officer_id) == "ba"
        assert await tx.news.count_to_send(by=None) == 3
        assert await tx.news.count_to_send(by=hers.officer_id) == 2
