"""Two programs on one database: one of them sends. When it is killed the other takes its lane, and nobody gets it twice."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from outreach.campaigns.model import CampaignState, Content
from outreach.messaging import ChannelName
from outreach.pack import Pack
from simulator.client import connect
from simulator.config import DEFAULT_TOKEN, SimConfig
from simulator.serve import running
from storage import tables as t
from storage.database import Database
from tests.chaos.conftest import SECRET, Process, Town

PEOPLE = 300
RATE = 100.0  # messages a second
TAKEOVER = 1.0  # seconds
WORDS = "Tin thử với hai máy gửi"


@pytest.fixture
async def towns(database: Database, langson: Pack, tmp_path: Path) -> AsyncIterator[list[Town]]:
    """The same one, seen from two programs."""
    url = database.url.render_as_string(hide_password=False)
    with running(SimConfig(limits=False)) as address:
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("LOATRE_")},
            "LOATRE_DATABASE_URL": url,
            "LOATRE_SECRET_KEY": SECRET,
            "LOATRE_SEND_HOURS_APPLY": "false",
            "LOATRE_LEASE_SECONDS": str(TAKEOVER),
            "LOATRE_EVIDENCE_DIR": str(tmp_path / "evidence"),
            "LOATRE_TELEGRAM_TOKEN": DEFAULT_TOKEN,
            "LOATRE_TELEGRAM_BASE_URL": address,
            "LOATRE_TELEGRAM_RATE": str(RATE),
            "LOATRE_TELEGRAM_START_RATE": str(RATE),
        }
        async with database.write() as tx:
            account_id = await tx.contacts.account(
                channel=ChannelName.TELEGRAM, external_id=DEFAULT_TOKEN.split(":")[0], name="LoaTreBot"
            )
        processes = []
        for name in ("one", "two"):
            folder = tmp_path / name
            folder.mkdir()
            module = ("bot", "run", "--only", "sender,clock")
            processes.append(Process(environment=environment, folder=folder, module=module))
        async with connect(address) as client:
            yield [
                Town(database=database, pack=langson, client=client, account_id=account_id, process=process)
                for process in processes
            ]
        for process in processes:
            if process.running and process.running.poll() is None:
                process.kill()


async def _people(town: Town) -> int:
    found = (await town.delivered(WORDS))["people"]
    assert isinstance(found, int)
    return found


async def _holder(town: Town) -> tuple[str, int]:
    async with town.database.read() as tx:
        holder, _, epoch = await tx.leases.read(f"bulk:{town.account_id}")
    return holder, epoch


@pytest.mark.slow
async def test_the_other_one_goes_on_and_nobody_gets_it_twice(towns: list[Town]) -> None:
    town = towns[0]
    number = await town.order(Content(title=WORDS, paragraphs=("Một đoạn.",), counts=True))
    await town.settle(PEOPLE)
    for one in towns:
        one.process.start()

    async def sent(least: int) -> bool:
        return await _people(town) >= least

    await town.until(lambda: sent(60))
    before = await _holder(town)
    (holder,) = [one for one in towns if f":{one.process.running.pid}:" in before[0]]  # type: ignore[union-attr]  # all run
    (other,) = [one for one in towns if one is not holder]
    holder.process.kill()

    async def over() -> bool:
        async with town.database.read() as tx:
            campaign = await tx.campaigns.get(number)
        return campaign is not None and campaign.state == CampaignState.FINISHED

    await town.until(over)
    assert other.process.stop() == 0
    journal = await town.delivered(WORDS)
    assert journal["repeated"] == {}
    async with town.database.read() as tx:
        campaign = await tx.campaigns.get(number)
    assert campaign
    assert campaign.tally.sent + campaign.tally.unknown == PEOPLE
    assert campaign.tally.unknown <= 2 * (RATE // 15)
    epochs = select(func.count(t.delivery.c.epoch.distinct())).where(t.delivery.c.campaign_id == number)
    assert await town.one(epochs) == 2
