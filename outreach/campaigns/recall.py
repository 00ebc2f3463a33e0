"""Taking a campaign back: its messages are deleted from the phones, as long as the messenger allows it.

Whoever has opened or read it stays counted; for all others it is as if it had not come. Deleting twice is harmless, so a kill
costs nothing.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime

from outreach.campaigns.control import campaign_for
from outreach.campaigns.model import Campaign, DeliveryId
from outreach.campaigns.undo import AT_ONCE, LATER, Out, undo_until
from outreach.clock import local_day
from outreach.errors import StateError
from outreach.messaging import AccountId, CampaignId, Channel, SendError, SendErrorKind
from outreach.officers import Actor, check_system
from outreach.pacing import TokenBucket
from outreach.pack import Pack
from outreach.transaction import Transaction, Transactions, shielded


async def order_recall(actor: Actor, *, tx: Transaction, campaign_id: CampaignId, hours: int, at: datetime) -> Campaign:
    """Effects: the campaign is marked, what was still to be handed over or tried another way goes to nobody, audit.

    Raises StateError when it was asked before, still runs, or is too old.
    """
    campaign = await campaign_for(actor, tx=tx, campaign_id=campaign_id)
    until = undo_until(campaign, hours=hours)
    if until is None or until <= at or not await tx.undoing.begin_recall(campaign_id):
        raise StateError("cannot_recall")
    await tx.ledger.give_up_pending(campaign_id, reason="cancelled", at=at)
    await tx.audit.record(actor, at=at, action="campaign.recall", subject=f"campaign:{campaign_id}")
    return campaign


async def recall_some(
    actor: Actor,
    campaign: Campaign,
    *,
    transactions: Transactions,
    channels: Mapping[AccountId, Channel],
    bucket: TokenBucket,
    pack: Pack,
) -> bool:
    """Take the next messages back; True when none are left. Effects: the mark, the rows, their reach."""
    check_system(actor)
    after = campaign.recall_after or 0
    async with transactions.read() as tx:
        found = await tx.undoing.out(campaign.campaign_id, after=after, limit=AT_ONCE)
    gone: list[DeliveryId] = []
    for one in found:
        try:
            gone += [one.delivery_id] * await _delete(one, channels=channels, bucket=bucket)
        except SendError:
            break
        after = one.delivery_id
    if after != (campaign.recall_after or 0):
        await shielded(_mark(transactions, campaign, after=after, gone=gone, pack=pack))
    return not found


async def _mark(
    transactions: Transactions, campaign: Campaign, *, after: int, gone: Sequence[DeliveryId], pack: Pack
) -> None:
    number, days = campaign.campaign_id, defaultdict[date, list[DeliveryId]](list)
    async with transactions.write(bulk=True) as tx:
        for one in await tx.undoing.recalled(number, after=after, gone=gone):
            if one.counts:
                days[local_day(one.sent_at)].append(one.delivery_id)
        for day, deliveries in sorted(days.items()):
            periods = await tx.reach.ensure_periods(pack.periods_on(day))
            await tx.undoing.leave_reach(number, deliveries, periods=periods)


async def _delete(one: Out, *, channels: Mapping[AccountId, Channel], bucket: TokenBucket) -> bool:
    """Whether one person's message went. Raises SendError where trying again later may help."""
    channel = channels.get(one.address.account_id)
    if channel is None or not channel.capabilities.recall_hours:
        return False
    for ref in one.refs:
        if not await bucket.wait():
            raise SendError(SendErrorKind.NOT_NOW, "held")
        try:
            await channel.recall(one.address.external_id, ref)
        except SendError as error:
            if error.kind == SendErrorKind.NOT_NOW:
                bucket.hold(error.retry_after)
            if error.kind in LATER:
                raise
            return False
    return bool(one.refs)
