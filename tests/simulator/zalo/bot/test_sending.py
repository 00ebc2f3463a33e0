"""What a bot sends on Zalo, what is refused, and when the free plan is used up."""

from typing import Any

import pytest

from simulator.client import Client
from simulator.config import SimConfig
from tests.simulator.zalo.bot.conftest import new_chat, settle, status_of
from tests.simulator.zalo.conftest import DAY, advance


async def messages(client: Client, chat: str) -> Any:
    return (await client.read(f"zalo/bot/people/{chat}/chat"))["messages"]


async def test_who_the_bot_is(simulator: Client) -> None:
    found = await simulator.zalo_bot("getMe")
    assert found["ok"] is True
    assert set(found["result"]) == {"id", "account_name", "account_type", "can_join_groups", "display_name"}
    assert found["result"]["id"] == SimConfig().zalo_bot_token.partition(":")[0]


async def test_a_message_arrives(simulator: Client, chat: str) -> None:
    found = await simulator.zalo_bot("sendMessage", chat_id=chat, text="Chào bạn")
    assert (found["ok"], set(found["result"])) == (True, {"message_id", "date"})
    assert isinstance(found["result"]["date"], int)
    assert found["result"]["date"] > 10**12
    seen = (await messages(simulator, chat))[0]
    assert (seen["from"], seen["text"], seen["buttons"]) == ("bot", "Chào bạn", [])
    assert seen["message_id"] == found["result"]["message_id"]
    rows = (await simulator.read("journal", network="zalo_bot"))["rows"]
    assert [(row["network"], row["chat_id"], row["message_id"], row["method"]) for row in rows] == [
        ("zalo_bot", chat, seen["message_id"], "sendMessage")
    ]
    assert (await simulator.read("journal/counts", contains="Chào", network="zalo_bot"))["people"] == 1


async def test_every_other_thing_to_send(simulator: Client, chat: str) -> None:
    for method, parameters in (
        ("sendPhoto", {"photo": "https://example.vn/a.jpg", "caption": "Ảnh"}),
        ("sendSticker", {"sticker": "bfe458bf64fa8da4d4eb"}),
        ("sendVoice", {"voice_url": "https://example.vn/a.aac"}),
    ):
        assert (await simulator.zalo_bot(method, chat_id=chat, **parameters))["ok"] is True
    assert [(row["text"], row.get("image_url"), row.get("other")) for row in await messages(simulator, chat)] == [
        ("Ảnh", "https://example.vn/a.jpg", None), ("", None, "sticker"), ("", None, "voice"),
    ]  # fmt: skip
    assert await simulator.zalo_bot("sendChatAction", chat_id=chat, action="typing") == {"ok": True}
    assert (await simulator.read(f"zalo/bot/people/{chat}/chat"))["typing"] is True


@pytest.mark.parametrize(
    ("method", "parameters"),
    [
        ("sendMessage", {"text": ""}),
        ("sendMessage", {"text": "x" * 2001}),
        ("sendMessage", {"text": 5}),
        ("sendMessage", {"text": "x", "chat_id": "00000000000000000001"}),
        ("sendMessage", {"text": "x", "parse_mode": "MarkdownV2"}),
        ("sendPhoto", {"photo": "a.jpg"}),
        ("sendPhoto", {"photo": "https://example.vn/a.jpg", "caption": "x" * 2001}),
        ("sendSticker", {}),
        ("sendVoice", {"voice_url": "https://example.vn/a.mp3"}),
        ("sendChatAction", {"action": "upload_photo"}),
        ("getUpdates_", {}),
        ("sendmessage", {"text": "x"}),
    ],
)
async def test_what_is_refused(simulator: Client, chat: str, method: str, parameters: Any) -> None:
    found = await simulator.zalo_bot(method, **{"chat_id": chat, **parameters})
    assert (found["ok"], found["error_code"]) == (False, 400)
    assert await messages(simulator, chat) == []


