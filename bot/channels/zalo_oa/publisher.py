"""Articles for all followers of one Official Account."""

import asyncio

from bot.channels.zalo_oa.client import OaClient
from outreach.broadcasts.model import Article, ArticlesLeft
from outreach.messaging import AccountId, SendError, SendErrorKind

_PATIENCE = 5.0  # seconds; an officer is waiting for the answer


class OaPublisher:
    """Implements `outreach.broadcasts.ports.Publisher`."""

    def __init__(self, client: OaClient, *, account_id: AccountId) -> None:
        self.account_id = account_id
        self._client = client

    async def create_article(self, article: Article) -> str:
        token = await self._client.create_article(article)
        if not token:  # it may be there, and nothing can ask after it
            raise SendError(SendErrorKind.UNKNOWN, "article_unknown")
        return token

    async def verify_article(self, token: str) -> str | None:
        return await self._client.verify_article(token)

    async def broadcast(self, article_id: str) -> str:
        return await self._client.broadcast(article_id)

    async def followers(self) -> int | None:
        return (await self._client.me()).followers

    async def articles_left(self, follower: str) -> ArticlesLeft | None:
        """For `Door.articles_left`: a courtesy, so it raises nothing."""
        try:
            async with asyncio.timeout(_PATIENCE):
                return await self._client.articles_left(follower)
        except (SendError, TimeoutError):
            return None
