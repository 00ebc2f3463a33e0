"""The populations that reach is held against."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from outreach.messaging import OfficerId
from outreach.reach.model import Denominator
from outreach.units import UnitId
from storage import tables as t

# Of one insert: PostgreSQL takes 32,767 values in one statement.
_ROWS_AT_ONCE = 1_000


class SqlDenominators:
    def __init__(self, connection: AsyncConnection) -> None:
        self._db = connection

    async def put(self, rows: Sequence[Denominator], *, by: OfficerId | None, at: datetime) -> None:
        if not rows:
            return
        # A file holds one year or two: a condition for each, of however many units.
        units_of: dict[int, list[int]] = defaultdict(list)
        for row in rows:
            units_of[row.year].append(row.unit_id)
        same = [(t.denominator.c.year == year) & t.denominator.c.unit_id.in_(of) for year, of in units_of.items()]
        await self._db.execute(
            update(t.denominator).where(or_(*same), t.denominator.c.superseded_at.is_(None)).values(superseded_at=at)
        )
        values = [
            {
                "unit_id": row.unit_id,
                "year": row.year,
                "count": row.count,
                "source": row.source,
                "dated_on": row.dated_on,
                "entered_by": by,
                "entered_at": at,
            }
            for row in rows
        ]
        for start in range(0, len(values), _ROWS_AT_ONCE):
            await self._db.execute(insert(t.denominator).values(values[start : start + _ROWS_AT_ONCE]))

    async def of_year(self, year: int) -> list[Denominator]:
        rows = await self._db.execute(
            select(t.denominator).where(t.denominator.c.year == year, t.denominator.c.superseded_at.is_(None))
        )
        return [
            Denominator(
                unit_id=UnitId(row.unit_id),
                year=row.year,
                count=row._mapping["count"],  # noqa: SLF001  (a Row's own `count` is a method)
                source=row.source,
                dated_on=row.dated_on,
            )
            for row in rows
        ]
