"""Taken back from either app; and what stopping and deleting in one of them means for the other."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from outreach.contacts.model import Subscription
from outreach.messaging import ChannelName
from storage import tables as t
from storage.database import Database
from tests.conftest import TestClock
from tests.handlers.conftest import Phone
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


@pytest.mark.usefixtures("bot")
@pytest.mark.channels(ChannelName.TELEGRAM)  # with the bot as the third
async def test_an_app_that_is_not_linked_is_not_named(zalo: Zalo, young: Phone) -> None:
    await link(young, zalo("z1"))
    await zalo("z1").says("liên kết")
    assert zalo("z1").labels == ["Bỏ liên kết Telegram"]
    await young.says("liên kết")
    assert young.labels == ["Bỏ liên kết Zalo"]


@pytest.mark.channels(ChannelName.TELEGRAM)
@pytest.mark.parametrize("bot_first", [True, False])
async def test_telegram_and_the_bot_are_linked_and_parted(
    young: Phone, bot: Phone, database: Database, clock: TestClock, bot_first: bool
) -> None:
    """From either side; who shows the code needs to be known."""
    if bot_first:
        for words in ("src_06325", "đủ 16 rồi", "đồng ý nhận tin", "2008", "đúng"):
            await bot.says(words)
    first, second = (bot, young) if bot_first else (young, bot)
    offered = await first.says("liên kết")
    assert ("Zalo Bot (Bot Loa Tre)" in offered[0]) is not bot_first
    (page,) = await second.says(code_in(offered))
    assert "Mã này lấy từ một tài khoản" in page
    clock.advance(seconds=5)
    assert "Còn một bước" in (await second.taps(YES))[0]
    assert "Đã liên kết với" in (await first.taps(MINE))[0]
    assert len(set((await people(database)).values())) == 1
    for phone, other in ((bot, "Telegram"), (young, "Zalo Bot")):
        assert f"Đang liên kết với {other}" in (await phone.says("liên kết"))[0]
    await bot.says("bỏ liên kết")
    await bot.taps("Bỏ liên kết Telegram")
    assert "Đã bỏ liên kết với Telegram" in (await bot.taps("Bỏ liên kết"))[0]
    assert young.last.text.startswith("Đã bỏ liên kết với Zalo Bot")
    assert "xã Bắc Sơn" in (await young.says("của tôi"))[0]


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
