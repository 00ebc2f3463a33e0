"""The march over the messages of a campaign that are out: how they are taken back, and how they are given other words."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from outreach.campaigns.model import DeliveryId
from outreach.campaigns.ports.undoing import Out
from outreach.messaging import AccountId, CampaignId, Channel, SendError, SendErrorKind
from outreach.pacing import TokenBucket
from outreach.transaction import Transaction, Transactions, shielded

_AT_ONCE = 25  # messages a step

# The march stops there and begins again at the next beat.
_LATER = frozenset(
    {
        SendErrorKind.NOT_NOW,
        SendErrorKind.NEVER_LEFT,
        SendErrorKind.UNKNOWN,
        SendErrorKind.REFUSED,
        SendErrorKind.REVOKED,
    }
)

Request = Callable[[], Awaitable[object]]


class Write(Protocol):
    """Moves the mark to `after`, together with what came of `done`, the messages where all went well."""

    async def __call__(self, tx: Transaction, /, *, after: int, done: Sequence[DeliveryId]) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class March:
    """By the rows' numbers, at the bucket's pace. The mark moves after the requests, never before: a kill only repeats what does
    no harm.
    """

    transactions: Transactions
    channels: Mapping[AccountId, Channel]
    bucket: TokenBucket

    async def step(
        self,
        campaign_id: CampaignId,
        *,
        after: int,
        requests: Callable[[Channel, Out], Sequence[Request]],
        write: Write,
    ) -> bool:
        """The next messages above the mark `after`; True when none are left.

        `requests` are what one message takes; none where nothing can be done for it.
        """
        async with self.transactions.read() as tx:
            found = await tx.undoing.out(campaign_id, after=after, limit=_AT_ONCE)
        mark, done = after, list[DeliveryId]()
        for one in found:
            channel = self.channels.get(one.address.account_id)
            try:
                if channel and await self._all(requests(channel, one)):
                    done.append(one.delivery_id)
            except SendError:
                break
            mark = one.delivery_id
        if mark != after:
            await shielded(self._write(partial(write, after=mark, done=done)))
        return not found

    async def _all(self, requests: Sequence[Request]) -> bool:
        """Whether they went, and there were any. Raises SendError where trying again later may help."""
        for request in requests:
            if not await self.bucket.wait():
                raise SendError(SendErrorKind.NOT_NOW, "held")
            try:
                await request()
            except SendError as error:
                if error.kind == SendErrorKind.NOT_NOW:
                    self.bucket.hold(error.retry_after)
                if error.kind in _LATER:
                    raise
                return False
        return bool(requests)

    async def _write(self, write: Callable[[Transaction], Awaitable[object]]) -> None:
        async with self.transactions.write(bulk=True) as tx:
            await write(tx)
