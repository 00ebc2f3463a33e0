"""Replies written with the turn, taken out once the channel has accepted them."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from outreach.messaging import AccountId, Address, Button, ContactId, Menu, OutgoingFile, Reply
from outreach.outbox import OutboxId, OutboxRow, Target
from storage import tables as t
from storage.upsert import upsert


def _pack(reply: Reply) -> str:
    return json.dumps(asdict(reply), ensure_ascii=False, separators=(",", ":"))


def _unpack(text: str) -> Reply:
    raw = json.loads(text)
    return Reply(
        text=raw["text"],
        buttons=tuple(tuple(Button(**button) for button in row) for row in raw["buttons"]),
        keyboard=tuple(tuple(row) for row in raw["keyboard"]),
        file=OutgoingFile(**raw["file"]) if raw["file"] else None,
        edits=raw["edits"],
        slot=raw["slot"],
        menu=Menu(raw.get("menu", Menu.UNTOUCHED)),
    )


def _row(row: Row[*tuple[Any, ...]]) -> OutboxRow:
    return OutboxRow(
        outbox_id=OutboxId(row.id),
        address=Address(account_id=AccountId(row.account_id), external_id=row.external_id),
        contact_id=ContactId(row.contact_id),
        reply=_unpack(row.reply),
        created_at=row.created_at,
    )


_SELECT = select(
    t.outbox.c.id,
    t.outbox.c.reply,
    t.outbox.c.created_at,
    t.address.c.account_id,
    t.address.c.external_id,
    t.address.c.contact_id,
).join(t.address, t.address.c.id == t.outbox.c.address_id)


class SqlOutbox:
    def __init__(self, connection: AsyncConnection) -> None:
        self._db = connection

    async def add(self, rows: Sequence[tuple[Target, Reply]], *, at: datetime) -> list[OutboxRow]:
        looked_up = await self._addresses({target.contact_id for target, _ in rows if target.address_id is None})
        wanted = []
        for target, reply in rows:
            if target.address_id is not None and target.address is not None:
                wanted.append((int(target.address_id), target.address, target.contact_id, reply))
            elif target.contact_id in looked_up:
                wanted.append((*looked_up[target.contact_id], target.contact_id, reply))
        if not wanted:
            return []
        values = [{"address_id": row_id, "reply": _pack(reply), "created_at": at} for row_id, _, _, reply in wanted]
        # One statement for all (a single row's is cached); ids grow in the order of VALUES, RETURNING has none.
        statement = insert(t.outbox).values(values if len(values) > 1 else values[0])
        result = await self._db.execute(statement.returning(t.outbox.c.id))
        ids = sorted(result.scalars())
        return [
            OutboxRow(outbox_id=OutboxId(outbox_id), address=address, contact_id=contact_id, reply=reply, created_at=at)
            for outbox_id, (_, address, contact_id, reply) in zip(ids, wanted, strict=True)
        ]

    async def _addresses(self, people: set[ContactId]) -> dict[ContactId, tuple[int, Address]]:
        """The newest address of each that may be written to."""
        if not people:
            return {}
        found = await self._db.execute(
            select(t.address.c.id, t.address.c.contact_id, t.address.c.account_id, t.address.c.external_id)
            .where(t.address.c.contact_id.in_(people), t.address.c.reachable)
            .order_by(t.address.c.id)
        )
        return {
            ContactId(row.contact_id): (
                row.id,
                Address(account_id=AccountId(row.account_id), external_id=row.external_id),
            )
            for row in found
        }

    async def remove(self, ids: Sequence[OutboxId]) -> None:
        await self._db.execute(delete(t.outbox).where(t.outbox.c.id.in_(ids)))

    async def pending(self, *, since: datetime, limit: int) -> list[OutboxRow]:
        rows = await self._db.execute(
            _SELECT.where(t.outbox.c.created_at >= since).order_by(t.outbox.c.id).limit(limit)
        )
        return [_row(row) for row in rows]

    async def purge(self, *, before: datetime) -> int:
        return (await self._db.execute(delete(t.outbox).where(t.outbox.c.created_at < before))).rowcount

    async def remember_slot(self, contact_id: ContactId, *, slot: str, ref: str) -> None:
        await self._db.execute(upsert(self._db, t.message_slot, {"contact_id": contact_id, "slot": slot}, {"ref": ref}))

    async def slot(self, contact_id: ContactId, *, slot: str) -> str | None:
        return (
            await self._db.execute(
                select(t.message_slot.c.ref).where(
                    t.message_slot.c.contact_id == contact_id, t.message_slot.c.slot == slot
                )
            )
        ).scalar_one_or_none()
