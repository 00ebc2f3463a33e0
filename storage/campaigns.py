"""Campaigns: their frozen content, their state, their counters."""

from collections.abc import Collection
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, case, func, insert, literal, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from outreach.campaigns.model import (
    ENDED,
    MOVES,
    NO_RECEIPT,
    UNCLEAR,
    Audience,
    Campaign,
    CampaignKind,
    CampaignState,
    Content,
    DeliveryId,
    DeliveryState,
    LateRule,
    OnUnknown,
    Plan,
    Tally,
    Wave,
)
from outreach.campaigns.ports.campaigns import LastSent
from outreach.campaigns.rules import content_fingerprint
from outreach.messaging import CampaignId, ContactId, OfficerId
from outreach.news.model import NewsId
from outreach.text import fold
from outreach.units import UnitId
from storage import tables as t
from storage.frozen import audience_of, content_of
from storage.holdings import and_joined


def _may_have_come() -> ColumnElement[bool]:
    """Whether the message of a row of the ledger may lie on her phone, also where nothing was heard of it and another way was tried."""
    return or_(t.delivery.c.state.in_([DeliveryState.SENT, *UNCLEAR]), t.delivery.c.reason == NO_RECEIPT)


_COUNTED_BESIDE = ("total", "first_time", "received", "seen", "charged")


def campaign_of(row: Row[*tuple[Any, ...]]) -> Campaign:
    counts = {state.value: getattr(row, state.value) for state in DeliveryState}
    return Campaign(
        campaign_id=CampaignId(row.id),
        state=CampaignState(row.state),
        content=content_of(row.content),
        audience=audience_of(row.audience),
        created_by=OfficerId(row.created_by),
        unit_id=None if row.unit_id is None else UnitId(row.unit_id),
        on_unknown=OnUnknown(row.on_unknown),
        version=row.version,
        tally=Tally(**counts, **{name: getattr(row, name) for name in _COUNTED_BESIDE}),
        created_at=row.created_at,
        not_before=row.not_before,
        frozen_at=row.frozen_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        halt_reason=row.halt_reason,
        recall_after=row.recall_after,
        recalled=row.recalled,
        recall_ended_at=row.recall_ended_at,
        edit_after=row.edit_after,
        edited=row.edited,
        edit_ended_at=row.edit_ended_at,
        kind=CampaignKind(row.kind),
        plan=Plan(
            urgent=row.urgent,
            late_rule=LateRule(row.late_rule),
            expires_at=row.expires_at,
            first_wave=row.first_wave,
            in_digest=row.in_digest,
        ),
        wave=_wave(row),
    )


def _wave(row: Row[*tuple[Any, ...]]) -> Wave | None:
    return None if row.wave_last_id is None else Wave(last_id=DeliveryId(row.wave_last_id), opens_at=row.wave_opens_at)


def content_columns(content: Content) -> dict[str, Any]:
    return {
        "content": asdict(content),
        "content_hash": content_fingerprint(content),
        "counts": content.counts,
        "topic": content.topic,
        "news_item_id": content.news_id,
        "folded": fold(" ".join((content.title, content.document, *content.paragraphs))),
    }


async def keep_version(db: AsyncConnection, campaign_id: CampaignId) -> None:
    columns = (t.campaign.c.id, t.campaign.c.version, t.campaign.c.content)
    wording = select(*columns).where(t.campaign.c.id == campaign_id)
    await db.execute(insert(t.campaign_version).from_select(["campaign_id", "version", "content"], wording))


_STAMPS = {
    CampaignState.RUNNING: "started_at",
    CampaignState.FINISHED: "finished_at",
    CampaignState.CANCELLED: "finished_at",
}


