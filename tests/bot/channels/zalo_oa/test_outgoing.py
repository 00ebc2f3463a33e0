"""Replies as the messages they become."""

import asyncio
import io
import random
import time
import unicodedata
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markupsafe import escape
from PIL import Image

from bot.channels.kit import utf16_units
from bot.channels.zalo_oa.adapter import ZaloOaChannel
from bot.channels.zalo_oa.outgoing import _text_pieces
from bot.channels.zalo_oa.uploads import shrunk
from outreach.messaging import AttachmentKind, Button, Media, OutgoingFile, Reply, SendError, SendErrorKind
from tests.bot.channels.zalo_oa.standin import CS, USER_ID, Oa, accepted, make_pair, refused
from tests.conftest import TestClock

Make = Callable[..., Awaitable[ZaloOaChannel]]
IMAGE, FILE = "/v2.0/oa/upload/image", "/v2.0/oa/upload/file"
YES_NO = ((Button(label="Có", payload="news:yes:1"),), (Button(label="Xem", url="https://example.vn/a"),))
SHOWN = [
    {"title": "Có", "type": "oa.query.hide", "payload": "#news:yes:1"},
    {"title": "Xem", "type": "oa.open.url", "payload": {"url": "https://example.vn/a"}},
]
PICTURE = OutgoingFile(name="lich.png", kind="poster")
PAPER = OutgoingFile(name="danh-sach.docx", kind="list")


def media(ref: str) -> dict[str, Any]:
    element = {"media_type": "image", "attachment_id": ref}
    return {"type": "template", "payload": {"template_type": "media", "elements": [element]}}


def document(token: str) -> dict[str, Any]:
    return {"attachment": {"type": "file", "payload": {"token": token}}}


@pytest.fixture(autouse=True)
def uploads(oa: Oa) -> None:
    oa.lay(IMAGE, {"error": 0, "data": {"attachment_id": "att1"}})
    oa.lay(FILE, {"error": 0, "data": {"token": "tok1"}})


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        (
            "buttons",
            {"text": "Đọc?", "attachment": {"type": "template", "payload": {"buttons": SHOWN}}},
        ),
        (
            "template",
            {
                "attachment": {
                    "type": "template",
                    "payload": {"template_type": "button", "text": "Đọc?", "buttons": SHOWN},
                }
            },
        ),
        ("none", {"text": "Đọc?\n\n1. Có\nXem: https://example.vn/a"}),
    ],
)
async def test_the_shapes_of_buttons(shape: str, message: Any, channel_with: Make, oa: Oa) -> None:
    channel = await channel_with(zalo_buttons=shape)
    await channel.send(USER_ID, Reply(text="Đọc?", buttons=YES_NO))
    assert oa.messages() == [message]


@pytest.mark.parametrize(
    "buttons",
    [
        (tuple(Button(label=f"Số {n}", payload=f"a:b:{n}") for n in range(6)),),
        ((Button(label="x" * 101, payload="a:b:c"),),),
    ],
)
async def test_what_zalo_cannot_show_is_numbered(
    buttons: tuple[tuple[Button, ...], ...], channel: ZaloOaChannel, oa: Oa
) -> None:
    await channel.send(USER_ID, Reply(text="Chọn", buttons=buttons))
    [message] = oa.messages()
    assert set(message) == {"text"}
    assert message["text"].startswith(f"Chọn\n\n1. {buttons[0][0].label}")


async def test_what_is_to_be_copied_is_a_line(channel: ZaloOaChannel, oa: Oa) -> None:
    buttons = ((Button(label="Mã", copy="BS<01"), Button(label="Có", payload="news:yes:1")),)
    await channel.send(USER_ID, Reply(text="Đây", buttons=buttons))
    [message] = oa.messages()
    assert message["text"] == "Đây\n\nMã: BS<01"
    assert message["attachment"]["payload"]["buttons"] == SHOWN[:1]


