"""What was taken back from people's phones leaves the reach, as if it had not come, unless they have opened or read it."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Table, and_, delete, func, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from outreach.campaigns.model import NO_RECEIPT, RECALLED, DeliveryId, DeliveryState
from outreach.clock import local_instant
from outreach.messaging import CampaignId
from outreach.periods import Period
from outreach.reach.model import StoredPeriod
from storage import tables as t
from storage.counting import counts
from storage.merging_reach import forget_in_links

_d, _p, _u = t.delivery.c, t.reach_person.c, t.reach_unit.c

# Whoever speaks for the recipient now: her own contact, or the one it is joined to.
_KEPT = func.coalesce(
    select(t.link.c.kept_id)
    .where(t.link.c.joined_id == _d.contact_id, t.link.c.undone_at.is_(None))
    .correlate(t.delivery)
    .scalar_subquery(),
    _d.contact_id,
)


async def leave_reach(
    db: AsyncConnection, campaign_id: CampaignId, deliveries: Sequence[DeliveryId], *, periods: Sequence[StoredPeriod]
) -> None:
    """Effects: rows of people and units, the campaigns' counts of people reached for the first time in the first of `periods`.

    A row's turns are the messages that were accepted in its period, so the last one takes the row along, unless she has opened or
    read something else.
    """
    unread = (_d.id.in_(deliveries), _d.seen_at.is_(None), _d.opened_at.is_(None))
    rows = (await db.execute(select(_d.id, _KEPT.label("contact_id"), _d.unit_id).where(*unread))).all()
    await forget_in_links(db, [row.id for row in rows], periods=periods)
    left = [(row.contact_id, row.unit_id) for row in rows]
    while left:
        places = dict(
            left
        )  # who got it twice, before two accounts were found to be hers, loses one turn after the other
        for stored in periods:
            firsts = await _leave(db, campaign_id, places, stored=stored)
            if stored is periods[0]:
                await _count(db, campaign_id, firsts)
        for place in places.items():
            left.remove(place)


async def _leave(
    db: AsyncConnection, campaign_id: CampaignId, places: Mapping[int, int | None], *, stored: StoredPeriod
) -> list[int | None]:
    """Of those whom this campaign had reached first: the one that has now, None where nothing is left of the person."""
    columns = (_p.contact_id, _p.turns, _p.first_campaign_id, _acted_at(t.reach_person).label("acted_at"))
    rows = (await db.execute(select(*columns).where(_in_period(t.reach_person, stored, places)))).all()
    gone = [row.contact_id for row in rows if row.turns <= 1 and row.acted_at is None]
    stays = [row.contact_id for row in rows if row.turns > 1 or row.acted_at is not None]
    for table in (t.reach_unit, t.reach_person) if gone else ():
        await db.execute(delete(table).where(_in_period(table, stored, gone)))
    if stays:
        await _take_a_turn(db, {one: places[one] for one in stays}, stored=stored)
    led = {row.contact_id: row.acted_at for row in rows if row.first_campaign_id == campaign_id}
    found = await _earliest(db, led.keys() & set(stays), period=stored.period)
    earliest = {one: began for one, began in found.items() if led[one] is None or began[0] <= led[one]}
    for contact_id, (at, first) in earliest.items():
        await _begins(db, contact_id, stored=stored, at=at, first=first)
    return [earliest[one][1] if one in earliest else None for one in led if led[one] is None or one in earliest]


def _acted_at(table: Table) -> ColumnElement[Any]:
    """When she first opened or read anything."""
    return func.coalesce(table.c.e3_at, table.c.e4_at)


async def _take_a_turn(db: AsyncConnection, places: Mapping[int, int | None], *, stored: StoredPeriod) -> None:
    pairs = tuple_(_u.contact_id, _u.unit_id).in_([place for place in places.items() if place[1] is not None])
    here = and_(_in_period(t.reach_unit, stored, places), pairs)  # an index leads to people, not to such pairs
    await db.execute(delete(t.reach_unit).where(here, _u.turns <= 1, _acted_at(t.reach_unit).is_(None)))
    await db.execute(update(t.reach_unit).where(here, _u.turns > 0).values(turns=_u.turns - 1))
    person = and_(_in_period(t.reach_person, stored, places), _p.turns > 0)
    await db.execute(update(t.reach_person).where(person).values(turns=_p.turns - 1))


def _in_period(table: Table, stored: StoredPeriod, people: Collection[int]) -> ColumnElement[bool]:
    return and_(table.c.period_id == stored.period_id, table.c.contact_id.in_(list(people)))


async def _earliest(db: AsyncConnection, people: Collection[int], *, period: Period) -> dict[int, tuple[datetime, int]]:
    """When the first message that counts, of those that are left, was accepted in the period, and of which campaign."""
    if not people:
        return {}
    joined = select(t.link.c.joined_id).where(t.link.c.kept_id.in_(people), t.link.c.undone_at.is_(None))
    accepted = or_(and_(_d.state == DeliveryState.SENT, _d.reason != RECALLED), _d.reason == NO_RECEIPT)
    found = await db.execute(
        select(_KEPT.label("contact_id"), _d.changed_at, _d.campaign_id)
        .join(t.campaign, t.campaign.c.id == _d.campaign_id)
        .where(
            or_(_d.contact_id.in_(people), _d.contact_id.in_(joined)),
            counts(),
            accepted,
            _d.changed_at >= local_instant(period.first_on, time.min),
            _d.changed_at < local_instant(period.last_on + timedelta(days=1), time.min),
        )
        .order_by(_d.changed_at.desc(), _d.id.desc())
    )
    return {row.contact_id: (row.changed_at, row.campaign_id) for row in found}


async def _begins(db: AsyncConnection, contact_id: int, *, stored: StoredPeriod, at: datetime, first: int) -> None:
    for table, values in ((t.reach_person, {"first_campaign_id": first}), (t.reach_unit, {})):
        stamp: dict[str, Any] = {"e1_at": at, **values}
        earlier = table.c.e1_at < at
        await db.execute(update(table).where(_in_period(table, stored, [contact_id]), earlier).values(**stamp))


async def _count(db: AsyncConnection, campaign_id: CampaignId, firsts: Sequence[int | None]) -> None:
    moves = Counter[int]({campaign_id: -len(firsts)})
    moves.update(one for one in firsts if one is not None)
    for number, people in sorted(moves.items()):
        if people:
            counted = t.campaign.c.first_time + people
            await db.execute(update(t.campaign).where(t.campaign.c.id == number).values(first_time=counted))
