"""Accepted, and never heard of again: on channels that tell what was delivered, another channel of the same person is tried."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from outreach.messaging import AccountId
from outreach.officers import Actor, check_system
from outreach.transaction import Transactions

_CHUNK = 1_000
# Who was not heard of for so long will not be by a second message; and an old item is no news.
_LOOKS_BACK = timedelta(days=3)


async def try_another_way(
    actor: Actor,
    *,
    transactions: Transactions,
    accounts: Sequence[AccountId],
    patience: timedelta,
    now: datetime,
) -> int:
    """`accounts` are those whose channel sends receipts; none, or no `patience`, tries nothing. Effects: second legs."""
    check_system(actor)
    if not accounts or not patience:
        return 0
    until = now - patience
    async with transactions.read() as tx:
        silent = await tx.legs.silent(accounts, since=until - _LOOKS_BACK, until=until, limit=_CHUNK, at=now)
    if not silent:
        return 0
    async with transactions.write(bulk=True) as tx:
        return await tx.legs.fall_back(silent, at=now)
