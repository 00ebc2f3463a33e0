"""A stand-in for the Bot Platform at the wire: answers as it was told, keeps what it was asked."""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.channels.zalo_bot.adapter import ZaloBotChannel
from outreach.messaging import AccountId

TOKEN = "12345:bi-mat-cua-bot"
ME = {
    "id": "1459000000000000000",
    "account_name": "bot.AbCdEfGhi",
    "account_type": "BASIC",
    "can_join_groups": False,
}


def refusal(code: int) -> dict[str, Any]:
    return {"ok": False, "description": "in words", "error_code": code}


IDLE = refusal(408)


class FakeZalo:
    """`mirrored`: the HTTP status is the error code, as on the older host; otherwise it is 200 whatever happens.

    `answers` come first, one by one; a bytes answer is sent as it is. `waiting` is what polls are given, once `slow` is set
    (where there is one).
    """

    def __init__(self, *, mirrored: bool) -> None:
        self.mirrored = mirrored
        self.address = ""
        self.asked: list[tuple[str, Any]] = []
        self.answers: dict[str, deque[Any]] = {}
        self.waiting: deque[Any] = deque()
        self.slow: asyncio.Event | None = None
        self.files: dict[str, bytes] = {}

    def say(self, method: str, *answers: Any) -> None:
        self.answers.setdefault(method, deque()).extend(answers)

    def bodies(self, method: str) -> list[Any]:
        return [body for name, body in self.asked if name == method]

    @property
    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_route("*", "/api/bot{token}/{method}", self._answer)
        app.router.add_get("/files/{name}", self._file)
        return app

    async def _answer(self, request: web.Request) -> web.Response:
        if request.match_info["token"] != TOKEN:
            return self._response(refusal(401))
        method = request.match_info["method"]
        assert request.method == "POST"
        assert request.content_type == "application/json"
        self.asked.append((method, await request.json()))
        if self.slow and method == "getUpdates":
            await self.slow.wait()
        planned = self.answers.get(method)
        return self._response(planned.popleft() if planned else self._usual(method))

    def _usual(self, method: str) -> dict[str, Any]:
        match method:
            case "getMe":
                return {"ok": True, "result": ME, "error_code": 0}
            case "getUpdates":
                return {"ok": True, "result": self.waiting.popleft()} if self.waiting else IDLE
            case "sendMessage":
                return {"ok": True, "result": {"message_id": f"m{len(self.asked)}", "date": 1_790_000_000_000}}
            case "sendChatAction":
                return {"ok": True}
        return {"ok": True, "result": {"url": "", "updated_at": 1_790_000_000_000}}

    def _response(self, answer: Any) -> web.Response:
        if isinstance(answer, bytes):
            return web.Response(body=answer, status=502)
        return web.json_response(answer, status=answer.get("error_code") or 200 if self.mirrored else 200)

    async def _file(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        if name == "moved":
            return web.Response(status=302, headers={"Location": "/files/photo.jpg"})
        return web.Response(body=self.files[name]) if name in self.files else web.Response(status=404)


@pytest.fixture(params=[False, True], ids=["body_only", "mirrored"])
async def zalo(request: pytest.FixtureRequest) -> AsyncIterator[FakeZalo]:
    fake = FakeZalo(mirrored=request.param)
    async with TestServer(fake.app) as server:
        fake.address = str(server.make_url("")).rstrip("/")
        yield fake


@pytest.fixture
async def channel(zalo: FakeZalo) -> AsyncIterator[ZaloBotChannel]:
    opened = ZaloBotChannel(
        token=TOKEN,
        base_url=f"{zalo.address}/api/",
        account_id=AccountId(7),
        rate=1000,
        media_hosts=("zdn.vn", "zadn.vn"),
        first_wait=0.001,
    )
    await opened.start()
    zalo.asked.clear()
    yield opened
    await opened.stop()


@pytest.fixture(autouse=True)
def token_stays_here(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """No log line, ours or a library's, may hold the token; the stand-in's own log is another machine's."""
    caplog.set_level("DEBUG")
    yield
    records = [*caplog.get_records("setup"), *caplog.get_records("call")]
    lines = [logging.Formatter().format(record) for record in records if record.name != "aiohttp.access"]
    assert not [line for line in lines if "bi-mat-cua-bot" in line]
