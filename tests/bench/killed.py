"""kill -9 of `loatre run` at full pace: how many outcomes nobody knows, against the bound; nobody lost, nobody twice; how soon it goes on."""

import asyncio
import os
import tempfile
import time
from dataclasses import dataclass
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
LEASE = 3  # seconds, as it comes
SOON = 10  # seconds, of which the start of the program takes two


@dataclass(frozen=True, kw_only=True)
class Killed:
    """People of whom nobody knows, lost, told twice, and unknown who had got it; seconds from the kill to the next message."""

    unknown: int
    lost: int
    repeated: int
    had_it: int
    back_after: float


async def measure(ground: Ground) -> list[Figure]:
    people = ground.size.killed_people
    async with ground.databases(people, engines=["SQLite"]) as engines:
        runs = [
            await _kill(ground, engines["SQLite"], least=people * (number + 1) // 5)
            for number in range(ground.size.repetitions)
        ]
    unknown = [run.unknown for run in runs]
    bound = WINDOWS_OPEN * (RATE // WINDOWS_A_SECOND)
    everybody = f"{people:,} people at {RATE}/s"
    return [
        figure(
            BENCH,
            "unknown",
            "people",
            ours=unknown,
            peer=f"the bound W at {RATE}/s",
            theirs=bound,
            better=LOWER,
            ratio=1,
        ),
        figure(
            BENCH,
            "unknown, yet it arrived",
            "people",
            ours=[run.had_it for run in runs],
            peer="all unknown",
            theirs=[max(1, n) for n in unknown],
            better=HIGHER,
        ),
        *(
            figure(BENCH, name, "people", ours=ours, peer=everybody, theirs=people, better=LOWER, ratio=0)
            for name, ours in (("lost", [run.lost for run in runs]), ("got it twice", [run.repeated for run in runs]))
        ),
        figure(
            BENCH,
            "from the kill to the next message",
            "s",
            ours=[run.back_after for run in runs],
            peer="the bound",
            theirs=SOON,
            better=LOWER,
            ratio=1,
        ),
    ]


async def _kill(ground: Ground, fresh: Fresh, *, least: int) -> Killed:
    """Kill once `least` people have it, start again, wait for the end."""
    async with fresh() as url, ground.simulator() as client:
        people = await people_in(client, ground.size.killed_people)
        database = Database(url, keyring=Keyring(SECRET))
        with tempfile.TemporaryDirectory(dir=ground.folder) as where:
            process = Process(environment=_environment(url, client), folder=Path(where))
            process.start()
            try:
                await until(lambda: _have_it(client, least), seconds=60, every=0.05)
                process.kill()
                killed_at = time.monotonic()
                await asyncio.sleep(0.2)  # what is still on the wire
                had = await _people(client)
                process.start()
                await until(lambda: _have_it(client, had + 1), seconds=60)
                back_after = time.monotonic() - killed_at
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
    return Killed(
        unknown=tally.unknown,
        lost=len(people) - tally.sent - tally.unknown,
        repeated=len(counts["repeated"]),
        had_it=counts["people"] - tally.sent,
        back_after=back_after,
    )


async def _have_it(client: Client, least: int) -> bool:
    return await _people(client) >= least


async def _people(client: Client) -> int:
    found: int = (await client.read("journal/counts", contains=""))["people"]
    return found


async def _finished(database: Database) -> bool:
    return (await campaign_in(database)).state == CampaignState.FINISHED


def _environment(url: str, client: Client) -> dict[str, str]:
    settings = {**settings_of(url, client), "lease_seconds": LEASE}
    ours = {f"LOATRE_{name.upper()}": str(value) for name, value in settings.items()}
    return {**{name: value for name, value in os.environ.items() if not name.startswith("LOATRE_")}, **ours}
