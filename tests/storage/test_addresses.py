"""Where news may come to a person, and a consent that ends on one address alone; on both engines."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from outreach.contacts.model import Consent, Purpose
from outreach.messaging import AccountId, Address, AddressId, ChannelName, ContactId
from storage.database import Database
from tests.conftest import TestClock
from tests.storage.conftest import Books
from tests.storage.two_channels import both

TELEGRAM, ZALO = ChannelName.TELEGRAM, ChannelName.ZALO_OA


async def test_news_come_where_she_agreed_and_can_be_reached(books: Books, notices: Consent) -> None:
    contact_id = await both(books, notices)
    at = books.clock()
    async with books.database.write() as tx:
        everywhere = await tx.addresses.news_at(contact_id)
        assert sorted(everywhere.values()) == [TELEGRAM, ZALO]
        here = await tx.contacts.known(Address(account_id=books.account_id, external_id="telegram"))
        assert everywhere[here.address_id or AddressId(0)] == TELEGRAM
        await tx.contacts.set_reachable(here.address, reachable=False, reason="blocked", at=at)
        assert list((await tx.addresses.news_at(contact_id)).values()) == [ZALO]
        await tx.contacts.set_reachable(here.address, reachable=True, reason="", at=at)
        await tx.contacts.withdraw(
            contact_id, purpose=Purpose.NOTICES, how="blocked", at=at, address_id=here.address_id
        )
        assert list((await tx.addresses.news_at(contact_id)).values()) == [ZALO]
        await tx.contacts.withdraw(contact_id, purpose=Purpose.NOTICES, how="word", at=at + timedelta(days=1))
        assert await tx.addresses.news_at(contact_id) == {}
        given = [one.withdrawn_at for one in await tx.contacts.consents(contact_id)]
    assert sorted(one for one in given if one) == [at, at + timedelta(days=1)], "the first is not rewritten"


async def test_the_longest_follower_is_the_first_who_is_still_there(
    database: Database, account_id: AccountId, person: Callable[..., Awaitable[ContactId]], clock: TestClock
) -> None:
    async with database.read() as tx:
        assert await tx.broadcasts.longest_follower(account_id) is None
    for external_id in ("502", "501", "503"):
        await person(external_id=external_id)
    async with database.write() as tx:
        first = Address(account_id=account_id, external_id="502")
        await tx.contacts.set_reachable(first, reachable=False, reason="blocked", at=clock())
        assert await tx.broadcasts.longest_follower(account_id) == "501"
        assert await tx.broadcasts.longest_follower(AccountId(account_id + 1)) is None
