"""Messages of the OA: shapes, the order of the checks, windows and what they cost."""

from typing import Any

import pytest

from simulator.client import Client
from tests.simulator.zalo.conftest import DAY, HOUR, advance, new_follower, send, settle, to

SHOW = {"title": "Sự kiện", "type": "oa.query.show", "payload": "#events"}
BUTTONS: list[dict[str, Any]] = [
    SHOW,
    {"title": "Tắt tin", "type": "oa.query.hide", "payload": "#off"},
    {"title": "Trang", "type": "oa.open.url", "payload": {"url": "https://example.vn"}},
    {"title": "Gọi", "type": "oa.open.phone", "payload": {"phone_code": "84900000001"}},
    {"title": "SMS", "type": "oa.open.sms", "payload": {"content": "DK", "phone_code": "84900000001"}},
]


def with_buttons(*buttons: Any, **payload: Any) -> dict[str, Any]:
    return {"attachment": {"type": "template", "payload": {"buttons": list(buttons), **payload}}}


async def chat(client: Client, person: str) -> Any:
    return (await client.read(f"zalo/oa/people/{person}/chat"))["messages"]


async def test_a_text_arrives(oa: Client, follower: str) -> None:
    answer = await send(oa, follower, "Xin chào")
    assert (answer["error"], answer["message"]) == (0, "Success")
    data = answer["data"]
    assert (data["user_id"], data["quota"]) == (follower, {"quota_type": "reply"})
    assert (len(data["message_id"]), data["sent_time"].isdigit()) == (20, True)
    message = (await chat(oa, follower))[0]
    assert (message["from"], message["text"], message["message_id"]) == ("oa", "Xin chào", data["message_id"])
    journal = await oa.read("journal", network="zalo_oa")
    assert [(row["network"], row["chat_id"], row["message_id"], row["text"]) for row in journal["rows"]] == [
        ("zalo_oa", follower, data["message_id"], "Xin chào")
    ]
    counts = {"delivered": 1, "people": 1, "repeated": {}}
    assert await oa.read("journal/counts", contains="Xin", network="zalo_oa") == counts
    assert (await oa.read("journal/counts", contains="Xin", network="telegram"))["delivered"] == 0


async def test_the_length_of_a_text(oa: Client, follower: str) -> None:
    assert (await send(oa, follower, "ầ" * 2000))["error"] == 0
    assert (await send(oa, follower, "ầ" * 2001))["error"] == -210
    assert (await send(oa, follower, " "))["error"] == -201


async def test_buttons(oa: Client, follower: str) -> None:
    assert (await send(oa, follower, "Chọn", **with_buttons(*BUTTONS)))["error"] == 0
    assert (await chat(oa, follower))[0]["buttons"] == [
        SHOW,
        BUTTONS[1],
        {"title": "Trang", "type": "oa.open.url", "url": "https://example.vn"},
        {"title": "Gọi", "type": "oa.open.phone", "phone": "84900000001"},
        {"title": "SMS", "type": "oa.open.sms", "phone": "84900000001", "content": "DK"},
    ]
    assert (await send(oa, follower, "", **with_buttons(SHOW, template_type="button", text="Chọn")))["error"] == -201
    body = to(follower, **with_buttons(SHOW, template_type="button", text="Chọn"))
    del body["message"]["text"]
    assert (await oa.oa("v3.0/oa/message/cs", body))["error"] == 0


@pytest.mark.parametrize(
    "buttons",
    [
        [SHOW] * 6,
        [],
        [{**SHOW, "title": "x" * 101}],
        [{**SHOW, "payload": "x" * 1001}],
        [{**SHOW, "payload": {}}],
        [{**SHOW, "type": "oa.query.other"}],
        [{**BUTTONS[2], "payload": {"url": "javascript:1"}}],
        [{**BUTTONS[3], "payload": "84900000001"}],
        ["x"],
    ],
)
async def test_wrong_buttons(oa: Client, follower: str, buttons: Any) -> None:
    assert (await send(oa, follower, "Chọn", **with_buttons(*buttons)))["error"] == -201


@pytest.mark.parametrize("code", [-233, -201])
async def test_buttons_may_be_refused(oa: Client, follower: str, code: int) -> None:
    await settle(oa, refuse_buttons=code)
    assert (await send(oa, follower, "Chọn", **with_buttons(SHOW)))["error"] == code
    assert (await send(oa, follower, "1. Sự kiện"))["error"] == 0


