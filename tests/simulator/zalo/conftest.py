"""An Official Account with a token, people who follow it, and a web server that takes what a webhook brings."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web

from simulator.client import Client

HOUR, DAY = 3_600, 86_400


@dataclass(slots=True)
class Receiver:
    """The bot's own web server: it notes what comes and answers what it is told, 200 when nothing is left to say."""

    url: str = ""
    bodies: list[bytes] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    always: int = 200
    wait: float = 0.0

    async def receive(self, request: web.Request) -> web.Response:
        self.bodies.append(await request.read())
        self.headers.append(dict(request.headers))
        if self.wait:
            await asyncio.sleep(self.wait)
        return web.Response(status=self.answers.pop(0) if self.answers else self.always)

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(body) for body in self.bodies]

    def names(self) -> list[str]:
        return [event["event_name"] for event in self.events]


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    found = Receiver()
    app = web.Application()
    app.router.add_post("/hook", found.receive)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    found.url = f"http://{host}:{port}/hook"
    yield found
    await runner.cleanup()


async def until(true: Callable[[], bool], *, seconds: float = 5.0) -> None:
    async with asyncio.timeout(seconds):
        while not true():
            await asyncio.sleep(0.01)


async def attempted(client: Client, number: int, *, network: str = "oa") -> None:
    """Until so many deliveries have been tried; what waits for the clock then waits already."""
    async with asyncio.timeout(10):
        while (await client.read(f"zalo/{network}/deliveries", limit=0))["last"] < number:
            await asyncio.sleep(0.01)


@pytest.fixture
async def oa(simulator: Client) -> Client:
    """A client that holds a living access token."""
    simulator.oa_token = (await simulator.order("zalo/oa/tokens"))["access_token"]
    return simulator


async def new_follower(client: Client, name: str = "Nguyễn Văn An", **fields: Any) -> str:
    made = await client.order("zalo/oa/people", {"name": name, "follows": True, **fields})
    return str(made["id"])


@pytest.fixture
async def follower(oa: Client) -> str:
    return await new_follower(oa)


def to(user_id: str, text: str = "Xin chào", **message: Any) -> dict[str, Any]:
    return {"recipient": {"user_id": user_id}, "message": {"text": text, **message}}


async def send(client: Client, user_id: str, text: str = "Xin chào", **message: Any) -> Any:
    return await client.oa("v3.0/oa/message/cs", to(user_id, text, **message))


async def settle(client: Client, **settings: Any) -> Any:
    return await client.order("zalo/oa/settings", settings)


async def advance(client: Client, seconds: float) -> None:
    await client.order("clock", {"advance": seconds})


def signature(body: bytes, *, first: str = "1000000000000000001") -> str:
    timestamp = json.loads(body)["timestamp"]
    return hashlib.sha256(first.encode() + body + timestamp.encode() + b"example-oa-secret").hexdigest()
