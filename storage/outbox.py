"""Replies written with the turn, taken out once the channel has accepted them."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, delete, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from outreach.contacts.windows import Window, Windows
from outreach.messaging import AccountId, Address, AddressId, Button, ContactId, Menu, OutgoingFile, Reply
from outreach.outbox import HELD_FOR, OutboxId, OutboxRow, Target
from storage import tables as t
from storage.frozen import copy_from, media_of
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
        media=media_of(raw.get("media", ())),
        copy_of=copy_from(raw.get("copy_of")),
        silent=raw.get("silent", False),
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
    def __init__(self, connection: AsyncConnection, *, windows: Windows) -> None:
        self._db = connection
        self._windows = windows

    async def add(self, rows: Sequence[tuple[Target, Reply]], *, at: datetime) -> list[OutboxRow]:
        others = {target.contact_id for target, _ in rows if target.address_id is None}
        looked_up = await self._addresses(others, at=at)
        wanted = []
        for target, reply in rows:
            if target.address_id is not None and target.address is not None:
                wanted.append((int(target.address_id), target.address, False, target.contact_id, reply))
            elif target.contact_id in looked_up:
                wanted.append((*looked_up[target.contact_id], target.contact_id, reply))
        if not wanted:
            return []
        values = [
            {"address_id": row_id, "reply": _pack(reply), "held": held, "created_at": at}
            for row_id, _, held, _, reply in wanted
        ]
        # One statement for all (a single row's is cached); ids grow in the order of VALUES, RETURNING has none.
        statement = insert(t.outbox).values(values if len(values) > 1 else values[0])
        result = await self._db.execute(statement.returning(t.outbox.c.id))
        ids = sorted(result.scalars())
        return [
            OutboxRow(outbox_id=OutboxId(outbox_id), address=address, contact_id=contact_id, reply=reply, created_at=at)
            for outbox_id, (_, address, held, contact_id, reply) in zip(ids, wanted, strict=True)
            if not held
        ]

    async def _addresses(self, people: set[ContactId], *, at: datetime) -> dict[ContactId, tuple[int, Address, bool]]:
        """The address of each that may be written to, the last used or the newest where several may; and whether it must wait.

        A notice is no news: what would cost money waits for her next word, too.
        """
        if not people:
            return {}
        a = t.address.c
        rows = await self._db.execute(
            select(a.id, a.contact_id, a.account_id, a.external_id, a.interacted_at, t.account.c.windowed)
            .join(t.account, t.account.c.id == a.account_id)
            .where(a.contact_id.in_(people), a.reachable)
            .order_by(a.interacted_at.nulls_first(), a.id)
        )
        found: dict[ContactId, tuple[int, Address, bool]] = {}
        for row in rows:
            waits = self._windows.of(row.interacted_at, windowed=row.windowed, at=at) != Window.FREE
            best = found.get(ContactId(row.contact_id))
            if best is None or best[2] or not waits:
                address = Address(account_id=AccountId(row.account_id), external_id=row.external_id)
                found[ContactId(row.contact_id)] = (row.id, address, waits)
        return found

    async def hold(self, ids: Sequence[OutboxId]) -> None:
        these = t.outbox.c.id.in_(ids)
        await self._db.execute(update(t.outbox).where(these).values(held=True))
        # The provider knows better than we do; and only a word after a silence asks for what is held.
        closed = select(t.outbox.c.address_id).where(these)
        await self._db.execute(update(t.address).where(t.address.c.id.in_(closed)).values(interacted_at=None))

    async def release(self, contact_id: ContactId, *, address_id: AddressId, at: datetime) -> list[OutboxRow]:
        hers = select(t.address.c.id).where(t.address.c.contact_id == contact_id)
        statement = (
            update(t.outbox)
            .where(t.outbox.c.held, t.outbox.c.address_id.in_(hers))
            .values(held=False, address_id=address_id, created_at=at)
            .returning(t.outbox.c.id)
        )
        ids = (await self._db.execute(statement)).scalars().all()
        rows = await self._db.execute(_SELECT.where(t.outbox.c.id.in_(ids)).order_by(t.outbox.c.id)) if ids else ()
        return [_row(row) for row in rows]

    async def remove(self, ids: Sequence[OutboxId]) -> None:
        await self._db.execute(delete(t.outbox).where(t.outbox.c.id.in_(ids)))

    async def pending(self, *, since: datetime, limit: int) -> list[OutboxRow]:
        rows = await self._db.execute(
            _SELECT.where(t.outbox.c.created_at >= since, ~t.outbox.c.held).order_by(t.outbox.c.id).limit(limit)
        )
        return [_row(row) for row in rows]

    async def purge(self, *, before: datetime) -> int:
        o = t.outbox.c
        late = or_(and_(~o.held, o.created_at < before), o.created_at < before - HELD_FOR)
        return (await self._db.execute(delete(t.outbox).where(late))).rowcount

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
