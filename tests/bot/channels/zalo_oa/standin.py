"""A stand-in for Zalo at the wire: it writes down what came, and answers what a test laid ready."""

import asyncio
import inspect
import json
from collections import defaultdict, deque
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from pydantic import SecretStr
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

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

    async def receive(self, request: Request) -> Response:
        self.calls.append(
            Call(
                method=request.method,
                path=request.url.path,
                headers=dict(request.headers),
                query=dict(request.query_params),
                body=await _body(request),
            )
        )
        waiting = self.answers[request.url.path]
        answer = waiting.popleft() if len(waiting) > 1 else (waiting[0] if waiting else accepted())
        if answer is None:
            await asyncio.sleep(0.6)
            answer = accepted()
        if inspect.isroutine(answer):
            answer = answer()
        if inspect.isawaitable(answer):
            answer = await answer
        return answer if isinstance(answer, Response) else JSONResponse(answer)


async def _body(request: Request) -> Any:
    kind = request.headers.get("content-type", "")
    if kind.startswith("application/json"):
        return json.loads(await request.body())
    if kind.startswith("multipart/form-data"):
        async with request.form() as form:
            return [
                (name, part.filename, part.content_type, await part.read())  # type: ignore[union-attr]  # files only
                for name, part in form.multi_items()
            ]
    async with request.form() as form:
        return dict(form)


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
