"""Whatever a call or an order contains, the answer is Zalo's JSON or a refused order, and never a crash."""

import json
from typing import Any

import pytest

from simulator.client import Client
from simulator.zalo.bot.methods.registry import METHODS as BOT_METHODS
from simulator.zalo.oa.methods.registry import METHODS as OA_METHODS
from tests.simulator.zalo.conftest import send, to

NONSENSE: list[Any] = [
    None, "", "x", "[", [], {}, [None], [[]], {"a": 1}, {"user_id": 5}, {"user_id": []}, {"target": []}, {"target": {"ages": {}}},
    {"attachment": 5}, {"attachment": {"type": "file", "payload": {"token": []}}}, -1, 0, 0.5, 10**9, 10**30, True,
    {"text": "x", "attachment": {"type": "template", "payload": {"buttons": [{"title": {}}]}}},
    {"attachment": {"type": "template", "payload": {"template_type": "media", "elements": [{"media_type": []}]}}},
    {"attachment": {"type": "template", "payload": {"template_type": []}}},
]  # fmt: skip
OA_FIELDS = [
    "recipient", "message", "sender_action", "user_id", "tag_name", "quota_owner", "type", "title", "body", "status", "token",
    "offset", "count", "last_interaction_period",
]  # fmt: skip
BOT_FIELDS = [
    "chat_id",
    "text",
    "caption",
    "photo",
    "sticker",
    "voice_url",
    "action",
    "parse_mode",
    "text_styles",
    "url",
    "secret_token",
    "timeout",
]
BODIES = [b"{", b"[]", b"1", b'{"recipient": 1, "text": "\\ud83d"}', b"\xff", b"\xff=\xfe", b"a&b=&=c", b"[" * 5000]

OA_ORDERS = {
    "people": ["name", "kind", "count", "prefix", "follows", "mobile", "sensitive", "interacted_hours_ago"],
    "people/{person}/text": ["text", "quote"],
    "people/{person}/press": ["title", "payload", "message_id"],
    "people/{person}/block": ["code"],
    "people/{person}/unblock": ["x"],
    "people/{person}/open": ["message_id"],
    "people/{person}/admin": ["text", "admin_id"],
    "people/{person}/follow": ["x"],
    "people/{person}/image": ["file"],
    "events": ["event", "signature", "person"],
    "webhook/enable": ["x"],
    "tokens": ["x"],
    "broadcasts/x/approve": ["x"],
}
BOT_ORDERS = {
    "people": ["name", "count", "prefix", "started", "protected", "group"],
    "people/{person}/text": ["text"],
    "people/{person}/file": ["file"],
    "people/{person}/sticker": ["x"],
}
READINGS = [
    "oa", "oa/people?limit=-1", "oa/people?limit=x", "oa/people/x", "oa/people/x/chat", "oa/settings", "oa/tokens", "oa/broadcasts",
    "oa/deliveries?after=-5&limit=-1", "oa/deliveries?after=x", "oa/articles/x", "oa/nothing", "bot", "bot/people?q=5", "bot/people/x",
    "bot/settings", "bot/deliveries?limit=x", "bot/nothing", "nothing",
]  # fmt: skip


def usual(name: str, person: str, field: str, value: Any) -> dict[str, Any]:
    """A good body in which one field is nonsense."""
    known: dict[str, Any] = {
        "title": "a",
        "description": "b",
        "author": "c",
        "body": [{}],
        "user_id": person,
        "tag_name": "t",
    }
    return {**known, **(to(person) if "message" in name else {}), field: value}


@pytest.mark.parametrize(("verb", "name"), sorted(OA_METHODS))
async def test_nonsense_for_the_oa(oa: Client, follower: str, verb: str, name: str) -> None:
    await oa.order("zalo/oa/settings", {"oa_type": 4 if name == "v2.0/oa/message" else 2})
    seen = 0
    for field in OA_FIELDS:
        for value in NONSENSE:
            body = usual(name, follower, field, value)
            query = {"data": json.dumps(body)} if verb == "GET" else {}
            given: dict[str, Any] = {"params": query, "json": None if query else body}
            headers = {"access_token": oa.oa_token}
            async with oa.session.request(verb, f"{oa.address}/zalo-oa/{name}", headers=headers, **given) as answer:
                found = await answer.json()
            assert answer.status == 200, (field, value)
            assert isinstance(found["error"], int), (field, value)
            assert found["error"] != -200, (field, value)
            seen += 1
    assert seen > 250


