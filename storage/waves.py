"""The first wave of a campaign, and what is given up of one in chunks."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, func, literal, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from outreach.campaigns.model import Campaign, CampaignState, DeliveryState, Limits
from outreach.campaigns.ports.waves import WaveTally
from outreach.contacts.windows import Windows
from outreach.messaging import CampaignId, ContactId
from storage import tables as t
from storage.audience import exclusion, exclusion_values, meant
from storage.campaigns import campaign_of
from storage.doubts import give_up
from storage.ledger_rows import LedgerRows
from storage.spending import paid_left
from storage.windows import window_values

_BLOCKED = "blocked"  # the channels' own word
_ON_ITS_WAY = (DeliveryState.PENDING, DeliveryState.IN_FLIGHT)

# Times as many as are wanted. Whether one may be written to is asked of some only: of everybody (None) it would take seconds, which
# must be had once at most.
_LOOKED_AT = (40, 1_000, None)


def _place_in_unit() -> ColumnElement[int]:
    return func.row_number().over(partition_by=t.contact.c.unit_id, order_by=t.contact.c.id).label("place")


class SqlWaves:
    """Implements the port `Waves`."""

    def __init__(self, connection: AsyncConnection, *, windows: Windows) -> None:
        self._db = connection
        self._rows = LedgerRows(connection)
        self._windows = windows

    async def pick(self, campaign: Campaign, *, limits: Limits, size: int, at: datetime) -> list[ContactId]:
        paid = await paid_left(self._db, windows=self._windows, at=at)
        values = exclusion_values(limits, windows=self._windows, paid_left=paid, at=at)
        people, place = meant(campaign.audience, main_period=limits.main_period, at=at), _place_in_unit()
        all_of_them = people.add_columns(place).subquery()
        in_order = select(all_of_them.c.id).order_by(all_of_them.c.place, all_of_them.c.id)
        able = people.where(exclusion(literal(campaign.content.topic)).is_(None))
        chosen: Sequence[int] = ()
        for times in _LOOKED_AT:
            some = able.where(t.contact.c.id.in_(in_order.limit(times * size))) if times else able
            them = some.add_columns(place).subquery()
            first = select(them.c.id).order_by(them.c.place, them.c.id).limit(size)
            chosen = (await self._db.execute(first, values)).scalars().all()
            if len(chosen) == size:
                break
        return [ContactId(number) for number in chosen]

    async def begin(self, campaign: Campaign, *, people: Sequence[ContactId], at: datetime) -> bool:
        this = t.campaign.c.id == campaign.campaign_id
        await self._rows.hold(this)
        state, total = (await self._db.execute(select(t.campaign.c.state, t.campaign.c.total).where(this))).one()
        if state != CampaignState.PREPARING or total:
            return False
        paid = await paid_left(self._db, windows=self._windows, at=at)
        them = meant(campaign.audience, main_period=None, at=at).where(t.contact.c.id.in_(people))
        choice = window_values(self._windows, paid_left=paid, at=at)
        await self._rows.add(campaign, them, choice=choice, at=at)
        last = select(func.max(t.delivery.c.id)).where(t.delivery.c.campaign_id == campaign.campaign_id)
        await self._db.execute(update(t.campaign).where(this).values(wave_last_id=last.scalar_subquery()))
        return True

    async def tally(self, campaign_id: CampaignId) -> WaveTally:
        row = t.delivery.c
        still = select(t.lane_halt.c.account_id).where(t.lane_halt.c.campaign_id == campaign_id)
        halted = set((await self._db.execute(still)).scalars())
        last = select(t.campaign.c.wave_last_id).where(t.campaign.c.id == campaign_id).scalar_subquery()
        states = (
            select(row.state, row.reason, row.account_id, func.count())
            .where(row.campaign_id == campaign_id, row.id <= last)
            .group_by(row.state, row.reason, row.account_id)
        )
        left, of = 0, Counter[str]()
        for state, reason, account_id, people in await self._db.execute(states):
            left += people if state in _ON_ITS_WAY and account_id not in halted else 0
            of[_BLOCKED if state == DeliveryState.FAILED and reason == _BLOCKED else state] += people
        return WaveTally(
            left=left,
            sent=of[DeliveryState.SENT],
            blocked=of[_BLOCKED],
            failed=of[DeliveryState.FAILED],
            unknown=of[DeliveryState.UNKNOWN],
        )

    async def open_at(self, campaign_id: CampaignId, *, at: datetime) -> bool:
        wave = t.campaign.c
        waits = (wave.id == campaign_id, wave.wave_last_id.is_not(None), wave.wave_opens_at.is_(None))
        return bool((await self._db.execute(update(t.campaign).where(*waits).values(wave_opens_at=at))).rowcount)

    async def open(self, campaign_id: CampaignId) -> bool:
        kept = (t.campaign.c.id == campaign_id, t.campaign.c.wave_last_id.is_not(None))
        opened = update(t.campaign).where(*kept).values(wave_last_id=None, wave_opens_at=None)
        return bool((await self._db.execute(opened)).rowcount)

    async def left_over(self) -> list[Campaign]:
        kept = (t.campaign.c.state == CampaignState.CANCELLED, t.campaign.c.pending > 0)
        rows = await self._db.execute(select(t.campaign).where(*kept).order_by(t.campaign.c.id))
        return [campaign_of(row) for row in rows]

    async def give_up_chunk(self, campaign_id: CampaignId, *, reason: str, size: int, at: datetime) -> int:
        return await give_up(self._rows, campaign_id, reason=reason, size=size, at=at)
