"""What an address remembers of the bot's silence."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from outreach.messaging import Address
from storage import tables as t


class SqlSilences:
    def __init__(self, connection: AsyncConnection) -> None:
        self._db = connection

    async def hand_over(self, address: Address, *, until: datetime | None) -> None:
        await self._set(address, staff_until=until)

    async def note_withheld(self, address: Address, *, on: date) -> None:
        await self._set(address, told_withheld_on=on)

    async def _set(self, address: Address, **values: Any) -> None:
        own = (t.address.c.account_id == address.account_id, t.address.c.external_id == address.external_id)
        await self._db.execute(update(t.address).where(*own).values(**values))
