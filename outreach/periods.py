"""Reporting periods: a province answers to several calendars at once, and 20/12/2026 lies in two different years."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalText:
    """One text in the two languages the product speaks."""

    vi: str
    en: str

    def of(self, language: str) -> str:
        """Vietnamese for any language but "en"."""
        return self.en if language == "en" else self.vi


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthDay:
    """A day of the year a period is named after, or of one before it: 15/12 opens the state year of the next number."""

    month: int
    day: int
    years_before: int = 0

    def in_year(self, year: int) -> date:
        return date(year - self.years_before, self.month, self.day)


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """One stretch of days to report on, both ends included, counted in Vietnam's days. `code` is stored: "state-2027"."""

    code: str
    name: LocalText
    first_on: date
    last_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodRule:
    """How periods of one kind follow each other, one for each year. `name` holds {year}; `main` is shown by default."""

    code: str
    name: LocalText
    first: MonthDay
    last: MonthDay
    main: bool = False

    def in_year(self, year: int) -> Period:
        """The period named after `year`, wherever its first day lies."""
        return Period(
            code=f"{self.code}-{year}",
            name=LocalText(vi=self.name.vi.format(year=year), en=self.name.en.format(year=year)),
            first_on=self.first.in_year(year),
            last_on=self.last.in_year(year),
        )

    def on(self, day: date) -> Period | None:
        """The period that `day` (in Vietnam) lies in; None for a rule that covers half of each year and not this half."""
        periods = (self.in_year(day.year + ahead) for ahead in (0, 1))
        return next((period for period in periods if period.first_on <= day <= period.last_on), None)

    def begun(self, day: date, *, most: int) -> list[Period]:
        """The newest periods of this kind that have begun by `day`, the newest first."""
        named = (self.in_year(day.year + ahead) for ahead in range(1, -most - 1, -1))
        return [period for period in named if period.first_on <= day][:most]

    @property
    def is_part(self) -> bool:
        """Whether it covers a part of each year and not all of it."""
        period = self.in_year(_COMMON_YEAR)
        return (period.last_on - period.first_on).days + 1 < _SHORTEST_YEAR


_COMMON_YEAR = 2026
_SHORTEST_YEAR = 365  # days


def find_period(rules: Iterable[PeriodRule], *, code: str) -> Period | None:
    """The period with the code "<rule>-<year>", of today's rules; None for anything else."""
    name, _, year = code.rpartition("-")
    if not (year.isascii() and year.isdecimal() and len(year) == len(str(_COMMON_YEAR))):
        return None
    return next((rule.in_year(int(year)) for rule in rules if rule.code == name and int(year) > 1), None)
