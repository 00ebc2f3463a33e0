"""Which rows of the ledger may leave next, and what decides about each of them."""

from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, case, false, literal, or_, select, text

from outreach.campaigns.model import NO_RECEIPT, CampaignState
from outreach.dialogue import BUSY_AT_MOST, BUSY_FOR, RESTING
from storage import tables as t
from storage.audience import exclusion
from storage.windows import window


def has_something_to_send() -> ColumnElement[bool]:
    """Campaigns that run, and those that are done but for what was handed over later. The index has the same words."""
    return and_(text("campaign.pending > 0"), t.campaign.c.state.in_([CampaignState.RUNNING, CampaignState.FINISHED]))


@cache
def may_send() -> Select[*tuple[Any, ...]]:
    """Campaigns with rows for this account, whose hour has come and has not passed, where the lane does not stand still: id, sending
    unit, urgent; the oldest first.

    To be executed with `account_id` and `at`.
    """
    campaign, row = t.campaign.c, t.delivery.c
    # In the words of the index. Otherwise each window would look in vain at all that waits for other accounts.
    waits_here = (
        select(literal(1))
        .where(row.campaign_id == campaign.id, row.account_id == bindparam("account_id"))
        .where(text("delivery.state = 'pending'"))
        .correlate(t.campaign)
        .exists()
    )
    halted = select(t.lane_halt.c.campaign_id).where(t.lane_halt.c.account_id == bindparam("account_id"))
    at = bindparam("at", type_=campaign.expires_at.type)
    return (
        select(campaign.id, campaign.unit_id, campaign.urgent)
        .where(
            has_something_to_send(),
            waits_here,
            campaign.id.not_in(halted),
            # One that began in its hour goes on, also where the clock was set back since.
            or_(campaign.not_before.is_(None), campaign.not_before <= at, campaign.started_at >= campaign.not_before),
            or_(campaign.expires_at.is_(None), campaign.expires_at > at),
        )
        .order_by(campaign.id)
    )


@cache
def due() -> Select[*tuple[Any, ...]]:
    """Ids of the next pending rows of these `campaigns` whose hour has come; while a first wave is out, of its rows alone.

    To be executed with `campaigns`, `account_id`, `at` and `size`.
    """
    at = bindparam("at", type_=t.delivery.c.not_before.type)
    return (
        select(t.delivery.c.id)
        .join(t.campaign, t.campaign.c.id == t.delivery.c.campaign_id)
        .join(t.contact, t.contact.c.id == t.delivery.c.contact_id)
        .where(
            t.delivery.c.campaign_id.in_(bindparam("campaigns", expanding=True)),
            text("delivery.state = 'pending'"),  # in the words of the index, which leads to the first without a sort
            t.delivery.c.account_id == bindparam("account_id"),
            or_(t.delivery.c.not_before.is_(None), t.delivery.c.not_before <= at),
            or_(t.campaign.c.wave_last_id.is_(None), t.delivery.c.id <= t.campaign.c.wave_last_id),
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
            t.delivery.c.version.label("frozen_version"),
            t.campaign.c.version,
            t.delivery.c.attempts,
            t.delivery.c.changed_at,
            _went_before().label("again"),
            t.campaign.c.started_at.label("campaign_started_at"),
            t.address.c.account_id,
            t.address.c.external_id,
            t.address.c.staff_until,
            t.dialogue.c.answered_at.label("dialogue_answered_at"),
            t.contact.c.id.label("contact_id"),
            t.contact.c.unit_id.label("contact_unit_id"),
            t.contact.c.language.label("contact_language"),
            exclusion(t.campaign.c.topic).label("exclusion"),
            window().label("window"),
        )
        .select_from(t.delivery)
        .join(t.campaign, t.campaign.c.id == t.delivery.c.campaign_id)
        .join(t.contact, t.contact.c.id == t.delivery.c.contact_id)
        .outerjoin(t.address, t.address.c.id == t.delivery.c.address_id)
        .outerjoin(t.account, t.account.c.id == t.address.c.account_id)
        .outerjoin(t.dialogue, and_(t.dialogue.c.contact_id == t.contact.c.id, t.dialogue.c.flow.not_in(RESTING)))
        .where(t.delivery.c.id.in_(chosen))
        .order_by(t.delivery.c.campaign_id, t.delivery.c.id)
    )


def _went_before() -> ColumnElement[Any]:
    """A second leg whose first one was accepted: her turns are counted already."""
    first = t.delivery.alias("first")
    accepted = (
        select(literal(1))
        .where(
            first.c.campaign_id == t.delivery.c.campaign_id,
            first.c.contact_id == t.delivery.c.contact_id,
            first.c.leg == 1,
            first.c.reason == NO_RECEIPT,
        )
        .exists()
    )
    return case((t.delivery.c.leg > 1, accepted), else_=false())


def busy_until(row: Any, *, at: datetime) -> datetime | None:
    """When to look again at somebody who is in the middle of a conversation, with the bot or with staff; None when she may be written to."""
    staff_until: datetime | None = row.staff_until
    if staff_until and staff_until > at:
        return staff_until
    answered = row.dialogue_answered_at
    # A row that was handed over later waits from then on.
    since = max(row.campaign_started_at, row.changed_at)
    if answered is None or at - answered >= BUSY_FOR or at - since >= BUSY_AT_MOST:
        return None
    until: timedelta = min(BUSY_FOR - (at - answered), BUSY_AT_MOST - (at - since))
    return at + until
