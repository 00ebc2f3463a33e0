"""The journal, its bounds and counts; the clock, the settings, and starting afresh."""

from typing import Any

import pytest

from simulator.client import Client
from simulator.errors import ApiError, ControlError
from simulator.journal import Journal


def kept(journal: Journal, text: str, *, chat: int, number: int) -> None:
    journal.message(text, at=float(number), chat_id=chat, message_id=number, method="sendMessage")


async def test_accepted_messages_stand_in_order(simulator: Client, person: int) -> None:
    other = await simulator.person("Triệu Thị Duyên")
    for chat, text in ((person, "tin 1"), (other, "tin 1"), (person, "tin 2"), (person, "tin 1")):
        await simulator.call("sendMessage", chat_id=chat, text=text)
    with pytest.raises(ApiError):
        await simulator.call("sendMessage", chat_id=1, text="tin 1")
    journal = await simulator.read("journal", kind="messages")
    assert [(row["seq"], row["chat_id"], row["text"]) for row in journal["rows"]] == [
        (1, person, "tin 1"), (2, other, "tin 1"), (3, person, "tin 2"), (4, person, "tin 1"),
    ]  # fmt: skip
    assert (journal["last"], journal["rows"][0]["method"]) == (4, "sendMessage")
    later = await simulator.read("journal", kind="messages", after=2, limit=1)
    assert [row["seq"] for row in later["rows"]] == [3]
    counts = await simulator.read("journal/counts", contains="tin 1")
    assert counts == {"delivered": 3, "people": 2, "repeated": {str(person): 2}}
    assert (await simulator.read("journal/counts", contains="không có"))["delivered"] == 0


async def test_requests_are_kept_with_their_outcome(simulator: Client, person: int) -> None:
    await simulator.upload("sendDocument", files={"document": ("a.txt", b"12345")}, chat_id=person, caption="tệp")
    with pytest.raises(ApiError):
        await simulator.call("sendMessage", chat_id=person, text="")
    await simulator.call("getUpdates")
    rows = (await simulator.read("journal", kind="requests"))["rows"]
    assert [(row["method"], row["chat_id"], row["outcome"], row["error"]) for row in rows] == [
        ("sendDocument", person, "ok", None),
        ("sendMessage", person, "400", "Bad Request: message text is empty"),
        ("getUpdates", None, "ok", None),
    ]
    assert rows[0]["parameters"] == {"chat_id": str(person), "caption": "tệp", "document": "<5 bytes>"}


def test_the_journal_is_bounded() -> None:
    journal = Journal(requests=10, parameters=3, messages=100)
    for number in range(1, 26):
        journal.request("getMe", at=0.0, chat_id=None, outcome="ok", error=None, parameters={"number": number})
    rows, last = journal.requests_after(0, limit=100)
    assert [row["seq"] for row in rows] == list(range(16, 26))
    assert [row.get("parameters") for row in rows[-4:]] == [None, {"number": 23}, {"number": 24}, {"number": 25}]
    assert [row["seq"] for row in journal.requests_after(20, limit=2)[0]] == [21, 22]
    assert last == 25


def test_old_messages_go_first_and_the_rest_stays_right() -> None:
    journal = Journal(requests=1, parameters=1, messages=100)
    for number in range(1, 251):
        kept(journal, f"tin {number % 7}", chat=number, number=number)
    rows, last = journal.messages_after(0, limit=1_000)
    assert last == 250
    assert 75 <= len(rows) <= 100
    assert [row["seq"] for row in rows] == list(range(251 - len(rows), 251))
    assert all(row["text"] == f"tin {row['message_id'] % 7}" and row["chat_id"] == row["seq"] for row in rows)
    assert journal.messages_after(249, limit=5)[0][0]["message_id"] == 250
    assert journal.counts("tin 3")["people"] == sum(row["text"] == "tin 3" for row in rows)


async def test_a_long_transcript_is_cut_but_the_journal_is_not(simulator: Client, person: int) -> None:
    for number in range(450):
        await simulator.call("sendMessage", chat_id=person, text=f"tin {number}")
    seen = (await simulator.chat(person))["messages"]
    assert 200 <= len(seen) <= 400
    assert seen[-1]["text"] == "tin 449"
    assert (await simulator.read("journal/counts", contains="tin"))["delivered"] == 450


async def test_the_clock_moves_forward_only(simulator: Client, person: int) -> None:
    before = (await simulator.read("clock"))["now"]
    after = (await simulator.order("clock", {"advance": 86_400}))["now"]
    assert before[:10] < after[:10]
    sent = await simulator.call("sendMessage", chat_id=person, text="mai")
    assert (await simulator.chat(person))["messages"][0]["date"][:10] == after[:10]
    assert sent["date"] > 0
    with pytest.raises(ControlError):
        await simulator.order("clock", {"advance": -1})


async def test_reset_forgets_everything_but_the_bot(simulator: Client, person: int) -> None:
    await simulator.call("setMyCommands", commands=[{"command": "tin", "description": "Tin mới"}])
    await simulator.call("sendMessage", chat_id=person, text="a")
    await simulator.order(f"people/{person}/text", {"text": "b"})
    await simulator.order("faults", {"kind": "500", "method": "getFile"})
    await simulator.order("reset")
    assert (await simulator.read("people"))["people"] == []
    assert (await simulator.read("journal"))["last"] == 0
    assert (await simulator.read("faults"))["faults"] == []
    assert await simulator.call("getUpdates") == []
    bot = await simulator.read("bot")
    assert (bot["id"], bot["username"], bot["name"]) == (7000001, "LoaTreBot", "Loa Trẻ")
    assert bot["commands"] == [{"command": "tin", "description": "Tin mới"}]


@pytest.mark.parametrize(
    ("path", "body"),
    [("settings", {"speed": 1}), ("settings", {"rate": 0}), ("people", {}), ("people", {"count": 0}), ("updates", {})],
)
async def test_wrong_orders_say_what_is_wrong(simulator: Client, path: str, body: dict[str, Any]) -> None:
    with pytest.raises(ControlError) as caught:
        await simulator.order(path, body)
    assert caught.value.status == 400
    assert caught.value.message


async def test_an_order_that_is_no_json(simulator: Client) -> None:
    async with simulator.session.post(f"{simulator.address}/sim/people", data=b"{") as answer:
        assert (answer.status, await answer.json()) == (400, {"error": "the body is not JSON"})
