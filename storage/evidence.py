"""Rows of evidence; the content lies in files (evidence_files.py)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, exists, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from outreach.evidence import Evidence, EvidenceId, EvidenceKind, EvidenceState, NewPiece, wait_after
from outreach.messaging import AccountId, ContactId
from storage import tables as t
from storage.types import Keyring
from storage.upsert import dialect_insert

_MEDIA_TYPE_LENGTH = 80
# Wanted at no time yet, so there is no content either.
_HELD = and_(t.evidence.c.state == EvidenceState.WANTED, t.evidence.c.not_before.is_(None))


def evidence_of(row: Any) -> Evidence:
    """From a row, or anything that has its columns as attributes."""
    return Evidence(
        evidence_id=EvidenceId(row.id),
        nomination_id=row.nomination_id,
        contact_id=None if row.contact_id is None else ContactId(row.contact_id),
        account_id=None if row.account_id is None else AccountId(row.account_id),
        kind=EvidenceKind(row.kind),
        state=EvidenceState(row.state),
        reason=row.reason,
        ref=row.ref,
        name=row.name,
        media_type=row.media_type,
        size=row.size,
        content_hash=row.content_hash or "",
        attempts=row.attempts,
        added_at=row.added_at,
    )


async def doom(db: AsyncConnection, which: ColumnElement[bool]) -> None:
    """Delete these rows of evidence and note their content, so that the files follow after the commit."""
    hashes = select(t.evidence.c.content_hash).where(which, t.evidence.c.content_hash.is_not(None)).distinct()
    await db.execute(
        dialect_insert(db, t.evidence_doomed).from_select(["content_hash"], hashes).on_conflict_do_nothing()
    )
    await db.execute(delete(t.evidence).where(which))


class SqlEvidence:
    def __init__(self, connection: AsyncConnection, *, keyring: Keyring) -> None:
        self._db = connection
        self._keyring = keyring

    async def add(
        self,
        pieces: Sequence[NewPiece],
        *,
        contact_id: ContactId,
        account_id: AccountId,
        nomination_id: int | None,
        at: datetime,
        held: bool = False,
    ) -> list[EvidenceId]:
        rows = [
            {
                "nomination_id": nomination_id,
                "contact_id": contact_id,
                "account_id": account_id,
                "kind": piece.kind,
                "state": EvidenceState.STORED if piece.kind == EvidenceKind.LINK else EvidenceState.WANTED,
                "ref": piece.ref,
                "unique_mac": self._keyring.fingerprint("evidence", piece.unique),
                "name": piece.name,
                "media_type": piece.media_type[:_MEDIA_TYPE_LENGTH],
                "size": piece.size,
                "not_before": None if held or piece.kind == EvidenceKind.LINK else at,
                "added_at": at,
            }
            for piece in pieces
        ]
        if not rows:
            return []
        statement = dialect_insert(self._db, t.evidence).on_conflict_do_nothing().returning(t.evidence.c.id)
        return [EvidenceId(row) for row in (await self._db.execute(statement, rows)).scalars()]

    async def release(self, evidence_id: EvidenceId, *, at: datetime) -> bool:
        result = await self._db.execute(
            update(t.evidence).where(t.evidence.c.id == evidence_id, _HELD).values(not_before=at)
        )
        return bool(result.rowcount)

    async def get(self, evidence_id: EvidenceId) -> Evidence | None:
        row = (await self._db.execute(select(t.evidence).where(t.evidence.c.id == evidence_id))).one_or_none()
        return evidence_of(row) if row else None

    async def list_of(self, nomination_id: int) -> list[Evidence]:
        rows = await self._db.execute(
            select(t.evidence)
            .where(t.evidence.c.nomination_id == nomination_id, t.evidence.c.state != EvidenceState.REFUSED)
            .order_by(t.evidence.c.id)
        )
        return [evidence_of(row) for row in rows]

    async def any_wanted(self, *, now: datetime) -> bool:
        due = exists().where(t.evidence.c.state == EvidenceState.WANTED, t.evidence.c.not_before <= now)
        return bool((await self._db.execute(select(due))).scalar_one())

    async def claim_wanted(self, *, now: datetime, limit: int) -> list[Evidence]:
        rows = await self._db.execute(
            select(t.evidence)
            .where(t.evidence.c.state == EvidenceState.WANTED, t.evidence.c.not_before <= now)
            .order_by(t.evidence.c.not_before, t.evidence.c.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        claimed = []
        for row in rows.all():
            attempts = row.attempts + 1
            await self._db.execute(
                update(t.evidence)
                .where(t.evidence.c.id == row.id)
                .values(attempts=attempts, not_before=now + wait_after(attempts))
            )
            claimed.append(replace(evidence_of(row), attempts=attempts))
        return claimed

    async def mark_stored(self, evidence_id: EvidenceId, *, content_hash: str, media_type: str, size: int) -> bool:
        result = await self._db.execute(
            update(t.evidence)
            .where(t.evidence.c.id == evidence_id)
            .values(
                state=EvidenceState.STORED,
                content_hash=content_hash,
                media_type=media_type[:_MEDIA_TYPE_LENGTH],
                size=size,
                not_before=None,
            )
        )
        if not result.rowcount:
            await self._db.execute(
                dialect_insert(self._db, t.evidence_doomed).values(content_hash=content_hash).on_conflict_do_nothing()
            )
        return bool(result.rowcount)

    async def mark_refused(self, evidence_id: EvidenceId, *, reason: str) -> bool:
        result = await self._db.execute(
            update(t.evidence)
            .where(t.evidence.c.id == evidence_id, t.evidence.c.state == EvidenceState.WANTED)
            .values(state=EvidenceState.REFUSED, reason=reason, not_before=None)
        )
        return bool(result.rowcount)

    async def is_handed_in(self, nomination_id: int) -> bool:
        sent = select(t.nomination.c.id).where(t.nomination.c.id == nomination_id, t.nomination.c.sent_at.is_not(None))
        return (await self._db.execute(sent)).first() is not None

    async def drop(
        self,
        nomination_id: int | None = None,
        *,
        held: EvidenceId | None = None,
        held_before: datetime | None = None,
    ) -> None:
        if nomination_id is not None:
            await doom(self._db, t.evidence.c.nomination_id == nomination_id)
        if held is not None:
            await self._db.execute(delete(t.evidence).where(t.evidence.c.id == held, _HELD))
        if held_before is not None:
            await self._db.execute(delete(t.evidence).where(t.evidence.c.added_at < held_before, _HELD))

    async def doomed(self, *, limit: int) -> list[str]:
        used = exists().where(t.evidence.c.content_hash == t.evidence_doomed.c.content_hash)
        rows = await self._db.execute(select(t.evidence_doomed.c.content_hash).where(~used).limit(limit))
        return list(rows.scalars())

    async def forget_doomed(self, hashes: Sequence[str]) -> None:
        await self._db.execute(delete(t.evidence_doomed).where(t.evidence_doomed.c.content_hash.in_(hashes)))
