"""How far a campaign is in being taken back or given other words."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import and_, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from outreach.campaigns.model import ENDED, RECALLED, Campaign, Content, DeliveryId, DeliveryState
from outreach.campaigns.ports.undoing import Out, TakenBack
from outreach.messaging import AccountId, Address, CampaignId
from outreach.reach.model import StoredPeriod
from storage import tables as t
from storage.campaigns import campaign_of, content_columns, keep_version
from storage.contacts import CONTACT_COLUMNS, contact_of
from storage.counting import counts
from storage.reach_leaving import leave_reach

_c, _d = t.campaign.c, t.delivery.c
_RECALLING = and_(_c.recall_after.is_not(None), _c.recall_ended_at.is_(None))
_EDITING = and_(_c.edit_after.is_not(None), _c.edit_ended_at.is_(None), _c.recall_after.is_(None))


class SqlUndoing:
    """Implements the port `Undoing`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._db = connection

    async def begin_recall(self, campaign_id: CampaignId) -> bool:
        may = (_c.id == campaign_id, _c.recall_after.is_(None), _c.in_flight == 0)
        return bool((await self._db.execute(update(t.campaign).where(*may).values(recall_after=0))).rowcount)

    async def begin_edit(self, campaign_id: CampaignId, *, content: Content) -> int | None:
        result = await self._db.execute(
            update(t.campaign)
            .where(_c.id == campaign_id, _c.state.in_(ENDED), _c.recall_after.is_(None), _c.in_flight == 0)
            .values(**content_columns(content), version=_c.version + 1, edit_after=0, edited=0, edit_ended_at=None)
            .returning(_c.version)
        )
        version: int | None = result.scalar_one_or_none()
        if version is not None:
            await keep_version(self._db, campaign_id)
        return version

    async def under_way(self) -> list[Campaign]:
        statement = select(t.campaign).where(or_(_RECALLING, _EDITING)).order_by(_c.id)
        return [campaign_of(row) for row in await self._db.execute(statement)]

    async def out(self, campaign_id: CampaignId, *, after: int, limit: int) -> list[Out]:
        rows = await self._db.execute(
            select(
                _d.id.label("delivery_id"),
                _d.refs,
                _d.version,
                t.address.c.account_id,
                t.address.c.external_id,
                *CONTACT_COLUMNS,
            )
            .join(t.address, t.address.c.id == _d.address_id)
            .join(t.contact, t.contact.c.id == _d.contact_id)
            .where(
                _d.campaign_id == campaign_id,
                _d.state == DeliveryState.SENT,
                _d.reason != RECALLED,
                _d.id > after,
            )
            .order_by(_d.id)
            .limit(limit)
        )
        return [
            Out(
                delivery_id=DeliveryId(row.delivery_id),
                contact=contact_of(row),
                address=Address(account_id=AccountId(row.account_id), external_id=row.external_id),
                refs=tuple(row.refs or ()),
                version=row.version,
            )
            for row in rows
        ]

    async def recalled(self, campaign_id: CampaignId, *, after: int, gone: Sequence[DeliveryId]) -> list[TakenBack]:
        marked = await self._db.execute(
            update(t.delivery)
            .where(_d.id.in_(gone), _d.state == DeliveryState.SENT, _d.reason != RECALLED)
            .values(reason=RECALLED)
            .returning(_d.id)
        )
        rows = await self._db.execute(
            select(_d.id, _d.changed_at, counts().label("counts"))
            .join(t.campaign, _c.id == _d.campaign_id)
            .where(_d.id.in_(marked.scalars().all()))
            .order_by(_d.id)
        )
        taken = [
            TakenBack(delivery_id=DeliveryId(row.id), sent_at=row.changed_at, counts=row.counts) for row in rows.all()
        ]
        await self._db.execute(
            update(t.campaign)
            .where(_c.id == campaign_id, _RECALLING, _c.recall_after <= after)
            .values(recall_after=after, recalled=_c.recalled + len(taken))
        )
        return taken

    async def leave_reach(
        self, campaign_id: CampaignId, deliveries: Sequence[DeliveryId], *, periods: Sequence[StoredPeriod]
    ) -> None:
        await leave_reach(self._db, campaign_id, deliveries, periods=periods)

    async def edited(self, campaign_id: CampaignId, *, after: int, version: int, done: Sequence[DeliveryId]) -> bool:
        moved = await self._db.execute(
            update(t.campaign)
            .where(_c.id == campaign_id, _EDITING, _c.version == version, _c.edit_after <= after)
            .values(edit_after=after)
        )
        if not moved.rowcount:
            return False
        changed = await self._db.execute(
            update(t.delivery).where(_d.id.in_(done), _d.version != version).values(version=version)
        )
        await self._db.execute(
            update(t.campaign).where(_c.id == campaign_id).values(edited=_c.edited + changed.rowcount)
        )
        return True

    async def end(self, campaign_id: CampaignId, *, at: datetime) -> bool:
        for going_on, values in ((_RECALLING, {"recall_ended_at": at}), (_EDITING, {"edit_ended_at": at})):
            result = await self._db.execute(update(t.campaign).where(_c.id == campaign_id, going_on).values(**values))
            if result.rowcount:
                return True
        return False
