"""kill -9 of `loatre run` at full pace: how many outcomes nobody knows, against the bound; nobody lost, nobody twice."""

import asyncio
import os
import tempfile
from pathlib import Path

from outreach.campaigns.model import CampaignState
from simulator.client import Client
from storage.database import Database
from storage.types import Keyring
from tests.bench.figures import HIGHER, LOWER, Figure, figure
from tests.bench.ground import Fresh, Ground, campaign_in, people_in, settings_of, until
from tests.chaos.conftest import SECRET, Process

BENCH = "kill -9"
RATE = 1000  # messages a second
WINDOWS_OPEN, WINDOWS_A_SECOND = 2, 15


async def measure(ground: Ground) -> list[Figure]:
    unknown: list[float] = []
    lost: list[float] = []
    repeated: list[float] = []
    had_it: list[float] = []
    people = ground.size.killed_people
    async with ground.databases(people, engines=["SQLite"]) as engines:
        for number in range(ground.size.repetitions):
            missed, gone, twice, arrived = await _kill(ground, engines["SQLite"], least=people * (number + 1) // 5)
            unknown.append(missed)
            lost.append(gone)
            repeated.append(twice)
            had_it.append(arrived)
    bound = WINDOWS_OPEN * (RATE // WINDOWS_A_SECOND)
    everybody = f"{people:,} people at {RATE}/s"
    return [
        figure(BENCH, "unknown", "people", ours=unknown, peer=f"the bound W at {RATE}/s", theirs=bound, better=LOWER),
        figure(
            BENCH,
            "unknown, yet it arrived",
            "people",
            ours=had_it,
            peer="all unknown",
            theirs=[max(1, n) for n in unknown],
            better=HIGHER,
        ),
        figure(BENCH, "lost", "people", ours=lost, peer=everybody, theirs=people, better=LOWER),
        figure(BENCH, "got it twice", "people", ours=repeated, peer=everybody, theirs=people, better=LOWER),
    ]


async def _kill(ground: Ground, fresh: Fresh, *, least: int) -> tuple[int, int, int, int]:
    """Kill once `least` people have it, start again, wait for the end: people unknown, lost, told twice, and unknown who had got it."""
    async with fresh() as url, ground.simulator() as client:
        people = await people_in(client, ground.size.killed_people)
        database = Database(url, keyring=Keyring(SECRET))
        with tempfile.TemporaryDirectory(dir=ground.folder) as where:
            process = Process(environment=_environment(url, client), folder=Path(where))
            process.start()
            try:
                await until(lambda: _have_it(client, least), seconds=60, every=0.05)
                process.kill()
                process.start()
                await until(lambda: _finished(database), seconds=120, every=0.2)
                assert await asyncio.to_thread(process.stop) == 0, process.logs()
            finally:
                if process.running and process.running.poll() is None:
                    process.kill()
        tally = (await campaign_in(database)).tally
        await database.close()
        counts = await client.read("journal/counts", contains="")
    # Whoever the ledger says it was sent to must have it; whoever has it must be sent or unknown there.
    assert tally.sent <= counts["people"] <= tally.sent + tally.unknown
    lost = len(people) - tally.sent - tally.unknown
    return tally.unknown, lost, len(counts["repeated"]), counts["people"] - tally.sent


async def _have_it(client: Client, least: int) -> bool:
    found: int = (await client.read("journal/counts", contains=""))["people"]
    return found >= least


async def _finished(database: Database) -> bool:
    return (await campaign_in(database)).state == CampaignState.FINISHED


def _environment(url: str, client: Client) -> dict[str, str]:
    ours = {f"LOATRE_{name.upper()}": str(value) for name, value in settings_of(url, client).items()}
    return {**{name: value for name, value in os.environ.items() if not name.startswith("LOATRE_")}, **ours}
