"""Ages by birth year, percentages that are never rounded up over a target, and how many are missing."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.pack import Pack
from outreach.reach.model import AgeBand, CoverageRow, Denominator
from outreach.reach.rules import age_band, lowest_first, missing, needed, share, tenths_of_percent
from outreach.units import UnitId


def row(reached: int, of: int | None, *, unit: int = 1, low: int | None = None) -> CoverageRow:
    population = of and Denominator(
        unit_id=UnitId(unit), year=2026, count=of, source="Công văn 1", dated_on=date(2026, 1, 2)
    )
    return CoverageRow(
        unit_id=UnitId(unit),
        reached=reached,
        reached_low=reached if low is None else low,
        other_age=0,
        unknown_age=0,
        turns=reached,
        denominator=population or None,
    )


@pytest.mark.parametrize(
    ("born", "band"),
    [
        (None, AgeBand.UNKNOWN),
        (1996, AgeBand.OTHER),
        (1997, AgeBand.YOUTH),
        (2011, AgeBand.YOUTH),
        (2012, AgeBand.OTHER),
    ],
)
def test_youth_is_16_to_30_in_the_year_the_period_ends(langson: Pack, born: int | None, band: AgeBand) -> None:
    state_2027 = langson.main_period.in_year(2027)  # from 15/12/2026
    assert age_band(born, period=state_2027, youth=langson.ages.youth) == band


@pytest.mark.parametrize(
    ("part", "whole", "shown"),
    [(0, 3, "0.0"), (1, 3, "33.3"), (6996, 10_000, "69.9"), (7, 10, "70.0"), (3, 3, "100.0"), (4, 3, "133.3")],
)
def test_a_percentage_is_cut_off_and_not_capped(part: int, whole: int, shown: str) -> None:
    assert tenths_of_percent(part, whole=whole) == Decimal(shown)


@given(part=st.integers(0, 10**6), whole=st.integers(1, 10**6), target=st.integers(1, 100))
def test_the_target_is_shown_as_met_exactly_when_it_is(part: int, whole: int, target: int) -> None:
    met = part * 100 >= target * whole
    assert (tenths_of_percent(part, whole=whole) >= target) is met
    assert (part >= needed(target, whole=whole)) is met
    assert (missing(row(part, whole), target=target) == 0) is met
    assert needed(target, whole=whole) * 100 < target * whole + 100


def test_without_a_denominator_nothing_is_guessed() -> None:
    assert share(row(5, None)) is None
    assert missing(row(5, None), target=70) is None
    assert share(row(5, 10)) == Decimal("50.0")
    assert missing(row(5, 10), target=70) == 2


def test_the_lowest_comes_first_and_the_unknown_last() -> None:
    rows = [row(5, None, unit=1), row(7, 10, unit=2), row(0, None, unit=3), row(699, 1000, unit=4), row(0, 9, unit=5)]
    assert [one.unit_id for one in lowest_first(rows)] == [5, 4, 2, 3, 1]
