"""The campaign's small rules: what is the same message, and when a lane must stop by itself."""

from collections import deque
from datetime import datetime, timedelta

from outreach.campaigns.model import Content
from outreach.clock import VIETNAM, local_day, local_instant
from outreach.news.rules import content_hash
from outreach.pack import Span

GRACE = timedelta(seconds=60)
TYPED_COUNT_ABOVE = 1_000

_HALT_LEAST = 10
_HALT_OF = 100
_HALT_SHARE = 0.10


def content_fingerprint(content: Content) -> str:
    """The same words are the same message, however they are spaced or accented; hexadecimal SHA-256."""
    return content_hash(title=content.title, paragraphs=content.paragraphs)


def week_start(instant: datetime) -> datetime:
    """Monday 00:00 in Vietnam, the beginning of the week that the weekly limit counts in."""
    day = local_day(instant)
    return local_instant(day - timedelta(days=day.weekday()))


def in_hours(instant: datetime, *, span: Span) -> bool:
    """Whether a campaign may send now, by the clock in Vietnam."""
    return span.covers(instant.astimezone(VIETNAM).time())


class HaltWatch:
    """Tells when at least 10 and at least 10 % of the last 100 attempts failed by our own fault."""

    def __init__(self) -> None:
        self._last: deque[bool] = deque(maxlen=_HALT_OF)

    def note(self, *, ours: bool) -> bool:
        self._last.append(ours)
        failed = sum(self._last)
        return failed >= _HALT_LEAST and failed >= _HALT_SHARE * len(self._last)
