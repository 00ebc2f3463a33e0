"""Whoever was to get it once more, because nobody knows whether it came: where her campaign ends she is unknown again, not skipped."""

from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, or_, select

from outreach.campaigns.model import DeliveryState, OnUnknown
from outreach.messaging import CampaignId
from storage import tables as t
from storage.ledger_rows import LedgerRows
from storage.legs import count_the_first

BY_OFFICER = "repeated_by_officer"
INTERRUPTED = "interrupted"


async def give_up(
    rows: LedgerRows, campaign_id: CampaignId, *, reason: str, at: datetime, size: int | None = None
) -> int:
    """Pending rows are skipped, or unknown where it may have come; of `size` the first. Gives how many were pending."""
    await rows.hold(t.campaign.c.id == campaign_id)
    row = t.delivery.c
    waiting = and_(row.campaign_id == campaign_id, row.state == DeliveryState.PENDING)
    if size is not None:
        some = select(row.id).where(waiting).order_by(row.id).limit(size).subquery()
        last = (await rows.db.execute(select(func.max(some.c.id)))).scalar_one()
        waiting = and_(waiting, row.id <= (last or 0))
    doubtful = await _own_up_to(rows, waiting)
    legs = (await rows.db.execute(select(row.id).where(waiting, row.leg > 1))).scalars().all()
    skipped = await rows.move_where(
        waiting,
        old=DeliveryState.PENDING,
        new=DeliveryState.SKIPPED,
        reason=reason,
        attempts=0,
        not_before=None,
        changed_at=at,
    )
    await count_the_first(rows, legs)
    return doubtful + skipped


async def _own_up_to(rows: LedgerRows, waiting: ColumnElement[bool]) -> int:
    """Nothing pending stays of those. Where the rule is to repeat, whatever was tried before may have come: then, not now."""
    row = t.delivery.c
    repeats = select(t.campaign.c.id).where(t.campaign.c.on_unknown == OnUnknown.RATHER_REPEAT)
    tried = or_(row.reason == BY_OFFICER, and_(row.attempts > 0, row.campaign_id.in_(repeats)))
    return await rows.move_where(
        and_(waiting, tried),
        old=DeliveryState.PENDING,
        new=DeliveryState.UNKNOWN,
        reason=INTERRUPTED,
    )
