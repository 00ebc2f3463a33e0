"""Stored conversations, and drafts from before consent."""

from collections.abc import Mapping
from datetime import datetime
from operator import itemgetter
from typing import Any

from sqlalchemy import Row, delete
from sqlalchemy.ext.asyncio import AsyncConnection

from outreach.dialogue import Dialogue, Draft, Offer
from outreach.messaging import ContactId
from storage import tables as t
from storage.upsert import dialect_insert, upsert

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
        address_id=row.dialogue_address_id,
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
            "address_id": dialogue.address_id,
        }
        await self._db.execute(upsert(self._db, t.dialogue, {"contact_id": contact_id}, values))

    async def close(self, contact_id: ContactId) -> None:
        await self._db.execute(delete(t.dialogue).where(t.dialogue.c.contact_id == contact_id))

    async def offer(self, people: Mapping[ContactId, Offer]) -> None:
        rows = [
            {
                "contact_id": contact_id,
                "choices": dict(offer.choices),
                "offered_at": offer.offered_at,
                "address_id": offer.address_id,
            }
            for contact_id, offer in sorted(people.items(), key=itemgetter(0))  # so that two turns never wait in a ring
        ]
        statement = dialect_insert(self._db, t.offer).values(rows)
        await self._db.execute(
            statement.on_conflict_do_update(
                index_elements=["contact_id"],
                set_={name: statement.excluded[name] for name in ("choices", "offered_at", "address_id")},
            )
        )

    async def save_draft(self, key: bytes, *, draft: Draft) -> None:
        values = {
            "flow": draft.flow,
            "step": draft.step,
            "source": draft.source,
            "choices": dict(draft.choices),
            "expires_at": draft.expires_at,
        }
        await self._db.execute(upsert(self._db, t.draft, {"address_mac": key}, values))

    async def drop_draft(self, key: bytes) -> None:
        await self._db.execute(delete(t.draft).where(t.draft.c.address_mac == key))

    async def purge_drafts(self, *, now: datetime) -> int:
        return (await self._db.execute(delete(t.draft).where(t.draft.c.expires_at < now))).rowcount

    async def purge_idle(self, *, before: datetime) -> int:
        await self._db.execute(delete(t.offer).where(t.offer.c.offered_at < before))
        return (await self._db.execute(delete(t.dialogue).where(t.dialogue.c.answered_at < before))).rowcount
