"""The reply lane against the simulator: order, crossing off, retries, the sweep after a crash, and people who have left."""

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta

import aiosqlite
import pytest

from bot import replies
from bot.channels.telegram.adapter import TelegramChannel
from bot.replies import ReplySender
from handlers.router import Answer
from outreach.contacts.windows import Windows, month_of
from outreach.messaging import (
    AccountId,
    Address,
    Button,
    ChannelName,
    ContactId,
    Incoming,
    IncomingKind,
    Menu,
    OutgoingFile,
    Reply,
    SendError,
    SendErrorKind,
    Sent,
)
from outreach.outbox import OutboxRow, Target
from simulator.client import Client
from storage.database import Database
from storage.spending import paid_left
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

    async def sends(self, *texts: str, slot: str = "") -> None:
        self.sender.deliver(_answer(self, await self.promise(*texts, slot=slot)))
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


async def rename(url: str, old: str, new: str) -> None:
    async with aiosqlite.connect(url.removeprefix("sqlite+aiosqlite:///")) as db:
        await db.execute(f"ALTER TABLE {old} RENAME TO {new}")


def _answer(lane: Lane, rows: list[OutboxRow]) -> Answer:
    incoming = Incoming(
        update_id="1", address=lane.address, channel=ChannelName.TELEGRAM, kind=IncomingKind.TEXT, sent_at=NOW
    )
    return Answer(incoming=incoming, toast="", rows=tuple(rows))


async def test_one_persons_messages_leave_in_order_and_are_crossed_off(lane: Lane) -> None:
    texts = [f"tin {number}" for number in range(8)]
    rows = await lane.promise(*texts)
    assert await lane.waiting() == 8
    lane.sender.deliver(_answer(lane, rows))
    await lane.sender.drain()
    assert await lane.arrived() == texts
    assert await lane.waiting() == 0


async def test_a_lost_answer_repeats_a_reply_rather_than_missing_it(lane: Lane) -> None:
    await lane.client.order("faults", {"kind": "lost_reply", "method": "sendMessage", "times": 1})
    await lane.sends("một lần thôi nhé")
    assert await lane.arrived() == ["một lần thôi nhé"] * 2
    assert await lane.waiting() == 0


async def test_being_told_to_wait_is_waited_for(lane: Lane) -> None:
    await lane.client.order("faults", {"kind": "429", "method": "sendMessage", "times": 1, "retry_after": 1})
    began = asyncio.get_running_loop().time()
    await lane.sends("đợi một giây")
    assert await lane.arrived() == ["đợi một giây"]
    assert asyncio.get_running_loop().time() - began >= 1


async def test_the_sweep_sends_what_a_crash_left_and_nothing_too_old(lane: Lane, clock: TestClock) -> None:
    await lane.promise("còn kịp")
    clock.advance(minutes=5)
    assert await lane.sender.sweep() == 1
    await lane.sender.drain()
    await lane.promise("đã quá lâu")
    clock.advance(minutes=11)
    assert await lane.sender.sweep(at_start=True) == 0
    assert await lane.arrived() == ["còn kịp"]


async def test_what_was_accepted_is_not_sent_again_while_the_database_takes_nothing(
    lane: Lane, sqlite_url: str, clock: TestClock, caplog: pytest.LogCaptureFixture
) -> None:
    rows = await lane.promise("một", "hai")
    await rename(sqlite_url, "outbox", "away")
    lane.sender.deliver(_answer(lane, rows))
    async with asyncio.timeout(5):
        while "the database took no crossing-off" not in caplog.text:
            await asyncio.sleep(0.02)
    await rename(sqlite_url, "away", "outbox")
    clock.advance(minutes=1)
    assert await lane.waiting() == 2
    await lane.sender.sweep()
    async with asyncio.timeout(5):
        while await lane.waiting():
            await asyncio.sleep(0.02)
    assert await lane.arrived() == ["một", "hai"]
    assert caplog.text.count("the database took no crossing-off") == 1


async def test_at_the_end_a_database_that_takes_nothing_holds_nobody_up(lane: Lane, sqlite_url: str) -> None:
    rows = await lane.promise("một")
    await rename(sqlite_url, "outbox", "away")
    lane.sender.deliver(_answer(lane, rows))
    async with asyncio.timeout(5):
        await lane.sender.drain()
    assert await lane.arrived() == ["một"]


async def test_who_has_blocked_the_bot_becomes_unreachable(lane: Lane) -> None:
    rows = await lane.promise("không tới được")
    await lane.client.order(f"people/{lane.chat}/block")
    lane.sender.deliver(_answer(lane, rows))
    await lane.sender.drain()
    assert await lane.waiting() == 0
    async with lane.database.read() as tx:
        assert not (await tx.contacts.known(lane.address)).reachable


