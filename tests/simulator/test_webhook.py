"""Webhooks: delivery, secret, order, retries, Retry-After, a call in the answer, and what setWebhook refuses."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web

from simulator.client import Client
from simulator.errors import ApiError


@dataclass(slots=True)
class Receiver:
    """The bot's own web server: it notes what comes and answers what it is told, 200 when nothing is left to say."""

    url: str = ""
    updates: list[dict[str, Any]] = field(default_factory=list)
    secrets: list[str | None] = field(default_factory=list)
    answers: list[web.Response] = field(default_factory=list)
    hold: asyncio.Event | None = None

    async def receive(self, request: web.Request) -> web.Response:
        self.updates.append(await request.json())
        self.secrets.append(request.headers.get("X-Telegram-Bot-Api-Secret-Token"))
        if self.hold is not None:
            await self.hold.wait()
        return self.answers.pop(0) if self.answers else web.Response()

    def texts(self) -> list[str]:
        return [update["message"]["text"] for update in self.updates if "message" in update]


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    found = Receiver()
    app = web.Application()
    app.router.add_post("/hook", found.receive)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    found.url = f"http://{host}:{port}/hook"
    yield found
    await runner.cleanup()


async def until(true: Callable[[], bool], *, seconds: float = 5.0) -> None:
    async with asyncio.timeout(seconds):
        while not true():
            await asyncio.sleep(0.01)


async def pending(client: Client) -> int:
    return int((await client.call("getWebhookInfo"))["pending_update_count"])


async def test_updates_come_with_the_secret(simulator: Client, receiver: Receiver, person: int) -> None:
    await simulator.order(f"people/{person}/text", {"text": "trước"})
    await simulator.call("setWebhook", url=receiver.url, secret_token="bi-mat_1")
    await simulator.order(f"people/{person}/text", {"text": "sau"})
    await until(lambda: len(receiver.updates) == 2)
    assert receiver.texts() == ["trước", "sau"]
    assert receiver.secrets == ["bi-mat_1", "bi-mat_1"]
    await asyncio.sleep(0.1)
    assert await pending(simulator) == 0
    assert (await simulator.read("bot"))["webhook"] == receiver.url


async def test_polling_and_a_webhook_exclude_each_other(simulator: Client, receiver: Receiver) -> None:
    poll = asyncio.create_task(simulator.call("getUpdates", timeout=20))
    await asyncio.sleep(0.2)
    await simulator.call("setWebhook", url=receiver.url)
    with pytest.raises(ApiError, match="Conflict: terminated by setWebhook request"):
        await poll
    with pytest.raises(ApiError) as caught:
        await simulator.call("getUpdates")
    assert (caught.value.code, caught.value.description) == (
        409,
        "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
    )
    await simulator.call("deleteWebhook")
    assert await simulator.call("getUpdates") == []


async def test_one_chat_waits_for_its_own_failure_only(simulator: Client, receiver: Receiver, person: int) -> None:
    other = await simulator.person("Vi Thị Hoa")
    receiver.answers = [web.Response(status=500), web.Response(status=500)]
    await simulator.call("setWebhook", url=receiver.url)
    await simulator.order(f"people/{person}/text", {"text": "một"})
    await until(lambda: len(receiver.updates) == 2)  # the first retry comes at once
    await simulator.order(f"people/{person}/text", {"text": "hai"})
    await simulator.order(f"people/{other}/text", {"text": "khác"})
    await until(lambda: len(receiver.updates) == 3)
    assert receiver.texts() == ["một", "một", "khác"]
    info = await simulator.call("getWebhookInfo")
    assert info["last_error_message"] == "Wrong response from the webhook: 500 Internal Server Error"
    await asyncio.sleep(0.1)
    assert len(receiver.updates) == 3
    await simulator.order("clock", {"advance": 2.1})
    await until(lambda: len(receiver.updates) == 5)
    assert receiver.texts()[3:] == ["một", "hai"]


async def test_waits_grow(simulator: Client, receiver: Receiver, person: int) -> None:
    receiver.answers = [web.Response(status=502) for _ in range(4)]
    await simulator.call("setWebhook", url=receiver.url)
    await simulator.order(f"people/{person}/text", {"text": "một"})
    await until(lambda: len(receiver.updates) == 2)
    for seen, wait in ((2, 2), (3, 4), (4, 8)):
        await asyncio.sleep(0.05)
        await simulator.order("clock", {"advance": wait - 0.5})
        await asyncio.sleep(0.1)
        assert len(receiver.updates) == seen
        await simulator.order("clock", {"advance": 0.6})
        await until(lambda seen=seen: len(receiver.updates) == seen + 1)  # type: ignore[misc]  # bound now


