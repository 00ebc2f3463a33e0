"""Server-sent events, posters, QR codes and the page's files."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import aiohttp
import pytest

from simulator.client import Client
from simulator.errors import ControlError
from simulator.events import BACKLOG, Events


class Seen(NamedTuple):
    number: int
    kind: str
    data: dict[str, Any]


@asynccontextmanager
async def listening(client: Client, **query: Any) -> AsyncIterator[aiohttp.StreamReader]:
    headers = {"Last-Event-ID": str(query.pop("last"))} if "last" in query else {}
    async with client.session.get(f"{client.address}/sim/events", params=query, headers=headers) as answer:
        assert answer.content_type == "text/event-stream"
        assert await answer.content.readline() == b"retry: 1000\n"
        yield answer.content


async def read(stream: aiohttp.StreamReader, count: int) -> list[Seen]:
    found: list[Seen] = []
    async with asyncio.timeout(5):
        while len(found) < count:
            fields: dict[str, str] = {}
            while line := (await stream.readline()).decode().rstrip("\n"):
                name, _, value = line.partition(": ")
                fields[name] = value
            if "data" in fields:
                found.append(Seen(int(fields["id"]), fields["event"], json.loads(fields["data"])))
    return found


async def test_everything_that_happens_to_a_person_is_told(simulator: Client, person: int) -> None:
    other = await simulator.person("Người khác")
    keys = {"inline_keyboard": [[{"text": "A", "callback_data": "a"}]]}
    async with listening(simulator, person=person) as stream:
        await simulator.call("sendMessage", chat_id=other, text="không thấy")
        await simulator.order(f"people/{person}/text", {"text": "chào"})
        await simulator.call("sendChatAction", chat_id=person, action="typing")
        sent = await simulator.call(
            "sendMessage", chat_id=person, text="<b>đáp</b>", parse_mode="HTML", reply_markup=keys
        )
        place = {"chat_id": person, "message_id": sent["message_id"]}
        await simulator.call("editMessageText", **place, text="sửa", reply_markup=keys)
        await simulator.order(f"people/{person}/tap", {"label": "A"})
        query = (await simulator.call("getUpdates", offset=-1))[0]["callback_query"]
        await simulator.call("answerCallbackQuery", callback_query_id=query["id"], text="ừ")
        await simulator.call("deleteMessage", **place)
        await simulator.order(f"people/{person}/block")
        seen = await read(stream, 7)
    assert [event.kind for event in seen] == ["message", "typing", "message", "edit", "toast", "delete", "person"]
    assert {event.data["person"] for event in seen} == {person}
    assert (seen[0].data["from"], seen[0].data["text"]) == ("person", "chào")
    assert (seen[3].data["text"], seen[3].data["edited"]) == ("sửa", True)
    assert seen[4].data["text"] == "ừ"
    assert seen[5].data["deleted"] is True
    assert seen[6].data["blocked"] is True


async def test_a_listener_comes_back_where_it_left(simulator: Client, person: int) -> None:
    async with listening(simulator) as stream:
        await simulator.call("sendMessage", chat_id=person, text="một")
        first = (await read(stream, 1))[0]
    await simulator.call("sendMessage", chat_id=person, text="hai")
    async with listening(simulator, last=first.number) as stream:
        assert [event.data["text"] for event in await read(stream, 1)] == ["hai"]
    async with listening(simulator, after=0, person=f"{person},42") as stream:
        assert [event.kind for event in await read(stream, 3)] == ["person", "message", "message"]


async def test_a_listener_that_is_too_slow_is_let_go_and_comes_back() -> None:
    events = Events()
    for number in range(BACKLOG + 50):
        events.publish("message", person_id=7, subject={"number": number})
    seen = [event.seq async for event in events.listen(people=frozenset({7}), after=0, beat=1) if event]
    assert seen == list(range(1, BACKLOG + 1))
    rest = events.listen(people=frozenset(), after=seen[-1], beat=1)
    assert [(await anext(rest)) is not None for _ in range(50)] == [True] * 50
    events.close()
    assert [event async for event in rest] == []


async def test_the_chat_can_be_read_from_a_number_on(simulator: Client, person: int) -> None:
    sent = await simulator.call("sendMessage", chat_id=person, text="một")
    before = (await simulator.chat(person))["seq"]
    await simulator.call("sendMessage", chat_id=person, text="hai")
    await simulator.call("editMessageText", chat_id=person, message_id=sent["message_id"], text="một rưỡi")
    changed = (await simulator.chat(person, after=before))["messages"]
    assert [row["text"] for row in changed] == ["một rưỡi", "hai"]


async def test_a_stream_does_not_keep_the_simulator_from_stopping(simulator: Client) -> None:
    async with listening(simulator) as stream:
        await simulator.order("people", {"name": "Ai đó"})
        assert (await read(stream, 1))[0].kind == "person"


async def test_posters_and_their_qr_codes(simulator: Client) -> None:
    poster = {"title": "THPT Chu Văn An", "payload": "src_thpt-1"}
    put_up = await simulator.order("posters", [poster])
    assert put_up == await simulator.read("posters")
    assert put_up["posters"] == [{**poster, "url": "https://t.me/LoaTreBot?start=src_thpt-1"}]
    with pytest.raises(ControlError):
        await simulator.order("posters", [{"title": "x", "payload": "có dấu"}])
    async with simulator.session.get(
        f"{simulator.address}/sim/qr.svg", params={"text": put_up["posters"][0]["url"]}
    ) as answer:
        assert answer.content_type == "image/svg+xml"
        assert (await answer.text()).startswith("<svg")
    async with simulator.session.get(f"{simulator.address}/sim/qr.svg") as answer:
        assert answer.status == 400


async def test_the_page_is_served(simulator: Client) -> None:
    async with simulator.session.get(f"{simulator.address}/") as answer:
        assert (answer.status, answer.content_type) == (200, "text/html")
    async with simulator.session.get(f"{simulator.address}/static/index.html") as answer:
        assert answer.status == 200
    for path in ("/static/../app.py", "/static/nothing.js", "/nothing"):
        async with simulator.session.get(f"{simulator.address}{path}") as answer:
            assert answer.status == 404