@pytest.mark.parametrize("code", [-201, -233])
async def test_refused_buttons_become_numbers_and_are_tried_again_later(
    code: int, channel: ZaloOaChannel, oa: Oa, monkeypatch: pytest.MonkeyPatch
) -> None:
    oa.lay(CS, refused(code), accepted("m2"))
    assert not channel.refuses_buttons()
    sent = await channel.send(USER_ID, Reply(text="Đọc?", buttons=YES_NO))
    assert sent.refs == ("m2",)
    assert channel.refuses_buttons()
    await channel.send(USER_ID, Reply(text="Đọc?", buttons=YES_NO))
    numbered = {"text": "Đọc?\n\n1. Có\nXem: https://example.vn/a"}
    assert oa.messages()[1:] == [numbered, numbered]
    later = time.monotonic() + 3600
    monkeypatch.setattr("bot.channels.zalo_oa.outgoing.time", SimpleNamespace(monotonic=lambda: later))
    assert not channel.refuses_buttons()
    await channel.send(USER_ID, Reply(text="Đọc?", buttons=YES_NO))
    assert oa.messages()[-1]["attachment"]["payload"]["buttons"] == SHOWN


async def test_what_is_refused_as_words_too_says_nothing_about_buttons(channel: ZaloOaChannel, oa: Oa) -> None:
    oa.lay(CS, refused(-201))
    with pytest.raises(SendError, match="our_fault: field_invalid"):
        await channel.send(USER_ID, Reply(text="Đọc?", buttons=YES_NO))
    assert len(oa.calls) == 2
    oa.lay(CS, accepted())
    await channel.send(USER_ID, Reply(text="Đọc?", buttons=YES_NO))
    assert "attachment" in oa.messages()[-1]


async def test_a_long_text_in_parts_with_buttons_on_the_last(channel: ZaloOaChannel, oa: Oa) -> None:
    oa.lay(CS, *(accepted(f"m{n}") for n in range(3)))
    words = " ".join(["mười 😀"] * 600)
    sent = await channel.send(USER_ID, Reply(text=words, buttons=YES_NO))
    assert sent.refs == ("m0", "m1", "m2")
    messages = oa.messages()
    assert " ".join(message["text"] for message in messages) == words
    assert all(utf16_units(message["text"]) <= 2000 for message in messages)
    assert ["attachment" in message for message in messages] == [False, False, True]


@settings(max_examples=60)
@given(st.text(alphabet=st.sampled_from("aế ả\u0301\n😀👩‍👩‍👧&<>"), min_size=1, max_size=3000).filter(str.strip))
def test_splitting_loses_nothing(words: str) -> None:
    parts = [str(piece.text) for piece in _text_pieces(Reply(text=str(escape(words))))]
    again = [piece.text for part in parts for piece in _text_pieces(Reply(text=part))]
    assert again == parts, "a rest is sent as it was cut"
    shown = "".join("".join(_text_pieces(Reply(text=part))[0].text.split()) for part in parts)
    assert shown == str(escape("".join(unicodedata.normalize("NFC", words).split())))


async def test_what_is_missing_after_a_part(channel: ZaloOaChannel, oa: Oa) -> None:
    oa.lay(CS, accepted("m1"), refused(-230))
    first, second = "một " * 490, "hai " * 490
    with pytest.raises(SendError) as caught:
        await channel.send(USER_ID, Reply(text=f"{first}\n\n{second}", buttons=YES_NO))
    error = caught.value
    assert (error.kind, error.reason, error.refs) == (SendErrorKind.UNKNOWN, "partly_sent", ("m1",))
    assert error.rest == (Reply(text=second.strip(), buttons=(YES_NO[0] + YES_NO[1],)),)
    oa.lay(CS, accepted("m2"))
    await channel.send(USER_ID, error.rest[0])
    assert oa.messages()[-1]["text"] == second.strip()
    assert oa.messages()[-1]["attachment"]["payload"]["buttons"] == SHOWN


async def test_a_later_part_is_waited_for(channel: ZaloOaChannel, oa: Oa) -> None:
    oa.lay(CS, accepted("m1"), refused(-214), accepted("m2"))
    sent = await channel.send(USER_ID, Reply(text="một " * 600))
    assert sent.refs == ("m1", "m2")


async def test_nothing_is_sent_again_after_a_silence(channel: ZaloOaChannel, oa: Oa) -> None:
    channel.http._read_timeout = 0.2
    oa.lay(CS, accepted("m1"), None)
    with pytest.raises(SendError) as caught:
        await channel.send(USER_ID, Reply(text="một " * 600))
    assert (caught.value.kind, caught.value.reason) == (SendErrorKind.UNKNOWN, "partly_sent")
    assert len(oa.calls) == 2


