"""The rate a lane keeps at a provider as strict as Telegram (about 30/s), below its limit, beyond it, and as far away as Telegram is."""

import asyncio
from collections import Counter
from dataclasses import dataclass
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


@dataclass(frozen=True, kw_only=True)
class Kept:
    """Accepted messages a second once it has had time to settle, and how often it was told to slow down in the worst minute."""

    rate: float
    refusals: int


async def measure(ground: Ground) -> list[Figure]:
    """All legs at once, each at a provider of its own: 90 messages a second are little to two cores."""
    legs = ((BELOW, 0), (BEYOND, 0), (BELOW, AWAY))
    async with ground.databases(ground.size.kept_people, engines=["SQLite"]) as engines:
        below, beyond, away = await asyncio.gather(
            *(_keep(ground, engines["SQLite"], ceiling=ceiling, delay_ms=delay) for ceiling, delay in legs)
        )
    limit = f"the provider's limit, {LIMIT:g}/s"
    return [
        _rate(ground, f"ceiling {BELOW:g}/s", below, peer="the ceiling", bound=BELOW, ratio=0.98),
        _refusals(f"ceiling {BELOW:g}/s", below, ratio=0),
        _rate(ground, f"ceiling {BEYOND:g}/s", beyond, peer=limit, bound=LIMIT, ratio=0.9),
        _refusals(f"ceiling {BEYOND:g}/s", beyond, ratio=1),
        _rate(ground, f"ceiling {BELOW:g}/s, {AWAY} ms away", away, peer="the ceiling", bound=BELOW, ratio=0.98),
    ]


def _rate(ground: Ground, name: str, kept: Kept, *, peer: str, bound: float, ratio: float) -> Figure:
    name = f"{name}, from second {ground.size.kept_after:g} on"
    return figure(BENCH, name, "msg/s", ours=[kept.rate], peer=peer, theirs=bound, better=HIGHER, ratio=ratio)


def _refusals(name: str, kept: Kept, *, ratio: float) -> Figure:
    name = f"{name}, 429 in the worst minute"
    ours, peer = [kept.refusals], "one a minute"
    return figure(BENCH, name, "answers", ours=ours, peer=peer, theirs=1, better=LOWER, ratio=ratio)


async def _keep(ground: Ground, fresh: Fresh, *, ceiling: float, delay_ms: int) -> Kept:
    size = ground.size
    async with fresh() as url, ground.simulator(limits=True, delay_ms=delay_ms) as client, wired(url, client) as app:
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
    a_minute = Counter(int(at - accepted[0]) // _MINUTE for at in refused)
    return Kept(rate=rate, refusals=max(a_minute.values(), default=0))


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
