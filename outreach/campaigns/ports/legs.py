"""The second way to a person: another of her addresses, or her own next word."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from outreach.messaging import AccountId, Address, ContactId


class Legs(Protocol):
    async def hand_over(self, contact_id: ContactId, *, address: Address, at: datetime) -> int:
        """She has written again: the newest that waited for it go to this address, a little later. Gives how many.

        Nothing of a campaign that was cancelled, taken back or corrected, and nothing older than a month.
        """

    async def silent(
        self, accounts: Sequence[AccountId], *, since: datetime, until: datetime, limit: int, at: datetime
    ) -> list[int]:
        """First legs on these accounts that were accepted in that time and not heard of, of people with another address that is open.

        Only where silence says something: others of that campaign and account were heard of, and this address has told before.
        """

    async def close(self, accounts: Collection[AccountId], *, limit: int, at: datetime) -> int:
        """What waits for these accounts, over which nobody sends any more, goes by another address of hers that is open, or is skipped
        as CHANNEL_GONE; what was on its way there is unknown. Of campaigns that have something to send; gives how many rows.
        """

    async def fall_back(self, ids: Sequence[int], *, at: datetime) -> int:
        """Those of them that are still silent go by another address of hers that is open, as a second leg. Gives how many."""
