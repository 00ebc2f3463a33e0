"""getUpdates: offset, limit, waiting, allowed_updates, expiry and the conflicts."""

import asyncio
import time
from typing import Any

import pytest

from simulator.client import Client, connect
from simulator.config import SimConfig
from simulator.errors import ApiError
from simulator.serve import running

DAY = 24 * 3600
OTHER = "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"


async def say(client: Client, person: int, *texts: str) -> list[int]:
    return [(await client.order(f"people/{person}/text", {"text": text}))["update_ids"][0] for text in texts]


def texts(updates: list[dict[str, Any]]) -> list[str]:
    return [update["message"]["text"] for update in updates]


async def test_an_update_stays_until_a_higher_offset_asks(simulator: Client, person: int) -> None:
    first, second = await say(simulator, person, "một", "hai")
    assert second == first + 1
    for _ in range(2):
        assert texts(await simulator.call("getUpdates")) == ["một", "hai"]
    assert texts(await simulator.call("getUpdates", offset=second)) == ["hai"]
    assert texts(await simulator.call("getUpdates", offset=0)) == ["hai"]
    assert await simulator.call("getUpdates", offset=second + 1) == []
    assert (await simulator.call("getWebhookInfo"))["pending_update_count"] == 0


async def test_limit_and_a_negative_offset(simulator: Client, person: int) -> None:
    await say(simulator, person, "một", "hai", "ba")
    assert texts(await simulator.call("getUpdates", limit=2)) == ["một", "hai"]
    assert texts(await simulator.call("getUpdates", offset=-1)) == ["ba"]
    assert texts(await simulator.call("getUpdates")) == ["ba"]


async def test_a_long_poll_wakes_when_somebody_writes(simulator: Client, person: int) -> None:
    begun = time.monotonic()
    poll = asyncio.create_task(simulator.call("getUpdates", timeout=20))
    await asyncio.sleep(0.2)
    assert not poll.done()
    await say(simulator, person, "chào")
    assert texts(await poll) == ["chào"]
    assert time.monotonic() - begun < 5


async def test_a_long_poll_ends_empty_after_its_timeout(simulator: Client) -> None:
    begun = time.monotonic()
    assert await simulator.call("getUpdates", timeout=1) == []
    assert 0.9 < time.monotonic() - begun < 3


async def test_a_second_poller_ends_the_first(simulator: Client, person: int) -> None:
    first = asyncio.create_task(simulator.call("getUpdates", timeout=20))
    await asyncio.sleep(0.2)
    second = asyncio.create_task(simulator.call("getUpdates", timeout=20))
    with pytest.raises(ApiError) as caught:
        await first
    assert (caught.value.code, caught.value.description) == (409, OTHER)
    await say(simulator, person, "chào")
    assert texts(await second) == ["chào"]


async def test_messages_live_24_hours(simulator: Client, person: int) -> None:
    await say(simulator, person, "cũ")
    await simulator.order("clock", {"advance": DAY - 60})
    await say(simulator, person, "mới")
    assert texts(await simulator.call("getUpdates")) == ["cũ", "mới"]
    await simulator.order("clock", {"advance": 120})
    assert texts(await simulator.call("getUpdates")) == ["mới"]


async def test_allowed_updates_are_remembered_and_applied_when_made(simulator: Client, person: int) -> None:
    await simulator.call("getUpdates", allowed_updates=["message"])
    assert (await simulator.order(f"people/{person}/block"))["update_ids"] == []
    assert len((await simulator.order(f"people/{person}/start"))["update_ids"]) == 1
    await simulator.call("getUpdates")
    assert (await simulator.order(f"people/{person}/block"))["update_ids"] == []
    await simulator.call("getUpdates", allowed_updates=[])
    assert len((await simulator.order(f"people/{person}/unblock"))["update_ids"]) == 1


async def test_a_client_that_asks_too_often_is_held_back() -> None:
    with running(SimConfig(limits=True)) as address:
        async with connect(address) as client:
            who = await client.person()
            await say(client, who, "một", "hai")
            assert len(await client.call("getUpdates", offset=0)) == 2
            assert len(await client.call("getUpdates", offset=0)) == 1
            newest = (await client.call("getUpdates", offset=0))[0]["update_id"] + 2
            begun = time.monotonic()
            assert await client.call("getUpdates", offset=newest) == []
            assert await client.call("getUpdates", offset=newest) == []
            assert time.monotonic() - begun > 2.9


async def test_polling_stops_at_once_when_the_simulator_does() -> None:
    begun = time.monotonic()
    with running() as address:
        async with connect(address) as client:
            poll = asyncio.create_task(client.call("getUpdates", timeout=50))
            await asyncio.sleep(0.3)
            poll.cancel()
            await asyncio.gather(poll, return_exceptions=True)
    assert time.monotonic() - begun < 5


async def test_update_ids_start_anew_after_a_quiet_week(simulator: Client, person: int) -> None:
    (before,) = await say(simulator, person, "trước")
    await simulator.order("clock", {"advance": 6 * DAY})
    (soon,) = await say(simulator, person, "sau sáu ngày")
    await simulator.order("clock", {"advance": 8 * DAY})
    (late,) = await say(simulator, person, "sau tám ngày")
    assert soon == before + 1
    assert abs(late - soon) > 1