async def test_a_reply_to_a_group_that_has_moved_is_crossed_off(lane: Lane, monkeypatch: pytest.MonkeyPatch) -> None:
    async def moved(*_: object, **__: object) -> Sent:
        raise SendError(SendErrorKind.MOVED, "migrated")

    monkeypatch.setattr(lane.sender.channels[lane.address.account_id], "send", moved)
    await lane.sends("tới nhóm cũ")
    assert await lane.waiting() == 0


async def test_an_unsendable_reply_is_apologised_for_once(lane: Lane, catalog_apology: str) -> None:
    await lane.sends("<b>không đóng thẻ")
    assert await lane.arrived() == [catalog_apology]
    assert await lane.waiting() == 0


async def test_a_long_reply_goes_on_where_it_was(lane: Lane) -> None:
    await lane.client.order("faults", {"kind": "lost_reply", "method": "sendMessage", "nth": 2})
    await lane.sends(LONG, "sau đó")
    assert [text[:6] for text in await lane.arrived()] == ["Đoạn 0", "Đoạn 3", "Đoạn 3", "Đoạn 6", "sau đó"]
    assert await lane.waiting() == 0


async def test_the_sweep_sends_only_the_missing_parts(lane: Lane, clock: TestClock, no_waits: None) -> None:
    await lane.client.order("faults", {"kind": "reset", "method": "sendMessage", "nth": 2, "times": 4})
    rows = await lane.promise(LONG)
    lane.sender.deliver(_answer(lane, rows))
    await lane.sender.drain()
    assert [text[:6] for text in await lane.arrived()] == ["Đoạn 0"]
    clock.advance(minutes=1)
    assert await lane.sender.sweep() == 1
    await lane.sender.drain()
    assert [text[:6] for text in await lane.arrived()] == ["Đoạn 0", "Đoạn 3", "Đoạn 6"]
    assert await lane.waiting() == 0


async def test_a_long_reply_whose_last_part_is_wrong_is_apologised_for_once(
    lane: Lane, clock: TestClock, catalog_apology: str
) -> None:
    wrong = Reply(text=LONG, buttons=((Button(label="Quá dài", payload="ầ" * 22),),))
    async with lane.database.write() as tx:
        rows = await tx.outbox.add([(Target(contact_id=lane.contact), wrong)], at=NOW)
    lane.sender.deliver(_answer(lane, rows))
    await lane.sender.drain()
    clock.advance(minutes=1)
    assert await lane.sender.sweep() == 0
    assert [text[:6] for text in await lane.arrived()] == ["Đoạn 0", "Đoạn 3", catalog_apology[:6]]
    assert await lane.waiting() == 0


async def test_a_file_that_cannot_be_made_is_apologised_for_once(
    lane: Lane, clock: TestClock, catalog_apology: str, caplog: pytest.LogCaptureFixture
) -> None:
    file = OutgoingFile(name="danh-sach.xlsx", kind="broken", arguments={"name": "Nông Thị Mai"})
    target = Target(contact_id=lane.contact)
    async with lane.database.write() as tx:
        rows = await tx.outbox.add([(target, Reply(text="Đây nhé", file=file)), (target, Reply(text="sau"))], at=NOW)
    with caplog.at_level(logging.DEBUG):
        lane.sender.deliver(_answer(lane, rows))
        await lane.sender.drain()
    assert sorted(await lane.arrived()) == sorted([catalog_apology, "sau"])
    assert await lane.waiting() == 0
    clock.advance(minutes=1)
    assert await lane.sender.sweep() == 0
    [line] = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
    assert re.fullmatch(
        "a file was not made, id [0-9a-f]{8}: ValueError at test_replies.py:[0-9]+ < replies.py:[0-9]+", line
    )
    assert "Nông" not in caplog.text


@pytest.mark.parametrize("fault", [{"kind": "429", "retry_after": 1}, {"kind": "500"}, {"kind": "reset"}])
async def test_a_menu_is_tried_again_and_the_message_does_not_wait(lane: Lane, fault: dict[str, object]) -> None:
    for menu, method, shown in ((Menu.OFFICER, "setMyCommands", ["Gửi tin"]), (Menu.PERSON, "deleteMyCommands", [])):
        await lane.client.order("faults", {**fault, "method": method, "times": 1})
        lane.sender.deliver(_answer(lane, await lane.promise_menu(menu, menu)))
        await lane.sender.drain()
        assert await lane.menu() == shown
        rows = (await lane.client.read("journal", kind="requests"))["rows"]
        assert [row["method"] for row in rows][-3:] == [method, "sendMessage", method]
    assert await lane.arrived() == [Menu.OFFICER, Menu.PERSON]
    assert await lane.waiting() == 0


