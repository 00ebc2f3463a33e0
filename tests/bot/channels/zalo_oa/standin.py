"""A stand-in for Zalo at the wire: it writes down what came, and answers what a test laid ready."""

import asyncio
import inspect
import json
from collections import defaultdict, deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from aiohttp import BodyPartReader, web
from pydantic import SecretStr

from bot.settings import FixedSettings
from outreach.messaging import AccountId
from outreach.tokens import TokenPair
from tests.conftest import NOW

APP_ID, OA_ID, USER_ID = "1000000000000000001", "4000000000000000001", "2000000000000000001"
APP_SECRET, OA_SECRET = "example-app-secret", "example-oa-secret"
ACCOUNT = AccountId(7)
OAUTH = "/oauth/v4/oa/access_token"
CS, V2 = "/v3.0/oa/message/cs", "/v2.0/oa/message"
GETOA = "/v2.0/oa/getoa"
ME = {"oaid": OA_ID, "name": "Tỉnh Đoàn", "oa_type": "2", "is_verified": True, "package_name": "Growth"}


def refused(code: int) -> dict[str, Any]:
    return {"error": code, "message": "told by a test"}


def accepted(message_id: str = "m1", quota: str | None = "reply") -> dict[str, Any]:
    data: dict[str, Any] = {"message_id": message_id, "user_id": USER_ID}
    return {"error": 0, "message": "Success", "data": data | ({"quota": {"quota_type": quota}} if quota else {})}


@dataclass(frozen=True, kw_only=True)
class Call:
    method: str
    path: str
    headers: dict[str, str]
    query: dict[str, str]
    body: Any


@dataclass(frozen=True, kw_only=True)
class Other:
    """An answer that is no JSON with 200, which is all that Zalo itself gives."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Oa:
    """`answers` by path, taken in order; the last one stays. A function is called (and awaited), None answers too late."""

    calls: list[Call] = field(default_factory=list)
    answers: dict[str, deque[Any]] = field(default_factory=lambda: defaultdict(deque))
    address: str = ""

    def lay(self, path: str, *answers: Any) -> None:
        self.answers[path] = deque(answers)

    def paths(self) -> list[str]:
        return [call.path for call in self.calls if call.path != GETOA]

    def messages(self) -> list[Any]:
        return [call.body["message"] for call in self.calls if call.path in {CS, V2}]

    async def receive(self, request: web.Request) -> web.StreamResponse:
        self.calls.append(
            Call(
                method=request.method,
                path=request.path,
                headers={name.lower(): value for name, value in request.headers.items()},
                query=dict(request.query),
                body=await _body(request),
            )
        )
        waiting = self.answers[request.path]
        answer = waiting.popleft() if len(waiting) > 1 else (waiting[0] if waiting else accepted())
        if answer is None:
            await asyncio.sleep(0.6)
            answer = accepted()
        if inspect.isroutine(answer):
            answer = answer()
        if inspect.isawaitable(answer):
            answer = await answer
        if isinstance(answer, Other):
            return web.Response(status=answer.status, body=answer.body, headers=answer.headers)
        return web.json_response(answer)


async def _body(request: web.Request) -> Any:
    if request.content_type == "application/json":
        return json.loads(await request.read())
    if request.content_type != "multipart/form-data":
        return dict(await request.post())
    parts = [part async for part in _parts(request)]
    return [(part.name, part.filename, part.headers["Content-Type"], content) for part, content in parts]


async def _parts(request: web.Request) -> AsyncIterator[tuple[BodyPartReader, bytes]]:
    async for part in await request.multipart():
        assert isinstance(part, BodyPartReader)
        yield part, bytes(await part.read())


def settings_for(oa: Oa, **changes: Any) -> FixedSettings:
    return FixedSettings(
        zalo_app_id=APP_ID,
        zalo_app_secret=SecretStr(APP_SECRET),
        zalo_oa_secret=SecretStr(OA_SECRET),
        zalo_api_url=oa.address,
        zalo_oauth_url=f"{oa.address}/oauth",
        **changes,
    )


def make_pair(number: int = 1, *, hours: float = 25) -> TokenPair:
    return TokenPair(
        access=f"at_{number}",
        refresh=f"rt_{number}",
        refreshed_at=NOW,
        access_expires_at=NOW + timedelta(hours=hours),
        refresh_expires_at=NOW + timedelta(days=90),
    )
