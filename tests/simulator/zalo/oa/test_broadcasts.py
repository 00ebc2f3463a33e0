"""Articles and broadcasts: made, reviewed, sent to all followers within their share, and opened."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest

from simulator.client import Client
from simulator.errors import ControlError
from tests.simulator.zalo.conftest import DAY, Receiver, advance, new_follower, send, settle, until

ARTICLE = {
    "type": "normal",
    "title": "Ngày hội việc làm",
    "author": "Tỉnh Đoàn",
    "description": "Thứ bảy tuần này",
    "cover": {"cover_type": "photo", "photo_url": "https://example.vn/c.jpg", "status": "show"},
    "body": [{"type": "text", "content": "Nhắn 1 để nhận bản tóm tắt"}],
}


async def new_article(client: Client) -> str:
    token = (await client.oa("v2.0/article/create", ARTICLE))["data"]["token"]
    await advance(client, 3)
    return str((await client.oa("v2.0/article/verify", {"token": token}))["data"]["id"])


def to_all(article: Any, *, media_type: str = "article", **target: Any) -> dict[str, Any]:
    elements = [{"media_type": media_type, "attachment_id": article}]
    payload = {"template_type": "media", "elements": elements}
    return {"recipient": {"target": target}, "message": {"attachment": {"type": "template", "payload": payload}}}


async def broadcast(client: Client, article: str) -> str:
    answer = await client.oa("v2.0/oa/message", to_all(article, platform=[1, 2]))
    assert set(answer["data"]) == {"message_id"}
    return str(answer["data"]["message_id"])


async def state(client: Client) -> list[tuple[str, int, int]]:
    found = (await client.read("zalo/oa/broadcasts"))["broadcasts"]
    return [(made["state"], made["followers"], made["left_out"]) for made in found]


async def chat(client: Client, person: str) -> Any:
    return (await client.read(f"zalo/oa/people/{person}/chat"))["messages"]


async def test_an_article_is_made_a_little_later(oa: Client) -> None:
    token = (await oa.oa("v2.0/article/create", ARTICLE))["data"]["token"]
    assert (await oa.oa("v2.0/article/verify", {"token": token}))["error"] == -214
    await advance(oa, 3)
    article = (await oa.oa("v2.0/article/verify", {"token": token}))["data"]["id"]
    assert await oa.read(f"zalo/oa/articles/{article}") == {"status": "hide", **ARTICLE}
    assert (await oa.oa("v2.0/article/verify", {"token": "x"}))["error"] == -201


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"title": "x" * 151}, -210),
        ({"author": "x" * 51}, -210),
        ({"description": "x" * 301}, -210),
        ({"title": ""}, -201),
        ({"body": []}, -201),
        ({"status": "x"}, -201),
    ],
)
async def test_wrong_articles(oa: Client, change: dict[str, Any], code: int) -> None:
    assert (await oa.oa("v2.0/article/create", {**ARTICLE, **change}))["error"] == code


async def test_a_broadcast_waits_for_its_review(oa: Client, follower: str) -> None:
    await new_follower(oa, "Ở xa", interacted_hours_ago=1000)
    stranger = (await oa.order("zalo/oa/people", {"name": "Người lạ"}))["id"]
    message_id = await broadcast(oa, await new_article(oa))
    assert await state(oa) == [("pending", 0, 0)]
    assert await chat(oa, follower) == []
    await oa.order(f"zalo/oa/broadcasts/{message_id}/approve")
    assert await state(oa) == [("sent", 2, 0)]
    seen = (await chat(oa, follower))[0]
    article = seen["article"]
    assert (article["title"], article["description"]) == ("Ngày hội việc làm", "Thứ bảy tuần này")
    assert article["cover"] == "https://example.vn/c.jpg"
    assert (seen["message_id"], seen["received"]) == (message_id, True)
    assert await chat(oa, stranger) == []
    counts = await oa.read("journal/counts", contains="Ngày hội", network="zalo_oa")
    assert (counts["delivered"], counts["people"]) == (2, 2)
    with pytest.raises(ControlError, match="waits for its review"):
        await oa.order(f"zalo/oa/broadcasts/{message_id}/approve")


async def test_a_review_ends_by_itself_or_with_a_no(oa: Client, follower: str) -> None:
    article = await new_article(oa)
    await broadcast(oa, article)
    await advance(oa, 601)
    async with asyncio.timeout(10):
        while await state(oa) != [("sent", 1, 0)]:
            await asyncio.sleep(0.01)
    refused = await broadcast(oa, article)
    await oa.order(f"zalo/oa/broadcasts/{refused}/reject")
    await settle(oa, review_seconds=None)
    await broadcast(oa, article)
    await advance(oa, DAY)
    await asyncio.sleep(0.1)
    assert [row[0] for row in await state(oa)] == ["sent", "rejected", "pending"]


async def test_a_follower_gets_so_many_a_day_and_a_month(oa: Client, follower: str) -> None:
    await settle(oa, broadcasts_a_month=2, access_seconds=90 * DAY)
    oa.oa_token = (await oa.order("zalo/oa/tokens"))["access_token"]
    article = await new_article(oa)
    now = datetime.fromisoformat((await oa.read("clock"))["now"]) + timedelta(hours=7)
    await advance(oa, (datetime(now.year + 1, 3, 1, 12, tzinfo=now.tzinfo) - now).total_seconds())
    oa.oa_token = (await oa.order("zalo/oa/tokens"))["access_token"]
    for _ in range(2):
        await oa.order(f"zalo/oa/broadcasts/{await broadcast(oa, article)}/approve")
    quota = await oa.oa("v2.0/oa/quota/message", {"user_id": follower, "type": "promotion"})
    assert quota["data"] == {"daily_remain": 0, "daily_total": 1, "monthly_remain": 1, "monthly_total": 2}
    for days in (1, 1, 29):
        await advance(oa, days * DAY)
        await oa.order(f"zalo/oa/broadcasts/{await broadcast(oa, article)}/approve")
    assert await state(oa) == [
        ("sent", 1, 0), ("sent", 0, 1), ("sent", 1, 0), ("sent", 0, 1), ("sent", 1, 0),
    ]  # fmt: skip


async def test_receipts_and_opening(oa: Client, receiver: Receiver, follower: str) -> None:
    await settle(oa, webhook=receiver.url)
    message_id = await broadcast(oa, await new_article(oa))
    await oa.order(f"zalo/oa/broadcasts/{message_id}/approve")
    done = await oa.order(f"zalo/oa/people/{follower}/open", {"message_id": message_id})
    assert (done["events"], done["article"]["title"]) == (["user_seen_message"], "Ngày hội việc làm")
    await until(lambda: len(receiver.bodies) == 2)
    assert receiver.names() == ["user_received_message", "user_seen_message"]
    assert receiver.events[1]["message"] == {"msg_ids": [message_id]}
    assert (await oa.read("zalo/oa/broadcasts"))["broadcasts"][0]["opened"] == 1
    with pytest.raises(ControlError, match="no article x"):
        await oa.order(f"zalo/oa/people/{follower}/open", {"message_id": "x"})


async def test_a_broadcast_opens_no_window(oa: Client) -> None:
    person = await new_follower(oa, interacted_hours_ago=200)
    await settle(oa, broadcast_receipts=False)
    message_id = await broadcast(oa, await new_article(oa))
    await oa.order(f"zalo/oa/broadcasts/{message_id}/approve")
    assert (await chat(oa, person))[0]["received"] is False
    assert (await send(oa, person))["error"] == -230


async def test_what_is_no_broadcast(oa: Client) -> None:
    article = await new_article(oa)
    for body, code in (
        (to_all("x"), -201),
        (to_all(article, ages="1"), -201),
        (to_all(article, tags=[1]), -201),
        (to_all(article, media_type="image"), -233),
        ({"recipient": {"target": {}}, "message": {"text": "chào"}}, -201),
    ):
        assert (await oa.oa("v2.0/oa/message", body))["error"] == code
    await settle(oa, verified=False)
    assert (await oa.oa("v2.0/oa/message", to_all(article)))["error"] == -221
    assert await state(oa) == []


async def test_the_rule_of_the_night(oa: Client) -> None:
    await settle(oa, night_rule=True, access_seconds=10 * DAY, review_seconds=None)
    oa.oa_token = (await oa.order("zalo/oa/tokens"))["access_token"]
    article = await new_article(oa)
    now = datetime.fromisoformat((await oa.read("clock"))["now"]) + timedelta(hours=7)
    evening = now.replace(hour=22, minute=0, second=0) + timedelta(days=1)
    await advance(oa, (evening - now).total_seconds())
    assert (await oa.oa("v2.0/oa/message", to_all(article)))["error"] == -234
    await advance(oa, 8 * 3600 + 60)
    assert (await oa.oa("v2.0/oa/message", to_all(article)))["error"] == 0
