"""What was sent lately, and who of those who would get the next one has it."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, case, func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from outreach.campaigns.model import UNCLEAR, Audience, Campaign, DeliveryState
from outreach.campaigns.ports import Limits
from outreach.campaigns.safeguards import Overlap
from outreach.contacts.windows import Windows, month_of
from outreach.messaging import CampaignId
from outreach.units import UnitId
from storage import tables as t
from storage.audience import exclusion, exclusion_values, meant
from storage.campaigns import campaign_of
from storage.spending import SqlSpending

_HAD = (DeliveryState.IN_FLIGHT, DeliveryState.SENT, *UNCLEAR)


class SqlDoubles:
    def __init__(self, connection: AsyncConnection, *, windows: Windows) -> None:
        self._db = connection
        self._windows = windows

    async def since(self, since: datetime, *, unit_id: UnitId | None) -> list[Campaign]:
        campaign = t.campaign.c
        lately = select(t.campaign).where(
            or_(campaign.sent > 0, campaign.unknown > 0, campaign.in_flight > 0, campaign.sent_assumed > 0),
            or_(campaign.started_at >= since, campaign.finished_at >= since),
        )
        if unit_id is not None:
            lately = lately.where(or_(campaign.unit_id == unit_id, campaign.unit_id.is_(None)))
        return [campaign_of(row) for row in await self._db.execute(lately.order_by(campaign.started_at, campaign.id))]

    async def overlap(
        self, audience: Audience, *, campaigns: Sequence[CampaignId], limits: Limits, at: datetime, one_in: int
    ) -> Overlap:
        spent = await SqlSpending(self._db).of_month(month_of(at))
        paid_left = self._windows.paid_left(sum(account.vnd for account in spent.values()))
        # Each person is looked at once, whatever the number of campaigns.
        people = (
            meant(audience, main_period=limits.main_period, at=at)
            .where(t.contact.c.id % one_in == 0, exclusion(literal(audience.topic)).is_(None))
            .with_only_columns(func.count(), *(func.sum(case((_has(number), 1), else_=0)) for number in campaigns))
        )
        values = exclusion_values(limits, windows=self._windows, paid_left=paid_left, at=at)
        total, *had = (await self._db.execute(people, values)).one()
        return Overlap(
            people=total, had={number: int(count or 0) for number, count in zip(campaigns, had, strict=True)}
        )


def _has(campaign_id: CampaignId) -> ColumnElement[bool]:
    delivery = t.delivery.c
    own = (delivery.campaign_id == campaign_id, delivery.contact_id == t.contact.c.id, delivery.state.in_(_HAD))
    return select(literal(1)).where(*own).correlate(t.contact).exists()
