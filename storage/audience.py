"""Who a rule means, and who of them may be written to now; the same look at the order and at the last moment."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    ScalarSelect,
    Select,
    and_,
    bindparam,
    case,
    func,
    literal,
    literal_column,
    null,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from outreach.campaigns.model import AT_REST, WEEK_FULL, Audience, Campaign, DeliveryState, Limits
from outreach.clock import local_day
from outreach.contacts.model import Purpose, Rhythm, Subscription
from outreach.contacts.windows import OUTSIDE, Window, Windows
from outreach.messaging import CampaignId
from storage import tables as t
from storage.audience_rules import SPENT, conditions, muted
from storage.ledger_rows import LedgerRows
from storage.windows import no_pay, rank, window, window_values

_CANNOT_BE_PAID = 2  # of `rank`


def meant(audience: Audience, *, main_period: int | None, at: datetime) -> Select[Any]:
    """Contacts the rule means at the moment of sending, joined with the best address of each and its account.

    No matter yet whether they may be written to: who is left out shall be seen, with the reason.
    """
    return (
        select(t.contact.c.id)
        .select_from(t.contact)
        .join(t.address, _her_one())
        .join(t.account, t.account.c.id == t.address.c.account_id)
        .where(
            t.contact.c.subscription.in_([Subscription.ACTIVE, Subscription.PAUSED, Subscription.STOPPED]),
            *conditions(audience, main_period=main_period, year=local_day(at).year).values(),
        )
    )


def _her_one() -> ColumnElement[bool]:
    """The address that is written to. Nearly everybody has one, and there is nothing to choose: that takes a third of the time."""
    address, another = t.address.c, t.address.alias("another")
    others = select(literal(1)).where(another.c.contact_id == address.contact_id, another.c.id != address.id)
    several = others.correlate(t.address).exists()
    return and_(address.contact_id == t.contact.c.id, or_(~several, address.id == best_address(t.contact.c.id)))


def best_address(contact_id: ColumnElement[Any], *, other_than: ColumnElement[Any] | None = None) -> ScalarSelect[Any]:
    """The address at which a person is written to: one for which she has agreed, that can be reached, whose window is free or
    may be paid, then the one she last used. With `other_than` only one that can be used, or none.
    """
    address, account = t.address.alias("choice"), t.account.alias("choice_account")
    order = rank(address, account)
    statement = select(address.c.id).join(account, account.c.id == address.c.account_id)
    statement = statement.where(address.c.contact_id == contact_id)
    if other_than is not None:
        statement = statement.where(
            address.c.id != other_than,
            address.c.reachable,
            order < _CANNOT_BE_PAID,
            consented(address.c.contact_id, address.c.id),
        )
    return (
        statement.order_by(
            consented(address.c.contact_id, address.c.id).desc(),
            address.c.reachable.desc(),
            order,
            address.c.interacted_at.desc().nulls_last(),
            address.c.id.desc(),
        )
        .limit(1)
        .correlate_except(address, account)
        .scalar_subquery()
    )


def consented(contact_id: ColumnElement[Any], address_id: ColumnElement[Any]) -> ColumnElement[bool]:
    """Each address has a consent of its own: whoever links a second one has not yet agreed to get news there."""
    return (
        select(literal(1))
        .where(
            t.consent.c.contact_id == contact_id,
            t.consent.c.address_id == address_id,
            t.consent.c.purpose == Purpose.NOTICES,
            t.consent.c.withdrawn_at.is_(None),
        )
        .correlate_except(t.consent)
        .exists()
    )


def week_is_full() -> ColumnElement[bool]:
    spent = (
        select(func.count())
        .where(
            t.delivery.c.contact_id == t.contact.c.id,
            t.delivery.c.state.in_(SPENT),
            t.delivery.c.changed_at >= bindparam("week_start", type_=t.delivery.c.changed_at.type),
        )
        .correlate(t.contact)
        .scalar_subquery()
    )
    return spent >= case((t.contact.c.rhythm == Rhythm.WEEKLY, 1), else_=bindparam("per_week", type_=Integer))


def rests() -> ColumnElement[bool]:
    """At the instant `at`, a parameter."""
    contact = t.contact.c
    instant = bindparam("at", type_=contact.paused_until.type)
    still = or_(contact.paused_until.is_(None), contact.paused_until > instant)
    return and_(contact.subscription == Subscription.PAUSED, still)


def _is_joined() -> ColumnElement[bool]:
    """Silent because she is somebody else's other phone."""
    joined = select(literal(1)).where(t.link.c.joined_id == t.contact.c.id, t.link.c.undone_at.is_(None))
    return joined.correlate(t.contact).exists()


