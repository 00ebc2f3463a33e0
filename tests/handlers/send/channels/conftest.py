"""An office with two channels: Telegram (or a Zalo Bot), and an Official Account with windows."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from handlers.router import Router
from handlers.turn import Door, World
from outreach.messaging import (
    AccountId,
    Address,
    ChannelName,
    ContactId,
    Incoming,
    IncomingKind,
)
from outreach.officers import Officer, Role
from storage import tables as t
from storage.database import Database
from tests.conftest import NOW
from tests.handlers.conftest import CAN, Phone
from tests.handlers.send.conftest import Office

Person = Callable[..., Awaitable[ContactId]]
MakeOfficer = Callable[..., Awaitable[Officer]]
Composed = Callable[[Officer], Awaitable[Phone]]
HOUR = timedelta(hours=1)
NAMES = {ChannelName.TELEGRAM: "Telegram", ChannelName.ZALO_BOT: "Zalo Bot"}
ZALO = CAN[ChannelName.ZALO_OA]


@pytest.fixture
async def zalo_id(database: Database) -> AccountId:
    async with database.write() as tx:
        return await tx.contacts.account(channel=ChannelName.ZALO_OA, external_id="9", name="OA", windowed=True)


@pytest.fixture
def world(world: World, zalo_id: AccountId) -> World:
    door = Door(
        channel=ChannelName.ZALO_OA,
        account_id=zalo_id,
        name="Loa Trẻ",
        capabilities=ZALO,
        link=lambda _word: "https://zalo.me/9",
        rate=100 / 60,
    )
    return replace(world, doors=(*world.doors, door))


@pytest.fixture
def on_zalo(database: Database, person: Person, zalo_id: AccountId) -> Callable[..., Awaitable[ContactId]]:
    """A factory of subscribers on Zalo alone, by the hours since their last word."""

    async def make(name: str, *, hours: float | None) -> ContactId:
        contact_id = await person(external_id=name, unit="06325")
        async with database.write() as tx:
            hers = t.address.c.external_id == name
            spoke = None if hours is None else NOW - hours * HOUR
            await tx.connection.execute(t.address.update().where(hers).values(account_id=zalo_id, interacted_at=spoke))
        return contact_id

    return make


@pytest.fixture
async def people(person: Person, on_zalo: Person) -> None:
    await person(external_id="700", unit="06325")
    for number, hours in enumerate((1, 2, 60, 200, 300)):
        await on_zalo(f"z{number}", hours=hours)


async def word(router: Router, account_id: AccountId, name: str, **about: object) -> None:
    address = Address(account_id=account_id, external_id=name)
    at = router.clock()
    plain = {"update_id": f"{name}{at}{about}", "kind": IncomingKind.TEXT, "text": "xin chào", "sent_at": at}
    await router.handle(Incoming(address=address, channel=ChannelName.ZALO_OA, **{**plain, **about}))  # type: ignore[arg-type]  # a bag of keywords


async def zalo_officer(database: Database, office: Office, zalo_id: AccountId, officer: MakeOfficer) -> Phone:
    made = await officer(Role.ADMIN, external_id="boss")
    async with database.write() as tx:
        hers = t.address.c.contact_id == made.contact_id
        await tx.connection.execute(t.address.update().where(hers).values(account_id=zalo_id, interacted_at=NOW))
    office.news.channels = {door.account_id: door.channel for door in office.stage.router.world.doors}
    phone = office.stage.phone("boss")
    phone.address = Address(account_id=zalo_id, external_id="boss")
    return phone
