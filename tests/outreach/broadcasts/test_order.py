"""Who may send to all followers, in which order the steps come, and what is told of it."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from outreach.broadcasts.model import Broadcast, BroadcastFigure, BroadcastState
from outreach.broadcasts.order import (
    broadcasts_in,
    cancel_broadcast,
    compose_broadcast,
    leave_broadcast,
    order_broadcast,
    repeat_broadcast,
    sent_this_month,
)
from outreach.campaigns.model import Audience, AudienceKind, Campaign, Content
from outreach.errors import NotFoundError, OutreachError, PermissionDeniedError, StateError
from outreach.messaging import AccountId, CampaignId
from outreach.news.model import NewsDraft
from outreach.officers import Actor, Officer, Person, Role, System
from outreach.pack import Pack
from storage import tables as t
from tests.outreach.broadcasts.conftest import NOON, Printers

Step = Callable[..., Awaitable[Broadcast]]
STEPS: list[Step] = [order_broadcast, cancel_broadcast, repeat_broadcast, leave_broadcast]


async def refused(printers: Printers, step: Step, actor: Actor, broadcast_id: int) -> OutreachError:
    with pytest.raises(OutreachError) as caught:
        async with printers.database.write() as tx:
            await step(actor, tx=tx, broadcast_id=broadcast_id, at=NOON)
    return caught.value


@pytest.mark.parametrize("step", STEPS)
async def test_a_commune_s_officer_a_reviewer_a_person_and_the_clock_may_not(
    printers: Printers, draft: Broadcast, officer: Callable[..., Awaitable[Officer]], step: Step
) -> None:
    commune = await officer(Role.OFFICER, unit="06325")
    reviewer = await officer(Role.REVIEWER)
    for actor in (commune, reviewer, Person(contact_id=commune.contact_id), System(name="clock")):
        assert isinstance(await refused(printers, step, actor, draft.broadcast_id), PermissionDeniedError)
    assert await printers.get(draft) == draft


async def test_it_takes_the_words_of_a_campaign_s_draft(
    printers: Printers, draft: Broadcast, campaign: Callable[..., Awaitable[Campaign]]
) -> None:
    assert draft.content == (await campaign()).content
    assert draft.state == BroadcastState.DRAFT


async def test_a_correction_is_for_those_who_got_the_wrong_words(
    printers: Printers, editor: Officer, campaign: Callable[..., Awaitable[Campaign]], account_id: AccountId
) -> None:
    audience = Audience(kind=AudienceKind.RECEIVED, corrects=CampaignId(1))
    correction = await campaign(audience=audience)
    with pytest.raises(StateError):
        async with printers.database.write() as tx:
            await compose_broadcast(editor, tx=tx, campaign_id=correction.campaign_id, account_id=account_id, at=NOON)


async def test_one_at_a_time_and_no_step_twice(printers: Printers, editor: Officer, ordered: Broadcast) -> None:
    assert (await refused(printers, order_broadcast, editor, ordered.broadcast_id)).code == "broadcast_under_way"
    for step in STEPS[2:]:
        assert isinstance(await refused(printers, step, editor, ordered.broadcast_id), StateError)
    async with printers.database.write() as tx:
        await cancel_broadcast(editor, tx=tx, broadcast_id=ordered.broadcast_id, at=NOON)
    for step in STEPS:
        assert isinstance(await refused(printers, step, editor, ordered.broadcast_id), StateError)
    assert isinstance(await refused(printers, order_broadcast, editor, 999), NotFoundError)


async def test_every_step_of_hers_is_on_record(printers: Printers, editor: Officer, ordered: Broadcast) -> None:
    async with printers.database.write() as tx:
        await cancel_broadcast(editor, tx=tx, broadcast_id=ordered.broadcast_id, at=NOON)
        rows = (await tx.connection.execute(select(t.audit.c.action, t.audit.c.subject))).all()
    subject = f"broadcast:{ordered.broadcast_id}"
    assert rows == [("broadcast.order", subject), ("broadcast.cancel", subject)]


async def test_what_is_taken_for_sent_is_listed_as_news(
    printers: Printers,
    editor: Officer,
    campaign: Callable[..., Awaitable[Campaign]],
    account_id: AccountId,
    plan_136: Content,
) -> None:
    words = NewsDraft(title="Kế hoạch 136", paragraphs=("Một.",))
    async with printers.database.write() as tx:
        news_id, _ = await tx.news.add(
            words, content_hash="0" * 64, topic="", counts=True, by=editor.officer_id, at=NOON
        )
    draft = await campaign(content=replace(plan_136, news_id=news_id))
    async with printers.database.write() as tx:
        row = await compose_broadcast(editor, tx=tx, campaign_id=draft.campaign_id, account_id=account_id, at=NOON)
        for state in (BroadcastState.CREATING, BroadcastState.READY, BroadcastState.SENDING):
            await tx.broadcasts.move(row.broadcast_id, state=state, at=NOON, reason="unknown")
        await leave_broadcast(editor, tx=tx, broadcast_id=row.broadcast_id, at=NOON)
        assert [item.id for item in await tx.news.latest()] == [news_id]


async def test_the_figures_name_no_person(
    printers: Printers, editor: Officer, ordered: Broadcast, langson: Pack, officer: Callable[..., Awaitable[Officer]]
) -> None:
    await printers.beat(2)
    printers.clock.advance(seconds=61)
    await printers.beat()
    period = langson.main_period.on(NOON.date())
    assert period
    commune = await officer(Role.OFFICER, unit="06325")
    async with printers.database.read() as tx:
        assert await broadcasts_in(editor, tx=tx, period=period) == BroadcastFigure(count=1, platform_count=1234)
        assert await sent_this_month(editor, tx=tx, at=printers.clock() + timedelta(days=1)) == 1
        assert (await tx.connection.execute(select(t.reach_person))).all() == []
        with pytest.raises(PermissionDeniedError):
            await broadcasts_in(commune, tx=tx, period=period)
