"""Whatever a call contains, the answer is the Bot API's JSON and never a crash of the server."""

import asyncio
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.botapi import answer
from simulator.client import Client
from simulator.config import SimConfig
from simulator.errors import ApiError
from simulator.methods.registry import METHODS
from simulator.params import Args
from simulator.view import chat_view
from simulator.world import create_world

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


PARTS = st.sampled_from(
    [
        "type",
        "offset",
        "length",
        "url",
        "user",
        "id",
        "text",
        "callback_data",
        "copy_text",
        "style",
        "keyboard",
        "inline_keyboard",
        "remove_keyboard",
        "message_id",
        "command",
        "description",
        "chat_id",
        "media",
        "caption",
        "photo",
        "bold",
        "text_link",
        "pre",
        "http://[::1",
        "document",
        "x",
    ]
)
LEAVES = st.none() | st.booleans() | st.integers(-2, 10**11) | st.floats() | PARTS | st.text(max_size=3)
SHAPES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(PARTS, inner, max_size=4),
    max_leaves=12,
)
BUTTONS = st.dictionaries(st.sampled_from(["text", "url", "callback_data", "copy_text", "style", "pay"]), SHAPES)
STRUCTURED = {
    "entities": st.lists(
        st.fixed_dictionaries({}, optional=dict.fromkeys(["type", "offset", "length", "url"], LEAVES))
    ),
    "caption_entities": SHAPES,
    "reply_markup": st.builds(lambda key, rows: {key: [rows]}, PARTS, st.lists(BUTTONS, max_size=3)) | SHAPES,
    "reply_parameters": SHAPES,
    "media": st.lists(st.fixed_dictionaries({}, optional=dict.fromkeys(["type", "media", "caption"], SHAPES))),
    "commands": SHAPES,
    "scope": SHAPES,
    "message_ids": SHAPES,
}


@settings(max_examples=400, deadline=None)
@given(
    method=st.sampled_from(
        ["sendMessage", "editMessageText", "sendPhoto", "sendMediaGroup", "setMyCommands", "deleteMessages"]
    ),
    extra=st.fixed_dictionaries({}, optional=STRUCTURED),
    as_text=st.booleans(),
)
def test_any_shape_gets_an_answer_other_than_500(method: str, extra: dict[str, Any], as_text: bool) -> None:
    world = create_world(SimConfig(limits=False))
    person = world.people.create("A")
    values = {name: json.dumps(value) if as_text else value for name, value in extra.items()}
    usual = {"chat_id": person.id, "text": "abc", "caption": "abc", "message_id": 1}

    async def play() -> None:
        await answer(world, "sendmessage", Args({"chat_id": person.id, "text": "first"}))
        status, body, _ = await answer(world, method.lower(), Args({**usual, **values}))
        assert status < 500
        json.loads(body)

    asyncio.run(play())
    json.dumps(chat_view(world, person, after=0))


ENTITY = {"type": "bold", "offset": 0, "length": 1}
DEEP = "[" * 5_000 + "]" * 5_000


