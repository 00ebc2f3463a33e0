from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from outreach.pack import AgeWindow, Call, OfficeHours, Span
from outreach.periods import LocalText

VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")


@pytest.mark.parametrize(
    ("moment", "inside"),
    [(time(6, 59, 59), False), (time(7, 0), True), (time(21, 59, 59), True), (time(22, 0), False)],
)
def test_a_span_ends_with_its_last_minute(moment: time, inside: bool) -> None:
    assert Span(first=time(7, 0), last=time(21, 59)).covers(moment) is inside


def test_the_office_is_open_on_its_days_and_hours() -> None:
    spans = (Span(first=time(7, 30), last=time(11, 30)), Span(first=time(13, 30), last=time(17, 0)))
    hours = OfficeHours(days=(1, 2, 3, 4, 5), spans=spans)
    assert hours.covers(datetime(2026, 11, 20, 8, 0, tzinfo=VIETNAM))  # a Friday
    assert not hours.covers(datetime(2026, 11, 20, 12, 0, tzinfo=VIETNAM))
    assert not hours.covers(datetime(2026, 11, 22, 8, 0, tzinfo=VIETNAM))  # a Sunday


@pytest.mark.parametrize(
    ("since", "until", "open_for"),
    [
        ("20 08:00", "20 09:30", "1:30"),
        ("20 11:00", "20 14:00", "1:00"),  # noon
        ("20 16:00", "23 08:30", "2:00"),  # a weekend
        ("21 08:00", "22 20:00", "0:00"),
        ("20 20:00", "23 07:00", "0:00"),
        ("19 07:00", "23 18:00", "22:30"),
        ("20 09:00", "20 08:00", "0:00"),
    ],
)
def test_time_counts_while_the_office_is_open(since: str, until: str, open_for: str) -> None:
    spans = (Span(first=time(7, 30), last=time(11, 30)), Span(first=time(13, 30), last=time(17, 0)))
    hours = OfficeHours(days=(1, 2, 3, 4, 5), spans=spans)
    begins, ends = (datetime.strptime(f"2026-11-{text}+07:00", "%Y-%m-%d %H:%M%z") for text in (since, until))
    worked, minutes = open_for.split(":")
    assert hours.worked(begins, ends) == timedelta(hours=int(worked), minutes=int(minutes))


@pytest.mark.parametrize(
    ("birth_year", "talent", "youth"),
    [
        (2011, False, False),
        (2010, True, True),
        (1996, True, True),
        (1995, True, False),
        (1991, True, False),
        (1990, False, False),
    ],
)
def test_talent_and_youth_are_two_age_rules(birth_year: int, talent: bool, youth: bool) -> None:
    assert AgeWindow(first=16, last=35).covers(birth_year, year=2026) is talent
    assert AgeWindow(first=16, last=30).covers(birth_year, year=2026) is youth


def test_a_call_is_open_between_its_days_or_always() -> None:
    name = LocalText(vi="Đợt", en="Call")
    ages = AgeWindow(first=16, last=35)
    call = Call(code="a", name=name, ages=ages, opens_on=date(2026, 1, 15), closes_on=date(2026, 2, 28))
    assert [
        call.is_open(day) for day in (date(2026, 1, 14), date(2026, 1, 15), date(2026, 2, 28), date(2026, 3, 1))
    ] == [
        False,
        True,
        True,
        False,
    ]
    assert Call(code="b", name=name, ages=ages).is_open(date(2030, 1, 1))
