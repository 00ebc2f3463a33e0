"""Script C: every figure of the table, the paragraph and the workbook against rows that were counted by hand."""

import io
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any

import openpyxl
import pytest

from bot.files import Workshop, make_file
from outreach.errors import PermissionDeniedError
from outreach.messaging import ChannelName, ContactId, OfficerId, OutgoingFile
from outreach.officers import Officer, Role, System
from outreach.pack import Pack
from outreach.reach.denominators import enter_denominators
from outreach.reach.model import Declaration, Denominator, Tier
from outreach.units import ELSEWHERE, UnitId
from storage import tables as t
from storage.database import Database
from tests.conftest import NOW, TestClock
from tests.handlers.conftest import ON_EVERY_CHANNEL, Phone, Stage

pytestmark = ON_EVERY_CHANNEL

BAC_SON, CHI_LANG, DONG_KINH, PROVINCE = "06325", "06463", "05977", "20"

MakePerson = Callable[..., Awaitable[ContactId]]
MakeOfficer = Callable[..., Awaitable[Officer]]


@pytest.fixture
def enter(database: Database, units: dict[str, UnitId]) -> Callable[..., Awaitable[None]]:
    async def run(counts: Mapping[str, int], *, year: int = 2026, source: str = "Niên giám thống kê 2025") -> None:
        rows = [
            Denominator(unit_id=units[code], year=year, count=count, source=source, dated_on=date(2026, 3, 31))
            for code, count in counts.items()
        ]
        async with database.write() as tx:
            await enter_denominators(System(name="test"), tx, rows=rows, at=NOW)

    return run


@pytest.fixture
async def reached(database: Database, person: MakePerson, langson: Pack) -> None:
    """3 young in Bắc Sơn (one of them read), 1 in Chi Lăng, 1 aged 40 and 1 of unknown age in Chi Lăng, 2 from elsewhere."""
    people = {
        "young": [await person(unit=BAC_SON) for _ in range(3)] + [await person(unit=CHI_LANG)],
        "other": [await person(unit=CHI_LANG, birth_year=1986), await person(unit=CHI_LANG, birth_year=None)],
        "elsewhere": [await person(unit=ELSEWHERE) for _ in range(2)],
    }
    async with database.write() as tx:
        periods = await tx.reach.ensure_periods(langson.periods_on(date(2026, 10, 12)))

        async def record(who: list[ContactId], *, tier: Tier, turns: int) -> None:
            await tx.reach.record(
                who, tier=tier, periods=periods, youth=langson.ages.youth, campaign_id=None, turns=turns, at=NOW
            )

        for group in people.values():
            await record(group, tier=Tier.ACCEPTED, turns=1)
        await record(people["young"][:1], tier=Tier.READ, turns=0)
        await record(people["young"][1:2], tier=Tier.ACCEPTED, turns=1)


async def declare(database: Database, *, unit_id: UnitId, by: OfficerId, headcount: int, held_on: date) -> None:
    declaration = Declaration(
        unit_id=unit_id, held_on=held_on, title="Sinh hoạt", headcount=headcount, evidence_id=None
    )
    async with database.write() as tx:
        await tx.reach.declare(declaration, by=by, at=NOW)


async def report(phone: Phone, period: str) -> list[str]:
    """From the table to one period's report."""
    await phone.says("/dopho")
    await phone.taps("Báo cáo")
    return await phone.taps(period)


async def opened(stage: Stage, database: Database, file: OutgoingFile) -> Any:
    workshop = Workshop(transactions=database, world=stage.router.world, clock=stage.router.clock)
    return openpyxl.load_workbook(io.BytesIO(await make_file(workshop, file))).active


def sheet_rows(sheet: Any) -> dict[str, dict[str, Any]]:
    """Unit code -> column title -> value."""
    rows = [list(row) for row in sheet.iter_rows(values_only=True)]
    start = next(number for number, row in enumerate(rows) if row[0] == "STT")
    return {row[1]: dict(zip(rows[start], row, strict=True)) for row in rows[start + 1 :] if row[1]}


