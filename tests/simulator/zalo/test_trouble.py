"""Faults on the two networks of Zalo, and on no other than the one they name."""

from typing import Any

import aiohttp
import pytest

from simulator.client import Client
from simulator.errors import ControlError
from tests.simulator.zalo.conftest import new_follower, send


async def order(client: Client, **fault: Any) -> None:
    await client.order("faults", {"times": 1, **fault})


@pytest.fixture
async def chat(simulator: Client) -> str:
    return str((await simulator.order("zalo/bot/people", {"name": "An"}))["id"])


async def accepted(client: Client, network: str) -> int:
    return len((await client.read("journal", network=network))["rows"])


@pytest.mark.parametrize(
    ("fault", "answer"),
    [
        ({"kind": "429"}, {"error": -32, "message": "Your application reached limit call api"}),
        ({"kind": "error", "code": -244, "message": "restricted"}, {"error": -244, "message": "restricted"}),
        ({"kind": "500"}, {"error": -200, "message": "Send message failed"}),
    ],
)
async def test_the_oa_refuses(oa: Client, follower: str, fault: dict[str, Any], answer: dict[str, Any]) -> None:
    await order(oa, network="zalo_oa", **fault)
    assert await send(oa, follower) == answer
    assert await accepted(oa, "zalo_oa") == 0
    assert (await send(oa, follower))["error"] == 0


@pytest.mark.parametrize(
    ("fault", "code"), [({"kind": "429"}, 429), ({"kind": "error", "code": 403}, 403), ({"kind": "500"}, 500)]
)
async def test_the_bot_is_refused(simulator: Client, chat: str, fault: dict[str, Any], code: int) -> None:
    await order(simulator, network="zalo_bot", **fault)
    answer = await simulator.zalo_bot("sendMessage", chat_id=chat, text="x")
    assert (answer["ok"], answer["error_code"]) == (False, code)
    assert await accepted(simulator, "zalo_bot") == 0
    assert (await simulator.zalo_bot("sendMessage", chat_id=chat, text="x"))["ok"] is True


async def test_a_lost_reply_was_sent_all_the_same(oa: Client, follower: str, chat: str) -> None:
    for network in ("zalo_oa", "zalo_bot"):
        await order(oa, network=network, kind="lost_reply")
    with pytest.raises(aiohttp.ClientError):
        await send(oa, follower)
    with pytest.raises(aiohttp.ClientError):
        await oa.zalo_bot("sendMessage", chat_id=chat, text="x")
    assert (await accepted(oa, "zalo_oa"), await accepted(oa, "zalo_bot")) == (1, 1)
    rows = (await oa.read("journal", kind="requests"))["rows"]
    assert [(row["network"], row["outcome"]) for row in rows] == [("zalo_oa", "lost_reply"), ("zalo_bot", "lost_reply")]


async def test_a_fault_concerns_its_network_its_method_and_its_people(oa: Client, follower: str) -> None:
    other = await new_follower(oa, "Khác")
    await order(oa, network="zalo_oa", kind="429", method="v3.0/oa/message/cs", chats=[other])
    person = await oa.person()
    assert (await oa.call("sendMessage", chat_id=person, text="x"))["text"] == "x"
    assert (await oa.oa("v3.0/oa/user/detail", user_id=other))["error"] == 0
    assert (await send(oa, follower))["error"] == 0
    assert (await send(oa, other))["error"] == -32


async def test_the_tokens_can_fail_by_name_only(oa: Client) -> None:
    await oa.order("faults", {"network": "zalo_oa", "kind": "502"})
    body = {"app_id": "1000000000000000001", "grant_type": "refresh_token", "refresh_token": "x"}
    url = f"{oa.address}/zalo-oauth/v4/oa/access_token"
    async with oa.session.post(url, data=body, headers={"secret_key": "example-app-secret"}) as answer:
        assert answer.status == 200
    await oa.order("faults", {"network": "zalo_oa", "kind": "502", "method": "v4/oa/access_token"})
    async with oa.session.post(url, data=body, headers={"secret_key": "example-app-secret"}) as answer:
        assert answer.status == 502


async def test_a_fault_of_telegram_may_be_any_code_too(simulator: Client, person: int) -> None:
    await order(simulator, kind="error", code=418, message="teapot")
    async with simulator.session.post(simulator.url("sendMessage"), json={"chat_id": person, "text": "x"}) as answer:
        assert (answer.status, (await answer.json())["description"]) == (418, "teapot")
    with pytest.raises(ControlError, match="network is one of telegram, zalo_oa, zalo_bot"):
        await order(simulator, kind="429", network="viber")
