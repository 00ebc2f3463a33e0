"""How fast a lane may go, who holds it, and what it learns from being told to slow down."""

import asyncio
import math
import random
import time
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Protocol

# What a 429 takes off the rate, and what every accepted message adds to it: messages a second, so 0.4 % a second at any rate.
_SLOWER = 0.9
_FASTER = 0.004
# A provider lets about a second's worth pass before it says so, and at that pace of climbing it speaks up 9 % above its limit:
# what a 429 takes off leads just below. After one, boldness grows over this many seconds, so that it is asked again every
# three minutes or so, and yet what a bad hour took off comes back within a quarter of an hour.
_BOLD_AFTER = 600.0
_LEAST_SHARE = 0.1  # of the ceiling
_TICK = 0.001  # seconds
_LATENESS = 0.1  # seconds, so a tenth of a second's worth at once after an idle time: providers forgive ten times that


# Set where a campaign's message is on its way: an account's one limit is shared, and replies go first.
IN_BULK: ContextVar[bool] = ContextVar("in_bulk", default=False)


def jittered(seconds: float) -> float:
    """Longer by up to a quarter, at random: what failed together shall not come back together."""
    return seconds * random.uniform(1.0, 1.25)  # noqa: S311  (no secret)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    name: str
    epoch: int


LeaseState = tuple[str, int, int]  # holder ("": nobody), beat, epoch
NEVER_HELD: LeaseState = ("", 0, 0)


class Leases(Protocol):
    async def read(self, name: str) -> LeaseState: ...

    async def take(self, name: str, *, holder: str, seen: LeaseState) -> Lease | None:
        """Become the holder with a higher epoch; None when somebody was faster, or has given a sign of life since it was `seen`."""

    async def beat(self, lease: Lease) -> bool:
        """Say that the holder lives; False when the lease is somebody else's by now."""

    async def release(self, lease: Lease) -> None: ...

    async def learned_rate(self, name: str) -> float | None: ...

    async def save_rate(self, name: str, *, rate: float) -> None: ...


def first_rate(ceiling: float, *, start: float | None = None, learned: float | None = None) -> float:
    """What a lane begins with: what it has learned, else `start`, else the ceiling. What is far below was learned under another limit."""
    known = learned if learned and learned >= _LEAST_SHARE * ceiling else start
    return min(ceiling, known or ceiling)


class TokenBucket:
    """`wait` lets one message go every 1/rate seconds; `hold` stops everybody for a while.

    Rates are messages per second, times are seconds of the loop's monotonic clock. The rate stays between the ceiling and a tenth
    of it.
    """

    def __init__(
        self,
        ceiling: float,
        *,
        start: float | None = None,
        learned: float | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._most, self._least = ceiling, _LEAST_SHARE * ceiling
        self._now = now
        self._free_at = now()
        self._held_until = now()
        self._told_at = -math.inf
        self.rate = first_rate(ceiling, start=start, learned=learned)
        if learned:
            self._told_at = now()  # perhaps a moment ago

    @property
    def held_for(self) -> float:
        """Seconds until the provider may be asked again; 0 when it may be now."""
        return max(0.0, self._held_until - self._now())

    @property
    def free_in(self) -> float:
        """Seconds until the next message may go, as far as the rate is concerned."""
        return max(0.0, self._free_at - self._now())

    async def wait(self) -> bool:
        """True when one message may go; False, at once, when everybody is held: what has not left goes back."""
        while not self.held_for:
            if not (seconds := self.take()):
                return True
            await asyncio.sleep(seconds)
        return False

    def take(self) -> float:
        """0.0: one message may go, and the next one has to wait. Else the seconds to wait before asking again."""
        now = self._now()
        # Late by a moment is made up for, as after a slow commit; late by more is lost: no burst follows an idle time.
        start = max(self._free_at, now - _LATENESS)
        if start - now > _TICK:
            return start - now
        # A little early is as good as late: the loop's timers are no finer, and the debt is carried on.
        self._free_at = start + 1 / self.rate
        return 0.0

    def hold(self, seconds: float) -> None:
        """The provider said "not now": nobody goes for that long, and the rate drops by a tenth.

        Once: those that were on their way meanwhile are told the same.
        """
        if not self.held_for:
            self.rate = max(self._least, self.rate * _SLOWER)
            self._told_at = self._now()
        self._held_until = max(self._held_until, self._now() + seconds)

    def accepted(self) -> None:
        boldness = min(1.0, (self._now() - self._told_at) / _BOLD_AFTER)
        self.rate = min(self._most, self.rate + _FASTER * boldness)