async def test_the_sweep_sets_a_menu_without_saying_it_again(lane: Lane, clock: TestClock, no_waits: None) -> None:
    await lane.client.order("faults", {"kind": "500", "method": "setMyCommands", "times": 4})
    lane.sender.deliver(_answer(lane, await lane.promise_menu("Chào cán bộ", Menu.OFFICER)))
    await lane.sender.drain()
    assert (await lane.arrived(), await lane.menu()) == (["Chào cán bộ"], [])
    clock.advance(minutes=1)
    assert await lane.sender.sweep() == 1
    await lane.sender.drain()
    assert (await lane.arrived(), await lane.menu()) == (["Chào cán bộ"], ["Gửi tin"])
    assert await lane.waiting() == 0


async def test_a_token_that_is_not_accepted_is_said_once_and_nothing_is_lost(
    lane: Lane, clock: TestClock, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel = lane.sender.channels[lane.address.account_id]

    async def refuse(*_: object, **__: object) -> Sent:
        raise SendError(SendErrorKind.REVOKED, "token_revoked")

    with monkeypatch.context() as revoked:
        revoked.setattr(channel, "send", refuse)
        revoked.setattr(channel, "show_commands", refuse)
        revoked.setattr(channel, "answer_tap", refuse)
        rows = [*await lane.promise("một", "hai"), *await lane.promise_menu("ba", Menu.OFFICER)]
        answer = _answer(lane, rows)
        lane.sender.deliver(replace(answer, incoming=replace(answer.incoming, callback_ref="1")))
        await lane.sender.drain()
        clock.advance(minutes=1)
        assert await lane.sender.sweep() == 1
        await lane.sender.drain()
    assert lane.sender.revoked
    [line] = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert (line.levelname, "`loatre doctor` says what to do" in line.getMessage()) == ("ERROR", True)
    for _ in range(2):
        await lane.sender.sweep()
        await lane.sender.drain()
    assert not lane.sender.revoked
    assert (await lane.arrived(), await lane.menu()) == (["một", "hai", "ba"], ["Gửi tin"])
    assert await lane.waiting() == 0


async def test_the_ref_of_a_slot_is_remembered(lane: Lane) -> None:
    await lane.sends("đang gửi: 1/10", slot="campaign:1")
    async with lane.database.read() as tx:
        ref = await tx.outbox.slot(lane.contact, slot="campaign:1")
    chat = await lane.client.chat(lane.chat)
    assert ref == str(chat["messages"][-1]["message_id"])


async def test_a_file_that_the_channel_cannot_carry_is_told_of_and_never_made(
    lane: Lane, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel = lane.sender.channels[lane.address.account_id]
    able = replace(channel.capabilities, file_suffixes=frozenset({".pdf"}))
    monkeypatch.setattr(channel, "capabilities", able, raising=False)
    table = OutgoingFile(name="bang.xlsx", kind="broken", arguments={"name": "x"})
    replies = [(Target(contact_id=lane.contact), Reply(text="Bảng", file=table))]
    async with lane.database.write() as tx:
        rows = await tx.outbox.add(replies, at=NOW)
    lane.sender.deliver(_answer(lane, rows))
    await lane.sender.drain()
    assert await lane.arrived() == ["Bảng\n\nbang.xlsx: ở máy tính"]
    assert await lane.waiting() == 0


async def test_a_closed_window_keeps_the_reply_for_her_next_word(
    lane: Lane, clock: TestClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel = lane.sender.channels[lane.address.account_id]

    async def refuse(*_: object, **__: object) -> Sent:
        raise SendError(SendErrorKind.WINDOW_CLOSED, "outside_window")

    with monkeypatch.context() as closed:
        closed.setattr(channel, "send", refuse)
        await lane.sends("một", "hai")
    assert await lane.waiting() == 0
    clock.advance(minutes=1)
    assert await lane.sender.sweep() == 0
    async with lane.database.write() as tx:
        known = await tx.contacts.known(lane.address)
        assert known.address_id is not None
        assert known.interacted_at is None  # so that her next word asks for what waits
        rows = await tx.outbox.release(lane.contact, address_id=known.address_id, at=clock())
    lane.sender.deliver(_answer(lane, rows))
    await lane.sender.drain()
    assert await lane.arrived() == ["một", "hai"]


async def test_a_reply_that_costs_counts_against_the_month_s_ceiling(
    lane: Lane, clock: TestClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In VND, as what campaigns spend."""

    async def takes_money(*_: object, **__: object) -> Sent:
        return Sent(refs=("1", "2"), charged=2)

    lane.sender.price_vnd = 55
    monkeypatch.setattr(lane.sender.channels[lane.address.account_id], "send", takes_money)
    await lane.sends("một", "hai")
    async with lane.database.read() as tx:
        [spent] = (await tx.spending.of_month(month_of(clock()))).values()
        left = await paid_left(tx.connection, windows=Windows(ceiling_vnd=1_000, price_vnd=55), at=clock())
    assert (spent.charged, spent.vnd) == (4, 220)
    assert left == (1_000 - 220) // 55
