"""What the ledger tells: who got a campaign, who did not and why, and which messages can be taken back."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, case, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from outreach.campaigns.model import DeliveryState
from outreach.campaigns.ports.ledger_reports import ChannelTally, LedgerRow
from outreach.contacts.windows import WAITS
from outreach.messaging import AccountId, CampaignId, ChannelName, ContactId
from outreach.units import UnitId
from storage import tables as t
from storage.digest_lines import moved_at, reason_now

_d = t.delivery.c
# What `row_of` reads.
ROW = (_d.id, _d.contact_id, _d.unit_id, _d.state, reason_now().label("reason"), moved_at().label("at"))


def row_of(row: Row[*tuple[Any, ...]]) -> LedgerRow:
    return LedgerRow(
        delivery_id=row.id,
        contact_id=ContactId(row.contact_id),
        unit_id=None if row.unit_id is None else UnitId(row.unit_id),
        state=DeliveryState(row.state),
        reason=row.reason,
        at=row.at,
    )


class SqlLedgerReports:
    def __init__(self, connection: AsyncConnection) -> None:
        self._db = connection

    async def reasons(
        self, campaign_id: CampaignId, *, states: Collection[DeliveryState] = tuple(DeliveryState)
    ) -> dict[tuple[DeliveryState, str], int]:
        theirs = select(_d.state, reason_now().label("reason"))
        told = theirs.where(_d.campaign_id == campaign_id, _d.state.in_(states)).subquery()
        kinds = (told.c.state, told.c.reason)
        rows = await self._db.execute(select(*kinds, func.count()).group_by(*kinds))
        return {(DeliveryState(state), reason): count for state, reason, count in rows}

    async def rows(self, campaign_id: CampaignId, *, after: int, limit: int) -> list[LedgerRow]:
        rows = await self._db.execute(
            select(*ROW).where(_d.campaign_id == campaign_id, _d.id > after).order_by(_d.id).limit(limit)
        )
        return [row_of(row) for row in rows]

    async def by_channel(self, campaign_id: CampaignId) -> list[ChannelTally]:
        accounts = (await self._db.execute(select(t.account.c.id, t.account.c.channel))).all()
        return await (self._of_one(campaign_id, accounts[0]) if len(accounts) == 1 else self._of_each(campaign_id))

    async def _of_one(self, campaign_id: CampaignId, account: Row[*tuple[Any, ...]]) -> list[ChannelTally]:
        """Where there is one account its part is all there is, and the counters say it."""
        row, c = t.delivery.c, t.campaign.c
        waiting = select(func.count()).where(
            row.campaign_id == campaign_id, row.state == DeliveryState.SKIPPED, row.reason.in_(WAITS)
        )
        columns = (c.sent, c.received, c.seen, waiting.scalar_subquery().label("waits"))
        found = await self._db.execute(select(*columns).where(c.id == campaign_id, c.total > 0))
        return [
            ChannelTally(
                account_id=AccountId(account.id),
                channel=ChannelName(account.channel),
                sent=one.sent,
                received=one.received,
                seen=one.seen,
                waits=one.waits,
            )
            for one in found
        ]

    async def _of_each(self, campaign_id: CampaignId) -> list[ChannelTally]:
        row = t.delivery.c

        def people(which: ColumnElement[bool]) -> ColumnElement[int]:
            return func.coalesce(func.sum(case((which, 1), else_=0)), 0)

        sent = row.state == DeliveryState.SENT
        rows = await self._db.execute(
            select(
                t.account.c.id,
                t.account.c.channel,
                people(sent).label("sent"),
                people(and_(sent, row.received_at.is_not(None))).label("received"),
                people(and_(sent, row.seen_at.is_not(None))).label("seen"),
                people(and_(row.state == DeliveryState.SKIPPED, row.reason.in_(WAITS))).label("waits"),
            )
            .join(t.account, t.account.c.id == row.account_id)
            .where(row.campaign_id == campaign_id)
            .group_by(t.account.c.id, t.account.c.channel)
            .order_by(t.account.c.id)
        )
        return [
            ChannelTally(
                account_id=AccountId(one.id),
                channel=ChannelName(one.channel),
                sent=int(one.sent),
                received=int(one.received),
                seen=int(one.seen),
                waits=int(one.waits),
            )
            for one in rows
        ]
