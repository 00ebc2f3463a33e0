"""One person's chat at the simulator, and the reply lane in front of it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest

from bot import replies
from bot.channels.telegram.adapter import TelegramChannel
from bot.replies import ReplySender
from handlers.router import Answer
from outreach.messaging import (
    AccountId,
    Address,
    ChannelName,
    ContactId,
    Incoming,
    IncomingKind,
    Menu,
    OutgoingFile,
    Reply,
)
from outreach.outbox import OutboxRow, Target
from simulator.client import Client
from storage.database import Database
from tests.conftest import NOW, TestClock

# 8 paragraphs of 1,220 characters: three messages.
LONG = "\n\n".join(f"Đoạn {number}: " + "tài năng trẻ và thanh niên " * 45 for number in range(8))

Make = Callable[..., Awaitable[ContactId]]


@dataclass
class Lane:
    sender: ReplySender
    database: Database
    client: Client
    contact: ContactId
    address: Address
    chat: int

    async def promise(self, *texts: str, slot: str = "") -> list[OutboxRow]:
        replies = [(Target(contact_id=self.contact), Reply(text=text, slot=slot)) for text in texts]
        async with self.database.write() as tx:
            return await tx.outbox.add(replies, at=NOW)

    def answer(self, rows: list[OutboxRow]) -> Answer:
        incoming = Incoming(
            update_id="1", address=self.address, channel=ChannelName.TELEGRAM, kind=IncomingKind.TEXT, sent_at=NOW
        )
        return Answer(incoming=incoming, toast="", rows=tuple(rows))

    async def sweeps(self) -> int:
        found = await self.sender.sweep()
        await self.sender.drain()
        return found

    async def sends(self, *texts: str, slot: str = "") -> None:
        self.sender.deliver(self.answer(await self.promise(*texts, slot=slot)))
        await self.sender.drain()

    async def promise_menu(self, text: str, menu: Menu) -> list[OutboxRow]:
        async with self.database.write() as tx:
            return await tx.outbox.add([(Target(contact_id=self.contact), Reply(text=text, menu=menu))], at=NOW)

    async def menu(self) -> list[str]:
        shown = (await self.client.read("bot", person=self.chat))["commands"]
        return [command["description"] for command in shown]

    async def arrived(self) -> list[str]:
        chat = await self.client.chat(self.chat)
        return [message["text"] for message in chat["messages"] if message["from"] == "bot"]

    async def waiting(self) -> int:
        async with self.database.read() as tx:
            return len(await tx.outbox.pending(since=NOW - timedelta(days=1), limit=100))


@pytest.fixture
async def lane(
    database: Database,
    account_id: AccountId,
    channel: TelegramChannel,
    simulator: Client,
    subscriber: Make,
    clock: TestClock,
    catalog_apology: str,
) -> AsyncIterator[Lane]:
    chat = await simulator.person()
    contact = await subscriber(external_id=str(chat))
    channel.account_id = account_id
    address = Address(account_id=account_id, external_id=str(chat))

    async def make_file(file: OutgoingFile) -> bytes:
        if file.kind == "broken":
            raise ValueError(file.arguments["name"])
        return f"made: {file.name}".encode()

    sender = ReplySender(
        transactions=database,
        channels={account_id: channel},
        make_file=make_file,
        apology=catalog_apology,
        file_elsewhere=lambda name: f"{name}: ở máy tính",
        clock=clock,
        menus={Menu.OFFICER: (("gui", "Gửi tin"),)},
    )
    yield Lane(sender=sender, database=database, client=simulator, contact=contact, address=address, chat=chat)
    await sender.drain()


@pytest.fixture
def no_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is waited for before another attempt passes at once."""
    monkeypatch.setattr(replies, "_wait", lambda error, attempt: 0.0)  # noqa: ARG005  its signature


@pytest.fixture
def catalog_apology() -> str:
    return "Mình chưa hiện được câu trả lời này."
