"""What is remembered of one account of ours, and of one address of a person."""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from outreach.messaging import Account, AccountId, Address, AddressId, ChannelName, ContactId
from storage import tables as t
from storage.accounts import people
from storage.audience import consented


class SqlAccounts:
    """Implements the port `Accounts`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._db = connection

    async def newest(self, channel: ChannelName) -> Account | None:
        found = await self._db.execute(
            select(t.account).where(t.account.c.channel == channel).order_by(t.account.c.id.desc()).limit(1)
        )
        row = found.one_or_none()
        if row is None:
            return None
        return Account(account_id=AccountId(row.id), external_id=row.external_id, name=row.name, send_api=row.send_api)

    async def every(self) -> dict[AccountId, ChannelName]:
        rows = await self._db.execute(select(t.account.c.id, t.account.c.channel))
        return {AccountId(row.id): ChannelName(row.channel) for row in rows}

    async def people(self, account_id: AccountId) -> int:
        return (await self._db.execute(people(account_id))).scalar_one()

    async def remember_send_api(self, account_id: AccountId, *, api: str) -> None:
        await self._db.execute(update(t.account).where(t.account.c.id == account_id).values(send_api=api))


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

    async def news_at(self, contact_id: ContactId) -> dict[AddressId, ChannelName]:
        address = t.address.c
        rows = await self._db.execute(
            select(address.id, t.account.c.channel)
            .join(t.account, t.account.c.id == address.account_id)
            .where(address.contact_id == contact_id, address.reachable, consented(address.contact_id, address.id))
            .order_by(address.id)
        )
        return {AddressId(row.id): ChannelName(row.channel) for row in rows}
