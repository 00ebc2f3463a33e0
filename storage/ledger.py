"""The ledger: who is meant, what is on its way, what became of it. Statements over sets, one transaction a window."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, and_, bindparam, func, literal, or_, select, true, update
from sqlalchemy.ext.asyncio import AsyncConnection

from outreach.campaigns.model import Audience, Campaign, CampaignState, Delivery, DeliveryState, Outcome
from outreach.campaigns.ports import LedgerRow, Limits, Preview
from outreach.dialogue import BUSY_AT_MOST, BUSY_FOR
from outreach.errors import LeaseLostError
from outreach.messaging import AccountId, Address, CampaignId, ContactId
from outreach.pacing import Lease
from outreach.units import UnitId
from storage import tables as t
from storage.audience import checked, exclusion, meant
from storage.contacts import contact_of
from storage.upsert import dialect_insert


class SqlLedger:
    def __init__(self, connection: AsyncConnection) -> None:
        self._db = connection

    async def preview(self, audience: Audience, *, limits: Limits, at: datetime) -> Preview:
        reached = (
            select(literal(1))
            .where(t.reach_person.c.contact_id == t.contact.c.id, t.reach_person.c.period_id == limits.main_period)
            .correlate(t.contact)
            .exists()
        )
        statement = checked(meant(audience, main_period=limits.main_period), limits=limits)
        rows = await self._db.execute(statement.add_columns(reached.label("reached")))
        excluded: Counter[str] = Counter()
        will_get = first_time = 0
        for row in rows:
            reason = exclusion(row, limits=limits, topic=audience.topic, at=at)
            if reason:
                excluded[reason] += 1
            else:
                will_get += 1
                first_time += not row.reached
        return Preview(will_get=will_get, first_time=first_time, excluded=dict(excluded))

    async def freeze_chunk(
        self, campaign: Campaign, *, main_period: int | None, after: int, size: int, at: datetime
    ) -> int | None:
        chunk_of = meant(campaign.audience, main_period=main_period).where(t.contact.c.id > after)
        chunk = (
            chunk_of.order_by(t.contact.c.id)
            .limit(size)
            .add_columns(t.address.c.id.label("address_id"), t.address.c.account_id, t.contact.c.unit_id)
            .subquery()
        )
        last, count = (await self._db.execute(select(func.max(chunk.c.id), func.count()))).one()
        if last is None:
            return None
        statement = dialect_insert(self._db, t.delivery).from_select(
            [
                "campaign_id",
                "contact_id",
                "leg",
                "account_id",
                "address_id",
                "unit_id",
                "version",
                "state",
                "changed_at",
            ],
            select(
                literal(campaign.campaign_id),
                chunk.c.id,
                literal(1),
                chunk.c.account_id,
                chunk.c.address_id,
                chunk.c.unit_id,
                literal(campaign.version),
                literal(DeliveryState.PENDING.value),
                literal(at, t.delivery.c.changed_at.type),
            ).where(true()),
        )
        made = (await self._db.execute(statement.on_conflict_do_nothing())).rowcount
        await self._count(campaign.campaign_id, total=made, pending=made)
        return int(last) if count == size else None

    async def finish_freezing(self, campaign_id: CampaignId, *, at: datetime) -> None:
        await self._db.execute(update(t.campaign).where(t.campaign.c.id == campaign_id).values(frozen_at=at))

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

    async def _moved(self, moves: Counter[tuple[int, DeliveryState, DeliveryState]]) -> None:
        """Move the counters along with the rows: (campaign, from, to) -> rows."""
        per_campaign: dict[int, Counter[str]] = defaultdict(Counter)
        for (campaign_id, old, new), rows in moves.items():
            per_campaign[campaign_id][old.value] -= rows
            per_campaign[campaign_id][new.value] += rows
        for campaign_id, deltas in per_campaign.items():
            await self._count(campaign_id, **deltas)

    async def write_outcomes(self, outcomes: Sequence[Outcome], *, lease: Lease, at: datetime) -> list[Outcome]:
        """Rows, counters, reachability. Gives the outcomes that were written: a row that is no longer ours is left alone."""
        if not outcomes:
            return []
        ours = await self._still_ours(outcomes, lease=lease)
        if not ours:
            return []
        await self._db.execute(
            update(t.delivery)
            .where(t.delivery.c.id == bindparam("row_id"))
            .values(
                state=bindparam("new_state"),
                reason=bindparam("new_reason"),
                refs=bindparam("new_refs"),
                not_before=bindparam("new_not_before"),
                changed_at=bindparam("new_changed_at"),
            ),
            [
                {
                    "row_id": outcome.delivery.delivery_id,
                    "new_state": outcome.state,
                    "new_reason": outcome.reason,
                    "new_refs": list(outcome.refs) or None,
                    "new_not_before": outcome.not_before,
                    "new_changed_at": outcome.at,
                }
                for outcome in ours
            ],
        )
        gone = [outcome for outcome in ours if outcome.gone]
        for outcome in gone:
            await self._db.execute(
                update(t.address)
                .where(
                    t.address.c.account_id == outcome.delivery.address.account_id,
                    t.address.c.external_id == outcome.delivery.address.external_id,
                )
                .values(reachable=False, unreachable_reason=outcome.reason, changed_at=at)
            )
        await self._moved(Counter((o.delivery.campaign_id, DeliveryState.IN_FLIGHT, o.state) for o in ours))
        return ours

    async def _still_ours(self, outcomes: Sequence[Outcome], *, lease: Lease) -> list[Outcome]:
        """Those whose row is in flight under this holder's epoch; a later holder may have taken the others over."""
        statement = select(t.delivery.c.id).where(
            t.delivery.c.id.in_([outcome.delivery.delivery_id for outcome in outcomes]),
            t.delivery.c.state == DeliveryState.IN_FLIGHT,
            t.delivery.c.epoch == lease.epoch,
        )
        still = set((await self._db.execute(statement)).scalars())
        return [outcome for outcome in outcomes if outcome.delivery.delivery_id in still]

    async def claim_window(
        self, account_id: AccountId, *, size: int, lease: Lease, limits: Limits, at: datetime
    ) -> list[Delivery]:
        rows = await self._candidates(account_id, size=size, limits=limits, at=at)
        taken: list[Any] = []
        skipped: dict[str, list[int]] = defaultdict(list)
        postponed: dict[datetime, list[int]] = defaultdict(list)
        moves: Counter[tuple[int, DeliveryState, DeliveryState]] = Counter()
        for row in rows:
            reason = exclusion(row, limits=limits, topic=row.campaign_topic, at=at)
            later = None if reason else _busy_until(row, at=at)
            if reason:
                skipped[reason].append(row.delivery_id)
                moves[(row.campaign_id, DeliveryState.PENDING, DeliveryState.SKIPPED)] += 1
            elif later:
                postponed[later].append(row.delivery_id)
            else:
                taken.append(row)
                moves[(row.campaign_id, DeliveryState.PENDING, DeliveryState.IN_FLIGHT)] += 1
        for reason, ids in skipped.items():
            await self._set(ids, at=at, state=DeliveryState.SKIPPED, reason=reason)
        for later, ids in postponed.items():
            await self._set(ids, at=None, not_before=later, reason="in_conversation")
        await self._set(
            [row.delivery_id for row in taken],
            at=at,
            state=DeliveryState.IN_FLIGHT,
            epoch=lease.epoch,
            reason="",
            attempts=t.delivery.c.attempts + 1,
        )
        await self._moved(moves)
        return [
            Delivery(
                delivery_id=row.delivery_id,
                campaign_id=CampaignId(row.campaign_id),
                contact=contact_of(row),
                address=Address(account_id=AccountId(row.account_id), external_id=row.external_id),
                version=row.version,
                attempts=row.attempts + 1,
            )
            for row in taken
        ]

    async def _candidates(self, account_id: AccountId, *, size: int, limits: Limits, at: datetime) -> Sequence[Any]:
        """The next pending rows of running campaigns, the oldest campaign first, with all that decides about them."""
        statement: Select[*tuple[Any, ...]] = (
            select(
                t.delivery.c.id.label("delivery_id"),
                t.delivery.c.campaign_id,
                t.delivery.c.version,
                t.delivery.c.attempts,
                t.campaign.c.topic.label("campaign_topic"),
                t.campaign.c.started_at.label("campaign_started_at"),
                t.address.c.account_id,
                t.address.c.external_id,
                t.dialogue.c.answered_at.label("dialogue_answered_at"),
            )
            .select_from(t.delivery)
            .join(t.campaign, t.campaign.c.id == t.delivery.c.campaign_id)
            .join(t.contact, t.contact.c.id == t.delivery.c.contact_id)
            .outerjoin(t.address, t.address.c.id == t.delivery.c.address_id)
            .outerjoin(t.dialogue, t.dialogue.c.contact_id == t.contact.c.id)
            .where(
                t.campaign.c.state == CampaignState.RUNNING,
                t.delivery.c.state == DeliveryState.PENDING,
                t.delivery.c.account_id == account_id,
                or_(t.delivery.c.not_before.is_(None), t.delivery.c.not_before <= at),
            )
            .order_by(t.delivery.c.campaign_id, t.delivery.c.id)
            .limit(size)
        )
        statement = checked(statement, limits=limits)
        if self._db.dialect.name == "postgresql":
            # A stop that is being committed holds its row: wait for it, so that nobody is written to after a stop.
            statement = statement.with_for_update(of=[t.delivery, t.contact])
        return (await self._db.execute(statement)).all()

    async def _set(self, ids: Sequence[int], *, at: datetime | None, **values: Any) -> None:
        if not ids:
            return
        if at is not None:
            values["changed_at"] = at
        await self._db.execute(update(t.delivery).where(t.delivery.c.id.in_(ids)).values(**values))

    async def settle_orphans(self, *, account_id: AccountId, lease: Lease, at: datetime) -> int:
        orphaned = and_(
            t.delivery.c.state == DeliveryState.IN_FLIGHT,
            t.delivery.c.account_id == account_id,
            t.delivery.c.epoch < lease.epoch,
        )
        per_campaign = (
            await self._db.execute(
                select(t.delivery.c.campaign_id, func.count()).where(orphaned).group_by(t.delivery.c.campaign_id)
            )
        ).all()
        await self._db.execute(
            update(t.delivery).where(orphaned).values(state=DeliveryState.UNKNOWN, reason="interrupted", changed_at=at)
        )
        await self._moved(
            Counter({(cid, DeliveryState.IN_FLIGHT, DeliveryState.UNKNOWN): rows for cid, rows in per_campaign})
        )
        return sum(rows for _, rows in per_campaign)

    async def _move_all(
        self, campaign_id: CampaignId, *, old: DeliveryState, new: DeliveryState, reason: str, at: datetime
    ) -> int:
        result = await self._db.execute(
            update(t.delivery)
            .where(t.delivery.c.campaign_id == campaign_id, t.delivery.c.state == old)
            .values(state=new, reason=reason, not_before=None, changed_at=at)
        )
        if result.rowcount:
            await self._moved(Counter({(campaign_id, old, new): result.rowcount}))
        return result.rowcount

    async def resolve_unknown(self, campaign_id: CampaignId, *, repeat: bool, at: datetime) -> int:
        new = DeliveryState.PENDING if repeat else DeliveryState.SENT_ASSUMED
        reason = "repeated_by_officer" if repeat else "left_by_officer"
        return await self._move_all(campaign_id, old=DeliveryState.UNKNOWN, new=new, reason=reason, at=at)

    async def retry_failed(self, campaign_id: CampaignId, *, at: datetime) -> int:
        return await self._move_all(
            campaign_id, old=DeliveryState.FAILED, new=DeliveryState.PENDING, reason="retried_by_officer", at=at
        )

    async def give_up_pending(self, campaign_id: CampaignId, *, reason: str, at: datetime) -> int:
        return await self._move_all(
            campaign_id, old=DeliveryState.PENDING, new=DeliveryState.SKIPPED, reason=reason, at=at
        )

    async def count_first_time(self, campaign_id: CampaignId, *, people: int) -> None:
        await self._count(campaign_id, first_time=people)

    async def reasons(self, campaign_id: CampaignId) -> dict[tuple[DeliveryState, str], int]:
        rows = await self._db.execute(
            select(t.delivery.c.state, t.delivery.c.reason, func.count())
            .where(t.delivery.c.campaign_id == campaign_id)
            .group_by(t.delivery.c.state, t.delivery.c.reason)
        )
        return {(DeliveryState(state), reason): count for state, reason, count in rows}

    async def rows(self, campaign_id: CampaignId, *, after: int, limit: int) -> list[LedgerRow]:
        rows = await self._db.execute(
            select(t.delivery)
            .where(t.delivery.c.campaign_id == campaign_id, t.delivery.c.id > after)
            .order_by(t.delivery.c.id)
            .limit(limit)
        )
        return [
            LedgerRow(
                delivery_id=row.id,
                contact_id=ContactId(row.contact_id),
                unit_id=None if row.unit_id is None else UnitId(row.unit_id),
                state=DeliveryState(row.state),
                reason=row.reason,
                at=row.changed_at,
            )
            for row in rows
        ]

    async def refs(
        self, campaign_id: CampaignId, *, after: int, limit: int
    ) -> list[tuple[int, Address, tuple[str, ...]]]:
        rows = await self._db.execute(
            select(t.delivery.c.id, t.delivery.c.refs, t.address.c.account_id, t.address.c.external_id)
            .join(t.address, t.address.c.id == t.delivery.c.address_id)
            .where(
                t.delivery.c.campaign_id == campaign_id,
                t.delivery.c.state == DeliveryState.SENT,
                t.delivery.c.id > after,
            )
            .order_by(t.delivery.c.id)
            .limit(limit)
        )
        return [
            (row.id, Address(account_id=AccountId(row.account_id), external_id=row.external_id), tuple(row.refs or ()))
            for row in rows
        ]


def _busy_until(row: Any, *, at: datetime) -> datetime | None:
    """When to look again at somebody who is in the middle of a conversation; None when she may be written to."""
    answered = row.dialogue_answered_at
    if answered is None or at - answered >= BUSY_FOR or at - row.campaign_started_at >= BUSY_AT_MOST:
        return None
    until: timedelta = min(BUSY_FOR - (at - answered), BUSY_AT_MOST - (at - row.campaign_started_at))
    return at + until
