"""Long polling: updates are handed over, and forgotten by Telegram only after all of their turns are committed."""

import asyncio
import json
import logging
import time
from collections.abc import Awaitable, Iterator, Sequence
from contextlib import suppress
from itertools import count, groupby
from typing import Any
from urllib.parse import urlencode

from bot.channels.kit import Handle, growing_waits
from bot.channels.telegram.adapter import TelegramChannel
from bot.channels.telegram.errors import calling
from bot.channels.telegram.incoming import ALLOWED_UPDATES, read_update
from outreach.messaging import Incoming, SendError, SendErrorKind

log = logging.getLogger(__name__)

POLL_SECONDS = 25
TURN_SECONDS = 60.0
LONGEST_WAIT = 60.0
CONFIRM_SECONDS = 3.0
MOST_ATTEMPTS = 3


class Poller:
    """`handle` returns once the turn is committed. One person's updates follow each other, different people's run together.

    `run` ends by `stop`, or with SendError REVOKED when the token is no longer ours. `polled_at` is the monotonic second of
    the latest good answer, at first that of its making.
    """

    def __init__(self, channel: TelegramChannel, handle: Handle, *, first_wait: float = 1.0) -> None:
        self._channel = channel
        self._handle = handle
        self._first_wait = first_wait  # seconds; doubled with every failure in a row
        self._offset = 0
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
            self._ended.set()

    async def stop(self) -> None:
        """Take no more; returns when the turns under way are committed and Telegram knows it."""
        self._stopping.set()
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
            await self._take(updates or [])
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
        if self._offset:
            query["offset"] = self._offset
        polling = self._channel.polling
        with calling():
            found = await polling.post(
                f"{self._channel.bot.base_url}/getUpdates?{urlencode(query)}",
                read_timeout=seconds + (polling.read_timeout or 0),
            )
        self.polled_at = time.monotonic()
        return found if isinstance(found, list) else []

    async def _take(self, updates: Sequence[Any]) -> None:
        """Hand a batch over and wait until all of it is committed; only then does the offset move.

        After an empty answer everything before is confirmed, so the offset is dropped: after a quiet week Telegram starts
        again at a random number, perhaps a lower one.
        """
        account_id, now = self._channel.account_id, self._channel.clock()
        found = [read_update(update, account_id=account_id, received_at=now) for update in updates]
        read = [incoming for incoming in found if incoming is not None]
        people = groupby(sorted(read, key=lambda one: one.address.external_id), key=lambda one: one.address)
        left = await asyncio.gather(*[self._one_person(list(theirs)) for _, theirs in people])
        ids = [update["update_id"] for update in updates if isinstance(update, dict) and "update_id" in update]
        self._offset = min(
            (int(incoming.update_id) for row in left for incoming in row), default=max(ids, default=-1) + 1
        )

    async def _one_person(self, theirs: list[Incoming]) -> list[Incoming]:
        """In order; returns those that were left when the stop came."""
        for place, incoming in enumerate(theirs):
            if not await self._commit(incoming):
                return theirs[place:]
        return []

    async def _commit(self, incoming: Incoming) -> bool:
        """Until it is committed; False when the stop came first.

        It is given up only when others got through meanwhile: then the fault is in this one and not in the database.
        """
        before, waits = self._committed, self._waits()
        for attempt in count(1):
            try:
                async with asyncio.timeout(TURN_SECONDS):
                    await self._handle(incoming)
            except Exception as error:
                log.exception("an update could not be handled (attempt %d): %s", attempt, type(error).__name__)
            else:
                self._committed += 1
                return True
            if attempt >= MOST_ATTEMPTS and self._committed > before:
                log.error("an update is given up after %d attempts", attempt)
                return True
            await self._pause(next(waits))
            if self._stopping.is_set():
                break
        return False

    async def _confirm(self) -> None:
        """Tell Telegram what is done; otherwise it would deliver the last batch once more, which is harmless."""
        if self._offset:
            try:
                async with asyncio.timeout(CONFIRM_SECONDS):
                    await self._ask(0)
            except (SendError, TimeoutError):
                log.debug("the last updates were not confirmed")
