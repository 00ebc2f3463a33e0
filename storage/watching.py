"""What the officer who ordered a campaign is told, and the counts of its report."""

from datetime import datetime

from sqlalchemy import ColumnElement, and_, case, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from outreach.campaigns.model import Campaign, CampaignState, DeliveryState
from outreach.campaigns.ports.watching import GONE
from outreach.messaging import AccountId, CampaignId
from outreach.units import UnitId
from storage import tables as t
from storage.campaigns import campaign_of

_ON_ITS_WAY = (CampaignState.PREPARING, CampaignState.RUNNING, CampaignState.PAUSED)
_LAST = 500  # messages by which a pace is measured
_ENDED = (CampaignState.FINISHED, CampaignState.CANCELLED)


def _digest_has_gone() -> ColumnElement[bool]:
    """Of news that has no message of its own and was told to be settled; looks at campaigns alone, because it is asked every second."""
    news, digest = t.campaign.c, t.campaign.alias("made").c
    made_since = exists().where(
        t.digest.c.campaign_id == digest.id,
        digest.created_at >= news.started_at,
        digest.started_at.is_not(None),
        digest.state.in_(_ENDED),
        digest.pending + digest.in_flight == 0,
    )
    return and_(news.in_digest, news.state == CampaignState.FINISHED, news.told_state == news.state, made_since)


class SqlWatching:
    """Implements the port `Watching`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._db = connection

    async def to_tell(self) -> list[tuple[Campaign, str, int]]:
        told = t.campaign.c.told_state
        ended = and_(t.campaign.c.state.in_(_ENDED), told.not_in([t.campaign.c.state, GONE]))
        rows = await self._db.execute(
            select(t.campaign)
            .where(
                or_(t.campaign.c.state.in_(_ON_ITS_WAY), ended, _digest_has_gone()),
                t.campaign.c.not_before.is_not(None),
            )
            .order_by(t.campaign.c.id)
        )
        return [(campaign_of(row), row.told_state, row.told_unknown) for row in rows]

    async def told(self, campaign_id: CampaignId, *, state: str, unknown: int) -> None:
        await self._db.execute(
            update(t.campaign).where(t.campaign.c.id == campaign_id).values(told_state=state, told_unknown=unknown)
        )

    async def interrupted(self, campaign_id: CampaignId) -> tuple[int, datetime | None]:
        count, at = (
            await self._db.execute(
                select(func.count(), func.max(t.delivery.c.changed_at)).where(
                    t.delivery.c.campaign_id == campaign_id,
                    t.delivery.c.state == DeliveryState.UNKNOWN,
                    t.delivery.c.reason == "interrupted",
                )
            )
        ).one()
        return count, at

    async def in_conversation(self, campaign_id: CampaignId) -> int:
        statement = select(func.count()).where(
            t.delivery.c.campaign_id == campaign_id,
            t.delivery.c.state == DeliveryState.PENDING,
            t.delivery.c.reason == "in_conversation",
        )
        return int((await self._db.execute(statement)).scalar_one())

    async def lately(self, campaign_id: CampaignId, *, since: datetime) -> list[datetime]:
        last = (
            select(t.delivery.c.changed_at)
            .where(t.delivery.c.campaign_id == campaign_id, t.delivery.c.state == DeliveryState.SENT)
            .order_by(t.delivery.c.id.desc())
            .limit(_LAST)
            .subquery()
        )
        found = select(last.c.changed_at).where(last.c.changed_at >= since).order_by(last.c.changed_at)
        return list((await self._db.execute(found)).scalars())

    async def by_unit(self, campaign_id: CampaignId) -> list[tuple[UnitId | None, int, int]]:
        sent = func.sum(case((t.delivery.c.state == DeliveryState.SENT, 1), else_=0))
        rows = await self._db.execute(
            select(t.delivery.c.unit_id, sent, func.count())
            .where(t.delivery.c.campaign_id == campaign_id, t.delivery.c.state != DeliveryState.REPLACED)
            .group_by(t.delivery.c.unit_id)
        )
        return [(None if unit_id is None else UnitId(unit_id), int(got), people) for unit_id, got, people in rows]

    async def waiting(self, *, other_than: CampaignId) -> dict[AccountId, int]:
        others = and_(t.campaign.c.state == CampaignState.RUNNING, t.campaign.c.id != other_than)
        rows = await self._db.execute(
            select(t.delivery.c.account_id, func.count())
            .join(t.campaign, t.campaign.c.id == t.delivery.c.campaign_id)
            .where(others, t.delivery.c.state == DeliveryState.PENDING)
            .group_by(t.delivery.c.account_id)
        )
        return {AccountId(account_id): count for account_id, count in rows}
