"""Workbooks and tables that are handed in: values keep their type, and no text is taken for a formula."""

import csv
import io
from datetime import date
from decimal import Decimal

import openpyxl
import pytest

from content.reports.sheet import Cell, Sheet, is_dangerous, separated, workbook

RUDE = ["=1+1", "+84912345678", "-2", "@SUM(A1)", "\t=1+1", "\r=1+1", "\n=1+1", '=HYPERLINK("http://x","y")']
HARMLESS = ["Hoa", "a=b", " =1", "xã Bắc Sơn", "70,5%"]


def sheet_of(values: list[str]) -> Sheet:
    return Sheet(name="Bảng", titles=[], header=["Tên"], rows=[[value] for value in values])


@pytest.mark.parametrize("text", RUDE)
def test_what_a_spreadsheet_would_run_is_seen(text: str) -> None:
    assert is_dangerous(text)


@pytest.mark.parametrize("text", [*HARMLESS, ""])
def test_everything_else_is_left_alone(text: str) -> None:
    assert not is_dangerous(text)


def test_in_a_workbook_a_formula_stays_a_text() -> None:
    page = openpyxl.load_workbook(io.BytesIO(workbook(sheet_of(RUDE + HARMLESS))))["Bảng"]
    cells = [row[0] for row in page.iter_rows(min_row=3)]
    assert len(cells) == len(RUDE + HARMLESS)
    for cell, value in zip(cells, RUDE + HARMLESS, strict=True):
        assert cell.data_type == "s", value
        assert str(cell.value).replace("_x000D_", "\r") == value
        # The mark that keeps it a text when somebody edits the cell.
        assert bool(cell.quotePrefix) == is_dangerous(value), value


def test_titles_headers_and_notes_are_texts_too() -> None:
    made = workbook(Sheet(name="Bảng", titles=["=1", "=2"], header=["=3"], rows=[[1]], notes=["=4"]))
    page = openpyxl.load_workbook(io.BytesIO(made))["Bảng"]
    found = [cell for row in page.iter_rows() for cell in row if cell.value is not None]
    assert [(cell.value, cell.data_type) for cell in found] == [
        ("=1", "s"),
        ("=2", "s"),
        ("=3", "s"),
        (1, "n"),
        ("=4", "s"),
    ]


def test_in_a_table_with_semicolons_it_is_quoted() -> None:
    content = separated(sheet_of(RUDE + HARMLESS))
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";"))
    assert rows == [["Tên"], *([f"'{value}"] for value in RUDE), *([value] for value in HARMLESS)]


def test_values_keep_their_type() -> None:
    row: list[Cell] = [1204, Decimal("71.2"), date(2026, 11, 22), None, "Bắc Sơn"]
    made = Sheet(name="Bảng", titles=["Tiêu đề"], header=["a", "b", "c", "d", "e"], rows=[row])
    page = openpyxl.load_workbook(io.BytesIO(workbook(made)))["Bảng"]
    cells = page[4]
    assert [cell.data_type for cell in cells] == ["n", "n", "d", "n", "s"]
    assert (cells[0].value, cells[1].value, cells[3].value, cells[4].value) == (1204, 71.2, None, "Bắc Sơn")
    assert [cell.number_format for cell in cells[:3]] == ["#,##0", "0.0", "dd/mm/yyyy"]
    content = separated(made)
    assert content.startswith(b"\xef\xbb\xbf"), "Excel reads UTF-8 only with the mark"
    assert content.decode("utf-8-sig").splitlines()[1] == "1204;71,2;22/11/2026;;Bắc Sơn"
