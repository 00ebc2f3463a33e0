"""The ledger: what is on its way, what became of it. Statements over sets, one transaction a window.

On PostgreSQL whoever moves rows holds their campaign first, so that a cancel and a window never wait for each other in a ring.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from outreach.campaigns.model import (
    Audience,
    Campaign,
    CampaignState,
    Delivery,
    DeliveryId,
    DeliveryState,
    OnUnknown,
    Outcome,
)
from outreach.campaigns.ports import Limits, Preview
from outreach.errors import LeaseLostError
from outreach.messaging import AccountId, Address, CampaignId, SendErrorKind
from outreach.pacing import Lease
from storage import tables as t
from storage.audience import exclusion_values, freeze, left_out, preview
from storage.candidates import busy_until, due, looked_at
from storage.contacts import contact_of

# A campaign that would rather repeat tries somebody whose answer was lost once more, after a while; then an officer decides.
_REPEAT_AFTER = timedelta(seconds=30)
_TRIES_BY_RULE = 2
# When nearly all of a window had to be skipped, this many more rows are looked at before the next one.
_LOOK_AHEAD = 500

_Moves = Counter[tuple[int, DeliveryState, DeliveryState]]  # (campaign, from, to) -> rows


class SqlLedger:
    def __init__(self, connection: AsyncConnection) -> None:
        self._db = connection

    @property
    def _locks_rows(self) -> bool:
        """SQLite has one writer at a time; nothing can change between two statements of a transaction."""
        return self._db.dialect.name == "postgresql"

    async def _hold(self, campaigns: ColumnElement[bool]) -> None:
        if self._locks_rows:
            statement = select(t.campaign.c.id).where(campaigns).order_by(t.campaign.c.id)
            await self._db.execute(statement.with_for_update(key_share=True))

    async def preview(self, audience: Audience, *, limits: Limits, at: datetime) -> Preview:
        return await preview(self._db, audience, limits=limits, at=at)

    async def freeze_chunk(
        self, campaign: Campaign, *, main_period: int | None, after: int, size: int, at: datetime
    ) -> int | None:
        this = t.campaign.c.id == campaign.campaign_id
        await self._hold(this)
        state = (await self._db.execute(select(t.campaign.c.state).where(this))).scalar_one()
        if state != CampaignState.PREPARING:
            return None
        last, made = await freeze(self._db, campaign, main_period=main_period, after=after, size=size, at=at)
        await self._count(campaign.campaign_id, total=made, pending=made)
        return last

    async def finish_freezing(self, campaign_id: CampaignId, *, at: datetime) -> None:
        await self._db.execute(
            update(t.campaign)
            .where(t.campaign.c.id == campaign_id, t.campaign.c.state == CampaignState.PREPARING)
            .values(frozen_at=at)
        )

    async def leave_out_chunk(
        self, campaign_id: CampaignId, *, limits: Limits, after: int, size: int, at: datetime
    ) -> int | None:
        await self._hold(t.campaign.c.id == campaign_id)
        last, found = await left_out(self._db, campaign_id, limits=limits, after=after, size=size, at=at)
        for reason, ids in found.items():
            await self._set(ids, changed_at=at, state=DeliveryState.SKIPPED, reason=reason)
        people = sum(len(ids) for ids in found.values())
        await self._moved(Counter({(campaign_id, DeliveryState.PENDING, DeliveryState.SKIPPED): people}))
        return last

    async def check_lease(self, lease: Lease) -> None:
        result = await self._db.execute(
            update(t.lease)
            .where(t.lease.c.name == lease.name, t.lease.c.epoch == lease.epoch)
            .values(beat=t.lease.c.beat + 1)
        )
        if not result.rowcount:
            raise LeaseLostError

    async def _count(self, campaign_id: int, **deltas: int) -> None:
        values = {name: t.campaign.c[name] + delta for name, delta in deltas.items() if delta}
        if values:
            await self._db.execute(update(t.campaign).where(t.campaign.c.id == campaign_id).values(**values))

    async def _moved(self, moves: _Moves) -> None:
        """Move the counters along with the rows."""
        per_campaign: dict[int, Counter[str]] = defaultdict(Counter)
        for (campaign_id, old, new), rows in moves.items():
            per_campaign[campaign_id][old.value] -= rows
            per_campaign[campaign_id][new.value] += rows
        for campaign_id, deltas in sorted(per_campaign.items()):
            await self._count(campaign_id, **deltas)

    async def write_outcomes(self, outcomes: Sequence[Outcome], *, lease: Lease, at: datetime) -> list[Outcome]:
        if not outcomes:
            return []
        await self._hold(t.campaign.c.id.in_({outcome.delivery.campaign_id for outcome in outcomes}))
        rows = await self._db.execute(
            select(t.delivery.c.id, t.campaign.c.state, t.campaign.c.on_unknown)
            .join(t.campaign, t.campaign.c.id == t.delivery.c.campaign_id)
            .where(
                t.delivery.c.id.in_([outcome.delivery.delivery_id for outcome in outcomes]),
                t.delivery.c.state == DeliveryState.IN_FLIGHT,
                t.delivery.c.epoch == lease.epoch,
            )
        )
        still = {row.id: row for row in rows}
        ours = [
            _as_ordered(outcome, campaign=still[outcome.delivery.delivery_id])
            for outcome in outcomes
            if outcome.delivery.delivery_id in still
        ]
        if ours:
            await self._write_rows(ours)
            await self._mark_gone([outcome for outcome in ours if outcome.error == SendErrorKind.GONE], at=at)
            await self._moved(Counter((o.delivery.campaign_id, DeliveryState.IN_FLIGHT, o.state) for o in ours))
        return ours

    async def _write_rows(self, outcomes: Sequence[Outcome]) -> None:
        await self._db.execute(
            update(t.delivery)
            .where(t.delivery.c.id == bindparam("row_id"))
            .values(
                state=bindparam("new_state"),
                reason=bindparam("new_reason"),
                refs=bindparam("new_refs"),
                attempts=bindparam("new_attempts"),
                not_before=bindparam("new_not_before"),
                changed_at=bindparam("new_changed_at"),
            ),
            [
                {
                    "row_id": outcome.delivery.delivery_id,
                    "new_state": outcome.state,
                    "new_reason": outcome.reason,
                    "new_refs": list(outcome.refs) or None,
                    "new_attempts": outcome.delivery.attempts - (0 if outcome.counted else 1),
                    "new_not_before": outcome.not_before,
                    "new_changed_at": outcome.at,
                }
                for outcome in outcomes
            ],
        )

    async def _mark_gone(self, outcomes: Sequence[Outcome], *, at: datetime) -> None:
        """Their rows are written already, with the reason and the time."""
        if outcomes:
            await self._db.execute(
                update(t.address)
                .where(
                    t.delivery.c.id.in_([outcome.delivery.delivery_id for outcome in outcomes]),
                    t.address.c.id == t.delivery.c.address_id,
                    t.address.c.changed_at <= t.delivery.c.changed_at,  # else the person came back meanwhile
                )
                .values(reachable=False, unreachable_reason=t.delivery.c.reason, changed_at=at)
            )

    async def claim_window(
        self, account_id: AccountId, *, size: int, lease: Lease, limits: Limits, at: datetime
    ) -> list[Delivery]:
        await self._hold(t.campaign.c.state == CampaignState.RUNNING)
        taken: list[Any] = []
        for look_at in (size, _LOOK_AHEAD):
            rows = await self._candidates(account_id, size=look_at, limits=limits, at=at)
            fit = await self._set_aside(rows, limit=size - len(taken), at=at)
            taken += fit
            await self._take(fit, lease=lease, at=at)
            if len(taken) == size or len(rows) < look_at:
                break
        return [
            Delivery(
                delivery_id=DeliveryId(row.delivery_id),
                campaign_id=CampaignId(row.campaign_id),
                contact=contact_of(row),
                address=Address(account_id=AccountId(row.account_id), external_id=row.external_id),
                version=row.version,
                attempts=row.attempts + 1,
            )
            for row in taken
        ]

    async def _set_aside(self, rows: Sequence[Any], *, limit: int, at: datetime) -> list[Any]:
        """Skip whom something speaks against, postpone who is busy; gives at most `limit` of the others."""
        skipped: dict[str, list[int]] = defaultdict(list)
        postponed: dict[datetime, list[int]] = defaultdict(list)
        moves: _Moves = Counter()
        fit: list[Any] = []
        for row in rows:
            if row.exclusion:
                skipped[row.exclusion].append(row.delivery_id)
                moves[(row.campaign_id, DeliveryState.PENDING, DeliveryState.SKIPPED)] += 1
            elif later := busy_until(row, at=at):
                postponed[later].append(row.delivery_id)
            elif len(fit) < limit:
                fit.append(row)
        for reason, ids in skipped.items():
            await self._set(ids, changed_at=at, state=DeliveryState.SKIPPED, reason=reason)
        for later, ids in postponed.items():
            await self._set(ids, not_before=later, reason="in_conversation")
        await self._moved(moves)
        return fit

    async def _take(self, rows: Sequence[Any], *, lease: Lease, at: datetime) -> None:
        ids = [row.delivery_id for row in rows]
        await self._set(ids, changed_at=at, state=DeliveryState.IN_FLIGHT, epoch=lease.epoch, reason="")
        await self._moved(Counter((row.campaign_id, DeliveryState.PENDING, DeliveryState.IN_FLIGHT) for row in rows))

    async def _candidates(self, account_id: AccountId, *, size: int, limits: Limits, at: datetime) -> Sequence[Any]:
        """The next pending rows of running campaigns, the oldest campaign first, with all that decides about them."""
        wanted = {"account_id": account_id, "size": size, "at": at}
        decides = exclusion_values(limits, at=at)
        if not self._locks_rows:
            return (await self._db.execute(looked_at(by_ids=False), {**wanted, **decides})).all()
        # A stop that is being committed holds its contact: leave the row for the next window, and look at the others
        # in a statement that sees whatever was committed until they were locked.
        held = due().with_for_update(of=[t.delivery, t.contact], key_share=True, skip_locked=True)
        ids = (await self._db.execute(held, wanted)).scalars().all()
        return (await self._db.execute(looked_at(by_ids=True), {"ids": ids, **decides})).all()

    async def _set(self, ids: Sequence[int], **values: Any) -> None:
        if ids:
            await self._db.execute(update(t.delivery).where(t.delivery.c.id.in_(ids)).values(**values))

    async def settle_orphans(self, *, account_id: AccountId, lease: Lease, at: datetime) -> int:
        orphaned = and_(
            t.delivery.c.state == DeliveryState.IN_FLIGHT,
            t.delivery.c.account_id == account_id,
            t.delivery.c.epoch < lease.epoch,
        )
        with_orphans = t.campaign.c.id.in_(select(t.delivery.c.campaign_id).where(orphaned))
        await self._hold(with_orphans)
        again = and_(
            with_orphans,
            t.campaign.c.on_unknown == OnUnknown.RATHER_REPEAT,
            t.campaign.c.state != CampaignState.CANCELLED,
        )
        repeated = await self._move_where(
            and_(
                orphaned,
                t.delivery.c.campaign_id.in_(select(t.campaign.c.id).where(again)),
                t.delivery.c.attempts < _TRIES_BY_RULE - 1,
            ),
            old=DeliveryState.IN_FLIGHT,
            new=DeliveryState.PENDING,
            reason="repeated_by_rule",
            not_before=at + _REPEAT_AFTER,
            attempts=t.delivery.c.attempts + 1,
            changed_at=at,
        )
        return repeated + await self._move_where(
            orphaned, old=DeliveryState.IN_FLIGHT, new=DeliveryState.UNKNOWN, reason="interrupted", changed_at=at
        )

    async def _move_where(
        self, rows: ColumnElement[bool], *, old: DeliveryState, new: DeliveryState, **values: Any
    ) -> int:
        """Move rows that are all in state `old`, and their counters along with them."""
        counted = select(t.delivery.c.campaign_id, func.count()).where(rows).group_by(t.delivery.c.campaign_id)
        moves: _Moves = Counter({(number, old, new): count for number, count in await self._db.execute(counted)})
        if moves:
            await self._db.execute(update(t.delivery).where(rows).values(state=new, **values))
            await self._moved(moves)
        return moves.total()

    async def _move_all(
        self,
        campaign_id: CampaignId,
        *,
        old: DeliveryState,
        new: DeliveryState,
        reason: str,
        at: datetime,
        states: Iterable[CampaignState] = CampaignState,
        unless: Collection[str] = (),
    ) -> int:
        await self._hold(t.campaign.c.id == campaign_id)
        return await self._move_where(
            and_(
                t.delivery.c.campaign_id == campaign_id,
                t.delivery.c.state == old,
                t.delivery.c.reason.not_in(unless),
                t.delivery.c.campaign_id.in_(
                    select(t.campaign.c.id).where(t.campaign.c.id == campaign_id, t.campaign.c.state.in_(list(states)))
                ),
            ),
            old=old,
            new=new,
            reason=reason,
            attempts=0,
            not_before=None,
            changed_at=at,
        )

    async def resolve_unknown(self, campaign_id: CampaignId, *, repeat: bool, at: datetime) -> int:
        if repeat:
            return await self._again(campaign_id, old=DeliveryState.UNKNOWN, reason="repeated_by_officer", at=at)
        return await self._move_all(
            campaign_id, old=DeliveryState.UNKNOWN, new=DeliveryState.SENT_ASSUMED, reason="left_by_officer", at=at
        )

    async def retry_failed(self, campaign_id: CampaignId, *, at: datetime, unless: Collection[str] = ()) -> int:
        return await self._again(
            campaign_id, old=DeliveryState.FAILED, reason="retried_by_officer", at=at, unless=unless
        )

    async def _again(
        self, campaign_id: CampaignId, *, old: DeliveryState, reason: str, at: datetime, unless: Collection[str] = ()
    ) -> int:
        """Nothing becomes pending in a campaign that was cancelled: it would stay so for ever."""
        alive = set(CampaignState) - {CampaignState.CANCELLED}
        return await self._move_all(
            campaign_id, old=old, new=DeliveryState.PENDING, reason=reason, at=at, states=alive, unless=unless
        )

    async def give_up_pending(self, campaign_id: CampaignId, *, reason: str, at: datetime) -> int:
        return await self._move_all(
            campaign_id, old=DeliveryState.PENDING, new=DeliveryState.SKIPPED, reason=reason, at=at
        )

    async def count_first_time(self, campaign_id: CampaignId, *, people: int) -> None:
        await self._count(campaign_id, first_time=people)


def _as_ordered(outcome: Outcome, *, campaign: Any) -> Outcome:
    """The outcome as its campaign wants it: one that would rather repeat tries again, a cancelled one sends nothing more."""
    repeats = campaign.on_unknown == OnUnknown.RATHER_REPEAT and outcome.delivery.attempts < _TRIES_BY_RULE
    if outcome.state == DeliveryState.UNKNOWN and repeats and campaign.state != CampaignState.CANCELLED:
        outcome = replace(
            outcome,
            state=DeliveryState.PENDING,
            reason="repeated_by_rule",
            not_before=outcome.at + _REPEAT_AFTER,
        )
    if outcome.state == DeliveryState.PENDING and campaign.state == CampaignState.CANCELLED:
        outcome = replace(outcome, state=DeliveryState.SKIPPED, reason="cancelled", not_before=None)
    return outcome
