"""A second process holds the database: people's words wait at the provider, the campaign goes on afterwards, nobody gets it twice.

Thirty seconds against the ten that SQLite waits by itself, both scaled down; FULL=1 takes them as they are.
"""

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest

from bot.channels.telegram.webhook import SECRET_HEADER
from outreach.campaigns.model import DeliveryState
from storage import database
from tests.chaos.faults.conftest import Service

PEOPLE = 150
FULL = bool(os.environ.get("FULL"))
HELD, BUSY = (30.0, 10.0) if FULL else (3.0, 1.0)  # seconds: it is held, and SQLite waits
DOOR = "a-secret_of-the-door"
_HOLD = """
import sqlite3, sys
held = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=60)
held.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.read()
held.execute("ROLLBACK")
"""


@pytest.fixture(autouse=True)
def short_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    changed = (f"busy_timeout={BUSY * 1000:.0f}" if "busy_timeout" in one else one for one in database._SQLITE_PRAGMAS)
    monkeypatch.setattr(database, "_SQLITE_PRAGMAS", tuple(changed))


@asynccontextmanager
async def _held(service: Service) -> AsyncIterator[None]:
    """While the block lasts another process is in the middle of a write."""
    path = str(service.town.database.url.database)
    other = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _HOLD, path, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert other.stdin
    assert other.stdout
    assert await other.stdout.readline() == b"held\n"
    try:
        yield
    finally:
        other.stdin.close()
        assert await other.wait() == 0


async def test_the_offset_stays_and_the_campaign_goes_on(service: Service) -> None:
    await service.settle(PEOPLE)
    earlier, person = service.town.people[:2]
    async with service.run(telegram_rate=100):
        await service.says(earlier, "xin chào")
        await service.answered(earlier)
        await service.arrived(20)
        async with _held(service):
            before = len(await service.polled())
            await service.says(person, "xin chào")
            await asyncio.sleep(HELD)
            assert await service.said_to(person) == []
            asked = (await service.polled())[before:]
            assert len(asked) > 1, "for what has come meanwhile"
            assert len(set(asked)) == 1, "none of it is confirmed"
        await service.answered(person)
        await service.finished()
    assert len(await service.said_to(person)) == 1
    assert (await service.books())[DeliveryState.SENT] == PEOPLE


async def test_the_webhook_asks_to_come_back(service: Service) -> None:
    await service.settle(1)
    [person] = service.town.people
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    update = {
        "update_id": 10**9,
        "message": {
            "message_id": 1,
            "date": int(service.clock().timestamp()),
            "chat": {"id": person, "type": "private"},
            "from": {"id": person, "is_bot": False, "first_name": "An"},
            "text": "xin chào",
        },
    }
    webhook = {"telegram_mode": "webhook", "public_url": url, "webhook_secret": DOOR, "port": port}
    async with service.run(**webhook), aiohttp.ClientSession(headers={SECRET_HEADER: DOOR}) as telegram:
        await service.finished()
        async with _held(service):
            for _ in range(2):
                async with telegram.post(f"{url}/telegram", json=update) as answer:
                    assert (answer.status, answer.headers.get("Retry-After")) == (503, "2")
            assert await service.said_to(person) == []
        for _ in range(2):
            async with telegram.post(f"{url}/telegram", json=update) as answer:
                assert answer.status == 200
            await service.answered(person)
    assert len(await service.said_to(person)) == 1
