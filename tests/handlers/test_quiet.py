"""Staff speak with a person, the messenger keeps words back, or asks for a deletion: what the bot does, and mostly does not."""

from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import func, select

from outreach.messaging import STAFF_DONE, ChannelName, ContactId
from outreach.officers import Role
from storage import tables as t
from storage.database import Database
from tests.conftest import TestClock
from tests.handlers.conftest import ON_ZALO, Phone, Stage

pytestmark = pytest.mark.channels(ChannelName.ZALO_OA)
People = Callable[..., Awaitable[ContactId]]


@pytest.fixture(params=["young", "stranger"])
def phone(request: pytest.FixtureRequest, stage: Stage, young: Phone) -> Phone:
    return young if request.param == "young" else stage.phone("900")


async def count(database: Database) -> int:
    """Rows that name somebody."""
    async with database.read() as tx:
        found = [
            (await tx.connection.execute(select(func.count()).select_from(table))).scalar_one()
            for table in (t.address, t.draft, t.dialogue, t.outbox)
        ]
    return sum(found)


async def test_while_staff_speak_the_bot_says_once_how_to_call_it_and_nothing_else(phone: Phone) -> None:
    assert "loa trẻ" in (await phone.hears_staff())[0]
    assert await phone.hears_staff() == []
    for text in ("dạ em cảm ơn", "1", "tin", "đúng", "lớp 12 ạ"):
        assert await phone.says(text) == []
    assert await phone.sends_photo() == []
    assert await phone.sends_sticker() == []
    assert await phone.follows() == []


async def test_staff_give_her_back(phone: Phone) -> None:
    await phone.hears_staff()
    assert "lại trả lời" in (await phone.hears_staff(STAFF_DONE))[0]
    assert await phone.hears_staff(STAFF_DONE) == []
    assert await phone.says("tin")


@pytest.mark.parametrize("words", ["Loa Trẻ ơi", "bot ơi", "/help", "tìm hiểu"])
async def test_she_calls_it_back(young: Phone, words: str) -> None:
    await young.hears_staff()
    called = words != "tìm hiểu"
    assert bool(await young.says(words)) == called
    assert bool(await young.says("tin")) == called


async def test_it_comes_back_by_itself(phone: Phone, clock: TestClock) -> None:
    await phone.hears_staff()
    clock.advance(hours=11)
    assert await phone.says("tin") == []
    clock.advance(hours=1)
    assert await phone.says("tin")


async def test_every_message_of_theirs_begins_the_time_anew(phone: Phone, clock: TestClock) -> None:
    await phone.hears_staff()
    clock.advance(hours=11)
    await phone.hears_staff()
    clock.advance(hours=11)
    assert await phone.says("tin") == []


async def test_stopping_and_deleting_are_heard(young: Phone, database: Database) -> None:
    await young.hears_staff()
    assert "Đã ngừng" in (await young.says("dừng"))[0]
    await young.hears_staff()
    assert "Xóa hết" in (await young.says("xóa hết"))[0]
    await young.taps("Xóa hết")
    assert await count(database) == 0


async def test_a_tap_is_for_the_bot(young: Phone) -> None:
    await young.hears_staff()
    assert "sinh năm" in (await young.taps("pro:year:"))[0]
    assert "2006" in (await young.says("2006"))[-1]


async def test_the_open_question_is_asked_on(young: Phone) -> None:
    await young.says("hỏi")
    await young.hears_staff()
    back, open_question = await young.says("loa trẻ")
    assert "lại trả lời" in back
    assert "câu hỏi gửi cán bộ" in open_question


async def test_of_a_stranger_nothing_is_stored(stage: Stage, database: Database) -> None:
    stranger = stage.phone("900")
    await stranger.hears_staff()
    await stranger.says("tin")
    await stranger.is_withheld()
    assert await count(database) == 0


@ON_ZALO
async def test_withheld_is_told_once_a_day(stage: Stage, person: People, clock: TestClock) -> None:
    await person(external_id="501")
    for phone in (stage.phone("501"), stage.phone("900")):
        assert "bố mẹ hoặc thầy cô" in (await phone.is_withheld())[0]
        assert await phone.is_withheld() == []
    clock.advance(days=1)
    for phone in (stage.phone("501"), stage.phone("900")):
        assert "bố mẹ hoặc thầy cô" in (await phone.is_withheld())[0]
        assert await phone.is_withheld() == []


@ON_ZALO
async def test_an_officer_is_told_each_time_that_files_do_not_come(
    stage: Stage, officer: Callable[..., Awaitable[object]]
) -> None:
    await officer(Role.EDITOR, external_id="700")
    phone = stage.phone("700")
    for _ in range(2):
        (told,) = await phone.is_withheld()
        assert "Dán nội dung thành chữ" in told
        assert "bố mẹ" not in told


async def test_what_the_messenger_was_asked_to_delete_is_deleted_at_once(
    young: Phone, stage: Stage, database: Database
) -> None:
    stranger = stage.phone("900")
    await stranger.follows()
    await young.says("hỏi")
    for phone in (young, stranger, young, stranger):
        assert await phone.withdraws() == []
    assert await count(database) == 0
    assert "đủ 16" in (await young.follows())[0], "she may begin anew"


async def test_an_officer_s_office_ends_with_her_data(
    stage: Stage, officer: Callable[..., Awaitable[object]], database: Database
) -> None:
    await officer(external_id="700")
    await stage.phone("700").withdraws()
    async with database.read() as tx:
        known = await tx.contacts.known(stage.phone("700").address)
    assert (known.contact, known.officer) == (None, None)
