"""A typed time: "25/11 7h30", "07:30", "7h tối mai"; in Vietnam's clock."""

import re
from datetime import date, datetime, time, timedelta

from outreach.clock import local_day, local_instant
from outreach.text import fold, nfc

_TIME = re.compile(
    r"(?<![\d/])(?P<hour>[01]?\d|2[0-3])\s*(?::|h|giờ|gio|g)\s*(?P<minute>[0-5]\d)?(?!\d)", re.IGNORECASE
)
_DAY = re.compile(r"(?<!\d)(?P<day>[0-3]?\d)/(?P<month>[01]?\d)(?:/(?P<year>20\d\d))?(?!\d)")
_DAYS = {"nay": 0, "today": 0, "mai": 1, "tomorrow": 1, "kia": 2}  # after how many days
# The hours that a part of the day may mean.
_PARTS = {
    "sang": range(12),
    "trua": range(10, 15),
    "chieu": range(12, 19),
    "toi": range(18, 24),
    "am": range(12),
    "pm": range(12, 24),
}
# Words that may stand around a time and change nothing.
_FILLERS = {"luc", "vao", "ngay", "hom", "buoi", "phut", "p", "nhe", "gui", "at", "on"}
_NOON = 12


def read_when(text: str, *, now: datetime) -> datetime | None:
    """The instant meant; None when there is no time in it, no such day, or any word that is not understood.

    Without a day: today if still to come, else tomorrow. A campaign goes by it, so nothing is guessed.
    """
    words = nfc(text)
    day_part = _DAY.search(words)
    rest = _DAY.sub(" ", words, count=1)
    time_part = _TIME.search(rest)
    if time_part is None:
        return None
    others = [word for word in fold(_TIME.sub(" ", rest, count=1)).split() if word not in _FILLERS]
    named = [word for word in others if word in _DAYS]
    parts = [word for word in others if word in _PARTS]
    if len(named) + len(parts) < len(others) or len(parts) > 1 or len(named) + bool(day_part) > 1:
        return None
    clock = _clock(int(time_part["hour"]), int(time_part["minute"] or 0), part=parts[0] if parts else "")
    if clock is None:
        return None
    today = local_day(now)
    if day_part:
        day = _date(day_part, today=today)
        return local_instant(day, clock) if day else None
    if named:
        return local_instant(today + timedelta(days=_DAYS[named[0]]), clock)
    meant = local_instant(today, clock)
    return meant if meant > now else local_instant(today + timedelta(days=1), clock)


def _clock(hour: int, minute: int, *, part: str) -> time | None:
    """With the part of the day: 7h tối is 19:00, 19h tối too; 9h chiều is nothing."""
    hours = range(24) if not part else _PARTS[part]
    meant = [h for h in (hour, hour + _NOON) if h in hours]
    return time(meant[0], minute) if meant else None


def _date(found: re.Match[str], *, today: date) -> date | None:
    """Without a year: the next such day."""
    try:
        day = date(int(found["year"] or today.year), int(found["month"]), int(found["day"]))
        if found["year"] is None and day < today:
            day = day.replace(year=today.year + 1)
    except ValueError:
        return None
    return day
