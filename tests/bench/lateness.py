"""How late an answer comes while a campaign runs, as the person's phone sees it: from her message until the answer is accepted."""

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from datetime import datetime

from bot.app import App, Part, running
from content.catalog import Catalog
from simulator.client import Client
from tests.bench.figures import LOWER, Figure, figure, percentile
from tests.bench.ground import NEWS, Fresh, Ground, freeze, people_in, sending, until, wired

BENCH = "lateness"
_PAGE = 10_000  # rows of the journal
_ALONE = "alone"


async def measure(ground: Ground) -> list[Figure]:
    """Per engine: alone, and beside a campaign at each limit; p50 and p99 of each run in milliseconds."""
    limits = ground.size.limits
    enough = max(int(limit * (ground.size.talk_seconds + 2)) for limit in limits)
    late: dict[tuple[str, str, int], list[float]] = defaultdict(list)
    async with ground.databases(enough, engines=ground.size.talk_engines) as engines:
        for _ in range(ground.size.repetitions):
            for engine, fresh in engines.items():
                for rate in (0, *limits):
                    waits = await _talk(ground, fresh, people=enough, rate=rate)
                    for share in (50, 99):
                        late[engine, f"p{share}", rate].append(1000 * percentile(waits, share / 100))
    return [
        figure(
            BENCH,
            f"{name} beside {limit}/s, {engine}",
            "ms",
            ours=runs,
            peer=f"{name} {_ALONE}",
            theirs=late[engine, name, 0],
            better=LOWER,
        )
        for (engine, name, limit), runs in late.items()
        if limit
    ]


async def _talk(ground: Ground, fresh: Fresh, *, people: int, rate: int) -> list[float]:
    """Seconds that each of the turns waited for its answer, in an open loop: a slow answer delays no later question."""
    size = ground.size
    async with fresh() as url, ground.simulator() as client, wired(url, client) as app:
        ids = await people_in(client, people)
        if rate:
            await freeze(app)
        async with running(app, only=frozenset({Part.POLLER})), _lane(app, rate=rate):
            every = max(1, len(ids) // int(size.talk_rate * size.talk_seconds))
            asked = await _ask(client, ids[::every], a_second=size.talk_rate, seconds=size.talk_seconds)

            async def answered() -> bool:
                return len(await _answers(client, asked)) == len(asked)

            await until(answered, seconds=60, every=1)
        answers = await _answers(client, asked)
    return [answers[person] - at for person, at in asked.items()]


@asynccontextmanager
async def _lane(app: App, *, rate: int) -> AsyncIterator[None]:
    async with sending(app, rate=rate) if rate else nullcontext():
        await asyncio.sleep(0.5)  # until it polls, and sends at full pace
        yield


async def _ask(client: Client, people: list[int], *, a_second: int, seconds: float) -> dict[int, float]:
    """Everybody asks for her own page, one after the other at an even pace; gives the moment each message was handed over."""
    text = Catalog().label("commands.toi")
    asked: dict[int, float] = {}
    questions: list[asyncio.Task[object]] = []
    began = time.time()
    for number, person in enumerate(people[: int(a_second * seconds)]):
        await asyncio.sleep(max(0.0, began + number / a_second - time.time()))
        asked[person] = time.time()
        questions.append(asyncio.create_task(client.order(f"people/{person}/text", {"text": text})))
    await asyncio.gather(*questions)
    return asked


async def _answers(client: Client, asked: dict[int, float]) -> dict[int, float]:
    """When the simulator accepted the answer of each; the campaign's messages are others."""
    found: dict[int, float] = {}
    after = 0
    while True:
        page = await client.read("journal", kind="messages", after=after, limit=_PAGE)
        for row in page["rows"]:
            if row["chat_id"] in asked and NEWS.title not in row["text"]:
                found.setdefault(row["chat_id"], datetime.fromisoformat(row["at"]).timestamp())
        if len(page["rows"]) < _PAGE:
            return found
        after = page["last"] if after == page["last"] else after + _PAGE
