"""Time as the product sees it: instants are aware and UTC, days are those of Vietnam."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
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


def next_within(instant: datetime, *, opens: time, closes: time) -> datetime:
    """The instant itself when it lies in the daily hours [opens, closes), otherwise the next opening."""
    local = instant.astimezone(VIETNAM)
    if opens <= local.time() < closes:
        return instant
    day = local.date() if local.time() < opens else local.date() + timedelta(days=1)
    return local_instant(day, opens)
