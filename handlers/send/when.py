"""A typed time: "25/11 7h30", "07:30", "7h mai"; in Vietnam's clock."""

import re
from datetime import date, datetime, time, timedelta

from outreach.clock import local_day, local_instant
from outreach.text import fold, nfc

_TIME = re.compile(r"(?<![\d/])(?P<hour>[01]?\d|2[0-3])\s*(?::|h|giờ|g)\s*(?P<minute>[0-5]\d)?(?!\d)", re.IGNORECASE)
_DAY = re.compile(r"(?<!\d)(?P<day>[0-3]?\d)/(?P<month>[01]?\d)(?:/(?P<year>20\d\d))?(?!\d)")
_TOMORROW = {"mai", "ngay mai", "tomorrow"}
_AHEAD = 2  # days: "ngày kia"
_AFTER_TOMORROW = {"kia", "ngay kia"}


def read_when(text: str, *, now: datetime) -> datetime | None:
    """The instant meant; None when no time, or no such day, is in it. Without a day: today if still to come, else tomorrow."""
    words = nfc(text)
    day_part = _DAY.search(words)
    rest = _DAY.sub(" ", words)
    time_part = _TIME.search(rest)
    if time_part is None:
        return None
    clock = time(int(time_part["hour"]), int(time_part["minute"] or 0))
    today = local_day(now)
    named = fold(_TIME.sub(" ", rest))
    if day_part:
        day = _date(day_part, today=today)
        return local_instant(day, clock) if day else None
    if any(re.search(rf"\b{word}\b", named) for word in _AFTER_TOMORROW):
        return local_instant(today + timedelta(days=_AHEAD), clock)
    if any(re.search(rf"\b{word}\b", named) for word in _TOMORROW):
        return local_instant(today + timedelta(days=1), clock)
    meant = local_instant(today, clock)
    return meant if meant > now else local_instant(today + timedelta(days=1), clock)


def _date(found: re.Match[str], *, today: date) -> date | None:
    """Without a year: the next such day."""
    try:
        day = date(int(found["year"] or today.year), int(found["month"]), int(found["day"]))
        if found["year"] is None and day < today:
            day = day.replace(year=today.year + 1)
    except ValueError:
        return None
    return day
