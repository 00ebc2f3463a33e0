"""Two contacts become one, and are parted again: rows are given to whoever is kept, and a snapshot of their ids says what goes back."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Column, and_, delete, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from outreach.campaigns.model import DeliveryState
from outreach.contacts.model import Purpose, Subscription
from outreach.dialogue import RESTING
from outreach.messaging import ContactId
from storage import tables as t
from storage.merging_deliveries import give_deliveries, take_deliveries
from storage.merging_reach import fold_reach, unfold_reach
from storage.reach import follow_channels

Snapshot = dict[str, Any]

# Rows that name a person in one column and are simply hers: snapshot's word -> that column.
_OWNED: Mapping[str, Column[Any]] = {
    "consents": t.consent.c.contact_id,
    "evidence": t.evidence.c.contact_id,
    "invitations": t.invitation.c.tapped_by,
    "nominators": t.nomination.c.nominator_id,
    "nominees": t.nomination.c.nominee_id,
    "questions": t.question.c.contact_id,
}
_GETS_NEWS = (Subscription.ACTIVE, Subscription.PAUSED, Subscription.JOINING)


async def merge(db: AsyncConnection, kept_id: ContactId, *, joined_id: ContactId, at: datetime) -> int | None:
    """Effects: see `Links.merge`. None, and nothing done, while a message to the person joined is in a sender's hands."""
    await _hold(db, kept_id, joined_id)
    in_flight = select(t.delivery.c.id).where(
        t.delivery.c.contact_id == joined_id, t.delivery.c.state == DeliveryState.IN_FLIGHT
    )
    if (await db.execute(in_flight.limit(1))).one_or_none():
        return None
    subscription = select(t.contact.c.subscription).where(t.contact.c.id == joined_id)
    snapshot: Snapshot = {"subscription": (await db.execute(subscription)).scalar_one()}
    for word, column in _OWNED.items():
        ids = list((await db.execute(select(column.table.c.id).where(column == joined_id))).scalars())
        await _give(db, column, ids, to=kept_id)
        snapshot[word] = ids
    snapshot["office"] = await _give_office(db, kept_id, joined_id=joined_id, at=at)
    snapshot["deliveries"] = await give_deliveries(db, kept_id, joined_id=joined_id, at=at)
    snapshot["reach"] = await fold_reach(db, kept_id, joined_id=joined_id)
    await _give_conversation(db, kept_id, joined_id=joined_id)
    address = t.address.c.contact_id == joined_id
    address_id = (await db.execute(select(t.address.c.id).where(address))).scalar_one()
    await db.execute(update(t.address).where(address).values(contact_id=kept_id))
    await follow_channels(db, kept_id)
    # Whatever still names the silent one sends nothing.
    await _subscribe(db, joined_id, Subscription.NONE, at=at)
    row = {"kept_id": kept_id, "joined_id": joined_id, "address_id": address_id, "snapshot": snapshot, "linked_at": at}
    return int((await db.execute(insert(t.link).values(**row).returning(t.link.c.id))).scalar_one())


async def part(db: AsyncConnection, link_id: int, *, at: datetime) -> None:
    """Effects: see `Links.undo`."""
    link = (await db.execute(select(t.link).where(t.link.c.id == link_id))).one()
    snapshot: Snapshot = link.snapshot
    await _hold(db, link.kept_id, link.joined_id)
    for word, column in _OWNED.items():
        await _give(db, column, snapshot[word], to=link.joined_id)
    given_there = and_(t.consent.c.contact_id == link.kept_id, t.consent.c.address_id == link.address_id)
    await db.execute(update(t.consent).where(given_there).values(contact_id=link.joined_id))
    await _return_office(db, snapshot["office"], joined_id=link.joined_id)
    await db.execute(update(t.address).where(t.address.c.id == link.address_id).values(contact_id=link.joined_id))
    await take_deliveries(db, snapshot["deliveries"], link=link)
    await _part_reach(db, link)
    await follow_channels(db, link.kept_id, link.joined_id)
    await _settle_news(db, link.kept_id, link.joined_id, was=Subscription(snapshot["subscription"]), at=at)
    await db.execute(update(t.link).where(t.link.c.id == link_id).values(undone_at=at, snapshot={}))


async def _hold(db: AsyncConnection, *people: int) -> None:
    """On PostgreSQL, until the commit: nobody stops, is sent to or is linked in between. SQLite has one writer."""
    if db.dialect.name == "postgresql":
        held = select(t.contact.c.id).where(t.contact.c.id.in_(people)).order_by(t.contact.c.id)
        await db.execute(held.with_for_update(key_share=True))


