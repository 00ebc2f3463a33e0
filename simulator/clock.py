"""The simulator's own clock: it runs like the wall clock, and a test can move it forward."""

import asyncio
import time
from datetime import UTC, datetime


class Clock:
    """Seconds since 1970 as Telegram counts them; ``advance`` jumps forward and wakes whoever sleeps on it."""

    def __init__(self) -> None:
        self._base = time.time() - time.monotonic()
        self._moved = asyncio.Event()
        self._second = 0

    def now(self) -> float:
        return self._base + time.monotonic()

    def second(self) -> int:
        """The current whole second; the same object all second long, which keeps a million messages small."""
        second = int(self._base + time.monotonic())
        if second != self._second:
            self._second = second
        return self._second

    def iso(self, at: float | None = None) -> str:
        return datetime.fromtimestamp(self.now() if at is None else at, UTC).isoformat()

    def advance(self, seconds: float) -> None:
        self._base += seconds
        self._moved.set()
        self._moved = asyncio.Event()

    async def sleep(self, seconds: float) -> None:
        """Wait until this clock, not the wall clock, has gone ``seconds`` further."""
        until = self.now() + seconds
        while (left := until - self.now()) > 0:
            try:
                async with asyncio.timeout(left):
                    await self._moved.wait()
            except TimeoutError:
                continue
