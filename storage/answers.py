"""Answers to the question under a campaign."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from outreach.messaging import CampaignId, ContactId
from storage import tables as t
from storage.holdings import and_joined
from storage.upsert import dialect_insert

_a = t.campaign_answer.c


class SqlAnswers:
    """Implements the port `Answers`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._db = connection

    async def put(self, campaign_id: CampaignId, *, contact_id: ContactId, option: int, at: datetime) -> int:
        hers = select(_a.option).where(_a.campaign_id == campaign_id, _a.contact_id.in_(and_joined(contact_id)))
        hers = hers.order_by(_a.id).limit(1)
        before = (await self._db.execute(hers)).scalar_one_or_none()
        if before is not None:
            return int(before)
        values = {"campaign_id": campaign_id, "contact_id": contact_id, "option": option, "answered_at": at}
        await self._db.execute(dialect_insert(self._db, t.campaign_answer).values(**values).on_conflict_do_nothing())
        return int((await self._db.execute(hers)).scalar_one())

    async def counts(self, campaign_id: CampaignId) -> dict[int, int]:
        counted = (
            select(_a.option, func.count().label("people")).where(_a.campaign_id == campaign_id).group_by(_a.option)
        )
        return {row.option: row.people for row in await self._db.execute(counted)}
