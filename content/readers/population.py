"""Workbooks with numbers of young people: the template filled in, or a table of one's own with the same columns."""

import io
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime

import openpyxl

from content.readers.docx import check_archive
from content.readers.page import MAX_BYTES, ReadError, ReadFault
from outreach.errors import OutreachError
from outreach.reach.entered import EnteredRow, EnteredTable, RowFault, RowProblem
from outreach.text import fold, nfc

MOST_ROWS = 500
_HEADER_WITHIN = 30  # rows: a title and some lines of explanation stand above the table
_MOST_COLUMNS = 20
_MOST_SHEETS = 5
_MOST_PEOPLE = 10_000_000
_LONGEST = 300  # characters of a source
_FIRST_YEAR, _LAST_YEAR = 2000, 2100

_ZIP = b"PK\x03\x04"
_LOCKED = "EncryptedPackage".encode("utf-16-le")

# Folded beginnings of what a column may be called -> the column.
_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "code": ("ma", "code"),
    "name": ("don vi", "ten don vi", "xa", "unit"),
    "year": ("nam", "year"),
    "count": ("so thanh nien", "thanh nien", "young people"),
    "source": ("nguon", "source"),
    "dated": ("ngay", "date"),
}
_GROUPED = re.compile(r"\d{1,3}(?:[. \u00a0]\d{3})+|\d+")
_DAY = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})")

Value = object


class TableError(OutreachError):
    """A workbook without the table. Codes: no_header, too_many_rows, nothing_filled."""

    code = "no_header"


def read_population(data: bytes, name: str) -> EnteredTable:  # noqa: ARG001  (readers of files are given the name)
    """The rows of the first sheet with such a table. CPU work: call it in a thread. Raises ReadError, TableError."""
    if len(data) > MAX_BYTES:
        raise ReadError(ReadFault.TOO_BIG)
    if not data.startswith(_ZIP):
        raise ReadError(ReadFault.ENCRYPTED if _LOCKED in data else ReadFault.UNKNOWN_TYPE)
    try:
        return _read(data)
    except OutreachError:
        raise
    except Exception as error:
        raise ReadError(ReadFault.UNREADABLE) from error


def _read(data: bytes) -> EnteredTable:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        check_archive(archive)
        if "xl/workbook.xml" not in archive.namelist():
            raise ReadError(ReadFault.UNKNOWN_TYPE)
    book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
    try:
        for sheet in book.worksheets[:_MOST_SHEETS]:
            sheet.reset_dimensions()  # other programs write them wrong, and rows would be cut off
            rows = sheet.iter_rows(values_only=True, max_col=_MOST_COLUMNS)
            table = _table(enumerate(rows, start=1))
            if table:
                return table
    finally:
        book.close()
    raise TableError


def _table(rows: Iterator[tuple[int, Sequence[Value]]]) -> EnteredTable | None:
    columns: dict[str, int] = {}
    for line, values in rows:
        columns = _header(values)
        if columns or line >= _HEADER_WITHIN:
            break
    if not columns:
        return None
    found: list[EnteredRow] = []
    problems: list[RowProblem] = []
    for number, (line, values) in enumerate(rows, start=1):
        if number > MOST_ROWS:
            raise TableError("too_many_rows", most=MOST_ROWS)
        cells = {column: values[place] if place < len(values) else None for column, place in columns.items()}
        row = _row(line, cells)
        if isinstance(row, RowProblem):
            problems.append(row)
        elif row:
            found.append(row)
    if not found and not problems:
        raise TableError("nothing_filled")
    return EnteredTable(rows=found, problems=problems)


def _header(values: Sequence[Value]) -> dict[str, int]:
    """Column -> its place; nothing unless the code and the number are there."""
    found: dict[str, int] = {}
    for place, value in enumerate(values):
        title = fold(value) if isinstance(value, str) else ""
        for column, beginnings in _COLUMNS.items():
            if any(title == beginning or title.startswith(f"{beginning} ") for beginning in beginnings):
                found.setdefault(column, place)
    return found if {"code", "count"} <= found.keys() else {}


def _row(line: int, cells: Mapping[str, Value]) -> EnteredRow | RowProblem | None:
    """None for a row without a number: of a template only a part may be filled in."""

    def problem(fault: RowFault, column: str) -> RowProblem:
        return RowProblem(line=line, fault=fault, value=_text(cells.get(column))[:40])

    code = _text(cells["code"])
    if not _text(cells["count"]):
        return None
    if not code:
        return problem(RowFault.NO_CODE, "name")
    count = _count(cells["count"])
    if count is None:
        return problem(RowFault.BAD_COUNT, "count")
    year = _count(cells.get("year")) if _text(cells.get("year")) else None
    if _text(cells.get("year")) and not (year and _FIRST_YEAR <= year <= _LAST_YEAR):
        return problem(RowFault.BAD_YEAR, "year")
    dated_on = _day(cells.get("dated"))
    if _text(cells.get("dated")) and dated_on is None:
        return problem(RowFault.BAD_DATE, "dated")
    return EnteredRow(
        line=line,
        code=code,
        name=_text(cells.get("name")),
        count=count,
        year=year,
        source=_text(cells.get("source"))[:_LONGEST],
        dated_on=dated_on,
    )


def _text(value: Value) -> str:
    if value is None or isinstance(value, bool):
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return " ".join(nfc(str(value)).split())


def _count(value: Value) -> int | None:
    """A number of people: 1204, "1.204", "1 204". 1.5 and "1,2" are none; nor is 1.204, a "1.204" that a foreign Excel took for a fraction."""
    text = _text(value)
    if isinstance(value, float) and not value.is_integer():
        return None
    if not _GROUPED.fullmatch(text):
        return None
    count = int(re.sub(r"\D", "", text))
    return count if 1 <= count <= _MOST_PEOPLE else None


def _day(value: Value) -> date | None:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    match = _DAY.fullmatch(_text(value))
    if match is None:
        return None
    try:
        return date(int(match[3]), int(match[2]), int(match[1]))
    except ValueError:
        return None
