"""An office that sends: people, campaigns, a channel that records what is asked of it, and lanes that run over them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from sqlalchemy import func, select

from outreach.campaigns.dispatch import Dispatcher
from outreach.campaigns.model import Campaign, CampaignState, Content, DeliveryState, Reader
from outreach.messaging import AccountId, Capabilities, ChannelName, ContactId, Reply, SendError, SendErrorKind, Sent
from outreach.pack import Pack
from outreach.transaction import check_outside_transaction
from storage import tables as t
from storage.database import Database
from tests.conftest import TestClock

_TELEGRAM = Capabilities(max_text=4096, max_caption=1024, max_payload_bytes=64)
Reaction = Exception | float  # what it raises, or seconds of silence before it accepts


@dataclass(kw_only=True)
class RecordingChannel:
    """The wire of our own port: accepts everything, unless `reactions` holds something for that person (used up one by one)."""

    account_id: AccountId
    name: ChannelName = ChannelName.TELEGRAM
    capabilities: Capabilities = _TELEGRAM
    accepted: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    reactions: dict[str, list[Reaction]] = field(default_factory=dict)
    always: Reaction | None = None
    recalled: list[tuple[str, str]] = field(default_factory=list)
    on_the_wire: int = 0
    most_on_the_wire: int = 0

    async def send(self, external_id: str, reply: Reply, *, data: bytes | None = None) -> Sent:
        check_outside_transaction()
        assert reply.text
        assert data is None
        self.asked.append(external_id)
        self.on_the_wire += 1
        self.most_on_the_wire = max(self.most_on_the_wire, self.on_the_wire)
        try:
            reaction = self.reactions[external_id].pop(0) if self.reactions.get(external_id) else self.always
            if isinstance(reaction, Exception):
                raise reaction
            await asyncio.sleep(reaction or 0)
        finally:
            self.on_the_wire -= 1
        self.accepted.append(external_id)
        return Sent(refs=(str(len(self.accepted)),))

    async def answer_tap(self, callback_ref: str, text: str) -> None:
        raise NotImplementedError

    async def recall(self, external_id: str, ref: str) -> None:
        check_outside_transaction()
        self.recalled.append((external_id, ref))

    async def download(self, ref: str, *, max_bytes: int) -> bytes:
        raise NotImplementedError

    async def show_commands(self, external_id: str, commands: tuple[tuple[str, str], ...]) -> None:
        raise NotImplementedError


@dataclass
class PlainRenderer:
    """The title and nothing else; `breaks_for` are people whose message cannot be made."""

    breaks_for: set[ContactId] = field(default_factory=set)

    def render_campaign(self, campaign: Campaign, *, contact: Reader, capabilities: Capabilities) -> Reply:
        if contact.contact_id in self.breaks_for:
            raise KeyError("unit")
        return Reply(text=campaign.content.title[: capabilities.max_text])


@dataclass(kw_only=True)
class Office:
    database: Database
    pack: Pack
    clock: TestClock
    channel: RecordingChannel
    renderer: PlainRenderer
    person: Callable[..., Awaitable[ContactId]]
    make_campaign: Callable[..., Awaitable[Campaign]]
    content: Content

    async def people(self, how_many: int, **about: object) -> list[str]:
        """Subscribers with the external ids 100, 101, …, which are given back."""
        names = [str(100 + number) for number in range(how_many)]
        for name in names:
            await self.person(external_id=name, unit="06325", **about)
        return names

    async def campaign(self, **about: object) -> Campaign:
        return await self.make_campaign(**{"state": CampaignState.RUNNING, **about})

    def dispatcher(self, **changes: object) -> Dispatcher:
        """Fast, with a quick takeover."""
        settings: dict[str, object] = {
            "transactions": self.database,
            "channel": self.channel,
            "renderer": self.renderer,
            "pack": self.pack,
            "clock": self.clock,
            "rate": 300.0,
            "holder": "test",
            "takeover_seconds": 1.0,
        }
        return Dispatcher(**{**settings, **changes})  # type: ignore[arg-type]  # a bag of keywords

    @asynccontextmanager
    async def running(self, **changes: object) -> AsyncIterator[Dispatcher]:
        """A lane that runs while the block lasts and is then stopped as the product does."""
        dispatcher = self.dispatcher(**changes)
        task = asyncio.create_task(dispatcher.run())
        try:
            yield dispatcher
        finally:
            dispatcher.stop()
            await asyncio.wait_for(task, 30)

    async def now(self, campaign: Campaign) -> Campaign:
        async with self.database.read() as tx:
            found = await tx.campaigns.get(campaign.campaign_id)
        assert found
        return found

    async def states(self, campaign: Campaign) -> dict[str, int]:
        """Rows per state; the campaign's own counters must say the same."""
        async with self.database.read() as tx:
            rows = await tx.connection.execute(
                select(t.delivery.c.state, func.count())
                .where(t.delivery.c.campaign_id == campaign.campaign_id)
                .group_by(t.delivery.c.state)
            )
            found = {str(state): int(number) for state, number in rows}
            stored = await tx.campaigns.get(campaign.campaign_id)
        assert stored
        tally = {state.value: getattr(stored.tally, state.value) for state in DeliveryState}
        assert {state: number for state, number in tally.items() if number} == found
        assert stored.tally.total == sum(found.values())
        return found

    async def until(self, condition: Callable[[], Awaitable[object]], *, seconds: float = 30.0) -> None:
        async with asyncio.timeout(seconds):
            while not await condition():
                await asyncio.sleep(0.01)

    async def done(self, campaign: Campaign) -> None:
        """Wait until nothing of the campaign is pending or in flight."""

        async def over() -> bool:
            return not {"pending", "in_flight"} & (await self.states(campaign)).keys()

        await self.until(over)

    async def settled(self, campaign: Campaign) -> dict[str, int]:
        """Wait until nothing is in flight; gives the states."""

        async def landed() -> bool:
            return "in_flight" not in await self.states(campaign)

        await self.until(landed)
        return await self.states(campaign)

    async def asked(self, how_many: int) -> None:
        """Wait until so many requests have left."""

        async def enough() -> bool:
            return len(self.channel.asked) >= how_many

        await self.until(enough)

    def fails(self, name: str, kind: SendErrorKind, reason: str = "x", *, retry_after: float = 0.0) -> None:
        """The next request to that person ends so."""
        error = SendError(kind, reason, retry_after=retry_after)
        self.channel.reactions.setdefault(name, []).append(error)


@pytest.fixture
def office(
    database: Database,
    account_id: AccountId,
    langson: Pack,
    clock: TestClock,
    request: pytest.FixtureRequest,
) -> Office:
    return Office(
        database=database,
        pack=langson,
        clock=clock,
        channel=RecordingChannel(account_id=account_id),
        renderer=PlainRenderer(),
        person=request.getfixturevalue("person"),
        make_campaign=request.getfixturevalue("campaign"),
        content=request.getfixturevalue("plan_136"),
    )
