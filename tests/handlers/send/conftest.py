"""An office that sends: officers on the stage, a recording channel under the real dispatcher, and the clock's jobs by hand."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import pytest

from content.render import CampaignRenderer
from handlers.files import going_on
from handlers.registry import FILE_TAKERS
from handlers.send.news import CampaignNews
from handlers.send.undoing import Undoings
from outreach.campaigns.advance import advance_campaigns
from outreach.campaigns.dispatch import Dispatcher
from outreach.campaigns.model import Campaign
from outreach.contacts.windows import Windows
from outreach.messaging import AccountId, Capabilities, ChannelName, ContactId, Reply, SendError, Sent
from outreach.officers import Officer, System
from outreach.pack import Pack
from outreach.wishes import fetch_wishes
from storage.database import Database
from tests.conftest import TestClock
from tests.handlers.conftest import CAN, Phone, Stage

PLAN = """Kế hoạch phát hiện, bồi dưỡng, phát huy tài năng trẻ
Ủy ban nhân dân tỉnh vừa ban hành Kế hoạch số 136/KH-UBND, ngày 10/6/2024 về phát hiện, bồi dưỡng, phát huy tài năng trẻ.
Mỗi năm có ít nhất 70% thanh niên được cung cấp thông tin về chính sách tài năng trẻ của tỉnh."""


@dataclass
class RecordingChannel:
    """Keeps what leaves; `answers` says per address what to raise instead of accepting."""

    account_id: AccountId
    name: ChannelName = ChannelName.TELEGRAM
    capabilities: Capabilities = CAN[ChannelName.TELEGRAM]
    sent: list[tuple[str, Reply]] = field(default_factory=list)
    answers: dict[str, SendError] = field(default_factory=dict)
    recalled: list[tuple[str, str]] = field(default_factory=list)
    unrecallable: dict[str, SendError] = field(default_factory=dict)
    otherwise: bytes | SendError = b""  # what any file holds

    async def send(self, external_id: str, reply: Reply, *, data: bytes | None = None) -> Sent:  # noqa: ARG002  (the port's signature)
        if external_id in self.answers:
            raise self.answers[external_id]
        self.sent.append((external_id, reply))
        return Sent(refs=(str(len(self.sent)),))

    async def answer_tap(self, callback_ref: str, text: str) -> None: ...

    async def recall(self, external_id: str, ref: str) -> None:
        if external_id in self.unrecallable:
            raise self.unrecallable[external_id]
        self.recalled.append((external_id, ref))

    async def download(self, ref: str, *, max_bytes: int) -> bytes:  # noqa: ARG002  (the port's signature)
        if isinstance(self.otherwise, SendError):
            raise self.otherwise
        return self.otherwise

    async def show_commands(self, external_id: str, commands: tuple[tuple[str, str], ...]) -> None: ...


def take_back(phone: Phone) -> list[str]:
    """The last buttons under a fresh report, where the messenger lets a message be deleted."""
    return [f"Thu hồi: còn {phone.can.recall_hours} giờ", "Tin có chỗ sai?"] if phone.can.recall_hours else []


async def late(phone: Phone, payload: str) -> list[str]:
    """An old button; where there are none any words, for the officer still stands at that campaign."""
    return await (phone.taps(payload) if phone.can.buttons else phone.says("tới đâu rồi"))


def flashed(phone: Phone, words: str) -> bool:
    """Whether these words have flashed up for a moment; Telegram alone has such a thing."""
    return phone.toasts[-1:] == [words] * (phone.channel == ChannelName.TELEGRAM)


@dataclass
class Office:
    stage: Stage
    database: Database
    pack: Pack
    clock: TestClock
    channel: RecordingChannel
    news: CampaignNews
    ticks: float = 0.0
    rate: float = 10_000  # of the bulk lane

    async def phone(self, officer: Officer) -> Phone:
        async with self.database.read() as tx:
            address = await tx.officers.address_of(officer.contact_id)
        assert address
        return self.stage.phone(address.external_id)

    async def tick(self) -> None:
        """What the clock does every second, once, with enough time for a progress message between."""
        self.ticks += 10
        await advance_campaigns(
            System(name="clock"),
            transactions=self.database,
            pack=self.pack,
            now=self.clock(),
            digest_title="Bản tin tuần",
        )
        await self.news.run()

    async def deliver(self, people: int) -> None:
        """Run the bulk lane until so many have got their message; the others may be waiting."""
        running = asyncio.create_task((dispatcher := self._lane()).run())
        async with asyncio.timeout(10):
            while sum(campaign.tally.sent for campaign in await self.campaigns()) < people:
                await asyncio.sleep(0.01)
        dispatcher.stop()
        await running

    async def dispatch(self) -> None:
        """Run the bulk lane until nothing is pending."""
        dispatcher = self._lane()
        running = asyncio.create_task(dispatcher.run())
        while await self._busy():
            await asyncio.sleep(0.01)
        dispatcher.stop()
        await running

    def _lane(self) -> Dispatcher:
        return Dispatcher(
            transactions=self.database,
            channel=self.channel,
            renderer=CampaignRenderer(self.stage.router.world.catalog),
            pack=self.pack,
            clock=self.clock,
            rate=self.rate,
            holder="test",
            takeover_seconds=0.1,
        )

    async def _busy(self) -> bool:
        async with self.database.read() as tx:
            found = [campaign for campaign, *_ in await tx.watching.to_tell()]
        return any(c.state == "running" and c.tally.pending + c.tally.in_flight for c in found)

    async def send_out(self) -> None:
        """Past the minute of grace, sent to the end, and told."""
        self.clock.advance(seconds=61)
        await self.tick()
        await self.dispatch()
        await self.tick()

    async def fetch(self) -> int:
        return await fetch_wishes(
            System(name="clock"),
            transactions=self.database,
            channels={self.channel.account_id: self.channel},
            readers={taker.flow: taker.read for taker in FILE_TAKERS},
            go_on=going_on(FILE_TAKERS, router=self.stage.router),
            clock=self.clock,
            max_bytes=10_000_000,
        )

    async def campaigns(self) -> list[Campaign]:
        async with self.database.read() as tx:
            return await tx.campaigns.list_recent(unit_id=None, limit=50)


@pytest.fixture
async def account_id(database: Database, network: ChannelName) -> AccountId:
    """With its windows, as a running program has it."""
    async with database.write() as tx:
        return await tx.contacts.account(
            channel=network, external_id="1000", name="Loa Tre test", windowed=CAN[network].windowed
        )


@pytest.fixture
def pays(database: Database) -> None:
    """The office lets a message cost, so that a window stays open for a week where there are any."""
    database.windows = Windows(ceiling_vnd=10_000)


@pytest.fixture
def office(
    stage: Stage, database: Database, langson: Pack, clock: TestClock, account_id: AccountId, network: ChannelName
) -> Office:
    channel = RecordingChannel(account_id=account_id, name=network, capabilities=CAN[network])
    news = CampaignNews(
        transactions=database, router=stage.router, channels={account_id: network}, now=lambda: made.ticks
    )
    made = Office(stage=stage, database=database, pack=langson, clock=clock, channel=channel, news=news)
    return made


@pytest.fixture
def composed(office: Office) -> Callable[[Officer], Awaitable[Phone]]:
    """An officer's phone on which the plan was pasted and everybody chosen: the last look is shown."""

    async def go(officer: Officer) -> Phone:
        phone = await office.phone(officer)
        await phone.says("gửi tin")
        await phone.says(PLAN)
        await phone.taps("Đúng, tiếp")
        await phone.taps("Tất cả" if officer.unit_id is None else "Cả ")
        return phone

    return go


@pytest.fixture
async def sent(
    office: Office,
    officer: Callable[..., Awaitable[Officer]],
    person: Callable[..., Awaitable[ContactId]],
    composed: Callable[[Officer], Awaitable[Phone]],
) -> Phone:
    """Three have got the plan; the report stands on the officer's phone."""
    for number in range(3):
        await person(external_id=str(700 + number))
    phone = await composed(await officer())
    assert ("thu hồi được trong 48 giờ" in phone.last.text) == bool(phone.can.recall_hours)
    await phone.taps("Gửi")
    await office.send_out()
    office.channel.sent.clear()
    return phone


@pytest.fixture
def clockwork(office: Office) -> Undoings:
    """What takes back, and puts other words in."""
    return Undoings(
        transactions=office.database,
        router=office.stage.router,
        channels={office.channel.account_id: office.channel},
        clock=office.clock,
    )
