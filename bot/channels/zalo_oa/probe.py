"""What Zalo says of the account, asked with the access token as it is: looking must spend no refresh token."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.channels.http import HttpClient
from bot.channels.zalo_oa.client import Me, OaClient, Quota
from bot.channels.zalo_oa.pace import Pace
from bot.settings import ZaloSettings
from outreach.broadcasts.model import ArticlesLeft
from outreach.messaging import SendError, SendErrorKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """`trouble` None: Zalo knows us as `me`. `quotas` are empty, and `articles` None, where it does not tell them."""

    me: Me | None = None
    quotas: Sequence[Quota] = ()
    articles: ArticlesLeft | None = None
    trouble: SendError | None = None


class _Kept:
    """One access token, for as long as it holds."""

    def __init__(self, access: str) -> None:
        self._access = access

    async def access(self) -> str:
        return self._access

    async def renewed(self, stale: str) -> str:  # noqa: ARG002  the client's signature
        raise SendError(SendErrorKind.REVOKED, "token_refused")


async def probe(settings: ZaloSettings, *, access: str, follower: str = "") -> Probe:
    """Never raises for what is found. `follower` is who may be asked about where Zalo counts by follower."""
    http = HttpClient()
    secret = settings.zalo_app_secret
    client = OaClient(
        http,
        url=settings.zalo_api_url,
        tokens=_Kept(access),
        pace=Pace((settings.zalo_rate,)),
        proof_secret=secret.get_secret_value() if secret and settings.zalo_secret_proof else "",
    )
    await http.start()
    try:
        me = await client.me()
    except SendError as error:
        return Probe(trouble=error)
    else:
        return Probe(me=me, quotas=await _quotas(client), articles=await _articles(client, follower))
    finally:
        await http.stop()


async def _quotas(client: OaClient) -> Sequence[Quota]:
    try:
        return await client.quotas()
    except SendError:
        return ()


async def _articles(client: OaClient, follower: str) -> ArticlesLeft | None:
    try:
        return await client.articles_left(follower) if follower else None
    except SendError:
        return None
