"""What leaves for a bot's people: the exact requests."""

from datetime import UTC, datetime
from typing import Any

import pytest

from bot.channels.zalo_bot.adapter import MESSAGES, Me, ZaloBotChannel
from bot.channels.zalo_bot.media import may_fetch
from outreach.messaging import Button, Channel, OutgoingFile, Reply, SendError, SendErrorKind, Sent
from tests.bot.channels.zalo_bot.conftest import ME, TOKEN, FakeZalo, refusal

PERSON = "6ede9afa66b88fe60001"


def texts(zalo: FakeZalo) -> list[str]:
    bodies = zalo.bodies("sendMessage")
    assert all(set(body) == {"chat_id", "text"} and body["chat_id"] == PERSON for body in bodies)
    return [body["text"] for body in bodies]


async def failure(channel: ZaloBotChannel, reply: Reply) -> SendError:
    with pytest.raises(SendError) as caught:
        await channel.send(PERSON, reply)
    assert TOKEN not in repr(caught.value)
    return caught.value


async def test_who_we_are(channel: ZaloBotChannel, zalo: FakeZalo) -> None:
    as_port: Channel = channel
    assert as_port.name == "zalo_bot"
    assert channel.me == Me(id="1459000000000000000", account_name="bot.AbCdEfGhi", name="bot.AbCdEfGhi")
    assert not channel.capabilities.buttons
    assert channel.capabilities.file_suffixes == frozenset()


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (refusal(401), SendErrorKind.REVOKED),
        ({"ok": True, "result": {}}, SendErrorKind.UNKNOWN),
        ({"ok": True, "result": ME | {"id": None}}, SendErrorKind.UNKNOWN),
    ],
)
async def test_a_start_that_fails_says_why(zalo: FakeZalo, answer: dict[str, Any], kind: SendErrorKind) -> None:
    zalo.say("getMe", answer)
    stranger = ZaloBotChannel(token=TOKEN, base_url=f"{zalo.address}/api")
    with pytest.raises(SendError) as caught:
        await stranger.start()
    assert caught.value.kind == kind
    with pytest.raises(RuntimeError, match="not been started"):
        _ = stranger.me
    with pytest.raises(SendError, match="client_closed"):
        await stranger.client.call("getMe")


async def test_plain_words_and_numbered_choices(channel: ZaloBotChannel, zalo: FakeZalo) -> None:
    reply = Reply(
        text='<b>Tin mới</b>: a &lt; b, <a href="https://a.vn">xem</a>',
        buttons=((Button(label="Đọc", payload="a"), Button(label="Trang", url="https://b.vn")),),
        keyboard=(("Tin", "Đề cử"),),
    )
    sent = await channel.send(PERSON, reply)
    assert texts(zalo) == ["Tin mới: a < b, xem (https://a.vn)\n\n1. Đọc\nTrang: https://b.vn"]
    assert sent == Sent(refs=("m1",))


async def test_a_list_the_text_numbers_is_sent_once(channel: ZaloBotChannel, zalo: FakeZalo) -> None:
    buttons = ((Button(label="1. Kế hoạch…", payload="a"),), (Button(label="Quay lại", payload="b"),))
    await channel.send(PERSON, Reply(text="<b>Tin đã lưu</b>\n1. Kế hoạch của tỉnh", buttons=buttons))
    assert texts(zalo) == ["Tin đã lưu\n1. Kế hoạch của tỉnh\n\n2. Quay lại"]


