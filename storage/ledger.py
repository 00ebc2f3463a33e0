"""The ledger: what is on its way, what became of it. Statements over sets, one transaction a window."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, Update, and_, bindparam, func, select, text, true, update
from sqlalchemy.ext.asyncio import AsyncConnection

from outreach.campaigns.model import (
    REPEATED_BY_RULE,
    Audience,
    Campaign,
    CampaignState,
    Delivery,
    DeliveryState,
    Limits,
    OnUnknown,
    Outcome,
)
from outreach.campaigns.outcomes import goes_elsewhere
from outreach.campaigns.ports.ledger import Preview
from outreach.contacts.windows import Windows
from outreach.errors import LeaseLostError
from outreach.messaging import AccountId, CampaignId, SendErrorKind
from outreach.pacing import Lease
from outreach.units import UnitId
from storage import tables as t
from storage.among import among, given
from storage.audience import exclusion_values, freeze, left_out
from storage.claims import Claim
from storage.doubts import BY_OFFICER, INTERRUPTED, give_up
from storage.estimates import preview
from storage.ledger_rows import LedgerRows
from storage.legs import count_the_first, fall_back
from storage.spending import SqlSpending, paid_left
from storage.windows import window_values

# A campaign that would rather repeat tries somebody whose answer was lost once more, after a while; then an officer decides.
_REPEAT_AFTER = timedelta(seconds=30)
_TRIES_BY_RULE = 2
# What is refused to the account itself, in a campaign that has nobody to resume it.
_NOT_BY_WAITING_A_MOMENT = frozenset({SendErrorKind.REVOKED, SendErrorKind.EXHAUSTED})
_ASK_AGAIN_AFTER = timedelta(hours=1)


# What an outcome says of its row.
_WRITTEN = ("state", "reason", "refs", "attempts", "not_before", "changed_at")


@cache
def _orders() -> Select[*tuple[Any, ...]]:
    return select(t.campaign.c.id, t.campaign.c.state, t.campaign.c.on_unknown).where(among(t.campaign.c.id, "ids"))


@cache
def _beating() -> Update:
    lease = t.lease.c
    ours = (lease.name == bindparam("lane"), lease.epoch == bindparam("of_epoch"))
    return update(t.lease).where(*ours).values(beat=lease.beat + 1)


@cache
def _writing() -> Update:
    """Of the rows given, write those that are in flight in `of_epoch` still; gives their ids."""
    row, (number, *values) = t.delivery.c, given("rows", t.delivery.c.id, *(t.delivery.c[name] for name in _WRITTEN))
    return (
        update(t.delivery)
        .where(row.id == number, row.state == DeliveryState.IN_FLIGHT, row.epoch == bindparam("of_epoch"))
        .values(dict(zip(_WRITTEN, values, strict=True)))
    )


@cache
def _writing_and_telling() -> Any:
    return _writing().returning(t.delivery.c.id)


@cache
def _ours() -> Select[*tuple[Any, ...]]:
    row = t.delivery.c
    mine = (row.state == DeliveryState.IN_FLIGHT, row.epoch == bindparam("of_epoch"))
    return select(func.count()).where(among(row.id, "ids"), *mine)


class SqlLedger:
    """Implements the port `Ledger`."""

    def __init__(self, connection: AsyncConnection, *, windows: Windows) -> None:
        self._db = connection
        self._rows = LedgerRows(connection)
        self._spending = SqlSpending(connection)
        self._windows = windows

    async def preview(self, audience: Audience, *, limits: Limits, at: datetime, messages: int = 1) -> Preview:
        return await preview(self._db, audience, limits=limits, windows=self._windows, at=at, messages=messages)

    async def freeze_chunk(
        self, campaign: Campaign, *, main_period: int | None, after: int, size: int, at: datetime
    ) -> int | None:
        this = t.campaign.c.id == campaign.campaign_id
        await self._rows.hold(this)
        state = (await self._db.execute(select(t.campaign.c.state).where(this))).scalar_one()
        if state != CampaignState.PREPARING:
            return None
        choice = window_values(self._windows, paid_left=await self._paid_left(at=at), at=at)
        return await freeze(self._rows, campaign, main_period=main_period, choice=choice, after=after, size=size, at=at)

    async def finish_freezing(self, campaign_id: CampaignId, *, at: datetime) -> None:
        await self._db.execute(
            update(t.campaign)
            .where(t.campaign.c.id == campaign_id, t.campaign.c.state == CampaignState.PREPARING)
            .values(frozen_at=at)
        )

    async def leave_out_chunk(
        self, campaign_id: CampaignId, *, limits: Limits, after: int, size: int, at: datetime
    ) -> int | None:
        await self._rows.hold(t.campaign.c.id == campaign_id)
        decides = exclusion_values(limits, windows=self._windows, paid_left=await self._paid_left(at=at), at=at)
        last, found = await left_out(self._db, campaign_id, values=decides, after=after, size=size)
        for reason, ids in found.items():
            await self._rows.set(ids, changed_at=at, state=DeliveryState.SKIPPED, reason=reason)
        people = sum(len(ids) for ids in found.values())
        await self._rows.moved(Counter({(campaign_id, DeliveryState.PENDING, DeliveryState.SKIPPED): people}))
        await count_the_first(self._rows, [one for ids in found.values() for one in ids])
        return last

    async def check_lease(self, lease: Lease) -> None:
        result = await self._db.execute(_beating(), {"lane": lease.name, "of_epoch": lease.epoch})
        if not result.rowcount:
            raise LeaseLostError

    async def _paid_left(self, *, at: datetime) -> int:
        return await paid_left(self._db, windows=self._windows, at=at)

    async def write_outcomes(self, outcomes: Sequence[Outcome], *, lease: Lease, at: datetime) -> list[Outcome]:
        if not outcomes:
            return []
        campaigns = {outcome.delivery.campaign_id for outcome in outcomes}
        await self._rows.hold(t.campaign.c.id.in_(campaigns))
        orders = {one.id: one for one in await self._db.execute(_orders(), {"ids": campaigns})}
        ours = await self._write_rows(
            [_as_ordered(outcome, campaign=orders[outcome.delivery.campaign_id]) for outcome in outcomes], lease=lease
        )
        if ours:
            await self._rows.moved(Counter((o.delivery.campaign_id, DeliveryState.IN_FLIGHT, o.state) for o in ours))
            await count_the_first(self._rows, [o.delivery.delivery_id for o in ours if o.delivery.again])
            await self._settle(ours)
            await self._learn(ours, at=at)
        return ours

    async def _learn(self, outcomes: Sequence[Outcome], *, at: datetime) -> None:
        """What an answer says of the address; whoever has another one gets it there."""
        gone = [o.delivery.delivery_id for o in outcomes if o.error == SendErrorKind.GONE]
        closed = [o.delivery.delivery_id for o in outcomes if o.error == SendErrorKind.WINDOW_CLOSED]
        await self._mark(gone, reachable=False, unreachable_reason=t.delivery.c.reason, changed_at=at)
        # The provider knows better than we do: until her next word nothing more is tried.
        await self._mark(closed, interacted_at=None)
        elsewhere = [o.delivery.delivery_id for o in outcomes if goes_elsewhere(o)]
        await fall_back(self._rows, elsewhere, windows=self._windows, at=at)

    async def _settle(self, outcomes: Sequence[Outcome]) -> None:
        await self._spending.settle(outcomes, price_vnd=self._windows.price_vnd)
        charged = Counter({outcome.delivery.campaign_id: 0 for outcome in outcomes})
        for outcome in outcomes:
            charged[outcome.delivery.campaign_id] += outcome.charged
        for campaign_id, messages in sorted(charged.items()):
            await self._rows.count(campaign_id, charged=messages)

    async def _write_rows(self, outcomes: Sequence[Outcome], *, lease: Lease) -> list[Outcome]:
        """Gives those whose row was ours still."""
        rows = [
            (
                outcome.delivery.delivery_id,
                outcome.state,
                outcome.reason,
                list(outcome.refs) or None,
                outcome.delivery.attempts - (0 if outcome.counted else 1),
                outcome.not_before,
                outcome.at,
            )
            for outcome in outcomes
        ]
        ids = [outcome.delivery.delivery_id for outcome in outcomes]
        if not self._rows.locks_rows and await self._are_ours(ids, lease=lease):
            await self._db.execute(_writing(), {"rows": rows, "of_epoch": lease.epoch})
            return list(outcomes)
        found = await self._db.execute(_writing_and_telling(), {"rows": rows, "of_epoch": lease.epoch})
        ours = set(found.scalars())
        return [outcome for outcome in outcomes if outcome.delivery.delivery_id in ours]

    async def _are_ours(self, ids: Sequence[int], *, lease: Lease) -> bool:
        """Asked at once, it is one answer; told by the write, it would be one for each row, and a wait for the interpreter each."""
        return bool((await self._db.execute(_ours(), {"ids": ids, "of_epoch": lease.epoch})).scalar_one() == len(ids))

    async def _mark(self, ids: Sequence[int], **values: Any) -> None:
        """Their rows are written already, with the reason and the time."""
        if ids:
            await self._db.execute(
                update(t.address)
                .where(
                    t.delivery.c.id.in_(ids),
                    t.address.c.id == t.delivery.c.address_id,
                    t.address.c.changed_at <= t.delivery.c.changed_at,  # else the person came back meanwhile
                )
                .values(**values)
            )

    async def claim_window(
        self,
        account_id: AccountId,
        *,
        size: int,
        lease: Lease,
        limits: Limits,
        at: datetime,
        after: UnitId | None = None,
    ) -> list[Delivery]:
        claim = Claim(rows=self._rows, windows=self._windows, account_id=account_id, lease=lease, limits=limits, at=at)
        return await claim.window(size=size, after=after)

    async def settle_orphans(self, *, account_id: AccountId, lease: Lease, at: datetime) -> int:
        orphaned = and_(
            text("delivery.state = 'in_flight'"),  # in the words of the index
            t.delivery.c.account_id == account_id,
            t.delivery.c.epoch < lease.epoch,
        )
        with_orphans = t.campaign.c.id.in_(select(t.delivery.c.campaign_id).where(orphaned))
        await self._rows.hold(with_orphans)
        again = and_(
            with_orphans,
            t.campaign.c.on_unknown == OnUnknown.RATHER_REPEAT,
            t.campaign.c.state != CampaignState.CANCELLED,
        )
        repeated = await self._rows.move_where(
            and_(
                orphaned,
                t.delivery.c.campaign_id.in_(select(t.campaign.c.id).where(again)),
                t.delivery.c.attempts < _TRIES_BY_RULE - 1,
            ),
            old=DeliveryState.IN_FLIGHT,
            new=DeliveryState.PENDING,
            reason=REPEATED_BY_RULE,
            not_before=at + _REPEAT_AFTER,
            attempts=t.delivery.c.attempts + 1,
            changed_at=at,
        )
        # If it came it came when it was claimed: it belongs to that week.
        return repeated + await self._rows.move_where(
            orphaned, old=DeliveryState.IN_FLIGHT, new=DeliveryState.UNKNOWN, reason=INTERRUPTED
        )

    async def _move_all(
        self,
        campaign_id: CampaignId,
        *,
        old: DeliveryState,
        new: DeliveryState,
        reason: str,
        at: datetime | None,
        only: ColumnElement[bool] | None = None,
        unless: Collection[str] = (),
    ) -> int:
        """Without `at` their time stays as it was. `only`: of the campaign, what must hold."""
        await self._rows.hold(t.campaign.c.id == campaign_id)
        return await self._rows.move_where(
            and_(
                t.delivery.c.campaign_id == campaign_id,
                t.delivery.c.state == old,
                t.delivery.c.reason.not_in(unless),
                t.delivery.c.campaign_id.in_(
                    select(t.campaign.c.id).where(t.campaign.c.id == campaign_id, true() if only is None else only)
                ),
            ),
            old=old,
            new=new,
            reason=reason,
            attempts=0,
            not_before=None,
            **({"changed_at": at} if at else {}),
        )

    async def resolve_unknown(self, campaign_id: CampaignId, *, repeat: bool, at: datetime) -> int:
        if repeat:
            return await self._again(campaign_id, old=DeliveryState.UNKNOWN, reason=BY_OFFICER, at=at)
        # If it came it came then: it belongs to that week.
        return await self._move_all(
            campaign_id, old=DeliveryState.UNKNOWN, new=DeliveryState.SENT_ASSUMED, reason="left_by_officer", at=None
        )

    async def retry_failed(self, campaign_id: CampaignId, *, at: datetime, unless: Collection[str] = ()) -> int:
        return await self._again(
            campaign_id, old=DeliveryState.FAILED, reason="retried_by_officer", at=at, unless=unless
        )

    async def _again(
        self, campaign_id: CampaignId, *, old: DeliveryState, reason: str, at: datetime, unless: Collection[str] = ()
    ) -> int:
        """Nothing becomes pending in a campaign that was cancelled: it would stay so for ever; nor in one that was taken back."""
        goes_on = and_(t.campaign.c.state != CampaignState.CANCELLED, t.campaign.c.recall_after.is_(None))
        return await self._move_all(
            campaign_id, old=old, new=DeliveryState.PENDING, reason=reason, at=at, only=goes_on, unless=unless
        )

    async def give_up_pending(self, campaign_id: CampaignId, *, reason: str, at: datetime) -> int:
        return await give_up(self._rows, campaign_id, reason=reason, at=at)

    async def count_first_time(self, campaign_id: CampaignId, *, people: int) -> None:
        await self._rows.count(campaign_id, first_time=people)


def _as_ordered(outcome: Outcome, *, campaign: Any) -> Outcome:
    """The outcome as its campaign wants it: one that would rather repeat tries again, a cancelled one sends nothing more."""
    repeats = campaign.on_unknown == OnUnknown.RATHER_REPEAT and outcome.delivery.attempts < _TRIES_BY_RULE
    if outcome.state == DeliveryState.UNKNOWN and repeats and campaign.state != CampaignState.CANCELLED:
        outcome = replace(
            outcome,
            state=DeliveryState.PENDING,
            reason=REPEATED_BY_RULE,
            not_before=outcome.at + _REPEAT_AFTER,
        )
    if outcome.state == DeliveryState.PENDING and campaign.state == CampaignState.CANCELLED:
        in_doubt = campaign.on_unknown == OnUnknown.RATHER_REPEAT and outcome.delivery.attempts > 1
        end = (DeliveryState.UNKNOWN, INTERRUPTED) if in_doubt else (DeliveryState.SKIPPED, "cancelled")
        outcome = replace(outcome, state=end[0], reason=end[1], not_before=None)
    if campaign.state == CampaignState.FINISHED and outcome.error in _NOT_BY_WAITING_A_MOMENT:
        # Nobody watches a campaign that is over but for what was handed over later: it asks again by itself.
        outcome = replace(outcome, not_before=outcome.at + _ASK_AGAIN_AFTER)
    return outcome
