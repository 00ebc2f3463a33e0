"""Taken back from either app; and what stopping and deleting in one of them means for the other."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from handlers.turn import World
from outreach.contacts.model import Subscription
from outreach.messaging import ChannelName
from storage import tables as t
from storage.database import Database
from tests.conftest import TestClock
from tests.handlers.conftest import Phone, Stage
from tests.handlers.linking.conftest import APPS, FIRST_APPS, MINE, YES, MakePerson, Zalo, agreed, code_in, link, people

pytestmark = FIRST_APPS


async def test_taking_it_back_parts_both_and_a_second_link_works(
    zalo: Zalo, young: Phone, on_zalo: MakePerson, database: Database
) -> None:
    before = await on_zalo(external_id="z1", unit="06211", birth_year=2008)
    await link(young, zalo("z1"))
    assert "2005" in (await zalo("z1").says("của tôi"))[0]
    await zalo("z1").says("bỏ liên kết")
    app = APPS[young.channel]
    assert zalo("z1").labels == [f"Bỏ liên kết {app}"]
    assert f"Bỏ liên kết với {app}?" in (await zalo("z1").taps(f"Bỏ liên kết {app}"))[0]
    (told,) = await zalo("z1").taps("Bỏ liên kết")
    assert told.startswith(f"Đã bỏ liên kết với {app}")
    assert "vẫn nhận tin" in told
    assert young.last.text.startswith("Đã bỏ liên kết với Zalo")
    assert (await people(database))["z1"] == before
    assert "2008" in (await zalo("z1").says("của tôi"))[0]
    assert "2005" in (await young.says("của tôi"))[0]
    await link(zalo("z1"), young)
    assert len(set((await people(database)).values())) == 1


@pytest.mark.channels(ChannelName.TELEGRAM)  # with the bot as the third
async def test_an_app_that_is_not_linked_is_not_named(
    zalo: Zalo, young: Phone, stage: Stage, world: World, database: Database
) -> None:
    async with database.write() as tx:
        account_id = await tx.contacts.account(channel=ChannelName.ZALO_BOT, external_id="3000", name="Bot Loa Tre")
    bot = replace(world.doors[-1], channel=ChannelName.ZALO_BOT, account_id=account_id, name="Bot Loa Tre")
    stage.router.world = replace(world, doors=(*world.doors, bot))
    await link(young, zalo("z1"))
    await zalo("z1").says("liên kết")
    assert zalo("z1").labels == ["Bỏ liên kết Telegram"]
    await young.says("liên kết")
    assert young.labels == ["Bỏ liên kết Zalo"]


async def test_stopping_in_one_app_stops_both_also_after_parting(
    zalo: Zalo, young: Phone, on_zalo: MakePerson, database: Database
) -> None:
    await on_zalo(external_id="z1", unit="06211")
    await link(young, zalo("z1"))
    await zalo("z1").says("/dung")
    assert await agreed(database) == {}
    await young.says("bỏ liên kết")
    await young.taps("Bỏ liên kết Zalo")
    assert "không nhận tin" in (await young.taps("Bỏ liên kết"))[0]
    assert "không nhận tin" in zalo("z1").last.text
    async with database.read() as tx:
        rows = await tx.connection.execute(select(t.contact.c.subscription))
        assert set(rows.scalars()) == {Subscription.STOPPED}


async def test_deleting_in_one_app_deletes_both(
    zalo: Zalo, young: Phone, on_zalo: MakePerson, database: Database, clock: TestClock
) -> None:
    await on_zalo(external_id="z1", unit="06211")
    await link(young, zalo("z1"))
    clock.advance(minutes=1)
    await zalo("z1").says("xóa hết")
    await zalo("z1").taps("Xóa hết")
    assert await people(database) == {}
    async with database.read() as tx:
        for table in (t.link, t.link_code, t.consent, t.reach_person):
            assert (await tx.connection.execute(select(table))).all() == [], table.name
        contacts = (await tx.connection.execute(select(t.contact))).all()
        proofs = (await tx.connection.execute(select(t.stop_proof))).all()
    assert {row.subscription for row in contacts} == {Subscription.ERASED}
    assert {row.birth_year for row in contacts} == {None}
    assert len(proofs) == 2
    assert {row.purge_at for row in proofs} == {clock() + timedelta(days=365)}
    assert "chưa lưu gì" in (await young.says("của tôi"))[0]


async def test_who_deletes_herself_after_her_yes_is_not_linked(
    zalo: Zalo, young: Phone, on_zalo: MakePerson, database: Database
) -> None:
    await on_zalo(external_id="z1")
    await zalo("z1").says(code_in(await young.says("liên kết")))
    await zalo("z1").taps(YES)
    await zalo("z1").says("xóa hết")
    await zalo("z1").taps("Xóa hết")
    assert "đã xong, đã bị từ chối" in (await young.taps(MINE))[0]
    assert set(await people(database)) == {"501"}
