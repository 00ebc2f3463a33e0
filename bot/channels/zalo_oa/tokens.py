"""The access token that holds now. Its refresh token is good for one call, so one process at a time may spend it."""

import asyncio
import logging
import math
import os
import secrets
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from bot.channels.kit import growing_waits
from bot.channels.zalo_oa.oauth import OAuth
from outreach.clock import Clock, system_clock
from outreach.messaging import SendError, SendErrorKind
from outreach.pacing import Lease, LeaseState
from outreach.tokens import TokenPair
from outreach.transaction import Transactions, check_outside_transaction, shielded

log = logging.getLogger(__name__)

_DUE_AFTER = 0.8  # of an access token's life: 20 of 25 hours
_BEATS_PER_TAKEOVER = 4
_FIRST_WAIT, _LONGEST_WAIT = 5.0, 300.0  # seconds between attempts that came to nothing
_FIRST_STORE_WAIT, _LONGEST_STORE_WAIT = 0.1, 10.0


def token_name(app_id: str) -> str:
    """Under which the pair of that app is kept."""
    return f"zalo_oa:{app_id}"


def _due(pair: TokenPair) -> float:
    life = pair.access_expires_at - pair.refreshed_at
    return (pair.refreshed_at + _DUE_AFTER * life).timestamp()


def _growing() -> Iterator[float]:
    return growing_waits(first=_FIRST_WAIT, most=_LONGEST_WAIT)


