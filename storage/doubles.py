"""What was sent lately, and who of those who would get the next one has it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from operator import itemgetter

from sqlalchemy import case, func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from outreach.campaigns.model import UNCLEAR, Audience, Campaign, CampaignKind, DeliveryState, Limits
from outreach.campaigns.ports.doubles import Overlap
from outreach.contacts.windows import Windows, month_of
from outreach.messaging import CampaignId
from outreach.units import UnitId
from storage import tables as t
from storage.audience import exclusion, exclusion_values, meant
from storage.audience_rules import has_or_line
from storage.campaigns import campaign_of
from storage.spending import SqlSpending

_TOLD_WITHIN = timedelta(days=16)  # older news stands in no digest that was made since
_HAD = (DeliveryState.IN_FLIGHT, DeliveryState.SENT, *UNCLEAR)


class SqlDoubles:
    def __init__(self, connection: AsyncConnection, *, windows: Windows) -> None:
        self._db = connection
        self._windows = windows

    async def since(self, since: datetime, *, unit_id: UnitId | None) -> list[tuple[Campaign, datetime]]:
        campaign = t.campaign.c
        lately = select(t.campaign).where(
            or_(campaign.sent > 0, campaign.unknown > 0, campaign.in_flight > 0, campaign.sent_assumed > 0),
            or_(campaign.started_at >= since, campaign.finished_at >= since),
        )
        began = [(one := campaign_of(row), one.started_at or since) for row in await self._db.execute(lately)]
        told = [
            (one, at)
            for digest, at in began
            if digest.kind == CampaignKind.DIGEST
            for one in await self._told_by(digest, since=since)
        ]
        newest = {one.campaign_id: (one, at) for one, at in sorted([*began, *told], key=itemgetter(1))}
        found = [pair for pair in newest.values() if unit_id is None or pair[0].unit_id in {unit_id, None}]
        return sorted(found, key=lambda pair: (pair[1], pair[0].campaign_id))

    async def _told_by(self, digest: Campaign, *, since: datetime) -> list[Campaign]:
        campaign, line = t.campaign.c, t.digest_item.c
        told = (
            select(literal(1))
            .join(t.delivery, t.delivery.c.id == line.delivery_id)
            .where(line.campaign_id == campaign.id, t.delivery.c.campaign_id == digest.campaign_id)
        )
        found = await self._db.execute(
            select(t.campaign).where(
                campaign.skipped > 0, campaign.started_at >= since - _TOLD_WITHIN, told.correlate(t.campaign).exists()
            )
        )
        return [campaign_of(row) for row in found]

    async def overlap(
        self, audience: Audience, *, campaigns: Sequence[CampaignId], limits: Limits, at: datetime, one_in: int
    ) -> Overlap:
        spent = await SqlSpending(self._db).of_month(month_of(at))
        paid_left = self._windows.paid_left(sum(account.vnd for account in spent.values()))
        has = t.delivery.c.state.in_(_HAD)
        # Each person is looked at once, whatever the number of campaigns.
        people = (
            meant(audience, main_period=limits.main_period, at=at)
            .where(t.contact.c.id % one_in == 0, exclusion(literal(audience.topic)).is_(None))
            .with_only_columns(
                func.count(), *(func.sum(case((has_or_line(number, has), 1), else_=0)) for number in campaigns)
            )
        )
        values = exclusion_values(limits, windows=self._windows, paid_left=paid_left, at=at)
        total, *had = (await self._db.execute(people, values)).one()
        return Overlap(
            people=total, had={number: int(count or 0) for number, count in zip(campaigns, had, strict=True)}
        )