@pytest.mark.usefixtures("reached")
async def test_the_table_has_the_lowest_first_and_the_province_on_top(
    stage: Stage, officer: MakeOfficer, enter: Callable[..., Awaitable[None]]
) -> None:
    await officer(Role.ADMIN, external_id="1")
    await enter({PROVINCE: 188_000, BAC_SON: 4, CHI_LANG: 1_000, DONG_KINH: 500})
    phone = stage.phone("1")
    (text,) = await phone.says("độ phủ")
    lines = text.splitlines()
    assert lines[:3] == [
        "<b>Độ phủ · Năm báo cáo 2026</b>",
        "15/12/2025–14/12/2026, số liệu lúc 10:00 12/10/2026",
        "<b>tỉnh Lạng Sơn</b>: 4/188.000 · 0,0% · mốc 70%: chưa đạt, thiếu 131.596 người",
    ]
    assert "• phường Đông Kinh: 0/500 · 0,0%" in lines
    assert "• xã Chi Lăng: 1/1.000 · 0,1%" in lines
    assert "• xã Bắc Sơn: 3/4 · 75,0%" in lines
    assert sum(line.startswith("• ") for line in lines) == 12
    assert lines[-1].endswith("0 người · không tính được")
    assert lines[-1] not in (await phone.taps("Trang sau"))[0]
    assert "• phường Đông Kinh" in (await phone.taps("Trang trước"))[0]


@pytest.mark.usefixtures("reached")
async def test_the_paragraph_and_what_is_left_out(
    stage: Stage,
    database: Database,
    officer: MakeOfficer,
    units: dict[str, UnitId],
    enter: Callable[..., Awaitable[None]],
) -> None:
    admin = await officer(Role.ADMIN, external_id="1")
    await enter({PROVINCE: 50})
    await declare(database, unit_id=units[BAC_SON], by=admin.officer_id, headcount=1_204, held_on=date(2026, 10, 1))
    await declare(database, unit_id=units[BAC_SON], by=admin.officer_id, headcount=7, held_on=date(2025, 12, 14))
    phone = stage.phone("1")
    await phone.says("/dopho")
    await phone.taps("Báo cáo")
    assert phone.labels == [
        "Năm 2026 · 01/01/2026–31/12/2026",
        "Năm báo cáo 2026 · 15/12/2025–14/12/2026",
        "6 tháng",
        "Kỳ trước",
        "Bảng độ phủ",
    ]
    paragraph, _, left_out = await phone.taps("Năm báo cáo 2026")
    assert paragraph == (
        "Từ 15/12/2025 đến 14/12/2026, qua trợ lý Loa Trẻ đã cung cấp thông tin về chính sách, hoạt động tài năng trẻ "
        "cho 4 thanh niên (mỗi người tính một lần), bằng 8,0% của 50 thanh niên (nguồn: Niên giám thống kê 2025, "
        "ngày 31/03/2026). Các đơn vị khai báo thêm 1.204 lượt qua sinh hoạt trực tiếp, trong đó 0 lượt có biên bản. "
        "Chưa loại trừ người trùng giữa hai nguồn. Số liệu tính đến 10:00 ngày 12/10/2026."
    )
    assert "cần 35 người, chưa đạt, thiếu 31 người" in left_out
    assert "Ngoài 16–30 tuổi: 1 người; không rõ tuổi: 1 người" in left_out
    assert "Quê ở tỉnh khác: 2 người" in left_out
    assert "7 lượt tin" in left_out
    assert "1 người bấm “Đã đọc”" in left_out


@pytest.mark.usefixtures("reached")
async def test_without_a_denominator_nothing_is_guessed(stage: Stage, officer: MakeOfficer) -> None:
    await officer(Role.ADMIN, external_id="1")
    phone = stage.phone("1")
    assert "không tính được" in (await phone.says("/dopho"))[0]
    paragraph, _, left_out = await report(phone, "Năm 2026")
    assert "chưa có số thanh niên năm 2026 nên tỷ lệ không tính được" in paragraph
    assert "%" not in paragraph
    assert "không tính được khi chưa có" in left_out


