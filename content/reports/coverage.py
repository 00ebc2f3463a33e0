"""The coverage of a period as a table to hand in: what was counted, against what, and what is not included."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from content.catalog import Catalog
from content.reports.sheet import Cell, Sheet
from outreach.broadcasts.model import BroadcastFigure
from outreach.clock import local_day
from outreach.directory import UnitDirectory
from outreach.pack import Pack
from outreach.reach.model import Coverage, CoverageRow, Tier
from outreach.reach.rules import is_range, missing, needed, share, share_low

_WHOLE = 100  # per cent

Say = Callable[..., str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """What turns codes into words."""

    catalog: Catalog
    pack: Pack
    units: UnitDirectory
    language: str = "vi"

    def say(self, key: str, **values: object) -> str:
        return self.catalog.label(f"coverage.{key}", language=self.language, **values)

    def place(self, row: CoverageRow) -> str:
        found = self.units.row(row.unit_id) if row.unit_id is not None else None
        province = self.pack.province
        return found.label if found else f"{province.word.of(self.language)} {province.name}"

    def code(self, row: CoverageRow) -> str:
        return self.units.codes[row.unit_id] if row.unit_id is not None else self.pack.province.code

    def verdict(self, row: CoverageRow) -> str:
        """Whether the target is met, and how many people are missing: "chưa đạt, thiếu 1 người"."""
        percent = share(row)
        return self.say(
            "verdict",
            missing=missing(row, target=self.pack.informed.target),
            over=percent is not None and percent > _WHOLE,
        )


def coverage_sheet(coverage: Coverage, words: Wording, *, broadcasts: BroadcastFigure | None = None) -> Sheet:
    """The province first, then its units in the pack's order; for a commune's officer her unit alone.

    Where people may be doubles, the least numbers stand in two more columns; where articles went to everybody, the
    platform's figure in one of its own, the last, in the province's row alone: an article names no recipient.
    """
    whole = coverage.province.unit_id is None
    rows = rows_of(coverage)
    header, cells = _header(words), [_cells(number + (not whole), row, words) for number, row in enumerate(rows)]
    ranged = any(is_range(row) for row in rows)
    if ranged:
        header += [words.say("sheet.reached_low"), words.say("sheet.percent_low")]
        cells = [
            [*line, row.reached_low, _percent(row, words, share_low(row))]
            for line, row in zip(cells, rows, strict=True)
        ]
    if broadcasts is not None and broadcasts.count:
        header.append(_broadcast(words, "column"))
        figure = broadcasts.platform_count
        cells = [[*line, figure if row.unit_id is None else None] for line, row in zip(cells, rows, strict=True)]
    return Sheet(
        name=words.say("sheet.name"),
        titles=_titles(coverage, words),
        header=header,
        rows=cells,
        notes=[
            *([words.say("sheet.note_range")] if ranged else []),
            *_notes(coverage, words, whole=whole),
            *_broadcasts(broadcasts, words),
        ],
    )


def rows_of(coverage: Coverage) -> list[CoverageRow]:
    """In the order of the sheet."""
    return [coverage.province, *coverage.units] if coverage.province.unit_id is None else list(coverage.units)


def _percent(row: CoverageRow, words: Wording, value: Decimal | None) -> Cell:
    return value if row.denominator else words.say("no_percent")


def _titles(coverage: Coverage, words: Wording) -> list[str]:
    pack, period = words.pack, coverage.period
    youth = pack.ages.youth
    return [
        words.say("sheet.title", name=pack.informed.name.of(words.language)),
        words.say("sheet.period", name=period.name.of(words.language), first=period.first_on, last=period.last_on),
        words.say("sheet.counted_at", at=coverage.counted_at, ended=local_day(coverage.counted_at) > period.last_on),
        words.say("sheet.informed", tier=words.say(f"sheet.tier_{Tier.ACCEPTED}"), first=youth.first, last=youth.last),
        words.say("sheet.target", target=pack.informed.target, source=pack.informed.source),
    ]


def _header(words: Wording) -> list[str]:
    target = words.pack.informed.target
    return [
        words.say("sheet.number"),
        words.say("sheet.code"),
        words.say("sheet.unit"),
        words.say("sheet.reached"),
        words.say("sheet.turns"),
        *(words.say(f"sheet.tier_{tier}") for tier in Tier),
        words.say("sheet.population"),
        words.say("sheet.source"),
        words.say("sheet.dated"),
        words.say("sheet.percent"),
        words.say("sheet.needed", target=target),
        words.say("sheet.missing"),
        words.say("sheet.verdict"),
        words.say("sheet.declared"),
        words.say("sheet.documented"),
        words.say("sheet.other_age"),
        words.say("sheet.unknown_age"),
    ]


def _cells(number: int, row: CoverageRow, words: Wording) -> list[Cell]:
    """Tiers are exclusive: everybody stands under the strongest evidence, so that they add up to the people reached."""
    population, target = row.denominator, words.pack.informed.target
    return [
        number or None,
        words.code(row),
        words.place(row),
        row.reached,
        row.turns,
        *(row.tiers.get(tier, 0) for tier in Tier),
        population.count if population else None,
        population.source if population else None,
        population.dated_on if population else None,
        _percent(row, words, share(row)),
        needed(target, whole=population.count) if population else None,
        missing(row, target=target),
        words.verdict(row),
        row.declared_turns,
        row.declared_documented,
        row.other_age,
        row.unknown_age,
    ]


def _broadcasts(figure: BroadcastFigure | None, words: Wording) -> list[str]:
    if figure is None or not figure.count:
        return []
    return [_broadcast(words, "beside", count=figure.count, followers=figure.platform_count)]


def _broadcast(words: Wording, key: str, **values: object) -> str:
    return words.catalog.label(f"broadcast.{key}", language=words.language, **values)


def _notes(coverage: Coverage, words: Wording, *, whole: bool) -> list[str]:
    notes = [words.say("sheet.note_tiers"), words.say("sheet.note_declared")]
    if whole:
        notes += [words.say("sheet.note_sum"), words.say("sheet.note_elsewhere", count=coverage.elsewhere)]
    return notes
