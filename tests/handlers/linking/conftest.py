"""Two phones on two apps, with a door each."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest
from sqlalchemy import select

from handlers.turn import Door, World
from outreach.messaging import Address, ChannelName, ContactId
from storage import tables as t
from storage.database import Database
from tests.handlers.conftest import CAN, Phone, Stage

MakePerson = Callable[..., Awaitable[ContactId]]
APPS = {ChannelName.TELEGRAM: "Telegram", ChannelName.ZALO_BOT: "Zalo Bot"}
FIRST_APPS = pytest.mark.channels(*APPS)  # the young person's own; the other app is the Official Account
YES, MINE = "Đúng, liên kết", "Đúng là tôi"


@pytest.fixture
async def world(world: World, database: Database) -> World:
    async with database.write() as tx:
        account_id = await tx.contacts.account(channel=ChannelName.ZALO_OA, external_id="2000", name="Loa Tre OA")
    zalo = Door(
        channel=ChannelName.ZALO_OA,
        account_id=account_id,
        name="Tỉnh đoàn Lạng Sơn",
        capabilities=CAN[ChannelName.ZALO_OA],
        link=lambda _: "https://zalo.me/2000",
        rate=1.6,
    )
    return replace(world, doors=(*world.doors, zalo))


Zalo = Callable[[str], Phone]


@pytest.fixture
def zalo(stage: Stage, world: World) -> Zalo:
    def phone(external_id: str) -> Phone:
        if external_id not in stage.phones:
            address = Address(account_id=world.door(ChannelName.ZALO_OA).account_id, external_id=external_id)
            stage.phones[external_id] = Phone(router=stage.router, address=address, channel=ChannelName.ZALO_OA)
        return stage.phones[external_id]

    return phone


@pytest.fixture
async def bot(stage: Stage, world: World, database: Database) -> Phone:
    """A phone on the Zalo bot, which is the third app here."""
    async with database.write() as tx:
        account_id = await tx.contacts.account(channel=ChannelName.ZALO_BOT, external_id="3000", name="Bot Loa Tre")
    door = replace(
        world.doors[-1],
        channel=ChannelName.ZALO_BOT,
        account_id=account_id,
        name="Bot Loa Tre",
        capabilities=CAN[ChannelName.ZALO_BOT],
    )
    stage.router.world = replace(world, doors=(*world.doors, door))
    address = Address(account_id=account_id, external_id="b1")
    stage.phones["b1"] = Phone(router=stage.router, address=address, channel=ChannelName.ZALO_BOT)
    return stage.phones["b1"]


@pytest.fixture
def on_zalo(database: Database, person: MakePerson, world: World) -> MakePerson:
    """The factory of subscribers, for Zalo: made as usual, then moved over, consents and all."""

    async def make(*, external_id: str, **about: object) -> ContactId:
        contact_id = await person(external_id=external_id, **about)
        async with database.write() as tx:
            await tx.connection.execute(
                t.address.update()
                .where(t.address.c.contact_id == contact_id)
                .values(account_id=world.door(ChannelName.ZALO_OA).account_id)
            )
        return contact_id

    return make


def code_in(texts: list[str]) -> str:
    found = re.search(r"<code>(\d{6})</code>", " ".join(texts))
    assert found, texts
    return found.group(1)


async def link(first: Phone, second: Phone, *, yes: str = YES, mine: str = MINE) -> list[str]:
    """From the code to the last yes; gives what the first phone is told at the end."""
    code = code_in(await first.says("liên kết"))
    await second.says(code)
    await second.taps(yes)
    # In the middle of a question a number would be the question's.
    return await (first.taps(mine) if first.can.buttons else first.says(mine))


async def people(database: Database) -> dict[str, int]:
    """External id -> contact id of every address."""
    async with database.read() as tx:
        rows = await tx.connection.execute(select(t.address.c.external_id, t.address.c.contact_id))
        return {row.external_id: row.contact_id for row in rows}


async def agreed(database: Database) -> dict[str, list[str]]:
    """External id -> versions of the open consents to news at that address."""
    async with database.read() as tx:
        rows = await tx.connection.execute(
            select(t.address.c.external_id, t.consent.c.text_version)
            .join(t.consent, t.consent.c.address_id == t.address.c.id)
            .where(t.consent.c.withdrawn_at.is_(None), t.consent.c.purpose == "notices")
            .order_by(t.consent.c.id)
        )
        found: dict[str, list[str]] = {}
        for row in rows:
            found.setdefault(row.external_id, []).append(row.text_version)
        return found
