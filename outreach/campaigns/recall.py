"""Taking a campaign back: its messages are deleted from the phones, as long as the messenger allows it.

What was counted stays counted: who has read it has read it. Deleting twice is harmless, so a kill costs nothing.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from outreach.campaigns.control import campaign_for
from outreach.campaigns.model import ENDED, Campaign
from outreach.errors import StateError
from outreach.messaging import AccountId, Address, CampaignId, Channel, SendError, SendErrorKind
from outreach.officers import Actor, check_system
from outreach.pacing import TokenBucket
from outreach.transaction import Transaction, Transactions, shielded

_AT_ONCE = 25
_LATER = frozenset(
    {
        SendErrorKind.NOT_NOW,
        SendErrorKind.NEVER_LEFT,
        SendErrorKind.UNKNOWN,
        SendErrorKind.REFUSED,
        SendErrorKind.REVOKED,
    }
)


def recall_until(campaign: Campaign, *, hours: int) -> datetime | None:
    """Until when all of its messages can be taken back; None where there is nothing (more) to take back."""
    if campaign.state not in ENDED or not campaign.tally.sent or campaign.recall_after is not None or not hours:
        return None
    return campaign.started_at + timedelta(hours=hours) if campaign.started_at else None


async def order_recall(actor: Actor, *, tx: Transaction, campaign_id: CampaignId, hours: int, at: datetime) -> Campaign:
    """Effects: the campaign is marked, what was still to be handed over or tried another way goes to nobody, audit.

    Raises StateError when it was asked before, still runs, or is too old.
    """
    campaign = await campaign_for(actor, tx=tx, campaign_id=campaign_id)
    until = recall_until(campaign, hours=hours)
    if until is None or until <= at or not await tx.watching.recall(campaign_id, after=0):
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
) -> bool:
    """Take the next messages back; True when none are left. The mark moves after them, never before."""
    check_system(actor)
    number, after = campaign.campaign_id, campaign.recall_after or 0
    async with transactions.read() as tx:
        found = await tx.ledger_reports.refs(number, after=after, limit=_AT_ONCE)
    gone = 0
    for delivery_id, address, refs in found:
        try:
            gone += await _delete(address, refs, channels=channels, bucket=bucket)
        except SendError:
            break
        after = delivery_id
    if after != (campaign.recall_after or 0):
        await shielded(_mark(transactions, number, after=after, gone=gone))
    return not found


async def _mark(transactions: Transactions, campaign_id: CampaignId, *, after: int, gone: int) -> None:
    async with transactions.write(bulk=True) as tx:
        await tx.watching.recall(campaign_id, after=after, gone=gone)


async def _delete(
    address: Address, refs: tuple[str, ...], *, channels: Mapping[AccountId, Channel], bucket: TokenBucket
) -> bool:
    """Whether one person's message went. Raises SendError where trying again later may help."""
    channel = channels.get(address.account_id)
    if channel is None:
        return False
    for ref in refs:
        if not await bucket.wait():
            raise SendError(SendErrorKind.NOT_NOW, "held")
        try:
            await channel.recall(address.external_id, ref)
        except SendError as error:
            if error.kind == SendErrorKind.NOT_NOW:
                bucket.hold(error.retry_after)
            if error.kind in _LATER:
                raise
            return False
    return bool(refs)
