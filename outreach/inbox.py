"""What was taken from a channel and is not handled yet: it is durable, so the channel need not send it again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NewType, Protocol

from outreach.messaging import Address, Incoming

InboxId = NewType("InboxId", int)


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    inbox_id: InboxId
    incoming: Incoming
    received_at: datetime


class Inbox(Protocol):
    async def add(self, incoming: Incoming, *, at: datetime) -> None:
        """Nothing happens where it is there already."""

    async def remove(self, incoming: Incoming) -> None: ...

    async def forget(self, address: Address) -> None:
        """Whatever waits there of that person."""

    async def waiting(self, *, before: datetime, limit: int, after: InboxId | None = None) -> Sequence[Taken]:
        """In the order in which they were taken, those received before that time."""

    async def drop(self, *, before: datetime) -> int:
        """How many were given up."""
