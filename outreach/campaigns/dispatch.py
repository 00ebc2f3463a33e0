"""The bulk lane of one account: windows of ledger rows, made durable before their requests leave.

One transaction writes what became of the last window and marks the next one in_flight; at most two windows are open. So a
kill loses nobody, repeats nobody in silence, and leaves at most two windows of people whose outcome is unknown.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from outreach.campaigns.model import Campaign, CampaignState, Delivery, DeliveryState, Outcome
from outreach.campaigns.ports import Limits, Renderer
from outreach.campaigns.rules import HaltWatch, in_hours, week_start
from outreach.clock import Clock, local_day
from outreach.messaging import CampaignId, Channel, SendError, SendErrorKind
from outreach.pacing import Lease, TokenBucket
from outreach.pack import Pack
from outreach.reach.model import Tier
from outreach.transaction import Transaction, Transactions, shielded

log = logging.getLogger(__name__)

_WINDOWS_A_SECOND = 15
_OPEN_WINDOWS = 2
_MOST_ATTEMPTS = 5
_BACK_OFF = timedelta(seconds=4)  # times two for each attempt after the first
_IDLE_SECONDS = 0.5

# What a failed send makes of its row. PENDING gives it back; what nobody can know is left to an officer.
_OUTCOMES: dict[SendErrorKind, DeliveryState] = {
    SendErrorKind.GONE: DeliveryState.FAILED,
    SendErrorKind.MOVED: DeliveryState.FAILED,
    SendErrorKind.NOT_NOW: DeliveryState.PENDING,
    SendErrorKind.REFUSED: DeliveryState.PENDING,
    SendErrorKind.NEVER_LEFT: DeliveryState.PENDING,
    SendErrorKind.OUR_FAULT: DeliveryState.FAILED,
    SendErrorKind.HARMLESS: DeliveryState.SENT,
    SendErrorKind.UNKNOWN: DeliveryState.UNKNOWN,
    SendErrorKind.REVOKED: DeliveryState.PENDING,
}


@dataclass(slots=True, kw_only=True)
class _Window:
    """Claimed rows on their way, and the campaigns they belong to."""

    task: "asyncio.Task[list[Outcome]]"


@dataclass(kw_only=True)
class Dispatcher:
    """Runs one account's bulk lane until told to stop. `rate` is messages per second."""

    transactions: Transactions
    channel: Channel
    renderer: Renderer
    pack: Pack
    clock: Clock
    rate: float
    holder: str
    takeover_seconds: float = 10.0
    hours_apply: bool = True
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    on_finished: Callable[[CampaignId], None] | None = None
    _halts: dict[CampaignId, HaltWatch] = field(default_factory=dict)
    _campaigns: dict[CampaignId, Campaign] = field(default_factory=dict)
    _stopping: bool = False

    @property
    def lane(self) -> str:
        return f"bulk:{self.channel.account_id}"

    @property
    def window_size(self) -> int:
        return max(1, int(self.rate / _WINDOWS_A_SECOND))

    def stop(self) -> None:
        """Open windows are finished and written; nothing new is claimed."""
        self._stopping = True
        self.wake.set()

    async def run(self) -> None:
        lease = await self._take_lane()
        if lease is None:
            return
        bucket = TokenBucket(self.rate, learned=await self._learned_rate())
        open_windows: deque[_Window] = deque()
        done: list[Outcome] = []
        while not (self._stopping and not open_windows):
            claimed = await shielded(self._advance(done, lease=lease))
            done = []
            if claimed:
                task = asyncio.create_task(self._send_window(claimed, bucket=bucket))
                open_windows.append(_Window(task=task))
            if open_windows and (len(open_windows) >= _OPEN_WINDOWS or not claimed):
                done = await open_windows.popleft().task
            elif not claimed:
                await self._rest()
        await shielded(self._leave(done, lease=lease, rate=bucket.rate))

    async def _rest(self) -> None:
        try:
            await asyncio.wait_for(self.wake.wait(), _IDLE_SECONDS)
        except TimeoutError:
            return
        self.wake.clear()

    async def _take_lane(self) -> Lease | None:
        """Become the only sender: at once when the last holder left, else after its beat stood still for a while."""
        loop = asyncio.get_running_loop()
        still_since, last = loop.time(), None
        while not self._stopping:
            async with self.transactions.read() as tx:
                state = await tx.leases.read(self.lane)
            if state != last:
                still_since, last = loop.time(), state
            holder, _, epoch = state
            if not holder or loop.time() - still_since >= self.takeover_seconds:
                lease = await shielded(self._settle(epoch))
                if lease:
                    return lease
            await asyncio.sleep(min(0.2, self.takeover_seconds / 5))
        return None

    async def _settle(self, seen_epoch: int) -> Lease | None:
        async with self.transactions.write(bulk=True) as tx:
            lease = await tx.leases.take(self.lane, holder=self.holder, seen_epoch=seen_epoch)
            if lease:
                orphans = await tx.ledger.settle_orphans(
                    account_id=self.channel.account_id, lease=lease, at=self.clock()
                )
                if orphans:
                    log.warning("lane %s taken over: %d deliveries are unknown", self.lane, orphans)
        return lease

    async def _learned_rate(self) -> float | None:
        async with self.transactions.read() as tx:
            return await tx.leases.learned_rate(self.lane)

    async def _leave(self, done: list[Outcome], *, lease: Lease, rate: float) -> None:
        async with self.transactions.write(bulk=True) as tx:
            await tx.ledger.check_lease(lease)
            await self._write(tx, done, lease=lease, at=self.clock())
            await tx.leases.save_rate(self.lane, rate=rate)
            await tx.leases.release(lease)

    async def _advance(self, done: list[Outcome], *, lease: Lease) -> list[Delivery]:
        """Write the last window and claim the next, in one transaction. Effects: ledger, counters, reach, lease."""
        now = self.clock()
        async with self.transactions.write(bulk=True) as tx:
            await tx.ledger.check_lease(lease)
            await self._write(tx, done, lease=lease, at=now)
            if self._stopping or not self._may_send(now):
                return []
            limits = await limits_at(tx, pack=self.pack, at=now)
            claimed = await tx.ledger.claim_window(
                self.channel.account_id, size=self.window_size, lease=lease, limits=limits, at=now
            )
            for campaign_id in {delivery.campaign_id for delivery in claimed}:
                known = self._campaigns.get(campaign_id)
                if known is None:
                    campaign = await tx.campaigns.get(campaign_id)
                    if campaign:
                        self._campaigns[campaign_id] = campaign
        return claimed

    def _may_send(self, now: datetime) -> bool:
        return not self.hours_apply or in_hours(now, span=self.pack.sending.hours)

    async def _write(self, tx: Transaction, done: list[Outcome], *, lease: Lease, at: datetime) -> None:
        written = await tx.ledger.write_outcomes(done, lease=lease, at=at)
        per_campaign: dict[CampaignId, list[Outcome]] = {}
        for outcome in written:
            per_campaign.setdefault(outcome.delivery.campaign_id, []).append(outcome)
        for campaign_id, outcomes in per_campaign.items():
            campaign = self._campaigns[campaign_id]
            await self._record_reach(tx, campaign, outcomes, at=at)
            if self._must_halt(campaign_id, outcomes):
                await tx.campaigns.move(campaign_id, state=CampaignState.PAUSED, at=at, halt_reason="our_fault")
            if any(outcome.reason == "token_revoked" for outcome in outcomes):
                await tx.campaigns.move(campaign_id, state=CampaignState.PAUSED, at=at, halt_reason="token_revoked")

    async def _record_reach(
        self, tx: Transaction, campaign: Campaign, outcomes: list[Outcome], *, at: datetime
    ) -> None:
        people = [outcome.delivery.contact.contact_id for outcome in outcomes if outcome.state == DeliveryState.SENT]
        if not (campaign.content.counts and people):
            return
        periods = await tx.reach.ensure_periods(self.pack.periods_on(local_day(at)))
        new = await tx.reach.record(
            people,
            tier=Tier.ACCEPTED,
            periods=periods,
            youth=self.pack.ages.youth,
            campaign_id=campaign.campaign_id,
            turns=1,
            at=at,
        )
        if new:
            await tx.ledger.count_first_time(campaign.campaign_id, people=new)

    def _must_halt(self, campaign_id: CampaignId, outcomes: list[Outcome]) -> bool:
        watch = self._halts.setdefault(campaign_id, HaltWatch())
        verdicts = [watch.note(ours=outcome.ours) for outcome in outcomes]
        return any(verdicts)

    async def _send_window(self, claimed: list[Delivery], *, bucket: TokenBucket) -> list[Outcome]:
        tasks = []
        for delivery in claimed:
            await bucket.wait()
            tasks.append(asyncio.create_task(self._send(delivery, bucket=bucket)))
        return list(await asyncio.gather(*tasks))

    async def _send(self, delivery: Delivery, *, bucket: TokenBucket) -> Outcome:
        campaign = self._campaigns[delivery.campaign_id]
        reply = self.renderer.render_campaign(
            campaign, contact=delivery.contact, capabilities=self.channel.capabilities
        )
        try:
            sent = await self.channel.send(delivery.address.external_id, reply)
        except SendError as error:
            if error.kind == SendErrorKind.NOT_NOW:
                bucket.hold(error.retry_after)
            return outcome_of(delivery, error=error, at=self.clock())
        bucket.accepted()
        return Outcome(delivery=delivery, state=DeliveryState.SENT, at=self.clock(), refs=sent.refs)


