"""What is remembered of one address alone."""

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from outreach.messaging import Address
from storage import tables as t


class SqlAddresses:
    """Implements the port `Addresses`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._db = connection

    async def note_word(self, address: Address, *, at: datetime) -> None:
        await self._db.execute(
            update(t.address)
            .where(t.address.c.account_id == address.account_id, t.address.c.external_id == address.external_id)
            .values(interacted_at=at)
        )