@pytest.mark.parametrize(
    ("method", "parameters", "error"),
    [
        ("sendMessage", {"entities": [5]}, "can't parse MessageEntity: MessageEntity must be an Object"),
        ("sendMessage", {"entities": [{"type": "bold"}]}, 'can\'t parse MessageEntity: Can\'t find field "offset"'),
        ("sendMessage", {"entities": [{"offset": 0, "length": 1}]}, 'can\'t parse MessageEntity: Can\'t find field "type"'),
        ("sendMessage", {"entities": [{**ENTITY, "type": "shiny"}]}, "can't parse MessageEntity: Unsupported type specified"),
        ("sendMessage", {"entities": [{**ENTITY, "type": ["bold"]}]},
         'can\'t parse MessageEntity: Field "type" must be of type String'),
        ("sendMessage", {"entities": [{**ENTITY, "offset": "x"}]},
         'can\'t parse MessageEntity: Can\'t parse as an integer string "x"'),
        ("sendMessage", {"entities": [{**ENTITY, "length": []}]}, 'can\'t parse MessageEntity: Field "length" must be a Number'),
        ("sendMessage", {"entities": [{**ENTITY, "type": "text_link"}]},
         'can\'t parse MessageEntity: Can\'t find field "url"'),
        ("sendMessage", {"entities": [{**ENTITY, "offset": -1}]}, "receive an entity with incorrect offset -1"),
        ("sendMessage", {"entities": [{**ENTITY, "offset": 4}]},
         "entity begins after the end of the text at UTF-16 offset 4"),
        ("sendMessage", {"entities": [{**ENTITY, "length": 100}]},
         "entity beginning at UTF-16 offset 0 ends after the end of the text at UTF-16 offset 100"),
        ("sendMessage", {"reply_markup": {"inline_keyboard": [[{"text": "a", "url": "http://[::1"}]]}},
         "inline keyboard button URL 'http://[::1' is invalid: Wrong HTTP URL"),
        ("sendMessage", {"reply_markup": DEEP}, "can't parse reply keyboard markup JSON object"),
        ("sendMessage", {"entities": DEEP}, "can't parse entities JSON object"),
        ("sendMediaGroup", {"media": [{"type": ["x"]}]}, 'can\'t parse InputMedia: Field "type" must be of type String'),
        ("setWebhook", {"url": "http://[::1"}, "bad webhook: Wrong host or port number specified in the URL"),
        ("setWebhook", {"url": "http://a:99999"}, "bad webhook: Wrong host or port number specified in the URL"),
    ],
)  # fmt: skip
async def test_wrong_shapes_are_named(
    simulator: Client, person: int, method: str, parameters: dict[str, Any], error: str
) -> None:
    with pytest.raises(ApiError) as caught:
        await simulator.call(method, chat_id=person, text="abc", **parameters)
    assert (caught.value.code, caught.value.description) == (400, f"Bad Request: {error}")


async def test_entities_the_server_finds_by_itself_and_empty_ones_are_passed_over(
    simulator: Client, person: int
) -> None:
    given_entities = [{**ENTITY, "offset": "1"}, {**ENTITY, "type": "mention"}, {**ENTITY, "length": 0}]
    sent = await simulator.call("sendMessage", chat_id=person, text="abc", entities=given_entities)
    assert sent["entities"] == [{"type": "bold", "offset": 1, "length": 1}]


@pytest.mark.parametrize(
    "body", [b'{"a": ' + DEEP.encode() + b"}", b'{"a": ' * 101 + b"1" + b"}" * 101, b'{"a": NaN}', b'{"a": 1e999}']
)
async def test_json_that_is_too_deep_or_holds_no_number(simulator: Client, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    async with simulator.session.post(simulator.url("getMe"), data=body, headers=headers) as found:
        assert (await found.json())["description"] == "Bad Request: can't parse JSON object"


@pytest.mark.parametrize("verb", ["PUT", "DELETE", "PATCH", "OPTIONS"])
async def test_only_get_and_post_are_known(simulator: Client, person: int, verb: str) -> None:
    parameters = {"chat_id": str(person), "text": "a"}
    async with simulator.session.request(verb, simulator.url("sendMessage"), params=parameters) as found:
        assert found.status == 501
        assert await found.json() == {"ok": False, "error_code": 501, "description": "Not Implemented"}
    assert (await simulator.read("journal"))["rows"] == []


async def test_a_fault_of_our_own_is_still_the_bot_apis_json(
    simulator: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(METHODS, "getme", ("getMe", lambda *_: 1 / 0))
    with pytest.raises(ApiError) as caught:
        await simulator.call("getMe")
    assert (caught.value.code, caught.value.description) == (500, "Internal Server Error")
    assert "ZeroDivisionError" in caplog.text
    assert (await simulator.read("journal", kind="requests"))["rows"][-1]["outcome"] == "500"