async def test_half_years_and_earlier_periods(stage: Stage, officer: MakeOfficer, clock: TestClock) -> None:
    await officer(Role.ADMIN, external_id="1")
    phone = stage.phone("1")
    await report(phone, "6 tháng")
    assert [label for label in phone.labels if "6 tháng" in label] == [
        "6 tháng cuối năm 2026 · 01/07/2026–31/12/2026",
        "6 tháng cuối năm báo cáo 2026 · 15/06/2026–14/12/2026",
        "6 tháng đầu năm 2026 · 01/01/2026–30/06/2026",
        "6 tháng đầu năm báo cáo 2026 · 15/12/2025–14/06/2026",
    ]
    await report(phone, "Kỳ trước")
    assert "Năm 2025 · 01/01/2025–31/12/2025" in phone.labels
    assert "Năm báo cáo 2025 · 15/12/2024–14/12/2025" in phone.labels
    (paragraph, *_) = await phone.taps("Năm 2025")
    assert "tính đến" not in paragraph, "a period that is over needs no hour"
    # 15 December in Vietnam is 17:00 UTC of the day before.
    clock.now = datetime(2026, 12, 14, 17, 0, tzinfo=UTC)
    assert "Năm báo cáo 2027" in (await phone.says("/dopho"))[0]


@pytest.mark.needs("buttons")
async def test_made_up_periods_are_answered(stage: Stage, officer: MakeOfficer) -> None:
    await officer(Role.ADMIN, external_id="1")
    for code in ("calendar-2027", "calendar-x", "none-2026", "calendar-99999"):
        assert "cũ" in (await stage.phone("1").taps(f"cov:report:{code}"))[0]


@pytest.mark.usefixtures("reached")
async def test_the_workbook_has_the_same_figures(
    stage: Stage, database: Database, officer: MakeOfficer, enter: Callable[..., Awaitable[None]]
) -> None:
    await officer(Role.ADMIN, external_id="1")
    await enter({PROVINCE: 50, BAC_SON: 2}, source='=HYPERLINK("http://127.0.0.1")')
    phone = stage.phone("1")
    await report(phone, "Năm báo cáo 2026")
    file = next(reply.file for reply in phone.inbox if reply.file)
    assert file.name == "do-phu-state-2026.xlsx"
    sheet = await opened(stage, database, file)
    top = [row[0] for row in sheet.iter_rows(max_row=5, values_only=True)]
    assert top[0].startswith("Phụ lục")
    assert "từ 15/12/2025 đến 14/12/2026" in top[1]
    assert "E1" in top[3]
    rows = sheet_rows(sheet)
    assert len(rows) == 66
    province, bac_son, chi_lang = rows[PROVINCE], rows[BAC_SON], rows[CHI_LANG]
    assert province["Thanh niên đã được thông tin (người)"] == 4
    assert province["Tỷ lệ (%)"] == 8.0
    assert province["Còn thiếu (người)"] == 31
    assert province["Lượt tin"] == 7
    assert bac_son["Đơn vị"] == "xã Bắc Sơn"
    tiers = [value for title, value in bac_son.items() if title.startswith(("E1", "E2", "E3", "E4"))]
    assert tiers == [2, 0, 0, 1]
    assert sum(tiers) == bac_son["Thanh niên đã được thông tin (người)"]
    assert bac_son["Tỷ lệ (%)"] == 150.0, "flagged, not capped"
    assert "trên 100%" in bac_son["Kết quả"]
    assert chi_lang["Tỷ lệ (%)"] == "không tính được"
    assert chi_lang["Độ tuổi khác (người)"] == 1
    assert chi_lang["Không rõ tuổi (người)"] == 1
    notes = [row[0] for row in sheet.iter_rows(values_only=True) if isinstance(row[0], str)]
    assert any("2 người quê ở tỉnh khác" in note for note in notes)
    source = next(cell for row in sheet.iter_rows() for cell in row if cell.value == '=HYPERLINK("http://127.0.0.1")')
    assert source.data_type == "s", "a text, no formula"
    assert source.quotePrefix


