"""Who a rule means, and who of them may be written to now; the same look at the order and at the last moment."""

from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, literal, select

from outreach.campaigns.model import Audience, AudienceKind, DeliveryState
from outreach.campaigns.ports import Limits
from outreach.contacts.model import Purpose, Rhythm, Subscription
from storage import tables as t
from storage.contacts import CONTACT_COLUMNS

_SPENT = (DeliveryState.IN_FLIGHT, DeliveryState.SENT, DeliveryState.UNKNOWN, DeliveryState.SENT_ASSUMED)


def meant(audience: Audience, *, main_period: int | None) -> Select[Any]:
    """Contacts the rule means, with one address each (the newest): no matter yet whether they may be written to."""
    newest = (
        select(func.max(t.address.c.id))
        .where(t.address.c.contact_id == t.contact.c.id)
        .correlate(t.contact)
        .scalar_subquery()
    )
    statement = (
        select(t.contact.c.id)
        .join(t.address, t.address.c.id == newest)
        .where(t.contact.c.subscription.in_([Subscription.ACTIVE, Subscription.PAUSED, Subscription.STOPPED]))
    )
    if audience.unit_ids or audience.kind == AudienceKind.UNITS:
        statement = statement.where(t.contact.c.unit_id.in_(audience.unit_ids))
    if audience.kind == AudienceKind.NOT_REACHED:
        reached = select(literal(1)).where(
            t.reach_person.c.contact_id == t.contact.c.id, t.reach_person.c.period_id == main_period
        )
        statement = statement.where(~reached.exists())
    return statement


def _week_count(limits: Limits) -> Any:
    return (
        select(func.count())
        .where(
            t.delivery.c.contact_id == t.contact.c.id,
            t.delivery.c.state.in_(_SPENT),
            t.delivery.c.changed_at >= limits.week_start,
        )
        .correlate(t.contact)
        .scalar_subquery()
    )


def exclusion(row: Any, *, limits: Limits, topic: str, at: datetime) -> str | None:
    """Why this person is not to be written to now, or None. `row` holds CONTACT_COLUMNS, reachable, consented, spent."""
    if row.contact_subscription == Subscription.STOPPED or not row.consented:
        return "stopped"
    if row.contact_subscription not in (Subscription.ACTIVE, Subscription.PAUSED):
        return "erased"
    if not row.reachable:
        return "unreachable"
    if row.contact_subscription == Subscription.PAUSED and (
        not row.contact_paused_until or row.contact_paused_until > at
    ):
        return "paused"
    if topic and topic in row.contact_muted_topics:
        return "topic_muted"
    allowed = 1 if row.contact_rhythm == Rhythm.WEEKLY else limits.per_week
    return "week_full" if row.spent >= allowed else None


def checked(statement: Select[Any], *, limits: Limits) -> Select[Any]:
    """Add what `exclusion` looks at."""
    consented = (
        select(literal(1))
        .where(
            t.consent.c.contact_id == t.contact.c.id,
            t.consent.c.purpose == Purpose.NOTICES,
            t.consent.c.withdrawn_at.is_(None),
        )
        .correlate(t.contact)
        .exists()
    )
    return statement.add_columns(
        *CONTACT_COLUMNS,
        func.coalesce(t.address.c.reachable, literal(value=False)).label("reachable"),
        consented.label("consented"),
        _week_count(limits).label("spent"),
    )
