"""What a tap or a receipt proves: that this person got, opened or read something that counts."""

from collections.abc import Mapping
from datetime import datetime

from outreach.clock import local_day
from outreach.contacts.model import Contact, Subscription
from outreach.messaging import CampaignId, ReceiptKind
from outreach.officers import Actor, check_self
from outreach.pack import Pack
from outreach.reach.model import Tier
from outreach.transaction import Transaction

# What a channel's word on a message of ours proves.
TOLD: Mapping[ReceiptKind, Tier] = {ReceiptKind.RECEIVED: Tier.DELIVERED, ReceiptKind.SEEN: Tier.OPENED}


async def note_evidence(
    actor: Actor,
    tx: Transaction,
    *,
    contact: Contact,
    tier: Tier,
    pack: Pack,
    turns: int,
    at: datetime,
    campaign_id: CampaignId | None = None,
) -> None:
    """Write it for every period of today. The caller has looked whether the content counts.

    Only of subscribers: whoever stopped, or never agreed to be counted, may read and leaves no trace. `turns` is 1 for
    something shown on her wish, 0 for a tap under what was counted when it was sent.
    """
    check_self(actor, contact_id=contact.contact_id)
    if contact.subscription not in {Subscription.ACTIVE, Subscription.PAUSED}:
        return
    periods = await tx.reach.ensure_periods(pack.periods_on(local_day(at)))
    await tx.reach.record(
        [contact.contact_id],
        tier=tier,
        periods=periods,
        youth=pack.ages.youth,
        campaign_id=campaign_id,
        turns=turns,
        at=at,
        tell_new=False,
    )