async def _give(db: AsyncConnection, column: Column[Any], ids: list[int], *, to: int) -> None:
    if ids:
        await db.execute(update(column.table).where(column.table.c.id.in_(ids)).values({column.name: to}))


async def _give_office(db: AsyncConnection, kept_id: int, *, joined_id: int, at: datetime) -> Snapshot:
    """It moves along; where both hold the same one, the second ends."""
    o = t.officer.c
    active = select(o.id, o.contact_id).where(o.contact_id.in_([kept_id, joined_id]), o.ended_at.is_(None))
    office = {row.contact_id: row.id for row in await db.execute(active)}
    if joined_id not in office:
        return {}
    ended = kept_id in office
    values = {"ended_at": at} if ended else {"contact_id": kept_id}
    await db.execute(update(t.officer).where(o.id == office[joined_id]).values(**values))
    return {"id": office[joined_id], "beside": office.get(kept_id)}


async def _return_office(db: AsyncConnection, office: Snapshot, *, joined_id: int) -> None:
    """One that has ended since stays ended; the second of two is again what it was if the first still is."""
    if not office:
        return
    o = t.officer.c
    own = o.id == office["id"]
    if office["beside"] is None:
        await db.execute(update(t.officer).where(own, o.ended_at.is_(None)).values(contact_id=joined_id))
        return
    still = select(o.id).where(o.id == office["beside"], o.ended_at.is_(None))
    if (await db.execute(still)).one_or_none():
        await db.execute(update(t.officer).where(own).values(ended_at=None))


async def _give_conversation(db: AsyncConnection, kept_id: int, *, joined_id: int) -> None:
    """What is half finished goes on on either phone, with the file it waits for; the kept person's own goes first."""
    d = t.dialogue.c
    flows = {
        row.contact_id: row.flow
        for row in await db.execute(select(d.contact_id, d.flow).where(_of(d, kept_id, joined_id)))
    }
    moves = _is_open(flows.get(joined_id)) and not _is_open(flows.get(kept_id))
    loser = kept_id if moves else joined_id
    for table in (t.dialogue, t.file_wish):
        await db.execute(delete(table).where(table.c.contact_id == loser))
        if moves:
            await db.execute(update(table).where(table.c.contact_id == joined_id).values(contact_id=kept_id))


def _of(columns: Any, *people: int) -> Any:
    return columns.contact_id.in_(people)


def _is_open(flow: str | None) -> bool:
    """Joining is no matter any more of somebody who is joined to another."""
    return flow is not None and flow not in RESTING | {"join"}


async def _part_reach(db: AsyncConnection, link: Any) -> None:
    """Links folded in later are taken out first and folded in again: each knows the rows as it found them."""
    later = (
        await db.execute(
            select(t.link)
            .where(t.link.c.kept_id == link.kept_id, t.link.c.undone_at.is_(None), t.link.c.id > link.id)
            .order_by(t.link.c.id)
        )
    ).all()
    for one in (*reversed(later), link):
        await unfold_reach(db, one.snapshot["reach"], link=one)
    for one in later:
        reach = await fold_reach(db, one.kept_id, joined_id=one.joined_id)
        await db.execute(update(t.link).where(t.link.c.id == one.id).values(snapshot={**one.snapshot, "reach": reach}))


async def _settle_news(db: AsyncConnection, kept_id: int, joined_id: int, *, was: Subscription, at: datetime) -> None:
    c = t.consent.c
    is_open = and_(c.purpose == Purpose.NOTICES, c.withdrawn_at.is_(None))
    agreed = set((await db.execute(select(c.contact_id).where(is_open, _of(c, kept_id, joined_id)))).scalars())
    gets_news = was in _GETS_NEWS
    await _subscribe(db, joined_id, Subscription.STOPPED if gets_news and joined_id not in agreed else was, at=at)
    if not gets_news:
        ended = {"withdrawn_at": at, "withdrawn_how": "unlinked"}
        await db.execute(update(t.consent).where(is_open, c.contact_id == joined_id).values(**ended))
    if kept_id not in agreed:
        stopped = and_(t.contact.c.id == kept_id, or_(*(t.contact.c.subscription == one for one in _GETS_NEWS)))
        await db.execute(update(t.contact).where(stopped).values(subscription=Subscription.STOPPED, changed_at=at))


async def _subscribe(db: AsyncConnection, contact_id: int, subscription: Subscription, *, at: datetime) -> None:
    await db.execute(
        update(t.contact).where(t.contact.c.id == contact_id).values(subscription=subscription, changed_at=at)
    )