@pytest.mark.parametrize("method", [*sorted(BOT_METHODS), "getUpdates"])
async def test_nonsense_for_the_bot(simulator: Client, method: str) -> None:
    chat = (await simulator.order("zalo/bot/people", {"name": "An"}))["id"]
    for field in BOT_FIELDS:
        for value in NONSENSE:
            body = {"chat_id": chat, "text": "a", "timeout": 0, field: value}
            if method == "getUpdates" and field == "timeout" and value != -1:
                continue
            found = await simulator.zalo_bot(method, **body)
            assert isinstance(found["ok"], bool), (field, value)
            assert found.get("description") != "Internal server error", (field, value)
    assert (await simulator.read(f"zalo/bot/people/{chat}/chat"))["person"]["id"] == chat


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize(
    "sort", ["application/json", "application/x-www-form-urlencoded", "multipart/form-data", "text/x"]
)
async def test_bodies_that_are_none(oa: Client, follower: str, body: bytes, sort: str) -> None:
    headers = {"Content-Type": sort, "access_token": oa.oa_token}
    for path in (
        "zalo-oa/v3.0/oa/message/cs",
        "zalo-oa/v2.0/oa/upload/image",
        "zalo-oa/nothing",
        "zalo-oauth/v4/oa/access_token",
        "zalo-oauth/nothing",
        f"zalo-bot/bot{oa.zalo_bot_token}/sendMessage",
        "zalo-bot/botx/sendMessage",
    ):
        async with oa.session.post(f"{oa.address}/{path}", data=body, headers=headers) as answer:
            assert answer.status == 200, path
            assert isinstance(await answer.json(), dict), path
    async with oa.session.get(
        f"{oa.address}/zalo-oa/v3.0/oa/user/detail", params={"data": "{"}, headers=headers
    ) as answer:
        assert (await answer.json())["error"] == -201


async def ask(client: Client, verb: str, path: str, body: Any = None) -> None:
    given: dict[str, Any] = {"data": None if body is None else json.dumps(body)}
    async with client.session.request(verb, f"{client.address}/sim/zalo/{path}", **given) as answer:
        status, found = answer.status, await answer.json()
    assert status < 500, (path, body)
    assert isinstance(found, dict), (path, body)
    assert ("error" in found) == (status >= 400), (path, body, found)


@pytest.mark.parametrize("order", [*(f"oa/{order}" for order in OA_ORDERS), *(f"bot/{order}" for order in BOT_ORDERS)])
async def test_nonsense_orders(oa: Client, follower: str, order: str) -> None:
    network, _, path = order.partition("/")
    person = follower if network == "oa" else (await oa.order("zalo/bot/people", {"name": "An"}))["id"]
    for field in (OA_ORDERS if network == "oa" else BOT_ORDERS)[path]:
        for value in NONSENSE:
            body = {"name": "B", "text": "a", "title": "b", field: value}
            await ask(oa, "POST", order.format(person=person), body)
    for reading in READINGS:
        await ask(oa, "GET", reading)
    await oa.order(f"zalo/oa/people/{follower}/unblock")
    await oa.order(f"zalo/oa/people/{follower}/follow")
    await oa.order(f"zalo/oa/people/{follower}/text", {"text": "còn đây"})
    oa.oa_token = (await oa.order("zalo/oa/tokens"))["access_token"]
    assert (await send(oa, follower))["error"] == 0


@pytest.mark.parametrize("network", ["oa", "bot"])
async def test_settings_are_checked_one_by_one(simulator: Client, network: str) -> None:
    before = await simulator.read(f"zalo/{network}/settings")
    assert len(before) > 10
    for name, now in before.items():
        for value in NONSENSE:
            await ask(simulator, "POST", f"{network}/settings", {name: value})
        found = await simulator.order(f"zalo/{network}/settings", {name: now})
        assert found[name] == now
    assert await simulator.read(f"zalo/{network}/settings") == before
    await ask(simulator, "POST", f"{network}/settings", {"nothing": 1})
    assert await simulator.read(f"zalo/{network}/settings") == before


async def test_a_wrong_setting_changes_none(simulator: Client) -> None:
    before = await simulator.read("zalo/oa/settings")
    await ask(simulator, "POST", "oa/settings", {"name": "Khác", "oa_type": 3})
    assert await simulator.read("zalo/oa/settings") == before
