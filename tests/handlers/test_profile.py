"""Của tôi: see, correct, get a copy, rest, stop, come back, delete; and what leads away without a question, or with one."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Table, select

from content.catalog import LANGUAGES, Catalog
from handlers.registry import FLOWS
from outreach.campaigns.model import Campaign, CampaignState
from outreach.contacts.model import Contact, Purpose, Rhythm, Subscription
from outreach.dialogue import RESTING
from outreach.messaging import ContactId
from outreach.officers import Officer, Role
from outreach.reach.model import Tier
from outreach.text import fold
from outreach.units import UnitId
from storage import tables as t
from storage.database import Database
from tests.conftest import NOW, TestClock
from tests.handlers.conftest import Phone, Stage

People = Callable[..., Awaitable[ContactId]]


@pytest.fixture
async def young(stage: Stage, person: People) -> Phone:
    """Born 2005, from xã Bắc Sơn, subscribed."""
    await person(unit="06325", external_id="501")
    return stage.phone("501")


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
        assert shown.endswith("\nBấm để sửa."), "nothing typed is promised that would not be understood"


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


async def test_plain_words_of_deleting_leave_an_open_conversation_alone(
    stage: Stage, young: Phone, database: Database
) -> None:
    await young.says("/decu")
    assert "không lấy lại được" not in (await young.says("xóa hết"))[0]
    assert "chưa lưu gì" in (await stage.phone("999").says("xóa dữ liệu của tôi"))[0]
    assert (await known(database, young)).birth_year == 2005


async def test_a_made_up_button_deletes_nobody_by_a_grown_up_year(young: Phone, database: Database) -> None:
    for payload in ("pro:young:2005", "pro:young:", "pro:young:0", "pro:year:2031"):
        await young.taps(payload)
    assert (await known(database, young)).birth_year == 2005


async def test_topics_and_rhythm(young: Phone, database: Database) -> None:
    await young.says("của tôi")
    await young.taps("Chủ đề")
    await young.taps("✓ Việc làm")
    assert young.last.edits, "the list changes in its place"
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
    assert young.inbox[-2].keyboard[0] == ("News", "Nominate")
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
        "Mã tài khoản Telegram",
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
    assert f"• Biết tới từ: {words}\n" in (await stage.phone("502").taps("pro:copy:"))[0]


async def test_hours_after_looking_around_nobody_is_in_the_middle_of_it(young: Phone, clock: TestClock) -> None:
    for words in ("của tôi", "tin", "help"):
        await young.says(words)
        clock.advance(hours=3)
        assert "đang dở" not in (await young.says("chào buổi tối"))[0]
        assert "đang dở" not in (await young.says("1"))[0]


def test_resting_conversations_exist() -> None:
    assert {flow.name for flow in FLOWS} >= RESTING


# Resting, stopping, coming back


async def test_a_rest_ends_by_itself(young: Phone, database: Database, clock: TestClock) -> None:
    await young.says("của tôi")
    assert "11/11/2026" in (await young.taps("Tạm nghỉ 1 tháng"))[0]
    contact = await known(database, young)
    assert contact.subscription == Subscription.PAUSED
    assert contact.paused_until == NOW + timedelta(days=30)
    assert "tạm nghỉ" in (await young.says("của tôi"))[0]
    clock.advance(days=31)
    assert "tạm nghỉ" not in (await young.says("của tôi"))[0]
    assert "Tạm nghỉ 1 tháng" in young.labels


async def test_a_rest_is_ended_before_its_time(young: Phone, database: Database) -> None:
    await young.says("của tôi")
    await young.taps("Tạm nghỉ 1 tháng")
    await young.taps("Nhận lại tin")
    assert (await known(database, young)).subscription == Subscription.ACTIVE


@pytest.mark.parametrize(
    "way", ["stop", "tắt tin", "Đừng gửi nữa", "đừng gửi nữa", "dừng", "Ngừng", "/dung", "pro:stop:c7", "pro:stop:"]
)
async def test_a_stop_is_one_reply_with_both_times(
    young: Phone, database: Database, clock: TestClock, way: str
) -> None:
    clock.advance(hours=2, minutes=5)
    said = await (young.taps(way) if way.startswith("pro:") else young.says(way))
    assert len(said) == 1
    assert said[0].count("12:05") == 2
    assert said[0].count("12/10/2026") == 2
    assert "Của tôi" in said[0], "it says how to come back"
    assert (await known(database, young)).subscription == Subscription.STOPPED
    [consent] = await all_rows(database, t.consent)
    assert consent.withdrawn_at == clock.now
    assert consent.withdrawn_how == {"pro:stop:c7": "campaign:7", "pro:stop:": "button"}.get(way, "word")
    assert "từ trước" in (await young.says("stop"))[0]


@pytest.mark.parametrize("word", ["dung", "Dung", "DUNG", "ngung", "dung lai", "đừng", "dung gui nua", "dung nhan tin"])
async def test_words_that_fold_alike_never_stop_anybody(young: Phone, database: Database, word: str) -> None:
    said = await young.says(word)
    assert (await known(database, young)).subscription == Subscription.ACTIVE
    assert "ngừng nhận tin phải không" in said[0]
    await young.taps("Không, tiếp tục")
    assert (await known(database, young)).subscription == Subscription.ACTIVE
    await young.says(word)
    assert "Đã ngừng" in (await young.taps("Ngừng nhận tin"))[0]
    assert (await known(database, young)).subscription == Subscription.STOPPED


@pytest.mark.parametrize(
    "word",
    [
        *("đúng", "Đúng", "đúng rồi", "ĐÚNG", "dùng", "dũng", "đứng", "đúng ạ", "đúng gửi nữa", "Đúng nhận tin"),
        *("đúng, gửi nữa đi", "dùng nhận tin kiểu gì", "nhận tin đúng rồi"),
    ],
)
async def test_right_with_its_accent_is_never_asked_about_stopping(young: Phone, database: Database, word: str) -> None:
    assert "chưa hiểu" in (await young.says(word))[0]
    await young.says("hỏi")
    assert "ngừng nhận tin" not in (await young.says(word))[0]
    assert (await known(database, young)).subscription == Subscription.ACTIVE


@pytest.mark.parametrize(
    ("word", "gone"), [("đúng", True), ("Đúng rồi", True), ("dung", False), ("dừng", False), ("đừng", False)]
)
async def test_right_answers_a_question_that_asks_whether_it_is(
    young: Phone, database: Database, word: str, gone: bool
) -> None:
    await young.says("của tôi")
    await young.taps("Sửa năm sinh")
    assert "Năm này đúng không?" in (await young.says("2014"))[0]
    await young.says(word)
    [contact] = await all_rows(database, t.contact)
    assert (contact.subscription == Subscription.ERASED) == gone


async def test_after_a_stop_what_is_kept_can_be_seen_and_corrected(young: Phone, database: Database) -> None:
    await young.says("/dung")
    said = await young.says("của tôi")
    assert "2005, xã Bắc Sơn" in said[0]
    assert "2006, xã Bắc Sơn" in (await pressed(young, "Sửa năm sinh", "2006"))[1]
    await young.taps("Sửa xã, phường")
    await young.says("xã Na Sầm")
    assert "2006, xã Na Sầm" in (await young.taps("Đúng"))[1]
    contact = await known(database, young)
    assert (contact.birth_year, contact.subscription) == (2006, Subscription.STOPPED)


@pytest.mark.parametrize(
    "words",
    [
        *("không muốn nhận tin nữa", "thôi ko nhận tin nữa", "stop ạ", "Stop nhé", "đừng nhắn nữa ạ", "ngừng đi ạ"),
        *("mình không muốn nhận nữa đâu", "bạn ơi tắt thông báo giúp mình", "thôi nhận tin", "please unsubscribe"),
    ],
)
async def test_a_wish_to_stop_in_plain_words_is_asked_with_and_without_diacritics(
    young: Phone, database: Database, words: str
) -> None:
    for typed in (words, fold(words)):
        for before in ("tin", "của tôi", "/help"):
            await young.says(before)
            assert "ngừng nhận tin phải không" in (await young.says(typed))[0], typed
    assert (await known(database, young)).subscription == Subscription.ACTIVE
    await young.says(words)
    assert "Đã ngừng" in (await young.taps("Ngừng nhận tin"))[0]
    assert "đã ngừng nhận tin từ trước" in (await young.says(f"{words} nhé"))[0]


def test_no_word_that_folds_like_right_stops_without_its_diacritics(catalog: Catalog) -> None:
    """Of the words that stop at once, those with a "dừng" or "đừng" are never compared folded."""
    words = [
        word.strip() for one in LANGUAGES for word in catalog.label("commands.dung_words", language=one).split(",")
    ]
    assert len(words) > 20
    alike = [word for word in words if "dung" in fold(word).split()]
    assert len(alike) >= 4
    assert [word for word in alike if not word.startswith("=") or word[1:] == fold(word)] == []


@pytest.mark.parametrize("way", ["Stop", "TẮT TIN", "tat tin", "huy dang ky", "khong nhan tin nua", "ngung nhan tin"])
async def test_words_of_stopping_that_nothing_else_folds_to_need_no_diacritics(
    young: Phone, database: Database, way: str
) -> None:
    assert "Đã ngừng" in (await young.says(way))[0]
    assert (await known(database, young)).subscription == Subscription.STOPPED


async def test_a_wish_to_stop_is_no_question_for_the_officers(young: Phone, database: Database) -> None:
    await young.says("hỏi")
    assert "dừng phần này, hay ngừng nhận tin" in (await young.says("không muốn nhận tin nữa"))[0]
    assert await all_rows(database, t.question) == []


async def pressed(young: Phone, *labels: str) -> list[str]:
    for label in labels:
        said = await young.taps(label)
    return said


async def test_a_stop_word_in_a_conversation_asks_which_is_meant(young: Phone, database: Database) -> None:
    await young.says("hỏi")
    assert "câu hỏi gửi cán bộ" in (await young.says("dừng"))[0]
    assert (await known(database, young)).subscription == Subscription.ACTIVE
    assert "gõ câu hỏi" in (await young.taps("Tiếp tục"))[0]
    await young.says("dung")
    assert "giữ phần đang dở" in (await young.taps("Dừng phần đang dở"))[0]
    assert (await known(database, young)).subscription == Subscription.ACTIVE
    await young.says("hỏi")
    await young.says("stop")
    await young.taps("Ngừng nhận tin")
    assert (await known(database, young)).subscription == Subscription.STOPPED


async def test_the_button_under_a_campaign_stops_at_once_and_leaves_the_conversation_open(
    young: Phone, database: Database
) -> None:
    await young.says("hỏi")
    assert "Đã ngừng" in (await young.taps("pro:stop:c3"))[0]
    assert "chuyển tới cán bộ" in (await young.says("Hạn nộp là ngày nào?"))[0] or "chưa có cán bộ" in young.last.text


async def test_a_confirmation_typed_as_dung_confirms_and_dung_with_its_accent_stops(
    young: Phone, database: Database
) -> None:
    await young.says("của tôi")
    await young.taps("Sửa xã, phường")
    await young.says("xã Na Sầm")
    await young.says("dừng")
    assert (await known(database, young)).subscription == Subscription.STOPPED


async def test_coming_back_after_a_stop_asks_for_the_consent_anew(
    young: Phone, database: Database, clock: TestClock
) -> None:
    await young.says("stop")
    clock.advance(days=3)
    assert "muốn nhận lại không" in (await young.opens("src_06124"))[0]
    assert (await known(database, young)).subscription == Subscription.STOPPED
    assert "4 dòng" in (await young.taps("Nhận lại tin"))[0]
    assert (await known(database, young)).subscription == Subscription.STOPPED
    assert "LS-DY-000002" in (await young.taps("Đồng ý nhận tin"))[0]
    contact = await known(database, young)
    assert (contact.subscription, contact.birth_year) == (Subscription.ACTIVE, 2005)
    assert len(await all_rows(database, t.consent)) == 2


@pytest.mark.parametrize(
    ("label", "expected"), [("Nhận tiếp", Subscription.ACTIVE), ("Không, ngừng", Subscription.STOPPED)]
)
async def test_coming_back_after_a_block_is_asked_and_news_rest_until_then(
    young: Phone, database: Database, clock: TestClock, label: str, expected: Subscription
) -> None:
    assert await young.blocks() == []
    assert await young.unblocks() == []
    clock.advance(days=400)
    assert "muốn nhận tiếp không" in (await young.says("chào"))[0]
    contact = await known(database, young)
    assert contact.subscription == Subscription.PAUSED
    assert contact.paused_until
    assert contact.paused_until > clock.advance(days=9999), "however long she waits with the answer"
    await young.taps(label)
    assert (await known(database, young)).subscription == expected
    assert "muốn nhận tiếp" not in (await young.says("của tôi"))[0], "asked once"


async def test_somebody_without_news_who_had_blocked_goes_on_at_once(
    stage: Stage, database: Database, officer: Callable[..., Awaitable[Officer]]
) -> None:
    await officer(Role.ADMIN, external_id="900")
    colleague = stage.phone("900")
    await colleague.blocks()
    assert "Các việc của cán bộ" in (await colleague.says("help"))[0]
    [address] = await all_rows(database, t.address)
    assert address.reachable


async def test_a_stranger_has_nothing_to_see_or_to_stop(stage: Stage, database: Database) -> None:
    stranger = stage.phone("999")
    assert "chưa lưu gì" in (await stranger.says("của tôi"))[0]
    assert "không gửi tin nào" in (await stranger.says("stop"))[0]
    await stranger.taps("pro:erase:yes")
    await stranger.taps("pro:year:2001")
    await stranger.taps("pro:lang:en")
    assert await all_rows(database, t.contact) == []
    assert "đủ 16" in (await stranger.taps("pro:again:"))[0]


async def test_stop_while_joining_before_the_consent_keeps_nothing(stage: Stage, database: Database) -> None:
    stranger = stage.phone("999")
    await stranger.opens("src_06325")
    assert "không lưu gì" in (await stranger.says("dừng"))[0]
    assert await all_rows(database, t.draft) == []


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
    await young.taps("Xóa hết")
    erased = await young.taps("pro:erase:yes")
    assert "Đã xóa hết lúc 10:00 ngày 12/10/2026" in erased[0]
    assert "12/10/2027" in erased[0], "she is told when the proof goes"
    for table in (t.address, t.consent, t.dialogue, t.outbox, t.reach_person, t.question):
        assert await all_rows(database, table) == [], table.name
    [tombstone] = await all_rows(database, t.contact)
    assert (tombstone.subscription, tombstone.birth_year, tombstone.unit_id) == (Subscription.ERASED, None, None)
    [proof] = await all_rows(database, t.stop_proof)
    assert proof.purpose == Purpose.NOTICES
    assert proof.purge_at == NOW + timedelta(days=365)
    # Buttons that are still on her phone meet somebody unknown.
    assert "chưa có thông tin" in (await young.taps("pro:year:2001"))[0] or "chưa lưu gì" in young.last.text
    assert "đủ 16" in (await young.opens())[0]
