"""The webhook of a bot on Zalo: what setWebhook asks for, how it knocks, and how updates are delivered."""

from typing import Any

import pytest

from simulator.client import Client
from tests.simulator.zalo.bot.conftest import say, settle
from tests.simulator.zalo.conftest import DAY, Receiver, advance, attempted, until

SECRET = "bi-mat-cua-bot"


@pytest.fixture
async def hooked(simulator: Client, receiver: Receiver) -> Client:
    found = await simulator.zalo_bot("setWebhook", url=receiver.url, secret_token=SECRET)
    assert found["ok"] is True
    receiver.bodies.clear()
    receiver.headers.clear()
    return simulator


async def test_setting_it_knocks_once(simulator: Client, receiver: Receiver) -> None:
    found = await simulator.zalo_bot("setWebhook", url=receiver.url, secret_token=SECRET)
    assert found["result"]["verification"] == {
        "ok": True, "url": receiver.url, "outcome": "webhook.ok", "hint": "", "status_code": 200,
    }  # fmt: skip
    assert receiver.bodies == [b""]
    assert receiver.headers[0]["User-Agent"] == "Java/1.8.0_192"
    assert not {"X-Bot-Api-Secret-Token", "Content-Type"} & set(receiver.headers[0])
    info = await simulator.zalo_bot("getWebhookInfo")
    assert info["result"] == {"url": receiver.url, "updated_at": found["result"]["updated_at"]}


@pytest.mark.parametrize(("status", "outcome"), [(403, "403"), (404, "404"), (502, "5xx"), (302, "other")])
async def test_the_address_is_kept_whatever_it_answers(
    simulator: Client, receiver: Receiver, status: int, outcome: str
) -> None:
    receiver.always = status
    found = await simulator.zalo_bot("setWebhook", url=receiver.url, secret_token=SECRET)
    verification = found["result"]["verification"]
    assert (found["ok"], verification["ok"]) == (True, False)
    assert (verification["outcome"], verification["status_code"]) == (f"webhook.http.{outcome}", status)
    assert (await simulator.zalo_bot("getWebhookInfo"))["result"]["url"] == receiver.url


async def test_nobody_at_the_address(simulator: Client) -> None:
    found = await simulator.zalo_bot("setWebhook", url="http://127.0.0.1:1/", secret_token=SECRET)
    assert found["result"]["verification"]["outcome"] == "webhook.err.conn"


@pytest.mark.parametrize(
    "change",
    [
        {"url": ""},
        {"url": "x"},
        {"url": "ftp://example.vn"},
        {"url": "http://[::1"},
        {"secret_token": "1234567"},
        {"secret_token": "x" * 257},
        {"secret_token": "có dấu á à"},
        {"secret_token": "dong\nmoi-ne"},
    ],
)
async def test_what_is_no_webhook(simulator: Client, receiver: Receiver, change: dict[str, str]) -> None:
    found = await simulator.zalo_bot("setWebhook", **{"url": receiver.url, "secret_token": SECRET, **change})
    assert (found["ok"], found["error_code"]) == (False, 400)
    assert receiver.bodies == []


async def test_this_machine_only_when_it_is_allowed(simulator: Client, receiver: Receiver) -> None:
    await settle(simulator, allow_loopback=False)
    for url in (receiver.url, "https://localhost/hook", "https://192.168.1.5/hook", "http://example.vn/hook"):
        assert (await simulator.zalo_bot("setWebhook", url=url, secret_token=SECRET))["error_code"] == 400


async def test_without_a_webhook_there_is_404_or_an_empty_url(simulator: Client) -> None:
    assert await simulator.zalo_bot("getWebhookInfo") == {"ok": False, "description": "Not Found", "error_code": 404}
    await settle(simulator, webhook_info_404=False)
    assert (await simulator.zalo_bot("getWebhookInfo"))["result"]["url"] == ""


async def test_polling_and_a_webhook_exclude_each_other(hooked: Client) -> None:
    assert (await hooked.zalo_bot("getUpdates", timeout=0))["error_code"] == 400
    gone = await hooked.zalo_bot("deleteWebhook")
    assert gone["result"]["url"] == ""
    assert (await hooked.zalo_bot("getUpdates", timeout=0))["error_code"] == 408


@pytest.mark.parametrize("wrapped", [False, True])
async def test_updates_come_with_the_secret(hooked: Client, receiver: Receiver, chat: str, wrapped: bool) -> None:
    await settle(hooked, wrapped=wrapped)
    await say(hooked, chat, "chào")
    await until(lambda: len(receiver.bodies) == 1)
    body: Any = receiver.events[0]
    update = body["result"] if wrapped else body
    assert (body.get("ok", False), update["event_name"]) == (wrapped, "message.text.received")
    assert ("message_type" in update["message"]) is not wrapped
    headers = receiver.headers[0]
    assert headers["X-Bot-Api-Secret-Token"] == SECRET
    assert (headers["User-Agent"], headers["Content-Type"]) == ("Java/1.8.0_192", "application/json")


async def test_one_more_attempt_after_five_seconds(hooked: Client, receiver: Receiver, chat: str) -> None:
    receiver.always = 500
    await say(hooked, chat, "một")
    await attempted(hooked, 1, network="bot")
    await advance(hooked, 5)
    await attempted(hooked, 2, network="bot")
    receiver.always = 200
    await say(hooked, chat, "hai")
    await until(lambda: len(receiver.bodies) == 3)
    assert [update["message"]["text"] for update in receiver.events] == ["một", "một", "hai"]
    rows = (await hooked.read("zalo/bot/deliveries"))["rows"]
    assert [(row["event_name"], row["num_retry"], row["status"]) for row in rows[:2]] == [
        ("message.text.received", 0, 500), ("message.text.received", 1, 500),
    ]  # fmt: skip


async def test_testing_it_has_a_daily_limit(hooked: Client) -> None:
    await settle(hooked, test_webhook_daily=1)
    first = (await hooked.zalo_bot("testWebhook"))["result"]
    assert set(first) == {"ok", "url", "outcome", "hint", "status_code", "latency_ms"}
    second = await hooked.zalo_bot("testWebhook")
    assert (second["ok"], second["errorCode"]) == (False, 426)
    await advance(hooked, DAY)
    assert (await hooked.zalo_bot("testWebhook"))["ok"] is True


async def test_no_secret_in_the_journal(hooked: Client) -> None:
    journal = await hooked.read("journal", kind="requests", network="zalo_bot")
    assert [row["method"] for row in journal["rows"]] == ["setWebhook"]
    assert SECRET not in str(journal)
