"""Whoever was to get it once more, because nobody knows whether it came: where her campaign ends she is unknown again, not skipped."""

from datetime import datetime

from sqlalchemy import and_, or_, select

from outreach.campaigns.model import DeliveryState, OnUnknown
from outreach.messaging import CampaignId
from storage import tables as t
from storage.ledger_rows import LedgerRows

BY_OFFICER = "repeated_by_officer"
INTERRUPTED = "interrupted"


async def own_up_to(rows: LedgerRows, campaign_id: CampaignId, *, at: datetime) -> None:
    """Nothing pending stays of those. Where the rule is to repeat, whatever was tried before may have come."""
    row = t.delivery.c
    repeats = select(t.campaign.c.id).where(t.campaign.c.on_unknown == OnUnknown.RATHER_REPEAT)
    tried = or_(row.reason == BY_OFFICER, and_(row.attempts > 0, row.campaign_id.in_(repeats)))
    await rows.move_where(
        and_(row.campaign_id == campaign_id, row.state == DeliveryState.PENDING, tried),
        old=DeliveryState.PENDING,
        new=DeliveryState.UNKNOWN,
        reason=INTERRUPTED,
        changed_at=at,
    )
