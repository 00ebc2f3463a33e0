"""How fast a lane may go, who holds it, and what it learns from being told to slow down."""

import asyncio
import random
import time
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Protocol

# What a 429 takes off the learned rate, and what every accepted message gives back (1/s over about 200 messages at 30/s).
_SLOWER = 0.9
_FASTER = 1.0005
_LEAST_RATE = 1.0
_TICK = 0.001  # seconds
_LATENESS = 0.02  # seconds


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


class TokenBucket:
    """Burst 1: `wait` lets one message go every 1/rate seconds; `hold` stops everybody for a while.

    Rates are messages per second, times are seconds of the loop's monotonic clock.
    """

    def __init__(self, rate: float, *, learned: float | None = None, now: Callable[[], float] = time.monotonic) -> None:
        self._most = rate
        self.rate = min(rate, learned or rate)
        self._now = now
        self._free_at = now()
        self._held_until = now()

    @property
    def held_for(self) -> float:
        """Seconds until the provider may be asked again; 0 when it may be now."""
        return max(0.0, self._held_until - self._now())

    async def wait(self) -> bool:
        """True when one message may go; False, at once, when everybody is held: what has not left goes back."""
        while not self.held_for:
            now = self._now()
            # Late by a moment is made up for, late by more is lost: no burst follows an idle time.
            start = max(self._free_at, now - _LATENESS)
            if start - now <= _TICK:
                # A little early is as good as late: the loop's timers are no finer, and the debt is carried on.
                self._free_at = start + 1 / self.rate
                return True
            await asyncio.sleep(start - now)
        return False

    def hold(self, seconds: float) -> None:
        """The provider said "not now": nobody goes for that long, and the rate drops by a tenth."""
        self._held_until = max(self._held_until, self._now() + seconds)
        self.rate = max(min(_LEAST_RATE, self._most), self.rate * _SLOWER)

    def accepted(self) -> None:
        self.rate = min(self._most, self.rate * _FASTER)
