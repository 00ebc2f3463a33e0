"""What was sent lately, and who of those who would get the next one has it."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from outreach.campaigns.model import UNCLEAR, Audience, Campaign, DeliveryState
from outreach.campaigns.ports import Limits
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

    async def had(
        self, audience: Audience, *, campaigns: Collection[CampaignId], limits: Limits, at: datetime
    ) -> dict[CampaignId, int]:
        spent = await SqlSpending(self._db).of_month(month_of(at))
        paid_left = self._windows.paid_left(sum(account.vnd for account in spent.values()))
        delivery = t.delivery.c
        people = (
            meant(audience, main_period=limits.main_period, at=at)
            .join(t.delivery, delivery.contact_id == t.contact.c.id)
            .where(
                delivery.campaign_id.in_(campaigns),
                delivery.state.in_(_HAD),
                exclusion(literal(audience.topic)).is_(None),
            )
            .with_only_columns(delivery.campaign_id, func.count())
            .group_by(delivery.campaign_id)
        )
        values = exclusion_values(limits, windows=self._windows, paid_left=paid_left, at=at)
        return {CampaignId(number): int(count) for number, count in await self._db.execute(people, values)}
