"""From a town to several provinces: memory, the pace of sending, and how late answers come while an audience is frozen."""

import asyncio
import os
import tempfile
import time
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import pairwise
from pathlib import Path
from statistics import median

from sqlalchemy import update

from outreach.campaigns.model import CampaignState
from storage import tables as t
from storage.database import Database
from storage.types import Keyring
from tests.bench import crowd
from tests.bench.fast_server import fast_server
from tests.bench.figures import LOWER, Figure, figure, percentile
from tests.bench.ground import ORDERED, Ground, campaign_in, people_in, settings_of, until
from tests.bench.lateness import answered, ask
from tests.chaos.conftest import SECRET, Process

BENCH = "growth"
MOST_MEMORY = 60  # MB
MOST_SECONDS = 20  # to freeze the largest audience
MOST_LATER = 50  # milliseconds
FLAT = 1.2
_SLICE = 10_000  # sends
_TURNS = 50  # a second
_LATER = timedelta(days=1)  # frozen, and not begun


@dataclass(kw_only=True)
class Grown:
    """What one size cost: memory (MB above that of the idle program), seconds to freeze, seconds that answers took alone and beside that.

    `slices` are the seconds of so many sends each, `work` those of the processor: a busy machine changes them less.
    """

    people: int
    freezing: float = 0.0
    memory: float = 0.0
    quiet: list[float] = field(default_factory=list)
    beside: list[float] = field(default_factory=list)
    slices: list[float] = field(default_factory=list)
    work: list[float] = field(default_factory=list)


async def measure(ground: Ground) -> list[Figure]:
    """The SQLite file alone: the engine with the one writer."""
    size = ground.size
    grown = [
        await _grow(ground, people=people, send=sent) for people, sent in zip(size.grown, size.grown_sent, strict=True)
    ]
    return list(_figures(grown))


def _figures(grown: list[Grown]) -> Iterable[Figure]:
    smallest, largest = grown[0], grown[-1]
    for one in grown[1:]:
        who = f"{one.people:,} people"
        yield figure(
            BENCH,
            f"memory at its peak above idle, {who}",
            "MB",
            ours=[one.memory],
            peer="the bound",
            theirs=MOST_MEMORY,
            better=LOWER,
            ratio=1,
        )
        for what, ours, theirs in (
            ("", one.slices, smallest.slices),
            (", the processor's time", one.work, smallest.work),
        ):
            yield figure(
                BENCH,
                f"{_SLICE:,} sends, {who}{what}",
                "s",
                ours=[median(ours)],
                peer=f"of {smallest.people:,} people",
                theirs=[median(theirs)],
                better=LOWER,
                ratio=FLAT,
            )
    who = f"{largest.people:,} people"
    yield figure(
        BENCH,
        f"freezing {who}",
        "s",
        ours=[largest.freezing],
        peer="the bound",
        theirs=MOST_SECONDS,
        better=LOWER,
        ratio=1,
    )
    for share, above in ((50, None), (99, MOST_LATER)):
        beside, quiet = ([1000 * percentile(waits, share / 100)] for waits in (largest.beside, largest.quiet))
        name = f"p{share} of {_TURNS} turns/s beside freezing {who}"
        yield figure(BENCH, name, "ms", ours=beside, peer=f"p{share} alone", theirs=quiet, better=LOWER, above=above)


async def _grow(ground: Ground, *, people: int, send: int) -> Grown:
    grown = Grown(people=people)
    talkers = min(2 * ground.size.talk_turns, people)
    async with ground.databases(talkers, engines=["SQLite"]) as engines, engines["SQLite"]() as url:
        await asyncio.to_thread(crowd.fill, url.partition(":///")[2], people=people)
        database = Database(url, keyring=Keyring(SECRET))
        await _freeze(ground, grown, database, url=url, talkers=talkers)
        await _send(ground, grown, database, url=url, send=send)
        await database.close()
    return grown


