"""Questions to a second officer, and what was sent lately, on both engines."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from outreach.campaigns.approval import approve, ask_approval, refuse_approval
from outreach.campaigns.doubles import double_of
from outreach.campaigns.model import Audience, AudienceKind, Campaign, CampaignState, Content, DeliveryState
from outreach.campaigns.ports.approvals import Approval, ApprovalId, Verdict
from outreach.contacts.model import Subscription
from outreach.officers import Officer, Role
from outreach.pack import Pack
from outreach.transaction import begun_again
from storage import tables as t
from storage.database import Database
from tests.conftest import NOW, TestClock
from tests.storage.conftest import Books

MakeOfficer = Callable[..., Awaitable[Officer]]
MakeCampaign = Callable[..., Awaitable[Campaign]]
RUNNING = CampaignState.RUNNING


async def test_a_question_is_kept_passed_on_and_settled_once(
    database: Database, campaign: MakeCampaign, officer: MakeOfficer
) -> None:
    made = await campaign()
    one, two, three = [await officer(Role.EDITOR) for _ in range(3)]
    at = NOW + timedelta(hours=1)
    async with database.write() as tx:
        assert await tx.approvals.hold(made.campaign_id) is None
        asked = await tx.approvals.add(
            made,
            fingerprint="f" * 64,
            people=2_000,
            starts_at=at,
            asked_by=one.officer_id,
            asked_of=two.officer_id,
            at=NOW,
        )
        assert await tx.approvals.shown_before(asked) is None
        await tx.approvals.remind(asked.approval_id, at=at)
        assert await tx.approvals.open() == [replace(asked, reminded_at=at)]
        await tx.approvals.pass_on(asked.approval_id, to=three.officer_id, at=at)
        passed = replace(asked, asked_of=three.officer_id, asked_at=at)
        assert await tx.approvals.hold(made.campaign_id) == passed
        settled = await tx.approvals.settle(
            asked.approval_id, verdict=Verdict.REFUSED, by=three.officer_id, reason="Sai số", at=at
        )
        expected = replace(passed, verdict=Verdict.REFUSED, decided_by=three.officer_id, decided_at=at, reason="Sai số")
        assert settled == expected
        again = await tx.approvals.settle(asked.approval_id, verdict=Verdict.APPROVED, by=two.officer_id, at=at)
        assert again == expected, "the first word stands"
        await tx.approvals.pass_on(asked.approval_id, to=two.officer_id, at=at)
        assert await tx.approvals.newest(made.campaign_id) == expected
        assert await tx.approvals.open() == []
        await tx.officers.end(two.officer_id, at=at)
        assert (await tx.approvals.officer(two.officer_id)).contact_id == two.contact_id
        newer = await tx.approvals.add(
            replace(made, version=3),
            fingerprint="e" * 64,
            people=1,
            starts_at=None,
            asked_by=one.officer_id,
            asked_of=three.officer_id,
            at=at,
        )
        assert await tx.approvals.shown_before(newer) == 1
        assert await tx.approvals.get(ApprovalId(99)) is None


async def test_two_at_once_are_one_question_and_one_word(
    database: Database, campaign: MakeCampaign, officer: MakeOfficer, clock: TestClock
) -> None:
    made = await campaign()
    asker, other, admin = await officer(Role.EDITOR), await officer(Role.EDITOR), await officer()

    async def ask() -> Approval:
        async with database.write() as tx:
            return await ask_approval(
                asker, tx=tx, campaign_id=made.campaign_id, people=2_000, starts_at=None, at=clock()
            )

    one, two = await asyncio.gather(begun_again(ask), begun_again(ask))
    assert one == two

    async def yes() -> Approval:
        async with database.write() as tx:
            return await approve(other, tx=tx, approval_id=one.approval_id, hours=None, at=clock())

    async def no() -> Approval:
        async with database.write() as tx:
            return await refuse_approval(admin, tx=tx, approval_id=one.approval_id, at=clock())

    words = await asyncio.gather(begun_again(yes), begun_again(no), begun_again(yes))
    assert len({(word.verdict, word.decided_by) for word in words}) == 1
    async with database.read() as tx:
        stored = await tx.campaigns.get(made.campaign_id)
        assert await tx.connection.scalar(select(func.count()).select_from(t.approval)) == 1
    assert stored
    assert (stored.state == CampaignState.DRAFT) is (words[0].verdict == Verdict.REFUSED)


async def test_examples_are_as_different_as_the_audience_is(books: Books) -> None:
    people = [await books.person(unit="06325") for _ in range(3)]
    elsewhere, neighbour = await books.person(unit="06211"), await books.person(unit="06211")
    english = await books.person(unit="06325")
    await books.person(unit="05977", subscription=Subscription.STOPPED)
    async with books.database.write() as tx:
        own = t.contact.c.id == english
        await tx.connection.execute(update(t.contact).where(own).values(language="en"))
        for audience, expected in (
            (Audience(), [people[0], english, elsewhere]),
            (Audience(unit_ids=(books.units["06211"],)), [elsewhere, neighbour]),
            (Audience(unit_ids=(books.units["05977"],)), []),
        ):
            found = await tx.approvals.examples(audience, limits=books.limits(), at=books.clock(), one_in=1, count=3)
            assert found == expected
        some = await tx.approvals.examples(Audience(), limits=books.limits(), at=books.clock(), one_in=2, count=9)
        assert some
        assert not any(contact_id % 2 for contact_id in some)


# What was sent lately


@pytest.fixture
def far_from(plan_136: Content) -> Content:
    return replace(plan_136, title="Lớp bơi mùa hè", paragraphs=("Mời các bạn đăng ký lớp bơi tại nhà thiếu nhi.",))


async def _sent(books: Books, campaign: Campaign) -> None:
    await books.write(await books.claim(), DeliveryState.SENT)
    await books.move(campaign, CampaignState.FINISHED)


async def _double(books: Books, langson: Pack, campaign: Campaign, actor: Officer) -> tuple[int, bool, int] | None:
    async with books.database.read() as tx:
        limits = books.limits()
        people = (await tx.ledger.preview(campaign.audience, limits=limits, at=books.clock())).will_get
        found = await double_of(actor, tx=tx, campaign=campaign, people=people, pack=langson, at=books.clock())
    return (found.campaign.campaign_id, found.alike, found.had) if found else None


async def test_the_same_people_or_nearly_the_same_words_within_two_days(
    books: Books, officer: MakeOfficer, langson: Pack, plan_136: Content, far_from: Content
) -> None:
    actor = await officer()
    for _ in range(9):
        await books.person(unit="06325")
    first = await books.campaign(state=RUNNING)
    await _sent(books, first)
    similar = replace(plan_136, paragraphs=(*plan_136.paragraphs, "Hết."))
    draft, other = await books.campaign(content=similar), await books.campaign(content=far_from)
    assert await _double(books, langson, draft, actor) == (first.campaign_id, True, 9)
    assert await _double(books, langson, other, actor) == (first.campaign_id, False, 9)
    for _ in range(2):
        await books.person(unit="06325")
    assert await _double(books, langson, other, actor) == (first.campaign_id, False, 9), "9 of 11"
    await books.person(unit="06325")
    assert await _double(books, langson, other, actor) is None, "9 of 12"
    for exempt in (
        Audience(kind=AudienceKind.RECEIVED, corrects=first.campaign_id),
        Audience(not_received=first.campaign_id),
    ):
        assert await _double(books, langson, await books.campaign(content=similar, audience=exempt), actor) is None
    books.clock.advance(hours=49)
    assert await _double(books, langson, draft, actor) is None


async def test_of_very_many_a_part_is_looked_at(
    books: Books, officer: MakeOfficer, langson: Pack, plan_136: Content, monkeypatch: pytest.MonkeyPatch
) -> None:
    actor = await officer()
    people = [await books.person(unit="06325") for _ in range(8)]
    await _sent(books, await books.campaign(state=RUNNING))
    monkeypatch.setattr("outreach.campaigns.doubles._ENOUGH", 4)
    draft = await books.campaign(content=plan_136)
    async with books.database.read() as tx:
        found = await double_of(actor, tx=tx, campaign=draft, people=len(people), pack=langson, at=books.clock())
    assert found
    assert (found.had, found.about) == (8, True)


async def test_those_who_would_not_get_it_now_do_not_count(
    books: Books, officer: MakeOfficer, langson: Pack, far_from: Content
) -> None:
    """Of ten who had the last one nine have stopped since; of the three who would get this one, one had it."""
    actor = await officer()
    people = [await books.person(unit="06325") for _ in range(10)]
    await _sent(books, await books.campaign(state=RUNNING))
    async with books.database.write() as tx:
        for contact_id in people[1:]:
            await tx.contacts.change(contact_id, at=NOW, subscription=Subscription.STOPPED)
    await books.person()
    await books.person()
    assert await _double(books, langson, await books.campaign(content=far_from), actor) is None


async def test_a_commune_hears_of_its_own_and_of_the_provinces(books: Books, officer: MakeOfficer) -> None:
    await books.person(unit="06325")
    made = [await books.campaign(state=RUNNING) for _ in range(3)]
    communes = {made[1].campaign_id: books.units["06325"], made[2].campaign_id: books.units["06211"]}
    async with books.database.write() as tx:
        for number, unit_id in communes.items():
            own = t.campaign.c.id == number
            await tx.connection.execute(update(t.campaign).where(own).values(unit_id=unit_id))
        await tx.connection.execute(update(t.campaign).values(sent=1))
        since = NOW - timedelta(hours=48)
        numbers = [one.campaign_id for one, _ in await tx.doubles.since(since, unit_id=books.units["06325"])]
        assert numbers == [made[0].campaign_id, made[1].campaign_id]
        assert len(await tx.doubles.since(since, unit_id=None)) == 3