class SqlCampaigns:
    def __init__(self, connection: AsyncConnection) -> None:
        self._db = connection

    async def add(
        self, *, content: Content, audience: Audience, by: OfficerId, unit_id: UnitId | None, at: datetime
    ) -> CampaignId:
        statement = insert(t.campaign).values(
            state=CampaignState.DRAFT,
            audience=asdict(audience),
            on_unknown=OnUnknown.RATHER_MISS,
            created_by=by,
            unit_id=unit_id,
            created_at=at,
            **content_columns(content),
        )
        campaign_id = CampaignId((await self._db.execute(statement.returning(t.campaign.c.id))).scalar_one())
        await keep_version(self._db, campaign_id)
        return campaign_id

    async def get(self, campaign_id: CampaignId) -> Campaign | None:
        row = (await self._db.execute(select(t.campaign).where(t.campaign.c.id == campaign_id))).one_or_none()
        return campaign_of(row) if row else None

    async def edit(
        self,
        campaign_id: CampaignId,
        *,
        content: Content | None = None,
        audience: Audience | None = None,
        on_unknown: OnUnknown | None = None,
        plan: Plan | None = None,
    ) -> bool:
        values: dict[str, Any] = asdict(plan) if plan else {}
        if content is not None:
            values |= {**content_columns(content), "version": t.campaign.c.version + 1}
        if audience is not None:
            values["audience"] = asdict(audience)
        if on_unknown is not None:
            values["on_unknown"] = on_unknown
        result = await self._db.execute(
            update(t.campaign)
            .where(t.campaign.c.id == campaign_id, t.campaign.c.state == CampaignState.DRAFT)
            .values(**values)
        )
        if content is not None and result.rowcount:
            await keep_version(self._db, campaign_id)
        return bool(result.rowcount)

    async def wording(self, campaign_id: CampaignId, *, version: int) -> Content | None:
        statement = select(t.campaign_version.c.content).where(
            t.campaign_version.c.campaign_id == campaign_id, t.campaign_version.c.version == version
        )
        found = (await self._db.execute(statement)).scalar_one_or_none()
        return None if found is None else content_of(found)

    async def move(
        self,
        campaign_id: CampaignId,
        *,
        state: CampaignState,
        at: datetime,
        not_before: datetime | None = None,
        halt_reason: str = "",
    ) -> bool:
        values: dict[str, Any] = {"state": state, "halt_reason": halt_reason}
        if not_before is not None:
            values["not_before"] = not_before
        if state in _STAMPS:
            stamp = t.campaign.c[_STAMPS[state]]
            # The first start stays the start, however often the campaign is paused and resumed.
            values[stamp.name] = func.coalesce(stamp, literal(at, stamp.type)) if state == CampaignState.RUNNING else at
        statement = update(t.campaign).where(t.campaign.c.id == campaign_id, t.campaign.c.state.in_(MOVES[state]))
        if state == CampaignState.RUNNING:
            statement = statement.where(t.campaign.c.frozen_at.is_not(None))
        if state == CampaignState.FINISHED:
            values |= {"wave_last_id": None, "wave_opens_at": None}  # what is handed over later waits for no wave
            statement = statement.where(t.campaign.c.pending == 0, t.campaign.c.in_flight == 0)
        result = await self._db.execute(statement.values(**values))
        return bool(result.rowcount)

    async def list_recent(self, *, unit_id: UnitId | None, limit: int) -> list[Campaign]:
        statement = select(t.campaign) if unit_id is None else select(t.campaign).where(t.campaign.c.unit_id == unit_id)
        return [
            campaign_of(row) for row in await self._db.execute(statement.order_by(t.campaign.c.id.desc()).limit(limit))
        ]

    async def in_state(self, state: CampaignState) -> list[Campaign]:
        rows = await self._db.execute(select(t.campaign).where(t.campaign.c.state == state).order_by(t.campaign.c.id))
        return [campaign_of(row) for row in rows]

    async def received(
        self, campaign_id: CampaignId, *, contact_id: ContactId
    ) -> tuple[Campaign, DeliveryState | None] | None:
        row = t.delivery.c
        came = or_(_may_have_come(), row.state == DeliveryState.IN_FLIGHT)  # a tap may overtake the outcome
        own = and_(row.campaign_id == t.campaign.c.id, row.contact_id.in_(and_joined(contact_id)))
        state = case((row.reason == NO_RECEIPT, DeliveryState.SENT.value), else_=row.state)
        found = await self._db.execute(
            select(t.campaign, state.label("delivery_state"))
            .select_from(t.campaign.outerjoin(t.delivery, own))
            .where(t.campaign.c.id == campaign_id)
            .order_by(case((came, 1), else_=0).desc(), row.leg.desc())
            .limit(1)
        )
        one = found.one_or_none()
        if one is None:
            return None
        return campaign_of(one), DeliveryState(one.delivery_state) if one.delivery_state else None

    async def newest_received(self, contact_id: ContactId) -> tuple[CampaignId, datetime] | None:
        found = await self._db.execute(
            select(t.delivery.c.campaign_id, t.delivery.c.changed_at)
            .where(t.delivery.c.contact_id.in_(and_joined(contact_id)), _may_have_come())
            .order_by(t.delivery.c.changed_at.desc(), t.delivery.c.id.desc())
            .limit(1)
        )
        row = found.one_or_none()
        return None if row is None else (CampaignId(row.campaign_id), row.changed_at)

    async def last_sent(self, content_hashes: Collection[str], *, unit_id: UnitId | None) -> dict[str, LastSent]:
        recalled = t.campaign.c.recall_after.is_not(None).label("recalled")
        columns = (t.campaign.c.content_hash, t.campaign.c.started_at, t.campaign.c.sent)
        statement = select(*columns, recalled).where(
            t.campaign.c.content_hash.in_(content_hashes), t.campaign.c.sent > 0
        )
        if unit_id is not None:
            statement = statement.where(t.campaign.c.unit_id == unit_id)
        rows = await self._db.execute(statement.order_by(recalled.desc(), t.campaign.c.started_at, t.campaign.c.id))
        return {
            row.content_hash: LastSent(at=row.started_at, people=row.sent, recalled=row.recalled)
            for row in rows
            if row.started_at
        }

    async def draft_with(self, news_id: NewsId, *, by: OfficerId) -> Campaign | None:
        statement = select(t.campaign).where(
            t.campaign.c.state == CampaignState.DRAFT,
            t.campaign.c.news_item_id == news_id,
            t.campaign.c.created_by == by,
        )
        row = (await self._db.execute(statement.order_by(t.campaign.c.id.desc()).limit(1))).one_or_none()
        return campaign_of(row) if row else None

    async def same_content_running(self, campaign_id: CampaignId) -> Campaign | None:
        await self._hold_content(campaign_id)
        this = select(t.campaign.c.content_hash, t.campaign.c.unit_id).where(t.campaign.c.id == campaign_id).subquery()
        row = (
            await self._db.execute(
                select(t.campaign)
                .join(this, this.c.content_hash == t.campaign.c.content_hash)
                .where(
                    t.campaign.c.id != campaign_id,
                    t.campaign.c.unit_id.is_not_distinct_from(this.c.unit_id),
                    t.campaign.c.state.not_in([CampaignState.DRAFT, *ENDED]),
                )
                .limit(1)
            )
        ).one_or_none()
        return campaign_of(row) if row else None

    async def _hold_content(self, campaign_id: CampaignId) -> None:
        """Until the commit nobody else asks about the same content: two of its drafts, ordered at one moment, would not see each other.

        SQLite has one writer at a time.
        """
        if self._db.dialect.name == "postgresql":
            key = func.hashtextextended(t.campaign.c.content_hash, 0)
            locked = select(func.pg_advisory_xact_lock(key)).where(t.campaign.c.id == campaign_id)
            await self._db.execute(locked)
