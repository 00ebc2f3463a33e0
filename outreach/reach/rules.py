"""The arithmetic of the indicator: ages, and a percentage that is never rounded up over a target."""

from decimal import ROUND_FLOOR, Decimal

from outreach.pack import AgeWindow
from outreach.periods import Period
from outreach.reach.model import AgeBand


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
