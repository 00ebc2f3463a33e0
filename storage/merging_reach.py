"""Reach of two contacts folded into one person's rows, and parted by what the snapshot kept of both."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Table, and_, delete, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from outreach.messaging import CampaignId
from outreach.reach.folding import Evidence, fold, unfold
from outreach.reach.model import AgeBand, StoredPeriod, Tier
from storage import tables as t

Packed = dict[str, Any]

_TABLES = (t.reach_person, t.reach_unit)


async def fold_reach(db: AsyncConnection, kept_id: int, *, joined_id: int) -> dict[str, list[Packed]]:
    """Table -> for each row of the person joined its place, and both rows as they were."""
    return {table.name: await _fold(db, table, kept_id, joined_id) for table in _TABLES}


async def unfold_reach(db: AsyncConnection, folded: dict[str, list[Packed]], *, link: Any) -> None:
    for table in _TABLES:
        now = await _rows(db, table, link.kept_id)
        for one in folded[table.name]:
            place, joined = tuple(one["place"]), _unpacked(one["joined"])
            kept = _unpacked(one["kept"]) if one["kept"] else None
            stays = unfold(now.get(place), kept=kept, joined=joined, linked_at=link.linked_at)
            await _write(db, table, link.kept_id, place, row=stays, is_there=place in now)
            await _write(db, table, link.joined_id, place, row=joined, is_there=False)


async def forget_in_links(db: AsyncConnection, deliveries: Sequence[int], *, periods: Sequence[StoredPeriod]) -> None:
    """These messages were taken back: what two people had before they were found to be one must not bring them back when they part."""
    d, link = t.delivery.c, t.link.c
    theirs = or_(link.kept_id == d.contact_id, link.joined_id == d.contact_id)
    linked = await db.execute(
        select(link.id, d.unit_id, _is_joined().label("is_joined"))
        .join(t.delivery, and_(theirs, d.changed_at < link.linked_at))
        .where(d.id.in_(deliveries), link.undone_at.is_(None))
    )
    places = {table.name: [stored.period_id for stored in periods] for table in _TABLES}
    for row in linked.all():
        fresh = (await db.execute(select(link.snapshot).where(link.id == row.id))).scalar_one()
        side = "joined" if row.is_joined else "kept"
        reach = {
            name: [one for packed in fresh["reach"][name] if (one := _without(packed, side, row.unit_id, places[name]))]
            for name in places
        }
        await db.execute(update(t.link).where(link.id == row.id).values(snapshot={**fresh, "reach": reach}))


def _is_joined() -> ColumnElement[bool]:
    """Whose it was: rows of campaigns that both were in stay where they are, all others are told by their address."""
    d, link = t.delivery.c, t.link.c
    return or_(d.contact_id == link.joined_id, d.address_id == link.address_id)


def _without(packed: Packed, side: str, unit_id: int | None, periods: Sequence[int]) -> Packed | None:
    """One turn less for that side, in these periods (and that unit); None where nothing of the person joined is left.

    Whoever has opened or read something else keeps her place.
    """
    period_id, *unit = packed["place"]
    row = packed[side]
    if row is None or period_id not in periods or unit not in ([], [unit_id]):
        return packed
    acted = Tier.OPENED in row["at"] or Tier.READ in row["at"]
    left = {**row, "turns": max(0, row["turns"] - 1)} if row["turns"] > 1 or acted else None
    return None if left is None and side == "joined" else {**packed, side: left}


async def _fold(db: AsyncConnection, table: Table, kept_id: int, joined_id: int) -> list[Packed]:
    kept, joined = await _rows(db, table, kept_id), await _rows(db, table, joined_id)
    await db.execute(delete(table).where(table.c.contact_id == joined_id))
    for place, row in joined.items():
        folded = fold(kept.get(place), joined=row)
        await _write(db, table, kept_id, place, row=folded, is_there=place in kept)
    return [
        {"place": place, "kept": _packed(kept[place]) if place in kept else None, "joined": _packed(row)}
        for place, row in joined.items()
    ]


def _keys(table: Table) -> Sequence[str]:
    """What makes a place: the period, and the unit where there is one."""
    return [column.name for column in table.primary_key if column.name != "contact_id"]


async def _rows(db: AsyncConnection, table: Table, contact_id: int) -> dict[tuple[int, ...], Evidence]:
    rows = (await db.execute(select(table).where(table.c.contact_id == contact_id))).mappings()
    return {
        tuple(row[key] for key in _keys(table)): Evidence(
            age_band=AgeBand(row["age_band"]),
            first_at={tier: row[f"{tier}_at"] for tier in Tier if row[f"{tier}_at"]},
            turns=row["turns"],
            inside=row.get("inside", True),
            first_campaign=row.get("first_campaign_id"),
        )
        for row in rows
    }


async def _write(
    db: AsyncConnection, table: Table, contact_id: int, place: tuple[int, ...], *, row: Evidence | None, is_there: bool
) -> None:
    key = {"contact_id": contact_id, **dict(zip(_keys(table), place, strict=True))}
    this = [table.c[name] == value for name, value in key.items()]
    if row is None:
        await db.execute(delete(table).where(*this))
    elif is_there:
        await db.execute(update(table).where(*this).values(dict(_values(table, row))))
    else:
        await db.execute(insert(table).values(key | dict(_values(table, row))))


def _values(table: Table, row: Evidence) -> Iterator[tuple[str, Any]]:
    yield from (("age_band", row.age_band), ("turns", row.turns))
    yield from ((f"{tier}_at", row.first_at.get(tier)) for tier in Tier)
    if table is t.reach_person:
        yield from (("inside", row.inside), ("first_campaign_id", row.first_campaign))


def _packed(row: Evidence) -> Packed:
    return {
        "band": row.age_band,
        "at": {tier: at.isoformat() for tier, at in row.first_at.items()},
        "turns": row.turns,
        "inside": row.inside,
        "campaign": row.first_campaign,
    }


def _unpacked(row: Packed) -> Evidence:
    return Evidence(
        age_band=AgeBand(row["band"]),
        first_at={Tier(tier): datetime.fromisoformat(at) for tier, at in row["at"].items()},
        turns=row["turns"],
        inside=row["inside"],
        first_campaign=None if row["campaign"] is None else CampaignId(row["campaign"]),
    )
