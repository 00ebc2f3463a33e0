"""Của tôi: see, correct, get a copy, delete; resting and stopping are in test_leaving.py."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Table, select

from handlers.registry import FLOWS
from outreach.campaigns.model import Campaign, CampaignState
from outreach.contacts.model import Contact, Purpose, Rhythm, Subscription
from outreach.dialogue import RESTING
from outreach.messaging import ContactId
from outreach.reach.model import Tier
from outreach.text import fold
from outreach.units import UnitId
from storage import tables as t
from storage.database import Database
from tests.conftest import NOW, TestClock
from tests.handlers.conftest import ON_EVERY_CHANNEL, Phone, Stage

pytestmark = ON_EVERY_CHANNEL

People = Callable[..., Awaitable[ContactId]]


async def known(database: Database, phone: Phone) -> Contact:
    async with database.read() as tx:
        contact = (await tx.contacts.known(phone.address)).contact
    assert contact
    return contact


async def all_rows(database: Database, table: Table) -> list[Any]:
    async with database.read() as tx:
        return list((await tx.connection.execute(select(table))).all())


# Seeing and correcting


async def test_it_shows_what_is_kept(young: Phone) -> None:
    for words in ("của tôi", "toi", "/toi", "Của tôi"):
        shown = (await young.says(words))[0]
        assert "2005" in shown
        assert "xã Bắc Sơn" in shown
        assert "LS-DY-000001" in shown
        assert shown.endswith("\nChọn để sửa."), "nothing typed is promised that would not be understood"


async def test_year_and_unit_are_corrected(
    young: Phone, database: Database, units: dict[str, UnitId], clock: TestClock
) -> None:
    await young.says("của tôi")
    await young.taps("Sửa năm sinh")
    assert "Mình chưa hiểu năm này" in (await young.says("abc"))[0]
    assert "2006" in (await young.says("2006"))[1]
    await young.taps("Sửa xã, phường")
    await young.says("na sam")
    await young.taps("Đúng")
    contact = await known(database, young)
    assert (contact.birth_year, contact.unit_id) == (2006, units["06124"])
    assert contact.subscription == Subscription.ACTIVE


async def test_a_corrected_year_counts_at_once_in_what_is_open(stage: Stage, young: Phone, database: Database) -> None:
    pack, contact = stage.router.world.pack, await known(database, young)
    async with database.write() as tx:
        await tx.contacts.change(contact.contact_id, at=NOW, birth_year=1990)
        await tx.reach.record(
            [contact.contact_id],
            tier=Tier.ACCEPTED,
            periods=await tx.reach.ensure_periods(pack.periods_on(NOW.date())),
            youth=pack.ages.youth,
            campaign_id=None,
            turns=1,
            at=NOW,
        )
    assert {row.age_band for row in await all_rows(database, t.reach_person)} == {"other"}
    await young.says("của tôi")
    await young.taps("Sửa năm sinh")
    await young.says("2009")
    for table in (t.reach_person, t.reach_unit):
        assert {row.age_band for row in await all_rows(database, table)} == {"youth"}


async def test_a_corrected_year_under_the_least_age_is_asked_once_then_everything_goes(
    young: Phone, database: Database
) -> None:
    await young.says("của tôi")
    await young.taps("Sửa năm sinh")
    assert "chưa đủ 16" in (await young.says("2013"))[0]
    assert (await known(database, young)).birth_year == 2005
    await young.taps("Gõ lại năm")
    assert "sinh năm nào" in young.last.text
    await young.says("2013")
    assert "không lưu gì" in (await young.taps("Đúng, xóa hết"))[0]
    assert await all_rows(database, t.address) == []
    assert await all_rows(database, t.stop_proof) == []


@pytest.mark.needs("buttons")
@pytest.mark.parametrize("before", [None, "/dung"])
async def test_an_old_button_that_says_too_young_is_asked_once_then_everything_goes(
    young: Phone, database: Database, before: str | None
) -> None:
    if before:
        await young.says(before)
    assert "chưa đủ 16, đúng không?" in (await young.taps("join:age:no"))[0]
    assert "giữ nguyên" in (await young.taps("Không, mình đủ 16 rồi"))[0]
    assert (await known(database, young)).birth_year == 2005
    await young.taps("join:age:no")
    assert "không lưu gì" in (await young.taps("Đúng, xóa hết"))[0]
    for table in (t.address, t.consent, t.dialogue, t.outbox, t.stop_proof):
        assert await all_rows(database, table) == [], table.name
    [tombstone] = await all_rows(database, t.contact)
    assert (tombstone.subscription, tombstone.birth_year) == (Subscription.ERASED, None)


@pytest.mark.parametrize(
    "words", ["sửa năm sinh", "Đổi năm sinh ạ", "mình muốn sửa lại năm sinh", "change my birth year"]
)
async def test_the_year_is_corrected_by_plain_words(young: Phone, database: Database, words: str) -> None:
    for typed in (words, fold(words)):
        for before in ("/help", "tin", "của tôi"):
            await young.says(before)
            assert "sinh năm nào" in (await young.says(typed))[0]
    await young.says("2006")
    assert (await known(database, young)).birth_year == 2006


@pytest.mark.parametrize("words", ["sửa xã", "sửa xã, phường", "Đổi xã giúp mình nhé", "sửa phường"])
async def test_the_unit_is_corrected_by_plain_words(
    young: Phone, database: Database, units: dict[str, UnitId], words: str
) -> None:
    for typed in (words, fold(words)):
        await young.says("/help")
        assert "xã, phường nào" in (await young.says(typed))[0]
    await young.says("xã Na Sầm")
    await young.taps("Đúng")
    assert (await known(database, young)).unit_id == units["06124"]


@pytest.mark.parametrize(
    "words",
    ["xóa hết", "xoá dữ liệu của tôi", "Xóa thông tin", "bạn ơi xóa tài khoản giúp mình với ạ", "delete my data"],
)
async def test_deleting_in_plain_words_is_asked_once(young: Phone, database: Database, words: str) -> None:
    for typed in (words, fold(words)):
        for before in ("/help", "tin", "sửa năm sinh"):
            await young.says(before)
            assert "không lấy lại được" in (await young.says(typed))[0]
            assert (await known(database, young)).birth_year == 2005
            await young.taps("Không, giữ lại")
    await young.says("/help")
    await young.says(words)
    assert "Đã xóa hết lúc" in (await young.taps("Xóa hết"))[0]
    assert await all_rows(database, t.address) == []


async def test_plain_words_of_deleting_are_only_asked_in_an_open_conversation(
    stage: Stage, young: Phone, database: Database
) -> None:
    await young.says("/decu")
    assert "không lấy lại được" in (await young.says("xóa hết"))[0]
    assert (await known(database, young)).subscription == Subscription.ACTIVE
    assert "chưa lưu gì" in (await stage.phone("999").says("xóa dữ liệu của tôi"))[0]
    assert (await known(database, young)).birth_year == 2005


@pytest.mark.needs("buttons")
async def test_a_made_up_button_deletes_nobody_by_a_grown_up_year(young: Phone, database: Database) -> None:
    for payload in ("pro:young:2005", "pro:young:", "pro:young:0", "pro:year:2031"):
        await young.taps(payload)
    assert (await known(database, young)).birth_year == 2005


async def test_topics_and_rhythm(young: Phone, database: Database) -> None:
    await young.says("của tôi")
    await young.taps("Chủ đề")
    await young.taps("✓ Việc làm")
    assert young.last.edits or not young.can.edits, "the list changes in its place"
    assert (await known(database, young)).muted_topics == ("work",)
    await young.taps("Tắt: Việc làm")
    assert (await known(database, young)).muted_topics == ()
    await young.taps("Quay lại")
    await young.taps("Nhịp gửi")
    await young.says("nhiều nhất 1 tin mỗi tuần")
    assert (await known(database, young)).rhythm == Rhythm.WEEKLY


async def test_the_language_changes_with_the_keyboard(young: Phone) -> None:
    await young.says("của tôi")
    said = await young.taps("English")
    assert "English" in said[0]
    assert not young.can.keyboard or young.inbox[-2].keyboard[0] == ("News", "Nominate")
    assert "Birth year: 2005" in said[1]
    assert "tiếng Việt" in (await young.taps("Tiếng Việt"))[0]


async def test_a_copy_holds_everything_that_is_stored(
    stage: Stage, database: Database, young: Phone, campaign: Callable[..., Awaitable[Campaign]]
) -> None:
    sent = await campaign(state=CampaignState.RUNNING)
    contact = await known(database, young)
    async with database.write() as tx:
        periods = await tx.reach.ensure_periods(stage.router.world.pack.periods_on(NOW.date()))
        await tx.reach.record(
            [contact.contact_id],
            tier=Tier.READ,
            periods=periods,
            youth=stage.router.world.pack.ages.youth,
            campaign_id=sent.campaign_id,
            turns=3,
            at=NOW,
        )
        await tx.questions.ask(contact.contact_id, unit_id=contact.unit_id, text="Hạn <nộp> hồ sơ?", at=NOW)
    await young.says("của tôi")
    text = (await young.taps("Lấy một bản"))[0]
    for part in (
        "2005",
        "xã Bắc Sơn",
        "501",
        "LS-DY-000001",
        "bản 2026-10",
        "Mã tài khoản " + ("Telegram" if young.can.start_payload else "Zalo"),
        "Ngôn ngữ: tiếng Việt",
        "70% thanh niên",
        "chờ gửi",
        "3 lượt",
    ):
        assert part in text, part
    assert "Hạn &lt;nộp&gt; hồ sơ?" in text
    assert "12/10/2026" in text


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("nominee", "lời giới thiệu về bạn"),
        ("src_06325-thpt", "poster xã Bắc Sơn"),
        ("decu_LS-2026", "đường dẫn giới thiệu bạn giỏi"),
    ],
)
async def test_a_copy_says_in_words_where_she_heard_of_it(
    stage: Stage, person: People, source: str, words: str
) -> None:
    await person(external_id="502", source=source)
    phone = stage.phone("502")
    await phone.says("của tôi")
    assert f"• Biết tới từ: {words}\n" in (await phone.taps("Lấy một bản"))[0]


async def test_hours_after_looking_around_nobody_is_in_the_middle_of_it(young: Phone, clock: TestClock) -> None:
    for words in ("của tôi", "tin", "help"):
        await young.says(words)
        clock.advance(hours=3)
        assert "đang dở" not in (await young.says("chào buổi tối"))[0]
        assert "đang dở" not in (await young.says("1"))[0]


def test_resting_conversations_exist() -> None:
    assert {flow.name for flow in FLOWS} >= RESTING


# Deleting


async def test_deleting_is_asked_once_and_final(young: Phone, database: Database) -> None:
    await young.says("của tôi")
    asked = (await young.taps("Xóa hết"))[0]
    assert "không lấy lại được" in asked
    assert "1 năm" in asked
    assert "lời giới thiệu viết về bạn sẽ mất hẳn" in asked
    assert "Lời bạn đã gửi về người khác thì ở lại, không kèm bạn." in asked
    await young.taps("Không, giữ lại")
    assert (await known(database, young)).subscription == Subscription.ACTIVE
    await young.says("xóa hết")
    erased = await young.taps("Xóa hết")
    assert "Đã xóa hết lúc 10:00 ngày 12/10/2026" in erased[0]
    assert "12/10/2027" in erased[0], "she is told when the proof goes"
    for table in (t.address, t.consent, t.dialogue, t.outbox, t.reach_person, t.question):
        assert await all_rows(database, table) == [], table.name
    [tombstone] = await all_rows(database, t.contact)
    assert (tombstone.subscription, tombstone.birth_year, tombstone.unit_id) == (Subscription.ERASED, None, None)
    [proof] = await all_rows(database, t.stop_proof)
    assert proof.purpose == Purpose.NOTICES
    assert proof.purge_at == NOW + timedelta(days=365)
    assert "đủ 16" in (await young.opens())[0]


@pytest.mark.needs("buttons")
async def test_buttons_that_are_still_on_her_phone_meet_somebody_unknown(young: Phone) -> None:
    await young.says("xóa hết")
    await young.taps("Xóa hết")
    assert "chưa có thông tin" in (await young.taps("pro:year:2001"))[0] or "chưa lưu gì" in young.last.text
    assert "đủ 16" in (await young.opens())[0]
