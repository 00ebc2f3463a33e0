"""Posters and their codes."""

from datetime import datetime
from typing import Any

from sqlalchemy import Row, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from outreach.messaging import OfficerId
from outreach.posters import Poster, PosterId
from outreach.units import UnitId
from storage import tables as t
from storage.upsert import dialect_insert


def _poster(row: Row[*tuple[Any, ...]]) -> Poster:
    return Poster(
        poster_id=PosterId(row.id),
        code=row.code,
        title=row.title,
        unit_id=None if row.unit_id is None else UnitId(row.unit_id),
        created_at=row.created_at,
        ended_at=row.ended_at,
    )


class SqlPosters:
    def __init__(self, connection: AsyncConnection) -> None:
        self._db = connection

    async def find(self, code: str) -> Poster | None:
        statement = select(t.poster).where(t.poster.c.code == code, t.poster.c.ended_at.is_(None))
        row = (await self._db.execute(statement)).one_or_none()
        return _poster(row) if row else None

    async def all(self) -> list[Poster]:
        return [_poster(row) for row in await self._db.execute(select(t.poster).order_by(t.poster.c.id.desc()))]

    async def add(
        self, *, code: str, title: str, unit_id: UnitId | None, by: OfficerId | None, at: datetime
    ) -> Poster | None:
        statement = dialect_insert(self._db, t.poster).values(
            code=code, title=title, unit_id=unit_id, created_by=by, created_at=at
        )
        statement = statement.on_conflict_do_nothing(index_elements=["code"])
        row = (await self._db.execute(statement.returning(*t.poster.c))).one_or_none()
        return _poster(row) if row else None

    async def end(self, poster_id: PosterId, *, at: datetime) -> None:
        await self._db.execute(update(t.poster).where(t.poster.c.id == poster_id).values(ended_at=at))
