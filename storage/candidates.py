"""Which rows of the ledger may leave next, and what decides about each of them."""

from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Select, and_, bindparam, or_, select

from outreach.campaigns.model import CampaignState, DeliveryState
from outreach.dialogue import BUSY_AT_MOST, BUSY_FOR, RESTING
from storage import tables as t
from storage.audience import exclusion
from storage.contacts import CONTACT_COLUMNS


@cache
def due() -> Select[*tuple[Any, ...]]:
    """Ids of the next pending rows of running campaigns whose hour has come; to be executed with `account_id`, `at` and `size`."""
    at = bindparam("at", type_=t.delivery.c.not_before.type)
    return (
        select(t.delivery.c.id)
        .join(t.campaign, t.campaign.c.id == t.delivery.c.campaign_id)
        .join(t.contact, t.contact.c.id == t.delivery.c.contact_id)
        .where(
            t.campaign.c.state == CampaignState.RUNNING,
            t.delivery.c.state == DeliveryState.PENDING,
            t.delivery.c.account_id == bindparam("account_id"),
            or_(t.delivery.c.not_before.is_(None), t.delivery.c.not_before <= at),
            or_(t.campaign.c.not_before.is_(None), t.campaign.c.not_before <= at),
        )
        .order_by(t.delivery.c.campaign_id, t.delivery.c.id)
        .limit(bindparam("size"))
    )


@cache
def looked_at(*, by_ids: bool) -> Select[*tuple[Any, ...]]:
    """Those rows (or the rows `ids`) with their person, her conversation, and why she is not to be written to."""
    chosen: Any = bindparam("ids", expanding=True) if by_ids else due()
    return (
        select(
            t.delivery.c.id.label("delivery_id"),
            t.delivery.c.campaign_id,
            t.delivery.c.version,
            t.delivery.c.attempts,
            t.campaign.c.started_at.label("campaign_started_at"),
            t.address.c.account_id,
            t.address.c.external_id,
            t.address.c.staff_until,
            t.dialogue.c.answered_at.label("dialogue_answered_at"),
            *CONTACT_COLUMNS,
            exclusion(t.campaign.c.topic).label("exclusion"),
        )
        .select_from(t.delivery)
        .join(t.campaign, t.campaign.c.id == t.delivery.c.campaign_id)
        .join(t.contact, t.contact.c.id == t.delivery.c.contact_id)
        .outerjoin(t.address, t.address.c.id == t.delivery.c.address_id)
        .outerjoin(t.dialogue, and_(t.dialogue.c.contact_id == t.contact.c.id, t.dialogue.c.flow.not_in(RESTING)))
        .where(t.delivery.c.id.in_(chosen))
        .order_by(t.delivery.c.campaign_id, t.delivery.c.id)
    )


def busy_until(row: Any, *, at: datetime) -> datetime | None:
    """When to look again at somebody who is in the middle of a conversation, with the bot or with staff; None when she may be written to."""
    staff_until: datetime | None = row.staff_until
    if staff_until and staff_until > at:
        return staff_until
    answered = row.dialogue_answered_at
    if answered is None or at - answered >= BUSY_FOR or at - row.campaign_started_at >= BUSY_AT_MOST:
        return None
    until: timedelta = min(BUSY_FOR - (at - answered), BUSY_AT_MOST - (at - row.campaign_started_at))
    return at + until
