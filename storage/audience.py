"""Who a rule means, and who of them may be written to now; the same look at the order and at the last moment."""

from collections import Counter, defaultdict
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    Text,
    and_,
    bindparam,
    case,
    func,
    literal,
    null,
    or_,
    select,
    true,
    type_coerce,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from outreach.campaigns.model import Audience, AudienceKind, Campaign, DeliveryState
from outreach.campaigns.ports import Limits, Preview
from outreach.contacts.model import Purpose, Rhythm, Subscription
from outreach.messaging import CampaignId
from storage import tables as t
from storage.upsert import dialect_insert

_SPENT = (DeliveryState.IN_FLIGHT, DeliveryState.SENT, DeliveryState.UNKNOWN, DeliveryState.SENT_ASSUMED)


def meant(audience: Audience, *, main_period: int | None) -> Select[Any]:
    """Contacts the rule means, joined with one address each (a reachable one if there is any, then the newest).

    No matter yet whether they may be written to: who is left out shall be seen, with the reason.
    """
    address_id = (
        select(t.address.c.id)
        .where(t.address.c.contact_id == t.contact.c.id)
        .order_by(t.address.c.reachable.desc(), t.address.c.id.desc())
        .limit(1)
        .correlate(t.contact)
        .scalar_subquery()
    )
    statement = (
        select(t.contact.c.id)
        .join(t.address, t.address.c.id == address_id)
        .where(t.contact.c.subscription.in_([Subscription.ACTIVE, Subscription.PAUSED, Subscription.STOPPED]))
    )
    if audience.unit_ids or audience.kind == AudienceKind.UNITS:
        statement = statement.where(t.contact.c.unit_id.in_(audience.unit_ids))
    if audience.kind == AudienceKind.NOT_REACHED:
        statement = statement.where(~_reached(main_period))
    if audience.kind == AudienceKind.RECEIVED:
        statement = statement.where(_may_have(audience.corrects))
    return statement


def _reached(period_id: int | None) -> ColumnElement[bool]:
    return (
        select(literal(1))
        .where(t.reach_person.c.contact_id == t.contact.c.id, t.reach_person.c.period_id == period_id)
        .correlate(t.contact)
        .exists()
    )


def _may_have(campaign_id: CampaignId | None) -> ColumnElement[bool]:
    """Whose phone that campaign's message is on, or may be on."""
    return (
        select(literal(1))
        .where(
            t.delivery.c.contact_id == t.contact.c.id,
            t.delivery.c.campaign_id == campaign_id,
            t.delivery.c.state.in_(_SPENT),
        )
        .correlate(t.contact)
        .exists()
    )


def _consented() -> ColumnElement[bool]:
    return (
        select(literal(1))
        .where(
            t.consent.c.contact_id == t.contact.c.id,
            t.consent.c.purpose == Purpose.NOTICES,
            t.consent.c.withdrawn_at.is_(None),
        )
        .correlate(t.contact)
        .exists()
    )


def _week_is_full() -> ColumnElement[bool]:
    spent = (
        select(func.count())
        .where(
            t.delivery.c.contact_id == t.contact.c.id,
            t.delivery.c.state.in_(_SPENT),
            t.delivery.c.changed_at >= bindparam("week_start", type_=t.delivery.c.changed_at.type),
        )
        .correlate(t.contact)
        .scalar_subquery()
    )
    return spent >= case((t.contact.c.rhythm == Rhythm.WEEKLY, 1), else_=bindparam("per_week", type_=Integer))


def exclusion_values(limits: Limits, *, at: datetime) -> dict[str, Any]:
    """What `exclusion` is to be executed with."""
    return {"week_start": limits.week_start, "per_week": limits.per_week, "at": at}


