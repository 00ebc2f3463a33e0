"""What people write to a bot on Zalo, one update per poll."""

import asyncio
import contextlib
from typing import Any

import aiohttp
import pytest

from simulator.client import Client
from simulator.errors import ControlError
from tests.simulator.test_events import listening, read
from tests.simulator.zalo.bot.conftest import new_chat, say, settle
from tests.simulator.zalo.conftest import advance

IDLE = {"ok": False, "description": "Request timeout", "error_code": 408}


async def poll(client: Client, *, timeout: Any = 0) -> Any:
    return await client.zalo_bot("getUpdates", timeout=timeout)


async def next_message(client: Client) -> tuple[str, Any]:
    update = (await poll(client))["result"]
    assert set(update) == {"event_name", "message"}
    return update["event_name"], update["message"]


async def test_a_text(simulator: Client, chat: str) -> None:
    done = await say(simulator, chat, "Xin chào")
    assert done["events"] == ["message.text.received"]
    name, message = await next_message(simulator)
    assert name == "message.text.received"
    date = message.pop("date")
    assert date > 10**12
    assert message == {
        "from": {"id": chat, "display_name": "Nguyễn Văn An", "is_bot": False},
        "chat": {"id": chat, "chat_type": "PRIVATE"},
        "text": "Xin chào",
        "message_id": done["message_ids"][0],
        "message_type": "TEXT",
    }


async def test_one_update_a_poll_and_none_twice(simulator: Client, chat: str) -> None:
    for text in ("một", "hai"):
        await say(simulator, chat, text)
    assert [(await next_message(simulator))[1]["text"] for _ in range(2)] == ["một", "hai"]
    assert await poll(simulator) == IDLE


async def test_updates_may_come_again(simulator: Client, chat: str) -> None:
    await settle(simulator, redeliver_p=1.0)
    await say(simulator, chat, "một")
    first = await next_message(simulator)
    assert await next_message(simulator) == first


async def test_a_poll_waits_for_the_first_message(simulator: Client, chat: str) -> None:
    waiting = asyncio.create_task(poll(simulator, timeout="20"))
    await asyncio.sleep(0.1)
    await say(simulator, chat, "đây")
    assert (await waiting)["result"]["message"]["text"] == "đây"


async def test_a_poll_ends_by_the_drivable_clock(simulator: Client) -> None:
    waiting = asyncio.create_task(simulator.zalo_bot("getUpdates"))
    seconds = 0
    while not waiting.done():
        await advance(simulator, 1)
        await asyncio.sleep(0.01)
        seconds += 1
    assert seconds >= 29
    assert await waiting == IDLE


async def test_a_poller_that_has_hung_up_takes_nothing(simulator: Client, chat: str) -> None:
    with contextlib.suppress(TimeoutError):
        url = f"{simulator.address}/zalo-bot/bot{simulator.zalo_bot_token}/getUpdates"
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=0.2)) as session:
            await session.post(url, json={"timeout": 20})
    async with asyncio.timeout(10):
        while not (await simulator.read("journal", kind="requests"))["rows"]:
            await asyncio.sleep(0.01)
    await say(simulator, chat, "còn đây")
    assert (await next_message(simulator))[1]["text"] == "còn đây"


@pytest.mark.parametrize("field", ["photo_url", "photo"])
async def test_a_picture(simulator: Client, chat: str, field: str) -> None:
    await settle(simulator, photo_field=field)
    await simulator.give_zalo(f"bot/people/{chat}/image", ("a.jpg", b"\xff\xd8\xff"), text="ảnh")
    name, message = await next_message(simulator)
    assert (name, message["caption"], message["message_type"]) == ("message.image.received", "ảnh", "CHAT_PHOTO")
    async with simulator.session.get(message[field]) as answer:
        assert await answer.read() == b"\xff\xd8\xff"


async def test_sticker_and_voice(simulator: Client, chat: str) -> None:
    for kind in ("sticker", "voice"):
        await simulator.order(f"zalo/bot/people/{chat}/{kind}")
    (sticker, first), (voice, second) = [await next_message(simulator) for _ in range(2)]
    assert (sticker, voice) == ("message.sticker.received", "message.voice.received")
    assert isinstance(first["sticker"], str)
    assert second["voice_url"].endswith(".aac")


async def test_what_the_bot_learns_nothing_of(simulator: Client, chat: str) -> None:
    child = await new_chat(simulator, "Bé", protected=True)
    await simulator.give_zalo(f"bot/people/{chat}/file", ("a.pdf", b"%PDF"))
    for kind in ("location", "unsupported"):
        await simulator.order(f"zalo/bot/people/{chat}/{kind}")
    await say(simulator, child, "bí mật")
    for sender in (chat, chat, chat, child):
        name, message = await next_message(simulator)
        assert (name, message["from"]["id"]) == ("message.unsupported.received", sender)
        assert set(message) == {"from", "chat", "message_id", "date"}


async def test_a_group(simulator: Client) -> None:
    group = await new_chat(simulator, "Lớp 12A", group=True)
    await say(simulator, group, "@Bot chào")
    message = (await next_message(simulator))[1]
    assert message["chat"] == {"id": group, "chat_type": "GROUP"}
    assert message["from"]["id"] != group


async def test_who_blocks_cannot_write(simulator: Client, chat: str) -> None:
    await simulator.order(f"zalo/bot/people/{chat}/block")
    with pytest.raises(ControlError, match="has blocked"):
        await say(simulator, chat, "a")
    await simulator.order(f"zalo/bot/people/{chat}/unblock")
    await say(simulator, chat, "a")
    with pytest.raises(ControlError, match="nobody can follow"):
        await simulator.order(f"zalo/bot/people/{chat}/follow")


async def test_people_and_the_page(simulator: Client, chat: str) -> None:
    many = (await simulator.order("zalo/bot/people", {"count": 3, "prefix": "Bạn"}))["ids"]
    assert [(len(made), made[-4:]) for made in many] == [(20, "0001")] * 3
    assert len({*many, chat}) == 4
    assert [person["id"] for person in (await simulator.read("zalo/bot/people", q=chat))["people"]] == [chat]
    assert (await simulator.read(f"zalo/bot/people/{chat}"))["network"] == "zalo_bot"
    async with listening(simulator, person=chat) as stream:
        await say(simulator, many[0], "không thấy")
        await say(simulator, chat, "chào")
        await simulator.zalo_bot("sendChatAction", chat_id=chat, action="typing")
        await simulator.zalo_bot("sendMessage", chat_id=chat, text="đáp")
        seen = await read(stream, 3)
    assert [(event.kind, event.data["person"]) for event in seen] == [
        ("message", chat), ("typing", chat), ("message", chat),
    ]  # fmt: skip
    assert [event.data.get("text") for event in seen] == ["chào", None, "đáp"]
