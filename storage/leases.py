"""Who holds which lane, and the rate it has learned."""

from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from outreach.pacing import NEVER_HELD, Lease, LeaseState
from storage import tables as t
from storage.upsert import dialect_insert


class SqlLeases:
    def __init__(self, connection: AsyncConnection) -> None:
        self._db = connection

    async def read(self, name: str) -> LeaseState:
        row = (await self._db.execute(select(t.lease).where(t.lease.c.name == name))).one_or_none()
        return (row.holder, row.beat, row.epoch) if row else NEVER_HELD

    async def take(self, name: str, *, holder: str, seen: LeaseState) -> Lease | None:
        _, beat, epoch = seen
        if seen == NEVER_HELD:
            statement = dialect_insert(self._db, t.lease).values(name=name, holder=holder, beat=0, epoch=1)
            result = await self._db.execute(statement.on_conflict_do_nothing())
        else:
            result = await self._db.execute(
                update(t.lease)
                .where(t.lease.c.name == name, t.lease.c.epoch == epoch, t.lease.c.beat == beat)
                .values(holder=holder, epoch=epoch + 1, beat=0)
            )
        return Lease(name=name, epoch=epoch + 1) if result.rowcount else None

    async def beat(self, lease: Lease) -> bool:
        return await self._mine(lease, beat=t.lease.c.beat + 1)

    async def release(self, lease: Lease) -> None:
        await self._mine(lease, holder="")

    async def _mine(self, lease: Lease, **values: Any) -> bool:
        result = await self._db.execute(
            update(t.lease).where(t.lease.c.name == lease.name, t.lease.c.epoch == lease.epoch).values(**values)
        )
        return bool(result.rowcount)

    async def learned_rate(self, name: str) -> float | None:
        return (
            await self._db.execute(select(t.lease.c.learned_rate).where(t.lease.c.name == name))
        ).scalar_one_or_none()

    async def save_rate(self, name: str, *, rate: float) -> None:
        await self._db.execute(update(t.lease).where(t.lease.c.name == name).values(learned_rate=rate))
