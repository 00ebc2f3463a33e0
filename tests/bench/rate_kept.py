"""The rate a lane keeps at a provider as strict and as far away as Telegram (about 30/s), below its limit and beyond it."""

import asyncio
from collections import Counter
from datetime import datetime

from simulator.client import Client
from tests.bench.figures import HIGHER, LOWER, Figure, figure
from tests.bench.ground import Fresh, Ground, campaign_in, freeze, people_in, sending, until, wired

BENCH = "rate kept"
LIMIT = 30.0  # messages a second, the provider's
AWAY = 60  # milliseconds an answer of Telegram takes
BELOW, BEYOND = 28.0, 35.0  # ceilings of ours
START = 25.0
_MINUTE = 60
_SLOW_DOWN = "429"
_PAGE = 10_000  # rows of the journal


async def measure(ground: Ground) -> list[Figure]:
    """Both ceilings at once, each at a provider of its own: 60 messages a second are nothing to two cores."""
    async with ground.databases(ground.size.kept_people, engines=["SQLite"]) as engines:
        found = await asyncio.gather(*(_keep(ground, engines["SQLite"], ceiling=one) for one in (BELOW, BEYOND)))
    (below, no_refusals), (beyond, refusals) = found
    since = f"from second {ground.size.kept_after:g} on"
    limit, most = f"the provider's limit, {LIMIT:g}/s", "one a minute"
    return [
        figure(
            BENCH,
            f"ceiling {BELOW:g}/s, {since}",
            "msg/s",
            ours=[below],
            peer="the ceiling",
            theirs=BELOW,
            better=HIGHER,
            ratio=0.98,
        ),
        figure(
            BENCH,
            f"ceiling {BELOW:g}/s, 429 in the worst minute",
            "answers",
            ours=[no_refusals],
            peer=most,
            theirs=1,
            better=LOWER,
            ratio=0,
        ),
        figure(
            BENCH,
            f"ceiling {BEYOND:g}/s, {since}",
            "msg/s",
            ours=[beyond],
            peer=limit,
            theirs=LIMIT,
            better=HIGHER,
            ratio=0.9,
        ),
        figure(
            BENCH,
            f"ceiling {BEYOND:g}/s, 429 in the worst minute",
            "answers",
            ours=[refusals],
            peer=most,
            theirs=1,
            better=LOWER,
            ratio=1,
        ),
    ]


async def _keep(ground: Ground, fresh: Fresh, *, ceiling: float) -> tuple[float, int]:
    """Accepted messages a second once it has had time to settle, and how often it was told to slow down in the worst minute."""
    size = ground.size
    async with fresh() as url, ground.simulator(limits=True, delay_ms=AWAY) as client, wired(url, client) as app:
        await people_in(client, size.kept_people)
        await freeze(app)

        async def over() -> bool:
            return (await campaign_in(app.database)).tally.sent == size.kept_people

        async with sending(app, rate=ceiling, start=START):
            await until(over, every=0.5)
        accepted = await _moments(client, kind="messages")
        refused = await _moments(client, kind="requests", outcome=_SLOW_DOWN)
    settled = [at for at in accepted if at >= accepted[0] + size.kept_after]
    rate = (len(settled) - 1) / (settled[-1] - settled[0])
    return rate, max(Counter(int(at - accepted[0]) // _MINUTE for at in refused).values(), default=0)


async def _moments(client: Client, *, kind: str, outcome: str = "") -> list[float]:
    """When they came, in seconds."""
    found: list[float] = []
    after, last = 0, 1
    while after < last:
        page = await client.read("journal", kind=kind, after=after, limit=_PAGE)
        found += [_second(row["at"]) for row in page["rows"] if outcome in {"", row.get("outcome")}]
        after, last = page["rows"][-1]["seq"] if page["rows"] else page["last"], page["last"]
    return found


def _second(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp()
