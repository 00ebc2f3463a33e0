"""Polling: what is given away once must be in safe hands before the next is asked for."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from bot.channels.zalo_bot import polling
from bot.channels.zalo_bot.adapter import ZaloBotChannel
from bot.channels.zalo_bot.polling import Poller
from outreach.messaging import Incoming, SendError, SendErrorKind
from tests.bot.channels.zalo_bot.conftest import IDLE, TOKEN, FakeZalo, refusal

Until = Callable[[Callable[[], bool]], Awaitable[None]]


def written(text: str, *, person: str = "a1", message_id: str | None = None) -> dict[str, Any]:
    return {
        "event_name": "message.text.received",
        "message": {
            "from": {"id": person, "is_bot": False},
            "chat": {"id": person, "chat_type": "PRIVATE"},
            "text": text,
            "message_id": message_id or f"m-{text}",
            "date": 1_790_000_000_000,
        },
    }


class Safe:
    """Stands for what writes down: refuses or waits where told, and notes how often was polled before each."""

    def __init__(self, zalo: FakeZalo) -> None:
        self._zalo = zalo
        self.taken: list[tuple[str, int]] = []
        self.calls = 0
        self.refusals = 0
        self.hold: asyncio.Event | None = None

    async def __call__(self, incoming: Incoming) -> bool:
        self.calls += 1
        if self.hold:
            await self.hold.wait()
        if self.refusals:
            self.refusals -= 1
            return False
        self.taken.append((incoming.text, len(self._zalo.bodies("getUpdates"))))
        return True

    @property
    def texts(self) -> list[str]:
        return [text for text, _ in self.taken]


@pytest.fixture(autouse=True)
def no_breath(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(polling, "BREATH_SECONDS", 0.01)


@pytest.fixture
def safe(zalo: FakeZalo) -> Safe:
    return Safe(zalo)


@asynccontextmanager
async def polled(channel: ZaloBotChannel, safe: Safe) -> AsyncIterator[Poller]:
    poller = Poller(channel, safe, first_wait=0.01)
    task = asyncio.create_task(poller.run())
    try:
        yield poller
    finally:
        if safe.hold:
            safe.hold.set()
        await poller.stop()
        await task


async def test_one_after_the_other_each_safe_before_the_next_is_asked_for(
    channel: ZaloBotChannel, zalo: FakeZalo, safe: Safe, until: Until
) -> None:
    zalo.waiting.extend([written("một"), {"event_name": "new.kind"}, "rubbish", None, written("hai", person="b2")])
    async with polled(channel, safe) as poller:
        began = poller.polled_at
        await until(lambda: len(safe.taken) == 2)
        zalo.waiting.append({"ok": True, "result": written("ba")})
        await until(lambda: len(safe.taken) == 3)
        assert poller.polled_at > began
    assert safe.taken[:2] == [("một", 1), ("hai", 5)]
    assert zalo.asked[:2] == [("deleteWebhook", {}), ("getUpdates", {"timeout": 8})]
    assert zalo.bodies("deleteWebhook") == [{}]


async def test_nobody_wrote_is_no_trouble(
    channel: ZaloBotChannel, zalo: FakeZalo, safe: Safe, until: Until, caplog: pytest.LogCaptureFixture
) -> None:
    async with polled(channel, safe):
        await until(lambda: len(zalo.bodies("getUpdates")) >= 5)
    assert "polling waits" not in caplog.text
    assert zalo.bodies("deleteWebhook") == [{}]


async def test_an_idle_answer_that_comes_at_once_does_not_make_a_storm(
    channel: ZaloBotChannel, zalo: FakeZalo, safe: Safe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(polling, "BREATH_SECONDS", 5)
    began = time.monotonic()
    async with polled(channel, safe):
        await asyncio.sleep(0.1)
    assert len(zalo.bodies("getUpdates")) == 1
    assert time.monotonic() - began < 2


async def test_nothing_more_is_asked_for_while_the_last_is_not_safe(
    channel: ZaloBotChannel, zalo: FakeZalo, safe: Safe, until: Until, caplog: pytest.LogCaptureFixture
) -> None:
    zalo.waiting.extend([written("một"), written("hai")])
    safe.refusals = 4
    safe.hold = asyncio.Event()
    async with polled(channel, safe):
        await until(lambda: safe.calls == 1)
        await asyncio.sleep(0.05)
        assert len(zalo.bodies("getUpdates")) == 1
        safe.hold.set()
        await until(lambda: len(safe.taken) == 2)
    assert safe.taken == [("một", 1), ("hai", 2)]
    assert safe.calls == 6
    assert caplog.messages.count("an update could not be stored") == 4


async def test_a_stop_waits_for_the_poll_under_way_and_keeps_what_it_brings(
    channel: ZaloBotChannel, zalo: FakeZalo, safe: Safe, until: Until
) -> None:
    zalo.slow = asyncio.Event()
    poller = Poller(channel, safe, first_wait=0.01)
    task = asyncio.create_task(poller.run())
    await until(lambda: len(zalo.bodies("getUpdates")) == 1)
    stopping = asyncio.create_task(poller.stop())
    await asyncio.sleep(0.05)
    assert not stopping.done()
    zalo.waiting.extend([written("một"), written("hai")])
    zalo.slow.set()
    await asyncio.gather(stopping, task)
    assert safe.texts == ["một"]
    assert len(zalo.waiting) == 1


async def test_a_stop_ends_what_cannot_be_stored_and_says_so(
    channel: ZaloBotChannel, zalo: FakeZalo, safe: Safe, until: Until, caplog: pytest.LogCaptureFixture
) -> None:
    zalo.waiting.append(written("một"))
    safe.refusals = 10_000
    async with polled(channel, safe):
        await until(lambda: safe.calls >= 3)
    assert safe.taken == []
    assert "an update is lost: it could not be stored before the stop" in caplog.messages


async def test_a_stop_before_the_run_is_no_trouble(channel: ZaloBotChannel, safe: Safe) -> None:
    poller = Poller(channel, safe)
    await poller.stop()
    await poller.run()
    assert safe.calls == 0


@pytest.mark.parametrize(
    ("trouble", "reason"),
    [
        (refusal(403), "provider_error"),
        (refusal(429), "quota_used"),
        (refusal(400), "bad_request"),
        (b"<html>", "gateway_502"),
        ({"ok": False}, "garbage"),
    ],
)
async def test_trouble_is_waited_out_and_a_webhook_that_came_back_goes(
    *,
    channel: ZaloBotChannel,
    zalo: FakeZalo,
    safe: Safe,
    until: Until,
    trouble: Any,
    reason: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    zalo.say("deleteWebhook", refusal(404))
    zalo.say("getUpdates", IDLE, trouble, trouble)
    zalo.waiting.append(written("một"))
    async with polled(channel, safe):
        await until(lambda: bool(safe.taken))
    assert [text for text in caplog.messages if text.startswith("polling ")] == [
        f"polling waits: {reason}",
        f"polling goes on after: {reason}",
    ]
    assert zalo.bodies("deleteWebhook") == [{}, {}, {}]


async def test_a_token_that_is_no_longer_ours_ends_it(zalo: FakeZalo, safe: Safe) -> None:
    stranger = ZaloBotChannel(token=f"{TOKEN}-x", base_url=f"{zalo.address}/api")
    await stranger.client.start()
    poller = Poller(stranger, safe)
    with pytest.raises(SendError) as caught:
        await poller.run()
    assert caught.value.kind == SendErrorKind.REVOKED
    await poller.stop()
    await stranger.stop()
