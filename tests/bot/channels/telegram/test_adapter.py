"""What leaves for a reply, read back from the pretend Telegram's chats and journal."""

from typing import Any

import pytest

from bot.channels.telegram.adapter import TelegramChannel
from bot.channels.telegram.outgoing import Outgoing
from outreach.messaging import Button, OutgoingFile, Reply, SendError, SendErrorKind
from outreach.pacing import IN_BULK
from outreach.transaction import IN_TRANSACTION
from simulator.client import Client
from simulator.config import DEFAULT_TOKEN

KEYBOARD = (("Tin mới", "Đề cử"), ("Của tôi", "Hỏi cán bộ"))
BUTTONS = (
    (Button(label="Đã đọc", payload="news:read:1"),),
    (Button(label="Xem", url="https://a.vn/x"), Button(label="Chép", copy="LS-2026-000123")),
)
SHOWN = [
    [{"text": "Đã đọc", "data": "news:read:1"}],
    [{"text": "Xem", "url": "https://a.vn/x"}, {"text": "Chép", "copy_text": "LS-2026-000123"}],
]
WRONG = ((Button(label="Quá dài", payload="ầ" * 22),),)  # 66 bytes
# 8 paragraphs of 1,220 code points: three messages.
LONG = "\n\n".join(f"<b>Đoạn {number}</b>: " + "tài năng trẻ &amp; thanh niên " * 43 for number in range(8))


async def messages(simulator: Client, person: int) -> list[Any]:
    return [message for message in (await simulator.chat(person))["messages"] if not message["deleted"]]


async def texts(simulator: Client, person: int) -> list[str]:
    return [message["text"] for message in await messages(simulator, person)]


async def methods(simulator: Client) -> list[str]:
    rows = (await simulator.read("journal", kind="requests"))["rows"]
    return [row["method"] for row in rows if row["method"] not in {"getMe", "getUpdates"}]


def test_it_knows_who_it_is(channel: TelegramChannel) -> None:
    assert (channel.me.id, channel.me.username, channel.me.name) == (7000001, "LoaTreBot", "Loa Trẻ")
    with pytest.raises(RuntimeError, match="not been started"):
        assert TelegramChannel(token="1:x").me


async def test_a_message_with_buttons(channel: TelegramChannel, simulator: Client, person: int) -> None:
    sent = await channel.send(str(person), Reply(text="Chào <b>bạn</b> &amp; nhóm https://a.vn", buttons=BUTTONS))
    (message,) = await messages(simulator, person)
    assert sent.refs == (str(message["message_id"]),)
    assert message["text"] == "Chào bạn & nhóm https://a.vn"
    assert message["entities"][0] == {"type": "bold", "offset": 5, "length": 3}
    assert message["inline"] == SHOWN
    (request,) = (await simulator.read("journal", kind="requests"))["rows"][1:]
    assert request["parameters"]["link_preview_options"] == '{"is_disabled": true}'


async def test_silence(channel: TelegramChannel, simulator: Client, person: int) -> None:
    await channel.send(str(person), Reply(text=LONG, silent=True))
    await channel.send(str(person), Reply(text="Tin gấp"))
    asked = [row["parameters"] for row in (await simulator.read("journal", kind="requests"))["rows"][1:]]
    assert [one.get("disable_notification") for one in asked] == ["true", "true", "true", None]


async def test_the_keyboard_stays(channel: TelegramChannel, simulator: Client, person: int) -> None:
    await channel.send(str(person), Reply(text="Xin chào", keyboard=KEYBOARD))
    await channel.send(str(person), Reply(text="Tin đây", buttons=BUTTONS))
    assert (await simulator.chat(person))["reply_keyboard"] == [list(row) for row in KEYBOARD]
    markup = (await simulator.read("journal", kind="requests"))["rows"][1]["parameters"]["reply_markup"]
    assert '"is_persistent": true' in markup
    assert '"resize_keyboard": true' in markup


async def test_a_long_text_goes_in_parts(channel: TelegramChannel, simulator: Client, person: int) -> None:
    sent = await channel.send(str(person), Reply(text=LONG, buttons=BUTTONS, keyboard=KEYBOARD))
    found = await messages(simulator, person)
    assert sent.refs == tuple(str(message["message_id"]) for message in found)
    assert [message["text"][:6] for message in found] == ["Đoạn 0", "Đoạn 3", "Đoạn 6"]
    assert [message["inline"] for message in found] == [[], [], SHOWN]
    assert (await simulator.chat(person))["reply_keyboard"] == [list(row) for row in KEYBOARD]


