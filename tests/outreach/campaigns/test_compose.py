"""Every function that composes, orders or reports asks who does it, and in which unit."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from outreach.campaigns import compose, report
from outreach.campaigns.estimate import Pace, count_audience, look_ahead
from outreach.campaigns.model import Audience, AudienceKind, Campaign, CampaignState, CheckQuestion, Limits, Link
from outreach.campaigns.ports.ledger import Preview
from outreach.campaigns.recall import order_recall
from outreach.errors import InvalidAnswerError, NotFoundError, OutreachError, PermissionDeniedError, StateError
from outreach.messaging import AccountId, CampaignId, ContactId
from outreach.news.model import NewsDraft, NewsId, NewsItem, NewsState
from outreach.officers import Actor, Officer, Person, Role, System
from outreach.pack import Pack
from outreach.units import UnitId
from storage import tables as t
from storage.database import Database
from tests.conftest import NOW

BAC_SON, TAM_THANH = "06325", "05977"
MakeOfficer = Callable[..., Awaitable[Officer]]
Call = Callable[[Actor, Any, Campaign, Pack], Awaitable[object]]

NOBODY = Preview(will_get=0, first_time=0, excluded={})
ITEM = NewsItem(
    id=NewsId(1),
    state=NewsState.DRAFT,
    title="Tin",
    paragraphs=("Nội dung.",),
    documents=(),
    published_on=None,
    byline=None,
    source=None,
    topic_code=None,
    counts=False,
    content_hash="",
    created_at=NOW,
    created_by=None,
)
CALLS: dict[str, Call] = {
    "saved_news": lambda actor, tx, _c, _p: compose.saved_news(actor, tx=tx),
    "save_news": lambda actor, tx, _c, _p: compose.save_news(
        actor, tx=tx, draft=NewsDraft(title="Tin", paragraphs=("Nội dung.",)), at=NOW
    ),
    "last_sent": lambda actor, tx, _c, _p: compose.last_sent(actor, tx=tx, words=[ITEM]),
    "draft_for": lambda actor, tx, c, _p: compose.draft_for(actor, tx=tx, campaign_id=c.campaign_id),
    "mark_content": lambda actor, tx, c, _p: compose.mark_content(
        actor, tx=tx, campaign_id=c.campaign_id, counts=False
    ),
    "choose_audience": lambda actor, tx, c, _p: compose.choose_audience(
        actor, tx=tx, campaign_id=c.campaign_id, kind=AudienceKind.ALL
    ),
    "send_campaign": lambda actor, tx, c, _p: compose.send_campaign(actor, tx=tx, campaign_id=c.campaign_id, at=NOW),
    "take_back": lambda actor, tx, c, _p: compose.take_back(actor, tx=tx, campaign_id=c.campaign_id, at=NOW),
    "campaign_to_correct": lambda actor, tx, c, _p: compose.campaign_to_correct(
        actor, tx=tx, campaign_id=c.campaign_id
    ),
    "compose_correction": lambda actor, tx, c, _p: compose.compose_correction(
        actor, tx=tx, item=ITEM, document="", corrects=c.campaign_id, at=NOW
    ),
    "compose_rest": lambda actor, tx, c, _p: compose.compose_rest(actor, tx=tx, campaign_id=c.campaign_id, at=NOW),
    "kept_correction": lambda actor, tx, _c, _p: compose.kept_correction(actor, tx=tx, item=ITEM),
    "campaign_by_unit": lambda actor, tx, c, _p: report.campaign_by_unit(actor, tx=tx, campaign_id=c.campaign_id),
    "campaign_rows": lambda actor, tx, c, _p: report.campaign_rows(
        actor, tx=tx, campaign_id=c.campaign_id, after=0, limit=1
    ),
    "send_failed_again": lambda actor, tx, c, _p: report.send_failed_again(
        actor, tx=tx, campaign_id=c.campaign_id, at=NOW
    ),
    "settle_unknown": lambda actor, tx, c, _p: report.settle_unknown(
        actor, tx=tx, campaign_id=c.campaign_id, repeat=True, at=NOW
    ),
    "order_recall": lambda actor, tx, c, _p: order_recall(actor, tx=tx, campaign_id=c.campaign_id, hours=48, at=NOW),
    "look_ahead": lambda actor, _tx, c, _p: look_ahead(
        actor, campaign=c, preview=NOBODY, paces={AccountId(1): Pace(rate=30, hours=None)}, at=NOW
    ),
    "count_audience": lambda actor, tx, c, p: count_audience(
        actor, tx=tx, audience=Audience(), campaign=c, pack=p, at=NOW
    ),
}
# Only officers compose; the clock and the command line may look and steer.
COMPOSING = {
    "saved_news",
    "save_news",
    "last_sent",
    "draft_for",
    "mark_content",
    "choose_audience",
    "send_campaign",
    "take_back",
    "campaign_to_correct",
    "compose_correction",
    "compose_rest",
    "kept_correction",
}
# They ask for no campaign of the province.
OF_ONES_OWN = {"saved_news", "save_news", "last_sent", "kept_correction"}


@pytest.mark.parametrize("name", CALLS)
async def test_nobody_without_the_office(
    name: str, database: Database, langson: Pack, campaign: Callable[..., Awaitable[Campaign]], officer: MakeOfficer
) -> None:
    """The province's campaign: not for a person, a reviewer, nor a commune's officer."""
    made = await campaign()
    commune = await officer(Role.OFFICER, unit=BAC_SON)
    refused: list[Actor] = [Person(contact_id=ContactId(1)), Person(contact_id=None), await officer(Role.REVIEWER)]
    if name not in OF_ONES_OWN:
        refused.append(commune)
    if name in COMPOSING:
        refused.append(System(name="clock"))
    for actor in refused:
        async with database.write() as tx:
            with pytest.raises(PermissionDeniedError):
                await CALLS[name](actor, tx, made, langson)


@pytest.mark.parametrize("name", CALLS)
async def test_the_office_is_enough(
    name: str, database: Database, langson: Pack, campaign: Callable[..., Awaitable[Campaign]], officer: MakeOfficer
) -> None:
    """Whatever else may stop an editor, it is not the permission."""
    made = await campaign()
    editor = await officer(Role.EDITOR)
    async with database.write() as tx:
        try:
            await CALLS[name](editor, tx, made, langson)
        except PermissionDeniedError:
            pytest.fail("an editor sends")
        except OutreachError as other:
            assert other.code in {"wrong_state", "already_sending", "cannot_recall", "nobody_to_correct"}  # noqa: PT017  (which of them depends on the call)


async def test_a_commune_stays_in_its_commune(
    database: Database, officer: MakeOfficer, units: dict[str, UnitId]
) -> None:
    actor = await officer(Role.OFFICER, unit=BAC_SON)
    async with database.write() as tx:
        draft = NewsDraft(title="Tin của xã", paragraphs=("Nội dung.",))
        item = await compose.save_news(actor, tx=tx, draft=draft, at=NOW)
        made = await compose.compose_campaign(actor, tx=tx, item=item, document="", at=NOW)
        number = made.campaign_id
        assert made.audience.unit_ids == (units[BAC_SON],)
        with pytest.raises(PermissionDeniedError):
            await compose.choose_audience(
                actor, tx=tx, campaign_id=number, kind=AudienceKind.UNITS, unit_ids=(units[TAM_THANH],)
            )
        for kind in set(AudienceKind) - {AudienceKind.RECEIVED}:
            chosen = await compose.choose_audience(actor, tx=tx, campaign_id=number, kind=kind)
            assert chosen.audience.unit_ids == (units[BAC_SON],)
        # Even a row that was widened behind its back is not sent.
        await tx.campaigns.edit(number, audience=Audience())
        with pytest.raises(PermissionDeniedError):
            await compose.send_campaign(actor, tx=tx, campaign_id=number, at=NOW)


async def test_units_must_be_named(database: Database, officer: MakeOfficer, campaign: Callable[..., Any]) -> None:
    made = await campaign()
    admin = await officer()
    async with database.write() as tx:
        with pytest.raises(InvalidAnswerError) as caught:
            await compose.choose_audience(admin, tx=tx, campaign_id=made.campaign_id, kind=AudienceKind.UNITS)
    assert caught.value.code == "no_unit_chosen"


async def test_retrying_a_paused_campaign_does_not_start_it(
    database: Database,
    officer: MakeOfficer,
    campaign: Callable[..., Any],
    person: Callable[..., Any],
    account_id: AccountId,
) -> None:
    await person()
    made = await campaign(state=CampaignState.RUNNING)
    admin = await officer()
    async with database.write() as tx:
        lease = await tx.leases.take("bulk", holder="killed", seen=await tx.leases.read("bulk"))
        assert lease
        limits = Limits(per_week=2, week_start=NOW)
        assert await tx.ledger.claim_window(account_id, size=5, lease=lease, limits=limits, at=NOW)
        taken = await tx.leases.take("bulk", holder="next", seen=await tx.leases.read("bulk"))
        assert taken
        assert await tx.ledger.settle_orphans(account_id=account_id, lease=taken, at=NOW) == 1
        await tx.campaigns.move(made.campaign_id, state=CampaignState.PAUSED, at=NOW)
        assert await report.settle_unknown(admin, tx=tx, campaign_id=made.campaign_id, repeat=True, at=NOW) == 1
        after = await tx.campaigns.get(made.campaign_id)
    assert after
    assert (after.state, after.tally.pending, after.tally.unknown) == (CampaignState.PAUSED, 1, 0)


# Corrections


async def _sent(database: Database, made: Campaign, *, unit_id: UnitId | None = None) -> None:
    """As if somebody had got it, in that unit's scope."""
    async with database.write() as tx:
        await tx.connection.execute(
            t.campaign.update()
            .where(t.campaign.c.id == made.campaign_id)
            .values(sent=1, started_at=NOW, unit_id=unit_id)
        )


