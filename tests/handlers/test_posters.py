"""The code of a poster, typed or in a link, on every channel."""

from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import select

from outreach.contacts.posters import make_poster
from outreach.messaging import ContactId
from outreach.officers import System
from outreach.units import UnitId
from storage import tables as t
from storage.database import Database
from tests.conftest import NOW
from tests.handlers.conftest import ON_EVERY_CHANNEL, Phone, Stage

pytestmark = ON_EVERY_CHANNEL
People = Callable[..., Awaitable[ContactId]]


@pytest.fixture(autouse=True)
async def posters(database: Database, units: dict[str, UnitId]) -> None:
    async with database.write() as tx:
        for code, unit in (("BS01", units["06325"]), ("HOC12", None)):
            await make_poster(System(name="test"), tx, code=code, title="Tin cho bạn", unit_id=unit, at=NOW)


@pytest.fixture
def stranger(stage: Stage) -> Phone:
    return stage.phone("900")


async def joins(phone: Phone) -> None:
    await phone.taps("Đủ 16 rồi")
    await phone.taps("Đồng ý nhận tin")
    await phone.taps("2009")


async def source(database: Database) -> str:
    async with database.read() as tx:
        return str((await tx.connection.execute(select(t.contact.c.source))).scalar_one())


@pytest.mark.parametrize("typed", ["BS01", "bs 01", "nhắn BS01", "Nhắn  bs-01", "/start src_bs01", "src_BS01"])
async def test_a_stranger_joins_with_it_and_from_its_unit(stranger: Phone, database: Database, typed: str) -> None:
    assert "đủ 16" in (await stranger.says(typed))[0]
    await joins(stranger)
    assert "xã Bắc Sơn" in stranger.last.text, "the poster's unit is offered"
    await stranger.taps("Đúng")
    assert await source(database) == "src_06325-bs01"


async def test_it_is_heard_after_the_greeting_too(stranger: Phone, database: Database) -> None:
    """An Official Account is followed first, and greets; then the code is typed."""
    await stranger.opens()
    assert "đủ 16" in (await stranger.says("HOC12"))[0]
    await stranger.taps("Đủ 16 rồi")
    assert "4 dòng" in (await stranger.says("hoc 12"))[0], "the question that is open stays open"
    await stranger.taps("Đồng ý nhận tin")
    assert await source(database) == "src_hoc12"


async def test_a_code_nobody_knows_begins_all_the_same(stranger: Phone, database: Database) -> None:
    assert "đủ 16" in (await stranger.says("BS99"))[0]
    await joins(stranger)
    assert await source(database) == ""


async def test_somebody_known_is_welcomed(young: Phone) -> None:
    assert "đang nhận tin" in (await young.says("BS01"))[0]
    assert "hiểu" in (await young.says("BS99"))[0], "what is no code is words"


async def test_an_open_question_keeps_its_answer(young: Phone) -> None:
    await young.says("hỏi")
    await young.says("HOC12")
    assert "đang nhận tin" not in young.last.text