@dataclass(kw_only=True)
class Tokens:
    """Gives the access token and renews it in time. What it raises is a SendError of a call that has not been made.

    REVOKED `token_missing` before an administrator has agreed, REVOKED `token_lost` once the refresh token brings nothing
    more: only a new pair helps then. NEVER_LEFT `token_unavailable` while the OAuth server does not answer.
    """

    transactions: Transactions
    oauth: OAuth
    clock: Clock = system_clock
    takeover_seconds: float = 3.0  # a refresher whose beat stands still for so long is dead
    holder: str = field(default_factory=lambda: f"{socket.gethostname()[:40]}:{os.getpid()}:{secrets.token_hex(4)}")

    def __post_init__(self) -> None:
        self.name = token_name(self.oauth.app_id)
        self._lane = f"token:{self.name}"
        self._known: TokenPair | None = None
        self._alone = asyncio.Lock()
        self._waits = _growing()
        self._not_before = -math.inf  # on the monotonic clock, as is the next one
        self._beat_at = -math.inf

    async def pair(self) -> TokenPair | None:
        """As it is stored, for whoever watches over it."""
        async with self.transactions.read() as tx:
            return await tx.tokens.get(self.name)

    async def give(self, pair: TokenPair) -> None:
        """A pair that came by the consent or from the API Explorer takes the place of whatever was there."""
        async with self.transactions.write() as tx:
            await tx.tokens.store(self.name, pair)
        self._learn(pair)

    async def access(self) -> str:
        """A token to show with the next call. It is renewed when four fifths of its life are over."""
        check_outside_transaction()
        now = self.clock()
        pair = self._known
        if pair is None or now.timestamp() >= _due(pair):
            pair = await self._read()
        lives = now < pair.access_expires_at
        if now.timestamp() < _due(pair) or (lives and pair.failure):
            return pair.access
        try:
            return await self.renewed(pair.access)
        except SendError:
            if not lives:
                raise
            return pair.access

    async def renewed(self, stale: str) -> str:
        """A token other than `stale`, which Zalo no longer takes: somebody else's new one, or a pair of our own getting."""
        check_outside_transaction()
        async with self._alone:
            still_since, seen = time.monotonic(), None
            while True:
                pair = await self._read()
                self._check_hope(pair, stale=stale)
                if pair.access != stale:
                    return pair.access
                async with self.transactions.read() as tx:
                    state = await tx.leases.read(self._lane)
                if state != seen:
                    still_since, seen = time.monotonic(), state
                if not state[0] or time.monotonic() - still_since >= self.takeover_seconds:
                    lease = await self._take(state)
                    if lease:
                        return (await shielded(self._spend(lease, stale=stale))).access
                await asyncio.sleep(min(0.1, self.takeover_seconds / _BEATS_PER_TAKEOVER))

    def _check_hope(self, pair: TokenPair, *, stale: str) -> None:
        if pair.access != stale:
            return
        if pair.failure:
            raise SendError(SendErrorKind.REVOKED, pair.failure)
        wait = self._not_before - time.monotonic()
        if wait > 0:
            raise SendError(SendErrorKind.NEVER_LEFT, "token_unavailable", retry_after=wait)

    async def _read(self) -> TokenPair:
        pair = await self.pair()
        if pair is None:
            raise SendError(SendErrorKind.REVOKED, "token_missing")
        self._known = pair
        return pair

    def _learn(self, pair: TokenPair) -> None:
        self._known = pair
        self._waits, self._not_before = _growing(), -math.inf

    async def _take(self, seen: LeaseState) -> Lease | None:
        self._beat_at = time.monotonic()
        async with self.transactions.write() as tx:
            return await tx.leases.take(self._lane, holder=self.holder, seen=seen)

    async def _spend(self, lease: Lease, *, stale: str) -> TokenPair:
        """Everything from the mark to the durable pair; it runs to its end even where the caller is cancelled."""
        beating = asyncio.create_task(self._beat(lease))
        try:
            async with self.transactions.write() as tx:
                pair = await tx.tokens.get(self.name)
                if pair is None:
                    raise SendError(SendErrorKind.REVOKED, "token_missing")
                fresh = pair.access != stale
                if not fresh and not pair.failure:
                    if pair.refreshing_at:
                        log.warning("a refresh was cut off before its end; whether it was spent, the next answer tells")
                    await tx.tokens.begin(self.name, at=self.clock())
            if fresh:
                self._learn(pair)
                return pair
            self._check_hope(pair, stale=stale)
            return await self._exchange(pair)
        finally:
            beating.cancel()
            await asyncio.gather(beating, return_exceptions=True)
            async with self.transactions.write() as tx:
                await tx.leases.release(lease)

    async def _beat(self, lease: Lease) -> None:
        while True:
            await asyncio.sleep(self.takeover_seconds / _BEATS_PER_TAKEOVER)
            began = time.monotonic()
            try:
                async with self.transactions.write() as tx:
                    beaten = await tx.leases.beat(lease)
            except Exception as error:  # noqa: BLE001  whatever ails the database: the next beat may be written
                log.error("the refresher's beat could not be written: %s", type(error).__name__)  # noqa: TRY400  a trace may quote it
            else:
                if beaten:
                    self._beat_at = began

    def _check_beat(self) -> None:
        """A refresher that could say nothing for so long may have been replaced: two would spend the same token."""
        if time.monotonic() - self._beat_at >= self.takeover_seconds:
            raise SendError(SendErrorKind.NEVER_LEFT, "lease_stale")

    async def _exchange(self, pair: TokenPair) -> TokenPair:
        try:
            self._check_beat()
            new = await self.oauth.refresh(pair.refresh, now=self.clock())
        except SendError as error:
            await self._came_to_nothing(pair, error)
            if error.kind == SendErrorKind.REVOKED:
                raise
            raise SendError(SendErrorKind.NEVER_LEFT, "token_unavailable", retry_after=_FIRST_WAIT) from error
        if not await self._stored(new, spent=pair.refresh):
            return await self._read()
        self._learn(new)
        log.info("the access token was renewed")
        return new

    async def _came_to_nothing(self, pair: TokenPair, error: SendError) -> None:
        async with self.transactions.write() as tx:
            if error.kind == SendErrorKind.REVOKED:
                await tx.tokens.fail(self.name, spent=pair.refresh, reason=error.reason)
            elif error.kind == SendErrorKind.NEVER_LEFT:
                await tx.tokens.undo(self.name)
        if error.kind == SendErrorKind.REVOKED:
            log.error("the refresh token brings no new pair any more; run `loatre zalo authorize`")
            return
        self._not_before = time.monotonic() + next(self._waits)
        log.warning("no new pair of tokens yet: %s", error.reason)

    async def _stored(self, new: TokenPair, *, spent: str) -> bool:
        """Until it lies on the disk: there is no second copy of it, and the old pair is dead."""
        waits = growing_waits(first=_FIRST_STORE_WAIT, most=_LONGEST_STORE_WAIT)
        while True:
            try:
                async with self.transactions.write() as tx:
                    return await tx.tokens.store(self.name, new, spent=spent)
            except Exception as error:  # noqa: BLE001  whatever ails the database: the pair must not be lost
                log.error("the new pair of tokens could not be stored: %s", type(error).__name__)  # noqa: TRY400  a trace may quote it
                await asyncio.sleep(next(waits))