async def test_what_went_out_is_told_only_in_its_scope(
    database: Database, officer: MakeOfficer, units: dict[str, UnitId], campaign: Callable[..., Any]
) -> None:
    made = await campaign()
    actors = [await officer(), await officer(Role.OFFICER, unit=BAC_SON), await officer(Role.OFFICER, unit=TAM_THANH)]

    async def told() -> list[int | None]:
        async with database.read() as tx:
            found = [await compose.last_sent(actor, tx=tx, words=[ITEM, made.content]) for actor in actors]
        assert [other for other, _ in found] == [None] * 3
        return [sent.people if sent else None for _, sent in found]

    assert await told() == [None, None, None]
    await _sent(database, made, unit_id=units[BAC_SON])
    assert await told() == [1, 1, None]


async def test_a_correction_stays_in_the_scope_of_what_it_corrects(
    database: Database, officer: MakeOfficer, units: dict[str, UnitId], campaign: Callable[..., Any]
) -> None:
    """Also when the province corrects a commune's: the same words from both are one message, and leave once."""
    made = await campaign()
    await _sent(database, made, unit_id=units[BAC_SON])
    drafts = []
    for actor in (await officer(Role.OFFICER, unit=BAC_SON), await officer()):
        async with database.write() as tx:
            item = await compose.save_news(
                actor, tx=tx, draft=NewsDraft(title="Đính chính: tin", paragraphs=("Nội dung đúng.",)), at=NOW
            )
            draft = await compose.compose_correction(
                actor, tx=tx, item=item, document="", corrects=made.campaign_id, at=NOW
            )
        assert draft.unit_id == units[BAC_SON]
        assert draft.audience == Audience(
            kind=AudienceKind.RECEIVED, unit_ids=(units[BAC_SON],), corrects=made.campaign_id
        )
        assert (draft.content.counts, draft.content.topic) == (made.content.counts, made.content.topic)
        drafts.append(draft)
    other = await officer(Role.OFFICER, unit=TAM_THANH)
    async with database.write() as tx:
        with pytest.raises(PermissionDeniedError):
            await compose.compose_correction(other, tx=tx, item=item, document="", corrects=made.campaign_id, at=NOW)
        with pytest.raises(PermissionDeniedError):
            await compose.send_campaign(other, tx=tx, campaign_id=drafts[0].campaign_id, at=NOW)
        with pytest.raises(NotFoundError):
            await compose.compose_correction(actor, tx=tx, item=item, document="", corrects=CampaignId(999), at=NOW)
        await compose.send_campaign(actor, tx=tx, campaign_id=drafts[0].campaign_id, at=NOW)
        with pytest.raises(StateError) as caught:
            await compose.send_campaign(actor, tx=tx, campaign_id=drafts[1].campaign_id, at=NOW)
    assert caught.value.code == "already_sending"


