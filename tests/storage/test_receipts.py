"""Receipts of people who were joined, on both engines: whose evidence they are, and what they do to the counters."""

from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import select

from outreach.campaigns.model import Campaign, CampaignState, DeliveryState
from outreach.campaigns.receipts import record_receipts
from outreach.messaging import AccountId, Address, ContactId, Receipt, ReceiptKind
from outreach.officers import System
from outreach.pack import Pack
from storage import tables as t
from tests.storage.conftest import Books
from tests.storage.test_links import link, undo

Campaigns = Callable[..., Awaitable[Campaign]]
RECEIVED, SEEN = ReceiptKind.RECEIVED, ReceiptKind.SEEN


@pytest.fixture
async def sent(books: Books, pair: tuple[ContactId, ContactId], campaign: Campaigns) -> Campaign:
    """Both have got it, each on her own channel; the ref is the external id."""
    assert pair
    made = await campaign(state=CampaignState.RUNNING)
    for account_id in await accounts(books):
        for delivery in await books.claim(account_id=account_id):
            await books.write([delivery], refs=(delivery.address.external_id,))
    return made


async def accounts(books: Books) -> list[AccountId]:
    async with books.database.read() as tx:
        return [*await tx.accounts.every()]


async def came(books: Books, pack: Pack, *receipts: tuple[str, ReceiptKind]) -> None:
    async with books.database.read() as tx:
        rows = await tx.connection.execute(select(t.address.c.external_id, t.address.c.account_id))
        channel = {row.external_id: row.account_id for row in rows}
    taken = [
        Receipt(address=Address(account_id=channel[name], external_id=name), kind=kind, refs=(name,), at=books.clock())
        for name, kind in receipts
    ]
    assert not await record_receipts(System(name="receipts"), transactions=books.database, receipts=taken, pack=pack), (
        "none came too early"
    )
    await books.check()


async def evidence(books: Books) -> set[tuple[int, bool, bool]]:
    """(whose, delivered, opened), of every period the same."""
    r = t.reach_person.c
    async with books.database.read() as tx:
        rows = await tx.connection.execute(select(r.contact_id, r.e2_at, r.e3_at))
        return {(row.contact_id, row.e2_at is not None, row.e3_at is not None) for row in rows}


async def counters(books: Books) -> tuple[int, int, int, int]:
    c = t.campaign.c
    async with books.database.read() as tx:
        return tuple((await tx.connection.execute(select(c.sent, c.unknown, c.received, c.seen))).one())


async def test_of_a_row_that_stayed_with_the_one_joined(
    books: Books, pair: tuple[ContactId, ContactId], sent: Campaign, langson: Pack
) -> None:
    kept, joined = pair
    await link(books.database, kept, joined)
    for _ in range(2):
        await came(books, langson, ("5002", RECEIVED))
    assert await counters(books) == (2, 0, 1, 0)
    assert await evidence(books) == {(kept, True, False)}
    await came(books, langson, ("5001", SEEN), ("5002", SEEN))
    assert await counters(books) == (2, 0, 2, 2)
    assert await evidence(books) == {(kept, True, True)}
    assert (await books.reasons(sent)) == {(DeliveryState.SENT, ""): 2}


async def test_of_a_row_that_was_given_to_the_one_kept(
    books: Books, pair: tuple[ContactId, ContactId], sent: Campaign, langson: Pack
) -> None:
    kept, joined = pair
    async with books.database.write() as tx:
        hers = (t.delivery.c.contact_id == kept) & (t.delivery.c.campaign_id == sent.campaign_id)
        await tx.connection.execute(t.delivery.delete().where(hers))
        await tx.connection.execute(t.campaign.update().values(sent=1, total=1))
    await link(books.database, kept, joined)
    await came(books, langson, ("5002", SEEN))
    assert await counters(books) == (1, 0, 1, 1)
    assert {whose for whose, _, opened in await evidence(books) if opened} == {kept}


async def test_after_parting_each_has_her_own(
    books: Books, pair: tuple[ContactId, ContactId], sent: Campaign, langson: Pack
) -> None:
    kept, joined = pair
    assert sent
    made = await link(books.database, kept, joined)
    await undo(books.database, made)
    await came(books, langson, ("5002", RECEIVED), ("5001", SEEN))
    assert await counters(books) == (2, 0, 2, 1)
    assert {(joined, True, False), (kept, False, True)} <= await evidence(books)


async def test_an_unknown_one_of_the_one_joined_that_has_arrived_is_hers(
    books: Books, pair: tuple[ContactId, ContactId], sent: Campaign, langson: Pack
) -> None:
    kept, joined = pair
    async with books.database.write() as tx:
        hers = t.delivery.c.contact_id == joined
        await tx.connection.execute(t.delivery.update().where(hers).values(state=DeliveryState.UNKNOWN))
        await tx.connection.execute(t.campaign.update().values(sent=1, unknown=1))
    await link(books.database, kept, joined)
    await came(books, langson, ("5002", RECEIVED))
    assert await counters(books) == (2, 0, 1, 0)
    assert await evidence(books) == {(kept, True, False)}
    async with books.database.read() as tx:
        found = await tx.campaigns.get(sent.campaign_id)
    assert found
    assert found.tally.first_time == 1
