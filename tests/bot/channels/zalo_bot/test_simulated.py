"""The channel in front of the pretend Zalo: both status modes, both fields of a photo, bodies wrapped and not."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from starlette.applications import Starlette

from bot.channels.zalo_bot.adapter import ZaloBotChannel
from bot.channels.zalo_bot.polling import Poller
from bot.channels.zalo_bot.webhook import Webhook
from bot.web import create_web
from outreach.messaging import AccountId, Button, Incoming, IncomingKind, Reply, SendError, SendErrorKind
from simulator.client import Client
from simulator.config import DEFAULT_ZALO_BOT_TOKEN

Until = Callable[[Callable[[], bool]], Awaitable[None]]
SECRET = "bi-mat_1"
STRANGER = "00000000000000000001"


class Safe:
    def __init__(self) -> None:
        self.seen: list[Incoming] = []

    async def __call__(self, incoming: Incoming) -> bool:
        self.seen.append(incoming)
        return True

    @property
    def kinds(self) -> list[IncomingKind]:
        return [incoming.kind for incoming in self.seen]


@pytest.fixture(params=["body_only", "mirrored"])
async def mode(request: pytest.FixtureRequest, simulator: Client) -> str:
    await simulator.order("zalo/bot/settings", {"status_mode": request.param})
    return str(request.param)


@pytest.fixture
async def bot(address: str, mode: str) -> AsyncIterator[ZaloBotChannel]:
    opened = ZaloBotChannel(
        token=DEFAULT_ZALO_BOT_TOKEN,
        base_url=f"{address}/zalo-bot",
        account_id=AccountId(8),
        rate=1000,
        first_wait=0.01,
    )
    await opened.start()
    yield opened
    await opened.stop()


@pytest.fixture
async def an(simulator: Client) -> str:
    person: dict[str, Any] = await simulator.order("zalo/bot/people", {"name": "Nguyễn Văn An", "started": True})
    return str(person["id"])


async def texts(simulator: Client, person: str) -> list[str]:
    chat = await simulator.read(f"zalo/bot/people/{person}/chat")
    return [message["text"] for message in chat["messages"] if message["from"] == "bot"]


async def refused(bot: ZaloBotChannel, person: str) -> tuple[SendErrorKind, str]:
    with pytest.raises(SendError) as caught:
        await bot.send(person, Reply(text="Chào"))
    return caught.value.kind, caught.value.reason


async def test_what_arrives_at_a_phone(bot: ZaloBotChannel, simulator: Client, an: str) -> None:
    buttons = ((Button(label="Có", payload="a"),), (Button(label="Không", payload="b"),))
    sent = await bot.send(an, Reply(text="<b>" + "😀 " * 700 + "</b>&lt;3", buttons=buttons))
    shown = await texts(simulator, an)
    assert len(sent.refs) == len(shown) == 2
    assert shown[1].endswith("😀 <3\n\n1. Có\n2. Không")
    assert "".join(shown).count("😀") == 700
    assert (await simulator.read("zalo/bot"))["sent_this_month"] == 2


async def test_every_refusal(bot: ZaloBotChannel, simulator: Client, an: str) -> None:
    assert await refused(bot, STRANGER) == (SendErrorKind.GONE, "chat_not_found")
    await simulator.order("faults", {"network": "zalo_bot", "kind": "error", "code": 400, "times": 1})
    assert await refused(bot, an) == (SendErrorKind.OUR_FAULT, "bad_request")
    await simulator.order(f"zalo/bot/people/{an}/block")
    assert await refused(bot, an) == (SendErrorKind.REFUSED, "provider_error")
    await simulator.order(f"zalo/bot/people/{an}/unblock")
    await simulator.order("zalo/bot/settings", {"monthly_messages": 1})
    await bot.send(an, Reply(text="Chào"))
    assert await refused(bot, an) == (SendErrorKind.EXHAUSTED, "quota_used")


async def test_what_nobody_knows(bot: ZaloBotChannel, simulator: Client, an: str) -> None:
    for kind in ("lost_reply", "502", "garbage", "500"):
        await simulator.order("faults", {"network": "zalo_bot", "kind": kind, "method": "sendMessage", "times": 1})
        assert (await refused(bot, an))[0] == SendErrorKind.UNKNOWN


@pytest.mark.parametrize("photo_field", ["photo", "photo_url"])
async def test_everything_a_person_does_is_polled(
    *,
    bot: ZaloBotChannel,
    simulator: Client,
    an: str,
    until: Until,
    photo_field: str,
    picture: Callable[[int, int], bytes],
) -> None:
    await simulator.order("zalo/bot/settings", {"photo_field": photo_field})
    await simulator.zalo_bot("setWebhook", url="http://127.0.0.1:9/nobody", secret_token=SECRET)
    safe, drawn = Safe(), picture(4, 4)
    poller = Poller(bot, safe, poll_seconds=1, first_wait=0.01)
    task = asyncio.create_task(poller.run())
    async with asyncio.timeout(5):
        while (await simulator.read("zalo/bot"))["webhook"]:
            await asyncio.sleep(0.01)
    await simulator.order(f"zalo/bot/people/{an}/text", {"text": "Bắt đầu"})
    await simulator.give_zalo(f"bot/people/{an}/image", ("a.png", drawn), text="bằng khen")
    for kind in ("sticker", "voice", "unsupported", "location"):
        await simulator.order(f"zalo/bot/people/{an}/{kind}")
    await until(lambda: len(safe.seen) == 6)
    await poller.stop()
    await task
    assert safe.kinds == ["text", "media", "other", "other", "withheld", "withheld"]
    assert len({incoming.update_id for incoming in safe.seen}) == 6
    assert {incoming.address.external_id for incoming in safe.seen} == {an}
    assert (safe.seen[0].text, safe.seen[0].sender_name, safe.seen[1].text) == ("Bắt đầu", "Nguyễn Văn An", "bằng khen")
    assert await bot.download(safe.seen[1].attachments[0].ref, max_bytes=10_000) == drawn


@pytest.mark.parametrize("wrapped", [False, True])
async def test_the_webhook_is_tried_and_then_served(
    *,
    bot: ZaloBotChannel,
    simulator: Client,
    an: str,
    until: Until,
    wrapped: bool,
    web: Callable[[Starlette], Awaitable[str]],
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def ready() -> dict[str, str]:
        return {}

    await simulator.order("zalo/bot/settings", {"wrapped": wrapped})
    safe = Safe()
    hook = Webhook(bot, safe, secret=SECRET)
    address = await web(create_web(routes=[hook.route], readiness=ready))
    await hook.register(address)
    assert "does not reach" not in caplog.text
    assert (await simulator.zalo_bot("getWebhookInfo"))["result"]["url"] == f"{address}/zalo/bot"
    await simulator.order(f"zalo/bot/people/{an}/text", {"text": "một"})
    await simulator.order(f"zalo/bot/people/{an}/unsupported")
    await until(lambda: len(safe.seen) == 2)
    assert [(incoming.kind, incoming.text) for incoming in safe.seen] == [("text", "một"), ("withheld", "")]
    await simulator.zalo_bot("deleteWebhook")
    await hook.register("http://127.0.0.1:9")
    assert "Zalo does not reach the webhook: webhook.err.conn" in caplog.messages
    await simulator.zalo_bot("deleteWebhook")
