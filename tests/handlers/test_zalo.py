"""What somebody sees on Zalo: everything can be chosen, nothing speaks of what is not there."""

import re
from collections.abc import Awaitable, Callable

import pytest

from outreach.messaging import ChannelName
from outreach.officers import Role
from tests.conftest import TestClock
from tests.handlers.conftest import ON_ZALO, Phone, Stage
from tests.handlers.nominations.conftest import ACHIEVEMENT, begins, submits

pytestmark = ON_ZALO
ONLY_BOT = pytest.mark.channels(ChannelName.ZALO_BOT)
ONLY_OA = pytest.mark.channels(ChannelName.ZALO_OA)
KEYS = ["Tin mới", "Đề cử", "Của tôi", "Hỏi cán bộ"]


@ONLY_BOT
async def test_a_first_word_begins_and_choices_are_numbered(stage: Stage) -> None:
    phone = stage.phone("900")
    await phone.says("alo")
    assert phone.shown(phone.last).endswith("Hôm nay bạn đã đủ 16 tuổi chưa?\n\n1. Đủ 16 rồi\n2. Chưa đủ 16")
    await phone.says("1")
    assert phone.shown(phone.last).endswith("\n\n1. Đồng ý nhận tin\n2. Không, cảm ơn\n3. Bản đầy đủ\n4. Quay lại")
    await phone.says("1")
    assert phone.shown(phone.last) == "Bạn sinh năm nào? Gõ 4 số, ví dụ 2009.\n\n1. Quay lại"


@ONLY_OA
async def test_following_begins_with_buttons(stage: Stage) -> None:
    phone = stage.phone("900")
    assert "đủ 16" in (await phone.follows())[0]
    assert phone.labels == ["Đủ 16 rồi", "Chưa đủ 16"]


async def test_the_main_choices_stand_where_a_keyboard_would(young: Phone) -> None:
    for words in ("/help", "abc xyz", "cảm ơn"):
        await young.says(words)
        assert [label for row in young.keys for label in row] == KEYS, words
    await young.taps("Của tôi")
    assert "Năm sinh: 2005" in young.last.text


async def test_officers_have_their_own(stage: Stage, officer: Callable[..., Awaitable[object]]) -> None:
    await officer(Role.ADMIN, external_id="700")
    phone = stage.phone("700")
    await phone.says("/help")
    assert [label for row in phone.keys for label in row] == ["Gửi tin", "Độ phủ", "Đề cử mới", "Khai báo"]


async def test_in_the_middle_of_a_question_only_the_way_on_stands_there(young: Phone) -> None:
    await begins(young)
    await young.says("/help")
    assert young.labels == ["Tiếp tục"]
    await young.taps("Tiếp tục")
    assert "Câu 1/9" in young.last.text


async def test_a_list_that_stands_last_on_the_phone_keeps_its_numbers_for_a_day(young: Phone, clock: TestClock) -> None:
    await young.says("của tôi")
    assert young.listed(young.last)
    clock.advance(hours=23)
    assert "sinh năm nào" in (await young.says("1"))[0]
    await young.taps("Quay lại")
    clock.advance(hours=25)
    assert "chưa hiểu" in (await young.says("1"))[0]


@ONLY_OA
async def test_hours_later_a_number_means_no_button_that_bears_none(young: Phone, clock: TestClock) -> None:
    await young.says("menu")
    assert not young.listed(young.last)
    clock.advance(hours=3)
    assert "chưa hiểu" in (await young.says("1"))[0]


async def test_what_is_forwarded_says_where_to_type_and_carries_nothing(young: Phone) -> None:
    code = await submits(young)
    shown = young.shown(young.last)
    assert f"gõ mã {code}" in shown
    assert "zalo.me/" in shown
    assert "start=" not in shown
    assert not young.last.buttons


async def test_evidence_is_asked_for_as_it_can_come(young: Phone) -> None:
    await begins(young)
    for label in ("Bạn khác, đã đồng ý", "Đủ 16 rồi", "Thể dục thể thao"):
        await young.taps(label)
    for words in ("Nông Thị Hoa", "2009", "xã Bắc Sơn"):
        await young.says(words)
    await young.taps("Đúng")
    [asked] = await young.says(ACHIEVEMENT)
    [unread] = await young.says("đây ạ")
    if young.can.files:
        assert "ảnh, file hoặc đường dẫn" in asked
        assert "Đã nhận 1 minh chứng" in (await young.sends_file("bang-khen.pdf"))[0]
        return
    assert "gửi đường dẫn tới file, hoặc gửi sau bằng ứng dụng khác" in asked
    assert "ảnh hoặc một đường dẫn" in unread
    for _ in range(2):
        assert "chỉ nhận được chữ và ảnh" in (await young.is_withheld())[0], "this is no child, but a file"
    assert "Đã nhận 1 minh chứng" in (await young.says("https://vidu.vn/bang-khen"))[0]
    assert "Đã nhận 2 minh chứng" in (await young.sends_photo())[0]


