"""kill -9 around one turn: after the commit the answer still comes, before it the update is handled once."""

import asyncio
import sqlite3
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.chaos.conftest import Town

PATIENCE = 90  # seconds; two processes start here while other tests keep the machine busy
QUESTION = "câu này không có lệnh nào hiểu được"


async def _until(what: Callable[[], Awaitable[bool]], *, town: Town) -> None:
    ends = time.monotonic() + PATIENCE
    while not await what():
        assert time.monotonic() < ends, town.process.logs()
        await asyncio.sleep(0.05)


async def _answers(town: Town, person: int) -> int:
    chat = await town.client.chat(person)
    return sum(message["from"] == "bot" for message in chat["messages"])


async def _promised(town: Town) -> int:
    async with town.database.read() as tx:
        found = await tx.connection.exec_driver_sql("SELECT count(*) FROM outbox")
    return int(found.scalar_one())


async def _seen(town: Town) -> int:
    async with town.database.read() as tx:
        found = await tx.connection.exec_driver_sql("SELECT count(*) FROM seen_update")
    return int(found.scalar_one())


async def _last_poll(town: Town) -> int:
    rows = (await town.client.read("journal", kind="requests", limit=50))["rows"]
    return max((row["seq"] for row in rows if row["method"] == "getUpdates"), default=0)


@pytest.mark.slow
async def test_killed_after_the_commit_the_answer_comes_after_the_restart(town: Town) -> None:
    await town.settle(1)
    person = town.people[0]
    fault = await town.client.order("faults", {"kind": "reset", "method": "sendMessage", "rate": 1.0})
    town.process.start()
    await town.client.order(f"people/{person}/text", {"text": QUESTION})

    async def promised() -> bool:
        return await _promised(town) == 1

    await _until(promised, town=town)
    town.process.kill()
    assert await _answers(town, person) == 0

    await town.client.order(f"faults/{fault['id']}", method="DELETE")
    town.process.start()

    async def answered() -> bool:
        return await _answers(town, person) >= 1

    await _until(answered, town=town)

    async def kept() -> bool:
        return await _promised(town) == 0

    await _until(kept, town=town)
    assert town.process.stop() == 0
    assert await _answers(town, person) == 1
    assert await _seen(town) == 1


@pytest.mark.slow
async def test_killed_before_the_commit_the_update_is_handled_once(town: Town, tmp_path: Path) -> None:
    await town.settle(1)
    person = town.people[0]
    town.process.start()

    async def polling() -> bool:
        rows = (await town.client.read("journal", kind="requests", limit=50))["rows"]
        return any(row["method"] == "deleteWebhook" for row in rows)

    await _until(polling, town=town)
    # Somebody else holds the database: the turn waits at its BEGIN, so nothing of it is committed.
    blocker = sqlite3.connect(tmp_path / "town.db", isolation_level=None, timeout=30)
    blocker.execute("BEGIN IMMEDIATE")
    polled = await _last_poll(town)
    await town.client.order(f"people/{person}/text", {"text": QUESTION})

    async def fetched() -> bool:
        return await _last_poll(town) > polled

    await _until(fetched, town=town)
    await asyncio.sleep(0.5)  # what it takes from there to the BEGIN; too short a while would only test less
    town.process.kill()
    blocker.execute("ROLLBACK")
    blocker.close()
    assert await _seen(town) == 0
    assert await _answers(town, person) == 0

    town.process.start()

    async def answered() -> bool:
        return await _answers(town, person) >= 1

    await _until(answered, town=town)
    assert town.process.stop() == 0
    assert await _answers(town, person) == 1
    assert await _seen(town) == 1
