"""What went over each account in a month of Vietnam, and what it cost: the ceiling is kept against this."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from outreach.campaigns.model import REPEATED_BY_RULE, DeliveryState, Outcome
from outreach.contacts.windows import Spent, Windows, month_of
from outreach.messaging import AccountId
from storage import tables as t
from storage.upsert import insert_of


class SqlSpending:
    def __init__(self, connection: AsyncConnection) -> None:
        self._db = connection

    async def settle(self, outcomes: Sequence[Outcome], *, price_vnd: int) -> None:
        """What was reserved when a row was claimed becomes what was charged; of one that may have arrived it stays."""
        spent: dict[tuple[AccountId, str], list[int]] = defaultdict(lambda: [0, 0, 0])
        for outcome in outcomes:
            delivery = outcome.delivery
            costs = outcome.charged * price_vnd - delivery.reserved_vnd
            if outcome.state == DeliveryState.UNKNOWN or outcome.reason == REPEATED_BY_RULE:
                costs = max(0, costs)
            month = delivery.reserved_in or month_of(outcome.at)
            sums = spent[delivery.address.account_id, month]
            sums[0] += len(outcome.refs)
            sums[1] += outcome.charged
            sums[2] += costs
        for (account_id, month), (messages, charged, vnd) in sorted(spent.items()):
            await self.add(account_id, month=month, messages=messages, charged=charged, vnd=vnd)

    async def of_month(self, month: str) -> dict[AccountId, Spent]:
        rows = await self._db.execute(select(t.spending).where(t.spending.c.month == month))
        return {
            AccountId(row.account_id): Spent(messages=row.messages, charged=row.charged, vnd=row.vnd) for row in rows
        }

    async def add(
        self, account_id: AccountId, *, month: str, messages: int = 0, charged: int = 0, vnd: int = 0
    ) -> None:
        if messages or charged or vnd:
            values = {"messages": messages, "charged": charged, "vnd": vnd}
            await self._db.execute(_adding(self._db.dialect.name), {"account_id": account_id, "month": month, **values})


@cache
def _adding(engine: str) -> Any:
    statement = insert_of(engine, t.spending)
    sums = {name: t.spending.c[name] + statement.excluded[name] for name in ("messages", "charged", "vnd")}
    return statement.on_conflict_do_update(index_elements=["account_id", "month"], set_=sums)


async def paid_left(db: AsyncConnection, *, windows: Windows, at: datetime) -> int:
    """How many messages that cost the month's ceiling still allows; nothing is asked where nothing may cost."""
    if not windows.ceiling_vnd:
        return 0
    spent = await SqlSpending(db).of_month(month_of(at))
    return windows.paid_left(sum(account.vnd for account in spent.values()))