async def test_the_rest_of_a_long_text_is_waited_for(
    channel: TelegramChannel, simulator: Client, person: int, caplog: pytest.LogCaptureFixture
) -> None:
    outgoing = Outgoing(channel.bot, first_wait=0.01)
    await simulator.order("faults", {"kind": "500", "nth": 2, "times": 2})
    sent = await outgoing.send(person, Reply(text=LONG), data=None)
    assert len(sent.refs) == 3
    assert await methods(simulator) == ["sendMessage"] * 5
    await simulator.order("faults", {"kind": "500", "nth": 2, "times": 4})
    with pytest.raises(SendError) as caught:
        await outgoing.send(person, Reply(text=LONG), data=None)
    assert (caught.value.kind, caught.value.reason) == (SendErrorKind.UNKNOWN, "partly_sent")
    assert "arrived in part only: provider_error" in caplog.text
    first, *rest = (await texts(simulator, person))[3:]
    assert (first[:6], rest, len(caught.value.refs)) == ("Đoạn 0", [], 1)
    for reply in caught.value.rest:
        await outgoing.send(person, reply, data=None)
    assert [text[:6] for text in (await texts(simulator, person))[3:]] == ["Đoạn 0", "Đoạn 3", "Đoạn 6"]


async def test_a_later_part_that_cannot_be_sent_says_why(
    channel: TelegramChannel, simulator: Client, person: int
) -> None:
    with pytest.raises(SendError) as caught:
        await channel.send(str(person), Reply(text=LONG, buttons=WRONG))
    assert (caught.value.kind, caught.value.reason) == (SendErrorKind.OUR_FAULT, "button_data_invalid")
    assert (len(caught.value.refs), len(caught.value.rest)) == (2, 1)
    assert await methods(simulator) == ["sendMessage"] * 3


async def test_what_may_have_arrived_is_left_to_the_caller(
    channel: TelegramChannel, simulator: Client, person: int
) -> None:
    await simulator.order("faults", {"kind": "lost_reply", "nth": 2})
    with pytest.raises(SendError) as caught:
        await channel.send(str(person), Reply(text=LONG))
    assert (caught.value.kind, caught.value.reason) == (SendErrorKind.UNKNOWN, "partly_sent")
    assert (len(caught.value.refs), len(caught.value.rest)) == (1, 2)


async def test_the_first_part_is_not_tried_twice(channel: TelegramChannel, simulator: Client, person: int) -> None:
    await simulator.order("faults", {"kind": "500", "nth": 1})
    with pytest.raises(SendError, match="provider_error"):
        await channel.send(str(person), Reply(text=LONG))
    assert await methods(simulator) == ["sendMessage"]


async def test_an_edit_that_must_not_become_a_new_message(
    channel: TelegramChannel, simulator: Client, person: int
) -> None:
    (ref,) = (await channel.send(str(person), Reply(text="Tin sai"))).refs
    await channel.recall(str(person), ref)
    with pytest.raises(SendError, match="message_gone"):
        await channel.send(str(person), Reply(text="Tin đúng", edits=ref, anew=False))
    assert await texts(simulator, person) == []


async def test_an_edit(channel: TelegramChannel, simulator: Client, person: int) -> None:
    (ref,) = (await channel.send(str(person), Reply(text="Đang gửi", buttons=BUTTONS))).refs
    done = await channel.send(str(person), Reply(text="Đã gửi <b>12</b>", edits=ref))
    assert done.refs == (ref,)
    (message,) = await messages(simulator, person)
    assert (message["text"], message["inline"], message["edited"]) == ("Đã gửi 12", [], True)
    again = await channel.send(str(person), Reply(text="Đã gửi <b>12</b>", edits=ref))
    assert again.refs == (ref,)
    assert await texts(simulator, person) == ["Đã gửi 12"]


async def test_buttons_alone_can_be_changed(channel: TelegramChannel, simulator: Client, person: int) -> None:
    (ref,) = (await channel.send(str(person), Reply(text="Chọn đi", buttons=BUTTONS))).refs
    assert (await channel.send(str(person), Reply(text="", edits=ref))).refs == (ref,)
    assert [message["inline"] for message in await messages(simulator, person)] == [[]]
    await channel.recall(str(person), ref)
    assert (await channel.send(str(person), Reply(text="", edits=ref))).refs == (ref,)
    assert await messages(simulator, person) == []


async def test_an_edit_that_cannot_be_is_sent_anew(channel: TelegramChannel, simulator: Client, person: int) -> None:
    said = await simulator.order(f"people/{person}/text", {"text": "lời của bạn"})
    for ref in ("12345", str(said["message_ids"][0])):
        sent = await channel.send(str(person), Reply(text=f"thay {ref}", edits=ref))
        assert sent.refs != (ref,)
    assert (await texts(simulator, person))[1:] == ["thay 12345", f"thay {said['message_ids'][0]}"]
    await simulator.order(f"people/{person}/block")
    with pytest.raises(SendError, match="blocked"):
        await channel.send(str(person), Reply(text="nữa", edits=sent.refs[0]))


async def test_an_edit_that_got_long(channel: TelegramChannel, simulator: Client, person: int) -> None:
    (ref,) = (await channel.send(str(person), Reply(text="Tóm tắt", buttons=BUTTONS))).refs
    sent = await channel.send(str(person), Reply(text=LONG, edits=ref, buttons=BUTTONS))
    found = await messages(simulator, person)
    assert sent.refs == tuple(str(message["message_id"]) for message in found)
    assert sent.refs[0] == ref
    assert [message["inline"] for message in found] == [[], [], SHOWN]


