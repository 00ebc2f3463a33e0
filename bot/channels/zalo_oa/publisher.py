"""Articles for all followers of one Official Account."""

from bot.channels.zalo_oa.client import OaClient
from outreach.broadcasts.model import Article
from outreach.messaging import AccountId, SendError, SendErrorKind


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
