"""Time as the product sees it: instants are aware and UTC, days are those of Vietnam."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")

Clock = Callable[[], datetime]


def system_clock() -> datetime:
    return datetime.now(UTC)


def local_day(instant: datetime) -> date:
    """The day in Vietnam: 17:30 UTC already belongs to the next one."""
    return instant.astimezone(VIETNAM).date()


def local_instant(day: date, at: time = time.min) -> datetime:
    """The UTC instant of a wall-clock time in Vietnam (no daylight saving there)."""
    return datetime.combine(day, at, VIETNAM).astimezone(UTC)
