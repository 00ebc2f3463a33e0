"""Every function that composes, orders or reports asks who does it, and in which unit."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from outreach.campaigns import compose, report
from outreach.campaigns.estimate import Pace, count_audience, look_ahead
from outreach.campaigns.model import Audience, AudienceKind, Campaign, CampaignState
from outreach.campaigns.ports import Limits, Preview
from outreach.campaigns.recall import order_recall
from outreach.errors import InvalidAnswerError, OutreachError, PermissionDeniedError
from outreach.messaging import AccountId, ContactId
from outreach.news.model import NewsDraft
from outreach.officers import Actor, Officer, Person, Role, System
from outreach.pack import Pack
from outreach.units import UnitId
from storage.database import Database
from tests.conftest import NOW

BAC_SON, TAM_THANH = "06325", "05977"
MakeOfficer = Callable[..., Awaitable[Officer]]
Call = Callable[[Actor, Any, Campaign, Pack], Awaitable[object]]

NOBODY = Preview(will_get=0, first_time=0, excluded={})
CALLS: dict[str, Call] = {
    "saved_news": lambda actor, tx, _c, _p: compose.saved_news(actor, tx=tx),
    "save_news": lambda actor, tx, _c, _p: compose.save_news(
        actor, tx=tx, draft=NewsDraft(title="Tin", paragraphs=("Nội dung.",)), at=NOW
    ),
    "draft_for": lambda actor, tx, c, _p: compose.draft_for(actor, tx=tx, campaign_id=c.campaign_id),
    "mark_content": lambda actor, tx, c, _p: compose.mark_content(
        actor, tx=tx, campaign_id=c.campaign_id, counts=False
    ),
    "choose_audience": lambda actor, tx, c, _p: compose.choose_audience(
        actor, tx=tx, campaign_id=c.campaign_id, kind=AudienceKind.ALL
    ),
    "send_campaign": lambda actor, tx, c, _p: compose.send_campaign(actor, tx=tx, campaign_id=c.campaign_id, at=NOW),
    "take_back": lambda actor, tx, c, _p: compose.take_back(actor, tx=tx, campaign_id=c.campaign_id, at=NOW),
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
    "look_ahead": lambda actor, tx, c, _p: look_ahead(
        actor, tx=tx, campaign=c, preview=NOBODY, pace=Pace(rate=30, hours=None), at=NOW
    ),
    "count_audience": lambda actor, tx, c, p: count_audience(
        actor, tx=tx, audience=Audience(), campaign=c, pack=p, at=NOW
    ),
}
# Only officers compose; the clock and the command line may look and steer.
COMPOSING = {"saved_news", "save_news", "draft_for", "mark_content", "choose_audience", "send_campaign", "take_back"}


@pytest.mark.parametrize("name", CALLS)
async def test_nobody_without_the_office(
    name: str, database: Database, langson: Pack, campaign: Callable[..., Awaitable[Campaign]], officer: MakeOfficer
) -> None:
    """The province's campaign: not for a person, a reviewer, nor a commune's officer."""
    made = await campaign()
    commune = await officer(Role.OFFICER, unit=BAC_SON)
    refused: list[Actor] = [Person(contact_id=ContactId(1)), Person(contact_id=None), await officer(Role.REVIEWER)]
    if name not in {"saved_news", "save_news"}:
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
            assert other.code in {"wrong_state", "already_sending", "cannot_recall"}  # noqa: PT017  (which of them depends on the call)


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
        for kind in AudienceKind:
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
        lease = await tx.leases.take("bulk", holder="killed", seen_epoch=0)
        assert lease
        limits = Limits(per_week=2, week_start=NOW)
        assert await tx.ledger.claim_window(account_id, size=5, lease=lease, limits=limits, at=NOW)
        taken = await tx.leases.take("bulk", holder="next", seen_epoch=lease.epoch)
        assert taken
        assert await tx.ledger.settle_orphans(account_id=account_id, lease=taken, at=NOW) == 1
        await tx.campaigns.move(made.campaign_id, state=CampaignState.PAUSED, at=NOW)
        assert await report.settle_unknown(admin, tx=tx, campaign_id=made.campaign_id, repeat=True, at=NOW) == 1
        after = await tx.campaigns.get(made.campaign_id)
    assert after
    assert (after.state, after.tally.pending, after.tally.unknown) == (CampaignState.PAUSED, 1, 0)