async def test_a_quote(oa: Client, follower: str) -> None:
    said = await oa.order(f"zalo/oa/people/{follower}/text", {"text": "hỏi"})
    await send(oa, follower, "đáp", quote_message_id=said["message_ids"][0])
    assert (await chat(oa, follower))[-1]["quote"] == said["message_ids"][0]


async def test_the_windows_and_what_they_cost(oa: Client) -> None:
    await settle(oa, sub_quota=2, limits=False)
    person = await new_follower(oa, interacted_hours_ago=47)
    assert (await send(oa, person))["data"]["quota"] == {"quota_type": "reply"}
    await advance(oa, 2 * HOUR)
    assert (await oa.read(f"zalo/oa/people/{person}"))["window"] == "paid"
    quotas = [(await send(oa, person))["data"].get("quota") for _ in range(4)]
    assert quotas == [
        {"quota_type": "sub_quota", "remain": "1", "total": "2"},
        {"quota_type": "sub_quota", "remain": "0", "total": "2"},
        None,
        None,
    ]
    state = await oa.read("zalo/oa")
    assert (state["charged_vnd"], state["sub_quota"]) == (110, {"total": 2, "remain": 0})
    await oa.order(f"zalo/oa/people/{person}/text", {"text": "chào"})
    assert (await send(oa, person))["data"]["quota"] == {"quota_type": "reply"}
    assert (await oa.read("zalo/oa"))["charged_vnd"] == 110


async def test_after_seven_days_there_is_no_sending(oa: Client) -> None:
    person = await new_follower(oa, interacted_hours_ago=7 * 24 - 1)
    assert (await send(oa, person))["error"] == 0
    await advance(oa, HOUR + 1)
    assert await send(oa, person) == {"error": -230, "message": "User has not interacted with OA in past 7 days"}
    assert (await oa.read(f"zalo/oa/people/{person}"))["window"] == "closed"


@pytest.mark.parametrize("action", ["follow", "chatnow", "text", "press"])
async def test_what_opens_the_window(oa: Client, action: str) -> None:
    person = await new_follower(oa, interacted_hours_ago=200)
    await oa.order(f"zalo/oa/people/{person}/unfollow")
    if action == "press":
        await oa.order(f"zalo/oa/people/{person}/follow")
    await oa.order(f"zalo/oa/people/{person}/{action}", {"text": "chào", "title": "Tin"})
    assert (await send(oa, person))["data"]["quota"] == {"quota_type": "reply"}


async def test_looking_does_not_open_the_window(oa: Client) -> None:
    person = await new_follower(oa, interacted_hours_ago=100)
    await send(oa, person)
    await oa.order(f"zalo/oa/people/{person}/seen")
    assert (await oa.read(f"zalo/oa/people/{person}"))["window"] == "paid"


async def test_without_a_relation_there_is_no_sending(oa: Client, follower: str) -> None:
    stranger = (await oa.order("zalo/oa/people", {"name": "Người lạ"}))["id"]
    assert (await send(oa, stranger))["error"] == -213
    assert (await send(oa, "2000000000000009999"))["error"] == -213
    await oa.order(f"zalo/oa/people/{follower}/unfollow")
    assert (await send(oa, follower))["error"] == -213
    await oa.order(f"zalo/oa/people/{follower}/text", {"text": "vẫn hỏi"})
    assert (await send(oa, follower))["error"] == 0


@pytest.mark.parametrize("code", [-217, -213, -218, -227, -232, -244])
async def test_a_person_who_refuses(oa: Client, follower: str, code: int) -> None:
    await oa.order(f"zalo/oa/people/{follower}/block", {"code": code})
    assert (await send(oa, follower))["error"] == code
    await oa.order(f"zalo/oa/people/{follower}/unblock")
    assert (await send(oa, follower))["error"] == 0


async def test_a_government_oa_sends_by_the_older_address_only(oa: Client, follower: str) -> None:
    await settle(oa, oa_type=4)
    refused = {"error": -235, "message": "This API does not support this type of OA"}
    assert await send(oa, follower) == refused
    assert await send(oa, "nobody", "x" * 3000) == refused
    answer = await oa.oa("v2.0/oa/message", to(follower))
    assert (answer["error"], answer["data"]["quota"]) == (0, {"quota_type": "reply"})
    await settle(oa, oa_type=2)
    assert (await oa.oa("v2.0/oa/message", to(follower)))["error"] == -240
    assert (await send(oa, follower))["error"] == 0


