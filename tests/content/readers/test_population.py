"""Workbooks of populations: the header is searched, numbers and days are read as people write them, every fault has a code."""

import io
from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest

from content.readers.page import ReadError, ReadFault
from content.readers.population import MOST_ROWS, TableError, read_population
from outreach.directory import UnitDirectory
from outreach.pack import Pack
from outreach.reach.entered import EnteredRow, RowFault, Unsaid, match_units
from outreach.units import ELSEWHERE, UnitId

HEADER = ["STT", "Mã", "Đơn vị", "Năm", "Số thanh niên", "Nguồn", "Ngày của số liệu"]
TODAY = date(2026, 10, 12)


def book(*rows: Sequence[object], header: Sequence[object] = HEADER, above: int = 3) -> bytes:
    made = openpyxl.Workbook()
    sheet = made.active
    assert sheet
    for number in range(above):
        sheet.append([f"Phụ lục {number}: số thanh niên"])
    sheet.append(list(header))
    for row in rows:
        sheet.append(list(row))
    target = io.BytesIO()
    made.save(target)
    return target.getvalue()


def one(*values: object) -> EnteredRow | RowFault:
    table = read_population(book([1, *values]), "so.xlsx")
    return table.rows[0] if table.rows else table.problems[0].fault


@pytest.mark.parametrize(
    ("written", "count"),
    [(1204, 1204), (1204.0, 1204), ("1204", 1204), ("1.204", 1204), (" 1.204.000 ", 1_204_000), ("1 204", 1204)],
)
def test_numbers_as_people_write_them(written: object, count: int) -> None:
    row = one("06325", "Bắc Sơn", 2026, written, "Niên giám", "31/12/2025")
    assert isinstance(row, EnteredRow)
    assert row.count == count


@pytest.mark.parametrize("written", ["1,204", "1.2", 1.204, "khoảng 1000", 0, -5, "12.04", 99_999_999, "1.204 người"])
def test_what_is_no_number_of_people(written: object) -> None:
    assert one("06325", "Bắc Sơn", 2026, written, "Niên giám", "31/12/2025") == RowFault.BAD_COUNT


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("31/12/2025", date(2025, 12, 31)),
        ("1/2/2026", date(2026, 2, 1)),
        ("01-02-2026", date(2026, 2, 1)),
        (datetime(2026, 2, 1), date(2026, 2, 1)),  # noqa: DTZ001  (a cell has no zone)
        ("", None),
    ],
)
def test_days_are_day_month_year(written: object, day: date | None) -> None:
    row = one("06325", "Bắc Sơn", 2026, 10, "Niên giám", written)
    assert isinstance(row, EnteredRow)
    assert row.dated_on == day


@pytest.mark.parametrize("written", ["31/02/2026", "2026", "hôm qua", "12/31/2025"])
def test_what_is_no_day(written: str) -> None:
    assert one("06325", "Bắc Sơn", 2026, 10, "Niên giám", written) == RowFault.BAD_DATE


@pytest.mark.parametrize("written", ["hai nghìn", 26, "20266"])
def test_what_is_no_year(written: object) -> None:
    assert one("06325", "Bắc Sơn", written, 10, "Niên giám", "") == RowFault.BAD_YEAR


def test_a_code_that_excel_took_for_a_number_and_a_decomposed_name() -> None:
    row = one(6325, "Bắc Sơn", "2026", 10, "Nguồn  hai\ndòng", "")
    assert isinstance(row, EnteredRow)
    assert (row.code, row.name, row.source, row.year) == ("6325", "Bắc Sơn", "Nguồn hai dòng", 2026)


def test_rows_without_a_number_are_left_out_and_lines_count_as_in_the_sheet() -> None:
    table = read_population(
        book(
            [1, "06325", "x", 2026, None, "n", ""], [2, "06463", "y", 2026, 5, "n", ""], [3, "", "z", 2026, 5, "n", ""]
        ),
        "",
    )
    assert [row.line for row in table.rows] == [6]
    assert [(one.line, one.fault) for one in table.problems] == [(7, RowFault.NO_CODE)]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (book(), "nothing_filled"),
        (book(*[[n, "06325", "", 2026, 5, "n", ""] for n in range(MOST_ROWS + 1)]), "too_many_rows"),
        (book([1, 2, 3], header=["STT", "Mã", "Đơn vị"]), "no_header"),
        (book([1, "06325", "", 2026, 5, "n", ""], above=40), "no_header"),
    ],
)
def test_tables_that_are_none(data: bytes, code: str) -> None:
    with pytest.raises(TableError) as refused:
        read_population(data, "")
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b"PK\x03\x04 damaged", ReadFault.UNREADABLE),
        (b"a table, they said", ReadFault.UNKNOWN_TYPE),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), ReadFault.ENCRYPTED),
        (b"PK\x03\x04" + b"x" * 10_000_000, ReadFault.TOO_BIG),
    ],
)
def test_files_that_are_no_workbook(data: bytes, fault: ReadFault) -> None:
    with pytest.raises(ReadError) as refused:
        read_population(data, "")
    assert refused.value.fault == fault


