"""Long polling: updates are handed over as they come, and forgotten by Telegram only once they and all before are committed."""

import asyncio
import json
import logging
import math
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import suppress
from itertools import count
from typing import Any
from urllib.parse import urlencode

from bot.channels.kit import Handle, growing_waits
from bot.channels.telegram.adapter import TelegramChannel
from bot.channels.telegram.errors import calling
from bot.channels.telegram.incoming import ALLOWED_UPDATES, read_update
from outreach.messaging import Address, Incoming, SendError, SendErrorKind

log = logging.getLogger(__name__)

POLL_SECONDS = 25
TURN_SECONDS = 60.0
LONGEST_WAIT = 60.0
CONFIRM_SECONDS = 3.0
MOST_ATTEMPTS = 3  # where others got through meanwhile
LAST_ATTEMPTS = 15  # nine minutes
BREATH_SECONDS = 0.1  # most turns are committed by then, and the next request confirms them
# Who asks for the same offset again within half a second gets one update only, and it is the one that is in hand.
REPEAT_SECONDS = 0.6


class Poller:
    """`handle` returns once the turn is committed. One person's updates follow each other, different people's run together.

    Telegram forgets whatever lies before the offset, so the offset is the lowest update that is not committed. While one is
    slow it is asked for again and again, for the sake of what has arrived behind it (up to 100 updates, as many as one
    answer holds); what is in hand already is left out.

    `run` ends by `stop`, or with SendError REVOKED when the token is no longer ours. `polled_at` is the monotonic second of
    the latest good answer, at first that of its making.
    """

    def __init__(self, channel: TelegramChannel, handle: Handle, *, first_wait: float = 1.0) -> None:
        self._channel = channel
        self._handle = handle
        self._first_wait = first_wait  # seconds; doubled with every failure in a row
        self._open: set[int] = set()  # update ids: in hand, not committed
        self._done: set[int] = set()  # committed, and Telegram does not know it
        self._asked, self._asked_at = 0, -math.inf  # the latest offset, and when
        self._lines: dict[Address, deque[Incoming]] = {}  # the first of each is under way
        self._workers: set[asyncio.Task[None]] = set()
        self._failing: set[Address] = set()
        self._moved = asyncio.Event()  # something was committed, or the stop came
        self._stopping = asyncio.Event()
        self._ended = asyncio.Event()
        self._ended.set()
        self._committed = 0
        self.polled_at = time.monotonic()

    async def run(self) -> None:
        self._ended.clear()
        try:
            await self._until_stopped()
        finally:
            for worker in self._workers:
                worker.cancel()
            self._ended.set()

    async def stop(self) -> None:
        """Take no more; returns when the turns under way are committed and Telegram knows it."""
        self._stopping.set()
        self._moved.set()
        await self._ended.wait()

    async def _until_stopped(self) -> None:
        ready, trouble, waits = False, "", self._waits()
        while not self._stopping.is_set():
            try:
                if not ready:
                    with calling():
                        await self._channel.bot.delete_webhook(drop_pending_updates=False)
                    ready = True
                updates = await self._interruptible(self._ask(POLL_SECONDS))
            except SendError as error:
                if error.kind == SendErrorKind.REVOKED:
                    raise
                if error.reason != trouble:
                    log.warning("polling waits: %s", error.reason)
                ready, trouble = ready and error.reason != "conflict", error.reason
                await self._pause(max(next(waits), error.retry_after))
                continue
            if trouble:
                log.info("polling goes on after: %s", trouble)
                trouble, waits = "", self._waits()
            self._take(updates or [])
            await self._breathe()
        await asyncio.gather(*self._workers)
        await self._confirm()

    def _waits(self) -> Iterator[float]:
        return growing_waits(first=self._first_wait, most=LONGEST_WAIT)

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stopping.wait()

    async def _interruptible(self, call: Awaitable[list[Any]]) -> list[Any] | None:
        """The answer, or None when `stop` came first."""
        asked = asyncio.ensure_future(call)
        stopped = asyncio.ensure_future(self._stopping.wait())
        try:
            await asyncio.wait({asked, stopped}, return_when=asyncio.FIRST_COMPLETED)
            return asked.result() if asked.done() else None
        finally:
            for task in (asked, stopped):
                task.cancel()
            await asyncio.gather(asked, stopped, return_exceptions=True)

    async def _ask(self, seconds: int) -> list[Any]:
        """Raw updates: one that the SDK cannot read must not hold up the others."""
        query = {"timeout": seconds, "allowed_updates": json.dumps(ALLOWED_UPDATES)}
        offset = self._offset
        if offset:
            query["offset"] = offset
        self._asked, self._asked_at = offset, time.monotonic()
        polling = self._channel.polling
        with calling():
            found = await polling.post(
                f"{self._channel.bot.base_url}/getUpdates?{urlencode(query)}",
                read_timeout=seconds + (polling.read_timeout or 0),
            )
        self.polled_at = time.monotonic()
        self._done = {known for known in self._done if known >= offset}
        return found if isinstance(found, list) else []

    @property
    def _offset(self) -> int:
        """Once all is committed and confirmed it is left out: after a quiet week Telegram's ids start again, perhaps lower."""
        return min(self._open, default=max(self._done, default=-1) + 1)

    def _take(self, updates: Sequence[Any]) -> None:
        """Hand over what is new."""
        account_id, now = self._channel.account_id, self._channel.clock()
        for update in updates:
            update_id = update.get("update_id") if isinstance(update, dict) else None
            if not isinstance(update_id, int) or update_id in self._open or update_id in self._done:
                continue
            incoming = read_update(update, account_id=account_id, received_at=now)
            if incoming is None:
                self._done.add(update_id)
                continue
            self._open.add(update_id)
            if incoming.address in self._lines:
                self._lines[incoming.address].append(incoming)
                continue
            self._lines[incoming.address] = deque([incoming])
            worker = asyncio.create_task(self._one_person(incoming.address))
            self._workers.add(worker)
            worker.add_done_callback(self._workers.discard)

    async def _breathe(self) -> None:
        """Before the next request: a moment for the turns to commit, and more where it would only repeat the last one."""
        await self._wait_for(lambda: not self._open, seconds=BREATH_SECONDS)
        due = self._asked_at + REPEAT_SECONDS
        await self._wait_for(lambda: self._offset != self._asked or not self._open, seconds=due - time.monotonic())

    async def _wait_for(self, so: Callable[[], bool], *, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not (so() or self._stopping.is_set()):
                    self._moved.clear()
                    await self._moved.wait()

    async def _one_person(self, address: Address) -> None:
        """In order; what the stop leaves over comes again."""
        line = self._lines[address]
        while line and not self._stopping.is_set() and await self._commit(line[0]):
            update_id = int(line.popleft().update_id)
            self._open.remove(update_id)
            self._done.add(update_id)
            self._moved.set()
        del self._lines[address]

    async def _commit(self, incoming: Incoming) -> bool:
        """Until it is committed; False when the stop came first.

        It is given up where the fault is in this one and not in the database: others got through meanwhile, or after many
        attempts nobody else's fails.
        """
        before, waits = self._committed, self._waits()
        try:
            for attempt in count(1):
                try:
                    async with asyncio.timeout(TURN_SECONDS):
                        await self._handle(incoming)
                except Exception as error:
                    log.exception("an update could not be handled (attempt %d): %s", attempt, type(error).__name__)
                else:
                    self._committed += 1
                    return True
                self._failing.add(incoming.address)
                others = attempt >= MOST_ATTEMPTS and self._committed > before
                if others or (attempt >= LAST_ATTEMPTS and len(self._failing) == 1):
                    # The log hides long numbers, as those of persons; grouped it stays readable.
                    log.error("update %s is given up after %d attempts", f"{int(incoming.update_id):_}", attempt)
                    return True
                await self._pause(next(waits))
                if self._stopping.is_set():
                    break
        finally:
            self._failing.discard(incoming.address)
        return False

    async def _confirm(self) -> None:
        """Tell Telegram what is done; otherwise it would deliver the last batch once more, which is harmless."""
        if self._done:
            try:
                async with asyncio.timeout(CONFIRM_SECONDS):
                    await self._ask(0)
            except (SendError, TimeoutError):
                log.debug("the last updates were not confirmed")
