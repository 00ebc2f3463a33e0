"""The OA's webhook: signature, receipts, order, retries and the end of them."""

import asyncio
import time
from typing import Any

import pytest

from simulator.client import Client
from simulator.zalo.oa.signature import sign
from tests.simulator.zalo.conftest import Receiver, advance, attempted, new_follower, send, settle, signature, until

BODY = (
    '{"app_id":"1000000000000000001","sender":{"id":"2000000000000000001"},"user_id_by_app":"3000000000000000001",'
    '"recipient":{"id":"4000000000000000001"},"event_name":"user_send_text",'
    '"message":{"text":"Xin chào","msg_id":"a1b2c3d4e5f60718"},"timestamp":"1790000000000"}'
).encode()


@pytest.fixture
async def hooked(oa: Client, receiver: Receiver) -> Client:
    await settle(oa, webhook=receiver.url)
    return oa


async def say(client: Client, person: str, text: str) -> Any:
    return await client.order(f"zalo/oa/people/{person}/text", {"text": text})


def texts(receiver: Receiver) -> list[str]:
    return [event["message"]["text"] for event in receiver.events if "text" in event.get("message", {})]


def test_the_published_signature() -> None:
    found = sign(BODY, first="1000000000000000001", timestamp="1790000000000", secret="example-oa-secret", prefix="")
    assert len(BODY) == 267
    assert found == "31bfff8c4c877b404d0c45b3f606e19ca2238b9acb6cfb8548dd668511fe29b4"


async def test_a_text_becomes_a_signed_event(hooked: Client, receiver: Receiver, follower: str) -> None:
    done = await say(hooked, follower, "Xin chào")
    assert done["events"] == ["user_send_text"]
    await until(lambda: len(receiver.bodies) == 1)
    event = receiver.events[0]
    timestamp = event.pop("timestamp")
    assert timestamp.isdigit()
    assert event == {
        "app_id": "1000000000000000001",
        "sender": {"id": follower},
        "user_id_by_app": f"3{follower[1:]}",
        "recipient": {"id": "4000000000000000001"},
        "event_name": "user_send_text",
        "message": {"text": "Xin chào", "msg_id": done["message_ids"][0]},
    }
    assert receiver.headers[0]["X-ZEvent-Signature"] == f"mac={signature(receiver.bodies[0])}"
    assert "num_retry" not in receiver.headers[0]


async def test_the_variants_of_the_signature(hooked: Client, receiver: Receiver, follower: str) -> None:
    await settle(hooked, signature_prefix="", signature_first="oa_id")
    await say(hooked, follower, "a")
    await until(lambda: len(receiver.bodies) == 1)
    expected = signature(receiver.bodies[0], first="4000000000000000001")
    assert receiver.headers[0]["X-ZEvent-Signature"] == expected


async def test_an_accepted_message_comes_back(hooked: Client, receiver: Receiver, follower: str) -> None:
    message_id = (await send(hooked, follower, "tin"))["data"]["message_id"]
    await until(lambda: len(receiver.bodies) == 2)
    echo, received = receiver.events
    assert (echo["event_name"], echo["message"]) == ("oa_send_text", {"text": "tin", "msg_id": message_id})
    assert (echo["sender"], echo["recipient"]) == ({"id": "4000000000000000001"}, {"id": follower})
    assert (received["event_name"], received["message"]) == ("user_received_message", {"msg_id": message_id})
    assert received["sender"] == {"id": "4000000000000000001"}
    await hooked.order(f"zalo/oa/people/{follower}/seen")
    await until(lambda: len(receiver.bodies) == 3)
    assert (receiver.names()[2], receiver.events[2]["message"]) == ("user_seen_message", {"msg_ids": [message_id]})
    assert (await hooked.order(f"zalo/oa/people/{follower}/seen"))["events"] == []


async def test_receipts_by_the_switches(hooked: Client, receiver: Receiver, follower: str) -> None:
    await settle(hooked, echo=False, seen=True, receipt_sender="user")
    await send(hooked, follower)
    await until(lambda: len(receiver.bodies) == 2)
    assert receiver.names() == ["user_received_message", "user_seen_message"]
    assert [event["sender"]["id"] for event in receiver.events] == [follower] * 2
    desk = await new_follower(hooked, mobile=False)
    await send(hooked, desk)
    await settle(hooked, received=False, seen=False)
    await send(hooked, follower)
    await say(hooked, desk, "hết")
    await until(lambda: "user_send_text" in receiver.names())
    assert len(receiver.bodies) == 3


async def test_failed_deliveries_come_again_as_long_as_zalo_does(
    hooked: Client, receiver: Receiver, follower: str
) -> None:
    receiver.always = 500
    await say(hooked, follower, "một")
    await say(hooked, follower, "hai")
    for number, wait in enumerate((30, 300, 900, 1800, 3600), start=1):
        await attempted(hooked, number)
        await advance(hooked, wait - 1)
        await asyncio.sleep(0.05)
        assert len(receiver.bodies) == number
        await advance(hooked, 1)
    await attempted(hooked, 6)
    assert [headers.get("num_retry") for headers in receiver.headers] == [None, "1", "2", "3", "4", "5"]
    assert len(set(receiver.bodies)) == 1
    webhook = (await hooked.read("zalo/oa"))["webhook"]
    assert webhook == {
        "url": receiver.url, "disabled": True, "waiting": 0, "failures": 6, "last_error": "answered 500",
    }  # fmt: skip
    receiver.always = 200
    await say(hooked, follower, "lúc tắt")
    assert (await hooked.order("zalo/oa/webhook/enable"))["disabled"] is False
    await say(hooked, follower, "bật lại")
    await until(lambda: len(receiver.bodies) == 7)
    assert texts(receiver)[-1] == "bật lại"