async def test_an_edit_with_a_keyboard_is_a_new_message(
    channel: TelegramChannel, simulator: Client, person: int
) -> None:
    (ref,) = (await channel.send(str(person), Reply(text="một"))).refs
    await channel.send(str(person), Reply(text="hai", edits=ref, keyboard=KEYBOARD))
    assert await texts(simulator, person) == ["một", "hai"]
    assert (await simulator.chat(person))["reply_keyboard"] == [list(row) for row in KEYBOARD]


async def test_buttons_win_over_the_keyboard_and_it_is_said(
    channel: TelegramChannel, simulator: Client, person: int, caplog: pytest.LogCaptureFixture
) -> None:
    await channel.send(str(person), Reply(text="một", buttons=BUTTONS, keyboard=KEYBOARD))
    assert [message["inline"] for message in await messages(simulator, person)] == [SHOWN]
    assert "cannot change the keyboard as well" in caplog.text


async def test_a_tap_is_answered(channel: TelegramChannel, simulator: Client, person: int) -> None:
    await channel.send(str(person), Reply(text="Chọn đi", buttons=BUTTONS))
    await simulator.order(f"people/{person}/tap", {"label": "Đã đọc"})
    (update,) = await channel.bot.get_updates(timeout=1)
    assert update.callback_query is not None
    await channel.answer_tap(update.callback_query.id, "Cảm ơn bạn. " * 30)
    toast = (await simulator.chat(person))["toast"]["text"]
    assert len(toast) == 200
    assert toast.endswith("…")
    await simulator.order("clock", {"advance": 200})
    await channel.answer_tap(update.callback_query.id, "muộn rồi")
    await simulator.order("faults", {"kind": "429", "times": 1})
    with pytest.raises(SendError, match="not_now"):
        await channel.answer_tap(update.callback_query.id, "")


async def test_a_message_is_taken_back(channel: TelegramChannel, simulator: Client, person: int) -> None:
    first, second = [(await channel.send(str(person), Reply(text=text))).refs[0] for text in ("một", "hai")]
    await channel.recall(str(person), first)
    await channel.recall(str(person), first)
    assert await texts(simulator, person) == ["hai"]
    await simulator.order("clock", {"advance": 49 * 3600})
    with pytest.raises(SendError) as caught:
        await channel.recall(str(person), second)
    assert (caught.value.kind, caught.value.reason) == (SendErrorKind.HARMLESS, "cannot_delete")


async def test_commands(channel: TelegramChannel, simulator: Client, person: int) -> None:
    officer = await simulator.person("Hoàng Thị Bình")
    english = [("tin", "News")]
    await channel.register_commands({"": [("tin", "Tin mới")], "en": english})
    await channel.show_commands(str(officer), (("gui", "Gửi tin"), ("dophu", "Độ phủ")))

    async def menu(who: int) -> list[str]:
        shown = (await simulator.read("bot", person=who))["commands"]
        return [command["description"] for command in shown]

    assert await menu(person) == ["Tin mới"]
    assert await menu(officer) == ["Gửi tin", "Độ phủ"]
    found = await simulator.call("getMyCommands", language_code="en")
    assert [(command["command"], command["description"]) for command in found] == english
    await channel.show_commands(str(officer), ())
    assert await menu(officer) == ["Tin mới"]


async def test_nothing_is_called_inside_a_transaction(channel: TelegramChannel, simulator: Client, person: int) -> None:
    before = await methods(simulator)
    token = IN_TRANSACTION.set(True)
    try:
        for call in (
            channel.send(str(person), Reply(text="a")),
            channel.send(str(person), Reply(text="a", edits="1")),
            channel.answer_tap("1", "a"),
            channel.recall(str(person), "1"),
            channel.download("1", max_bytes=1),
            channel.show_commands(str(person), (("tin", "Tin"),)),
            channel.register_commands({"": [("tin", "Tin")]}),
        ):
            with pytest.raises(RuntimeError, match="inside a database transaction"):
                await call
    finally:
        IN_TRANSACTION.reset(token)
    assert await methods(simulator) == before


@pytest.mark.parametrize(("in_bulk", "pays", "told"), [(True, True, "true"), (False, True, None), (True, False, None)])
async def test_what_costs_is_said_of_campaigns_alone(
    address: str, simulator: Client, person: int, *, in_bulk: bool, pays: bool, told: str | None
) -> None:
    channel = TelegramChannel(token=DEFAULT_TOKEN, base_url=address, pays=pays)
    await channel.start()
    before = IN_BULK.set(in_bulk)
    await channel.send(str(person), Reply(text="Chào bạn", buttons=BUTTONS))
    await channel.send(str(person), Reply(text="Kế hoạch", file=OutgoingFile(name="a.pdf", kind="x")), data=b"%PDF-1.7")
    IN_BULK.reset(before)
    await channel.stop()
    sent = (await simulator.read("journal", kind="requests"))["rows"][-2:]
    assert [row["method"] for row in sent] == ["sendMessage", "sendDocument"]
    assert {row["parameters"].get("allow_paid_broadcast") for row in sent} == {told}
