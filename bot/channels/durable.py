"""For channels that must be answered sooner than a slow turn ends: what was taken is durable, so it may be acknowledged."""

import asyncio
import contextlib
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.channels.kit import Handle
from outreach.clock import Clock, system_clock
from outreach.inbox import InboxId, Taken
from outreach.messaging import AccountId, Incoming
from outreach.transaction import Transactions

log = logging.getLogger(__name__)

_STORE_PATIENCE = 0.7  # seconds; with the patience for the turn it stays under the two that Zalo waits
_REST = timedelta(minutes=1)  # younger ones are in the hands of a turn
_GIVEN_UP = timedelta(days=1)
_AT_ONCE = 50

Key = tuple[AccountId, str]


class Durable:
    """Hands people's doings on. `handle` returns once the turn is committed; a repeat of what was handled is harmless to it.

    `patience` in seconds: a turn that takes longer is written down, and goes on.
    """

    def __init__(
        self, transactions: Transactions, handle: Handle, *, patience: float = 1.0, clock: Clock = system_clock
    ) -> None:
        self._transactions = transactions
        self._handle = handle
        self._patience = patience
        self._clock = clock
        self._turns: dict[Key, asyncio.Task[None]] = {}
        self._stores: set[asyncio.Task[None]] = set()
        self._kept: set[Key] = set()  # turns under way that lie in the inbox as well
        self._tried: dict[InboxId, datetime] = {}

    async def take(self, incoming: Incoming) -> bool:
        """Whether it may be acknowledged: the turn is committed, or what the person did lies on the disk."""
        turn = self._turn(incoming)
        await asyncio.wait({turn}, timeout=self._patience)
        if _good(turn):
            return True
        store = asyncio.create_task(self._store(incoming, turn))
        self._stores.add(store)
        store.add_done_callback(self._stored)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_STORE_PATIENCE):
                while not _good(turn) and not store.done():
                    await asyncio.wait(
                        {turn, store} if not turn.done() else {store}, return_when=asyncio.FIRST_COMPLETED
                    )
        return _good(turn) or _good(store)

    async def replay(self, *, at_start: bool = False) -> None:
        """Handle again what was taken and is not committed: all of it at the start, later what no turn has in hand.

        A turn that fails is tried at times that grow with its age, for a day.
        """
        now = self._clock()
        async with self._transactions.write() as tx:
            given_up = await tx.inbox.drop(before=now - _GIVEN_UP)
        if given_up:
            log.error("%d messages could not be handled for a day and were given up", given_up)
        before = now + _REST if at_start else now - _REST
        after: InboxId | None = None
        while rows := await self._waiting(before=before, after=after):
            after = rows[-1].inbox_id
            await asyncio.gather(*(self._again(row) for row in rows if self._is_due(row, now)))
        self._tried = {one: at for one, at in self._tried.items() if at > now - _GIVEN_UP}

    async def stop(self) -> None:
        """Wait for the turns under way, and for what is being written down."""
        await asyncio.gather(*self._turns.values(), *self._stores, return_exceptions=True)
        await asyncio.gather(*self._stores, return_exceptions=True)

    def _turn(self, incoming: Incoming) -> asyncio.Task[None]:
        """A second delivery of what is under way joins the first."""
        key = _key(incoming)
        turn = self._turns.get(key)
        if turn is None:
            turn = asyncio.create_task(self._run(incoming))
            self._turns[key] = turn
            turn.add_done_callback(lambda done: self._ended(key, done))
        return turn

    async def _run(self, incoming: Incoming) -> None:
        await self._handle(incoming)
        if _key(incoming) in self._kept:
            await self._forget(incoming)

    def _ended(self, key: Key, turn: asyncio.Task[None]) -> None:
        del self._turns[key]
        self._kept.discard(key)
        error = None if turn.cancelled() else turn.exception()
        if error is not None:
            log.error("what a person did could not be handled: %s", type(error).__name__, exc_info=error)

    async def _store(self, incoming: Incoming, turn: asyncio.Task[None]) -> None:
        key = _key(incoming)
        self._kept.add(key)
        async with self._transactions.write() as tx:
            await tx.inbox.add(incoming, at=self._clock())
        if _good(turn):  # it ended between our looking and the commit: nobody else takes the row out
            await self._forget(incoming)
        if turn.done():
            self._kept.discard(key)

    def _stored(self, store: asyncio.Task[None]) -> None:
        self._stores.discard(store)
        error = None if store.cancelled() else store.exception()
        if error is not None:
            log.error("what a person did could not be written down: %s", type(error).__name__)

    async def _forget(self, incoming: Incoming) -> None:
        async with self._transactions.write() as tx:
            await tx.inbox.remove(incoming)

    async def _waiting(self, *, before: datetime, after: InboxId | None) -> Sequence[Taken]:
        async with self._transactions.read() as tx:
            return await tx.inbox.waiting(before=before, limit=_AT_ONCE, after=after)

    def _is_due(self, row: Taken, now: datetime) -> bool:
        if _key(row.incoming) in self._turns:
            return False
        tried = self._tried.get(row.inbox_id)
        return tried is None or now - row.received_at >= 2 * (tried - row.received_at)

    async def _again(self, row: Taken) -> None:
        self._tried[row.inbox_id] = self._clock()
        self._kept.add(_key(row.incoming))
        await asyncio.wait({self._turn(row.incoming)})


def _key(incoming: Incoming) -> Key:
    return incoming.address.account_id, incoming.update_id


def _good(task: asyncio.Task[None]) -> bool:
    return task.done() and not task.cancelled() and task.exception() is None
