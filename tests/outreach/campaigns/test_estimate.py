"""How long it takes, with the nights in between."""

from datetime import UTC, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.campaigns.estimate import Pace, finishes_at, next_opening
from outreach.clock import VIETNAM
from outreach.pack import Span

HOURS = Span(first=time(7, 0), last=time(21, 59))


def _vietnam(text: str) -> datetime:
    return datetime.strptime(f"2026 {text}", "%Y %d/%m %H:%M").replace(tzinfo=VIETNAM)


@pytest.mark.parametrize(
    ("begins", "messages", "ends"),
    [
        ("12/10 08:32", 20_000, "12/10 08:45"),
        ("12/10 21:59", 1_500, "12/10 22:00"),  # the last minute belongs to the hours
        ("12/10 21:59", 1_525, "13/10 07:00"),
        ("12/10 21:00", 90_000 + 1_500, "13/10 07:01"),
        ("12/10 23:30", 1_500, "13/10 07:01"),
        ("12/10 06:00", 1_500, "12/10 07:01"),
        ("12/10 07:00", 1_350_000 * 2, "13/10 22:00"),
    ],
)
def test_the_last_one_leaves(begins: str, messages: int, ends: str) -> None:
    found = finishes_at(_vietnam(begins), messages=messages, pace=Pace(rate=25, hours=HOURS))
    assert f"{found.astimezone(VIETNAM):%d/%m %H:%M}" == ends


def test_without_hours_it_just_takes_its_time() -> None:
    found = finishes_at(_vietnam("12/10 23:30"), messages=1_500, pace=Pace(rate=25, hours=None))
    assert found == _vietnam("12/10 23:31")


@given(
    st.datetimes(min_value=datetime(2026, 1, 1), max_value=datetime(2027, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001  (hypothesis wants naive bounds)
    st.integers(0, 5_000_000),
)
def test_it_never_ends_at_night_nor_before_it_began(begins: datetime, messages: int) -> None:
    pace = Pace(rate=30, hours=HOURS)
    found = finishes_at(begins, messages=messages, pace=pace)
    assert found >= begins
    local = found.astimezone(VIETNAM).time()
    assert time(7, 0) <= local <= time(22, 0)
    opens = next_opening(begins, hours=HOURS)
    assert opens is None or (opens > begins and opens.astimezone(VIETNAM).time() == time(7, 0))
