"""What the command line says of people who may be counted on two channels."""

import json
from datetime import date

import pytest

from bot.commands.coverage import Counted, Format, _bytes
from content.catalog import Catalog
from content.reports.coverage import Wording, coverage_sheet
from outreach.broadcasts.model import BroadcastFigure
from outreach.directory import UnitDirectory
from outreach.pack import Pack
from outreach.reach.model import Coverage, CoverageRow, Denominator
from outreach.units import UnitId
from tests.conftest import NOW


@pytest.fixture
def counted(langson: Pack) -> Counted:
    rows = {row.code: row for row in langson.units}
    ids = {code: UnitId(number) for number, code in enumerate([*rows, "20", "00000"], start=1)}

    def row(unit_id: UnitId | None, low: int, high: int) -> CoverageRow:
        population = Denominator(
            unit_id=unit_id or ids["20"], year=2026, count=12_000, source="CV 1", dated_on=date(2026, 1, 2)
        )
        return CoverageRow(
            unit_id=unit_id,
            reached=high,
            reached_low=low,
            other_age=0,
            unknown_age=0,
            turns=high,
            denominator=population,
        )

    coverage = Coverage(
        period=langson.main_period.in_year(2026),
        province=row(None, 8_120, 8_700),
        units=(row(ids["06325"], 8_120, 8_700), row(ids["06211"], 5, 5)),
        elsewhere=0,
        counted_at=NOW,
    )
    words = Wording(catalog=Catalog(), pack=langson, units=UnitDirectory(rows, ids, "20"))
    return Counted(coverage=coverage, words=words)


def test_the_table_shows_low_and_high(counted: Counted) -> None:
    lines = _bytes(counted, Format.TABLE).decode().splitlines()
    (province,) = [line for line in lines if "tỉnh Lạng Sơn" in line]
    (cao_loc,) = [line for line in lines if "Cao Lộc" in line]
    assert "8.120 – 8.700" in province
    assert "67,6 – 72,5" in province
    assert "280" in province, "what is missing is reckoned from the low end"
    assert "–" not in cao_loc
    assert any("trùng chưa liên kết" in line for line in lines)


def test_json_and_csv_have_both(counted: Counted) -> None:
    found = json.loads(_bytes(counted, Format.JSON))["province"]
    assert {name: found[name] for name in ("reached", "reached_low", "percent", "percent_low", "missing")} == {
        "reached": 8_700,
        "reached_low": 8_120,
        "percent": 72.5,
        "percent_low": 67.6,
        "missing": 280,
    }
    lines = _bytes(counted, Format.CSV).decode("utf-8-sig").splitlines()
    assert any("Tỷ lệ ít nhất (%)" in line for line in lines)
    assert any(line.endswith("8120;67,6") for line in lines)


def test_the_figure_of_articles_has_a_column_of_its_own_and_enters_no_other(counted: Counted) -> None:
    bare = coverage_sheet(counted.coverage, counted.words)
    sent = BroadcastFigure(count=2, platform_count=1_234)
    sheet = coverage_sheet(counted.coverage, counted.words, broadcasts=sent)
    assert sheet.header[-1] == "Phát chung, không đếm người (người quan tâm, theo Zalo)"
    assert [row[-1] for row in sheet.rows] == [1_234, None, None]
    assert [row[:-1] for row in sheet.rows] == bare.rows
    none = coverage_sheet(counted.coverage, counted.words, broadcasts=BroadcastFigure(count=0, platform_count=None))
    assert none.header == bare.header
