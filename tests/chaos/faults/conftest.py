"""The program in this process, all of it real: HTTP to the simulator, a database file, and a clock that can be turned."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from bot.app import App, open_app, running
from bot.demo.stage import PlayClock
from bot.settings import PREFIX, load_settings
from outreach.campaigns.model import Campaign, CampaignState, Content, DeliveryState
from outreach.messaging import CampaignId
from tests.chaos.books import Journal, differences, read_ledger
from tests.chaos.conftest import Town

WORDS = "Tin thử khi có sự cố"
OFFICER = 1
PATIENCE = 60  # seconds


@dataclass(kw_only=True)
class Service:
    """One installation with a campaign to everybody; `run` may be done more than once, one after the other."""

    town: Town
    clock: PlayClock = field(default_factory=PlayClock)
    people: int = 0
    number: CampaignId = field(init=False)
    journal: Journal = field(init=False)

    def __post_init__(self) -> None:
        self.journal = Journal(client=self.town.client)

    async def settle(self, people: int) -> None:
        """People, their campaign, and the phone of the officer who has ordered it."""
        self.people = people
        await self.town.client.order("people", {"name": "Cô Hoa", "id": OFFICER})
        async with self.town.database.write() as tx:
            await self.town.officer(tx)
        await self.town.settle(people)
        content = Content(title=WORDS, paragraphs=("Một đoạn.",), counts=True)
        self.number = await self.town.order(content, at=self.clock())
        self.journal.words[WORDS] = self.number

    @asynccontextmanager
    async def run(self, **changes: object) -> AsyncIterator[App]:
        given = self.town.process.environment.items()
        ours = {name[len(PREFIX) :].lower(): value for name, value in given if name.startswith(PREFIX)}
        settings = load_settings(**{**ours, **changes})
        async with open_app(settings, clock=self.clock) as app, running(app):
            yield app

    async def campaign(self) -> Campaign:
        async with self.town.database.read() as tx:
            found = await tx.campaigns.get(self.number)
        assert found
        return found

    async def is_in(self, state: CampaignState) -> bool:
        return (await self.campaign()).state == state

    async def until(self, condition: Callable[[], Awaitable[object]]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not await condition():
                await asyncio.sleep(0.02)

    async def arrived(self, least: int) -> None:
        """Until so many messages of the campaign lie on phones."""

        async def enough() -> bool:
            return await self.journal.read() >= least

        await self.until(enough)

    async def finished(self) -> None:
        """And its officer has the report."""
        await self.until(lambda: self.is_in(CampaignState.FINISHED))
        await self.tells_the_officer("Đã gửi xong lúc", WORDS)

    async def books(self) -> Counter[DeliveryState]:
        """Rows by state; nobody lost, nobody twice, counters and reach as the rows."""
        ledger = await read_ledger(self.town.database)
        await self.journal.read()
        assert not list(differences(ledger, self.journal.got, people=self.people))
        return Counter(row.state for row in ledger.rows)

    async def says(self, person: int, text: str) -> None:
        await self.town.client.order(f"people/{person}/text", {"text": text})

    async def said_to(self, person: int) -> list[str]:
        """What the bot has said to that person beside the campaign."""
        chat = await self.town.client.chat(person)
        texts = [row.get("text") or "" for row in chat["messages"] if row["from"] == "bot"]
        return [text for text in texts if WORDS not in text]

    async def tells_the_officer(self, *words: str) -> None:
        """Until one message to her holds them all."""

        async def told() -> bool:
            texts = [row.get("text") or "" for row in (await self.town.client.chat(OFFICER))["messages"]]
            return any(all(one in text for one in words) for text in texts)

        await self.until(told)

    async def answered(self, *people: int) -> None:
        async def all_are() -> bool:
            return all([await self.said_to(person) for person in people])

        await self.until(all_are)

    async def polled(self) -> list[int]:
        """The offsets the poller has asked from, oldest first."""
        rows = (await self.town.client.read("journal", kind="requests", limit=10_000))["rows"]
        asked = [row["parameters"] for row in rows if row["method"] == "getUpdates" and row.get("parameters")]
        return [int(parameters.get("offset", 0)) for parameters in asked]


@pytest.fixture
def service(town: Town) -> Service:
    return Service(town=town)
