"""The template goes out, comes back filled in, is confirmed, and only then written: all rows or none."""

import io
from collections.abc import Awaitable, Callable
from typing import Any

import openpyxl
import pytest
from sqlalchemy import func, select

from bot.files import Workshop, make_file
from handlers.files import going_on
from handlers.registry import FILE_TAKERS
from outreach.messaging import AccountId, ChannelName, SendError, SendErrorKind
from outreach.officers import Officer, Role, System
from outreach.units import UnitId
from outreach.wishes import fetch_wishes
from storage import tables as t
from storage.database import Database
from tests.handlers.conftest import ON_EVERY_CHANNEL, Phone, Stage
from tests.handlers.send.conftest import RecordingChannel

pytestmark = [ON_EVERY_CHANNEL, pytest.mark.needs("files")]  # the way round: test_zalo.py

BAC_SON, CHI_LANG, PROVINCE = "06325", "06463", "20"

MakeOfficer = Callable[..., Awaitable[Officer]]


@pytest.fixture
async def admin(stage: Stage, officer: MakeOfficer) -> Phone:
    await officer(Role.ADMIN, external_id="1")
    return stage.phone("1")


@pytest.fixture
def channel(account_id: AccountId, network: ChannelName) -> RecordingChannel:
    return RecordingChannel(account_id=account_id, name=network)


@pytest.fixture
def fetch(stage: Stage, database: Database, channel: RecordingChannel) -> Callable[[], Awaitable[int]]:
    """What the clock does after the commit."""

    async def run() -> int:
        return await fetch_wishes(
            System(name="clock"),
            transactions=database,
            channels={channel.account_id: channel},
            readers={taker.flow: taker.read for taker in FILE_TAKERS},
            go_on=going_on(FILE_TAKERS, router=stage.router),
            clock=stage.router.clock,
            max_bytes=10_000_000,
        )

    return run


async def template(stage: Stage, database: Database, phone: Phone) -> Any:
    await phone.says("/dopho")
    await phone.taps("Gửi mẫu")
    file = next(reply.file for reply in reversed(phone.inbox) if reply.file)
    assert file.name == "mau-so-thanh-nien-2026.xlsx"
    workshop = Workshop(transactions=database, world=stage.router.world, clock=stage.router.clock)
    return openpyxl.load_workbook(io.BytesIO(await make_file(workshop, file)))


def filled(book: Any, counts: dict[str, object], *, source: str = "Niên giám", dated: str = "31/12/2025") -> bytes:
    """The template with numbers typed into it, as bytes to send back."""
    found = set()
    for row in book.active.iter_rows():
        if row[1].value in counts:
            row[4].value, row[5].value, row[6].value = counts[row[1].value], source, dated
            found.add(row[1].value)
    assert found == set(counts)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


async def stored(database: Database, year: int = 2026) -> dict[UnitId, int]:
    async with database.read() as tx:
        return {row.unit_id: row.count for row in await tx.denominators.of_year(year)}


async def test_from_the_template_to_the_share(
    stage: Stage,
    database: Database,
    admin: Phone,
    channel: RecordingChannel,
    fetch: Callable[[], Awaitable[int]],
    units: dict[str, UnitId],
) -> None:
    book = await template(stage, database, admin)
    codes = [row[1] for row in book.active.iter_rows(values_only=True)]
    assert codes[codes.index("Mã") + 1] == PROVINCE
    assert len([code for code in codes if code]) == 67
    assert all(isinstance(code, str) for code in codes if code)
    channel.otherwise = filled(book, {PROVINCE: "188.000", BAC_SON: 900, CHI_LANG: "1.204"})

    assert "Đang đọc" in (await admin.sends_file("mau.xlsx"))[0]
    assert await stored(database) == {}
    assert await fetch() == 1
    summary = admin.last.text
    assert "2/65 xã, phường, cộng lại 2.104 thanh niên" in summary
    assert "Cả tỉnh năm 2026: 188.000 thanh niên" in summary
    assert await stored(database) == {}, "nothing before it is confirmed"
    assert "Đã ghi 3 dòng" in (await admin.says("ghi"))[0]
    assert await stored(database) == {
        units[PROVINCE]: 188_000,
        units[BAC_SON]: 900,
        units[CHI_LANG]: 1_204,
    }
    assert "0/188.000" in (await admin.says("/dopho"))[0]
    assert "Không có file nào" in (await admin.taps("den:write:"))[0]
    async with database.read() as tx:
        row = (await tx.connection.execute(select(t.audit.c.action, t.audit.c.data))).one()
    assert tuple(row) == ("enter_denominators", {"rows": 3, "years": "2026"})