async def test_an_answer_after_two_seconds_is_none(hooked: Client, receiver: Receiver, follower: str) -> None:
    await settle(hooked, answer_seconds=0.2)
    receiver.wait = 0.5
    await say(hooked, follower, "chậm")
    await attempted(hooked, 1)
    receiver.wait = 0.0
    await settle(hooked, answer_seconds=5.0)
    await advance(hooked, 30)
    await attempted(hooked, 2)
    rows = (await hooked.read("zalo/oa/deliveries"))["rows"]
    assert [(row["event_name"], row["person"], row["num_retry"], row["status"]) for row in rows] == [
        ("user_send_text", follower, 0, 0),
        ("user_send_text", follower, 1, 200),
    ]


async def test_anything_but_200_is_no_answer(hooked: Client, receiver: Receiver, follower: str) -> None:
    receiver.answers = [204]
    await say(hooked, follower, "a")
    await attempted(hooked, 1)
    await advance(hooked, 30)
    await until(lambda: len(receiver.bodies) == 2)
    assert receiver.bodies[0] == receiver.bodies[1], "the same event, once more"


async def test_one_person_waits_and_others_do_not(hooked: Client, receiver: Receiver, follower: str) -> None:
    other = await new_follower(hooked, "Triệu Thị Duyên")
    receiver.answers = [500]
    await say(hooked, follower, "một")
    await until(lambda: len(receiver.bodies) == 1)
    await say(hooked, follower, "hai")
    await say(hooked, other, "chen")
    await attempted(hooked, 2)
    await advance(hooked, 30)
    await until(lambda: len(receiver.bodies) == 4)
    assert texts(receiver) == ["một", "chen", "một", "hai"]


async def test_without_retries_an_event_is_lost(hooked: Client, receiver: Receiver, follower: str) -> None:
    await settle(hooked, retries=False)
    receiver.answers = [500]
    await say(hooked, follower, "mất")
    await say(hooked, follower, "còn")
    await until(lambda: len(receiver.bodies) == 2)
    assert texts(receiver) == ["mất", "còn"]
    assert (await hooked.read("zalo/oa"))["webhook"]["disabled"] is False


async def test_retries_may_be_switched_off_while_one_waits(hooked: Client, receiver: Receiver, follower: str) -> None:
    receiver.always = 500
    await say(hooked, follower, "một")
    await attempted(hooked, 1)
    await settle(hooked, retries=False)
    await say(hooked, follower, "hai")
    for number, wait in enumerate((30, 300, 900, 1800, 3600), start=2):
        await advance(hooked, wait)
        await attempted(hooked, number)
    await attempted(hooked, 7)
    assert texts(receiver) == ["một"] * 6 + ["hai"]


async def test_duplicates(hooked: Client, receiver: Receiver, follower: str) -> None:
    await settle(hooked, duplicate_p=1.0)
    await say(hooked, follower, "đôi")
    await until(lambda: len(receiver.bodies) == 2)
    assert receiver.bodies[0] == receiver.bodies[1]


async def test_any_event_can_be_sent_and_any_signature_forged(hooked: Client, receiver: Receiver) -> None:
    event = {"event_name": "user_dances", "timestamp": "1790000000000"}
    await hooked.order("zalo/oa/events", {"event": event})
    await until(lambda: len(receiver.bodies) == 1)
    await hooked.order("zalo/oa/events", {"event": event, "signature": "mac=0"})
    await until(lambda: len(receiver.bodies) == 2)
    assert receiver.events == [event, event]
    marks = [headers["X-ZEvent-Signature"] for headers in receiver.headers]
    assert marks == [f"mac={signature(receiver.bodies[0])}", "mac=0"]


async def test_reset_forgets_what_waits_and_keeps_the_webhook(
    hooked: Client, receiver: Receiver, follower: str
) -> None:
    receiver.answers = [500]
    await say(hooked, follower, "cũ")
    await until(lambda: len(receiver.bodies) == 1)
    await hooked.order("reset")
    assert (await hooked.read("zalo/oa"))["webhook"] == {
        "url": receiver.url, "disabled": False, "waiting": 0, "failures": 0, "last_error": "",
    }  # fmt: skip
    assert (await hooked.read("zalo/oa/people"))["people"] == []
    again = await new_follower(hooked)
    assert again == follower
    await say(hooked, again, "mới")
    await until(lambda: len(receiver.bodies) == 2)
    assert (await send(hooked, again))["error"] == 0


async def test_many_people_at_once(hooked: Client, receiver: Receiver) -> None:
    await settle(hooked, limits=False)
    ids = (await hooked.order("zalo/oa/people", {"count": 300, "prefix": "Bạn", "follows": True}))["ids"]
    began = time.monotonic()
    for person in ids:
        await send(hooked, person, "tin")
    await until(lambda: len(receiver.bodies) == 600, seconds=20)
    assert time.monotonic() - began < 20
    rows = (await hooked.read("zalo/oa/deliveries", limit=5))["rows"]
    assert [row["seq"] for row in rows] == [1, 2, 3, 4, 5]
