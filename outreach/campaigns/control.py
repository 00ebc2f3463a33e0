"""Ordering, pausing, resuming, cancelling: one function per change of state; each docstring lists its effects in order."""

from datetime import datetime

from outreach.campaigns.model import Campaign, CampaignState
from outreach.campaigns.rules import GRACE
from outreach.errors import NotFoundError, StateError
from outreach.messaging import CampaignId
from outreach.officers import Action, Actor, check_act
from outreach.transaction import Transaction


async def campaign_for(actor: Actor, *, tx: Transaction, campaign_id: CampaignId) -> Campaign:
    """The campaign, if this actor may send in its scope. Raises NotFoundError, PermissionDeniedError."""
    campaign = await tx.campaigns.get(campaign_id)
    if campaign is None:
        raise NotFoundError
    check_act(actor, action=Action.SEND, unit_id=campaign.unit_id)
    return campaign


async def corrected_by(actor: Actor, *, tx: Transaction, campaign: Campaign) -> Campaign | None:
    """What a correction corrects; None for a campaign that stands by itself."""
    number = campaign.audience.corrects
    return None if number is None else await campaign_for(actor, tx=tx, campaign_id=number)


async def order_campaign(
    actor: Actor, *, tx: Transaction, campaign_id: CampaignId, at: datetime, not_before: datetime | None = None
) -> None:
    """Draft -> preparing, to start at `not_before` and never before the minute of grace is over. Effects: state, audit.

    Raises StateError("already_sending") when it was ordered before: pressed twice, or on two phones.
    """
    campaign = await campaign_for(actor, tx=tx, campaign_id=campaign_id)
    twin = await tx.campaigns.same_content_running(campaign_id)
    starts = max(at + GRACE, not_before or at)
    drafted = campaign.state == CampaignState.DRAFT
    if (
        twin
        or not drafted
        or not await tx.campaigns.move(campaign_id, state=CampaignState.PREPARING, at=at, not_before=starts)
    ):
        raise StateError("already_sending")
    await tx.audit.record(actor, at=at, action="campaign.order", subject=f"campaign:{campaign_id}")


async def pause_campaign(actor: Actor, *, tx: Transaction, campaign_id: CampaignId, at: datetime) -> None:
    """Preparing or running -> paused; the open windows may still go. Effects: state, audit."""
    await _step(actor, tx=tx, campaign_id=campaign_id, state=CampaignState.PAUSED, at=at, action="campaign.pause")


async def resume_campaign(actor: Actor, *, tx: Transaction, campaign_id: CampaignId, at: datetime) -> None:
    """Paused -> running where it stopped, or back to preparing when it had not begun: it keeps its hour. One that runs, but for
    a channel: that one too. Effects: channels that stood still may go, state, audit.
    """
    campaign = await campaign_for(actor, tx=tx, campaign_id=campaign_id)
    lifted = await tx.lanes.lift(campaign_id)
    if lifted and campaign.state == CampaignState.RUNNING:
        await tx.audit.record(actor, at=at, action="campaign.resume", subject=f"campaign:{campaign_id}")
        return
    state = CampaignState.RUNNING if campaign.started_at else CampaignState.PREPARING
    await _step(actor, tx=tx, campaign_id=campaign_id, state=state, at=at, action="campaign.resume")


async def cancel_campaign(actor: Actor, *, tx: Transaction, campaign_id: CampaignId, at: datetime) -> None:
    """Whatever is still pending will not be sent. Effects: state, pending rows become skipped(cancelled), audit."""
    await _step(actor, tx=tx, campaign_id=campaign_id, state=CampaignState.CANCELLED, at=at, action="campaign.cancel")
    await tx.ledger.give_up_pending(campaign_id, reason="cancelled", at=at)


async def _step(
    actor: Actor, *, tx: Transaction, campaign_id: CampaignId, state: CampaignState, at: datetime, action: str
) -> None:
    await campaign_for(actor, tx=tx, campaign_id=campaign_id)
    if not await tx.campaigns.move(campaign_id, state=state, at=at):
        raise StateError
    await tx.audit.record(actor, at=at, action=action, subject=f"campaign:{campaign_id}")
