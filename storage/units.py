"""The pack's units as rows: today's, those they came from, the province itself, and "elsewhere"."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from outreach.pack import Pack
from outreach.text import name_key
from outreach.units import ELSEWHERE, UnitId
from storage import tables as t
from storage.upsert import dialect_insert

# The two-level order began on this day (resolutions 1672 and 1679/NQ-UBTVQH15).
_NEW_ORDER = date(2025, 7, 1)
_OLD_ORDER_ENDED = date(2025, 6, 30)
_LONG_AGO = date(1975, 1, 1)


async def sync_units(db: AsyncConnection, pack: Pack) -> dict[str, UnitId]:
    """Write what the pack knows and the database does not; gives code -> id of the province, its units and "elsewhere"."""
    current = [
        (pack.province.code, "", pack.province.name, "province"),
        (ELSEWHERE, "", "", "elsewhere"),
        *((unit.code, unit.kind, unit.name, "commune") for unit in pack.units),
    ]
    rows: list[dict[str, object]] = [
        {
            "code": code,
            "kind": kind,
            "name": name,
            "level": level,
            "sort_key": name_key(name),
            "valid_from": _NEW_ORDER,
            "valid_to": None,
        }
        for code, kind, name, level in current
    ]
    old = {f"{row.old_district}/{row.old_commune}": row for row in pack.old_units}
    rows += [
        {
            "code": code,
            "kind": "",
            "name": row.old_commune,
            "level": "commune",
            "sort_key": name_key(row.old_commune),
            "valid_from": _LONG_AGO,
            "valid_to": _OLD_ORDER_ENDED,
        }
        for code, row in old.items()
    ]
    ids = await _insert_missing(db, rows)
    links = [
        {
            "unit_id": ids[f"{row.old_district}/{row.old_commune}"],
            "successor_id": ids[row.new_code],
            "share": row.share.value,
        }
        for row in pack.old_units
    ]
    if links:
        await db.execute(dialect_insert(db, t.unit_successor).on_conflict_do_nothing(), links)
    return {code: UnitId(ids[code]) for code, *_ in current}


async def _insert_missing(db: AsyncConnection, rows: Sequence[dict[str, object]]) -> dict[str, int]:
    known = {row.code for row in await db.execute(select(t.unit.c.code))}
    missing = [row for row in rows if row["code"] not in known]
    if missing:
        await db.execute(dialect_insert(db, t.unit).on_conflict_do_nothing(), missing)
    return {row.code: row.id for row in await db.execute(select(t.unit.c.code, t.unit.c.id))}