async def test_the_next_template_holds_what_is_entered_and_the_old_number_is_kept(
    stage: Stage,
    database: Database,
    admin: Phone,
    channel: RecordingChannel,
    fetch: Callable[[], Awaitable[int]],
    units: dict[str, UnitId],
) -> None:
    for count in (900, 950):
        book = await template(stage, database, admin)
        shown = {row[1]: row[4] for row in book.active.iter_rows(values_only=True)}
        assert shown[BAC_SON] == (None if count == 900 else 900)
        channel.otherwise = filled(book, {BAC_SON: count})
        await admin.sends_file("mau.xlsx")
        await fetch()
        assert "Chưa có dòng của cả tỉnh" in admin.last.text
        await admin.taps("Ghi")
    assert await stored(database) == {units[BAC_SON]: 950}
    async with database.read() as tx:
        rows = (await tx.connection.execute(select(func.count()).select_from(t.denominator))).scalar_one()
    assert rows == 2


async def test_with_one_bad_row_nothing_is_written(
    stage: Stage, database: Database, admin: Phone, channel: RecordingChannel, fetch: Callable[[], Awaitable[int]]
) -> None:
    book = await template(stage, database, admin)
    channel.otherwise = filled(book, {PROVINCE: 188_000, BAC_SON: "<b>chín trăm</b>"})
    await admin.sends_file("mau.xlsx")
    await fetch()
    assert "chưa ghi dòng nào" in admin.last.text
    assert "“&lt;b&gt;chín trăm&lt;/b&gt;” không phải số người" in admin.last.text
    assert "Không có file nào" in (await admin.taps("den:write:"))[0]
    assert await stored(database) == {}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"no workbook", "không phải file Excel"),
        (b"PK\x03\x04broken", "bị hỏng"),
        (SendError(SendErrorKind.OUR_FAULT, "file_too_big"), "quá lớn"),
    ],
)
async def test_what_cannot_be_read_is_told(
    admin: Phone,
    channel: RecordingChannel,
    fetch: Callable[[], Awaitable[int]],
    content: bytes | SendError,
    words: str,
) -> None:
    await admin.says("/dopho")
    await admin.taps("Nhập mẫu số")
    assert "Gửi file Excel" in (await admin.says("đây"))[0]
    channel.otherwise = content
    await admin.sends_file("mau.xlsx")
    await fetch()
    assert words in admin.last.text
    assert "Chưa ghi gì" in admin.last.text


async def test_whoever_has_gone_on_is_not_disturbed(
    stage: Stage, database: Database, admin: Phone, channel: RecordingChannel, fetch: Callable[[], Awaitable[int]]
) -> None:
    book = await template(stage, database, admin)
    channel.otherwise = filled(book, {BAC_SON: 900})
    await admin.sends_file("mau.xlsx")
    await admin.says("/khaibao")
    admin.news()
    await fetch()
    assert admin.news() == []
    assert await stored(database) == {}


async def test_dropping_writes_nothing(
    stage: Stage, database: Database, admin: Phone, channel: RecordingChannel, fetch: Callable[[], Awaitable[int]]
) -> None:
    book = await template(stage, database, admin)
    channel.otherwise = filled(book, {BAC_SON: 900})
    await admin.sends_file("mau.xlsx")
    await fetch()
    assert "không ghi gì" in (await admin.taps("Bỏ"))[0]
    assert await stored(database) == {}
