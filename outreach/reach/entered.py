"""A table of denominators as somebody typed it: rows matched with units, and every row that cannot be taken, with the reason."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from outreach.directory import UnitDirectory
from outreach.reach.model import Denominator
from outreach.text import fold
from outreach.units import UnitId

_CODE_LENGTH = 5


class RowFault(StrEnum):
    """Why a row cannot be taken."""

    NO_CODE = "no_code"
    UNKNOWN_CODE = "unknown_code"
    OTHER_NAME = "other_name"  # the name beside the code is that of another unit: the rows have slipped
    BAD_YEAR = "bad_year"
    OTHER_YEAR = "other_year"
    BAD_COUNT = "bad_count"
    NO_SOURCE = "no_source"
    BAD_DATE = "bad_date"
    FUTURE_DATE = "future_date"
    TWICE = "twice"


@dataclass(frozen=True, slots=True, kw_only=True)
class RowProblem:
    """`line` is the row's number as the spreadsheet shows it; `value` is what stands there."""

    line: int
    fault: RowFault
    value: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EnteredRow:
    """One row with a number in it. What was left empty is None or an empty text."""

    line: int
    code: str
    name: str
    count: int
    year: int | None = None
    source: str = ""
    dated_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EnteredTable:
    """What a reader found; rows without a number are left out, rows with a problem are only problems."""

    rows: Sequence[EnteredRow]
    problems: Sequence[RowProblem]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsaid:
    """What holds for rows that leave it empty. With a `year`, rows of another year are a problem."""

    year: int | None = None
    source: str = ""
    dated_on: date | None = None


_NOTHING_SAID = Unsaid()


def match_units(
    table: EnteredTable, *, units: UnitDirectory, province: str, today: date, unsaid: Unsaid = _NOTHING_SAID
) -> tuple[list[Denominator], list[RowProblem]]:
    """Denominators, and the problems in the order of the rows; with any problem nothing is to be written.

    `province` is how the province calls itself ("tỉnh Lạng Sơn"); its code is taken as a unit's.
    """
    found: dict[tuple[UnitId, int], Denominator] = {}
    problems = list(table.problems)
    for row in table.rows:
        matched = _match(row, units=units, province=province, today=today, unsaid=unsaid)
        if isinstance(matched, Denominator) and (matched.unit_id, matched.year) in found:
            matched = RowProblem(line=row.line, fault=RowFault.TWICE, value=row.code)
        if isinstance(matched, RowProblem):
            problems.append(matched)
        else:
            found[matched.unit_id, matched.year] = matched
    return list(found.values()), sorted(problems, key=lambda problem: problem.line)


def _match(
    row: EnteredRow, *, units: UnitDirectory, province: str, today: date, unsaid: Unsaid
) -> Denominator | RowProblem:
    unit_id = _unit(row.code, units=units)
    unit = None if unit_id is None else units.row(unit_id)
    names = [unit.name, unit.label] if unit else [province, *province.split(maxsplit=1)[1:]]
    year, source, dated_on = row.year or unsaid.year, row.source or unsaid.source, row.dated_on or unsaid.dated_on
    checks = (
        (unit_id is None, RowFault.UNKNOWN_CODE, row.code),
        (not _same(row.name, names), RowFault.OTHER_NAME, row.name),
        (year is None, RowFault.BAD_YEAR, ""),
        (unsaid.year not in {None, year}, RowFault.OTHER_YEAR, str(year)),
        (not source, RowFault.NO_SOURCE, ""),
        (dated_on is None, RowFault.BAD_DATE, ""),
        (dated_on is not None and dated_on > today, RowFault.FUTURE_DATE, f"{dated_on:%d/%m/%Y}" if dated_on else ""),
    )
    for wrong, fault, value in checks:
        if wrong:
            return RowProblem(line=row.line, fault=fault, value=value)
    assert unit_id is not None  # noqa: S101  (checked above)
    assert year is not None  # noqa: S101  (checked above)
    assert dated_on is not None  # noqa: S101  (checked above)
    return Denominator(unit_id=unit_id, year=year, count=row.count, source=source, dated_on=dated_on)


def _unit(code: str, *, units: UnitDirectory) -> UnitId | None:
    """Spreadsheets take the zeros off codes that they think are numbers."""
    for spelled in (code, code.zfill(_CODE_LENGTH)):
        if spelled in units.rows or spelled == units.province_code:
            return units.id_of(spelled)
    return None


def _same(name: str, names: Iterable[str]) -> bool:
    return not name or fold(name) in {fold(one) for one in names}