async def test_a_long_text_goes_in_parts_with_the_choices_together(channel: ZaloBotChannel, zalo: FakeZalo) -> None:
    buttons = tuple((Button(label=f"{'😀' * 50} {number}", payload=f"p{number}"),) for number in range(15))
    body = "😀" * 990 + "\n\n" + "ơ" * 500
    sent = await channel.send(PERSON, Reply(text=body, buttons=buttons))
    listed = "\n".join(f"{number + 1}. {button.label}" for number, (button,) in enumerate(buttons))
    assert texts(zalo) == ["😀" * 990, "ơ" * 500, listed]
    assert all(len(text.encode("utf-16-le")) // 2 <= 2000 for text in texts(zalo))
    assert sent.refs == ("m1", "m2", "m3")


async def test_an_edit_is_said_anew_and_taking_buttons_away_says_nothing(
    channel: ZaloBotChannel, zalo: FakeZalo
) -> None:
    assert (await channel.send(PERSON, Reply(text="Xong", edits="m0"))).refs == ("m1",)
    assert (await channel.send(PERSON, Reply(text="", edits="m0"))).refs == ("m0",)
    assert texts(zalo) == ["Xong"]


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (Reply(text=""), "text_empty"),
        (Reply(text=" <b> </b>\n"), "text_empty"),
        (Reply(text="Bảng đây", file=OutgoingFile(name="a.xlsx", kind="k")), "file_unsupported"),
    ],
)
async def test_what_cannot_be_sent(channel: ZaloBotChannel, zalo: FakeZalo, reply: Reply, reason: str) -> None:
    error = await failure(channel, reply)
    assert (error.kind, error.reason) == (SendErrorKind.OUR_FAULT, reason)
    assert zalo.asked == []


@pytest.mark.parametrize(
    ("code", "probe", "kind", "reason"),
    [
        (400, {"ok": True}, SendErrorKind.OUR_FAULT, "bad_request"),
        (404, {"ok": True, "error_code": 0}, SendErrorKind.OUR_FAULT, "not_found"),
        (400, refusal(400), SendErrorKind.GONE, "chat_not_found"),
        (400, refusal(404), SendErrorKind.GONE, "chat_not_found"),
        (404, refusal(404), SendErrorKind.GONE, "chat_not_found"),
        (400, refusal(403), SendErrorKind.REFUSED, "bad_request"),
        (400, b"", SendErrorKind.REFUSED, "bad_request"),
    ],
)
async def test_whose_fault_a_refusal_is(
    *, channel: ZaloBotChannel, zalo: FakeZalo, code: int, probe: Any, kind: SendErrorKind, reason: str
) -> None:
    zalo.say("sendMessage", refusal(code))
    zalo.say("sendChatAction", probe)
    error = await failure(channel, Reply(text="Chào"))
    assert (error.kind, error.reason) == (kind, reason)
    assert error.most_tries == (3 if kind == SendErrorKind.REFUSED else 0)
    assert zalo.asked == [
        ("sendMessage", {"chat_id": PERSON, "text": "Chào"}),
        ("sendChatAction", {"chat_id": PERSON, "action": "typing"}),
    ]


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (401, SendErrorKind.REVOKED),
        (403, SendErrorKind.REFUSED),
        (408, SendErrorKind.UNKNOWN),
        (429, SendErrorKind.EXHAUSTED),
    ],
)
async def test_other_refusals_ask_nothing_more(
    channel: ZaloBotChannel, zalo: FakeZalo, code: int, kind: SendErrorKind
) -> None:
    zalo.say("sendMessage", refusal(code))
    assert (await failure(channel, Reply(text="Chào"))).kind == kind
    assert len(zalo.asked) == 1


async def test_a_later_part_is_tried_again_and_the_rest_is_kept(channel: ZaloBotChannel, zalo: FakeZalo) -> None:
    sent = {"ok": True, "result": {"message_id": "first"}}
    reply = Reply(text="a" * 2000 + " &lt;b&gt;", buttons=((Button(label="Có", payload="a"),),))
    zalo.say("sendMessage", sent, refusal(403), sent)
    assert (await channel.send(PERSON, reply)).refs == ("first", "first")
    zalo.asked.clear()
    zalo.say("sendMessage", sent, refusal(429))
    error = await failure(channel, reply)
    assert (error.kind, error.reason, error.refs) == (SendErrorKind.UNKNOWN, "partly_sent", ("first",))
    assert error.rest == (Reply(text="&lt;b&gt;\n\n1. Có"),)
    await channel.send(PERSON, error.rest[0])
    assert texts(zalo) == ["a" * 2000, "<b>\n\n1. Có", "<b>\n\n1. Có"]


