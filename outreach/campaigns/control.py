"""Ordering, pausing, resuming, cancelling: one function per change of state; each docstring lists its effects in order."""

from datetime import datetime

from outreach.campaigns.model import Campaign, CampaignState
from outreach.campaigns.ports.watching import WAVE_WENT
from outreach.campaigns.rules import AT_ONCE, GRACE
from outreach.errors import NotFoundError, StateError
from outreach.messaging import AccountId, CampaignId
from outreach.officers import Action, Actor, check_act, check_system
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
    """Draft -> preparing, to start when the minute of grace is over; draft -> scheduled where `not_before` is later than that.

    A scheduled one is frozen by the clock, a minute before its hour, so that who joins meanwhile gets it too. Effects: state, audit.
    Raises StateError("already_sending") when it was ordered before: pressed twice, or on two phones; "expires_before" when it would
    have expired by then.
    """
    campaign = await campaign_for(actor, tx=tx, campaign_id=campaign_id)
    twin = await tx.campaigns.same_content_running(campaign_id)
    starts = max(at + GRACE, not_before or at)
    state = CampaignState.SCHEDULED if starts > at + GRACE else CampaignState.PREPARING
    drafted = campaign.state == CampaignState.DRAFT
    if drafted and campaign.plan.is_over(starts):
        raise StateError("expires_before")
    if twin or not drafted or not await tx.campaigns.move(campaign_id, state=state, at=at, not_before=starts):
        raise StateError("already_sending", ordered=(twin or campaign).campaign_id)
    await tx.audit.record(actor, at=at, action="campaign.order", subject=f"campaign:{campaign_id}")


async def pause_campaign(actor: Actor, *, tx: Transaction, campaign_id: CampaignId, at: datetime) -> None:
    """Scheduled, preparing or running -> paused; the open windows may still go. Effects: state, audit."""
    await _step(actor, tx=tx, campaign_id=campaign_id, state=CampaignState.PAUSED, at=at, action="campaign.pause")


async def halt_campaign(
    actor: Actor,
    *,
    tx: Transaction,
    campaign_id: CampaignId,
    reason: str,
    at: datetime,
    account_id: AccountId | None = None,
) -> bool:
    """Running -> paused, by itself. Trouble of the account `account_id` stops its lane alone, as long as another one has something
    to send. False where there is nothing to stop any more: it runs no longer, or nobody waits for it; what is in flight goes anyhow.

    Effects: the lane stands still, or else the state with its reason; audit.
    """
    check_system(actor)
    campaign = await tx.campaigns.get(campaign_id)
    if campaign is None or not campaign.tally.pending:
        return False
    data: dict[str, str | int] = {"reason": reason}
    if account_id and await tx.lanes.halt(campaign_id, account_id=account_id, reason=reason, at=at):
        data["account"] = account_id
    elif not await tx.campaigns.move(campaign_id, state=CampaignState.PAUSED, at=at, halt_reason=reason):
        return False
    await tx.audit.record(actor, at=at, action="campaign.halt", subject=f"campaign:{campaign_id}", data=data)
    return True


async def resume_campaign(actor: Actor, *, tx: Transaction, campaign_id: CampaignId, at: datetime) -> None:
    """Paused -> running where it stopped. One that had not begun keeps its hour: scheduled, or preparing where it is frozen already;
    where the hour has passed it begins after the minute of grace. One that runs, but for a channel: that one too.

    Effects: channels that stood still may go, state, hour, audit; an interruption that comes now is told again, however soon.
    """
    campaign = await campaign_for(actor, tx=tx, campaign_id=campaign_id)
    lifted = await tx.lanes.lift(campaign_id)
    if lifted and campaign.state == CampaignState.RUNNING:
        await tx.audit.record(actor, at=at, action="campaign.resume", subject=f"campaign:{campaign_id}")
        return
    starts = campaign.not_before
    passed = starts is not None and starts < at
    state = CampaignState.RUNNING if campaign.started_at else CampaignState.PREPARING
    if starts and starts > at + GRACE and campaign.frozen_at is None and campaign.started_at is None:
        state = CampaignState.SCHEDULED
    begins = at + GRACE if passed and campaign.started_at is None else None
    await _step(actor, tx=tx, campaign_id=campaign_id, state=state, at=at, action="campaign.resume", not_before=begins)
    told = state if campaign.started_at else ""  # of one that had not begun its officer is told when it begins
    if campaign.wave and campaign.wave.opens_at:
        told = WAVE_WENT  # the progress says from when on the rest goes
    await tx.watching.told(campaign_id, state=told, unknown=campaign.tally.unknown)


async def open_wave(actor: Actor, *, tx: Transaction, campaign_id: CampaignId, at: datetime) -> None:
    """The rest goes, whatever is left of the first wave. Effects: the wave is over, audit. Raises StateError where nothing waits."""
    await campaign_for(actor, tx=tx, campaign_id=campaign_id)
    if not await tx.waves.open(campaign_id):
        raise StateError
    await tx.audit.record(actor, at=at, action="campaign.open_wave", subject=f"campaign:{campaign_id}")


async def cancel_campaign(actor: Actor, *, tx: Transaction, campaign_id: CampaignId, at: datetime) -> None:
    """Whatever is still pending will not be sent. Effects: state, pending rows become skipped(cancelled), audit.

    Of very many rows the clock skips the most, in chunks: they can leave no more, and nobody's turn waits for them.
    """
    await _step(actor, tx=tx, campaign_id=campaign_id, state=CampaignState.CANCELLED, at=at, action="campaign.cancel")
    await give_up(actor, tx=tx, campaign_id=campaign_id, at=at)


async def give_up(actor: Actor, *, tx: Transaction, campaign_id: CampaignId, at: datetime) -> None:
    """What was pending in a campaign that has just been cancelled. Effect: ledger; of more than AT_ONCE the clock's."""
    campaign = await campaign_for(actor, tx=tx, campaign_id=campaign_id)
    if campaign.tally.pending <= AT_ONCE:
        await tx.ledger.give_up_pending(campaign_id, reason="cancelled", at=at)


async def _step(
    actor: Actor,
    *,
    tx: Transaction,
    campaign_id: CampaignId,
    state: CampaignState,
    at: datetime,
    action: str,
    not_before: datetime | None = None,
) -> None:
    await campaign_for(actor, tx=tx, campaign_id=campaign_id)
    if not await tx.campaigns.move(campaign_id, state=state, at=at, not_before=not_before):
        raise StateError
    await tx.audit.record(actor, at=at, action=action, subject=f"campaign:{campaign_id}")
