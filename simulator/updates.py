"""The updates that wait for the bot, and the one long poll that may ask for them."""

import asyncio
import random
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from simulator.clock import Clock
from simulator.errors import conflict

MESSAGE_LIFE = 24 * 3600.0
CALLBACK_LIFE = 150.0
NOT_BY_DEFAULT = frozenset({"chat_member", "message_reaction", "message_reaction_count"})
OTHER_POLLER = "terminated by other getUpdates request; make sure that only one bot instance is running"
FIRST_IDS = (90_000_000, 900_000_000)
QUIET_WEEK = 7 * 24 * 3600.0
REPEATED_WITHIN = 3.0
HASTY_WITHIN = 0.5


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Update:
    """``lane`` says which updates must stay in order: those of one chat's messages, those of one person's taps."""

    update_id: int
    kind: str
    lane: tuple[str, int]
    expires_at: float
    content: dict[str, Any]

    def as_json(self) -> dict[str, Any]:
        return {"update_id": self.update_id, self.kind: self.content}


@dataclass(slots=True, eq=False)
class Poll:
    """One getUpdates that is under way; ``ended_by`` is the reason why somebody else ended it."""

    wake: asyncio.Event = field(default_factory=asyncio.Event)
    ended_by: str = ""


class Updates:
    """``update_id`` grows by one, but starts anew at random after a week without updates, as Telegram's does."""

    def __init__(self, *, clock: Clock, rng: random.Random) -> None:
        self._clock = clock
        self._rng = rng
        self._next_id = self._first_id()
        self._latest_at = clock.now()
        self._pending: deque[Update] = deque()
        self._next_expiry = float("inf")
        self._poll: Poll | None = None
        self._closed = False
        self._previous = (0, float("-inf"))
        self.allowed: list[str] = []
        self.arrived = asyncio.Event()

    def __len__(self) -> int:
        self._drop_expired()
        return len(self._pending)

    def push(self, kind: str, content: dict[str, Any], *, lane: tuple[str, int], expires_at: float) -> int | None:
        """Queue an update and return its id, or None when the bot did not ask for this kind."""
        if kind not in self.allowed if self.allowed else kind in NOT_BY_DEFAULT:
            return None
        now = self._clock.now()
        if now - self._latest_at > QUIET_WEEK:
            self._next_id = self._first_id()
        self._latest_at = now
        update_id = self._next_id
        self._next_id += 1
        self._pending.append(Update(update_id=update_id, kind=kind, lane=lane, expires_at=expires_at, content=content))
        self._next_expiry = min(self._next_expiry, expires_at)
        self.wake()
        return update_id

    def _first_id(self) -> int:
        return self._rng.randrange(*FIRST_IDS)

    def wake(self) -> None:
        if self._poll is not None:
            self._poll.wake.set()
        self.arrived.set()

    def _drop_expired(self) -> None:
        now = self._clock.now()
        if now < self._next_expiry:
            return
        self._pending = deque(update for update in self._pending if update.expires_at > now)
        self._next_expiry = min((update.expires_at for update in self._pending), default=float("inf"))

    def pending(self) -> list[Update]:
        self._drop_expired()
        return list(self._pending)

    def forget(self) -> None:
        self._pending.clear()
        self._next_expiry = float("inf")

    def remove(self, gone: Iterable[int]) -> None:
        """Take out updates that were delivered."""
        ids = set(gone)
        if self._pending and self._pending[0].update_id in ids and len(ids) == 1:
            self._pending.popleft()
        else:
            self._pending = deque(update for update in self._pending if update.update_id not in ids)

    def take(self, *, offset: int, limit: int) -> list[dict[str, Any]]:
        """Forget what lies before ``offset`` (a negative one keeps only the tail) and return what comes next."""
        self._drop_expired()
        if offset < 0:
            while len(self._pending) > -offset:
                self._pending.popleft()
        else:
            while self._pending and self._pending[0].update_id < offset:
                self._pending.popleft()
        return [update.as_json() for update, _ in zip(self._pending, range(limit), strict=False)]

    def end_poll(self, reason: str) -> None:
        if self._poll is not None:
            self._poll.ended_by = reason
            self._poll.wake.set()
            self._poll = None

    def close(self) -> None:
        self._closed = True
        self.wake()

    def hold_back(self, offset: int, *, now: float, limit: int, seconds: int) -> tuple[int, int]:
        """Slow down a client that asks again and again for the same offset, as the real server does; returns limit and timeout."""
        before, asked_at = self._previous
        self._previous = (offset, now)
        if offset == before and now < asked_at + REPEATED_WITHIN:
            seconds = max(seconds, int(REPEATED_WITHIN))
            if now < asked_at + HASTY_WITHIN:
                limit = 1
        return limit, seconds

    async def poll(self, *, offset: int, limit: int, seconds: float) -> list[dict[str, Any]]:
        """Wait up to ``seconds`` of real time for updates; a later poll ends this one with 409."""
        self.end_poll(OTHER_POLLER)
        poll = self._poll = Poll()
        deadline = asyncio.get_running_loop().time() + seconds
        try:
            while not (found := self.take(offset=offset, limit=limit)) and not self._closed:
                poll.wake.clear()
                try:
                    async with asyncio.timeout_at(deadline):
                        await poll.wake.wait()
                except TimeoutError:
                    return []
                if poll.ended_by:
                    raise conflict(poll.ended_by)
            return found
        finally:
            if self._poll is poll:
                self._poll = None