async def test_messages_are_counted_by_the_month_of_vietnam(channel: ZaloBotChannel, zalo: FakeZalo) -> None:
    channel.clock = lambda: datetime(2026, 11, 30, 16, 59, tzinfo=UTC)
    await channel.send(PERSON, Reply(text="a" * 2001))
    zalo.say("sendMessage", refusal(403))
    await failure(channel, Reply(text="không đi"))
    assert MESSAGES._value.get() == 2
    channel.clock = lambda: datetime(2026, 11, 30, 17, 0, tzinfo=UTC)
    await channel.send(PERSON, Reply(text="a"))
    assert MESSAGES._value.get() == 1


async def test_what_a_bot_has_not(channel: ZaloBotChannel, zalo: FakeZalo) -> None:
    await channel.answer_tap("x", "y")
    await channel.show_commands(PERSON, (("tin", "Tin"),))
    with pytest.raises(SendError) as caught:
        await channel.recall(PERSON, "m1")
    assert (caught.value.kind, caught.value.reason) == (SendErrorKind.HARMLESS, "cannot_delete")
    assert zalo.asked == []


async def test_a_photo_is_fetched_from_where_it_may_be(channel: ZaloBotChannel, zalo: FakeZalo) -> None:
    zalo.files["photo.jpg"] = b"x" * 100
    assert await channel.download(f"{zalo.address}/files/photo.jpg", max_bytes=100) == b"x" * 100
    for name, most, reason in (
        ("photo.jpg", 99, "file_too_big"),
        ("none.jpg", 100, "file_unavailable"),
        ("moved", 100, "file_unavailable"),
    ):
        with pytest.raises(SendError) as caught:
            await channel.download(f"{zalo.address}/files/{name}", max_bytes=most)
        assert (caught.value.kind, caught.value.reason) == (SendErrorKind.OUR_FAULT, reason)
    with pytest.raises(SendError, match="file_unavailable"):
        await channel.download(f"{zalo.address.replace('127.0.0.1', 'localhost')}/files/photo.jpg", max_bytes=100)


@pytest.mark.parametrize(
    "url",
    [
        "https://zdn.vn/a.jpg",
        "https://photo-stal-1.zdn.vn/x.jpg?a=b&c=%20",
        "HTTPS://Photo.ZADN.vn:443/x.jpg",
        "http://127.0.0.1:8099/zalo-bot/file/1",
    ],
)
def test_addresses_that_may_be_fetched(url: str) -> None:
    assert may_fetch(url, hosts=("zdn.vn", "zadn.vn"), origin="http://127.0.0.1:8099")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://zdn.vn/a.jpg",
        "https://evilzdn.vn/a.jpg",
        "https://zdn.vn.evil.vn/a.jpg",
        "https://zdn.vn@evil.vn/a.jpg",
        "https://evil.vn#.zdn.vn/a.jpg",
        "https://evil.vn\\.zdn.vn/a.jpg",
        "https://zdn.vn:8443/a.jpg",
        "https://zdn.vn./a.jpg",
        "https://zdn.vn",
        "https://zdn.vn/a.jpg\n",
        "https://169.254.169.254/a",
        "https://[::1]/a",
        "file:///etc/passwd",
        "http://127.0.0.1:80990/x",
        "http://127.0.0.1:8099@evil.vn/x",
        "http://127.0.0.1:8099",
    ],
)
def test_addresses_that_may_not(url: str) -> None:
    assert not may_fetch(url, hosts=("zdn.vn", "zadn.vn"), origin="http://127.0.0.1:8099")