async def _freeze(ground: Ground, grown: Grown, database: Database, *, url: str, talkers: int) -> None:
    await _put(database, state=CampaignState.DRAFT, not_before=datetime.now(UTC) + _LATER)
    async with ground.simulator() as client, _program(ground, settings_of(url, client)) as process:
        people = await people_in(client, talkers)
        await answered(client, await ask(client, people[:1], a_second=_TURNS))  # now it polls
        first = await ask(client, people[2::2], a_second=_TURNS)
        quiet = await answered(client, first)
        grown.quiet = [quiet[person] - at for person, at in first.items()]
        before, over = _memory(process, "VmRSS"), asyncio.Event()
        asking = asyncio.create_task(ask(client, people[1::2], a_second=_TURNS, over=over))
        await _put(database, state=CampaignState.PREPARING)
        began = time.monotonic()

        async def frozen() -> bool:
            return (await campaign_in(database)).frozen_at is not None

        await until(frozen)
        grown.freezing = time.monotonic() - began
        over.set()
        second = await asking
        beside = await answered(client, second)
        grown.beside = [beside[person] - at for person, at in second.items()]
        grown.memory = _memory(process, "VmHWM") - before
    assert (await campaign_in(database)).tally.pending == grown.people


async def _send(ground: Ground, grown: Grown, database: Database, *, url: str, send: int) -> None:
    async with fast_server() as server, _program(ground, settings_of(url, server)) as process:
        await server.begin({"text": "x"})
        await until(lambda: _held(database), seconds=30)
        before = _memory(process, "VmRSS")
        await _put(database, not_before=datetime.now(UTC))
        step = min(_SLICE, send)
        marks: list[tuple[float, float]] = []
        for number in range(0, send + 1, step):
            await until(partial(_sent, database, max(1, number)))
            marks.append((time.monotonic(), _processor(process)))
        for (began, worked), (ended, work) in pairwise(marks):
            grown.slices.append((ended - began) * _SLICE / step)
            grown.work.append((work - worked) * _SLICE / step)
        grown.memory = max(grown.memory, _memory(process, "VmHWM") - before)


async def _sent(database: Database, least: int) -> bool:
    return (await campaign_in(database)).tally.sent >= least


async def _held(database: Database) -> bool:
    async with database.read() as tx:
        return (await tx.leases.read("bulk:1"))[0] != ""


async def _put(database: Database, **values: object) -> None:
    """Past all rules of who may: it is the bench that says when."""
    async with database.write() as tx:
        await tx.connection.execute(update(t.campaign).where(t.campaign.c.id == ORDERED).values(**values))


@asynccontextmanager
async def _program(ground: Ground, settings: Mapping[str, object]) -> AsyncIterator[Process]:
    ours = {f"LOATRE_{name.upper()}": str(value) for name, value in settings.items()}
    environment = {**{name: value for name, value in os.environ.items() if not name.startswith("LOATRE_")}, **ours}
    with tempfile.TemporaryDirectory(dir=ground.folder) as where:
        process = Process(environment=environment, folder=Path(where), module=("tests.bench.unlimited", "run"))
        process.start()
        try:
            yield process
            assert await asyncio.to_thread(process.stop) == 0, process.logs()
        finally:
            if process.running and process.running.poll() is None:
                process.kill()


def _processor(process: Process) -> float:
    """Seconds of it that the program has used, in its own code and in the kernel."""
    assert process.running
    fields = Path(f"/proc/{process.running.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _memory(process: Process, name: str) -> float:
    """MB, by the kernel's account: what is resident now (VmRSS), or was at most (VmHWM)."""
    assert process.running
    lines = Path(f"/proc/{process.running.pid}/status").read_text(encoding="ascii").splitlines()
    (kilobytes,) = [line.split()[1] for line in lines if line.startswith(f"{name}:")]
    return int(kilobytes) / 1024
