"""The OA API, call by call. Every failure is a SendError; what a call gives back is read here and nowhere else."""

import hashlib
import hmac
import io
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import aiohttp

from bot.channels.http import HttpClient
from bot.channels.zalo_oa.errors import RATE_LIMIT, TOKEN_REFUSED, classify, code_of
from bot.channels.zalo_oa.pace import Pace
from outreach.broadcasts.model import Article, ArticlesLeft
from outreach.clock import Clock, system_clock
from outreach.messaging import SendError, SendErrorKind

log = logging.getLogger(__name__)

GOVERNMENT = 4  # the `oa_type` of a state agency

SendApi = Literal["v3", "v2"]
_SEND: Mapping[SendApi, str] = {"v3": "/v3.0/oa/message/cs", "v2": "/v2.0/oa/message"}
# The one answer that says: not by this way for an account like yours, and nothing was sent. No other error changes the way.
_OTHER_WAY: Mapping[SendApi, tuple[str, SendApi]] = {"v3": ("oa_type_unsupported", "v2"), "v2": ("api_closed", "v3")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Me:
    """The account as Zalo describes it. `valid_through` is Zalo's own writing of a day, or empty."""

    oa_id: str
    name: str
    oa_type: int
    verified: bool
    package: str
    valid_through: str
    followers: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """`quota` is Zalo's word for what the message was counted against; empty where it said none."""

    message_id: str
    quota: str
    api: SendApi


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """Messages that are left of what the package allows."""

    kind: str
    total: int
    remain: int
    valid_through: str


class AccessTokens(Protocol):
    """Where the client has its tokens from; see `Tokens`."""

    async def access(self) -> str: ...

    async def renewed(self, stale: str) -> str: ...


class OaClient:
    """`send_api` is the way of sending that worked for this account before; `remember` is told when that changes."""

    def __init__(
        self,
        http: HttpClient,
        *,
        url: str,
        tokens: AccessTokens,
        pace: Pace,
        proof_secret: str = "",
        clock: Clock = system_clock,
    ) -> None:
        self._http = http
        self._url = url
        self._tokens = tokens
        self._pace = pace
        self._proof_secret = proof_secret.encode()
        self.send_api: SendApi | Literal[""] = ""
        self.remember: Callable[[SendApi], Awaitable[None]] | None = None
        self._clock = clock
        self._government = False

    async def me(self) -> Me:
        data = await self._call("GET", "/v2.0/oa/getoa")
        found = Me(
            oa_id=str(data.get("oaid") or data.get("oa_id") or ""),
            name=str(data.get("name") or ""),
            oa_type=_number(data.get("oa_type")),
            verified=bool(data.get("is_verified")),
            package=str(data.get("package_name") or ""),
            valid_through=str(data.get("package_valid_through_date") or ""),
            followers=_number(data["num_follower"]) if "num_follower" in data else None,
        )
        self._government = found.oa_type == GOVERNMENT
        return found

    async def send(self, user_id: str, message: Mapping[str, Any]) -> Accepted:
        body = {"recipient": {"user_id": user_id}, "message": message}
        api: SendApi = self.send_api or ("v2" if self._government else "v3")
        try:
            data = await self._call("POST", _SEND[api], body=body)
        except SendError as error:
            reason, other = _OTHER_WAY[api]
            if error.reason != reason:
                raise
            data = await self._other_way(other, body, first=error)
            api = other
        await self._learn(api)
        quota = data.get("quota")
        kind = str(quota.get("quota_type") or "") if isinstance(quota, dict) else ""
        return Accepted(message_id=str(data.get("message_id") or ""), quota=kind, api=api)

    async def _other_way(self, api: SendApi, body: Any, *, first: SendError) -> Mapping[str, Any]:
        try:
            return await self._call("POST", _SEND[api], body=body)
        except SendError as error:
            # Both are shut: what is wrong is the kind of the account, whichever was asked first.
            if error.reason == "api_closed":
                raise first from error
            raise

    async def _learn(self, api: SendApi) -> None:
        if api == self.send_api:
            return
        self.send_api = api
        if self.remember is None:
            return
        try:
            await self.remember(api)
        except Exception as error:  # noqa: BLE001  the message has been accepted; the next one learns it again
            log.warning("which way of sending works could not be kept: %s", type(error).__name__)

    async def upload(self, path: Literal["image", "file"], *, name: str, data: bytes, media_type: str) -> str:
        """The id of what was uploaded; it lives for seven days. Nothing has reached anybody when this fails."""

        def form() -> aiohttp.FormData:
            made = aiohttp.FormData(quote_fields=False)
            made.add_field("file", io.BytesIO(data), filename=name, content_type=media_type)
            return made

        try:
            found = await self._call("POST", f"/v2.0/oa/upload/{path}", form=form)
        except SendError as error:
            if error.kind == SendErrorKind.UNKNOWN:
                raise SendError(SendErrorKind.NEVER_LEFT, error.reason) from error
            raise
        ref = found.get("attachment_id") if path == "image" else found.get("token")
        if not ref:
            raise SendError(SendErrorKind.REFUSED, "upload_failed")
        return str(ref)

    async def quotas(self) -> list[Quota]:
        """What the package still allows of messages after the free hours."""
        body = {"quota_owner": "OA", "product_type": "cs", "quota_type": "sub_quota"}
        found = await self._call("POST", "/v3.0/oa/quota/message", body=body, whole=True)
        rows = found.get("data")
        return [
            Quota(
                kind=str(row.get("quota_type") or ""),
                total=_number(row.get("total")),
                remain=_number(row.get("remain")),
                valid_through=str(row.get("valid_through") or ""),
            )
            for row in (rows if isinstance(rows, list) else [rows])
            if isinstance(row, dict)
        ]

    async def articles_left(self, user_id: str) -> ArticlesLeft | None:
        """How many articles this follower may still get; None where Zalo does not tell. Nothing else of the answer is read."""
        data = await self._call("POST", "/v3.0/oa/quota/message", body={"user_id": user_id})
        told = data.get("promotion")
        if not isinstance(told, dict) or "monthly_remain" not in told:
            return None
        month = _number(told["monthly_remain"])
        return ArticlesLeft(today=min(_number(told.get("daily_remain", month)), month), month=month)

    async def create_article(self, article: Article) -> str:
        """A token to ask with until the article is made."""
        body = {
            "type": "normal",
            "title": article.title,
            "author": article.author,
            "description": article.description,
            "cover": {"cover_type": "photo", "photo_url": article.cover_url, "status": "show"},
            "body": [{"type": "text", "content": paragraph} for paragraph in article.paragraphs],
            "status": "show",  # hidden unless said
            "comment": "hide",
        }
        return str((await self._call("POST", "/v2.0/article/create", body=body)).get("token") or "")

    async def verify_article(self, token: str) -> str | None:
        """The article's id; None while Zalo is still making it."""
        try:
            data = await self._call("POST", "/v2.0/article/verify", body={"token": token})
        except SendError as error:
            if error.reason == "article_processing":
                return None
            raise
        return str(data.get("id") or "") or None

    async def broadcast(self, article_id: str) -> str:
        """To everybody who follows; Zalo looks at it before it goes out. The id of the broadcast."""
        element = {"media_type": "article", "attachment_id": article_id}
        payload = {"template_type": "media", "elements": [element]}
        body = {
            "recipient": {"target": {}},
            "message": {"attachment": {"type": "template", "payload": payload}},
        }
        return str((await self._call("POST", "/v2.0/oa/message", body=body)).get("message_id") or "")

    async def _call(
        self,
        method: str,
        path: str,
        *,
        body: Any = None,
        data: Mapping[str, str] | None = None,
        form: Callable[[], aiohttp.FormData] | None = None,
        whole: bool = False,
    ) -> Mapping[str, Any]:
        """The `data` of a good answer, or with `whole` all of it. A token that Zalo refuses is renewed once."""

        async def once(token: str) -> dict[str, Any]:
            await self._pace.wait()
            _, answer = await self._http.call(
                method,
                self._url + path,
                headers=self._headers(token),
                params={"data": json.dumps(data, separators=(",", ":"))} if data else None,
                body=body,
                form=form() if form else None,
            )
            return answer

        token = await self._tokens.access()
        answer = await once(token)
        if code_of(answer) in TOKEN_REFUSED:
            answer = await once(await self._tokens.renewed(token))
        code = code_of(answer)
        if code != 0:
            error = classify(code, now=self._clock())
            if code == RATE_LIMIT:
                self._pace.hold(error.retry_after)
            raise error
        found = answer if whole else answer.get("data")
        return found if isinstance(found, dict) else {}

    def _headers(self, token: str) -> dict[str, str]:
        headers = {"access_token": token}
        if self._proof_secret:
            headers["appsecret_proof"] = hmac.new(self._proof_secret, token.encode(), hashlib.sha256).hexdigest()
        return headers


def _number(value: Any) -> int:
    try:
        return int(value)
    except (TypeError, ValueError):
        return 0
