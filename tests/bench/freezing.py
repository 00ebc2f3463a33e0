"""An audience counted and frozen: how fast, and how long a person's turn has to wait meanwhile.

Counting, with everything that leaves people out, against a bare COUNT(*) by unit and channel; freezing against one statement for
everybody.
"""

import asyncio
import itertools
import time
from collections import defaultdict
from datetime import UTC, datetime

from sqlalchemy import func, select

from content.packs.loader import load_pack
from outreach.campaigns.advance import advance_campaigns
from outreach.campaigns.limits import limits_at
from outreach.campaigns.model import Audience, AudienceKind
from outreach.officers import System
from outreach.pacing import NEVER_HELD
from storage import tables as t
from storage.database import Database
from storage.types import Keyring
from tests.bench.figures import LOWER, Figure, figure
from tests.bench.ground import ORDERED, Fresh, Ground, campaign_in
from tests.chaos.conftest import SECRET

BENCH = "freezing"
LONGEST_STEP = 50  # milliseconds a write transaction may take, by the design
LONGEST_COUNT = 1_000  # milliseconds an officer may wait for the figure under her rule
_PAUSE = 0.005  # seconds between two turns
_PACK = load_pack("langson")
_RULES = {
    "everybody": Audience(),
    "by age, topic, and not reached yet": Audience(
        kind=AudienceKind.NOT_REACHED, ages=(16, 30), topics=tuple(topic.code for topic in _PACK.topics)
    ),
}


async def measure(ground: Ground) -> list[Figure]:
    """The SQLite file alone: there a turn waits for the one writer, on PostgreSQL it does not."""
    took: dict[str, list[float]] = defaultdict(list)
    async with ground.databases(ground.size.crowd, engines=["SQLite"]) as engines:
        for _ in range(ground.size.repetitions):
            async with engines["SQLite"]() as url:
                for name, milliseconds in (await _count(url, people=ground.size.crowd)).items():
                    took[name].append(milliseconds)
            for way in ("chunks", "at once"):
                seconds, longest = await _freeze(ground, engines["SQLite"], at_once=way == "at once")
                took[way].append(1000 * seconds)
                took[f"wait, {way}"].append(longest)
    counted, plain = f"{ground.size.crowd:,} people counted, {{}}, SQLite", "plain COUNT(*)"
    what, peer = f"{ground.size.crowd:,} people frozen, SQLite", "one statement for all"
    wait, most = "longest wait of a turn meanwhile", "the design's bound"
    return [
        *(
            figure(BENCH, counted.format(name), "ms", ours=took[name], peer=plain, theirs=took[plain], better=LOWER)
            for name in _RULES
        ),
        *(
            figure(
                BENCH,
                counted.format(name),
                "ms",
                ours=took[name],
                peer="the bound",
                theirs=LONGEST_COUNT,
                better=LOWER,
                ratio=1.0,
            )
            for name in _RULES
        ),
        figure(BENCH, what, "ms", ours=took["chunks"], peer=peer, theirs=took["at once"], better=LOWER),
        figure(BENCH, wait, "ms", ours=took["wait, chunks"], peer=peer, theirs=took["wait, at once"], better=LOWER),
        figure(BENCH, wait, "ms", ours=took["wait, chunks"], peer=most, theirs=LONGEST_STEP, better=LOWER, ratio=1.0),
    ]


async def _count(url: str, *, people: int) -> dict[str, float]:
    """Milliseconds of each rule's look, and of the bare statement; each the second time, with the file in the system's memory."""
    database, took = Database(url, keyring=Keyring(SECRET)), {}
    joined = t.contact.join(t.address, t.address.c.contact_id == t.contact.c.id).join(t.account)
    groups = (t.contact.c.unit_id, t.account.c.channel)
    plain = select(*groups, func.count()).select_from(joined).group_by(*groups)
    async with database.read() as tx:
        for _ in range(2):
            began = time.perf_counter()
            await tx.connection.execute(plain)
            took["plain COUNT(*)"] = 1000 * (time.perf_counter() - began)
            for name, rule in _RULES.items():
                began, now = time.perf_counter(), datetime.now(UTC)
                limits = await limits_at(tx, pack=_PACK, at=now)
                preview = await tx.ledger.preview(rule, limits=limits, at=now)
                took[name] = 1000 * (time.perf_counter() - began)
                assert sum(preview.by_unit.values()) == preview.will_get == people
    await database.close()
    return took


async def _freeze(ground: Ground, fresh: Fresh, *, at_once: bool) -> tuple[float, float]:
    """Seconds it took, and the longest a turn took beside it in milliseconds."""
    async with fresh() as url:
        database = Database(url, keyring=Keyring(SECRET))
        over = asyncio.Event()
        turns = asyncio.create_task(_turns(database, over))
        await asyncio.sleep(10 * _PAUSE)
        began = time.perf_counter()
        if at_once:
            await _in_one_step(database, size=ground.size.crowd + 1)
        else:
            await advance_campaigns(System(name="clock"), transactions=database, pack=_PACK, now=datetime.now(UTC))
        seconds = time.perf_counter() - began
        over.set()
        longest = await turns
        assert (await campaign_in(database)).tally.pending == ground.size.crowd
        await database.close()
    return seconds, longest


async def _turns(database: Database, over: asyncio.Event) -> float:
    """Small durable turns until it is over; the longest in milliseconds."""
    longest = 0.0
    for number in itertools.count():
        began = time.perf_counter()
        async with database.write() as tx:
            await tx.leases.take(f"bench:{number}", holder="bench", seen=NEVER_HELD)
        longest = max(longest, 1000 * (time.perf_counter() - began))
        if over.is_set():
            break
        await asyncio.sleep(_PAUSE)
    return longest


async def _in_one_step(database: Database, *, size: int) -> None:
    campaign, now = await campaign_in(database), datetime.now(UTC)
    async with database.write(bulk=True) as tx:
        await tx.ledger.freeze_chunk(campaign, main_period=None, after=0, size=size, at=now)
        await tx.ledger.finish_freezing(ORDERED, at=now)
