"""Resting, stopping and coming back: at once where the words are clear, asked where they are not."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from content.catalog import LANGUAGES, Catalog
from outreach.contacts.model import Subscription
from outreach.messaging import ChannelName, ContactId
from outreach.officers import Officer, Role
from outreach.text import fold
from storage import tables as t
from storage.database import Database
from tests.conftest import NOW, TestClock
from tests.handlers.conftest import ON_EVERY_CHANNEL, Phone, Stage
from tests.handlers.test_profile import all_rows, known

pytestmark = ON_EVERY_CHANNEL

People = Callable[..., Awaitable[ContactId]]


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


@pytest.mark.parametrize("way", ["stop", "tắt tin", "Đừng gửi nữa", "đừng gửi nữa", "dừng", "Ngừng", "/dung"])
async def test_a_stop_is_one_reply_with_both_times(
    young: Phone, database: Database, clock: TestClock, way: str
) -> None:
    clock.advance(hours=2, minutes=5)
    said = await young.says(way)
    assert len(said) == 1
    assert said[0].count("12:05") == 2
    assert said[0].count("12/10/2026") == 2
    assert "Của tôi" in said[0], "it says how to come back"
    assert (await known(database, young)).subscription == Subscription.STOPPED
    [consent] = await all_rows(database, t.consent)
    assert consent.withdrawn_at == clock.now
    assert consent.withdrawn_how == "word"
    assert "từ trước" in (await young.says("stop"))[0]


@pytest.mark.needs("buttons")
@pytest.mark.parametrize(("payload", "how"), [("pro:stop:c7", "campaign:7"), ("pro:stop:", "button")])
async def test_a_stop_by_a_button_is_the_same(young: Phone, database: Database, payload: str, how: str) -> None:
    [said] = await young.taps(payload)
    assert (said.count("10:00"), said.count("12/10/2026"), "Của tôi" in said) == (2, 2, True)
    assert (await known(database, young)).subscription == Subscription.STOPPED
    [consent] = await all_rows(database, t.consent)
    assert (consent.withdrawn_at, consent.withdrawn_how) == (NOW, how)


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


@pytest.mark.parametrize(
    "words", ["stop ạ", "Dừng ạ", "dừng lại đi ạ", "đừng gửi tin cho em nữa nhé", "xóa hết", "xoá hết đi ạ"]
)
async def test_a_wish_in_the_middle_of_a_question_is_no_answer_to_it(
    young: Phone, database: Database, words: str
) -> None:
    await young.says("/decu")
    for answer in ("Mình đủ 16, bắt đầu", "Bạn khác, đã đồng ý", "Đủ 16 rồi", "Học tập"):
        await young.taps(answer)
    stored = len(await all_rows(database, t.nomination_answer))
    asked = (await young.says(words))[0]
    assert "dừng phần này, hay ngừng nhận tin" in asked or "Xóa" in asked
    assert len(await all_rows(database, t.nomination_answer)) == stored
    assert (await known(database, young)).subscription == Subscription.ACTIVE


@pytest.mark.parametrize("words", ["stop ạ", "xóa hết", "dung"])
async def test_leaving_before_the_consent_is_a_no(stage: Stage, database: Database, words: str) -> None:
    stranger = stage.phone("901")
    await stranger.opens("src_06325")
    await stranger.taps("Đủ 16 rồi")
    said = await stranger.says(words)
    if words == "dung":
        said = await stranger.says("1")
    assert "không lưu gì" in said[0]
    assert await all_rows(database, t.draft) == []


@pytest.mark.parametrize("words", ["nhận lại tin", "nhận lại"])
async def test_words_of_coming_back_lead_to_the_question(young: Phone, words: str) -> None:
    await young.says("/dung")
    await young.says(words)
    assert young.labels == ["Nhận lại tin", "Không, cảm ơn"]
    assert "nhận lại" in young.last.text


@pytest.mark.parametrize("words", ["em cảm ơn", "em cảm ơn ạ", "cảm ơn nhé"])
async def test_thanks_are_understood(young: Phone, words: str) -> None:
    assert "Không có gì" in (await young.says(words))[0]


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


@pytest.mark.needs("buttons")
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


async def leaves(phone: Phone, database: Database) -> None:
    """She blocks us. The Bot Platform does not say so: that she is gone is learned from a message that did not arrive."""
    if phone.channel != ChannelName.ZALO_BOT:
        assert await phone.blocks() == []
        assert await phone.unblocks() == []
        return
    async with database.write() as tx:
        await tx.contacts.set_reachable(phone.address, reachable=False, reason="gone", at=NOW)


@pytest.mark.parametrize(
    ("label", "expected"), [("Nhận tiếp", Subscription.ACTIVE), ("Không, ngừng", Subscription.STOPPED)]
)
async def test_coming_back_after_a_block_is_asked_and_news_rest_until_then(
    young: Phone, database: Database, clock: TestClock, label: str, expected: Subscription
) -> None:
    await leaves(young, database)
    clock.advance(days=400)
    assert "muốn nhận tiếp không" in (await young.says("chào"))[0]
    contact = await known(database, young)
    assert contact.subscription == Subscription.PAUSED
    assert contact.paused_until
    assert contact.paused_until > clock() + timedelta(days=9999), "however long she waits with the answer"
    clock.advance(hours=9999 if young.can.buttons else 20)  # a number means what stands last, for a day
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
    assert await all_rows(database, t.contact) == []


@pytest.mark.needs("buttons")
async def test_nor_has_one_with_old_buttons(stage: Stage, database: Database) -> None:
    stranger = stage.phone("999")
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
