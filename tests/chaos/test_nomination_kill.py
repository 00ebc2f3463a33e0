"""A nomination interrupted by kill -9 after every single answer continues where it was."""

import asyncio
import io
import time
from collections.abc import Awaitable, Callable

import pytest
from PIL import Image

from outreach.evidence import EvidenceState
from outreach.nominations.model import NominationId, NominationState
from tests.chaos.conftest import Town

ACHIEVEMENT = "Giải nhất điền kinh 800 m cấp tỉnh năm 2025."
# (what the person does, what the next message must contain)
WAY = [
    ("text:/decu", "9 câu, khoảng 5 phút"),
    ("tap:Mình đủ 16, bắt đầu", "Câu 1/9"),
    ("tap:Bạn khác, đã đồng ý", "Câu 2/9"),
    ("tap:Đủ 16 rồi", "Câu 3/9"),
    ("tap:Thể dục thể thao", "Câu 4/9"),
    ("text:Nông Thị Hoa", "Câu 5/9"),
    ("text:2009", "Câu 6/9"),
    ("text:xã Bắc Sơn", "đúng không"),
    ("tap:Đúng", "Câu 7/9"),
    (f"text:{ACHIEVEMENT}", "Câu 8/9"),
    ("photo", "Đã nhận 1 minh chứng"),
    ("tap:Xong phần minh chứng", "Câu 9/9"),
    ("text:0912 345 678", "Bạn xem lại nhé"),
    ("tap:Sửa họ tên", "Đang là: Nông Thị Hoa"),
    ("text:Nông Thị Huệ", "Bạn xem lại nhé"),
    ("tap:Gửi", "Mã của lời giới thiệu"),
]


def photo() -> bytes:
    drawn = io.BytesIO()
    Image.new("RGB", (300, 200), (20, 90, 160)).save(drawn, "JPEG")
    return drawn.getvalue()


async def does(town: Town, person: int, action: str) -> None:
    kind, _, value = action.partition(":")
    if kind == "photo":
        await town.client.give(person, "photo", ("anh.jpg", photo()))
    else:
        await town.client.order(f"people/{person}/{kind}", {"label" if kind == "tap" else "text": value})


async def said(town: Town, person: int) -> list[str]:
    rows = (await town.client.chat(person))["messages"]
    return [row.get("text", "") for row in rows if row["from"] == "bot"]


async def until(what: Callable[[], Awaitable[bool]], *, town: Town, why: str) -> None:
    ends = time.monotonic() + 30
    while not await what():
        assert time.monotonic() < ends, f"{why}\n{town.process.logs()}"
        await asyncio.sleep(0.02)


@pytest.mark.slow
async def test_killed_after_every_answer_it_goes_on_where_it_was(town: Town) -> None:
    person = (await town.client.order("people", {"name": "Cô Hạnh"}))["id"]
    for action, expected in WAY:
        before = len(await said(town, person))
        town.process.start()
        await does(town, person, action)

        # An answer that was sent and not yet crossed off comes once more: a reply rather repeats than misses.
        async def answered(before: int = before, expected: str = expected) -> bool:
            return any(expected in text for text in (await said(town, person))[before:])

        await until(answered, town=town, why=f"no fitting answer to {action}")
        town.process.kill()

    async with town.database.read() as tx:
        found = await tx.nominations.get(NominationId(1))
        assert await tx.nominations.get(NominationId(2)) is None
    assert found
    assert (found.state, found.code) == (NominationState.NEW, f"LS-{found.sent_at:%Y}-000001")
    assert found.answers == {
        "who": "agreed",
        "of_age": "yes",
        "field": "sport",
        "full_name": "Nông Thị Huệ",
        "birth_year": "2009",
        "unit": "06325",
        "achievement": ACHIEVEMENT,
        "evidence": "1",
        "contact": "phone:+84912345678",
    }

    # The photo that was wanted when the process died is fetched by the next one.
    town.process.start()

    async def stored() -> bool:
        async with town.database.read() as tx:
            (piece,) = await tx.evidence.list_of(NominationId(1))
        return piece.state == EvidenceState.STORED

    await until(stored, town=town, why="the photo was never stored")
    assert town.process.stop() == 0
