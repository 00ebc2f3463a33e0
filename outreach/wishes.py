"""Files that a conversation waits for: the turn writes that one is wanted, it is fetched after the commit, and the conversation goes on."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NewType, Protocol

from outreach.clock import Clock
from outreach.errors import OutreachError
from outreach.evidence import why_it_stays
from outreach.messaging import AccountId, Address, Channel, ChannelName, ContactId, SendError
from outreach.officers import Actor, check_system

if TYPE_CHECKING:  # the transaction names this module's port
    from outreach.transaction import Transactions

log = logging.getLogger(__name__)

WishId = NewType("WishId", int)

MOST_ATTEMPTS = 4
FIRST_WAIT = timedelta(seconds=15)  # longer than any download takes; doubled with each try
_AT_ONCE = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class FileWish:
    """One file that the conversation `flow` waits for; `address` is where the person is, `ref` fetches the file."""

    wish_id: WishId
    contact_id: ContactId
    address: Address
    flow: str
    ref: str
    name: str
    attempts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A file that was read, or `fault`, the code of what went wrong. `read` is whatever the flow's reader gives."""

    wish: FileWish
    channel: ChannelName
    read: object = None
    fault: str = ""


class FileWishes(Protocol):
    async def put(
        self, contact_id: ContactId, *, account_id: AccountId, flow: str, ref: str, name: str, at: datetime
    ) -> None:
        """Wait for this file and for no other one of the same person."""

    async def any_due(self, *, now: datetime) -> bool: ...

    async def claim_due(self, *, now: datetime, limit: int) -> list[FileWish]:
        """Those due, counted as tried once more and put off by a growing wait: after a crash they are only late."""

    async def take(self, wish_id: WishId) -> bool:
        """Delete it because the conversation goes on now; False when nobody waits for it any more."""

    async def drop(self, contact_id: ContactId) -> None: ...


# The file's content and name -> what the flow makes of it; raises OutreachError. Runs in a thread.
Read = Callable[[bytes, str], object]


async def fetch_wishes(
    actor: Actor,
    *,
    transactions: "Transactions",
    channels: Mapping[AccountId, Channel],
    readers: Mapping[str, Read],
    go_on: Callable[[Fetched], Awaitable[None]],
    clock: Clock,
    max_bytes: int,
) -> int:
    """Fetch and read what is due and hand it to `go_on`, which takes the wish in the transaction it answers in; gives how many.

    A kill at any point costs a repeated download and nothing else.
    """
    check_system(actor)
    async with transactions.read() as tx:
        if not await tx.wishes.any_due(now=clock()):
            return 0
    async with transactions.write() as tx:
        wishes = await tx.wishes.claim_due(now=clock(), limit=_AT_ONCE)
    done = [
        await _fetch(wish, channel=channels[wish.address.account_id], read=readers.get(wish.flow), max_bytes=max_bytes)
        for wish in wishes
        if wish.address.account_id in channels
    ]
    for fetched in filter(None, done):
        try:
            await go_on(fetched)
        except Exception as error:  # noqa: BLE001  (one conversation must not keep the others; the wish is still there)
            log.error("a conversation did not go on with its file: %s", type(error).__name__)  # noqa: TRY400  (no values of a person in the log)
    return len(done)


async def _fetch(wish: FileWish, *, channel: Channel, read: Read | None, max_bytes: int) -> Fetched | None:
    """None: try again later."""
    try:
        if read is None:  # a flow of an older version
            return Fetched(wish=wish, channel=channel.name, fault="unknown_type")
        content = await channel.download(wish.ref, max_bytes=max_bytes)
        return Fetched(wish=wish, channel=channel.name, read=await asyncio.to_thread(read, content, wish.name))
    except SendError as error:
        fault = why_it_stays(error, last=wish.attempts >= MOST_ATTEMPTS)
        return Fetched(wish=wish, channel=channel.name, fault=fault) if fault else None
    except OutreachError as error:
        return Fetched(wish=wish, channel=channel.name, fault=error.code)
