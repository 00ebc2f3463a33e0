"""What must be remembered about news items."""

from datetime import datetime
from typing import Protocol

from outreach.messaging import OfficerId
from outreach.news.model import NewsDraft, NewsId, NewsItem


class NewsItems(Protocol):
    async def add(
        self, draft: NewsDraft, *, content_hash: str, topic: str, counts: bool, by: OfficerId | None, at: datetime
    ) -> tuple[NewsId, bool]:
        """A draft item, and whether it is new: the same page twice is one item."""

    async def get(self, news_id: NewsId) -> NewsItem | None: ...

    async def publish(self, news_id: NewsId, *, topic: str, counts: bool, at: datetime) -> bool: ...

    async def archive(self, news_id: NewsId) -> bool: ...

    async def put_away(self, news_id: NewsId) -> bool:
        """Archive a draft item, unless some campaign's draft still has its words."""

    async def take_up(self, news_id: NewsId, *, topic: str, counts: bool, by: OfficerId) -> bool:
        """An archived item is that officer's draft again."""

    async def mark(self, news_id: NewsId, *, topic: str, counts: bool) -> bool:
        """The officer's word on a draft item; a published one keeps what it was published with."""

    async def latest(self, *, topic: str = "", offset: int = 0, limit: int = 5) -> list[NewsItem]:
        """Published items, newest first."""

    async def search(self, words: str, *, limit: int = 5) -> list[NewsItem]:
        """Published items whose folded title or body has words that begin with every folded word."""

    async def to_send(self, *, by: OfficerId | None, offset: int, limit: int) -> list[NewsItem]:
        """Drafts (only those of `by`, if given) and published items, drafts first, then the newest."""

    async def count_to_send(self, *, by: OfficerId | None) -> int: ...

    async def drafts(self, *, limit: int = 10) -> list[NewsItem]: ...
