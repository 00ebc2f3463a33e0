"""Long polling: committed before the offset moves, one person in order, nobody waits for somebody else's turn."""

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from functools import partial

import pytest

from bot.channels.telegram import polling
from bot.channels.telegram.adapter import TelegramChannel
from bot.channels.telegram.polling import Poller
from bot.serving import SILENT_SECONDS, unready
from outreach.messaging import Incoming, IncomingKind, SendError, SendErrorKind
from simulator.client import Client

LATER = datetime(2031, 1, 2, 3, 4, tzinfo=UTC)
Until = Callable[[Callable[[], bool]], Awaitable[None]]


class Turns:
    """Stands for the turns: notes what was committed, and waits or fails where told."""

    def __init__(self) -> None:
        self.committed: list[Incoming] = []
        self.calls = 0
        self.failures: dict[str, int] = {}
        self.held: dict[str, asyncio.Event] = {}

    async def __call__(self, incoming: Incoming) -> None:
        self.calls += 1
        if incoming.text in self.held:
            await self.held[incoming.text].wait()
        if self.failures.get(incoming.text, 0) > 0:
            self.failures[incoming.text] -= 1
            raise RuntimeError(incoming.text)
        self.committed.append(incoming)

    def has(self, text: str) -> bool:
        return text in self.texts

    @property
    def texts(self) -> list[str]:
        return [incoming.text for incoming in self.committed]


@asynccontextmanager
async def polled(channel: TelegramChannel, turns: Turns) -> AsyncIterator[Poller]:
    poller = Poller(channel, turns, first_wait=0.01)
    task = asyncio.create_task(poller.run())
    try:
        yield poller
    finally:
        for event in turns.held.values():
            event.set()
        await poller.stop()
        await task


async def pending(simulator: Client) -> int:
    return int((await simulator.call("getWebhookInfo"))["pending_update_count"])


async def say(simulator: Client, person: int, *texts: str) -> None:
    for text in texts:
        await simulator.order(f"people/{person}/text", {"text": text})


async def test_everything_arrives_in_order(
    channel: TelegramChannel, simulator: Client, person: int, until: Until
) -> None:
    turns = Turns()
    async with polled(channel, turns) as poller:
        began = poller.polled_at
        await simulator.order(f"people/{person}/start", {"payload": "src_1"})
        await say(simulator, person, "một", "hai", "ba")
        await simulator.order(f"people/{person}/block")
        await until(lambda: len(turns.committed) == 5)
        assert poller.polled_at > began
    assert turns.texts == ["", "một", "hai", "ba", ""]
    assert [incoming.kind for incoming in turns.committed][::4] == [IncomingKind.START, IncomingKind.BLOCKED]
    assert {incoming.address.account_id for incoming in turns.committed} == {7}
    assert await pending(simulator) == 0


async def test_before_the_first_answer_it_is_not_silent(channel: TelegramChannel) -> None:
    """The first long poll of a quiet night takes its whole time."""

    async def answers() -> None:
        return

    poller = Poller(channel, Turns())
    assert await unready(answers=answers, tasks={}, polled_at={"poller": poller.polled_at}) == {}
    poller.polled_at -= SILENT_SECONDS + 1
    assert await unready(answers=answers, tasks={}, polled_at={"poller": poller.polled_at}) == {"poller": "silent"}


async def test_a_tap_is_dated_by_the_clock_of_the_channel(
    channel: TelegramChannel, simulator: Client, person: int, until: Until
) -> None:
    channel.clock = lambda: LATER
    keyboard = {"inline_keyboard": [[{"text": "a", "callback_data": "x"}]]}
    sent = await simulator.call("sendMessage", chat_id=person, text="Bấm", reply_markup=json.dumps(keyboard))
    turns = Turns()
    async with polled(channel, turns):
        await simulator.order(f"people/{person}/tap", {"message_id": sent["message_id"], "data": "x"})
        await until(lambda: bool(turns.committed))
    assert (turns.committed[0].kind, turns.committed[0].sent_at) == (IncomingKind.BUTTON, LATER)


