from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content.packs.loader import load_pack
from outreach.periods import LocalText, MonthDay, PeriodRule, find_period

PACK = load_pack("langson")


@pytest.mark.parametrize(
    ("day", "codes"),
    [
        (date(2026, 12, 20), {"calendar-2026", "calendar-h2-2026", "state-2027", "state-h1-2027"}),
        (date(2026, 12, 14), {"calendar-2026", "calendar-h2-2026", "state-2026", "state-h2-2026"}),
        (date(2026, 12, 15), {"calendar-2026", "calendar-h2-2026", "state-2027", "state-h1-2027"}),
        (date(2026, 6, 14), {"calendar-2026", "calendar-h1-2026", "state-2026", "state-h1-2026"}),
        (date(2026, 6, 15), {"calendar-2026", "calendar-h1-2026", "state-2026", "state-h2-2026"}),
        (date(2026, 6, 30), {"calendar-2026", "calendar-h1-2026", "state-2026", "state-h2-2026"}),
        (date(2026, 7, 1), {"calendar-2026", "calendar-h2-2026", "state-2026", "state-h2-2026"}),
        (date(2027, 1, 1), {"calendar-2027", "calendar-h1-2027", "state-2027", "state-h1-2027"}),
    ],
)
def test_a_day_counts_in_every_calendar(day: date, codes: set[str]) -> None:
    assert {period.code for period in PACK.periods_on(day)} == codes


def test_a_period_has_its_name_and_exact_days() -> None:
    period = PACK.main_period.in_year(2026)
    assert (period.first_on, period.last_on) == (date(2025, 12, 15), date(2026, 12, 14))
    assert period.name.of("vi") == "Năm báo cáo 2026"
    assert period.name.of("en") == "Reporting year 2026"


@given(st.dates(min_value=date(2020, 1, 1), max_value=date(2060, 12, 31)))
def test_years_and_halves_leave_no_gap_and_do_not_overlap(day: date) -> None:
    assert len(PACK.periods_on(day)) == 4
    for period in PACK.periods_on(day):
        rule = next(rule for rule in PACK.periods if period.code.startswith(f"{rule.code}-2"))
        assert rule.on(period.first_on) == rule.on(period.last_on) == period
        assert rule.on(period.first_on - timedelta(days=1)) != period
        assert rule.on(period.last_on + timedelta(days=1)) != period


def test_a_rule_for_half_a_year_says_nothing_about_the_other_half() -> None:
    rule = PeriodRule(
        code="h1",
        name=LocalText(vi="{year}", en="{year}"),
        first=MonthDay(month=1, day=1),
        last=MonthDay(month=6, day=30),
    )
    assert rule.on(date(2026, 7, 1)) is None


def test_the_newest_periods_that_have_begun() -> None:
    rules = {rule.code: rule for rule in PACK.periods}

    def codes(rule: str, day: date) -> list[str]:
        return [period.code for period in rules[rule].begun(day, most=2)]

    assert codes("state", date(2026, 12, 14)) == ["state-2026", "state-2025"]
    assert codes("state", date(2026, 12, 15)) == ["state-2027", "state-2026"]
    assert codes("calendar-h2", date(2026, 6, 30)) == ["calendar-h2-2025", "calendar-h2-2024"]
    assert codes("calendar-h2", date(2026, 7, 1)) == ["calendar-h2-2026", "calendar-h2-2025"]
    assert {rule.code for rule in PACK.periods if not rule.is_part} == {"calendar", "state"}


def test_a_period_is_found_by_its_code_and_nothing_else_is() -> None:
    for rule in PACK.periods:
        assert find_period(PACK.periods, code=rule.in_year(2026).code) == rule.in_year(2026)
    for code in ("", "state", "state-", "state-26", "state-0000", "state-20266", "x-2026", "state-2\u0660\u0661\u0662"):
        assert find_period(PACK.periods, code=code) is None