@pytest.mark.parametrize(
    ("quota", "charged"),
    [
        ("reply", 0),
        ("welcome_msg", 0),
        ("sub_quota", 0),
        ("reward_quota", 0),
        ("purchase_quota", 1),
        ("new_quota", 1),
        (None, 1),
    ],
)
async def test_what_costs_money(quota: str | None, charged: int, channel: ZaloOaChannel, oa: Oa) -> None:
    oa.lay(CS, accepted(quota=quota))
    assert (await channel.send(USER_ID, Reply(text="Chào"))).charged == charged


async def test_a_picture_takes_its_words_along(
    channel: ZaloOaChannel, oa: Oa, picture: Callable[[int, int], bytes]
) -> None:
    data = picture(20, 10)
    await channel.send(USER_ID, Reply(text="Lịch <i>tuần</i>", file=PICTURE), data=data)
    upload, message = oa.calls
    assert (upload.path, upload.body) == (IMAGE, [("file", "lich.png", "image/png", data)])
    assert upload.headers["access_token"] == "at_1"
    assert message.body["message"] == {"text": "Lịch tuần", "attachment": media("att1")}


async def test_a_picture_before_buttons(channel: ZaloOaChannel, oa: Oa, picture: Callable[[int, int], bytes]) -> None:
    sent = await channel.send(USER_ID, Reply(text="Lịch", buttons=YES_NO, file=PICTURE), data=picture(20, 10))
    assert len(sent.refs) == 2
    assert oa.messages() == [
        {"attachment": media("att1")},
        {"text": "Lịch", "attachment": {"type": "template", "payload": {"buttons": SHOWN}}},
    ]


async def test_a_file_after_its_words(channel: ZaloOaChannel, oa: Oa) -> None:
    await channel.send(USER_ID, Reply(text="Danh sách", buttons=YES_NO, file=PAPER), data=b"PK")
    assert oa.paths() == [CS, FILE, CS]
    assert oa.messages() == [
        {"text": "Danh sách", "attachment": {"type": "template", "payload": {"buttons": SHOWN}}},
        document("tok1"),
    ]


async def test_one_upload_for_everybody_for_seven_days(
    channel: ZaloOaChannel, oa: Oa, clock: TestClock, picture: Callable[[int, int], bytes]
) -> None:
    data = picture(20, 10)
    reply = Reply(text="Lịch", file=PICTURE)
    await asyncio.gather(*(channel.send(USER_ID, reply, data=data) for _ in range(5)))
    await channel.send(USER_ID, reply, data=picture(21, 10))
    assert oa.paths().count(IMAGE) == 2, "by content"
    await channel.tokens.give(make_pair(hours=24 * 30))
    clock.advance(days=7)
    await channel.send(USER_ID, reply, data=data)
    assert oa.paths().count(IMAGE) == 3


async def test_what_a_campaign_brings_is_uploaded_once_and_comes_before_its_words(
    channel: ZaloOaChannel, oa: Oa, picture: Callable[[int, int], bytes], put: Callable[..., Awaitable[Media]]
) -> None:
    photo = await put("anh.png", picture(20, 10))
    paper = await put("ke-hoach.pdf", b"%PDF-", kind=AttachmentKind.FILE)
    reply = Reply(text="Lịch", media=(photo, paper), buttons=YES_NO)
    sent = [await channel.send(USER_ID, reply) for _ in range(2)]
    words = {"text": "Lịch", "attachment": {"type": "template", "payload": {"buttons": SHOWN}}}
    assert oa.messages() == [{"attachment": media("att1")}, document("tok1"), words] * 2
    assert oa.paths() == [IMAGE, CS, FILE, CS, CS, CS, CS, CS]
    assert [len(one.refs) for one in sent] == [3, 3]


async def test_an_id_that_has_died_is_got_anew_once(
    channel: ZaloOaChannel, oa: Oa, picture: Callable[[int, int], bytes]
) -> None:
    oa.lay(IMAGE, *({"error": 0, "data": {"attachment_id": f"att{n}"}} for n in (1, 2, 3)))
    oa.lay(CS, refused(-100), accepted())
    data = picture(20, 10)
    await channel.send(USER_ID, Reply(text="Lịch", file=PICTURE), data=data)
    assert oa.paths() == [IMAGE, CS, IMAGE, CS]
    assert oa.messages()[-1]["attachment"] == media("att2")
    oa.lay(CS, refused(-100))
    with pytest.raises(SendError, match="our_fault: attachment_expired"):
        await channel.send(USER_ID, Reply(text="Lịch", file=PICTURE), data=data)
    assert len(oa.paths()) == 7


