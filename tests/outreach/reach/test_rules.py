"""The arithmetic of the indicator: never rounded up over a target, and nothing without a denominator."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.reach.model import CoverageRow, Denominator
from outreach.reach.rules import lowest_first, missing, needed, share, tenths_of_percent
from outreach.units import UnitId


def row(reached: int, whole: int | None, *, unit_id: int = 1) -> CoverageRow:
    population = (
        Denominator(unit_id=UnitId(unit_id), year=2026, count=whole, source="n", dated_on=date(2026, 1, 1))
        if whole is not None
        else None
    )
    return CoverageRow(
        unit_id=UnitId(unit_id), reached=reached, other_age=0, unknown_age=0, turns=0, denominator=population
    )


@pytest.mark.parametrize(
    ("reached", "whole", "percent", "people"),
    [
        (1_749, 2_500, "69.9", 1),  # 69.96 %
        (1_750, 2_500, "70.0", 0),
        (69_999, 100_000, "69.9", 1),
        (0, 3, "0.0", 3),
        (2, 3, "66.6", 1),
        (150, 100, "150.0", 0),
    ],
)
def test_shares_are_cut_off(reached: int, whole: int, percent: str, people: int) -> None:
    assert share(row(reached, whole)) == Decimal(percent)
    assert missing(row(reached, whole), target=70) == people


def test_without_a_denominator_there_is_nothing() -> None:
    assert share(row(5, None)) is None
    assert missing(row(5, None), target=70) is None


@given(st.integers(0, 400_000), st.integers(1, 300_000), st.integers(1, 100))
def test_the_share_says_met_exactly_when_nobody_is_missing(reached: int, whole: int, target: int) -> None:
    met = tenths_of_percent(reached, whole=whole) >= target
    assert met == (missing(row(reached, whole), target=target) == 0)
    least = needed(target, whole=whole)
    assert tenths_of_percent(least, whole=whole) >= target
    assert tenths_of_percent(least - 1, whole=whole) < target


def test_the_lowest_share_comes_first_and_units_without_one_last() -> None:
    rows = [
        row(3, None, unit_id=1),
        row(50, 100, unit_id=2),
        row(1, 3, unit_id=3),
        row(0, None, unit_id=4),
        row(333, 1_000, unit_id=5),
    ]
    assert [one.unit_id for one in lowest_first(rows)] == [5, 3, 2, 4, 1]
