"""What was taken from a channel and is not handled yet."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from outreach.inbox import InboxId, Taken
from outreach.messaging import (
    AccountId,
    Address,
    Attachment,
    AttachmentKind,
    ChannelName,
    Incoming,
    IncomingKind,
)
from storage import tables as t
from storage.contacts import address_key
from storage.types import Keyring
from storage.upsert import dialect_insert


def _pack(incoming: Incoming) -> str:
    return json.dumps(
        asdict(incoming) | {"sent_at": incoming.sent_at.isoformat()}, ensure_ascii=False, separators=(",", ":")
    )


def _unpack(text: str) -> Incoming:
    raw = json.loads(text)
    attachments = [Attachment(**one | {"kind": AttachmentKind(one["kind"])}) for one in raw["attachments"]]
    return Incoming(
        **raw
        | {
            "address": Address(
                account_id=AccountId(raw["address"]["account_id"]), external_id=raw["address"]["external_id"]
            ),
            "channel": ChannelName(raw["channel"]),
            "kind": IncomingKind(raw["kind"]),
            "sent_at": datetime.fromisoformat(raw["sent_at"]),
            "attachments": tuple(attachments),
            "links": tuple(raw["links"]),
        }
    )


class SqlInbox:
    def __init__(self, connection: AsyncConnection, *, keyring: Keyring) -> None:
        self._db = connection
        self._keyring = keyring

    async def add(self, incoming: Incoming, *, at: datetime) -> None:
        await self._db.execute(
            dialect_insert(self._db, t.inbox)
            .values(
                account_id=incoming.address.account_id,
                update_id=incoming.update_id,
                address_mac=address_key(self._keyring, incoming.address),
                body=_pack(incoming),
                received_at=at,
            )
            .on_conflict_do_nothing()
        )

    async def remove(self, incoming: Incoming) -> None:
        await self._db.execute(
            delete(t.inbox).where(
                t.inbox.c.account_id == incoming.address.account_id, t.inbox.c.update_id == incoming.update_id
            )
        )

    async def forget(self, address: Address) -> None:
        hers = t.inbox.c.address_mac == address_key(self._keyring, address)
        await self._db.execute(delete(t.inbox).where(hers))

    async def waiting(self, *, before: datetime, limit: int, after: InboxId | None = None) -> Sequence[Taken]:
        rows = await self._db.execute(
            select(t.inbox)
            .where(t.inbox.c.received_at < before, t.inbox.c.id > (after or 0))
            .order_by(t.inbox.c.id)
            .limit(limit)
        )
        return [
            Taken(inbox_id=InboxId(row.id), incoming=_unpack(row.body), received_at=row.received_at) for row in rows
        ]

    async def drop(self, *, before: datetime) -> int:
        return (await self._db.execute(delete(t.inbox).where(t.inbox.c.received_at < before))).rowcount
