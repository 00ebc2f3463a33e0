"""Administrators, where they can be told of an account's trouble."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from outreach.messaging import AccountId, Address, AddressId, ContactId
from outreach.officers import Role
from outreach.outbox import Target
from storage import tables as t


class SqlKeepers:
    """Implements the port `Keepers`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._db = connection

    async def beside(self, account_id: AccountId, *, over: Collection[AccountId]) -> list[Target]:
        address = t.address.c
        rows = await self._db.execute(
            select(address.id, address.contact_id, address.account_id, address.external_id)
            .join(t.officer, t.officer.c.contact_id == address.contact_id)
            .join(t.account, t.account.c.id == address.account_id)
            .where(
                t.officer.c.role == Role.ADMIN,
                t.officer.c.ended_at.is_(None),
                address.reachable,
                address.account_id.in_({*over} - {account_id}),
            )
            .order_by(t.account.c.windowed.desc(), address.id)  # the last one of each is taken
        )
        found = {
            ContactId(row.contact_id): Target(
                contact_id=ContactId(row.contact_id),
                address_id=AddressId(row.id),
                address=Address(account_id=AccountId(row.account_id), external_id=row.external_id),
            )
            for row in rows
        }
        return list(found.values())
