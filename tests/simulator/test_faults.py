"""Each kind of trouble: what the caller sees, whether the message was accepted, and which calls are hit."""

import contextlib
import json
import time
from typing import Any

import aiohttp
import pytest

from simulator.client import Client, connect
from simulator.config import SimConfig
from simulator.errors import ApiError, ControlError
from simulator.serve import running


async def accepted(client: Client) -> list[str]:
    return [row["text"] for row in (await client.read("journal", kind="messages"))["rows"]]


async def outcomes(client: Client) -> list[str]:
    rows = (await client.read("journal", kind="requests"))["rows"]
    return [row["outcome"] for row in rows if row["method"] == "sendMessage"]


async def send(client: Client, person: int, text: str = "a") -> Any:
    return await client.call("sendMessage", chat_id=person, text=text)


async def test_429(simulator: Client, person: int) -> None:
    await simulator.order("faults", {"kind": "429", "times": 1, "retry_after": 7})
    with pytest.raises(ApiError) as caught:
        await send(simulator, person)
    assert (caught.value.code, caught.value.description) == (429, "Too Many Requests: retry after 7")
    assert caught.value.parameters == {"retry_after": 7}
    assert await accepted(simulator) == []
    await send(simulator, person)
    assert await outcomes(simulator) == ["429", "ok"]


async def test_500_has_the_bot_apis_body_and_502_has_not(simulator: Client, person: int) -> None:
    for kind in ("500", "502"):
        await simulator.order("faults", {"kind": kind, "times": 1})
        payload = {"chat_id": person, "text": kind}
        async with simulator.session.post(simulator.url("sendMessage"), json=payload) as answer:
            assert answer.status == int(kind)
            body = await answer.text()
        if kind == "500":
            assert json.loads(body) == {"ok": False, "error_code": 500, "description": "Internal Server Error"}
        else:
            assert answer.content_type == "text/html"
            assert "<h1>502 Bad Gateway</h1>" in body
    assert await accepted(simulator) == []
    assert await outcomes(simulator) == ["500", "502"]


async def test_a_slow_answer_comes_after_the_message_was_accepted(simulator: Client, person: int) -> None:
    await simulator.order("faults", {"kind": "slow", "seconds": 0.5, "times": 2})
    begun = time.monotonic()
    await send(simulator, person, "chậm")
    assert 0.45 < time.monotonic() - begun < 3
    with pytest.raises(TimeoutError):
        async with simulator.session.post(
            simulator.url("sendMessage"),
            json={"chat_id": person, "text": "quá chậm"},
            timeout=aiohttp.ClientTimeout(total=0.2),
        ):
            pass
    assert await accepted(simulator) == ["chậm", "quá chậm"]
    assert await outcomes(simulator) == ["slow", "slow"]


async def test_a_lost_reply_is_a_delivered_message(simulator: Client, person: int) -> None:
    await simulator.order("faults", {"kind": "lost_reply", "times": 1})
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await send(simulator, person, "tới rồi")
    assert await accepted(simulator) == ["tới rồi"]
    assert [row["text"] for row in (await simulator.chat(person))["messages"]] == ["tới rồi"]
    assert await outcomes(simulator) == ["lost_reply"]


async def test_a_reset_comes_before_anything(simulator: Client, person: int) -> None:
    await simulator.order("faults", {"kind": "reset", "times": 1})
    with pytest.raises(aiohttp.ClientConnectionError):
        await send(simulator, person)
    assert await accepted(simulator) == []
    assert await outcomes(simulator) == ["reset"]
    await send(simulator, person, "lại")
    assert await accepted(simulator) == ["lại"]


async def test_garbage_is_a_200_without_json(simulator: Client, person: int) -> None:
    await simulator.order("faults", {"kind": "garbage", "times": 1})
    payload = {"chat_id": person, "text": "a"}
    async with simulator.session.post(simulator.url("sendMessage"), json=payload) as answer:
        assert answer.status == 200
        with pytest.raises(ValueError, match=r"."):
            json.loads(await answer.read())
    assert await accepted(simulator) == ["a"]
    assert await outcomes(simulator) == ["garbage"]


async def test_the_nth_call_and_how_often(simulator: Client, person: int) -> None:
    await simulator.order("faults", {"kind": "500", "method": "sendMessage", "nth": 3, "times": 2})
    await simulator.call("getMe")
    for _ in range(6):
        with contextlib.suppress(ApiError):
            await send(simulator, person)
    assert await outcomes(simulator) == ["ok", "ok", "500", "500", "ok", "ok"]


async def test_chosen_chats_and_methods_only(simulator: Client, person: int) -> None:
    other = await simulator.person("Ma Văn Cường")
    await simulator.order("faults", {"kind": "500", "chats": [other]})
    await send(simulator, person)
    with pytest.raises(ApiError):
        await send(simulator, other)
    with pytest.raises(ApiError):
        await simulator.call("sendChatAction", chat_id=other, action="typing")
    await simulator.order("faults", {}, method="DELETE")
    await simulator.order("faults", {"kind": "500", "method": "getUpdates"})
    await send(simulator, other)
    with pytest.raises(ApiError):
        await simulator.call("getUpdates")


async def test_polling_is_left_alone_unless_named(simulator: Client) -> None:
    await simulator.order("faults", {"kind": "500"})
    assert await simulator.call("getUpdates") == []


async def hits(seed: int) -> list[bool]:
    found = []
    with running(SimConfig(limits=False, seed=seed)) as address:
        async with connect(address) as client:
            person = await client.person()
            await client.order("faults", {"kind": "500", "rate": 0.3})
            for _ in range(60):
                try:
                    await send(client, person)
                except ApiError:
                    found.append(True)
                else:
                    found.append(False)
    return found


async def test_a_rate_follows_the_seed() -> None:
    first = await hits(1)
    assert first == await hits(1)
    assert first != await hits(2)
    assert 5 < sum(first) < 35


async def test_orders_are_listed_and_taken_back(simulator: Client, person: int) -> None:
    kept = await simulator.order("faults", {"kind": "500", "times": 5})
    with pytest.raises(ApiError):
        await send(simulator, person)
    listed = (await simulator.read("faults"))["faults"]
    assert [(row["id"], row["kind"], row["hits"]) for row in listed] == [(kept["id"], "500", 1)]
    await simulator.order(f"faults/{kept['id']}", method="DELETE")
    await send(simulator, person)
    with pytest.raises(ControlError) as caught:
        await simulator.order(f"faults/{kept['id']}", method="DELETE")
    assert caught.value.status == 404


@pytest.mark.parametrize("wrong", [{"kind": "503"}, {"kind": "500", "speed": 1}, {}])
async def test_a_wrong_order_is_refused(simulator: Client, wrong: dict[str, Any]) -> None:
    with pytest.raises(ControlError) as caught:
        await simulator.order("faults", wrong)
    assert caught.value.status == 400


async def test_every_call_can_be_delayed(simulator: Client, person: int) -> None:
    await simulator.order("settings", {"delay_ms": 200})
    begun = time.monotonic()
    await send(simulator, person)
    assert time.monotonic() - begun > 0.19
