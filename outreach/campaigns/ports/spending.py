"""What went over each account in a month, and what it cost."""

from typing import Protocol

from outreach.contacts.windows import Spent
from outreach.messaging import AccountId


class Spending(Protocol):
    async def of_month(self, month: str) -> dict[AccountId, Spent]: ...

    async def add(
        self, account_id: AccountId, *, month: str, messages: int = 0, charged: int = 0, vnd: int = 0
    ) -> None: ...
