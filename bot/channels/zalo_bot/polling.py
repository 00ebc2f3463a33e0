"""Polling: Zalo forgets an update by answering with it, so it is in safe hands before the next one is asked for."""

import asyncio
import logging
import time
from collections.abc import Iterator
from contextlib import suppress

from bot.channels.kit import Take, growing_waits
from bot.channels.zalo_bot.adapter import ZaloBotChannel
from bot.channels.zalo_bot.incoming import read_update
from outreach.messaging import SendError, SendErrorKind

log = logging.getLogger(__name__)

POLL_SECONDS = 8  # a stop waits for the poll under way, because its answer may bring the only copy of an update
LONGEST_WAIT = 60.0
BREATH_SECONDS = 1.0  # where Zalo says sooner than this that nobody wrote


class Poller:
    """`take` returns True once the turn is committed or the update is written down; a slow turn then goes on by itself.

    `run` ends by `stop`, or with SendError REVOKED when the token is no longer ours. `polled_at` is the monotonic second of
    the latest good answer, at first that of its making; while an update cannot be stored it stands still.
    """

    def __init__(
        self, channel: ZaloBotChannel, take: Take, *, poll_seconds: int = POLL_SECONDS, first_wait: float = 1.0
    ) -> None:
        self._channel = channel
        self._take = take
        self._poll_seconds = poll_seconds
        self._first_wait = first_wait  # seconds; doubled with every failure in a row
        self._stopping = asyncio.Event()
        self._ended = asyncio.Event()
        self._ended.set()
        self.polled_at = time.monotonic()

    async def run(self) -> None:
        self._ended.clear()
        try:
            await self._until_stopped()
        finally:
            self._ended.set()

    async def stop(self) -> None:
        """Take no more; returns when the poll under way is answered and what it brought is in safe hands."""
        self._stopping.set()
        await self._ended.wait()

    async def _until_stopped(self) -> None:
        ready, trouble, waits = False, "", self._waits()
        while not self._stopping.is_set():
            asked_at = time.monotonic()
            try:
                if not ready:
                    await self._channel.client.delete_webhook()  # as long as there is one nothing is given out here
                    ready = True
                update = await self._channel.client.update(self._poll_seconds)
            except SendError as error:
                if error.kind == SendErrorKind.REVOKED:
                    raise
                if error.reason != trouble:
                    log.warning("polling waits: %s", error.reason)
                ready, trouble = False, error.reason
                await self._pause(next(waits))
                continue
            if trouble:
                log.info("polling goes on after: %s", trouble)
                trouble, waits = "", self._waits()
            self.polled_at = time.monotonic()
            if update is not None:
                await self._keep(update)
            elif self.polled_at - asked_at < BREATH_SECONDS:
                await self._pause(BREATH_SECONDS)

    def _waits(self) -> Iterator[float]:
        return growing_waits(first=self._first_wait, most=LONGEST_WAIT)

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stopping.wait()

    async def _keep(self, update: object) -> None:
        """Until it is in safe hands: nobody else has it any more, so only a stop gives it up."""
        channel = self._channel
        incoming = read_update(update, account_id=channel.account_id, received_at=channel.clock())
        if incoming is None:
            return
        for wait in self._waits():
            if await self._take(incoming):
                return
            log.error("an update could not be stored")
            if self._stopping.is_set():
                log.error("an update is lost: it could not be stored before the stop")
                return
            await self._pause(wait)