async def test_its_people_are_not_chosen_and_nobody_elses_become_its(
    database: Database, officer: MakeOfficer, campaign: Callable[..., Any]
) -> None:
    made = await campaign()
    actor, another = await officer(), await officer()
    async with database.write() as tx:
        with pytest.raises(StateError) as caught:
            await compose.choose_audience(actor, tx=tx, campaign_id=made.campaign_id, kind=AudienceKind.RECEIVED)
        assert caught.value.code == "audience_is_fixed"
        with pytest.raises(StateError) as caught:
            await compose.campaign_to_correct(actor, tx=tx, campaign_id=made.campaign_id)
        assert caught.value.code == "nobody_to_correct"
    await _sent(database, made)
    async with database.write() as tx:
        item = await compose.save_news(
            actor, tx=tx, draft=NewsDraft(title="Đính chính: tin", paragraphs=("Nội dung đúng.",)), at=NOW
        )
        draft = await compose.compose_correction(
            actor, tx=tx, item=item, document="", corrects=made.campaign_id, at=NOW
        )
        for kind in AudienceKind:
            with pytest.raises(StateError):
                await compose.choose_audience(actor, tx=tx, campaign_id=draft.campaign_id, kind=kind)
        assert await compose.kept_correction(actor, tx=tx, item=item) == draft
        assert await compose.kept_correction(another, tx=tx, item=item) is None
        published = replace(item, state=NewsState.PUBLISHED)
        assert await compose.kept_correction(actor, tx=tx, item=published) is None


