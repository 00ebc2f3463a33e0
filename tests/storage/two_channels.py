"""A second account, of a channel with windows, beside the ledger's usual one."""

from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from outreach.campaigns.model import Delivery, DeliveryState
from outreach.contacts.model import Consent
from outreach.messaging import AccountId, Address, AddressId, ChannelName, ContactId
from storage import tables as t
from tests.storage.conftest import Books

HOUR = timedelta(hours=1)


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


async def both(books: Books, notices: Consent, *, telegram: int = 0, zalo_hours: int | None = None) -> ContactId:
    """Somebody on both channels, with the hours since her last word on each."""
    contact_id = await books.person(external_id="telegram")
    await spoke(books, "telegram", books.clock() - telegram * HOUR)
    await add_address(
        books,
        contact_id,
        account_id=await zalo(books),
        external_id="zalo",
        interacted_at=None if zalo_hours is None else books.clock() - zalo_hours * HOUR,
        consent=notices,
    )
    return contact_id


async def spoke(books: Books, external_id: str, at: datetime | None) -> None:
    async with books.database.write() as tx:
        hers = t.address.c.external_id == external_id
        await tx.connection.execute(update(t.address).where(hers).values(interacted_at=at))


async def set_reachable(books: Books, external_id: str, *, reachable: bool) -> None:
    async with books.database.write() as tx:
        hers = t.address.c.external_id == external_id
        await tx.connection.execute(update(t.address).where(hers).values(reachable=reachable))


async def receipts_came(db: AsyncConnection, campaign_id: int, *, account_id: int, at: datetime) -> None:
    """Somebody else was heard of in the campaign, and everybody of the account once, by a campaign of last month."""
    names = {"state": "sent", "version": 0, "account_id": account_id, "changed_at": at - timedelta(days=30)}
    about = t.contact.insert().values(subscription="stopped", created_at=at, changed_at=at).returning(t.contact.c.id)
    somebody = (await db.execute(about)).scalar_one()
    one = dict((await db.execute(select(t.campaign).where(t.campaign.c.id == campaign_id))).one()._mapping)
    tally = dict.fromkeys([state.value for state in DeliveryState], 0)
    hers = t.address.c.contact_id, t.address.c.id
    told = (await db.execute(select(*hers).where(t.address.c.account_id == account_id))).all()
    tally |= {"total": len(told), "sent": len(told), "received": len(told)}
    older = {**one, **tally, "state": "finished"}
    del older["id"]
    number = (await db.execute(t.campaign.insert().values(**older).returning(t.campaign.c.id))).scalar_one()
    rows = [(campaign_id, somebody, None), *((number, contact_id, address_id) for contact_id, address_id in told)]
    for campaign, contact, address in rows:
        whose = {"campaign_id": campaign, "contact_id": contact, "address_id": address}
        await db.execute(t.delivery.insert().values(**names, **whose, received_at=at - timedelta(days=30)))
    more = {name: t.campaign.c[name] + 1 for name in ("total", "sent", "received")}
    await db.execute(update(t.campaign).where(t.campaign.c.id == campaign_id).values(**more))


async def legs(books: Books) -> list[tuple[int, str, str, str]]:
    """Of every row but those of `receipts_came`: the leg, the state, the reason, and the address."""
    async with books.database.read() as tx:
        rows = await tx.connection.execute(
            select(t.delivery.c.leg, t.delivery.c.state, t.delivery.c.reason, t.address.c.external_id)
            .outerjoin(t.address, t.address.c.id == t.delivery.c.address_id)
            .where(t.delivery.c.version > 0)
            .order_by(t.delivery.c.id)
        )
        return [(leg, state, reason, external_id) for leg, state, reason, external_id in rows]


def names(claimed: list[Delivery]) -> list[str]:
    return [delivery.address.external_id for delivery in claimed]
