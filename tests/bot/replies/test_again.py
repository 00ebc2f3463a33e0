"""What failed is tried again: at once, by the sweep, after a crash."""

import asyncio

import pytest

from bot import replies
from outreach.messaging import Menu, SendError, SendErrorKind
from tests.bot.replies.conftest import LONG, Lane
from tests.conftest import TestClock


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


async def test_a_long_reply_goes_on_where_it_was(lane: Lane) -> None:
    await lane.client.order("faults", {"kind": "lost_reply", "method": "sendMessage", "nth": 2})
    await lane.sends(LONG, "sau đó")
    assert [text[:6] for text in await lane.arrived()] == ["Đoạn 0", "Đoạn 3", "Đoạn 3", "Đoạn 6", "sau đó"]
    assert await lane.waiting() == 0


async def test_the_sweep_sends_only_the_missing_parts(lane: Lane, clock: TestClock, no_waits: None) -> None:
    await lane.client.order("faults", {"kind": "reset", "method": "sendMessage", "nth": 2, "times": 3})
    rows = await lane.promise(LONG)
    lane.sender.deliver(lane.answer(rows))
    await lane.sender.drain()
    assert [text[:6] for text in await lane.arrived()] == ["Đoạn 0"]
    clock.advance(minutes=1)
    assert await lane.sender.sweep() == 1
    await lane.sender.drain()
    assert [text[:6] for text in await lane.arrived()] == ["Đoạn 0", "Đoạn 3", "Đoạn 6"]
    assert await lane.waiting() == 0


@pytest.mark.parametrize("fault", [{"kind": "429", "retry_after": 1}, {"kind": "500"}, {"kind": "reset"}])
async def test_a_menu_is_tried_again_and_the_message_does_not_wait(lane: Lane, fault: dict[str, object]) -> None:
    for menu, method, shown in ((Menu.OFFICER, "setMyCommands", ["Gửi tin"]), (Menu.PERSON, "deleteMyCommands", [])):
        await lane.client.order("faults", {**fault, "method": method, "times": 1})
        lane.sender.deliver(lane.answer(await lane.promise_menu(menu, menu)))
        await lane.sender.drain()
        assert await lane.menu() == shown
        rows = (await lane.client.read("journal", kind="requests"))["rows"]
        assert [row["method"] for row in rows][-3:] == [method, "sendMessage", method]
    assert await lane.arrived() == [Menu.OFFICER, Menu.PERSON]
    assert await lane.waiting() == 0


async def test_the_sweep_sets_a_menu_without_saying_it_again(lane: Lane, clock: TestClock, no_waits: None) -> None:
    await lane.client.order("faults", {"kind": "500", "method": "setMyCommands", "times": 3})
    lane.sender.deliver(lane.answer(await lane.promise_menu("Chào cán bộ", Menu.OFFICER)))
    await lane.sender.drain()
    assert (await lane.arrived(), await lane.menu()) == (["Chào cán bộ"], [])
    clock.advance(minutes=1)
    assert await lane.sender.sweep() == 1
    await lane.sender.drain()
    assert (await lane.arrived(), await lane.menu()) == (["Chào cán bộ"], ["Gửi tin"])
    assert await lane.waiting() == 0


def test_a_wait_is_a_little_longer_by_chance_and_never_shorter() -> None:
    found = [replies._wait(SendError(SendErrorKind.REFUSED, "x"), 2) for _ in range(50)]
    assert min(found) >= 2
    assert max(found) <= 2.5
    assert len(set(found)) > 10
    assert replies._wait(SendError(SendErrorKind.NOT_NOW, "x", retry_after=8), 1) >= 8