def exclusion_values(limits: Limits, *, windows: Windows, paid_left: int, at: datetime) -> dict[str, Any]:
    """What `exclusion` is to be executed with."""
    week = {"week_start": limits.week_start, "per_week": limits.per_week, "at": at}
    return {**week, **window_values(windows, paid_left=paid_left, at=at)}


def exclusion(topic: ColumnElement[str]) -> ColumnElement[Any]:
    """Why a contact is not to be written to now, as a reason code, or NULL. Looks at contact, address and account.

    The values are parameters, so that a statement for every window is built once.
    """
    contact = t.contact.c
    return case(
        (and_(contact.subscription == Subscription.NONE, _is_joined()), "linked"),
        (contact.subscription.in_([Subscription.NONE, Subscription.JOINING, Subscription.ERASED]), "erased"),
        (
            or_(contact.subscription == Subscription.STOPPED, ~consented(contact.id, t.address.c.id)),
            "stopped",
        ),
        (~func.coalesce(t.address.c.reachable, literal(value=False)), "unreachable"),
        (rests(), AT_REST),
        (muted(topic), "topic_muted"),
        (week_is_full(), WEEK_FULL),
        (window() == literal_column(f"'{Window.CLOSED.value}'"), OUTSIDE),
        (and_(window() == literal_column(f"'{Window.PAID.value}'"), no_pay() != ""), no_pay()),
        else_=null(),
    )


async def freeze(
    rows: LedgerRows,
    campaign: Campaign,
    *,
    main_period: int | None,
    choice: Mapping[str, Any],
    after: int,
    size: int,
    at: datetime,
) -> int | None:
    """Make rows for whom the rule means of the next `size` contacts above `after`; gives the last id looked at, None: no more are left."""
    chunk = select(t.contact.c.id).where(t.contact.c.id > after).order_by(t.contact.c.id).limit(size).subquery()
    last, found = (await rows.db.execute(select(func.max(chunk.c.id), func.count()).select_from(chunk))).one()
    if last is None:
        return None
    people = meant(campaign.audience, main_period=main_period, at=max(at, campaign.not_before or at))
    await rows.add(campaign, people.where(t.contact.c.id.between(after + 1, last)), choice=choice, at=at)
    return int(last) if found == size else None


async def choose_again(
    db: AsyncConnection, campaign_id: CampaignId, *, choice: Mapping[str, Any], after: int, last: int
) -> None:
    """Between the order and its hour people write, leave and link: of whoever has several addresses the best is taken now."""
    row, another = t.delivery.c, t.address.alias("another")
    several = select(literal(1)).where(another.c.contact_id == row.contact_id, another.c.id != row.address_id).exists()
    await db.execute(
        update(t.delivery)
        .where(
            row.campaign_id == campaign_id,
            row.state == DeliveryState.PENDING,
            row.id.between(after + 1, last),
            several,
            t.address.c.id == best_address(row.contact_id),
            row.address_id != t.address.c.id,
        )
        .values(address_id=t.address.c.id, account_id=t.address.c.account_id),
        choice,
    )


async def left_out(
    db: AsyncConnection, campaign_id: CampaignId, *, values: Mapping[str, Any], after: int, size: int
) -> tuple[int | None, dict[str, list[int]]]:
    """Of the next `size` pending rows above `after`: by reason those whose person is not to be written to. Last id as in `freeze`.

    `values` are those of `exclusion`.
    """
    these = and_(
        t.delivery.c.campaign_id == campaign_id,
        t.delivery.c.state == DeliveryState.PENDING,
        t.delivery.c.id > after,
    )
    chunk = select(t.delivery.c.id).where(these).order_by(t.delivery.c.id).limit(size).subquery()
    last, number = (await db.execute(select(func.max(chunk.c.id), func.count()).select_from(chunk))).one()
    if last is None:
        return None, {}
    await choose_again(db, campaign_id, choice=values, after=after, last=last)
    rows = (
        select(t.delivery.c.id, exclusion(t.campaign.c.topic).label("reason"))
        .join(t.campaign, t.campaign.c.id == t.delivery.c.campaign_id)
        .join(t.contact, t.contact.c.id == t.delivery.c.contact_id)
        .outerjoin(t.address, t.address.c.id == t.delivery.c.address_id)
        .outerjoin(t.account, t.account.c.id == t.address.c.account_id)
        .where(these, t.delivery.c.id <= last)
    )
    reasons: dict[str, list[int]] = defaultdict(list)
    for row in await db.execute(rows, values):
        if row.reason:
            reasons[row.reason].append(row.id)
    return (int(last) if number == size else None), dict(reasons)