async def test_what_waited_before_the_start_is_kept_and_a_webhook_goes(
    channel: TelegramChannel, simulator: Client, person: int, until: Until
) -> None:
    await simulator.call("setWebhook", url="http://127.0.0.1:9/nobody")
    await say(simulator, person, "trước")
    turns = Turns()
    async with polled(channel, turns):
        await until(lambda: turns.texts == ["trước"])
    assert (await simulator.call("getWebhookInfo"))["url"] == ""


async def test_nothing_is_forgotten_before_its_commit(
    channel: TelegramChannel, simulator: Client, person: int, until: Until
) -> None:
    """The process dies in the middle of a turn: the update comes again."""
    await say(simulator, person, "một")
    turns = Turns()
    turns.held["một"] = asyncio.Event()
    task = asyncio.create_task(Poller(channel, turns).run())
    await until(lambda: turns.calls == 1)
    await say(simulator, person, "hai")
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    assert turns.committed == []
    again = Turns()
    async with polled(channel, again):
        await until(lambda: again.texts == ["một", "hai"])
    assert await pending(simulator) == 0


async def test_others_do_not_wait_within_a_batch(
    channel: TelegramChannel, simulator: Client, person: int, until: Until
) -> None:
    other = await simulator.person("Hoàng Thị Bình")
    await say(simulator, person, "chậm", "sau chậm")
    await say(simulator, other, "nhanh")
    turns = Turns()
    turns.held["chậm"] = asyncio.Event()
    async with polled(channel, turns):
        await until(lambda: turns.texts == ["nhanh"])
        await asyncio.sleep(0.1)
        assert turns.calls == 2, "the second of a person came before the first was committed"
        assert await pending(simulator) == 3, "the offset moved before the batch was committed"
        turns.held["chậm"].set()
        await until(lambda: turns.texts == ["nhanh", "chậm", "sau chậm"])


async def test_a_turn_that_fails_is_tried_again_in_order(
    channel: TelegramChannel, simulator: Client, person: int, until: Until, caplog: pytest.LogCaptureFixture
) -> None:
    turns = Turns()
    turns.failures["một"] = 5
    await say(simulator, person, "một", "hai")
    async with polled(channel, turns):
        await until(lambda: turns.texts == ["một", "hai"])
    assert turns.calls == 7
    assert "could not be handled (attempt 5): RuntimeError" in caplog.text


async def test_one_that_always_fails_is_given_up_when_others_get_through(
    channel: TelegramChannel, simulator: Client, person: int, until: Until, caplog: pytest.LogCaptureFixture
) -> None:
    other = await simulator.person("Hoàng Thị Bình")
    turns = Turns()
    turns.failures["hỏng"] = 10_000
    await say(simulator, person, "hỏng", "hai")
    await say(simulator, other, "nhanh")
    async with polled(channel, turns):
        await until(lambda: turns.texts == ["nhanh", "hai"])
    assert "is given up after 3 attempts" in caplog.text
    assert await pending(simulator) == 0


