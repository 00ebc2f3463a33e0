"""`loatre coverage`: the figure of one period as a table, JSON, CSV or workbook."""

import asyncio
import io
import json
from dataclasses import asdict, dataclass
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich import box
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from bot.commands.store import hand_over, ready_store, refuse
from content.catalog import number, span
from content.reports.coverage import Wording, coverage_sheet, rows_of
from content.reports.sheet import Cell, separated, workbook
from outreach.broadcasts.model import BroadcastFigure
from outreach.broadcasts.order import broadcasts_in
from outreach.clock import system_clock
from outreach.officers import System
from outreach.pack import Pack
from outreach.periods import Period, find_period
from outreach.reach.coverage import count_coverage
from outreach.reach.model import Coverage, CoverageRow, Tier
from outreach.reach.rules import is_range, missing, needed, share, share_low

# Of the sheet's columns, those that fit a terminal, under shorter names.
_SHOWN = {
    "unit": 2,
    "reached": 3,
    "turns": 4,
    "population": 9,
    "percent": 12,
    "missing": 14,
    "declared": 16,
    "documented": 17,
    "other_age": 18,
    "unknown_age": 19,
}
_WIDE = 120  # columns that the table needs; a narrower terminal breaks its lines, and no figure is lost


class Format(StrEnum):
    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    XLSX = "xlsx"


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    coverage: Coverage
    words: Wording
    broadcasts: BroadcastFigure | None = None  # None for one unit


def coverage(
    year: Annotated[int | None, typer.Option(min=2000, max=2100, help="the main period named after this year")] = None,
    period: Annotated[str, typer.Option(help="a period by name, like calendar-2026")] = "",
    unit: Annotated[str, typer.Option(help="one unit by its code")] = "",
    form: Annotated[Format, typer.Option("--format", help="table, json, csv or xlsx")] = Format.TABLE,
    output: Annotated[Path | None, typer.Option(help="write to this file; xlsx needs it")] = None,
) -> None:
    """How many young people were given information in a period, per unit and in all, and of how many."""
    if (year is None) == (not period):
        raise refuse("coverage: give either --year or --period", code=2)
    if form == Format.XLSX and output is None:
        raise refuse("coverage: --format xlsx needs --output FILE", code=2)
    counted = asyncio.run(_count(year=year, period=period, unit=unit))
    if form == Format.TABLE and output is None:
        _print(counted, console=Console(width=max(Console().width, _WIDE), highlight=False))
        return
    hand_over(_bytes(counted, form), output=output)


def _period(pack: Pack, *, year: int | None, name: str) -> Period:
    if year is not None:
        return pack.main_period.in_year(year)
    found = find_period(pack.periods, code=name)
    if found is None:
        known = ", ".join(f"{rule.code}-YEAR" for rule in pack.periods)
        raise refuse(f"coverage: there is no period {name}; known are {known}", code=2)
    return found


async def _count(*, year: int | None, period: str, unit: str) -> Counted:
    async with ready_store() as store, store.database.read() as tx:
        if unit and unit not in store.units.rows:
            raise refuse(f"coverage: there is no unit {unit}", code=2)
        chosen = _period(store.pack, year=year, name=period)
        found = await count_coverage(
            System(name="cli"),
            reach=tx.reach,
            denominators=tx.denominators,
            period=chosen,
            unit_ids=[unit_id for unit_id, _ in store.units.communes],
            province_id=store.units.province_id,
            elsewhere_id=store.units.elsewhere_id,
            at=system_clock(),
            scope=store.units.id_of(unit) if unit else None,
        )
        broadcasts = None if unit else await broadcasts_in(System(name="cli"), tx=tx, period=chosen)
        words = Wording(catalog=store.catalog, pack=store.pack, units=store.units)
    return Counted(coverage=found, words=words, broadcasts=broadcasts)


def _bytes(counted: Counted, form: Format) -> bytes:
    if form == Format.JSON:
        return f"{json.dumps(as_json(counted), ensure_ascii=False, indent=2)}\n".encode()
    if form == Format.TABLE:
        console = Console(record=True, file=io.StringIO(), width=_WIDE, highlight=False)
        _print(counted, console=console)
        return console.export_text().encode()
    sheet = coverage_sheet(counted.coverage, counted.words, broadcasts=counted.broadcasts)
    return separated(sheet) if form == Format.CSV else workbook(sheet)


def _print(counted: Counted, *, console: Console) -> None:
    sheet = coverage_sheet(counted.coverage, counted.words, broadcasts=counted.broadcasts)
    names = [counted.words.say(f"short.{name}") for name in _SHOWN]
    table = Table(*(Column(Text(name), justify="right" if place else "left") for place, name in enumerate(names)))
    table.box = box.SIMPLE_HEAD
    for name in ("unit", "reached", "percent"):
        table.columns[list(_SHOWN).index(name)].no_wrap = True
    for row, counts in zip(sheet.rows, rows_of(counted.coverage), strict=True):
        shown = {name: _shown(row[column]) for name, column in _SHOWN.items()} | _ranges(counts)
        table.add_row(*(Text(cell) for cell in shown.values()))
    for line in sheet.titles:
        console.print(Text(line))
    console.print(table)
    for line in sheet.notes:
        console.print(Text(line))


def _ranges(row: CoverageRow) -> dict[str, str]:
    """Low – high, where there is one."""
    if not is_range(row):
        return {}
    low, high = share_low(row), share(row)
    shown = {"reached": span(row.reached_low, row.reached)}
    return shown | ({} if low is None or high is None else {"percent": span(low, high)})


def _shown(value: Cell) -> str:
    if isinstance(value, int | Decimal):
        return number(value)
    return "" if value is None else str(value)


def as_json(counted: Counted) -> dict[str, object]:
    """Stable fields; shares are per cent with one decimal, cut off, as numbers; null where they cannot be computed."""
    coverage, words = counted.coverage, counted.words
    period = coverage.period
    whole = coverage.province.unit_id is None
    return {
        "period": {
            "code": period.code,
            "name": period.name.vi,
            "first_on": period.first_on.isoformat(),
            "last_on": period.last_on.isoformat(),
        },
        "counted_at": coverage.counted_at.isoformat(),
        "informed_from_tier": Tier.ACCEPTED.value,
        "target_percent": words.pack.informed.target,
        "province": _row(coverage.province, words) if whole else None,
        "units": [_row(row, words) for row in coverage.units],
        "elsewhere": coverage.elsewhere if whole else None,
        "broadcasts": asdict(counted.broadcasts) if counted.broadcasts else None,
    }


def _row(row: CoverageRow, words: Wording) -> dict[str, object]:
    population, target = row.denominator, words.pack.informed.target
    return {
        "code": words.code(row),
        "name": words.place(row),
        "reached": row.reached,
        "reached_low": row.reached_low,
        "turns": row.turns,
        "tiers": {tier.value: row.tiers.get(tier, 0) for tier in Tier},
        "other_age": row.other_age,
        "unknown_age": row.unknown_age,
        "population": {
            "count": population.count,
            "year": population.year,
            "source": population.source,
            "dated_on": population.dated_on.isoformat(),
        }
        if population
        else None,
        "percent": _number(share(row)),
        "percent_low": _number(share_low(row)),
        "needed": needed(target, whole=population.count) if population else None,
        "missing": missing(row, target=target),
        "declared": {"turns": row.declared_turns, "documented": row.declared_documented},
    }


def _number(percent: Decimal | None) -> float | None:
    return None if percent is None else float(percent)