async def test_a_share_is_cut_off_and_never_rounded_over_the_target(
    stage: Stage, database: Database, person: MakePerson, officer: MakeOfficer, langson: Pack, units: dict[str, UnitId]
) -> None:
    await officer(Role.OFFICER, unit=BAC_SON, external_id="7")
    people = [await person(unit=BAC_SON) for _ in range(3)]
    async with database.write() as tx:
        periods = await tx.reach.ensure_periods(langson.periods_on(date(2026, 10, 12)))
        await tx.reach.record(
            people, tier=Tier.ACCEPTED, periods=periods, youth=langson.ages.youth, campaign_id=None, turns=1, at=NOW
        )
        # 1,746 more who were erased: anonymous counts are counted too. 1,749 of 2,500 is 69.96 %.
        await tx.connection.execute(
            t.reach_erased.insert(),
            [
                {
                    "period_id": one.period_id,
                    "unit_id": units[BAC_SON],
                    "age_band": "youth",
                    "tier": "e1",
                    "people": 1_746,
                    "turns": 1_746,
                }
                for one in periods
            ],
        )
        row = Denominator(unit_id=units[BAC_SON], year=2026, count=2_500, source="x", dated_on=date(2026, 1, 1))
        await enter_denominators(System(name="test"), tx, rows=[row], at=NOW)
    phone = stage.phone("7")
    (text,) = await phone.says("/dopho")
    assert "xã Bắc Sơn</b>: 1.749/2.500 · 69,9% · mốc 70%: chưa đạt, thiếu 1 người" in text


@pytest.mark.usefixtures("reached")
async def test_a_commune_officer_sees_her_unit_alone(
    stage: Stage,
    database: Database,
    officer: MakeOfficer,
    units: dict[str, UnitId],
    enter: Callable[..., Awaitable[None]],
) -> None:
    made = await officer(Role.OFFICER, unit=BAC_SON, external_id="7")
    await enter({PROVINCE: 50, BAC_SON: 10, CHI_LANG: 10})
    await declare(database, unit_id=units[CHI_LANG], by=made.officer_id, headcount=99, held_on=date(2026, 10, 1))
    phone = stage.phone("7")
    texts = await phone.says("/dopho")
    assert phone.labels == ["Báo cáo"]
    texts += await phone.taps("cov:page:1") if phone.can.buttons else []  # a page she is not offered
    texts += await report(phone, "Năm báo cáo 2026")
    said = "\n".join(texts)
    assert "Tại xã Bắc Sơn, từ 15/12/2025" in said
    assert "3 thanh niên" in said
    for foreign in ("Chi Lăng", "99", "Quê ở tỉnh khác", "của 50"):
        assert foreign not in said, foreign
    file = next(reply.file for reply in phone.inbox if reply.file)
    sheet = await opened(stage, database, file)
    assert list(sheet_rows(sheet)) == [BAC_SON]
    everything = " ".join(str(cell) for row in sheet.iter_rows(values_only=True) for cell in row)
    assert "Chi Lăng" not in everything


@pytest.mark.parametrize("role", [Role.ADMIN, Role.EDITOR, Role.REVIEWER])
async def test_every_role_sees_the_coverage_and_only_an_admin_enters_numbers(
    stage: Stage, officer: MakeOfficer, role: Role
) -> None:
    await officer(role, external_id="1")
    phone = stage.phone("1")
    assert "Độ phủ" in (await phone.says("/dopho"))[0]
    assert ("Nhập mẫu số" in phone.labels) == (role == Role.ADMIN)


