"""Turns of two people who reach for each other at one moment: PostgreSQL ends one of them, and it is begun again."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from sqlalchemy import select

from content.catalog import Catalog
from handlers.registry import registry
from handlers.router import Router
from handlers.turn import Door, World
from outreach.directory import UnitDirectory
from outreach.errors import CollisionError
from outreach.messaging import AccountId, Address, ChannelName, ContactId
from outreach.pack import Pack
from outreach.units import UnitId
from storage import tables as t
from storage.database import Database
from storage.types import Keyring
from tests.conftest import TestClock
from tests.handlers.conftest import CAN, Phone, Stage
from tests.handlers.linking.conftest import MINE, YES, code_in

MakePerson = Callable[..., Awaitable[ContactId]]


@pytest.fixture
async def database(postgres_url: str, keyring: Keyring) -> AsyncIterator[Database]:
    opened = Database(postgres_url, keyring=keyring)
    yield opened
    await opened.close()


@pytest.fixture
async def stage(
    database: Database, langson: Pack, units: dict[str, UnitId], account_id: AccountId, clock: TestClock
) -> Stage:
    """A door on Telegram and one on Zalo."""
    async with database.write() as tx:
        zalo_id = await tx.contacts.account(channel=ChannelName.ZALO_OA, external_id="2000", name="OA")
    doors = tuple(
        Door(channel=channel, account_id=number, name="", capabilities=CAN[channel], link=str, rate=30.0)
        for channel, number in ((ChannelName.TELEGRAM, account_id), (ChannelName.ZALO_OA, zalo_id))
    )
    directory = UnitDirectory({row.code: row for row in langson.units}, units, langson.province.code)
    world = World(pack=langson, catalog=Catalog(), units=directory, doors=doors)
    router = Router(transactions=database, world=world, registry=registry(), clock=clock, deliver=lambda _: None)
    made = Stage(router=router, account_id=account_id)
    router.deliver = made.deliver
    return made


@pytest.fixture
async def phones(stage: Stage, person: MakePerson, database: Database) -> tuple[Phone, Phone]:
    """Two people, one on each channel."""
    await person(unit="06325", external_id="501")
    other = await person(unit="06325", external_id="z1")
    account_id = stage.router.world.door(ChannelName.ZALO_OA).account_id
    async with database.write() as tx:
        hers = t.address.c.contact_id == other
        await tx.connection.execute(t.address.update().where(hers).values(account_id=account_id))
    address = Address(account_id=account_id, external_id="z1")
    stage.phones["z1"] = Phone(router=stage.router, address=address, channel=ChannelName.ZALO_OA)
    return stage.phone("501"), stage.phones["z1"]


async def test_one_of_two_that_wait_for_each_other_is_told_so(database: Database, phones: tuple[Phone, Phone]) -> None:
    both_hold = asyncio.Barrier(2)

    async def looks(own: Address, other: Address) -> None:
        async with database.write() as tx:
            await tx.contacts.known(own)
            await both_hold.wait()
            await tx.contacts.known(other)

    one, other = (phone.address for phone in phones)
    ends = await asyncio.gather(looks(one, other), looks(other, one), return_exceptions=True)
    assert [type(end) for end in ends if end] == [CollisionError]


async def test_two_who_confirm_a_link_to_each_other_at_one_moment(
    database: Database, stage: Stage, phones: tuple[Phone, Phone], caplog: pytest.LogCaptureFixture
) -> None:
    one, other = phones
    codes = [code_in(await phone.says("liên kết")) for phone in phones]
    for phone, code in ((other, codes[0]), (one, codes[1])):
        await phone.says(code)
        await phone.taps(YES)
    told = await asyncio.gather(one.taps(MINE), other.taps(MINE))
    async with database.read() as tx:
        links = (await tx.connection.execute(select(t.link.c.undone_at))).all()
        people = set((await tx.connection.execute(select(t.address.c.contact_id))).scalars())
    assert links == [(None,)]
    assert len(people) == 1
    assert "turn failed" not in caplog.text
    assert all(told)
