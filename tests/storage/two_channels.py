"""A second account, of a channel with windows, beside the ledger's usual one."""

from datetime import datetime

from sqlalchemy import select, update

from outreach.campaigns.model import Delivery
from outreach.contacts.model import Consent
from outreach.messaging import AccountId, Address, AddressId, ChannelName, ContactId
from storage import tables as t
from tests.storage.conftest import Books


async def zalo(books: Books) -> AccountId:
    async with books.database.write() as tx:
        return await tx.contacts.account(channel=ChannelName.ZALO_OA, external_id="9", name="OA", windowed=True)


async def add_address(
    books: Books,
    contact_id: ContactId,
    *,
    account_id: AccountId,
    external_id: str,
    interacted_at: datetime | None,
    consent: Consent | None,
) -> AddressId:
    """Of somebody who is known already, as after linking."""
    async with books.database.write() as tx:
        row = t.address.insert().values(
            account_id=account_id,
            external_id=external_id,
            contact_id=contact_id,
            interacted_at=interacted_at,
            created_at=books.clock(),
            changed_at=books.clock(),
        )
        address_id = (await tx.connection.execute(row.returning(t.address.c.id))).scalar_one()
        if consent:
            address = Address(account_id=account_id, external_id=external_id)
            await tx.contacts.add_consent(contact_id, address=address, consent=consent)
    return AddressId(address_id)


async def spoke(books: Books, external_id: str, at: datetime | None) -> None:
    async with books.database.write() as tx:
        hers = t.address.c.external_id == external_id
        await tx.connection.execute(update(t.address).where(hers).values(interacted_at=at))


async def set_reachable(books: Books, external_id: str, *, reachable: bool) -> None:
    async with books.database.write() as tx:
        hers = t.address.c.external_id == external_id
        await tx.connection.execute(update(t.address).where(hers).values(reachable=reachable))


async def legs(books: Books) -> list[tuple[int, str, str, str]]:
    """Of every row: the leg, the state, the reason, and the address."""
    async with books.database.read() as tx:
        rows = await tx.connection.execute(
            select(t.delivery.c.leg, t.delivery.c.state, t.delivery.c.reason, t.address.c.external_id)
            .outerjoin(t.address, t.address.c.id == t.delivery.c.address_id)
            .order_by(t.delivery.c.id)
        )
        return [(leg, state, reason, external_id) for leg, state, reason, external_id in rows]


def names(claimed: list[Delivery]) -> list[str]:
    return [delivery.address.external_id for delivery in claimed]
