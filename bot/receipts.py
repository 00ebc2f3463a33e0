"""Takes what channels say of messages afterwards; a receipt that overtakes its message's outcome is looked at once more."""

import asyncio
from dataclasses import dataclass, field

from outreach.broadcasts.receipts import record_arrivals
from outreach.campaigns.receipts import record_receipts
from outreach.messaging import Receipt
from outreach.officers import System
from outreach.pack import Pack
from outreach.transaction import Transactions

_LATER = 5.0  # seconds: by then the window of the message has been written


@dataclass(kw_only=True)
class ReceiptBook:
    """A receipt that is lost in between costs a tier of evidence, and nobody anything else."""

    transactions: Transactions
    pack: Pack
    later: float = _LATER
    _waiting: set["asyncio.Task[None]"] = field(default_factory=set)

    async def take(self, receipts: list[Receipt]) -> None:
        early = await self._record(receipts)
        if early:
            task = asyncio.create_task(self._again(early))
            self._waiting.add(task)
            task.add_done_callback(self._waiting.discard)

    async def _record(self, receipts: list[Receipt]) -> list[Receipt]:
        actor, transactions = System(name="receipts"), self.transactions
        early = await record_receipts(actor, transactions=transactions, receipts=receipts, pack=self.pack)
        await record_arrivals(actor, transactions=transactions, receipts=receipts, pack=self.pack)
        return early

    async def _again(self, receipts: list[Receipt]) -> None:
        await asyncio.sleep(self.later)
        await self._record(receipts)

    async def close(self) -> None:
        for task in self._waiting:
            task.cancel()
        await asyncio.gather(*self._waiting, return_exceptions=True)
