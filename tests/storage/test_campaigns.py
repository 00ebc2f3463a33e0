"""Campaigns: states move only along MOVES, one press wins, and content is frozen with the order."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime

import pytest

from outreach.campaigns.model import (
    MOVES,
    Audience,
    AudienceKind,
    Campaign,
    CampaignState,
    CheckQuestion,
    Content,
    LateRule,
    Link,
    OnUnknown,
    Plan,
)
from outreach.messaging import (
    AccountId,
    Address,
    AttachmentKind,
    CampaignId,
    ChannelName,
    ContactId,
    Media,
    MediaId,
    MessageCopy,
)
from outreach.units import UnitId
from storage import tables as t
from storage.database import Database
from tests.conftest import NOW

MakeCampaign = Callable[..., Awaitable[Campaign]]
MakePerson = Callable[..., Awaitable[ContactId]]
Clock = Callable[[], datetime]


async def test_what_was_written_comes_back(
    database: Database, campaign: MakeCampaign, units: dict[str, UnitId], plan_136: Content
) -> None:
    audience = Audience(
        kind=AudienceKind.NOT_REACHED,
        unit_ids=(units["06325"], units["06211"]),
        topic="talent",
        ages=(16, 30),
        topics=("talent", "courses"),
        sources=("BS01",),
        channels=(ChannelName.ZALO_OA,),
        not_received=CampaignId(3),
        not_opened=CampaignId(4),
        rest_of=(CampaignId(2), CampaignId(3)),
    )
    made = await campaign(audience=audience)
    async with database.read() as tx:
        stored = await tx.campaigns.get(made.campaign_id)
        recent = await tx.campaigns.list_recent(unit_id=None, limit=5)
        assert not await tx.campaigns.list_recent(unit_id=units["06325"], limit=5)
    assert stored
    assert (stored.content, stored.audience, stored.state) == (plan_136, audience, CampaignState.DRAFT)
    assert stored.tally.total == 0
    assert recent == [stored]


@pytest.mark.parametrize("state", list(CampaignState))
async def test_states_move_only_along_the_table(
    database: Database, campaign: MakeCampaign, clock: Clock, state: CampaignState
) -> None:
    made = await campaign()
    moved = set()
    for target in CampaignState:
        if target == CampaignState.DRAFT:
            continue
        async with database.write() as tx:
            await tx.connection.execute(
                t.campaign.update().where(t.campaign.c.id == made.campaign_id).values(state=state, frozen_at=clock())
            )
            if await tx.campaigns.move(made.campaign_id, state=target, at=clock()):
                moved.add(target)
    assert moved == {target for target, sources in MOVES.items() if state in sources}


async def test_pressed_on_two_phones_one_wins(database: Database, campaign: MakeCampaign, clock: Clock) -> None:
    made = await campaign()

    async def press() -> bool:
        async with database.write() as tx:
            return await tx.campaigns.move(made.campaign_id, state=CampaignState.PREPARING, at=clock())

    assert sorted(await asyncio.gather(*(press() for _ in range(6)))) == [False] * 5 + [True]


async def test_two_drafts_of_one_text_ordered_at_one_moment_are_one(
    database: Database, campaign: MakeCampaign, clock: Clock
) -> None:
    drafts = [await campaign() for _ in range(4)]

    async def order(made: Campaign) -> bool:
        async with database.write() as tx:
            twin = await tx.campaigns.same_content_running(made.campaign_id)
            await asyncio.sleep(0.05)  # all of them have asked by now, unless they wait for one another
            return not twin and await tx.campaigns.move(made.campaign_id, state=CampaignState.PREPARING, at=clock())

    assert sorted(await asyncio.gather(*(order(made) for made in drafts))) == [False] * 3 + [True]


async def test_a_draft_may_be_edited_and_an_order_not(
    database: Database, campaign: MakeCampaign, clock: Clock, plan_136: Content
) -> None:
    made = await campaign()
    other = replace(plan_136, title="Tin khác")
    async with database.write() as tx:
        assert await tx.campaigns.edit(made.campaign_id, content=other, on_unknown=OnUnknown.RATHER_REPEAT)
        stored = await tx.campaigns.get(made.campaign_id)
        assert stored
        assert (stored.content, stored.version, stored.on_unknown) == (other, 2, OnUnknown.RATHER_REPEAT)
        assert await tx.campaigns.move(made.campaign_id, state=CampaignState.PREPARING, at=clock())
        assert not await tx.campaigns.edit(made.campaign_id, content=plan_136)
        frozen = await tx.campaigns.get(made.campaign_id)
    assert frozen
    assert frozen.content == other


async def test_every_wording_is_kept_and_comes_back_whole(
    database: Database, campaign: MakeCampaign, plan_136: Content
) -> None:
    made = await campaign()
    fuller = replace(
        plan_136,
        media=(Media(media_id=MediaId(7), kind=AttachmentKind.PHOTO, name="anh.jpg"),),
        formatted=("<b>Một</b>.",),
        links=(Link(label="Toàn văn", url="https://langson.gov.vn/136"),),
        question=CheckQuestion(text="Tuổi nào?", options=("16", "35"), right=1),
        copy_of=MessageCopy(address=Address(account_id=AccountId(1), external_id="7"), ref="12"),
    )
    plan = Plan(urgent=True, late_rule=LateRule.SKIP, expires_at=NOW, first_wave=50)
    async with database.write() as tx:
        assert await tx.campaigns.edit(made.campaign_id, content=fuller, plan=plan)
        stored = await tx.campaigns.get(made.campaign_id)
        wordings = [await tx.campaigns.wording(made.campaign_id, version=version) for version in (1, 2, 3)]
    assert stored
    assert (stored.content, stored.plan, stored.version) == (fuller, plan, 2)
    assert wordings == [plan_136, fuller, None]


async def test_nothing_runs_unfrozen_and_nothing_ends_unfinished(
    database: Database, campaign: MakeCampaign, person: MakePerson, clock: Clock
) -> None:
    await person()
    preparing = await campaign(state=CampaignState.PREPARING)
    running = await campaign(state=CampaignState.RUNNING)
    async with database.write() as tx:
        assert not await tx.campaigns.move(preparing.campaign_id, state=CampaignState.RUNNING, at=clock())
        assert not await tx.campaigns.move(running.campaign_id, state=CampaignState.FINISHED, at=clock())
        assert await tx.campaigns.move(
            running.campaign_id, state=CampaignState.PAUSED, at=clock(), halt_reason="our_fault"
        )
        halted = await tx.campaigns.get(running.campaign_id)
        assert await tx.campaigns.move(running.campaign_id, state=CampaignState.RUNNING, at=clock())
        resumed = await tx.campaigns.get(running.campaign_id)
    assert halted
    assert resumed
    assert (halted.halt_reason, resumed.halt_reason) == ("our_fault", "")


async def test_the_same_words_on_their_way_are_found(
    database: Database, campaign: MakeCampaign, clock: Clock, plan_136: Content
) -> None:
    running = await campaign(state=CampaignState.RUNNING)
    again = await campaign(content=replace(plan_136, title=plan_136.title.upper(), topic="talent"))
    other = await campaign(content=replace(plan_136, title="Tin khác"))
    async with database.write() as tx:
        twin = await tx.campaigns.same_content_running(again.campaign_id)
        assert await tx.campaigns.same_content_running(other.campaign_id) is None
        assert await tx.campaigns.same_content_running(running.campaign_id) is None
        assert await tx.campaigns.move(running.campaign_id, state=CampaignState.CANCELLED, at=clock())
        assert await tx.campaigns.same_content_running(again.campaign_id) is None
        assert await tx.campaigns.in_state(CampaignState.CANCELLED) != []
    assert twin
    assert twin.campaign_id == running.campaign_id
