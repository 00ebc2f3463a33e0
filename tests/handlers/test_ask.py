"""Hỏi cán bộ: one question out, one answer back, and nobody answers for another unit or twice."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from outreach.contacts.model import Subscription
from outreach.messaging import ContactId
from outreach.officers import Officer, Role
from storage import tables as t
from storage.database import Database
from tests.conftest import TestClock
from tests.handlers.conftest import ON_EVERY_CHANNEL, Phone, Stage

pytestmark = ON_EVERY_CHANNEL

People = Callable[..., Awaitable[ContactId]]
Officers = Callable[..., Awaitable[Officer]]

QUESTION = "Hồ sơ Quả Cầu Vàng nộp ở đâu?"


@pytest.fixture
async def young(stage: Stage, person: People) -> Phone:
    await person(unit="06325", external_id="501")
    return stage.phone("501")


async def ask(young: Phone, question: str = QUESTION) -> list[str]:
    await young.says("Hỏi cán bộ")
    return await young.says(question)


async def test_a_question_goes_to_the_unit_s_officers_and_the_answer_comes_back_once(
    stage: Stage, young: Phone, officer: Officers
) -> None:
    for number, unit in (("900", "06325"), ("901", "06325"), ("902", "06124"), ("903", None)):
        await officer(Role.OFFICER if unit else Role.ADMIN, unit=unit, external_id=number)
    assert "chuyển tới cán bộ trực" in (await ask(young))[0]
    own, second, other, province = (stage.phone(number) for number in ("900", "901", "902", "903"))
    assert QUESTION in own.last.text
    assert "xã Bắc Sơn" in own.last.text
    assert "501" not in own.last.text
    assert len(second.inbox) == 1
    assert other.inbox == province.inbox == [], "the unit has officers of its own"
    young.news()
    await own.taps("Trả lời")
    await second.taps("Trả lời")
    assert "Đã gửi" in (await own.says("Nộp tại qcv.tainangviet.vn <trước 1/8>."))[0]
    [answer] = young.news()
    assert QUESTION in answer
    assert "&lt;trước 1/8&gt;" in answer
    assert "Câu này đã có người trả lời" in (await second.says("Nộp ở huyện."))[0]
    assert "Câu này đã có người trả lời" in (await second.taps("Trả lời"))[0]
    assert young.news() == []


@pytest.mark.needs("buttons")
async def test_an_officer_of_another_unit_cannot_open_or_answer_it(
    stage: Stage, young: Phone, officer: Officers, database: Database
) -> None:
    await officer(Role.OFFICER, unit="06124", external_id="902")
    await ask(young)
    other = stage.phone("902")
    assert "đơn vị khác" in (await other.taps("ask:reply:1"))[0]
    assert "cán bộ có vai trò" in (await young.taps("ask:reply:1"))[0], "nor can the person herself"
    assert "không tìm thấy" in (await other.taps("ask:reply:77"))[0]
    async with database.read() as tx:
        [row] = (await tx.connection.execute(select(t.question))).all()
    assert row.answer is None


async def test_the_province_answers_where_a_unit_has_nobody(stage: Stage, young: Phone, officer: Officers) -> None:
    await officer(Role.ADMIN, external_id="903")
    await ask(young)
    assert QUESTION in stage.phone("903").last.text
    listed = await stage.phone("903").says("hỏi")
    assert QUESTION in listed[0]
    await stage.phone("903").taps("Trả lời câu 1")
    await stage.phone("903").says("Nộp trực tuyến.")
    assert "Không có câu hỏi nào" in (await stage.phone("903").says("hỏi"))[0]


async def test_without_anybody_on_duty_the_person_is_told_so(young: Phone) -> None:
    assert "chưa có cán bộ nào trực" in (await ask(young))[0]


async def test_office_hours_are_said(young: Phone, officer: Officers, clock: TestClock) -> None:
    await officer(Role.ADMIN, external_id="903")
    assert "Đang trong giờ làm việc (thứ Hai–thứ Sáu, 07:30–11:30, 13:30–17:00)" in (await young.says("hỏi"))[0]
    clock.advance(hours=9)  # 19:00
    assert "ngoài giờ làm việc" in (await young.says("hỏi"))[0]
    assert "ngoài giờ làm việc" in (await young.says(QUESTION))[0]


async def test_one_question_waits_at_a_time_and_another_may_be_asked(young: Phone, officer: Officers) -> None:
    await officer(Role.ADMIN, external_id="903")
    await ask(young)
    assert "đang chờ trả lời" in (await young.says("hỏi"))[0]
    await young.taps("Hỏi câu khác")
    assert "chuyển tới" in (await young.says("Còn lớp bồi dưỡng thì sao?"))[0]


@pytest.mark.parametrize("question", ["a", "x" * 1001])
async def test_too_short_and_too_long_questions_are_asked_again(
    young: Phone, database: Database, question: str
) -> None:
    assert "5 đến 1.000 ký tự" in (await ask(young, question))[0]
    assert "chưa có cán bộ" in (await young.says(QUESTION))[0]


@pytest.mark.parametrize(
    "words",
    ["quay lại", "Để sau", "de sau nhé", "thôi", "thoi a", "dạ thôi ạ", "không hỏi nữa", "huỷ", "Không", "go back"],
)
async def test_words_that_leave_are_no_question(
    stage: Stage, young: Phone, officer: Officers, database: Database, words: str
) -> None:
    await officer(Role.ADMIN, external_id="903")
    assert "Được rồi" in (await ask(young, words))[0]
    assert young.keys[0] == ("Tin mới", "Đề cử")
    assert stage.phone("903").inbox == []
    async with database.read() as tx:
        assert (await tx.connection.execute(select(t.question))).all() == []


async def test_a_question_that_begins_like_leaving_is_one(stage: Stage, young: Phone, officer: Officers) -> None:
    await officer(Role.ADMIN, external_id="903")
    assert "chuyển tới" in (await ask(young, "thôi học rồi có nộp được không?"))[0]
    assert "thôi học rồi" in stage.phone("903").last.text


async def test_the_way_out_stands_under_the_length(stage: Stage, young: Phone, officer: Officers) -> None:
    await officer(Role.ADMIN, external_id="903")
    assert "chọn <b>Thôi, để sau</b>" in (await ask(young, "hả"))[0]
    assert [button.label for row in young.last.buttons for button in row] == ["Thôi, để sau"]
    assert "Được rồi" in (await young.taps("Thôi, để sau"))[0]
    await ask(young)
    colleague = stage.phone("903")
    await colleague.taps("Trả lời")
    assert "1.000 ký tự" in (await colleague.says("x" * 1001))[0]
    assert "vẫn chờ" in (await colleague.taps("Thôi, để sau"))[0]


async def test_an_officer_may_leave_by_words_and_may_answer_no(stage: Stage, young: Phone, officer: Officers) -> None:
    await officer(Role.ADMIN, external_id="903")
    await ask(young)
    colleague = stage.phone("903")
    for words in ("để sau", "quay lai"):
        await colleague.taps("Trả lời")
        assert "Câu hỏi vẫn chờ" in (await colleague.says(words))[0]
    young.news()
    await colleague.taps("Trả lời")
    assert "Đã gửi" in (await colleague.says("Không"))[0]
    assert "Không" in young.news()[0]


@pytest.mark.parametrize(
    "words", ["cảm ơn", "Cám ơn bạn nhiều!", "cam on a", "dạ cảm ơn anh chị ạ", "thanks", "Thank you"]
)
async def test_thanks_are_answered_warmly_wherever_nothing_else_is_asked(
    stage: Stage, young: Phone, officer: Officers, words: str
) -> None:
    await officer(Role.ADMIN, external_id="903")
    await ask(young)
    await stage.phone("903").taps("Trả lời")
    await stage.phone("903").says("Nộp trực tuyến.")
    for before in ("/help", "tin", "của tôi", "hỏi"):
        assert await young.says(words) == ["Không có gì đâu, cần gì bạn cứ nhắn mình nhé!"]
        assert young.keys[0] == ("Tin mới", "Đề cử")
        await young.says(before)
    assert "bạn" not in (await stage.phone("903").says(words))[0]
    assert "Không có gì" in (await stage.phone("999").says(words))[0], "somebody unknown"


async def test_pictures_are_not_passed_on_and_the_question_stays_open(young: Phone) -> None:
    await young.says("hỏi")
    assert "bằng chữ" in (await young.sends_photo())[0]
    assert "chưa có cán bộ" in (await young.says(QUESTION))[0]


async def test_long_numbers_are_masked_before_anything_is_kept(
    stage: Stage, young: Phone, officer: Officers, database: Database
) -> None:
    await officer(Role.ADMIN, external_id="903")
    said = await ask(young, "CCCD 020208001234, gọi 0912 345 678, sinh 12/3/2008 thì có được không?")
    assert "đã được che" in said[0]
    seen = stage.phone("903").last.text
    assert "020208001234" not in seen
    assert "0912 345 678" not in seen
    assert "12/3/2008" in seen


async def test_a_stranger_is_told_how_to_reach_the_office(stage: Stage, database: Database) -> None:
    stranger = stage.phone("999")
    assert "07:30–11:30" in (await stranger.says("hỏi"))[0]
    async with database.read() as tx:
        assert (await tx.connection.execute(select(t.contact))).all() == []


@pytest.mark.needs("buttons")
async def test_so_is_one_with_an_old_button(stage: Stage) -> None:
    assert "07:30–11:30" in (await stage.phone("999").taps("ask:new:"))[0]


async def test_somebody_who_stopped_may_still_ask(stage: Stage, person: People, officer: Officers) -> None:
    await person(external_id="502", unit="06325", subscription=Subscription.STOPPED)
    await officer(Role.ADMIN, external_id="903")
    assert "chuyển tới" in (await ask(stage.phone("502")))[0]
    await stage.phone("903").taps("Trả lời")
    await stage.phone("903").says("Được.")
    assert "Được." in stage.phone("502").last.text


async def test_an_answer_after_a_long_silence_is_not_sent_by_accident(
    stage: Stage, young: Phone, officer: Officers, clock: TestClock
) -> None:
    await officer(Role.ADMIN, external_id="903")
    await ask(young)
    colleague = stage.phone("903")
    await colleague.taps("Trả lời")
    clock.now += timedelta(hours=3)
    assert "Đang dở" in (await colleague.says("chuyện khác"))[0]
    assert QUESTION in (await colleague.taps("Tiếp tục"))[0]
    await colleague.says("Nộp trực tuyến.")
    assert "Nộp trực tuyến." in young.last.text


async def test_the_answer_cannot_reach_somebody_who_deleted_everything(
    stage: Stage, young: Phone, officer: Officers
) -> None:
    await officer(Role.ADMIN, external_id="903")
    await ask(young)
    await stage.phone("903").taps("Trả lời")
    await young.says("xóa hết")
    await young.taps("Xóa hết")
    assert "không tìm thấy" in (await stage.phone("903").says("Nộp trực tuyến."))[0]
