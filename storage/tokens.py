"""Pairs of tokens: the one in use, and the one before it for the inspection."""

import json
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from outreach.tokens import TokenPair
from storage import tables as t
from storage.upsert import upsert

_PAIR = t.oauth_token.c


class SqlTokenPairs:
    def __init__(self, connection: AsyncConnection) -> None:
        self._db = connection

    async def get(self, name: str) -> TokenPair | None:
        row = await self._row(name)
        if row is None:
            return None
        return TokenPair(
            access=row.access,
            refresh=row.refresh,
            refreshed_at=row.refreshed_at,
            access_expires_at=row.access_expires_at,
            refresh_expires_at=row.refresh_expires_at,
            refreshing_at=row.refreshing_at,
            failure=row.failure,
        )

    async def store(self, name: str, pair: TokenPair, *, spent: str | None = None) -> bool:
        present = await self._row(name, lock=True)
        if spent is not None and (present is None or present.refresh != spent):
            return False
        values = {
            "access": pair.access,
            "refresh": pair.refresh,
            "previous": json.dumps([present.access, present.refresh]) if present else None,
            "refreshed_at": pair.refreshed_at,
            "access_expires_at": pair.access_expires_at,
            "refresh_expires_at": pair.refresh_expires_at,
            "refreshing_at": pair.refreshing_at,
            "failure": pair.failure,
        }
        await self._db.execute(upsert(self._db, t.oauth_token, {"name": name}, values))
        return True

    async def begin(self, name: str, *, at: datetime) -> None:
        await self._change(name, refreshing_at=at)

    async def undo(self, name: str) -> None:
        await self._change(name, refreshing_at=None)

    async def fail(self, name: str, *, spent: str, reason: str) -> None:
        present = await self._row(name, lock=True)
        if present is not None and present.refresh == spent:
            await self._change(name, failure=reason)

    async def _row(self, name: str, *, lock: bool = False) -> Row[*tuple[Any, ...]] | None:
        """With `lock` nobody else changes it before the commit; SQLite has one writer anyhow."""
        query = select(t.oauth_token).where(_PAIR.name == name)
        return (await self._db.execute(query.with_for_update() if lock else query)).one_or_none()

    async def _change(self, name: str, **values: datetime | str | None) -> None:
        await self._db.execute(update(t.oauth_token).where(_PAIR.name == name).values(**values))
