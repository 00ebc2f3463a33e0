"""One message per campaign: what becomes of the ledger's rows when two recipients turn out to be one."""

from collections import Counter
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from outreach.campaigns.model import DeliveryState
from outreach.contacts.windows import WAITS
from storage import tables as t

_d = t.delivery.c
_GOT = (DeliveryState.IN_FLIGHT, DeliveryState.SENT, DeliveryState.UNKNOWN, DeliveryState.SENT_ASSUMED)
_GETS = (DeliveryState.PENDING, *_GOT)
_SENT_AGAIN = (
    DeliveryState.UNKNOWN,
    DeliveryState.FAILED,
    DeliveryState.SKIPPED,
)  # when an officer, or her word, asks for it
_WITHOUT = (DeliveryState.FAILED, DeliveryState.SKIPPED)


async def give_deliveries(db: AsyncConnection, kept_id: int, *, joined_id: int, at: datetime) -> list[int]:
    """Effects: rows of campaigns that only the person joined is in become the kept one's; of two that would both be sent, one is
    skipped, also where it only waited for her word; where the kept one went without, the other's waiting row is her second leg. Gives
    the ids that were moved.

    A campaign that both have got keeps both rows where they are: it is read through the link, and is one message for the week.
    """
    both = select(_d.campaign_id).where(_d.contact_id == kept_id)
    await _hold(db, kept_id, joined_id)
    gets, got = both.where(_d.state.in_(_GETS)), _in(joined_id, _GOT)
    await _skip(db, _pending(joined_id) & _d.campaign_id.in_(gets), at=at)
    await _skip(db, _pending(kept_id) & _d.campaign_id.in_(got), at=at)
    waits = (_d.contact_id == kept_id) & (_d.state == DeliveryState.SKIPPED) & _d.reason.in_(WAITS)
    await db.execute(update(t.delivery).where(waits & _d.campaign_id.in_(got)).values(reason="linked"))
    moved = await _ids(db, (_d.contact_id == joined_id) & _d.campaign_id.not_in(both))
    legs = await _second_legs(db, kept_id, joined_id=joined_id, at=at)
    for ids, values in ((moved, {}), (legs, {"leg": 2})):
        await _set(db, ids, contact_id=kept_id, **values)
    return moved + legs


async def take_deliveries(db: AsyncConnection, ids: list[int], *, link: Any) -> None:
    """They are the other's again; what still waits for the kept one, or may be sent again, goes to an address that is hers.

    Where a part has arrived it is found by the address, and stays.
    """
    still = await _ids(db, _d.id.in_(ids) & (_d.contact_id == link.kept_id)) if ids else []
    await _set(db, still, contact_id=link.joined_id)
    again = _d.state.in_(_SENT_AGAIN) & _d.refs.is_(None)
    there = (_d.contact_id == link.kept_id) & (_d.address_id == link.address_id)
    waiting = await _ids(db, there & ((_d.state == DeliveryState.PENDING) | again))
    if not waiting:
        return
    own = select(t.address.c.id, t.address.c.account_id).where(t.address.c.contact_id == link.kept_id)
    order = own.order_by(t.address.c.reachable.desc(), t.address.c.id.desc()).limit(1)
    if address := (await db.execute(order)).one_or_none():
        await _set(db, waiting, address_id=address.id, account_id=address.account_id)


def _pending(contact_id: int) -> ColumnElement[bool]:
    return (_d.contact_id == contact_id) & (_d.state == DeliveryState.PENDING)


def _in(contact_id: int, states: tuple[DeliveryState, ...]) -> Select[Any]:
    return select(_d.campaign_id).where(_d.contact_id == contact_id, _d.state.in_(states))


async def _hold(db: AsyncConnection, *people: int) -> None:
    """Whoever moves rows holds their campaigns first; see storage/ledger.py."""
    if db.dialect.name == "postgresql":
        concerned = select(_d.campaign_id).where(_d.contact_id.in_(people), _d.state == DeliveryState.PENDING)
        held = select(t.campaign.c.id).where(t.campaign.c.id.in_(concerned)).order_by(t.campaign.c.id)
        await db.execute(held.with_for_update(key_share=True))


async def _second_legs(db: AsyncConnection, kept_id: int, *, joined_id: int, at: datetime) -> list[int]:
    has_second = select(_d.campaign_id).where(_d.contact_id == kept_id, _d.leg > 1)
    without = (_d.contact_id == kept_id) & _d.state.in_(_WITHOUT) & _d.campaign_id.not_in(has_second)
    takes_over = select(_d.campaign_id).where(without)
    legs = await _ids(db, _pending(joined_id) & _d.campaign_id.in_(takes_over))
    if legs:
        campaigns = select(_d.campaign_id).where(_d.id.in_(legs))
        await _move(db, without & _d.campaign_id.in_(campaigns), DeliveryState.REPLACED, changed_at=at)
    return legs


async def _skip(db: AsyncConnection, rows: ColumnElement[bool], *, at: datetime) -> None:
    await _move(db, rows, DeliveryState.SKIPPED, reason="linked", changed_at=at)


async def _move(db: AsyncConnection, rows: ColumnElement[bool], state: DeliveryState, **values: Any) -> None:
    """Counters move along with the rows, of which a person has a handful."""
    found = (await db.execute(select(_d.id, _d.campaign_id, _d.state).where(rows))).all()
    await _set(db, [row.id for row in found], state=state, **values)
    for (campaign_id, old), number in sorted(Counter((row.campaign_id, row.state) for row in found).items()):
        counters = {old: t.campaign.c[old] - number, state.value: t.campaign.c[state.value] + number}
        await db.execute(update(t.campaign).where(t.campaign.c.id == campaign_id).values(**counters))


async def _ids(db: AsyncConnection, rows: ColumnElement[bool]) -> list[int]:
    return list((await db.execute(select(_d.id).where(rows))).scalars())


async def _set(db: AsyncConnection, ids: list[int], **values: Any) -> None:
    if ids:
        await db.execute(update(t.delivery).where(_d.id.in_(ids)).values(**values))