@pytest.mark.needs("buttons")
@pytest.mark.parametrize("role", [Role.ADMIN, Role.EDITOR, Role.REVIEWER])
async def test_nor_does_another_role_by_made_up_buttons(stage: Stage, officer: MakeOfficer, role: Role) -> None:
    await officer(role, external_id="1")
    phone = stage.phone("1")
    for step in ("template", "enter", "write"):
        (answer, *_) = await phone.taps(f"den:{step}:")
        assert ("vai trò phù hợp" in answer) == (role != Role.ADMIN)


async def test_a_file_is_not_made_for_an_office_that_has_ended(
    stage: Stage, database: Database, officer: MakeOfficer
) -> None:
    made = await officer(Role.ADMIN, external_id="1")
    phone = stage.phone("1")
    await report(phone, "Năm báo cáo 2026")
    file = next(reply.file for reply in phone.inbox if reply.file)
    async with database.write() as tx:
        await tx.officers.end(made.officer_id, at=NOW)
    with pytest.raises(PermissionDeniedError):
        await opened(stage, database, file)


async def test_to_everybody_else_the_word_means_nothing(stage: Stage, person: MakePerson) -> None:
    await person(external_id="300", unit=BAC_SON)
    phone = stage.phone("300")
    assert "Độ phủ" not in (await phone.says("độ phủ"))[0]


@pytest.mark.needs("buttons")
async def test_nor_do_its_buttons(stage: Stage, person: MakePerson) -> None:
    await person(external_id="300", unit=BAC_SON)
    phone = stage.phone("300")
    assert "cũ" in (await phone.taps("cov:report:state-2026"))[0]
    assert "cũ" in (await phone.taps("den:template:"))[0]


async def test_unlinked_doubles_make_a_range_whose_low_end_has_to_meet_the_target(
    stage: Stage,
    database: Database,
    person: MakePerson,
    officer: MakeOfficer,
    langson: Pack,
    enter: Callable[..., Awaitable[None]],
    network: ChannelName,
) -> None:
    await officer(Role.ADMIN, external_id="1")
    await enter({PROVINCE: 10, BAC_SON: 10})
    other = ChannelName.TELEGRAM if network == ChannelName.ZALO_OA else ChannelName.ZALO_OA
    people = [await person(unit=BAC_SON) for _ in range(8)]
    async with database.write() as tx:
        account_id = await tx.contacts.account(channel=other, external_id="2000", name="")
        on_other = t.address.c.contact_id.in_(people[:2])
        await tx.connection.execute(t.address.update().where(on_other).values(account_id=account_id))
        periods = await tx.reach.ensure_periods(langson.periods_on(date(2026, 10, 12)))
        await tx.reach.record(
            people, tier=Tier.ACCEPTED, periods=periods, youth=langson.ages.youth, campaign_id=None, turns=1, at=NOW
        )
    phone = stage.phone("1")
    (table,) = await phone.says("/dopho")
    assert "<b>tỉnh Lạng Sơn</b>: 6 – 8/10 · 60,0 – 80,0% · mốc 70%: chưa đạt, thiếu 1 người" in table
    assert "Khoảng thấp – cao: trùng chưa liên kết." in table
    assert "xã Bắc Sơn: 6 – 8/10 · 60,0 – 80,0%" in table
    paragraph, _, left_out = await report(phone, "Năm báo cáo 2026")
    assert "cho 6 – 8 thanh niên" in paragraph
    assert "bằng 60,0 – 80,0% của 10 thanh niên" in paragraph
    assert "Trùng chưa liên kết: 2 người" in left_out
    assert "cần 7 người, chưa đạt, thiếu 1 người" in left_out
    rows = sheet_rows(await opened(stage, database, next(reply.file for reply in phone.inbox if reply.file)))
    assert rows[PROVINCE]["Ít nhất, nếu trùng chưa liên kết (người)"] == 6
    assert rows[PROVINCE]["Tỷ lệ ít nhất (%)"] == 60.0
    assert rows[PROVINCE]["Còn thiếu (người)"] == 1
