"""Replies that are promised but not yet accepted by the channel: written with the turn, gone once sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NewType, Protocol

from outreach.messaging import Address, AddressId, ContactId, Reply

OutboxId = NewType("OutboxId", int)

# After a crash, younger rows are sent again (a reply rather repeats than misses); older ones would only confuse.
RESEND_WITHIN = timedelta(minutes=10)
# What waits for a person's next word, because her window is closed, waits so long.
HELD_FOR = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxRow:
    """A promised reply. `outbox_id` None: sent without being written down, because nothing of this person may be."""

    outbox_id: OutboxId | None
    address: Address
    contact_id: ContactId | None
    reply: Reply
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where a reply goes. With `address` and `address_id` no look-up is needed."""

    contact_id: ContactId
    address_id: AddressId | None = None
    address: Address | None = None


class Outbox(Protocol):
    async def add(self, rows: Sequence[tuple[Target, Reply]], *, at: datetime) -> list[OutboxRow]:
        """Write rows in order, and give those that may leave now; contacts without a reachable address are left out.

        Without an address the free one is looked up that was used last. Where there is none the row is kept for her next word.
        """

    async def remove(self, ids: Sequence[OutboxId]) -> None: ...

    async def pending(self, *, since: datetime, limit: int) -> list[OutboxRow]: ...

    async def hold(self, ids: Sequence[OutboxId]) -> None:
        """Her window turned out to be closed: they wait for her next word."""

    async def release(self, contact_id: ContactId, *, address_id: AddressId, at: datetime) -> list[OutboxRow]:
        """She has written from this address: what waited for it, in the order in which it was promised."""

    async def purge(self, *, before: datetime) -> int:
        """Rows nobody took; those that wait for a person's next word a month later."""

    async def remember_slot(self, contact_id: ContactId, *, slot: str, ref: str) -> None: ...

    async def slot(self, contact_id: ContactId, *, slot: str) -> str | None: ...
