"""What an officer wants to know while she makes a rule: where people came from, and which condition leaves nobody."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import and_, case, func, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from outreach.campaigns.model import Audience
from outreach.clock import local_day
from outreach.contacts.model import Subscription
from outreach.contacts.windows import Windows
from outreach.units import UnitId
from storage import tables as t
from storage.audience import meant
from storage.audience_rules import conditions
from storage.windows import window_values


class SqlAudiences:
    """Implements the port `Audiences`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._db = connection

    async def sources(self, *, unit_id: UnitId | None) -> dict[str, int]:
        contact, people = t.contact.c, func.count()
        mine = true() if unit_id is None else contact.unit_id == unit_id
        rows = await self._db.execute(
            select(contact.source, people)
            .where(contact.subscription.in_([Subscription.ACTIVE, Subscription.PAUSED]), mine)
            .group_by(contact.source)
            .order_by(people.desc(), contact.source)
        )
        return {source: int(number) for source, number in rows}

    async def without(
        self, audience: Audience, *, main_period: int | None, fixed: Collection[str], at: datetime
    ) -> dict[str, int]:
        found = conditions(audience, main_period=main_period, year=local_day(at).year)
        may_go = [name for name in found if name not in fixed]
        if not may_go:
            return {}
        sums = []
        for name in may_go:
            others = and_(true(), *(condition for other, condition in found.items() if other != name))
            sums.append(func.coalesce(func.sum(case((others, 1), else_=0)), 0))
        everybody = meant(Audience(), main_period=main_period, at=at).with_only_columns(*sums)
        choice = window_values(Windows(), paid_left=0, at=at)
        return dict(zip(may_go, (await self._db.execute(everybody, choice)).one(), strict=True))