@ONLY_BOT
async def test_numbers_of_young_people_are_entered_where_files_come(
    stage: Stage, officer: Callable[..., Awaitable[object]]
) -> None:
    await officer(Role.ADMIN, external_id="700")
    phone = stage.phone("700")
    for way in ("Nhập mẫu số", "Gửi mẫu"):
        await phone.says("độ phủ")
        [told] = await phone.taps(way)
        assert "dùng máy tính" in told
        assert phone.labels == ["Bảng độ phủ"]


async def test_begin_is_the_choice_that_says_so_where_there_is_one(stage: Stage) -> None:
    phone = stage.phone("900")
    assert "9 câu" in (await phone.says("/decu"))[0]
    assert "đủ 16 tuổi chưa" not in (await phone.says("bắt đầu"))[0]
    await phone.taps("Mình đủ 16")
    assert "Bạn đang dở" in (await phone.says("bắt đầu"))[0], "in the middle it is asked"


async def test_numbers_of_somebody_unknown_mean_what_she_was_shown_last(stage: Stage) -> None:
    phone = stage.phone("900")
    await phone.says("tin")
    for number, label in enumerate(phone.labels, start=1):
        await phone.says("tin")
        assert (await phone.says(str(number)))[0].startswith(f"<b>{label}</b>"), number
    await phone.says("hồ sơ")
    assert "9 câu" in (await phone.says("1"))[0]
    await phone.taps("Để lúc khác")
    await phone.says("của tôi")
    assert "đủ 16 tuổi chưa?" in (await phone.says("1"))[0]
    await phone.says("2")
    assert (await phone.says("1"))[0].startswith(f"<b>{phone.labels[0]}</b>"), "then again the list of pages"


@ONLY_BOT
async def test_a_preview_has_no_numbers_of_its_own(
    stage: Stage, officer: Callable[..., Awaitable[object]], young: Phone
) -> None:
    """Two messages in one turn: 2 under the last look sends, so it may not stand under the message as well."""
    await officer(Role.EDITOR, external_id="700")
    phone = stage.phone("700")
    (asked,) = await phone.says("gửi tin")
    assert "file Word" not in asked, "a bot is given none"
    await phone.says(
        "Kế hoạch của tỉnh\nMỗi năm có ít nhất 70% thanh niên được cung cấp thông tin về chính sách tài năng trẻ."
    )
    await phone.taps("Đúng, tiếp")
    await phone.taps("Tất cả")
    preview, last_look = phone.inbox[-2:]
    assert phone.shown(preview).endswith("DOC 1: Đã đọc\nNGUNG 1: Ngừng nhận")
    assert "2. Gửi" in phone.shown(last_look)
    await phone.taps("Gửi thử cho tôi")
    assert "1. " not in phone.shown(phone.inbox[-2])


async def test_what_is_to_be_typed_is_a_word_and_no_command(stage: Stage, young: Phone) -> None:
    """Zalo shows no list of commands. What each text tells to type does what it says."""
    child, other = stage.phone("900"), stage.phone("901")
    for phone, age in ((child, "Chưa đủ 16"), (other, "Đủ 16 rồi")):
        await phone.opens()
        await phone.taps(age)
    await other.taps("Không, cảm ơn")
    told = [*child.inbox[-1:], *other.inbox[-2:]]
    told += [other.inbox[-1] for words in ("hỏi", "stop") if await other.says(words)]
    await young.says("xóa hết")
    told += [young.inbox[-1] for label in ("Không, giữ lại", "Lấy một bản") if await young.taps(label)]
    assert not [text for text in map(young.shown, told) if re.search(r"(?<!\w)/[a-z]", text)]
    assert "các việc bên dưới" not in other.shown(told[1]), "there are none"
    for phone in (child, other):
        assert "gõ bắt đầu" in "".join(phone.shown(reply) for reply in told)
        assert "đủ 16 tuổi chưa?" in (await phone.says("bắt đầu"))[0]
    assert "Loa Trẻ" in (await young.says("menu"))[0]
    assert "chưa giới thiệu ai" in (await young.says("hồ sơ"))[0]


async def test_somebody_unknown_is_told_to_choose_only_where_there_is_something(stage: Stage) -> None:
    phone = stage.phone("900")
    await phone.says("menu")
    assert ("chọn một việc" in phone.last.text) == bool(phone.last.buttons)
    await phone.says("giới thiệu")
    assert "gõ <b>đề cử</b>" in (await phone.taps("Để lúc khác"))[0]


@pytest.mark.parametrize("word", ["đăng kí", "dang ki", "đk", "ĐK"])
async def test_to_register_is_spelled_in_more_ways_than_one(stage: Stage, word: str) -> None:
    assert "đã đủ 16 tuổi chưa" in (await stage.phone("900").says(word))[0]
