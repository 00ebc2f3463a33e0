"""The calls a minute that Zalo allows, kept to before it has to say so."""

import asyncio
import math
import time
from collections import deque
from collections.abc import Callable, Sequence

from outreach.messaging import SendError, SendErrorKind
from outreach.pacing import IN_BULK

_MINUTE = 60.0
_RESERVE = 0.1  # of a limit
_TICK = 0.001  # seconds; no clock is finer
_WORTH_WAITING = 2.0  # seconds; for longer the lanes wait, which know whose turn it is


class Pace:
    """Several limits at once, each so many calls within any minute. Times are seconds of a monotonic clock.

    A campaign may use all of it as long as it goes evenly; of what came in bursts it leaves a tenth to replies, and whoever
    waits for a reply is served before it.
    """

    def __init__(self, limits: Sequence[int], *, now: Callable[[], float] = time.monotonic) -> None:
        self._gone = {limit: deque[float](maxlen=limit) for limit in limits}
        self._held_until = now()
        self._now = now
        self._replies = 0  # that wait

    async def wait(self) -> None:
        """Until a call may go; NOT_NOW `rate_limit` where that would be long."""
        bulk = IN_BULK.get()
        self._replies += not bulk
        try:
            while (gap := self._gap(bulk=bulk)) > _TICK:
                if gap > _WORTH_WAITING:
                    raise SendError(SendErrorKind.NOT_NOW, "rate_limit", retry_after=gap)
                await asyncio.sleep(gap)
        finally:
            self._replies -= not bulk
        for gone in self._gone.values():
            gone.append(self._now())

    def hold(self, seconds: float) -> None:
        """Zalo itself said that it is too much: nobody asks before that."""
        self._held_until = max(self._held_until, self._now() + seconds)

    def _gap(self, *, bulk: bool) -> float:
        now = self._now()
        free_at = [_free_at(gone, 1, limit=limit) for limit, gone in self._gone.items()]
        if bulk:
            free_at += [_even_at(gone, limit=limit) for limit, gone in self._gone.items()]
            free_at += [now + _MINUTE / limit for limit in self._gone if self._replies]
        return max(0.0, self._held_until - now, *(at - now for at in free_at))


def _free_at(gone: deque[float], calls: int, *, limit: int) -> float:
    """When so many calls may go at once."""
    last = len(gone) + calls - limit - 1
    return gone[last] + _MINUTE if last >= 0 else -math.inf


def _even_at(gone: deque[float], *, limit: int) -> float:
    """When one more call leaves the reserve free, or it becomes free again as fast as an even pace frees it."""
    reserve = int(limit * _RESERVE)
    return _free_at(gone, reserve + 1, limit=limit) - reserve * _MINUTE / limit