async def test_retry_after_is_honoured(simulator: Client, receiver: Receiver, person: int) -> None:
    receiver.answers = [web.Response(status=503, headers={"Retry-After": "30"})]
    await simulator.call("setWebhook", url=receiver.url)
    await simulator.order(f"people/{person}/text", {"text": "một"})
    await until(lambda: len(receiver.updates) == 1)
    await simulator.order("clock", {"advance": 29})
    await asyncio.sleep(0.1)
    assert len(receiver.updates) == 1
    await simulator.order("clock", {"advance": 1.1})
    await until(lambda: len(receiver.updates) == 2)


async def test_messages_of_one_chat_go_one_at_a_time_but_taps_overtake(
    simulator: Client, receiver: Receiver, person: int
) -> None:
    keys = {"inline_keyboard": [[{"text": "A", "callback_data": "a"}]]}
    await simulator.call("sendMessage", chat_id=person, text="a", reply_markup=keys)
    receiver.hold = asyncio.Event()
    await simulator.call("setWebhook", url=receiver.url)
    for text in ("một", "hai"):
        await simulator.order(f"people/{person}/text", {"text": text})
    await simulator.order(f"people/{person}/tap", {"data": "a"})
    await until(lambda: len(receiver.updates) == 2)
    await asyncio.sleep(0.1)
    assert [next(iter(set(update) - {"update_id"})) for update in receiver.updates] == ["message", "callback_query"]
    receiver.hold.set()
    await until(lambda: len(receiver.updates) == 3)
    assert receiver.texts() == ["một", "hai"]


async def test_an_undelivered_update_expires(simulator: Client, receiver: Receiver, person: int) -> None:
    receiver.answers = [web.Response(status=500) for _ in range(2)]
    await simulator.call("setWebhook", url=receiver.url)
    await simulator.order(f"people/{person}/text", {"text": "cũ"})
    await until(lambda: len(receiver.updates) == 2)
    await asyncio.sleep(0.05)
    await simulator.order("clock", {"advance": 24 * 3600 + 1})
    await simulator.order(f"people/{person}/text", {"text": "mới"})
    await until(lambda: len(receiver.updates) == 3)
    assert receiver.texts()[-1] == "mới"


async def test_410_for_23_hours_removes_the_webhook(simulator: Client, receiver: Receiver, person: int) -> None:
    receiver.answers = [web.Response(status=410) for _ in range(9)]
    await simulator.call("setWebhook", url=receiver.url)
    await simulator.order(f"people/{person}/text", {"text": "một"})
    await until(lambda: len(receiver.updates) == 2)
    await asyncio.sleep(0.05)
    assert (await simulator.call("getWebhookInfo"))["url"] == receiver.url
    await simulator.order("clock", {"advance": 23 * 3600 + 1})
    await until(lambda: len(receiver.updates) == 3)
    await asyncio.sleep(0.1)
    assert (await simulator.call("getWebhookInfo"))["url"] == ""


async def test_the_answer_may_be_a_call(simulator: Client, receiver: Receiver, person: int) -> None:
    receiver.answers = [
        web.json_response({"method": "sendMessage", "chat_id": person, "text": "đáp"}),
        web.json_response({"method": "getMe"}),
        web.json_response({"method": "deleteWebhook"}),
    ]
    await simulator.call("setWebhook", url=receiver.url)
    for text in ("một", "hai", "ba"):
        await simulator.order(f"people/{person}/text", {"text": text})
    await until(lambda: len(receiver.updates) == 3)
    await asyncio.sleep(0.1)
    said = [row["text"] for row in (await simulator.chat(person))["messages"] if row["from"] == "bot"]
    assert said == ["đáp"]
    assert (await simulator.call("getWebhookInfo"))["url"] == receiver.url


async def test_nobody_listening(simulator: Client, person: int) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        await simulator.call("setWebhook", url=f"http://127.0.0.1:{taken.getsockname()[1]}/hook")
        await simulator.order(f"people/{person}/text", {"text": "một"})
        async with asyncio.timeout(5):
            while "last_error_message" not in (info := await simulator.call("getWebhookInfo")):
                await asyncio.sleep(0.02)
    assert info["last_error_message"] == "Connection refused"
    assert info["pending_update_count"] == 1
    await simulator.call("deleteWebhook", drop_pending_updates=True)
    assert await pending(simulator) == 0


@pytest.mark.parametrize(
    ("parameters", "error"),
    [
        ({"url": "ftp://a.vn"}, "bad webhook: Unsupported URL protocol"),
        ({"url": "https://"}, "bad webhook: URL host is empty"),
        ({"url": "https://a.vn", "secret_token": "có dấu"}, "secret token contains unallowed characters"),
        ({"url": "https://a.vn", "secret_token": "a" * 257}, "secret token is too long"),
    ],
)
async def test_what_set_webhook_refuses(simulator: Client, parameters: dict[str, str], error: str) -> None:
    with pytest.raises(ApiError) as caught:
        await simulator.call("setWebhook", **parameters)
    assert caught.value.description == f"Bad Request: {error}"