def exclusion(topic: ColumnElement[str]) -> ColumnElement[Any]:
    """Why a contact is not to be written to now, as a reason code, or NULL. Looks at contact and address.

    The values are parameters, so that a statement for every window is built once.
    """
    contact = t.contact.c
    muted = type_coerce(contact.muted_topics, Text)
    instant = bindparam("at", type_=contact.paused_until.type)
    return case(
        (contact.subscription.in_([Subscription.NONE, Subscription.JOINING, Subscription.ERASED]), "erased"),
        (or_(contact.subscription == Subscription.STOPPED, ~_consented()), "stopped"),
        (~func.coalesce(t.address.c.reachable, literal(value=False)), "unreachable"),
        (
            and_(
                contact.subscription == Subscription.PAUSED,
                or_(contact.paused_until.is_(None), contact.paused_until > instant),
            ),
            "paused",
        ),
        # Topics are a JSON list of codes, so a quoted code stands in it or not.
        (func.replace(muted, literal('"') + topic + literal('"'), "") != muted, "topic_muted"),
        (_week_is_full(), "week_full"),
        else_=null(),
    )


async def preview(db: AsyncConnection, audience: Audience, *, limits: Limits, at: datetime) -> Preview:
    reason = exclusion(literal(audience.topic)).label("reason")
    people = meant(audience, main_period=limits.main_period).add_columns(
        reason, _reached(limits.main_period).label("reached")
    )
    rows = people.subquery()
    counted = select(rows.c.reason, rows.c.reached, func.count()).group_by(rows.c.reason, rows.c.reached)
    excluded: Counter[str] = Counter()
    will_get = first_time = 0
    for why, reached, number in await db.execute(counted, exclusion_values(limits, at=at)):
        if why:
            excluded[why] += number
        else:
            will_get += number
            first_time += 0 if reached else number
    return Preview(will_get=will_get, first_time=first_time, excluded=dict(excluded))


async def freeze(
    db: AsyncConnection, campaign: Campaign, *, main_period: int | None, after: int, size: int, at: datetime
) -> tuple[int | None, int]:
    """Make rows for the next `size` contacts above `after`; gives the last id (None: no more are left) and how many rows were new."""
    people = meant(campaign.audience, main_period=main_period).where(t.contact.c.id > after)
    chunk = people.order_by(t.contact.c.id).limit(size).subquery()
    last, found = (await db.execute(select(func.max(chunk.c.id), func.count()).select_from(chunk))).one()
    if last is None:
        return None, 0
    rows = people.where(t.contact.c.id <= last).with_only_columns(
        literal(campaign.campaign_id),
        t.contact.c.id,
        literal(1),
        t.address.c.account_id,
        t.address.c.id,
        t.contact.c.unit_id,
        literal(campaign.version),
        literal(DeliveryState.PENDING.value),
        literal(at, t.delivery.c.changed_at.type),
        maintain_column_froms=True,
    )
    columns = ["campaign_id", "contact_id", "leg", "account_id", "address_id", "unit_id", "version", "state"]
    statement = dialect_insert(db, t.delivery).from_select([*columns, "changed_at"], rows.where(true()))
    made = (await db.execute(statement.on_conflict_do_nothing())).rowcount
    return (int(last) if found == size else None), made


async def left_out(
    db: AsyncConnection, campaign_id: CampaignId, *, limits: Limits, after: int, size: int, at: datetime
) -> tuple[int | None, dict[str, list[int]]]:
    """Of the next `size` pending rows above `after`: by reason those whose person is not to be written to. Last id as in `freeze`."""
    rows = (
        select(t.delivery.c.id, exclusion(t.campaign.c.topic).label("reason"))
        .join(t.campaign, t.campaign.c.id == t.delivery.c.campaign_id)
        .join(t.contact, t.contact.c.id == t.delivery.c.contact_id)
        .outerjoin(t.address, t.address.c.id == t.delivery.c.address_id)
        .where(
            t.delivery.c.campaign_id == campaign_id,
            t.delivery.c.state == DeliveryState.PENDING,
            t.delivery.c.id > after,
        )
        .order_by(t.delivery.c.id)
        .limit(size)
    )
    found = (await db.execute(rows, exclusion_values(limits, at=at))).all()
    reasons: dict[str, list[int]] = defaultdict(list)
    for row in found:
        if row.reason:
            reasons[row.reason].append(row.id)
    return (found[-1].id if len(found) == size else None), dict(reasons)
