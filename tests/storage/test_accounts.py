"""What a look from outside tells of each account, on both engines."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from sqlalchemy import insert, update

from outreach.campaigns.model import Campaign, CampaignState, DeliveryState
from outreach.messaging import AccountId, Address, ChannelName, ContactId
from outreach.officers import Officer, Role
from outreach.tokens import TokenPair
from storage import tables as t
from storage.accounts import AccountCondition
from storage.condition import Condition, look_at_database
from storage.database import Database
from storage.types import Keyring
from tests.conftest import NOW

LATER = NOW + timedelta(hours=1)


async def look(url: str, keyring: Keyring | None) -> Condition:
    return await look_at_database(url, keyring=keyring, year=2026)


async def test_an_account_that_has_done_nothing(url: str, keyring: Keyring, account_id: AccountId) -> None:
    [account] = (await look(url, keyring)).accounts
    assert account == AccountCondition(
        channel=ChannelName.TELEGRAM,
        external_id="1000",
        name="Loa Tre test",
        people=0,
        heard_at=None,
        sent_at=None,
        month="",
        messages=0,
        vnd=0,
        keepers=0,
    )


async def test_people_what_came_in_what_left_and_what_it_cost(
    url: str,
    keyring: Keyring,
    database: Database,
    account_id: AccountId,
    person: Callable[..., Awaitable[ContactId]],
    campaign: Callable[..., Awaitable[Campaign]],
) -> None:
    await person(external_id="501")
    await campaign(state=CampaignState.RUNNING)
    async with database.write() as tx:
        await tx.contacts.first_sight(Address(account_id=account_id, external_id="501"), update_id="1", at=NOW)
        sent = {"state": DeliveryState.SENT, "changed_at": LATER}
        await tx.connection.execute(update(t.delivery).values(**sent))
        for month, vnd in (("2026-09", 110), ("2026-10", 55)):
            values = {"account_id": account_id, "month": month, "messages": 3, "charged": 1, "vnd": vnd}
            await tx.connection.execute(insert(t.spending).values(**values))
    [account] = (await look(url, keyring)).accounts
    assert (account.people, account.heard_at, account.sent_at) == (2, NOW, LATER)  # the campaign's officer too
    assert (account.month, account.messages, account.vnd) == ("2026-10", 3, 55)
    async with database.write() as tx:
        await tx.connection.execute(update(t.delivery).values(received_at=LATER))
    assert (await look(url, keyring)).accounts[0].heard_at == LATER


async def test_who_can_be_told_of_an_account_s_trouble(
    url: str,
    keyring: Keyring,
    database: Database,
    account_id: AccountId,
    officer: Callable[..., Awaitable[Officer]],
) -> None:
    admin = await officer(external_id="900")
    await officer(Role.EDITOR, external_id="901")
    async with database.write() as tx:
        other = await tx.contacts.account(channel=ChannelName.ZALO_OA, external_id="4000", name="OA")
    telegram, zalo = (await look(url, keyring)).accounts
    assert (telegram.keepers, zalo.keepers) == (0, 1)
    async with database.read() as tx:
        assert await tx.keepers.beside(account_id, over=[account_id, other]) == []
        assert await tx.keepers.beside(other, over=[other]) == []
        [target] = await tx.keepers.beside(other, over=[account_id, other])
    assert target.contact_id == admin.contact_id
    assert target.address == Address(account_id=account_id, external_id="900")
    async with database.write() as tx:
        await tx.officers.end(admin.officer_id, at=LATER)
        assert await tx.keepers.beside(other, over=[account_id]) == []


async def test_an_administrator_is_told_where_no_window_can_be_shut(
    database: Database, account_id: AccountId, officer: Callable[..., Awaitable[Officer]]
) -> None:
    admin = await officer(external_id="900")
    async with database.write() as tx:
        oa, bot = [
            await tx.contacts.account(channel=channel, external_id="4000", name="", windowed=windowed)
            for channel, windowed in ((ChannelName.ZALO_OA, True), (ChannelName.ZALO_BOT, False))
        ]
        values = {"contact_id": admin.contact_id, "account_id": oa, "external_id": "z900"}
        await tx.connection.execute(insert(t.address).values(**values, created_at=NOW, changed_at=NOW))
        [beside_bot] = await tx.keepers.beside(bot, over=[account_id, oa, bot])
        [beside_telegram] = await tx.keepers.beside(account_id, over=[account_id, oa, bot])
    assert beside_bot.address == Address(account_id=account_id, external_id="900")
    assert beside_telegram.address == Address(account_id=oa, external_id="z900")


async def test_tokens_are_read_with_the_key_that_sealed_them(url: str, keyring: Keyring, database: Database) -> None:
    pair = TokenPair(
        access="at", refresh="rt", refreshed_at=NOW, access_expires_at=LATER, refresh_expires_at=LATER, failure="x"
    )
    async with database.write() as tx:
        await tx.tokens.store("zalo_oa:1", pair)
    assert (await look(url, keyring)).pairs == {"zalo_oa:1": pair}
    assert (await look(url, None)).pairs == {}
    assert (await look(url, Keyring("another secret, just as long as the first"))).pairs == {}