async def test_the_order_of_the_checks(oa: Client) -> None:
    stranger = (await oa.order("zalo/oa/people", {"name": "Người lạ"}))["id"]
    closed = await new_follower(oa, interacted_hours_ago=200)
    await settle(oa, rate_per_minute=3)
    assert (await send(oa, stranger, "x" * 2001))["error"] == -210
    assert (await send(oa, stranger))["error"] == -213
    assert (await send(oa, closed))["error"] == -230
    await settle(oa, limits=True, oa_type=4)
    assert (await send(oa, closed))["error"] == -32
    oa.oa_token = "at_wrong"
    assert (await send(oa, closed))["error"] == -216


async def test_the_limit_of_a_minute_and_its_headers(oa: Client) -> None:
    await settle(oa, limits=True, rate_per_minute=2)
    left = []
    url = f"{oa.address}/zalo-oa/v2.0/oa/getoa"
    for _ in range(3):
        async with oa.session.get(url, headers={"access_token": oa.oa_token}) as answer:
            left.append((answer.headers["X-RateLimit-Limit"], answer.headers["X-RateLimit-Remain"]))
            last = await answer.json()
    assert left == [("2", "1"), ("2", "0"), ("2", "0")]
    assert last["error"] == -32
    await advance(oa, 60)
    assert (await oa.oa("v2.0/oa/getoa"))["error"] == 0
    await settle(oa, app_rate_per_minute=1)
    assert (await oa.oa("v2.0/oa/getoa"))["error"] == -32


async def test_an_uploaded_picture_a_file_and_a_url(oa: Client, follower: str, picture: Any) -> None:
    def media(**element: Any) -> dict[str, Any]:
        elements = [{"media_type": "image", **element}]
        return {"attachment": {"type": "template", "payload": {"template_type": "media", "elements": elements}}}

    attachment = (await oa.oa_upload("image", "a.png", picture(8, 8)))["data"]["attachment_id"]
    assert (await send(oa, follower, "Lịch", **media(attachment_id=attachment)))["error"] == 0
    assert (await send(oa, follower, "Lịch", **media(url="https://example.vn/a.jpg")))["error"] == 0
    both = media(url="https://example.vn/a.jpg", attachment_id=attachment)
    assert (await send(oa, follower, "Lịch", **both))["error"] == -201
    token = (await oa.oa_upload("file", "Kế hoạch.pdf", b"%PDF-1.4"))["data"]["token"]
    file = {"message": {"attachment": {"type": "file", "payload": {"token": token}}}}
    assert (await oa.oa("v3.0/oa/message/cs", {"recipient": {"user_id": follower}, **file}))["error"] == 0
    first, second, third = await chat(oa, follower)
    assert second["image_url"] == "https://example.vn/a.jpg"
    assert (third["file"]["name"], third["file"]["size"]) == ("Kế hoạch.pdf", 8)
    for url, content in ((first["image_url"], picture(8, 8)), (third["file"]["url"], b"%PDF-1.4")):
        async with oa.session.get(f"{oa.address}{url}") as answer:
            assert await answer.read() == content
    await advance(oa, 7 * DAY)
    await oa.order("zalo/oa/tokens")
    oa.oa_token = (await oa.read("zalo/oa/tokens"))["access_token"]
    await oa.order(f"zalo/oa/people/{follower}/text", {"text": "chào"})
    assert (await send(oa, follower, "Lịch", **media(attachment_id=attachment)))["error"] == -100


async def test_what_cannot_be_uploaded(oa: Client, picture: Any) -> None:
    large = b"\x89PNG\r\n\x1a\n" + bytes(1024 * 1024)
    assert (await oa.oa_upload("image", "a.png", large))["error"] == -210
    assert (await oa.oa_upload("image", "a.gif", b"GIF89a"))["error"] == -201
    assert (await oa.oa_upload("gif", "a.gif", b"GIF89a"))["error"] == 0
    assert (await oa.oa_upload("file", "a.exe", b"MZ"))["error"] == -201
    assert (await oa.oa_upload("file", "a.pdf", bytes(5 * 1024 * 1024 + 1)))["error"] == -210