async def test_an_upload_without_an_answer_has_reached_nobody(channel: ZaloOaChannel, oa: Oa) -> None:
    channel.http._read_timeout = 0.2
    oa.lay(FILE, {"error": -200}, {"error": 0, "data": {"token": "tok2"}})
    with pytest.raises(SendError, match="never_left: send_failed"):
        await channel.send(USER_ID, Reply(text="", file=PAPER), data=b"PK")
    await channel.send(USER_ID, Reply(text="", file=PAPER), data=b"PK")
    assert oa.messages() == [document("tok2")]


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("a.xlsx", b"PK", "file_type_refused"),
        ("a.pdf", bytes(5_000_001), "file_too_big"),
        ("a.csv", b"a,b", "file_type_refused"),
        ("a.png", bytes(1_000_001), "photo_invalid"),
        ("a.pdf", None, "file_missing"),
    ],
)
async def test_files_zalo_does_not_take(
    name: str, data: bytes | None, reason: str, channel: ZaloOaChannel, oa: Oa
) -> None:
    with pytest.raises(SendError, match=f"our_fault: {reason}"):
        await channel.send(USER_ID, Reply(text="", file=OutgoingFile(name=name, kind="x")), data=data)
    assert oa.calls == []


@pytest.mark.parametrize("kb", [1000, 200])
async def test_a_large_picture_is_shrunk_to_what_zalo_takes(kb: int, channel_with: Make, oa: Oa) -> None:
    channel = await channel_with(zalo_picture_kb=kb)
    noise = random.Random(1).randbytes(1000 * 900 * 3)  # noqa: S311  a picture of noise
    drawn = io.BytesIO()
    Image.frombytes("RGB", (1000, 900), noise).save(drawn, "PNG")
    await channel.send(USER_ID, Reply(text="Lịch", file=PICTURE), data=drawn.getvalue())
    [(field, name, media_type, data)] = oa.calls[0].body
    assert (field, name, media_type) == ("file", "lich.jpg", "image/jpeg")
    assert len(data) <= kb * 1000 < len(drawn.getvalue())
    assert Image.open(io.BytesIO(data)).format == "JPEG"
    assert shrunk(drawn.getvalue(), most=kb * 1000) == data


@pytest.mark.parametrize(
    ("types", "name", "media_type"),
    [
        ("pdf,doc,docx,csv", "a.csv", "text/csv"),
        ("pdf,xlsx", "a.xlsx", "application/octet-stream"),
        ("", "a.png", "image/png"),
    ],
)
async def test_the_files_that_zalo_takes_are_a_setting(
    types: str, name: str, media_type: str, channel_with: Make, oa: Oa
) -> None:
    channel = await channel_with(zalo_file_types=types)
    suffixes = {f".{one}" for one in types.split(",") if one}
    assert channel.capabilities.file_suffixes == frozenset({*suffixes, ".png", ".jpg", ".jpeg"})
    await channel.send(USER_ID, Reply(text="", file=OutgoingFile(name=name, kind="x")), data=b"x")
    assert oa.calls[0].body == [("file", name, media_type, b"x")]
    if not types:
        with pytest.raises(SendError, match="our_fault: file_type_refused"):
            await channel.send(USER_ID, Reply(text="", file=PAPER), data=b"x")


async def test_how_large_a_file_may_be_is_a_setting(channel_with: Make, oa: Oa) -> None:
    channel = await channel_with(zalo_file_kb=50)
    with pytest.raises(SendError, match="our_fault: file_too_big"):
        await channel.send(USER_ID, Reply(text="", file=PAPER), data=bytes(50_001))
    channel = await channel_with(zalo_file_kb=6000)
    await channel.send(USER_ID, Reply(text="", file=PAPER), data=bytes(5_000_001))
    [(_, _, _, data)] = oa.calls[0].body
    assert data == bytes(5_000_001)


async def test_an_empty_reply_is_our_fault(channel: ZaloOaChannel, oa: Oa) -> None:
    with pytest.raises(SendError, match="our_fault: text_empty"):
        await channel.send(USER_ID, Reply(text=" "))
    assert oa.calls == []
