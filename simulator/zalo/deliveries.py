"""Carrying events to a webhook: one person in order, different people side by side, again after set waits."""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from simulator.clock import Clock

REMEMBERED = 10_000
AT_ONCE = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """One event on its way: the exact bytes, and the headers beside the usual ones. ``lane`` is the person it is about."""

    lane: str
    event_name: str
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


class Courier:
    """Delivers to ``url`` as long as there is one.

    ``waits`` are the clock's seconds before each further attempt; when the last of them failed too, the event is lost and
    ``gave_up`` is called. Only ``is_good`` statuses within ``answer_seconds`` of real time count.
    """

    def __init__(self, clock: Clock, *, waits: tuple[float, ...], is_good: Callable[[int], bool]) -> None:
        self.clock = clock
        self.url = ""
        self.waits = waits
        self.answer_seconds = 2.0
        self.retry_header = ""
        self.gave_up: Callable[[], None] = lambda: None
        self.failures = 0
        self.last_error = ""
        self._is_good = is_good
        self._lanes: dict[str, deque[Parcel]] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._rows: deque[dict[str, Any]] = deque(maxlen=REMEMBERED)
        self._attempts = 0
        self._session: aiohttp.ClientSession | None = None
        self._slots = asyncio.Semaphore(AT_ONCE)

    @property
    def waiting(self) -> int:
        return sum(len(lane) for lane in self._lanes.values())

    def post(self, parcel: Parcel) -> None:
        """Put an event at the end of its lane; without a webhook it is lost."""
        if not self.url:
            return
        self._lanes.setdefault(parcel.lane, deque()).append(parcel)
        if parcel.lane not in self._tasks:
            self._tasks[parcel.lane] = asyncio.create_task(self._work(parcel.lane))

    async def _work(self, lane: str) -> None:
        queue = self._lanes[lane]
        while queue:
            if not await self._deliver(queue[0]):
                self.gave_up()
            if queue:
                queue.popleft()
        del self._lanes[lane], self._tasks[lane]

    async def _deliver(self, parcel: Parcel) -> bool:
        """Whether it was accepted, or there is no webhook any more."""
        for number, wait in enumerate((0.0, *self.waits)):
            if number:
                await self.clock.sleep(wait)
            if not self.url or await self._attempt(parcel, number=number):
                return True
        return not self.url

    async def _attempt(self, parcel: Parcel, *, number: int) -> bool:
        """Try for the ``number``-th time after the first, and remember how it went."""
        headers = {"Content-Type": "application/json", **parcel.headers}
        if number and self.retry_header:
            headers[self.retry_header] = str(number)
        status, self.last_error = await self.knock(parcel.body, headers=headers)
        good = self._is_good(status)
        if not good:
            self.failures += 1
        self._attempts += 1
        self._rows.append(
            {
                "seq": self._attempts,
                "at": self.clock.iso(),
                "event_name": parcel.event_name,
                "person": parcel.lane,
                "num_retry": number,
                "status": status,
            }
        )
        return good

    async def knock(self, body: bytes, *, headers: dict[str, str]) -> tuple[int, str]:
        """POST to the webhook; its status (0 without an answer in time) and what went wrong."""
        if self._session is None:
            connector = aiohttp.TCPConnector(limit=AT_ONCE, ssl=False)
            self._session = aiohttp.ClientSession(connector=connector)
        async with self._slots:
            timeout = aiohttp.ClientTimeout(total=self.answer_seconds)
            given: Any = {
                "data": body,
                "headers": headers,
                "skip_auto_headers": ["Content-Type"],  # the ping has none
                "timeout": timeout,
                "allow_redirects": False,
            }
            try:
                async with self._session.post(self.url, **given) as answer:
                    await answer.read()
                    return answer.status, "" if self._is_good(answer.status) else f"answered {answer.status}"
            except TimeoutError:
                return 0, f"no answer within {self.answer_seconds} s"
            except (aiohttp.ClientError, ValueError) as problem:
                return 0, type(problem).__name__

    def rows_after(self, after: int, *, limit: int) -> tuple[list[dict[str, Any]], int]:
        rows = [row for row in self._rows if row["seq"] > after]
        return rows[: max(0, limit)], self._attempts

    def stop(self) -> list[asyncio.Task[None]]:
        """Drop what waits; returns the tasks that are ending."""
        ending = list(self._tasks.values())
        for task in ending:
            task.cancel()
        self._tasks, self._lanes = {}, {}
        return ending

    def forget(self) -> None:
        self.stop()
        self._rows.clear()
        self.failures, self.last_error = 0, ""

    async def close(self) -> None:
        await asyncio.gather(*self.stop(), return_exceptions=True)
        if self._session is not None:
            await self._session.close()
