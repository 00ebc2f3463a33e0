"""A long text comes in two messages when the phone has cut it: the second is never the next answer."""

from collections.abc import Awaitable, Callable

import pytest

from outreach.messaging import ContactId
from storage.database import Database
from tests.conftest import TestClock
from tests.handlers.conftest import ON_EVERY_CHANNEL, Phone, Stage
from tests.handlers.nominations.conftest import begins

pytestmark = ON_EVERY_CHANNEL

LONG = "Mình đã làm nhiều việc ở xã. " * 150
PARTS = (LONG[:4096], LONG[4096:])
Person = Callable[..., Awaitable[ContactId]]


async def _at_achievement(stage: Stage) -> Phone:
    phone = stage.phone("500")
    await begins(phone)
    for label in ("Bạn khác, đã đồng ý", "Đủ 16 rồi", "Thể dục thể thao"):
        await phone.taps(label)
    for words in ("Nông Thị Hoa", "2009", "xã Bắc Sơn"):
        await phone.says(words)
    await phone.taps("Đúng")
    return phone


async def test_the_rest_is_not_taken_as_the_answer(stage: Stage, clock: TestClock) -> None:
    phone = await _at_achievement(stage)
    [refused] = await phone.says(PARTS[0])
    assert "rút gọn" in refused
    assert 20 < len(PARTS[1]) < 1000, "short enough to be an answer"
    assert await phone.says(PARTS[1]) == []
    clock.advance(seconds=30)
    [asked] = await phone.says("Giải nhất điền kinh 800 m cấp tỉnh năm 2025.")
    assert "minh chứng" in asked


async def test_a_third_part_belongs_to_it_too(stage: Stage, clock: TestClock) -> None:
    phone = await _at_achievement(stage)
    await phone.says(PARTS[0])
    clock.advance(seconds=2)
    assert await phone.says(PARTS[0]) == []
    clock.advance(seconds=2)
    assert await phone.says(PARTS[1]) == []


async def test_a_question_to_the_officers_is_not_the_tail_of_another(
    stage: Stage, person: Person, officer: Callable[..., Awaitable[object]], database: Database
) -> None:
    await person(external_id="501")
    await officer(external_id="700")
    phone = stage.phone("501")
    await phone.says("hỏi cán bộ")
    assert "1.000" in (await phone.says(PARTS[0]))[0]
    assert await phone.says(PARTS[1]) == []
    async with database.read() as tx:
        assert not await tx.questions.list_open(unit_id=None, limit=5)
    assert stage.phone("700").inbox == []


@pytest.mark.parametrize("words", ["/help", "/dung"])
async def test_a_command_is_none_of_it(stage: Stage, words: str) -> None:
    phone = await _at_achievement(stage)
    await phone.says(PARTS[0])
    assert await phone.says(words)
