"""Campaign media: uploaded once, then sent by the name Telegram gave them; albums; copies of an officer's own message."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from bot.channels.shelf import MediaShelf
from bot.channels.telegram.adapter import TelegramChannel
from outreach.messaging import (
    AccountId,
    Address,
    AttachmentKind,
    Button,
    Media,
    MessageCopy,
    Reply,
    SendError,
)
from simulator.client import Client
from simulator.config import DEFAULT_TOKEN
from storage.database import Database
from storage.evidence_files import EvidenceFiles

Draw = Callable[[int, int], bytes]
Put = Callable[..., Awaitable[Media]]
BUTTONS = ((Button(label="Đã đọc", payload="cam:read:1"),),)
SHOWN = [[{"text": "Đã đọc", "data": "cam:read:1"}]]


@pytest.fixture
async def channel(
    address: str, database: Database, shelved: EvidenceFiles, account_id: AccountId
) -> AsyncIterator[TelegramChannel]:
    opened = TelegramChannel(
        token=DEFAULT_TOKEN, base_url=address, account_id=account_id, shelf=MediaShelf(database, shelved)
    )
    await opened.start()
    yield opened
    await opened.stop()


async def requests(simulator: Client) -> list[tuple[str, Any]]:
    rows = (await simulator.read("journal", kind="requests"))["rows"]
    return [(row["method"], row["parameters"]) for row in rows if row["method"] != "getMe"]


async def shown(simulator: Client, person: int) -> list[Any]:
    return list((await simulator.chat(person))["messages"])


async def test_one_upload_serves_everybody(
    channel: TelegramChannel, simulator: Client, put: Put, picture: Draw
) -> None:
    photo = await put("anh.png", picture(30, 20))
    people = [await simulator.person() for _ in range(4)]
    reply = Reply(text="Ảnh <b>lớp học</b>", media=(photo,), buttons=BUTTONS, silent=True)
    await asyncio.gather(*(channel.send(str(person), reply) for person in people))
    asked = await requests(simulator)
    assert [method for method, _ in asked] == ["sendPhoto"] * 4
    brought = [parameters["photo"].startswith("<") for _, parameters in asked]  # "<92 bytes>", and its name after that
    assert sorted(brought) == [False, False, False, True]
    assert {parameters["disable_notification"] for _, parameters in asked} == {"true"}
    for person in people:
        [message] = await shown(simulator, person)
        assert (message["caption"], message["photo"]["width"], message["inline"]) == ("Ảnh lớp học", 30, SHOWN)


async def test_a_name_that_is_lost_is_got_anew(
    channel: TelegramChannel, simulator: Client, person: int, put: Put, picture: Draw, database: Database
) -> None:
    photo = await put("anh.png", picture(30, 20))
    async with database.write() as tx:
        await tx.media.keep_ref(photo.media_id, account_id=channel.account_id, ref="photo:gone")
    await channel.send(str(person), Reply(text="Tin", media=(photo,)))
    assert [parameters["photo"][:4] for _, parameters in await requests(simulator)] == ["gone", "<92 "]
    async with database.read() as tx:
        kept = await tx.media.ref(photo.media_id, account_id=channel.account_id)
    assert kept.startswith("photo:")
    assert kept != "photo:gone"


async def test_an_album_stands_above_its_words(
    channel: TelegramChannel, simulator: Client, person: int, put: Put, picture: Draw
) -> None:
    photos = [await put(f"{number}.png", picture(30, number)) for number in (10, 20)]
    paper = await put("ke-hoach.pdf", b"%PDF-", kind=AttachmentKind.FILE)
    reply = Reply(text="Tin", media=(photos[0], paper, photos[1]), buttons=BUTTONS)
    first, again = await channel.send(str(person), reply), await channel.send(str(person), reply)
    messages = await shown(simulator, person)
    assert [*first.refs, *again.refs] == [str(message["message_id"]) for message in messages]
    for sent in (messages[:4], messages[4:]):
        assert [message.get("photo", {}).get("height") for message in sent] == [10, 20, None, None]
        assert sent[2]["document"]["name"] == "ke-hoach.pdf"
        assert (sent[3]["text"], sent[3]["inline"]) == ("Tin", SHOWN)
    assert [method for method, _ in await requests(simulator)] == ["sendMediaGroup", "sendDocument", "sendMessage"] * 2


async def test_words_longer_than_a_caption_follow(
    channel: TelegramChannel, simulator: Client, person: int, put: Put, picture: Draw
) -> None:
    photo = await put("anh.png", picture(30, 20))
    await channel.send(str(person), Reply(text="Tin " * 300, media=(photo,), buttons=BUTTONS))
    first, second = await shown(simulator, person)
    assert (first["caption"], first["inline"]) == ("", [])
    assert second["inline"] == SHOWN


async def test_a_picture_that_is_none_for_telegram_is_a_file_from_then_on(
    channel: TelegramChannel, simulator: Client, person: int, put: Put, picture: Draw
) -> None:
    wide = await put("dài.png", picture(9_000, 2_000))
    for _ in range(2):
        await channel.send(str(person), Reply(text="Tin", media=(wide,)))
    assert [method for method, _ in await requests(simulator)] == ["sendPhoto", "sendDocument", "sendDocument"]


async def test_a_file_that_is_not_there_is_our_fault(channel: TelegramChannel, person: int) -> None:
    lost = Media(media_id=1, kind=AttachmentKind.FILE, name="a.pdf")  # type: ignore[arg-type]  # any number
    with pytest.raises(SendError, match="file_missing"):
        await channel.send(str(person), Reply(text="Tin", media=(lost,)))


async def test_a_message_is_passed_on_as_it_is(channel: TelegramChannel, simulator: Client, person: int) -> None:
    officer = await simulator.person()
    said = await simulator.order(f"people/{officer}/text", {"text": "Tin của cán bộ"})
    ref = str(said["message_ids"][0])
    address = Address(account_id=channel.account_id, external_id=str(officer))
    reply = Reply(text="Bằng chữ", copy_of=MessageCopy(address=address, ref=ref), buttons=BUTTONS, silent=True)
    await channel.send(str(person), reply)
    lost = Reply(text="Bằng chữ", copy_of=MessageCopy(address=address, ref="99999"), buttons=BUTTONS)
    await channel.send(str(person), lost)
    strange = MessageCopy(address=Address(account_id=AccountId(99), external_id=str(officer)), ref=ref)
    await channel.send(str(person), Reply(text="Kênh khác", copy_of=strange))
    messages = await shown(simulator, person)
    assert [message["text"] for message in messages] == ["Tin của cán bộ", "Bằng chữ", "Kênh khác"]
    assert [message["inline"] for message in messages] == [SHOWN, SHOWN, []]
    methods = [method for method, _ in await requests(simulator)]
    assert methods == ["copyMessage", "copyMessage", "sendMessage", "sendMessage"]
