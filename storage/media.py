"""Pictures and files that go with campaigns; the content lies in files (evidence_files.py)."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Text, delete, exists, insert, select, type_coerce, update
from sqlalchemy.ext.asyncio import AsyncConnection

from outreach.campaigns.ports.media import MediaRow, MediaState
from outreach.evidence import wait_after
from outreach.messaging import AccountId, Attachment, AttachmentKind, CampaignId, Media, MediaId, OfficerId
from storage import tables as t
from storage.frozen import content_of
from storage.upsert import upsert

_MEDIA_TYPE_LENGTH = 80
_m, _r = t.media.c, t.media_ref.c


def _row(row: Any) -> MediaRow:
    return MediaRow(
        media=Media(media_id=MediaId(row.id), kind=AttachmentKind(row.kind), name=row.name, size=row.size),
        state=MediaState(row.state),
        campaign_id=CampaignId(row.campaign_id),
        account_id=AccountId(row.account_id),
        created_by=OfficerId(row.created_by),
        ref=row.ref,
        content_hash=row.content_hash or "",
        attempts=row.attempts,
    )


class SqlMedia:
    """Implements the port `MediaRows`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._db = connection

    async def add(
        self,
        attachment: Attachment,
        *,
        name: str,
        campaign_id: CampaignId,
        account_id: AccountId,
        by: OfficerId,
        at: datetime,
    ) -> MediaId:
        statement = insert(t.media).values(
            campaign_id=campaign_id,
            account_id=account_id,
            created_by=by,
            kind=attachment.kind,
            state=MediaState.WANTED,
            ref=attachment.ref,
            name=name,
            media_type=attachment.media_type[:_MEDIA_TYPE_LENGTH],
            size=attachment.size,
            due_at=at,
            added_at=at,
        )
        return MediaId((await self._db.execute(statement.returning(_m.id))).scalar_one())

    async def get(self, media_id: MediaId) -> MediaRow | None:
        row = (await self._db.execute(select(t.media).where(_m.id == media_id))).one_or_none()
        return _row(row) if row else None

    async def states(self, media_ids: Collection[MediaId]) -> dict[MediaId, MediaState]:
        rows = await self._db.execute(select(_m.id, _m.state).where(_m.id.in_(media_ids)))
        return {MediaId(row.id): MediaState(row.state) for row in rows}

    async def any_wanted(self, *, now: datetime) -> bool:
        return bool((await self._db.execute(select(exists().where(_m.due_at <= now)))).scalar_one())

    async def claim_wanted(self, *, now: datetime, limit: int) -> list[MediaRow]:
        due = select(t.media).where(_m.due_at <= now).order_by(_m.due_at, _m.id).limit(limit)
        found = (await self._db.execute(due.with_for_update(skip_locked=True))).all()
        claimed = [replace(_row(row), attempts=row.attempts + 1) for row in found]
        for row in claimed:
            tried = {"attempts": row.attempts, "due_at": now + wait_after(row.attempts)}
            await self._db.execute(update(t.media).where(_m.id == row.media.media_id).values(**tried))
        return claimed

    async def mark_stored(self, media: Media, *, content_hash: str, media_type: str) -> None:
        await self._db.execute(
            update(t.media)
            .where(_m.id == media.media_id)
            .values(
                state=MediaState.STORED,
                due_at=None,
                kind=media.kind,
                name=media.name,
                size=media.size,
                content_hash=content_hash,
                media_type=media_type[:_MEDIA_TYPE_LENGTH],
            )
        )

    async def mark_refused(self, media_id: MediaId, *, reason: str) -> None:
        refused = {"state": MediaState.REFUSED, "reason": reason, "due_at": None}
        await self._db.execute(update(t.media).where(_m.id == media_id).values(**refused))

    async def unused(self, *, before: datetime) -> dict[MediaId, str]:
        words = select(t.campaign.c.content).where(type_coerce(t.campaign.c.content, Text).contains('"media_id"'))
        contents = (await self._db.execute(words)).scalars()
        named = {one.media_id for raw in contents for one in content_of(raw).media}
        rows = (await self._db.execute(select(_m.id, _m.content_hash, _m.state, _m.added_at))).all()
        gone = [row for row in rows if row.id not in named and row.state != MediaState.WANTED and row.added_at < before]
        kept = {row.content_hash for row in set(rows) - set(gone)}
        return {MediaId(row.id): "" if row.content_hash in kept else row.content_hash or "" for row in gone}

    async def forget(self, media_ids: Collection[MediaId]) -> None:
        await self._db.execute(delete(t.media_ref).where(_r.media_id.in_(media_ids)))
        await self._db.execute(delete(t.media).where(_m.id.in_(media_ids)))

    async def ref(self, media_id: MediaId, *, account_id: AccountId) -> str:
        found = await self._db.execute(select(_r.ref).where(_r.media_id == media_id, _r.account_id == account_id))
        return found.scalar_one_or_none() or ""

    async def keep_ref(self, media_id: MediaId, *, account_id: AccountId, ref: str) -> None:
        key = {"media_id": media_id, "account_id": account_id}
        await self._db.execute(upsert(self._db, t.media_ref, key, {"ref": ref}))

    async def drop_ref(self, media_id: MediaId, *, account_id: AccountId, ref: str) -> None:
        old = (_r.media_id == media_id) & (_r.account_id == account_id) & (_r.ref == ref)
        await self._db.execute(delete(t.media_ref).where(old))
