"""Stored conversations, and drafts from before consent."""

from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete
from sqlalchemy.ext.asyncio import AsyncConnection

from outreach.dialogue import Dialogue, Draft
from outreach.messaging import ContactId
from storage import tables as t
from storage.upsert import upsert

DIALOGUE_COLUMNS = tuple(column.label(f"dialogue_{column.name}") for column in t.dialogue.c)


def dialogue_of(row: Row[*tuple[Any, ...]]) -> Dialogue | None:
    """From a row that holds DIALOGUE_COLUMNS; None when the person has no open dialogue."""
    if row.dialogue_flow is None:
        return None
    return Dialogue(
        flow=row.dialogue_flow,
        version=row.dialogue_version,
        step=row.dialogue_step,
        subject_id=row.dialogue_subject_id,
        data=row.dialogue_data,
        choices=row.dialogue_choices,
        misunderstood=row.dialogue_misunderstood,
        started_at=row.dialogue_started_at,
        answered_at=row.dialogue_answered_at,
        reminded_at=row.dialogue_reminded_at,
    )


class SqlDialogues:
    def __init__(self, connection: AsyncConnection) -> None:
        self._db = connection

    async def save(self, contact_id: ContactId, *, dialogue: Dialogue) -> None:
        values = {
            "flow": dialogue.flow,
            "version": dialogue.version,
            "step": dialogue.step,
            "subject_id": dialogue.subject_id,
            "data": dict(dialogue.data),
            "choices": dict(dialogue.choices),
            "misunderstood": dialogue.misunderstood,
            "started_at": dialogue.started_at,
            "answered_at": dialogue.answered_at,
            "reminded_at": dialogue.reminded_at,
        }
        await self._db.execute(upsert(self._db, t.dialogue, {"contact_id": contact_id}, values))

    async def close(self, contact_id: ContactId) -> None:
        await self._db.execute(delete(t.dialogue).where(t.dialogue.c.contact_id == contact_id))

    async def save_draft(self, key: bytes, *, draft: Draft) -> None:
        values = {"flow": draft.flow, "step": draft.step, "source": draft.source, "expires_at": draft.expires_at}
        await self._db.execute(upsert(self._db, t.draft, {"address_mac": key}, values))

    async def drop_draft(self, key: bytes) -> None:
        await self._db.execute(delete(t.draft).where(t.draft.c.address_mac == key))

    async def purge_drafts(self, *, now: datetime) -> int:
        return (await self._db.execute(delete(t.draft).where(t.draft.c.expires_at < now))).rowcount

    async def purge_idle(self, *, before: datetime) -> int:
        return (await self._db.execute(delete(t.dialogue).where(t.dialogue.c.answered_at < before))).rowcount
