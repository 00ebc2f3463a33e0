"""One sheet of a workbook: a title, rows of typed values, and no text that a spreadsheet could take for a formula."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import xlsxwriter

# Decimals have one figure after the point and are already cut off; None leaves the cell empty.
Cell = str | int | Decimal | date | None

_DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n")
_WIDEST = 40  # characters
_NARROWEST = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """`titles` stand above the table, `notes` below it."""

    name: str
    titles: Sequence[str]
    header: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    notes: Sequence[str] = ()


def is_dangerous(text: str) -> bool:
    """Whether a spreadsheet may run it: names and sources come from strangers."""
    return text.startswith(_DANGEROUS)


def safe(text: str) -> str:
    """As it may stand in a CSV file: in front of what could run stands the mark that makes it text."""
    return f"'{text}" if is_dangerous(text) else text


class _Writer:
    def __init__(self, book: Any, sheet: Any) -> None:
        self._sheet = sheet
        edge = {"border": 1, "valign": "vcenter", "text_wrap": True}
        text = {**edge, "num_format": "@"}
        self.title = book.add_format({"bold": True})
        self.plain = book.add_format({"text_wrap": False})
        self.head = book.add_format({**edge, "bold": True, "align": "center", "bg_color": "#E8EEF7"})
        self._text = book.add_format(text)
        # The mark with which Excel itself keeps "=1+1" a text, also after it was edited.
        self._quoted = book.add_format({**text, "quote_prefix": True})
        self._whole = book.add_format({**edge, "num_format": "#,##0"})
        self._tenths = book.add_format({**edge, "num_format": "0.0"})
        self._day = book.add_format({**edge, "num_format": "dd/mm/yyyy"})

    def line(self, row: int, text: str, style: Any) -> None:
        self._sheet.write_string(row, 0, text, style)

    def header(self, row: int, titles: Sequence[str]) -> None:
        for column, title in enumerate(titles):
            self._sheet.write_string(row, column, title, self.head)

    def cell(self, row: int, column: int, value: Cell) -> None:
        if value is None:
            self._sheet.write_blank(row, column, None, self._text)
        elif isinstance(value, str):
            self._sheet.write_string(row, column, value, self._quoted if is_dangerous(value) else self._text)
        elif isinstance(value, int):
            self._sheet.write_number(row, column, value, self._whole)
        elif isinstance(value, Decimal):
            self._sheet.write_number(row, column, float(value), self._tenths)
        else:
            self._sheet.write_datetime(row, column, value, self._day)


def workbook(sheet: Sheet) -> bytes:
    """An .xlsx file. CPU work: call it in a thread."""
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"in_memory": True}) as book:
        page = book.add_worksheet(sheet.name)
        writer = _Writer(book, page)
        row = 0
        for number, title in enumerate(sheet.titles):
            writer.line(row, title, writer.plain if number else writer.title)
            row += 1
        row += 1
        writer.header(row, sheet.header)
        page.freeze_panes(row + 1, 0)
        for values in sheet.rows:
            row += 1
            for column, value in enumerate(values):
                writer.cell(row, column, value)
        for note in sheet.notes:
            row += 1
            writer.line(row, note, writer.plain)
        for column, width in enumerate(_widths(sheet)):
            page.set_column(column, column, width)
        page.set_landscape()
        page.set_paper(9)
        page.fit_to_pages(1, 0)
    return target.getvalue()


def _widths(sheet: Sheet) -> list[int]:
    """Wide enough for the values; headers may wrap."""
    return [
        min(_WIDEST, max(_NARROWEST, len(title) // 2, *(len(str(row[column] or "")) for row in sheet.rows), 0) + 2)
        for column, title in enumerate(sheet.header)
    ]


def separated(sheet: Sheet) -> bytes:
    """The table alone as CSV for a Vietnamese Excel: UTF-8 with a byte order mark, parted by semicolons, decimal commas."""
    target = io.StringIO(newline="")
    writer = csv.writer(target, delimiter=";")
    writer.writerow(sheet.header)
    writer.writerows([_plain(value) for value in row] for row in sheet.rows)
    return b"\xef\xbb\xbf" + target.getvalue().encode()


def _plain(value: Cell) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return safe(value)
    if isinstance(value, Decimal):
        return str(value).replace(".", ",")
    return f"{value:%d/%m/%Y}" if isinstance(value, date) else str(value)