async def test_the_longest_text(simulator: Client, chat: str) -> None:
    assert (await simulator.zalo_bot("sendMessage", chat_id=chat, text="ầ" * 2000))["ok"] is True


async def test_statuses_are_mirrored_or_not(simulator: Client, chat: str) -> None:
    body = {"ok": False, "description": "Bad Request: text must be 1 to 2000 characters", "error_code": 400}
    assert await status_of(simulator, "sendMessage", chat_id=chat) == (200, body)
    await settle(simulator, status_mode="mirrored")
    assert await status_of(simulator, "sendMessage", chat_id=chat) == (400, body)
    assert (await status_of(simulator, "getWebhookInfo"))[0] == 404
    assert (await status_of(simulator, "getUpdates", timeout=0))[0] == 408
    await settle(simulator, unknown_method=404)
    assert (await status_of(simulator, "nothing"))[0] == 404
    simulator.zalo_bot_token = "1:x"
    unauthorized = {"ok": False, "description": "Unauthorized", "error_code": 401}
    assert await status_of(simulator, "getMe") == (401, unauthorized)
    await settle(simulator, status_mode="body_only")
    assert await status_of(simulator, "getMe") == (200, unauthorized)


async def test_the_bot_may_not_write_first(simulator: Client) -> None:
    stranger = await new_chat(simulator, started=False)
    assert (await simulator.zalo_bot("sendMessage", chat_id=stranger, text="x"))["error_code"] == 400
    await simulator.order(f"zalo/bot/people/{stranger}/text", {"text": "chào"})
    assert (await simulator.zalo_bot("sendMessage", chat_id=stranger, text="x"))["ok"] is True
    await simulator.order(f"zalo/bot/people/{stranger}/block")
    assert (await simulator.zalo_bot("sendMessage", chat_id=stranger, text="x"))["error_code"] == 403


async def test_the_messages_of_a_month(simulator: Client, chat: str) -> None:
    await settle(simulator, monthly_messages=2)
    answers = [await simulator.zalo_bot("sendMessage", chat_id=chat, text="x") for _ in range(3)]
    assert [answer["ok"] for answer in answers] == [True, True, False]
    assert answers[2] == {"ok": False, "description": "Quota exceeded", "error_code": 429}
    assert (await simulator.read("zalo/bot"))["sent_this_month"] == 2
    await advance(simulator, 31 * DAY)
    assert (await simulator.zalo_bot("sendMessage", chat_id=chat, text="x"))["ok"] is True


async def test_the_users_of_a_bot(simulator: Client, chat: str) -> None:
    await settle(simulator, users=1)
    other = await new_chat(simulator)
    assert (await simulator.zalo_bot("sendMessage", chat_id=chat, text="x"))["ok"] is True
    assert (await simulator.zalo_bot("sendMessage", chat_id=other, text="x"))["error_code"] == 429
    assert (await simulator.zalo_bot("sendMessage", chat_id=chat, text="x"))["ok"] is True
    await simulator.order("reset")
    assert (await simulator.read("zalo/bot"))["users"] == 0


async def test_a_voice_to_a_group_is_answered_and_lost(simulator: Client) -> None:
    group = await new_chat(simulator, "Lớp 12A", group=True)
    found = await simulator.zalo_bot("sendVoice", chat_id=group, voice_url="https://example.vn/a.aac")
    assert found["ok"] is True
    assert await messages(simulator, group) == []


async def test_get_form_and_query_are_welcome(simulator: Client, chat: str) -> None:
    url = f"{simulator.address}/zalo-bot/bot{simulator.zalo_bot_token}/sendMessage"
    async with simulator.session.get(url, params={"chat_id": chat, "text": "một"}) as answer:
        assert (await answer.json())["ok"] is True
    async with simulator.session.post(url, data={"chat_id": chat, "text": "hai"}) as answer:
        assert (await answer.json())["ok"] is True
    assert [row["text"] for row in await messages(simulator, chat)] == ["một", "hai"]