def outcome_of(delivery: Delivery, *, error: SendError, at: datetime) -> Outcome:
    """What a failed send makes of its row: given back, failed, or unknown."""
    state = _OUTCOMES[error.kind]
    not_before = None
    if state == DeliveryState.PENDING:
        # Being told to slow down is no failure of the recipient, however often it happens.
        if error.kind == SendErrorKind.REFUSED and delivery.attempts >= _MOST_ATTEMPTS:
            state = DeliveryState.FAILED
        else:
            wait = (
                timedelta(seconds=error.retry_after) if error.retry_after else _BACK_OFF * 2 ** (delivery.attempts - 1)
            )
            not_before = at + wait
    return Outcome(
        delivery=delivery,
        state=state,
        at=at,
        reason=error.reason,
        not_before=not_before,
        gone=error.kind == SendErrorKind.GONE,
        ours=error.kind == SendErrorKind.OUR_FAULT,
    )


async def limits_at(tx: Transaction, *, pack: Pack, at: datetime) -> Limits:
    """The limits that hold now, with the stored id of the main period."""
    main = pack.main_period.on(local_day(at))
    period_id = (await tx.reach.ensure_periods([main]))[0].period_id if main else None
    return Limits(per_week=pack.sending.weekly_cap, week_start=week_start(at), main_period=period_id)
