"""What an officer does with an article for all followers. It reaches the whole province, so only the province's officers may."""

from datetime import datetime, timedelta

from outreach.broadcasts.model import ASSUMED, Broadcast, BroadcastFigure, BroadcastId, BroadcastState
from outreach.campaigns.compose import draft_for
from outreach.clock import local_day, local_instant
from outreach.errors import NotFoundError, PermissionDeniedError, StateError
from outreach.messaging import AccountId, CampaignId
from outreach.officers import Action, Actor, Officer, check_act
from outreach.periods import Period
from outreach.transaction import Transaction


def _sender(actor: Actor) -> Officer:
    """Only a person can answer for what is sent."""
    if not isinstance(actor, Officer):
        raise PermissionDeniedError
    check_act(actor, action=Action.SEND)
    return actor


async def compose_broadcast(
    actor: Actor, *, tx: Transaction, campaign_id: CampaignId, account_id: AccountId, at: datetime
) -> Broadcast:
    """A draft with the words of a campaign's draft, as an officer has confirmed them there. Effects: broadcast.

    Raises StateError for a correction: it is for those who got the wrong words.
    """
    officer = _sender(actor)
    campaign = await draft_for(actor, tx=tx, campaign_id=campaign_id)
    if campaign.audience.corrects is not None:
        raise StateError("audience_is_fixed")
    return await tx.broadcasts.add(account_id=account_id, content=campaign.content, by=officer.officer_id, at=at)


async def broadcast_for(actor: Actor, *, tx: Transaction, broadcast_id: BroadcastId) -> Broadcast:
    _sender(actor)
    found = await tx.broadcasts.get(broadcast_id)
    if found is None:
        raise NotFoundError
    return found


async def under_way(actor: Actor, *, tx: Transaction, account_id: AccountId) -> Broadcast | None:
    """The one that is on its way: there is only one at a time."""
    _sender(actor)
    return next(iter(await tx.broadcasts.under_way(account_id)), None)


async def sent_this_month(actor: Actor, *, tx: Transaction, at: datetime) -> int:
    """In the month of Vietnam; of how many the platform allows it says nothing."""
    _sender(actor)
    figure = await tx.broadcasts.figure(since=local_instant(local_day(at).replace(day=1)), before=at)
    return figure.count


async def order_broadcast(actor: Actor, *, tx: Transaction, broadcast_id: BroadcastId, at: datetime) -> Broadcast:
    """The clock does the rest. Effects: state, audit.

    Raises StateError("broadcast_under_way") while another one is, StateError when it was ordered before.
    """
    found = await broadcast_for(actor, tx=tx, broadcast_id=broadcast_id)
    if not await tx.broadcasts.claim_way(found.account_id):
        raise StateError("broadcast_under_way")
    return await _moved(
        actor, tx=tx, broadcast=found, state=BroadcastState.CREATING, what="order", at=at, created_at=at
    )


async def cancel_broadcast(actor: Actor, *, tx: Transaction, broadcast_id: BroadcastId, at: datetime) -> Broadcast:
    """Before it was handed over. Effects: state, audit. An article that the platform has made already stays there unseen."""
    found = await broadcast_for(actor, tx=tx, broadcast_id=broadcast_id)
    return await _moved(actor, tx=tx, broadcast=found, state=BroadcastState.CANCELLED, what="cancel", at=at)


async def repeat_broadcast(actor: Actor, *, tx: Transaction, broadcast_id: BroadcastId, at: datetime) -> Broadcast:
    """Of one that may have gone or not: hand it over again. Effects: state, audit."""
    found = await _unknown(actor, tx=tx, broadcast_id=broadcast_id)
    return await _moved(actor, tx=tx, broadcast=found, state=BroadcastState.READY, what="repeat", at=at, created_at=at)


async def leave_broadcast(actor: Actor, *, tx: Transaction, broadcast_id: BroadcastId, at: datetime) -> Broadcast:
    """Of one that may have gone or not: take it for sent. Effects: state, audit, the item is listed as news."""
    found = await _unknown(actor, tx=tx, broadcast_id=broadcast_id)
    content = found.content
    if content.news_id is not None:
        await tx.news.publish(content.news_id, topic=content.topic, counts=content.counts, at=at)
    return await _moved(actor, tx=tx, broadcast=found, state=BroadcastState.SENT, what="leave", at=at, reason=ASSUMED)


async def _unknown(actor: Actor, *, tx: Transaction, broadcast_id: BroadcastId) -> Broadcast:
    found = await broadcast_for(actor, tx=tx, broadcast_id=broadcast_id)
    if not found.is_unknown:
        raise StateError
    return found


async def _moved(
    actor: Actor,
    *,
    tx: Transaction,
    broadcast: Broadcast,
    state: BroadcastState,
    what: str,
    at: datetime,
    reason: str = "",
    **values: datetime,
) -> Broadcast:
    moved = await tx.broadcasts.move(broadcast.broadcast_id, state=state, at=at, reason=reason, **values)
    if moved is None:
        raise StateError
    await tx.audit.record(actor, at=at, action=f"broadcast.{what}", subject=f"broadcast:{moved.broadcast_id}")
    return moved


async def broadcasts_in(actor: Actor, *, tx: Transaction, period: Period) -> BroadcastFigure:
    """What went to all followers in those days of Vietnam. It stands beside the coverage and is added to nothing."""
    check_act(actor, action=Action.SEE_COVERAGE)
    before = local_instant(period.last_on + timedelta(days=1))
    return await tx.broadcasts.figure(since=local_instant(period.first_on), before=before)
