"""The arithmetic of the indicator: ages, and a percentage that is never rounded up over a target."""

from collections.abc import Iterable
from decimal import ROUND_FLOOR, Decimal
from fractions import Fraction

from outreach.pack import AgeWindow
from outreach.periods import Period
from outreach.reach.model import AgeBand, CoverageRow


def age_band(birth_year: int | None, *, period: Period, youth: AgeWindow) -> AgeBand:
    """Only the birth year is known, so age is counted in the year the period ends."""
    if birth_year is None:
        return AgeBand.UNKNOWN
    return AgeBand.YOUTH if youth.covers(birth_year, year=period.last_on.year) else AgeBand.OTHER


def tenths_of_percent(part: int, *, whole: int) -> Decimal:
    """Per cent with one decimal, cut off and not rounded: 69.96 % is 69.9 and stays below a target of 70."""
    return (Decimal(part) * 100 / Decimal(whole)).quantize(Decimal("0.1"), rounding=ROUND_FLOOR)


def needed(target: int, *, whole: int) -> int:
    """The least number of people that reaches `target` per cent of `whole`."""
    return -(-target * whole // 100)


def share(row: CoverageRow) -> Decimal | None:
    """Per cent of the population that was reached, as `tenths_of_percent`; None without a denominator, above 100 as it comes."""
    return tenths_of_percent(row.reached, whole=row.denominator.count) if row.denominator else None


def share_low(row: CoverageRow) -> Decimal | None:
    """The same of those who were reached at least."""
    return tenths_of_percent(row.reached_low, whole=row.denominator.count) if row.denominator else None


def is_range(row: CoverageRow) -> bool:
    """Whether some of the people may be the same ones on another channel."""
    return row.reached_low < row.reached


def missing(row: CoverageRow, *, target: int) -> int | None:
    """How many more people reach `target` per cent; 0 once it is met by the least number, None without a denominator."""
    return max(0, needed(target, whole=row.denominator.count) - row.reached_low) if row.denominator else None


def lowest_first(rows: Iterable[CoverageRow]) -> list[CoverageRow]:
    """By the least share, the lowest first; units without a denominator come last, the least reached first."""

    def key(row: CoverageRow) -> tuple[bool, Fraction]:
        if row.denominator is None:
            return True, Fraction(row.reached_low)
        return False, Fraction(row.reached_low, row.denominator.count)

    return sorted(rows, key=key)
