"""What must be remembered about articles, and what the platform does with them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from outreach.broadcasts.model import Arrival, Article, Broadcast, BroadcastFigure, BroadcastId, BroadcastState
from outreach.campaigns.model import Content
from outreach.messaging import AccountId, ContactId, OfficerId, Receipt


class Broadcasts(Protocol):
    async def add(self, *, account_id: AccountId, content: Content, by: OfficerId, at: datetime) -> Broadcast:
        """A draft."""

    async def get(self, broadcast_id: BroadcastId) -> Broadcast | None: ...

    async def move(
        self, broadcast_id: BroadcastId, *, state: BroadcastState, at: datetime, **values: str | datetime
    ) -> Broadcast | None:
        """One step along MOVES, decided by the row's state at this moment; None when it does not lead there.

        `values` are columns by name. SENT is stamped.
        """

    async def note(
        self, broadcast_id: BroadcastId, *, state: BroadcastState, at: datetime, **values: str | int
    ) -> bool:
        """Change columns of one that is still in `state`."""

    async def under_way(self, account_id: AccountId) -> list[Broadcast]:
        """Ordered and not ended, the oldest first."""

    async def claim_way(self, account_id: AccountId) -> bool:
        """Whether nothing is under way; until the commit nobody else is told so."""

    async def newest_sent(self, account_id: AccountId, *, since: datetime) -> Broadcast | None: ...

    async def longest_follower(self, account_id: AccountId) -> str | None:
        """The platform's id of whoever has been there longest, so that all of this month's have reached her."""

    async def arrivals(self, receipts: Sequence[Receipt]) -> list[Arrival]:
        """Those that name an article and prove something; of people who are not known, or agreed only later, there are none."""

    async def first_heard(self, broadcast_id: BroadcastId, *, contact_id: ContactId) -> bool:
        """Whether nothing was heard of her and this article before. From now on something was."""

    async def figure(self, *, since: datetime, before: datetime) -> BroadcastFigure:
        """Of those that were sent in that time."""


class Publisher(Protocol):
    """An account that can hand an article to everybody who follows it. Raises SendError and nothing else."""

    account_id: AccountId

    async def create_article(self, article: Article) -> str:
        """Begin to make it; gives a token to ask with."""

    async def verify_article(self, token: str) -> str | None:
        """The article's id; None while it is still being made."""

    async def broadcast(self, article_id: str) -> str:
        """Hand it over for all followers. Gives the platform's id of that."""

    async def followers(self) -> int | None:
        """The platform's own figure; None where it tells none."""