async def test_one_that_always_fails_holds_up_neither_later_ones_nor_its_own_person_for_good(
    *,
    channel: TelegramChannel,
    simulator: Client,
    person: int,
    until: Until,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(polling, "LAST_ATTEMPTS", 6)
    turns = Turns()
    turns.failures["hỏng"] = turns.failures["hỏng nữa"] = 10_000
    await say(simulator, person, "hỏng", "sau hỏng")
    async with polled(channel, turns):
        await until(lambda: turns.texts == ["sau hỏng"])
        assert re.findall(r"update [0-9_]+ is given up after (\d) attempts", caplog.text) == ["6"]
        await say(simulator, person, "hỏng nữa")
        await until(lambda: turns.calls >= 8)
        other = await simulator.person("Hoàng Thị Bình")
        await say(simulator, other, "nhanh")
        await until(lambda: "nhanh" in turns.texts)
        await say(simulator, person, "cuối")
        await until(lambda: turns.texts == ["sau hỏng", "nhanh", "cuối"])
    assert await pending(simulator) == 0


async def test_while_everybodys_fail_nothing_is_given_up(
    channel: TelegramChannel, simulator: Client, person: int, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That is the database; when it is back, nothing is missing."""
    monkeypatch.setattr(polling, "LAST_ATTEMPTS", 3)
    monkeypatch.setattr(polling, "LONGEST_WAIT", 0.05)
    other = await simulator.person("Hoàng Thị Bình")
    turns = Turns()
    turns.failures["một"] = turns.failures["hai"] = 8
    await say(simulator, person, "một")
    await say(simulator, other, "hai")
    async with polled(channel, turns):
        await until(lambda: sorted(turns.texts) == ["hai", "một"])
    assert await pending(simulator) == 0


@pytest.mark.parametrize("limits", [False, True])
async def test_who_comes_later_does_not_wait_for_a_slow_turn(
    *, limits: bool, channel: TelegramChannel, simulator: Client, person: int, until: Until
) -> None:
    """Also where the server slows down whoever repeats an offset; and it is not asked more often than it likes."""
    await simulator.order("settings", {"limits": limits})
    other = await simulator.person("Hoàng Thị Bình")
    turns = Turns()
    turns.held["chậm"] = asyncio.Event()
    await say(simulator, person, "chậm")
    began = time.monotonic()
    async with polled(channel, turns):
        await until(lambda: turns.calls == 1)
        for number in range(3):
            await asyncio.sleep(0.3)
            await say(simulator, other, f"nhanh {number}")
            await until(partial(turns.has, f"nhanh {number}"))
        assert turns.texts == ["nhanh 0", "nhanh 1", "nhanh 2"]
        assert turns.calls == 4, "what was in hand was handed over again"
        assert await pending(simulator) == 4, "the offset moved past a turn that is open"
        await simulator.order("settings", {"limits": False})
        turns.held["chậm"].set()
        await until(lambda: "chậm" in turns.texts)
    assert await pending(simulator) == 0
    rows = (await simulator.read("journal", kind="requests"))["rows"]
    polls = [row for row in rows if row["method"] == "getUpdates"]
    assert 4 <= len(polls) < 6 + (time.monotonic() - began) / polling.REPEAT_SECONDS


async def test_a_kill_behind_a_slow_turn_loses_nothing(
    channel: TelegramChannel, simulator: Client, person: int, until: Until
) -> None:
    other = await simulator.person("Hoàng Thị Bình")
    turns = Turns()
    turns.held["chậm"] = asyncio.Event()
    await say(simulator, person, "chậm")
    task = asyncio.create_task(Poller(channel, turns).run())
    await until(lambda: turns.calls == 1)
    await say(simulator, other, "nhanh")
    await until(lambda: turns.texts == ["nhanh"])
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    again = Turns()
    async with polled(channel, again):
        await until(lambda: sorted(again.texts) == ["chậm", "nhanh"])
    assert turns.texts == ["nhanh"]


async def test_a_turn_that_hangs_counts_as_failed(
    channel: TelegramChannel, simulator: Client, person: int, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(polling, "TURN_SECONDS", 0.05)
    other = await simulator.person("Hoàng Thị Bình")
    turns = Turns()
    turns.held["treo"] = asyncio.Event()
    await say(simulator, person, "treo")
    await say(simulator, other, "một")
    async with polled(channel, turns):
        await until(lambda: turns.calls == 4)
        await say(simulator, other, "hai")
        await until(lambda: turns.texts == ["một", "hai"])


async def test_a_stop_waits_for_turns_and_keeps_what_failed(
    channel: TelegramChannel, simulator: Client, person: int, until: Until
) -> None:
    other = await simulator.person("Hoàng Thị Bình")
    await say(simulator, person, "chậm")
    await say(simulator, other, "hỏng", "sau hỏng")
    turns = Turns()
    turns.held["chậm"] = asyncio.Event()
    turns.failures["hỏng"] = 10_000
    poller = Poller(channel, turns, first_wait=0.3)
    task = asyncio.create_task(poller.run())
    await until(lambda: turns.calls == 2)
    stopping = asyncio.create_task(poller.stop())
    await asyncio.sleep(0.1)
    assert not stopping.done()
    turns.held["chậm"].set()
    await asyncio.gather(stopping, task)
    assert turns.texts == ["chậm"]
    assert await pending(simulator) == 2
    again = Turns()
    async with polled(channel, again):
        await until(lambda: again.texts == ["hỏng", "sau hỏng"])


async def test_a_stop_ends_a_long_poll_at_once(channel: TelegramChannel, until: Until) -> None:
    poller = Poller(channel, Turns())
    task = asyncio.create_task(poller.run())
    await asyncio.sleep(0.2)
    async with asyncio.timeout(1):
        await poller.stop()
        await task
    await Poller(channel, Turns()).stop()


@pytest.mark.parametrize("kind", ["500", "502", "429", "garbage", "lost_reply", "reset"])
async def test_trouble_on_the_way_is_waited_out(
    *,
    channel: TelegramChannel,
    simulator: Client,
    person: int,
    until: Until,
    kind: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    await simulator.order("faults", {"kind": kind, "method": "getUpdates", "times": 1, "retry_after": 1})
    await say(simulator, person, "một")
    turns = Turns()
    caplog.set_level("INFO", logger="bot")
    async with polled(channel, turns):
        await until(lambda: turns.texts == ["một"])
        await until(lambda: len(caplog.records) == 2)
    assert [record.getMessage().split(":")[0] for record in caplog.records] == [
        "polling waits",
        "polling goes on after",
    ]


async def test_a_second_poller_is_told_once(
    channel: TelegramChannel, simulator: Client, person: int, until: Until, caplog: pytest.LogCaptureFixture
) -> None:
    turns = Turns()
    async with polled(channel, turns):
        await asyncio.sleep(0.1)
        await simulator.call("getUpdates", timeout=0)
        await until(lambda: "polling waits: conflict" in caplog.text)
        await simulator.call("setWebhook", url="http://127.0.0.1:9/nobody")
        await say(simulator, person, "một")
        await until(lambda: turns.texts == ["một"])
    assert (await simulator.call("getWebhookInfo"))["url"] == ""


async def test_a_token_that_is_no_longer_ours_ends_it(
    channel: TelegramChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    stranger = TelegramChannel(token="7000001:another", base_url=channel.bot.base_url.partition("/bot")[0])
    await asyncio.gather(stranger.bot.request.initialize(), stranger.polling.initialize())
    with pytest.raises(SendError) as caught:
        await Poller(stranger, Turns()).run()
    assert caught.value.kind == SendErrorKind.REVOKED
    await asyncio.gather(stranger.bot.request.shutdown(), stranger.polling.shutdown())


async def test_an_update_nobody_can_read_holds_up_nobody(
    channel: TelegramChannel, simulator: Client, person: int, until: Until
) -> None:
    await simulator.order("updates", {"message": {"chat": {"id": person, "type": "private"}, "text": "no date"}})
    await say(simulator, person, "một")
    turns = Turns()
    async with polled(channel, turns):
        await until(lambda: turns.texts == ["một"])
    assert await pending(simulator) == 0


async def test_update_ids_may_begin_again_lower(
    channel: TelegramChannel, simulator: Client, person: int, until: Until
) -> None:
    """After a quiet week Telegram takes a new random number; an offset kept from before would hide what comes."""
    turns = Turns()
    poller = Poller(channel, turns)
    await say(simulator, person, "một")
    poller._take(await poller._ask(0))
    await until(lambda: turns.texts == ["một"])
    await until(lambda: poller._offset == int(turns.committed[0].update_id) + 1)
    poller._take(await poller._ask(0))
    assert poller._offset == 0
    assert await pending(simulator) == 0
