"""Days and hours as Vietnamese pages print them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")

# 10/6/2024, 10-6-2024, 10.6.2024 | 01 tháng 7 năm 2025 | 2024-06-10. Day before month everywhere but in ISO.
DATE_PATTERN = (
    r"(?<![\d/.-])(?:"
    r"(?P<{p}d1>\d{{1,2}})\s?(?P<{p}sep>[/.-])\s?(?P<{p}m1>\d{{1,2}})\s?(?P={p}sep)\s?(?P<{p}y1>(?:19|20)\d\d)"
    r"|(?P<{p}d2>\d{{1,2}})\s+tháng\s+(?P<{p}m2>\d{{1,2}}),?\s+năm\s+(?P<{p}y2>(?:19|20)\d\d)"
    r"|(?P<{p}y3>(?:19|20)\d\d)-(?P<{p}m3>\d\d)-(?P<{p}d3>\d\d)"
    r")(?!\d)"
)
_DATE = re.compile(DATE_PATTERN.format(p=""), re.IGNORECASE)
# 10:13 | 10:13:05 | 10h13 | 10g13 | 10 giờ 13, then SA (before noon) or CH (after).
_TIME = re.compile(
    r"(?<![\d:/])(?P<h>\d{1,2})(?:\s?[:hg]\s?|\s+giờ\s+)(?P<min>\d\d)(?::\d\d)?(?:\s?phút)?(?:\s?(?P<half>SA|CH|AM|PM)\b)?(?![\d:])",
    re.IGNORECASE,
)
_NOON = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A date in a text: the letters `start` to `end` are its own."""

    start: int
    end: int
    day: date


def date_of(match: re.Match[str], *, prefix: str = "") -> date | None:
    """The day a match of DATE_PATTERN stands for; None for one that no calendar has."""
    groups = match.groupdict()
    for form in "123":
        year, month, day = (groups[f"{prefix}{part}{form}"] for part in "ymd")
        if year:
            try:
                return date(int(year), int(month), int(day))
            except ValueError:
                return None
    return None


def find_dates(text: str) -> Iterator[Found]:
    for match in _DATE.finditer(text):
        day = date_of(match)
        if day:
            yield Found(start=match.start(), end=match.end(), day=day)


def find_time(text: str) -> tuple[time, int, int] | None:
    """The first hour in the text, with the place of its letters."""
    for match in _TIME.finditer(text):
        hour, minute = int(match["h"]), int(match["min"])
        half = (match["half"] or "").casefold()
        if half in {"ch", "pm"} and hour < _NOON:
            hour += _NOON
        elif half in {"sa", "am"} and hour == _NOON:
            hour = 0
        if hour < 24 and minute < 60:  # noqa: PLR2004 - the clock's own figures
            return time(hour, minute), match.start(), match.end()
    return None


def in_vietnam(day: date, at: time) -> datetime:
    """Aware UTC of an hour printed in Vietnam."""
    return datetime.combine(day, at, tzinfo=VIETNAM).astimezone(UTC)


def from_iso(text: str) -> tuple[datetime | None, date | None]:
    """What a page's own metadata says: (instant, day in Vietnam); no offset means Vietnam, no hour means no instant."""
    try:
        parsed = datetime.fromisoformat(text.strip())
    except ValueError:
        return None, next((found.day for found in find_dates(text)), None)
    if len(text.strip()) <= len("2024-06-10"):
        return None, parsed.date()
    local = parsed.replace(tzinfo=VIETNAM) if parsed.tzinfo is None else parsed
    try:
        return local.astimezone(UTC), local.astimezone(VIETNAM).date()
    except OverflowError:  # an offset at the very first or last day of the calendar
        return None, None
