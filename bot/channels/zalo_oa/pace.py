"""The calls a minute that Zalo allows, kept to before it has to say so."""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence

from outreach.messaging import SendError, SendErrorKind

_MINUTE = 60.0
_WORTH_WAITING = 2.0  # seconds; for longer the lanes wait, which know whose turn it is


class Pace:
    """Several limits at once, each so many calls within any minute. Times are seconds of a monotonic clock.

    Campaigns have their own, even pace in front of this, so a burst of replies finds room here.
    """

    def __init__(self, limits: Sequence[int], *, now: Callable[[], float] = time.monotonic) -> None:
        self._gone = [deque[float](maxlen=limit) for limit in limits]
        self._held_until = now()
        self._now = now

    async def wait(self) -> None:
        """Until a call may go; NOT_NOW `rate_limit` where that would be long."""
        while gap := self._gap():
            if gap > _WORTH_WAITING:
                raise SendError(SendErrorKind.NOT_NOW, "rate_limit", retry_after=gap)
            await asyncio.sleep(gap)
        for gone in self._gone:
            gone.append(self._now())

    def hold(self, seconds: float) -> None:
        """Zalo itself said that it is too much: nobody asks before that."""
        self._held_until = max(self._held_until, self._now() + seconds)

    def _gap(self) -> float:
        now = self._now()
        full = [gone[0] + _MINUTE - now for gone in self._gone if len(gone) == gone.maxlen]
        return max(0.0, self._held_until - now, *full)
