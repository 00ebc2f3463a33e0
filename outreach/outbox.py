"""Replies that are promised but not yet accepted by the channel: written with the turn, gone once sent."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NewType, Protocol

from outreach.messaging import Address, ContactId, Reply

OutboxId = NewType("OutboxId", int)

# After a crash, younger rows are sent again (a reply rather repeats than misses); older ones would only confuse.
RESEND_WITHIN = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxRow:
    outbox_id: OutboxId
    address: Address
    contact_id: ContactId
    reply: Reply
    created_at: datetime


class Outbox(Protocol):
    async def add(self, rows: list[tuple[ContactId, Reply]], *, at: datetime) -> list[OutboxRow]:
        """Write rows for the current address of each contact, in order; contacts without one are left out."""

    async def remove(self, ids: list[OutboxId]) -> None: ...

    async def pending(self, *, since: datetime, limit: int) -> list[OutboxRow]: ...

    async def purge(self, *, before: datetime) -> int: ...

    async def remember_slot(self, contact_id: ContactId, *, slot: str, ref: str) -> None: ...

    async def slot(self, contact_id: ContactId, *, slot: str) -> str | None: ...
