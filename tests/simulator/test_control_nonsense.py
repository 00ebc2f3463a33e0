"""Whatever an order to the simulator contains, the answer is JSON, and a refusal is {"error"} with 4xx."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

import simulator as package
from simulator.client import Client
from simulator.sendables import PHOTO_CODES

ROOT = Path(package.__file__).parent

ORDERS = {
    "people": ["name", "username", "kind", "id", "count", "prefix", "started"],
    "faults": ["kind", "method", "rate", "chats", "nth", "times", "seconds", "retry_after"],
    "settings": ["limits", "rate", "delay_ms"],
    "clock": ["advance"],
    "updates": ["callback_query", "message", "my_chat_member"],
    "people/{person}/text": ["text", "reply_to", "forward_from"],
    "people/{person}/start": ["payload"],
    "people/{person}/tap": ["message_id", "data", "label"],
    "people/{person}/edit": ["message_id", "text"],
}
USUAL: dict[str, dict[str, Any]] = {
    "people": {"name": "B"},
    "faults": {"kind": "slow", "method": "nothing"},
    "people/{person}/text": {"text": "a"},
    "people/{person}/edit": {"message_id": 1, "text": "b"},
}
NONSENSE: list[Any] = [
    "", "x", "nan", [], {}, [None], [[]], {"a": 1}, -1, 0, 5, 0.5, 10**30, float("nan"), float("inf"), True,
    {"message": 5}, {"chat": 5}, {"chat": {"id": []}}, {"chat": {"id": 5}}, {"message": {"chat": {"id": "x"}}},
]  # fmt: skip
READINGS = [
    "people?q=5", "people?q=b", "people?limit=-1", "people?limit=x", "people/x", "people/5/chat", "people/1/nothing", "settings",
    "faults", "clock", "journal?limit=-1&after=-5", "journal?kind=x", "journal/counts?contains=", "bot?person=x", "posters",
    "qr.svg", "qr.svg?text=" + "😀" * 999, "events?person=x", "files/x/y", "nothing",
]  # fmt: skip


async def ask(simulator: Client, method: str, path: str, body: str | None = None) -> int:
    async with simulator.session.request(method, f"{simulator.address}/sim/{path}", data=body) as answer:
        status, content = answer.status, await answer.json()
    assert status < 500, (path, body)
    assert isinstance(content, dict), (path, body)
    assert ("error" in content) == (status >= 400), (path, body, content)
    return status


@pytest.mark.parametrize("order", ORDERS)
async def test_nonsense_orders(simulator: Client, person: int, order: str) -> None:
    path = order.format(person=person)
    for name in ORDERS[order]:
        for value in NONSENSE:
            if name == "count" and value == 10**30:
                continue
            await ask(simulator, "POST", path, json.dumps({**USUAL.get(order, {}), name: value}))
    for reading in READINGS:
        await ask(simulator, "GET", reading)
    sent = await simulator.call("sendMessage", chat_id=person, text="a")
    assert sent["text"] == "a"


@pytest.mark.parametrize(
    ("order", "body", "error"),
    [
        ("faults", {"kind": "429", "chats": 5}, "chats is not a list of ids"),
        ("faults", {"kind": "429", "rate": "nan"}, "rate is not a number"),
        ("settings", {"rate": 10**7}, "rate is not a number above 0 and up to 1000000"),
        ("settings", {"delay_ms": -1}, "delay_ms is not between 0 and 600000"),
        ("updates", {"callback_query": {"message": 5}}, "the update names no chat"),
        ("people", {"name": "A", "username": 5}, "username is missing"),
    ],
)
async def test_what_is_refused_changes_nothing(simulator: Client, order: str, body: Any, error: str) -> None:
    before = [await simulator.read(path) for path in ("faults", "settings", "people")]
    async with simulator.session.post(f"{simulator.address}/sim/{order}", json=body) as answer:
        assert (answer.status, (await answer.json())["error"]) == (400, error)
    assert before == [await simulator.read(path) for path in ("faults", "settings", "people")]


def test_the_page_has_words_for_every_code_and_no_others() -> None:
    sources = [path.read_text() for path in ROOT.rglob("*.py")]
    codes = {code for source in sources for code in re.findall(r'code="(\w+)"', source)}
    codes |= {"photo_size", *PHOTO_CODES.values()}
    words = re.findall(r'^  (\w+): "', (ROOT / "page/js/refusals.js").read_text(), re.MULTILINE)
    assert sorted(codes) == words


async def test_orders_that_do_not_exist(simulator: Client) -> None:
    assert await ask(simulator, "GET", "nothing") == 404
    assert await ask(simulator, "DELETE", "clock") == 405
