"""The updates that wait for getUpdates: taken one by one, without offset and without a receipt."""

import asyncio
import random
from collections import deque
from typing import Any

from simulator.clock import Clock


class Updates:
    def __init__(self, clock: Clock, rng: random.Random) -> None:
        self._clock = clock
        self._rng = rng
        self._waiting: deque[dict[str, Any]] = deque()
        self._arrived = asyncio.Event()
        self._closed = False
        self.redeliver_p = 0.0

    def __len__(self) -> int:
        return len(self._waiting)

    def push(self, update: dict[str, Any]) -> None:
        self._waiting.append(update)
        self._wake()

    def _wake(self) -> None:
        self._arrived.set()
        self._arrived = asyncio.Event()

    def take(self) -> dict[str, Any] | None:
        if not self._waiting:
            return None
        update = self._waiting.popleft()
        if self.redeliver_p and self._rng.random() < self.redeliver_p:
            self._waiting.append(update)
        return update

    async def poll(self, *, seconds: float, gone: asyncio.Future[Any]) -> dict[str, Any] | None:
        """The next update, or None once the clock has gone ``seconds`` further; one whose asker is ``gone`` takes nothing."""
        until = asyncio.ensure_future(self._clock.sleep(seconds))
        try:
            while not gone.done():
                if (update := self.take()) is not None:
                    return update
                if until.done() or self._closed:
                    return None
                arrival = asyncio.ensure_future(self._arrived.wait())
                try:
                    await asyncio.wait({arrival, until, gone}, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    arrival.cancel()
            return None
        finally:
            until.cancel()

    def close(self) -> None:
        self._closed = True
        self._wake()

    def forget(self) -> None:
        self._waiting.clear()
