"""`python -m tests.chaos`: storms until 300 processes were killed, a table, and var/chaos/latest.json; 1 where a promise was broken.

`SEED` begins another series, `KILLS` asks for fewer or more, `STORM` repeats one of its storms alone.
"""

import asyncio
import json
import os
import secrets
import shutil
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from functools import reduce
from pathlib import Path

import asyncpg
from rich.console import Console
from rich.table import Table

from bot.demo import stage
from content.packs.loader import load_pack
from outreach.messaging import ChannelName
from simulator.client import connect
from simulator.config import DEFAULT_TOKEN
from storage.database import Database
from storage.migrate import migrate
from storage.types import Keyring
from storage.units import sync_units
from tests.bench.__main__ import machine
from tests.bench.ground import Ground, open_ground
from tests.bench.sizes import SIZES
from tests.chaos.conftest import SECRET, Process, Town, environment_of
from tests.chaos.storm import Plan, Storm, Toll, added

FOLDER = Path("var/chaos")
KILLS, KILLS_A_STORM, AT_ONCE = 300, 10, 2
# Of five storms: engine and processes.
KINDS = (("SQLite", 1), ("SQLite", 2), ("SQLite", 2), ("SQLite", 1), ("PostgreSQL", 2))
console = Console(width=150 if not sys.stdout.isatty() else None)


def plans(seed: int, *, kills: int) -> list[Plan]:
    """The storms of a series; the same for the same seed."""
    found: list[Plan] = []
    while (left := kills - sum(plan.kills for plan in found)) > 0:
        engine, processes = KINDS[len(found) % len(KINDS)]
        found.append(
            Plan(
                seed=seed + len(found),
                kills=min(KILLS_A_STORM, left),
                engine=engine,
                processes=processes,
                cancels=len(found) % 3 == 0,
            )
        )
    return found


@asynccontextmanager
async def town(plan: Plan, *, ground: Ground, folder: Path) -> AsyncIterator[Town]:
    """A database and a simulator of its own, nobody in them yet."""
    async with _database(plan, ground=ground, folder=folder) as url:
        await migrate(url, now=datetime.now(UTC))
        database, pack = Database(url, keyring=Keyring(SECRET)), load_pack("langson")
        async with database.write() as tx:
            await sync_units(tx.connection, pack)
            account_id = await tx.contacts.account(
                channel=ChannelName.TELEGRAM, external_id=DEFAULT_TOKEN.split(":")[0], name="LoaTreBot"
            )
        async with (
            stage.simulator(folder, port=0, seed=plan.seed) as started,
            connect(started.address) as client,
        ):
            environment = environment_of(url, folder=folder, simulator=started.address, rate=plan.rate)
            process = Process(environment=environment, folder=folder)
            yield Town(database=database, pack=pack, client=client, account_id=account_id, process=process)
        await database.close()


@asynccontextmanager
async def _database(plan: Plan, *, ground: Ground, folder: Path) -> AsyncIterator[str]:
    if plan.engine == "SQLite":
        yield f"sqlite+aiosqlite:///{folder / 'town.db'}"
        return
    name = f"storm_{plan.seed}"
    server = await asyncpg.connect(host=ground.socket, user="postgres", database="postgres")
    await server.execute(f"CREATE DATABASE {name}")
    try:
        yield f"postgresql+asyncpg://postgres@/{name}?host={ground.socket}"
    finally:
        await server.execute(f"DROP DATABASE {name} WITH (FORCE)")
        await server.close()


