"""Campaigns by state and words, and a campaign's rows by what became of them."""

from collections.abc import Collection
from itertools import accumulate
from typing import Any

from sqlalchemy import ColumnElement, and_, false, func, literal, or_, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from outreach.campaigns.fates import Fate
from outreach.campaigns.model import IN_DIGEST, RECALLED, UNCLEAR, Campaign, CampaignState, DeliveryState
from outreach.campaigns.ports.listing import NumberedRow
from outreach.messaging import CampaignId, OfficerId
from outreach.text import fold
from outreach.units import UnitId
from storage import tables as t
from storage.campaigns import campaign_of
from storage.digest_lines import reason_now
from storage.ledger_reports import ROW, row_of

_c, _d = t.campaign.c, t.delivery.c
_COUNTED = tuple(state for state in DeliveryState if state != DeliveryState.REPLACED)
_MOST_WORDS = 8  # of a search

# outreach.campaigns.fates.fate_of in SQL, by states first, which an index leads to; a test holds the two together.
_DIGEST = and_(_d.state == DeliveryState.SKIPPED, reason_now() == IN_DIGEST)
_RECALLED = and_(_d.state == DeliveryState.SENT, _d.reason == RECALLED)
_FATES: dict[Fate, ColumnElement[bool]] = {
    Fate.ALL: _d.state != DeliveryState.REPLACED,
    Fate.SENT: and_(_d.state == DeliveryState.SENT, _d.reason != RECALLED),
    Fate.RECALLED: _RECALLED,
    Fate.FAILED: _d.state == DeliveryState.FAILED,
    Fate.DIGEST: _DIGEST,
    Fate.SKIPPED: and_(_d.state == DeliveryState.SKIPPED, ~_DIGEST),
    Fate.UNKNOWN: _d.state.in_(UNCLEAR),
    Fate.PENDING: _d.state.in_([DeliveryState.PENDING, DeliveryState.IN_FLIGHT]),
    Fate.MISSED: or_(and_(_d.state.not_in([DeliveryState.SENT, DeliveryState.REPLACED]), ~_DIGEST), _RECALLED),
}


class SqlListing:
    """Implements the port `Listing`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._db = connection

    async def find(
        self,
        *,
        unit_id: UnitId | None,
        drafts_of: OfficerId | None,
        states: Collection[CampaignState],
        words: str,
        offset: int,
        limit: int,
    ) -> tuple[int, list[Campaign]]:
        wanted = [_c.state.in_(states), *_worded(words)]
        if unit_id is not None:
            wanted.append(_c.unit_id == unit_id)
        if drafts_of is not None:
            wanted.append(or_(_c.state != CampaignState.DRAFT, _c.created_by == drafts_of))
        count = (await self._db.execute(select(func.count()).select_from(t.campaign).where(*wanted))).scalar_one()
        page = select(t.campaign).where(*wanted).order_by(_c.id.desc()).offset(offset).limit(limit)
        return count, [campaign_of(row) for row in await self._db.execute(page)]

    async def people(self, campaign_id: CampaignId, *, fate: Fate, offset: int, limit: int) -> list[NumberedRow]:
        page = (
            select(*ROW)
            .where(_d.campaign_id == campaign_id, _FATES[fate])
            .order_by(_d.id)
            .offset(offset)
            .limit(limit)
            .subquery()
        )
        between = t.delivery.alias("between")
        numbered = select(page, func.lag(page.c.id, 1, 0).over(order_by=page.c.id).label("former")).subquery()
        step: Any = (
            select(func.count())
            .where(
                between.c.campaign_id == campaign_id,
                between.c.state.in_(_COUNTED),  # by each of them the index leads to the numbers in between
                between.c.id > numbered.c.former,
                between.c.id <= numbered.c.id,
            )
            .correlate(numbered)
            .scalar_subquery()
        )
        rows = (await self._db.execute(select(numbered, step.label("step")).order_by(numbered.c.id))).all()
        numbers = accumulate(row.step for row in rows)
        return [NumberedRow(number=number, row=row_of(row)) for number, row in zip(numbers, rows, strict=True)]


def _worded(words: str) -> list[ColumnElement[bool]]:
    """A word is found by its beginning; folded words are parted by single spaces."""
    wanted = fold(words).split()[:_MOST_WORDS]
    if words.strip() and not wanted:
        return [false()]  # signs alone stand nowhere
    return [(literal(" ") + _c.folded).contains(f" {word}", autoescape=True) for word in wanted] or [true()]
