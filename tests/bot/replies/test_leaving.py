"""What is promised leaves in order and is crossed off; what cannot leave is told, held or given up at once."""

import asyncio

import aiosqlite
import pytest

from outreach.contacts.windows import Windows, month_of
from outreach.messaging import Button, Reply, SendError, SendErrorKind, Sent
from outreach.outbox import Target
from storage.spending import paid_left
from tests.bot.replies.conftest import LONG, Lane
from tests.conftest import NOW, TestClock


async def rename(url: str, old: str, new: str) -> None:
    async with aiosqlite.connect(url.removeprefix("sqlite+aiosqlite:///")) as db:
        await db.execute(f"ALTER TABLE {old} RENAME TO {new}")


async def test_one_persons_messages_leave_in_order_and_are_crossed_off(lane: Lane) -> None:
    texts = [f"tin {number}" for number in range(8)]
    rows = await lane.promise(*texts)
    assert await lane.waiting() == 8
    lane.sender.deliver(lane.answer(rows))
    await lane.sender.drain()
    assert await lane.arrived() == texts
    assert await lane.waiting() == 0


async def test_what_was_accepted_is_not_sent_again_while_the_database_takes_nothing(
    lane: Lane, sqlite_url: str, clock: TestClock, caplog: pytest.LogCaptureFixture
) -> None:
    rows = await lane.promise("một", "hai")
    await rename(sqlite_url, "outbox", "away")
    lane.sender.deliver(lane.answer(rows))
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
    lane.sender.deliver(lane.answer(rows))
    async with asyncio.timeout(5):
        await lane.sender.drain()
    assert await lane.arrived() == ["một"]


async def test_who_has_blocked_the_bot_becomes_unreachable(lane: Lane) -> None:
    rows = await lane.promise("không tới được")
    await lane.client.order(f"people/{lane.chat}/block")
    lane.sender.deliver(lane.answer(rows))
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


async def test_a_long_reply_whose_last_part_is_wrong_is_apologised_for_once(
    lane: Lane, clock: TestClock, catalog_apology: str
) -> None:
    wrong = Reply(text=LONG, buttons=((Button(label="Quá dài", payload="ầ" * 22),),))
    async with lane.database.write() as tx:
        rows = await tx.outbox.add([(Target(contact_id=lane.contact), wrong)], at=NOW)
    lane.sender.deliver(lane.answer(rows))
    await lane.sender.drain()
    clock.advance(minutes=1)
    assert await lane.sender.sweep() == 0
    assert [text[:6] for text in await lane.arrived()] == ["Đoạn 0", "Đoạn 3", catalog_apology[:6]]
    assert await lane.waiting() == 0


async def test_the_ref_of_a_slot_is_remembered(lane: Lane) -> None:
    await lane.sends("đang gửi: 1/10", slot="campaign:1")
    async with lane.database.read() as tx:
        ref = await tx.outbox.slot(lane.contact, slot="campaign:1")
    chat = await lane.client.chat(lane.chat)
    assert ref == str(chat["messages"][-1]["message_id"])


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
    lane.sender.deliver(lane.answer(rows))
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