async def storms(chosen: list[Plan], *, ground: Ground) -> list[tuple[Plan, Toll]]:
    """Two at a time: while one waits for a lease, another one works."""
    free = asyncio.Semaphore(AT_ONCE)

    async def one(plan: Plan) -> tuple[Plan, Toll]:
        async with free:
            with tempfile.TemporaryDirectory(dir=ground.folder, prefix=f"storm-{plan.seed}-") as where:
                try:
                    async with town(plan, ground=ground, folder=Path(where)) as place:
                        toll = await Storm(plan=plan, town=place, folder=Path(where)).blow()
                except Exception as error:  # noqa: BLE001  (the others go on, and this one counts as broken)
                    kept = FOLDER / f"broken-{plan.seed}"
                    shutil.copytree(where, kept, dirs_exist_ok=True)
                    toll = Toll(differences=[f"broke off: {error!r}", f"see {kept}"])
        console.print(f"storm {plan.seed}: {toll.kills} kills, {toll.seconds:.0f} s", style="dim")
        for line in toll.differences:
            console.print(f"  {line}", style="red")
        return plan, toll

    return await asyncio.gather(*map(one, chosen))


def shown(found: list[tuple[Plan, Toll]]) -> Table:
    kinds = list(dict.fromkeys((plan.engine, plan.processes) for plan, _ in found))
    columns = {
        f"{engine}, {processes} process{'es' * (processes > 1)}": reduce(
            added, (toll for plan, toll in found if (plan.engine, plan.processes) == (engine, processes))
        )
        for engine, processes in kinds
    }
    columns["all"] = reduce(added, (toll for _, toll in found))
    drawn = Table(title="kill -9 in campaigns under fire", title_justify="left")
    drawn.add_column("")
    for name in columns:
        drawn.add_column(name, justify="right")
    for words, value in _ROWS.items():
        drawn.add_row(words, *(str(value(toll)) for toll in columns.values()))
    return drawn


_ROWS: dict[str, Callable[[Toll], object]] = {
    "kills": lambda toll: toll.kills,
    "stalls": lambda toll: toll.stalls,
    "pauses, cancels": lambda toll: f"{toll.pauses}, {toll.cancels}",
    "campaigns": lambda toll: toll.campaigns,
    "deliveries": lambda toll: f"{toll.deliveries:,}",
    "messages on phones": lambda toll: f"{toll.arrived:,}",
    "lost": lambda toll: toll.count("lost"),
    "silent repeats": lambda toll: toll.count("repeated"),
    "said to have failed, yet on the phone": lambda toll: toll.count("belied"),
    "went on after a stop, more than W in flight, broke off": lambda toll: sum(
        toll.count(sort) for sort in ("stopped", "in flight", "unknown", "broke off")
    ),
    "counters or reach not as the rows": lambda toll: toll.count("counters") + toll.count("reach"),
    "repeated by rule": lambda toll: toll.by_rule,
    "unknown at the end": lambda toll: toll.unknown,
    "of them on the phone": lambda toll: toll.unknown_arrived,
    "allowed (W for each, and answers lost by order)": lambda toll: f"{toll.allowed:,} ({toll.unheard})",
    "most in flight at a kill": lambda toll: toll.most_at_once,
    "longest from a stop to the last arrival, s": lambda toll: f"{toll.pause_seconds:.2f}",
}


def main() -> int:
    seed = int(os.environ.get("SEED") or secrets.randbelow(10**6) * 1_000)
    chosen = plans(seed, kills=int(os.environ.get("KILLS") or KILLS))
    if alone := os.environ.get("STORM"):
        chosen = [plan for plan in plans(seed, kills=KILLS) if plan.seed == int(alone)]
    console.print(f"SEED={seed}: {sum(plan.kills for plan in chosen)} kills in {len(chosen)} storms")
    began, started = datetime.now(UTC), time.monotonic()
    with open_ground(FOLDER, size=SIZES["tiny"]) as ground:
        postgres = asyncio.run(ground.postgres_version())
        found = asyncio.run(storms(chosen, ground=ground))
    told = {
        "seed": seed,
        "began_at": began.isoformat(timespec="seconds"),
        "seconds": round(time.monotonic() - started),
        "machine": machine(postgres=postgres),
        "storms": [{"plan": asdict(plan), "toll": asdict(toll)} for plan, toll in found],
    }
    (FOLDER / "latest.json").write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n")
    console.print(shown(found))
    console.print(f"SEED={seed}, {told['seconds']} s", style="dim")
    return int(any(toll.differences for _, toll in found))


if __name__ == "__main__":
    sys.exit(main())