def test_a_word_file_is_no_workbook(make_docx: Callable[[Sequence[str]], bytes]) -> None:
    with pytest.raises(ReadError) as refused:
        read_population(make_docx(["Một đoạn."]), "a.docx")
    assert refused.value.fault == ReadFault.UNKNOWN_TYPE


@pytest.fixture
def directory(langson: Pack) -> UnitDirectory:
    codes = [langson.province.code, ELSEWHERE, *(row.code for row in langson.units)]
    ids = {code: UnitId(number) for number, code in enumerate(codes, start=1)}
    return UnitDirectory({row.code: row for row in langson.units}, ids, langson.province.code)


def test_rows_are_matched_with_units(directory: UnitDirectory) -> None:
    rows = [
        ["1", "20", "tỉnh Lạng Sơn", 2026, 188000, "Niên giám", "31/12/2025"],
        [2, 6325, "Xã Bắc Sơn", 2026, 900, "Niên giám", "31/12/2025"],
        [3, "06463", "", 2026, 800, "Niên giám", "31/12/2025"],
    ]
    found, problems = match_units(
        read_population(book(*rows), ""), units=directory, province="tỉnh Lạng Sơn", today=TODAY
    )
    assert problems == []
    assert [(row.unit_id, row.count) for row in found] == [
        (directory.province_id, 188_000),
        (directory.id_of("06325"), 900),
        (directory.id_of("06463"), 800),
    ]


def test_every_row_that_cannot_be_taken_is_named(directory: UnitDirectory) -> None:
    rows = [
        [1, "99999", "", 2026, 5, "n", "31/12/2025"],
        [2, ELSEWHERE, "", 2026, 5, "n", "31/12/2025"],
        [3, "06325", "Chi Lăng", 2026, 5, "n", "31/12/2025"],
        [4, "06325", "", None, 5, "n", "31/12/2025"],
        [5, "06325", "", 2026, 5, "", "31/12/2025"],
        [6, "06325", "", 2026, 5, "n", ""],
        [7, "06325", "", 2026, 5, "n", "13/10/2026"],
        [8, "06325", "", 2026, "năm", "n", "31/12/2025"],
        [9, "06325", "", 2026, 5, "n", "31/12/2025"],
        [10, "06325", "", 2026, 6, "n", "31/12/2025"],
    ]
    found, problems = match_units(
        read_population(book(*rows), ""), units=directory, province="tỉnh Lạng Sơn", today=TODAY
    )
    assert [one.fault for one in problems] == [
        RowFault.UNKNOWN_CODE,
        RowFault.UNKNOWN_CODE,
        RowFault.OTHER_NAME,
        RowFault.BAD_YEAR,
        RowFault.NO_SOURCE,
        RowFault.BAD_DATE,
        RowFault.FUTURE_DATE,
        RowFault.BAD_COUNT,
        RowFault.TWICE,
    ]
    assert [one.line for one in problems] == [5, 6, 7, 8, 9, 10, 11, 12, 14]
    assert [row.count for row in found] == [5]


def test_what_the_command_line_says_for_all_rows(directory: UnitDirectory) -> None:
    table = read_population(book([1, "06325", "", None, 5, "", ""], [2, "06463", "", 2025, 5, "riêng", ""]), "")
    unsaid = Unsaid(year=2026, source="Cục Thống kê", dated_on=TODAY)
    found, problems = match_units(table, units=directory, province="x", today=TODAY, unsaid=unsaid)
    assert [(row.year, row.source, row.dated_on) for row in found] == [(2026, "Cục Thống kê", TODAY)]
    assert [one.fault for one in problems] == [RowFault.OTHER_YEAR]


def test_a_file_on_disk(tmp_path: Path) -> None:
    path = tmp_path / "so.xlsx"
    path.write_bytes(book([1, "06325", "", 2026, 5, "n", ""]))
    assert read_population(path.read_bytes(), path.name).rows[0].count == 5
