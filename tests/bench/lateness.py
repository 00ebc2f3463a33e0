"""How late an answer comes while a campaign runs, as the person's phone sees it: from her /start until the answer is accepted."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, nullcontext
from datetime import datetime

from bot.app import App, Part, running
from simulator.client import Client
from tests.bench.figures import HIGHER, LOWER, Figure, figure, percentile
from tests.bench.ground import NEWS, Fresh, Ground, campaign_in, freeze, people_in, sending, until, wired

BENCH = "lateness"
MOST_LATER = 150  # milliseconds that the 99th percentile may lie above that of a quiet hour
_PAGE = 10_000  # rows of the journal
_SHARES = (50, 99)
_WORDS = "/start"

Leg = tuple[str, int, int]  # engine, turns a second, messages a second of the campaign beside them (0: none)


async def measure(ground: Ground) -> list[Figure]:
    """Per engine and pace of talk: alone, and beside a campaign at each rate."""
    size = ground.size
    seconds = max(size.talk_turns / rate for rate in size.talk_rates)
    enough = max(size.talk_turns, int(max(size.limits) * (seconds + 2)))
    waits: dict[Leg, list[float]] = {}
    paces: dict[Leg, float] = {}
    async with ground.databases(enough, engines=size.talk_engines) as engines:
        for engine, fresh in engines.items():
            for turns in size.talk_rates:
                for limit in (0, *size.limits):
                    leg = engine, turns, limit
                    waits[leg], paces[leg] = await _talk(ground, fresh, people=enough, turns=turns, rate=limit)
    return list(_figures(waits, paces))


def _figures(waits: dict[Leg, list[float]], paces: dict[Leg, float]) -> Iterable[Figure]:
    for (engine, turns, limit), late in waits.items():
        if not limit:
            continue
        alone = waits[engine, turns, 0]
        beside = f"{turns} turns/s beside {limit}/s, {engine}"
        for share in _SHARES:
            yield figure(
                BENCH,
                f"p{share}, {beside}",
                "ms",
                ours=[1000 * percentile(late, share / 100)],
                peer=f"p{share} alone",
                theirs=[1000 * percentile(alone, share / 100)],
                better=LOWER,
                above=MOST_LATER if share == _SHARES[-1] else None,
            )
        pace = paces[engine, turns, limit]
        yield figure(BENCH, f"campaign, {beside}", "msg/s", ours=[pace], peer="its limit", theirs=limit, better=HIGHER)


async def _talk(ground: Ground, fresh: Fresh, *, people: int, turns: int, rate: int) -> tuple[list[float], float]:
    """Seconds that each of the turns waited for its answer, in an open loop: a slow answer delays no later question.

    And the messages a second that the campaign beside them really made.
    """
    async with fresh() as url, ground.simulator() as client, wired(url, client) as app:
        ids = await people_in(client, people)
        if rate:
            await freeze(app)
        async with running(app, only=frozenset({Part.POLLER})), _lane(app, rate=rate):
            before, began = await _sent(app), time.monotonic()
            asked = await ask(
                client, ids[:: len(ids) // ground.size.talk_turns][: ground.size.talk_turns], a_second=turns
            )
            pace = (await _sent(app) - before) / (time.monotonic() - began)
            answers = await answered(client, asked)
    return [answers[person] - at for person, at in asked.items()], pace


async def _sent(app: App) -> int:
    return (await campaign_in(app.database)).tally.sent


@asynccontextmanager
async def _lane(app: App, *, rate: int) -> AsyncIterator[None]:
    async with sending(app, rate=rate) if rate else nullcontext():
        await asyncio.sleep(0.5)  # until it polls, and sends at full pace
        yield


async def ask(
    client: Client, people: list[int], *, a_second: int, over: asyncio.Event | None = None
) -> dict[int, float]:
    """Each says /start, one after the other at an even pace until all have or it is `over`; gives the moment each message was handed over."""
    asked: dict[int, float] = {}
    questions: list[asyncio.Task[object]] = []
    began = time.time()
    for number, person in enumerate(people):
        await asyncio.sleep(max(0.0, began + number / a_second - time.time()))
        if over and over.is_set():
            break
        asked[person] = time.time()
        questions.append(asyncio.create_task(client.order(f"people/{person}/text", {"text": _WORDS})))
    await asyncio.gather(*questions)
    return asked


async def answered(client: Client, asked: dict[int, float]) -> dict[int, float]:
    """When the simulator accepted the answer of each, once all of them have one."""
    answers: dict[int, float] = {}

    async def all_of_them() -> bool:
        answers.update(await _answers(client, asked))
        return len(answers) == len(asked)

    await asyncio.sleep(1)  # reading the journal is work for the simulator, too
    await until(all_of_them, seconds=60, every=1)
    return answers


async def _answers(client: Client, asked: dict[int, float]) -> dict[int, float]:
    """The first message to each after she asked; the campaign's are others."""
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
