"""The bulk lane of one account: windows of ledger rows, made durable before their requests leave.

One transaction writes what became of the last window and marks the next one in_flight; at most two windows are open. So a
kill loses nobody, repeats nobody in silence, and leaves at most two windows of people whose outcome is unknown.
"""

import asyncio
import logging
import math
from collections import deque
from collections.abc import Callable, Coroutine, Hashable, Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import partial
from typing import Any, TypeVar

from outreach.campaigns.control import halt_campaign
from outreach.campaigns.model import (
    Campaign,
    CampaignKind,
    Delivery,
    DeliveryId,
    DeliveryState,
    Limits,
    Outcome,
)
from outreach.campaigns.outcomes import given_back
from outreach.campaigns.ports.renderer import Renderer
from outreach.campaigns.rules import NO_ANSWER, Halts, in_hours, stands_still, week_start
from outreach.campaigns.wire import Wire, wording
from outreach.clock import Clock, local_day
from outreach.errors import LeaseLostError
from outreach.messaging import CampaignId, Channel
from outreach.officers import System
from outreach.pacing import Lease, LeaseState, TokenBucket
from outreach.pack import Pack
from outreach.reach.model import StoredPeriod, Tier
from outreach.transaction import Transaction, Transactions, shielded
from outreach.units import UnitId

log = logging.getLogger(__name__)

K = TypeVar("K", bound=Hashable)

_SENDER = System(name="sender")
_WINDOWS_A_SECOND = 15
_OPEN_WINDOWS = 2
_LARGEST_WINDOW = 64  # rows
_BOOKS = 0.05  # seconds: what a transaction may take
_IDLE_SECONDS = 0.5
_BEATS_PER_TAKEOVER = 5
_FIRST_WAIT, _LONGEST_WAIT = 0.1, 5.0  # seconds between attempts at a database that takes nothing
_RATE_STEP = 0.05  # a learned rate that has moved by this share is written down


@dataclass(slots=True, kw_only=True)
class _Lane:
    """What one holder has in its hands: the lease, open windows, outcomes to write, rows claimed and not yet on their way.

    `unsure`: claimed by transactions whose end was not heard of, so nothing of them has left; `noted`: what the one under way saw.
    `served`: the sending unit of the last window (None: the province), behind which the next one's turn comes.
    """

    lease: Lease
    bucket: TokenBucket
    beat_at: float  # of the loop's monotonic clock
    saved_rate: float
    windows: "deque[asyncio.Task[list[Outcome]]]" = field(default_factory=deque)
    done: list[Outcome] = field(default_factory=list)
    claimed: list[Delivery] = field(default_factory=list)
    unsure: dict[DeliveryId, Delivery] = field(default_factory=dict)
    noted: dict[CampaignId, Halts] = field(default_factory=dict)
    served: UnitId | None = None


