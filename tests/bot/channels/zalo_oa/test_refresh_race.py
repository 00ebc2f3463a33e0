"""Real processes on a real file: eight want a new token at once, and some are killed at the worst moment."""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from outreach.tokens import TokenPair
from storage.database import Database
from tests.bot.channels.zalo_oa.standin import APP_ID, APP_SECRET, OAUTH, Oa, make_pair, refused

NAME = f"zalo_oa:{APP_ID}"
SECONDS = 60
Start = Callable[[], Awaitable[asyncio.subprocess.Process]]

pytestmark = pytest.mark.slow


class Issuer:
    """A stand-in of the OAuth server: a refresh token is good once, and it tells what came."""

    def __init__(self, oa: Oa) -> None:
        self.oa = oa
        self.number = 1
        self.asked: list[str] = []
        self.instead: Callable[[], Awaitable[None]] | None = None  # of spending anything
        self.after: Callable[[], Awaitable[None]] | None = None
        oa.lay(OAUTH, self.answer)

    async def answer(self) -> dict[str, Any]:
        given = self.oa.calls[-1].body["refresh_token"]
        self.asked.append(given)
        if self.instead:
            await self.instead()
            return {}
        if given != f"rt_{self.number}":
            return refused(-14014)
        self.number += 1
        if self.after:
            await self.after()
        return {"access_token": f"at_{self.number}", "refresh_token": f"rt_{self.number}", "expires_in": "90000"}


@pytest.fixture
def issuer(oa: Oa) -> Issuer:
    return Issuer(oa)


@pytest.fixture
async def start(sqlite_url: str, oa: Oa, database: Database) -> AsyncIterator[Start]:
    """Start a process that waits for a line to begin."""
    async with database.write() as tx:
        await tx.tokens.store(NAME, make_pair())
    running: list[asyncio.subprocess.Process] = []

    async def begin() -> asyncio.subprocess.Process:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.bot.channels.zalo_oa.refresher",
            sqlite_url,
            f"{oa.address}/oauth",
            APP_ID,
            APP_SECRET,
            "at_1",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        running.append(process)
        assert await line(process) == "ready"
        return process

    yield begin
    for process in running:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def line(process: asyncio.subprocess.Process) -> str:
    assert process.stdout
    return (await asyncio.wait_for(process.stdout.readline(), SECONDS)).decode().strip()


async def go(process: asyncio.subprocess.Process) -> None:
    assert process.stdin
    process.stdin.write(b"\n")
    await process.stdin.drain()


async def stored(database: Database) -> TokenPair:
    async with database.read() as tx:
        pair = await tx.tokens.get(NAME)
    assert pair
    return pair


async def test_eight_processes_spend_one_token(start: Start, issuer: Issuer, database: Database) -> None:
    processes = await asyncio.gather(*(start() for _ in range(8)))
    await asyncio.gather(*map(go, processes))
    assert await asyncio.gather(*map(line, processes)) == ["at_2"] * 8
    assert issuer.asked == ["rt_1"]
    pair = await stored(database)
    assert (pair.access, pair.refresh, pair.refreshing_at) == ("at_2", "rt_2", None)


async def test_killed_after_the_pair_is_durable_and_before_its_use(
    start: Start, issuer: Issuer, database: Database
) -> None:
    process = await start()
    await go(process)
    async with asyncio.timeout(SECONDS):
        while (await stored(database)).access == "at_1":
            await asyncio.sleep(0.002)
    process.kill()
    await process.wait()
    other = await start()
    await go(other)
    assert await line(other) == "at_2"
    assert issuer.asked == ["rt_1"]


async def test_killed_between_the_call_and_the_pair(start: Start, issuer: Issuer, database: Database) -> None:
    """The token is spent and its successor lost: one more attempt tells, then a human is needed, and nobody asks again."""
    process = await start()

    async def kill() -> None:
        process.kill()
        await process.wait()

    issuer.after = kill
    await go(process)
    await process.wait()
    assert (await stored(database)).refreshing_at is not None
    issuer.after = None
    for _ in range(2):
        other = await start()
        await go(other)
        assert await line(other) == "revoked: token_lost"
    assert issuer.asked == ["rt_1", "rt_1"]
    pair = await stored(database)
    assert (pair.access, pair.failure) == ("at_1", "token_lost")


async def test_killed_before_the_token_was_spent(start: Start, issuer: Issuer, database: Database) -> None:
    process = await start()

    async def kill() -> None:
        process.kill()
        await process.wait()

    issuer.instead = kill
    await go(process)
    await process.wait()
    issuer.instead = None
    others = [await start() for _ in range(2)]
    await asyncio.gather(*map(go, others))
    assert await asyncio.gather(*map(line, others)) == ["at_2"] * 2
    assert (await stored(database)).failure == ""
