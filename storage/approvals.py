"""The second officer's word on large campaigns: who was asked what, and what she said."""

from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, insert, literal, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from outreach.campaigns.model import Audience, Campaign, Limits
from outreach.campaigns.ports.approvals import Approval, ApprovalId, Verdict
from outreach.contacts.windows import Windows
from outreach.messaging import CampaignId, ContactId, OfficerId
from outreach.officers import Officer
from storage import tables as t
from storage.audience import exclusion, exclusion_values, meant
from storage.officers import officer_of

_LOOKED_AT = 100  # kinds of people, by unit and language


def _id(number: int | None) -> OfficerId | None:
    return None if number is None else OfficerId(number)


def _approval(row: Row[*tuple[Any, ...]]) -> Approval:
    return Approval(
        approval_id=ApprovalId(row.id),
        campaign_id=CampaignId(row.campaign_id),
        fingerprint=row.fingerprint,
        version=row.version,
        people=row.people,
        starts_at=row.starts_at,
        asked_by=OfficerId(row.asked_by),
        asked_at=row.asked_at,
        asked_of=_id(row.asked_of),
        reminded_at=row.reminded_at,
        verdict=Verdict(row.verdict),
        decided_by=_id(row.decided_by),
        decided_at=row.decided_at,
        reason=row.reason,
    )


class SqlApprovals:
    def __init__(self, connection: AsyncConnection, *, windows: Windows) -> None:
        self._db = connection
        self._windows = windows

    async def add(
        self,
        campaign: Campaign,
        *,
        fingerprint: str,
        people: int,
        starts_at: datetime | None,
        asked_by: OfficerId,
        asked_of: OfficerId,
        at: datetime,
    ) -> Approval:
        statement = insert(t.approval).values(
            campaign_id=campaign.campaign_id,
            fingerprint=fingerprint,
            version=campaign.version,
            people=people,
            starts_at=starts_at,
            asked_by=asked_by,
            asked_at=at,
            asked_of=asked_of,
            verdict=Verdict.OPEN,
        )
        return _approval((await self._db.execute(statement.returning(t.approval))).one())

    async def get(self, approval_id: ApprovalId) -> Approval | None:
        row = (await self._db.execute(select(t.approval).where(t.approval.c.id == approval_id))).one_or_none()
        return _approval(row) if row else None

    async def hold(self, campaign_id: CampaignId) -> Approval | None:
        """SQLite has one writer at a time, and needs no lock."""
        await self._db.execute(select(t.campaign.c.id).where(t.campaign.c.id == campaign_id).with_for_update())
        return await self.newest(campaign_id)

    async def newest(self, campaign_id: CampaignId) -> Approval | None:
        own = select(t.approval).where(t.approval.c.campaign_id == campaign_id)
        row = (await self._db.execute(own.order_by(t.approval.c.id.desc()).limit(1))).one_or_none()
        return _approval(row) if row else None

    async def open(self) -> list[Approval]:
        waiting = select(t.approval).where(t.approval.c.verdict == Verdict.OPEN)
        return [_approval(row) for row in await self._db.execute(waiting.order_by(t.approval.c.id))]

    async def shown_before(self, approval: Approval) -> int | None:
        own = t.approval.c.campaign_id == approval.campaign_id
        before = select(func.max(t.approval.c.version)).where(own, t.approval.c.id < approval.approval_id)
        found: int | None = (await self._db.execute(before)).scalar_one()
        return found

    async def pass_on(self, approval_id: ApprovalId, *, to: OfficerId | None, at: datetime) -> None:
        await self._change(approval_id, asked_of=to, asked_at=at, reminded_at=None)

    async def remind(self, approval_id: ApprovalId, *, at: datetime) -> None:
        await self._change(approval_id, reminded_at=at)

    async def _change(self, approval_id: ApprovalId, **values: Any) -> None:
        waiting = (t.approval.c.id == approval_id, t.approval.c.verdict == Verdict.OPEN)
        await self._db.execute(update(t.approval).where(*waiting).values(**values))

    async def settle(
        self, approval_id: ApprovalId, *, verdict: Verdict, by: OfficerId | None, reason: str = "", at: datetime
    ) -> Approval:
        await self._change(approval_id, verdict=verdict, decided_by=by, decided_at=at, reason=reason)
        row = (await self._db.execute(select(t.approval).where(t.approval.c.id == approval_id))).one()
        return _approval(row)

    async def officer(self, officer_id: OfficerId) -> Officer:
        return officer_of((await self._db.execute(select(t.officer).where(t.officer.c.id == officer_id))).one())

    async def examples(
        self, audience: Audience, *, limits: Limits, at: datetime, one_in: int, count: int
    ) -> list[ContactId]:
        contact = t.contact.c
        people = meant(audience, main_period=limits.main_period, at=at).where(
            contact.id % one_in == 0, exclusion(literal(audience.topic)).is_(None)
        )
        kinds = (
            people.with_only_columns(func.min(contact.id).label("id"), contact.language)
            .group_by(contact.unit_id, contact.language)
            .order_by(func.min(contact.id))
            .limit(_LOOKED_AT)
        )
        values = exclusion_values(limits, windows=self._windows, paid_left=0, at=at)
        found = list(await self._db.execute(kinds, values))
        first_of = {row.language: row.id for row in reversed(found)}
        chosen = [*sorted(first_of.values()), *(row.id for row in found)]
        if len(found) < count:  # of one kind there may be several
            chosen += (await self._db.execute(people.order_by(contact.id).limit(count), values)).scalars()
        return [ContactId(number) for number in list(dict.fromkeys(chosen))[:count]]
