"""What one durable turn costs: subscribing through the router on SQLite, against a bare commit on the same disk."""

import sqlite3
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path
from statistics import median

from sqlalchemy import event

from bot.app import App
from handlers.registry import registry
from handlers.router import Answer, Router
from outreach.messaging import Address, ChannelName, Incoming, IncomingKind
from outreach.pacing import NEVER_HELD
from storage.database import _SQLITE_PRAGMAS, Database
from storage.types import Keyring
from tests.bench.figures import LOWER, Figure, figure
from tests.bench.ground import Fresh, Ground, wired
from tests.chaos.conftest import SECRET

BENCH = "one turn"
MOST_STATEMENTS = 6  # the design's bound for a turn
_POSTER = "src_06325"


async def measure(ground: Ground) -> list[Figure]:
    costs: list[float] = []
    bare: list[float] = []
    thin: list[float] = []
    most: list[float] = []
    usual: list[float] = []
    async with ground.databases(1, engines=["SQLite"]) as engines:
        for _ in range(ground.size.repetitions):
            milliseconds, statements = await _subscribe(ground, engines["SQLite"])
            costs.append(median(milliseconds))
            usual.append(median(statements))
            most.append(max(statements))
            async with engines["SQLite"]() as url:
                thin.append(await _through_our_engine(url, ground.size.joining * 5))
            bare.append(_bare_commits(ground, ground.size.joining * 5))
    bound = "the design's bound"
    return [
        figure(BENCH, "subscribing, SQLite", "ms", ours=costs, peer="sqlite3, one row", theirs=bare, better=LOWER),
        figure(BENCH, "subscribing, SQLite", "ms", ours=costs, peer="our engine, one row", theirs=thin, better=LOWER),
        *(
            figure(BENCH, name, "statements", ours=runs, peer=bound, theirs=MOST_STATEMENTS, better=LOWER, ratio=1.0)
            for name, runs in (("the middle turn", usual), ("the turn of the consent, the largest", most))
        ),
    ]


async def _subscribe(ground: Ground, fresh: Fresh) -> tuple[list[float], list[int]]:
    """Milliseconds and statements of each turn; nothing is sent."""
    took: list[float] = []
    statements: list[int] = []
    async with _app(ground, fresh) as app:
        answers: list[Answer] = []
        router = Router(
            transactions=app.database,
            world=app.world,
            registry=registry(),
            clock=app.clock,
            deliver=answers.append,
        )
        with _statements(app.database) as seen:
            for person in range(ground.size.joining):
                for incoming in _taps(app, answers, external_id=str(900_000_000 + person)):
                    began, before = time.perf_counter(), len(seen)
                    await router.handle(incoming)
                    took.append(1000 * (time.perf_counter() - began))
                    statements.append(len(seen) - before)
        async with app.database.read() as tx:
            found = await tx.connection.exec_driver_sql("SELECT count(*) FROM contact WHERE subscription = 'active'")
            assert found.scalar_one() == ground.size.joining + 1
    return took, statements


@asynccontextmanager
async def _app(ground: Ground, fresh: Fresh) -> AsyncIterator[App]:
    async with fresh() as url, ground.simulator() as client, wired(url, client) as app:
        yield app


def _taps(app: App, answers: list[Answer], *, external_id: str) -> Iterator[Incoming]:
    """The poster's link, then always the first button; the year of birth is typed."""
    address = Address(account_id=app.lines[ChannelName.TELEGRAM].channel.account_id, external_id=external_id)
    steps = (IncomingKind.START, IncomingKind.BUTTON, IncomingKind.BUTTON, IncomingKind.TEXT, IncomingKind.BUTTON)
    for step, kind in enumerate(steps):
        tapped = answers[-1].rows[-1].reply.buttons[0][0].payload if kind == IncomingKind.BUTTON else ""
        yield Incoming(
            update_id=f"{external_id}:{step}",
            address=address,
            channel=ChannelName.TELEGRAM,
            kind=kind,
            sent_at=app.clock(),
            text="2006" if kind == IncomingKind.TEXT else "",
            payload=_POSTER if kind == IncomingKind.START else tapped,
            message_ref=str(step),
        )


@contextmanager
def _statements(database: Database) -> Iterator[list[str]]:
    """Every statement but BEGIN, as it goes to the driver."""
    seen: list[str] = []
    engine = database.write_engine.sync_engine

    @event.listens_for(engine, "before_cursor_execute")
    def note(*given: object) -> None:
        statement = str(given[2])
        if not statement.startswith("BEGIN"):
            seen.append(statement)

    yield seen
    event.remove(engine, "before_cursor_execute", note)


async def _through_our_engine(url: str, commits: int) -> float:
    """Median milliseconds of a transaction with one statement over SQLAlchemy and aiosqlite."""
    database = Database(url, keyring=Keyring(SECRET))
    took = []
    for number in range(commits):
        began = time.perf_counter()
        async with database.write() as tx:
            await tx.leases.take(f"bench:{number}", holder="bench", seen=NEVER_HELD)
        took.append(1000 * (time.perf_counter() - began))
    await database.close()
    return median(took)


def _bare_commits(ground: Ground, commits: int) -> float:
    """Median milliseconds of one durable row with the standard library, under the product's own pragmas."""
    took = []
    with (
        tempfile.TemporaryDirectory(dir=ground.folder) as where,
        closing(sqlite3.connect(Path(where) / "bare.db", isolation_level=None)) as db,
    ):
        for pragma in _SQLITE_PRAGMAS:
            db.execute(f"PRAGMA {pragma}")
        db.execute("CREATE TABLE lease (name TEXT PRIMARY KEY, holder TEXT NOT NULL, epoch INTEGER NOT NULL)")
        for number in range(commits):
            began = time.perf_counter()
            db.execute("BEGIN IMMEDIATE")
            db.execute("INSERT INTO lease VALUES (?, 'bench', 1)", [f"bench:{number}"])
            db.execute("COMMIT")
            took.append(1000 * (time.perf_counter() - began))
    return median(took)
