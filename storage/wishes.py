"""Files that conversations wait for."""

from datetime import datetime

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from outreach.messaging import AccountId, Address, ContactId
from outreach.wishes import FIRST_WAIT, FileWish, WishId
from storage.tables.people import address
from storage.tables.wishes import file_wish as wish


class SqlFileWishes:
    """Implements the port `FileWishes`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._db = connection

    async def put(
        self, contact_id: ContactId, *, account_id: AccountId, flow: str, ref: str, name: str, at: datetime
    ) -> None:
        await self.drop(contact_id)
        values = {"contact_id": contact_id, "account_id": account_id, "flow": flow, "ref": ref, "name": name}
        await self._db.execute(insert(wish).values(**values, due_at=at, created_at=at))

    async def any_due(self, *, now: datetime) -> bool:
        found = await self._db.execute(select(wish.c.id).where(wish.c.due_at <= now).limit(1))
        return found.scalar_one_or_none() is not None

    async def claim_due(self, *, now: datetime, limit: int) -> list[FileWish]:
        rows = await self._db.execute(
            select(wish, address.c.external_id)
            .join(address, (address.c.contact_id == wish.c.contact_id) & (address.c.account_id == wish.c.account_id))
            .where(wish.c.due_at <= now)
            .order_by(wish.c.id, address.c.id)
            .limit(limit)
            .with_for_update(of=wish, skip_locked=True)
        )
        found = {
            row.id: FileWish(
                wish_id=WishId(row.id),
                contact_id=ContactId(row.contact_id),
                address=Address(account_id=AccountId(row.account_id), external_id=row.external_id),
                flow=row.flow,
                ref=row.ref,
                name=row.name,
                attempts=row.attempts + 1,
            )
            for row in rows
        }
        for row_id, claimed in found.items():
            put_off = now + FIRST_WAIT * 2 ** (claimed.attempts - 1)
            await self._db.execute(
                update(wish).where(wish.c.id == row_id).values(attempts=claimed.attempts, due_at=put_off)
            )
        return list(found.values())

    async def take(self, wish_id: WishId) -> bool:
        return bool((await self._db.execute(delete(wish).where(wish.c.id == wish_id))).rowcount)

    async def drop(self, contact_id: ContactId) -> None:
        await self._db.execute(delete(wish).where(wish.c.contact_id == contact_id))
