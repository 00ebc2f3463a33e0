"""Files in both directions."""

import hashlib
from collections.abc import Callable
from typing import Any

import pytest

from bot.channels.telegram.adapter import TelegramChannel
from bot.channels.telegram.incoming import incoming_of
from outreach.messaging import AccountId, Attachment, Button, OutgoingFile, Reply, SendError
from simulator.client import Client

Draw = Callable[[int, int], bytes]
BUTTONS = ((Button(label="Đã đọc", payload="a"),),)
TOO_LONG = "Kế hoạch 136 &amp; đề án " * 50  # 1,050 code points and more than a caption holds


def reply(name: str, text: str = "", **more: Any) -> Reply:
    return Reply(text=text, file=OutgoingFile(name=name, kind="report"), **more)


async def last(simulator: Client, person: int) -> Any:
    return (await simulator.chat(person))["messages"][-1]


async def test_a_picture(channel: TelegramChannel, simulator: Client, person: int, picture: Draw) -> None:
    sent = await channel.send(
        str(person), reply("áp phích.PNG", "Quét <b>mã</b>", buttons=BUTTONS), data=picture(300, 200)
    )
    message = await last(simulator, person)
    assert sent.refs == (str(message["message_id"]),)
    assert (message["caption"], message["photo"]["width"]) == ("Quét mã", 300)
    assert message["inline"] == [[{"text": "Đã đọc", "data": "a"}]]


async def test_a_document(channel: TelegramChannel, simulator: Client, person: int) -> None:
    await channel.send(
        str(person), reply("độ phủ 2026.xlsx", "Bảng đây", keyboard=(("Độ phủ",),)), data=b"PK\x03\x04 workbook"
    )
    message = await last(simulator, person)
    assert (message["caption"], message["document"]["name"]) == ("Bảng đây", "độ phủ 2026.xlsx")
    assert message["document"]["size"] == 13
    assert (await simulator.chat(person))["reply_keyboard"] == [["Độ phủ"]]


async def test_a_picture_telegram_does_not_take_goes_as_a_file(
    channel: TelegramChannel, simulator: Client, person: int, picture: Draw
) -> None:
    await channel.send(str(person), reply("hỏng.jpg", "Ảnh"), data=b"no picture")
    assert (await last(simulator, person))["document"]["name"] == "hỏng.jpg"
    await channel.send(str(person), reply("dài.png", "Ảnh"), data=picture(9_000, 2_000))
    assert (await last(simulator, person))["document"]["name"] == "dài.png"
    await simulator.order(f"people/{person}/block")
    with pytest.raises(SendError, match="blocked"):
        await channel.send(str(person), reply("a.png"), data=picture(10, 10))


async def test_a_text_longer_than_a_caption_goes_first(
    channel: TelegramChannel, simulator: Client, person: int
) -> None:
    sent = await channel.send(str(person), reply("a.pdf", TOO_LONG, buttons=BUTTONS), data=b"%PDF-1.4")
    text, document = (await simulator.chat(person))["messages"]
    assert sent.refs == (str(text["message_id"]), str(document["message_id"]))
    assert len(text["text"]) > 1024
    assert (document["caption"], text["inline"]) == ("", [])
    assert document["inline"] == [[{"text": "Đã đọc", "data": "a"}]]


async def test_the_caption_of_a_picture_is_edited(
    channel: TelegramChannel, simulator: Client, person: int, picture: Draw
) -> None:
    (ref,) = (await channel.send(str(person), reply("a.png", "trước"), data=picture(10, 10))).refs
    assert (await channel.send(str(person), Reply(text="<b>sau</b>", edits=ref))).refs == (ref,)
    assert (await last(simulator, person))["caption"] == "sau"
    (anew,) = (await channel.send(str(person), Reply(text=TOO_LONG, edits=ref))).refs
    assert anew != ref
    assert len((await last(simulator, person))["text"]) > 1024


async def attachment(channel: TelegramChannel) -> Attachment:
    updates = await channel.bot.get_updates(timeout=1)
    incoming = incoming_of(updates[-1], account_id=AccountId(7))
    assert incoming is not None
    return incoming.attachments[0]


async def test_a_download(channel: TelegramChannel, simulator: Client, person: int, picture: Draw) -> None:
    content = bytes(range(256)) * 1_000
    await simulator.give(person, "document", ("giấy khen.pdf", content))
    found = await attachment(channel)
    assert (found.name, found.size) == ("giấy khen.pdf", 256_000)
    fetched = await channel.download(found.ref, max_bytes=256_000)
    assert hashlib.sha256(fetched).digest() == hashlib.sha256(content).digest()
    with pytest.raises(SendError, match="our_fault: file_too_big"):
        await channel.download(found.ref, max_bytes=255_999)
    with pytest.raises(SendError, match="our_fault: file_unavailable"):
        await channel.download("nothing", max_bytes=1)
    await simulator.give(person, "photo", ("a.png", picture(640, 480)), caption="ảnh")
    jpeg = await channel.download((await attachment(channel)).ref, max_bytes=1_000_000)
    assert jpeg.startswith(b"\xff\xd8")


async def test_telegrams_own_limit(channel: TelegramChannel, simulator: Client, person: int) -> None:
    await simulator.give(person, "document", ("phim.mp4", b"x" * 20_971_521))
    with pytest.raises(SendError, match="our_fault: file_too_big"):
        await channel.download((await attachment(channel)).ref, max_bytes=50_000_000)
