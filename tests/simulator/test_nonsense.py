"""Whatever a call contains, the answer is the Bot API's JSON and never a crash of the server."""

from typing import Any

import pytest

from simulator.client import Client
from simulator.methods.registry import METHODS

NAMES = [
    "text",
    "caption",
    "parse_mode",
    "entities",
    "reply_markup",
    "reply_parameters",
    "message_id",
    "message_ids",
    "from_chat_id",
    "user_id",
    "action",
    "callback_query_id",
    "commands",
    "scope",
    "language_code",
    "file_id",
    "photo",
    "document",
    "media",
    "url",
    "secret_token",
    "max_connections",
    "allowed_updates",
    "offset",
    "limit",
    "timeout",
]
NONSENSE: list[Any] = ["", "x", "[", "[1]", [], {}, [None], {"a": 1}, -1, 1e400, 10**30]
SLOW = {"timeout", "url"}


@pytest.mark.parametrize("method", sorted(name for name, _ in METHODS.values()))
async def test_nonsense_gets_a_proper_answer(simulator: Client, person: int, method: str) -> None:
    sent = await simulator.call("sendMessage", chat_id=person, text="a")
    usual = {"chat_id": person, "text": "b", "message_id": sent["message_id"], "from_chat_id": person}
    seen = 0
    for name in NAMES:
        for value in NONSENSE:
            if name in SLOW and value not in ("", "x"):
                continue
            parameters = {**usual, name: value}
            given: dict[str, Any] = {"data": parameters} if isinstance(value, str) else {"json": parameters}
            async with simulator.session.post(simulator.url(method), **given) as answer:
                body = await answer.json()
            assert isinstance(body["ok"], bool), (name, value)
            assert answer.status == body.get("error_code", 200), (name, value)
            assert answer.status < 500
            seen += 1
    assert seen > 250


@pytest.mark.parametrize(
    "body", [b"{", b"[]", b"1", b'{"chat_id": 1, "text": "\\ud83d"}', b"\xff", b"\xff=\xfe", b"%ff=%fe", b"a&b=&=c"]
)
@pytest.mark.parametrize(
    "kind", ["application/json", "application/x-www-form-urlencoded", "multipart/form-data", "text/plain"]
)
async def test_bodies_that_are_no_parameters(simulator: Client, body: bytes, kind: str) -> None:
    headers = {"Content-Type": kind}
    async with simulator.session.post(simulator.url("sendMessage"), data=body, headers=headers) as answer:
        assert answer.status == 400
        assert (await answer.json())["error_code"] == 400