# Those who have not got it


async def test_the_rest_gets_the_same_and_nobody_gets_it_twice(
    database: Database, officer: MakeOfficer, units: dict[str, UnitId], campaign: Callable[..., Any]
) -> None:
    """A commune's campaign broke off, and then what went on from it; the province may go on from it too, in that commune."""
    made = await campaign()
    await _sent(database, made, unit_id=units[BAC_SON])
    own, other = await officer(Role.OFFICER, unit=BAC_SON), await officer(Role.OFFICER, unit=TAM_THANH)
    dressed = replace(
        made.content,
        links=(Link(label="Trang chính thức", url="https://langson.gov.vn"),),
        question=CheckQuestion(text="Hạn nộp?", options=("Tháng 6", "Tháng 7"), right=0),
    )
    async with database.write() as tx:
        meant = Audience(unit_ids=(units[BAC_SON],), ages=(16, 22))
        await tx.campaigns.edit(made.campaign_id, content=dressed, audience=meant)

    async def rest(actor: Officer, number: CampaignId) -> Campaign:
        async with database.write() as tx:
            return await compose.compose_rest(actor, tx=tx, campaign_id=number, at=NOW)

    async def breaks_off(number: CampaignId) -> None:
        cancelled = t.campaign.update().where(t.campaign.c.id == number)
        async with database.write() as tx:
            await tx.connection.execute(cancelled.values(state=CampaignState.CANCELLED, started_at=NOW))

    first = made.campaign_id
    with pytest.raises(StateError):
        await rest(own, first)
    await breaks_off(first)
    with pytest.raises(PermissionDeniedError):
        await rest(other, first)
    draft = await rest(own, first)
    assert (draft.state, draft.content, draft.unit_id) == (CampaignState.DRAFT, dressed, units[BAC_SON])
    assert draft.audience == replace(meant, not_received=first, rest_of=(first,))
    assert await rest(own, first) == draft, "pressed twice"
    admin = await officer()
    provinces = await rest(admin, first)
    assert provinces.campaign_id != draft.campaign_id
    assert (provinces.audience, provinces.unit_id) == (draft.audience, draft.unit_id)

    async with database.write() as tx:
        await compose.send_campaign(own, tx=tx, campaign_id=draft.campaign_id, at=NOW)
    for actor in (own, admin):
        assert (await rest(actor, first)).campaign_id == draft.campaign_id, "it was ordered, by whomever"
    await breaks_off(draft.campaign_id)
    again = await rest(own, draft.campaign_id)
    assert again.audience == replace(meant, not_received=draft.campaign_id, rest_of=(first, draft.campaign_id))
    async with database.write() as tx:
        changed = replace(again.audience, not_received=None)
        wider = await compose.narrow_audience(own, tx=tx, campaign_id=again.campaign_id, audience=changed)
    assert wider.audience == meant, "she says otherwise"