@dataclass(kw_only=True)
class Dispatcher:
    """Runs one account's bulk lane until told to stop. `rate` is the most messages per second, `start_rate` the first ones'."""

    transactions: Transactions
    channel: Channel
    renderer: Renderer
    pack: Pack
    clock: Clock
    rate: float
    start_rate: float | None = None  # before anything was learned; None: the most
    holder: str
    takeover_seconds: float = 3.0
    hours_apply: bool = True
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    _halts: dict[CampaignId, Halts] = field(default_factory=dict)
    _periods: dict[date, list[StoredPeriod]] = field(default_factory=dict)
    _stopping: bool = False
    _troubles: int = 0  # in a row, of the database

    def __post_init__(self) -> None:
        self._wire = Wire(channel=self.channel, renderer=self.renderer, clock=self.clock)

    @property
    def lane(self) -> str:
        return f"bulk:{self.channel.account_id}"

    def window_size(self, rate: float) -> int:
        """Rows: what leaves in the time the provider takes to answer and a transaction to write the books between two windows.

        While one waits for its answers the other leaves, so that the rate is kept; fewer would be held up, more be unknown after
        a kill. Both leave within a second, for nothing that is open heeds a pause.
        """
        of_latency = math.ceil(rate * (self._wire.latency + _BOOKS))
        most = min(_LARGEST_WINDOW, int(rate / _OPEN_WINDOWS))
        return max(1, min(most, max(int(rate / _WINDOWS_A_SECOND), of_latency)))

    def stop(self) -> None:
        """What is on its way is waited for and written, the rest of the open windows is given back, the lane let go."""
        self._stopping = True
        self.wake.set()

    async def run(self) -> None:
        """Until stopped; being cancelled is a stop too. A lane lost to another process is queued for again."""
        while lane := await self._take_lane():
            try:
                while not self._stopping:
                    await self._step(lane)
                await shielded(self._leave(lane))
            except asyncio.CancelledError:
                self.stop()
                await shielded(self._leave(lane))
                raise
            except LeaseLostError:
                log.warning("lane %s is held by another process now", self.lane)
                lane.beat_at = -math.inf  # what has not left stays here; what has is unknown to its new holder
            finally:
                await asyncio.gather(*lane.windows, return_exceptions=True)

    async def _step(self, lane: _Lane) -> None:
        await self._insist(self._advance, lane=lane)
        claimed = bool(lane.claimed)
        if claimed:
            lane.windows.append(asyncio.create_task(self._send_window(lane, lane.claimed)))
            lane.claimed = []
        # The first go alone: what an answer takes is measured on them, and beside their own books it would seem to take longer.
        several = lane.bucket.rate >= _OPEN_WINDOWS and self._wire.latency
        most = _OPEN_WINDOWS if several else 1
        if lane.windows and (len(lane.windows) >= most or not claimed):
            await self._finish_window(lane)
        elif not claimed:
            await self._rest()

    async def _finish_window(self, lane: _Lane) -> None:
        """Wait for the oldest window; a slow one must not let the lease go stale."""
        beat = self.takeover_seconds / _BEATS_PER_TAKEOVER
        while not lane.windows[0].done():
            if not (await asyncio.wait({lane.windows[0]}, timeout=beat))[0]:
                await self._insist(self._beat, lane=lane)
        lane.done += lane.windows.popleft().result()

    async def _insist(
        self, write: Callable[[_Lane], Coroutine[Any, Any, None]], *, lane: _Lane, leaving: bool = False
    ) -> None:
        """Until the database takes it, whatever ails it: what became of people stands nowhere else.

        Meanwhile the beat goes stale and nothing more leaves; whether the lane is ours still, the next transaction tells.
        Told to stop it gives up, for `_leave` writes the same; leaving, it tries for as long as a watcher waits.
        """
        loop = asyncio.get_running_loop()
        first_at, wait = loop.time(), _FIRST_WAIT
        while True:
            try:
                await shielded(write(lane))
            except LeaseLostError:
                raise
            except Exception as error:
                self._log_trouble(error)
                if leaving and loop.time() - first_at >= self.takeover_seconds:
                    raise
                if self._stopping and not leaving:
                    return
            else:
                self._log_recovery()
                return
            await self._rest(wait)
            wait = min(2 * wait, _LONGEST_WAIT)

    def _log_trouble(self, error: Exception) -> None:
        """Once, however long it lasts."""
        self._troubles += 1
        if self._troubles == 1:
            log.error("lane %s: the database took nothing (%s)", self.lane, type(error).__name__)

    def _log_recovery(self) -> None:
        if self._troubles:
            log.warning("lane %s: the database takes again, after %d attempts in vain", self.lane, self._troubles)
        self._troubles = 0

    async def _rest(self, seconds: float = _IDLE_SECONDS) -> None:
        try:
            await asyncio.wait_for(self.wake.wait(), seconds)
        except TimeoutError:
            return
        self.wake.clear()

    async def _take_lane(self) -> _Lane | None:
        """Become the only sender: at once when the last holder left, else after its beat stood still for a while."""
        loop = asyncio.get_running_loop()
        still_since, last, wait = loop.time(), None, _FIRST_WAIT
        while not self._stopping:
            try:
                async with self.transactions.read() as tx:
                    state = await tx.leases.read(self.lane)
                    learned = await tx.leases.learned_rate(self.lane)
                if state != last:
                    still_since, last = loop.time(), state
                if not state[0] or loop.time() - still_since >= self.takeover_seconds:
                    now = loop.time()
                    lease = await shielded(self._settle(state))
                    if lease:
                        bucket = TokenBucket(self.rate, start=self.start_rate, learned=learned)
                        return _Lane(lease=lease, bucket=bucket, beat_at=now, saved_rate=bucket.rate)
            except Exception as error:  # noqa: BLE001  (nothing is in hand yet: the next look is as good)
                self._log_trouble(error)
                await self._rest(wait)
                wait = min(2 * wait, _LONGEST_WAIT)
            else:
                self._log_recovery()
                wait = _FIRST_WAIT
                await asyncio.sleep(min(0.2, self.takeover_seconds / _BEATS_PER_TAKEOVER))
        return None

    async def _settle(self, seen: LeaseState) -> Lease | None:
        async with self.transactions.write(bulk=True) as tx:
            lease = await tx.leases.take(self.lane, holder=self.holder, seen=seen)
            if lease:
                orphans = await tx.ledger.settle_orphans(
                    account_id=self.channel.account_id, lease=lease, at=self.clock()
                )
                if orphans:
                    log.warning("lane %s taken over: %d deliveries were interrupted", self.lane, orphans)
        return lease

    async def _beat(self, lane: _Lane) -> None:
        now = asyncio.get_running_loop().time()
        async with self.transactions.write(bulk=True) as tx:
            await tx.ledger.check_lease(lane.lease)
        lane.beat_at = now

    async def _leave(self, lane: _Lane) -> None:
        for window in lane.windows:
            lane.done += await window
        lane.done += [given_back(delivery, at=self.clock()) for delivery in lane.claimed]
        lane.windows, lane.claimed = deque(), []
        try:
            await self._insist(self._let_go, lane=lane, leaving=True)
        except LeaseLostError:
            log.warning("lane %s was held by another process when it was let go", self.lane)

    async def _let_go(self, lane: _Lane) -> None:
        await self._know_periods(lane)
        async with self.transactions.write(bulk=True) as tx:
            await tx.ledger.check_lease(lane.lease)
            await self._write(tx, lane, at=self.clock())
            await tx.leases.save_rate(self.lane, rate=lane.bucket.rate)
            await tx.leases.release(lane.lease)

    async def _advance(self, lane: _Lane) -> None:
        """Write the last window and claim the next, in one transaction. Effects: ledger, counters, reach, lease."""
        started, now = asyncio.get_running_loop().time(), self.clock()
        await self._know_periods(lane, now)
        claimed: list[Delivery] = []

        async def advance(tx: Transaction) -> None:
            await tx.ledger.check_lease(lane.lease)
            await self._write(tx, lane, at=now)
            if self._may_send(lane, now):
                claimed.extend(await self._claim(tx, lane, at=now))

        try:
            await self.transactions.in_bulk(advance)
        except Exception:
            lane.unsure |= {delivery.delivery_id: delivery for delivery in claimed}  # the answer alone may be lost
            raise
        # Only now is it durable; kept on the lane, because a cancelled caller never sees what this would return.
        lane.done, lane.claimed, lane.unsure, lane.beat_at = [], claimed, {}, started
        self._halts |= lane.noted

    async def _claim(self, tx: Transaction, lane: _Lane, *, at: datetime) -> list[Delivery]:
        claimed = await tx.ledger.claim_window(
            self.channel.account_id,
            size=self.window_size(lane.bucket.rate),
            lease=lane.lease,
            limits=self._limits(at),
            at=at,
            after=lane.served,
        )
        for words in {wording(delivery) for delivery in claimed} - self._wire.wordings.keys():
            campaign = await tx.campaigns.get(words[0])
            assert campaign  # noqa: S101  (its rows refer to it)
            self._wire.wordings[words] = campaign
        if claimed:
            lane.served = self._wire.wordings[wording(claimed[0])].unit_id
        return await self._with_items(tx, claimed)

    async def _with_items(self, tx: Transaction, claimed: list[Delivery]) -> list[Delivery]:
        """A digest is another message for each."""
        kinds = {words: campaign.kind for words, campaign in self._wire.wordings.items()}
        digests = [one.delivery_id for one in claimed if kinds[wording(one)] == CampaignKind.DIGEST]
        items = await tx.digests.items(digests) if digests else {}
        return [replace(one, items=items.get(one.delivery_id, ())) for one in claimed] if digests else claimed

    def _may_send(self, lane: _Lane, now: datetime) -> bool:
        open_now = not self.hours_apply or in_hours(now, span=self.pack.sending.hours)
        heeds_a_pause = (
            lane.bucket.free_in <= 1 / _OPEN_WINDOWS
        )  # slower than two a second, a row waits while it is pending
        return open_now and heeds_a_pause and not self._stopping and not lane.bucket.held_for

    def _limits(self, now: datetime) -> Limits:
        return Limits(per_week=self.pack.sending.weekly_cap, week_start=week_start(now))

    async def _know_periods(self, lane: _Lane, *more: datetime) -> None:
        """Look the days' periods up once, in a transaction of their own: ids that were rolled back must not be remembered."""
        days = {local_day(outcome.at) for outcome in lane.done} | {local_day(instant) for instant in more}
        for day in days - self._periods.keys():
            main = self.pack.main_period.on(day)
            others = [period for period in self.pack.periods_on(day) if period != main]
            async with self.transactions.write(bulk=True) as tx:
                self._periods[day] = await tx.reach.ensure_periods([*([main] if main else []), *others])

    async def _write(self, tx: Transaction, lane: _Lane, *, at: datetime) -> None:
        if abs(lane.bucket.rate - lane.saved_rate) > _RATE_STEP * lane.saved_rate:
            await tx.leases.save_rate(self.lane, rate=lane.bucket.rate)
            lane.saved_rate = lane.bucket.rate
        heard_of = {outcome.delivery.delivery_id for outcome in lane.done}
        back = [given_back(one, at=at) for number, one in lane.unsure.items() if number not in heard_of]
        written = await tx.ledger.write_outcomes([*lane.done, *back], lease=lane.lease, at=at)
        lane.noted = {}
        for words, outcomes in _grouped(written, by=lambda one: wording(one.delivery)):
            await self._record_reach(tx, self._wire.wordings[words], outcomes)
        for _, outcomes in _grouped(written, by=lambda one: one.delivery.campaign_id):
            await self._halt(tx, lane, outcomes, at=at)

    async def _halt(self, tx: Transaction, lane: _Lane, outcomes: list[Outcome], *, at: datetime) -> None:
        """An officer looks before more people get it."""
        campaign_id, account = outcomes[0].delivery.campaign_id, stands_still(outcomes)
        reason = account or self._trouble(lane, campaign_id, outcomes)
        of_account = self.channel.account_id if account or reason == NO_ANSWER else None
        if reason and await halt_campaign(
            _SENDER, tx=tx, campaign_id=campaign_id, reason=reason, at=at, account_id=of_account
        ):
            log.error("campaign %d was halted, as met on %s: %s", campaign_id, self.channel.name, reason)

    async def _record_reach(self, tx: Transaction, campaign: Campaign, outcomes: list[Outcome]) -> None:
        """Everybody who got content that counts, by the day in Vietnam on which the channel accepted it.

        A second leg after an accepted first one is the same message, and no other turn.
        """
        per_day: dict[tuple[date, bool], list[Outcome]] = {}
        for outcome in outcomes:
            counts = campaign.content.counts or any(item.counts for item in outcome.delivery.items)
            if counts and outcome.state == DeliveryState.SENT:
                per_day.setdefault((local_day(outcome.at), outcome.delivery.again), []).append(outcome)
        for (day, again), accepted in per_day.items():
            new = await tx.reach.record(
                [outcome.delivery.contact.contact_id for outcome in accepted],
                tier=Tier.ACCEPTED,
                periods=self._periods[day],  # the main one first: it is what "for the first time" is counted in
                youth=self.pack.ages.youth,
                campaign_id=campaign.campaign_id,
                turns=0 if again else 1,
                at=max(outcome.at for outcome in accepted),
            )
            if new:
                await tx.ledger.count_first_time(campaign.campaign_id, people=new)

    def _trouble(self, lane: _Lane, campaign_id: CampaignId, outcomes: list[Outcome]) -> str:
        """On a copy: what is rolled back is noted again."""
        known = self._halts.get(campaign_id)
        watch = known.copy() if known else Halts(most_blocked=self.pack.sending.most_blocked)
        reason = watch.look(outcomes)
        lane.noted[campaign_id] = watch.resumed(after=reason) if reason else watch
        return reason

    async def _send_window(self, lane: _Lane, claimed: list[Delivery]) -> list[Outcome]:
        return await self._wire.send_window(claimed, bucket=lane.bucket, may_go=partial(self._is_ours, lane))

    def _is_ours(self, lane: _Lane) -> bool:
        """Not once we stop, nor when the lease may be another's by now because this process stood still."""
        return not self._stopping and asyncio.get_running_loop().time() - lane.beat_at < self.takeover_seconds


def _grouped(outcomes: Iterable[Outcome], *, by: Callable[[Outcome], K]) -> Iterable[tuple[K, list[Outcome]]]:
    groups: dict[K, list[Outcome]] = {}
    for outcome in outcomes:
        groups.setdefault(by(outcome), []).append(outcome)
    return groups.items()
