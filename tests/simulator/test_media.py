"""Photos, documents, albums and files, in both directions."""

import hashlib
import io
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image

from simulator.client import Client
from simulator.errors import ApiError, ControlError

Draw = Callable[[int, int], bytes]
MB = 1024 * 1024


async def refusal(client: Client, method: str, /, files: dict[str, tuple[str, bytes]], **parameters: Any) -> str:
    with pytest.raises(ApiError) as caught:
        await client.upload(method, files=files, **parameters)
    return f"{caught.value.code} {caught.value.description}"


async def download(client: Client, file_id: str) -> bytes:
    path = (await client.call("getFile", file_id=file_id))["file_path"]
    async with client.session.get(f"{client.address}/file/bot{client.token}/{path}") as answer:
        assert answer.status == 200
        return await answer.read()


async def test_a_photo_has_several_sizes(simulator: Client, person: int, picture: Draw) -> None:
    given = {"photo": ("a.png", picture(2000, 1000))}
    sent = await simulator.upload("sendPhoto", files=given, chat_id=person, caption="<b>Ảnh</b>", parse_mode="HTML")
    sizes = [(size["width"], size["height"]) for size in sent["photo"]]
    assert sizes == [(90, 45), (320, 160), (800, 400), (1280, 640)]
    assert (sent["caption"], sent["caption_entities"][0]["type"]) == ("Ảnh", "bold")
    largest = sent["photo"][-1]
    content = await download(simulator, largest["file_id"])
    assert len(content) == largest["file_size"]
    with Image.open(io.BytesIO(content)) as opened:
        assert (opened.format, opened.size) == ("JPEG", (1280, 640))
    seen = (await simulator.chat(person))["messages"][0]
    async with simulator.session.get(simulator.address + seen["photo"]["url"]) as answer:
        assert answer.content_type == "image/jpeg"
        assert await answer.read() == content
    again = await simulator.call("sendPhoto", chat_id=person, photo=largest["file_id"])
    assert again["photo"][-1]["file_unique_id"]
    small = await simulator.upload("sendPhoto", files={"photo": ("b.png", picture(100, 50))}, chat_id=person)
    assert [size["width"] for size in small["photo"]] == [90, 100]


async def test_a_document_keeps_its_name_and_bytes(simulator: Client, person: int) -> None:
    content = b"PK" + bytes(range(256)) * 40
    files = {"document": ("độ phủ.xlsx", content)}
    sent = await simulator.upload("sendDocument", files=files, chat_id=person, caption="Bảng")
    document = sent["document"]
    assert (document["file_name"], document["file_size"]) == ("độ phủ.xlsx", len(content))
    assert await download(simulator, document["file_id"]) == content
    seen = (await simulator.chat(person))["messages"][0]
    assert (seen["document"]["name"], seen["caption"]) == ("độ phủ.xlsx", "Bảng")
    async with simulator.session.get(simulator.address + seen["document"]["url"]) as answer:
        assert answer.headers["Content-Disposition"].startswith("attachment")
        assert await answer.read() == content
    again = await simulator.call("sendDocument", chat_id=person, document=document["file_id"])
    assert again["document"]["file_unique_id"] == document["file_unique_id"]
    other = await simulator.person("Hứa Văn Giang")
    copy = {"from_chat_id": person, "message_id": sent["message_id"], "caption": "Bảng mới"}
    await simulator.call("copyMessage", chat_id=other, **copy)
    assert (await simulator.chat(other))["messages"][0]["caption"] == "Bảng mới"


async def test_a_caption_has_1024_characters_and_can_be_edited(simulator: Client, person: int) -> None:
    files = {"document": ("a.txt", b"a")}
    sent = await simulator.upload("sendDocument", files=files, chat_id=person, caption="ầ" * 1024)
    too_long = await refusal(simulator, "sendDocument", files, chat_id=person, caption="ầ" * 1025)
    assert too_long == "400 Bad Request: message caption is too long"
    place = {"chat_id": person, "message_id": sent["message_id"]}
    edited = await simulator.call("editMessageCaption", **place, caption="Ngắn")
    assert edited["caption"] == "Ngắn"
    with pytest.raises(ApiError, match="message is not modified"):
        await simulator.call("editMessageCaption", **place, caption="Ngắn")
    with pytest.raises(ApiError, match="there is no text in the message to edit"):
        await simulator.call("editMessageText", **place, text="a")


async def test_an_album_is_several_messages_of_one_group(simulator: Client, person: int, picture: Draw) -> None:
    media = [{"type": "photo", "media": "attach://x", "caption": "Một"}, {"type": "photo", "media": "attach://y"}]
    files = {"x": ("x.png", picture(100, 100)), "y": ("y.png", picture(200, 100))}
    sent = await simulator.upload("sendMediaGroup", files=files, chat_id=person, media=media)
    assert len({message["media_group_id"] for message in sent}) == 1
    assert [message.get("caption") for message in sent] == ["Một", None]
    assert sent[1]["message_id"] == sent[0]["message_id"] + 1
    assert len((await simulator.chat(person))["messages"]) == 2


@pytest.mark.parametrize(
    ("media", "error"),
    [
        (None, 'parameter "media" is required'),
        ([], "there are no messages to send"),
        ([{"type": "photo", "media": "attach://x"}] * 11, "too many messages to send as an album"),
        ([{"type": "photo", "media": "a"}, {"type": "document", "media": "b"}],
         "document can't be mixed with other media types"),
        ([{"type": "sticker", "media": "a"}], 'can\'t parse InputMedia: type "sticker" is unsupported'),
        ([{"type": "photo", "media": "attach://lost"}], "wrong file identifier/HTTP URL specified"),
    ],
)  # fmt: skip
async def test_albums_that_are_refused(simulator: Client, person: int, media: Any, error: str) -> None:
    parameters = {} if media is None else {"media": media}
    found = await refusal(simulator, "sendMediaGroup", {}, chat_id=person, **parameters)
    assert found == f"400 Bad Request: {error}"


async def test_what_is_no_photo(simulator: Client, person: int, picture: Draw) -> None:
    async def photo(content: bytes) -> str:
        return await refusal(simulator, "sendPhoto", {"photo": ("a.png", content)}, chat_id=person)

    assert await photo(b"not a picture") == "400 Bad Request: IMAGE_PROCESS_FAILED"
    assert await photo(picture(2100, 100)) == "400 Bad Request: PHOTO_INVALID_DIMENSIONS"
    assert await photo(bytes(10 * MB + 1)) == (
        "400 Bad Request: file of size 10485761 bytes is too big for a photo; the maximum size is 10485760 bytes"
    )
    missing = await refusal(simulator, "sendPhoto", {}, chat_id=person)
    assert missing == "400 Bad Request: there is no photo in the request"
    unknown = await refusal(simulator, "sendPhoto", {}, chat_id=person, photo="AgAC")
    assert unknown == "400 Bad Request: wrong file identifier/HTTP URL specified"
    remote = await refusal(simulator, "sendPhoto", {}, chat_id=person, photo="https://a.vn/a.jpg")
    assert remote == "400 Bad Request: failed to get HTTP URL content"
    nothing = await refusal(simulator, "sendDocument", {}, chat_id=person)
    assert nothing == "400 Bad Request: there is no document in the request"
    files = {"document": ("a.txt", b"a")}
    document = (await simulator.upload("sendDocument", files=files, chat_id=person))["document"]["file_id"]
    mismatch = await refusal(simulator, "sendPhoto", {}, chat_id=person, photo=document)
    assert mismatch == "400 Bad Request: can't use file of type Document as Photo"


async def test_downloads_end_at_20_mb_and_uploads_at_50(simulator: Client, person: int) -> None:
    exact = await simulator.upload("sendDocument", files={"document": ("a", bytes(20 * MB))}, chat_id=person)
    assert (await simulator.call("getFile", file_id=exact["document"]["file_id"]))["file_size"] == 20 * MB
    larger = await simulator.upload("sendDocument", files={"document": ("a", bytes(20 * MB + 1))}, chat_id=person)
    with pytest.raises(ApiError) as caught:
        await simulator.call("getFile", file_id=larger["document"]["file_id"])
    assert caught.value.description == "Bad Request: file is too big"
    huge = await refusal(simulator, "sendDocument", {"document": ("a", bytes(50 * MB + 1))}, chat_id=person)
    assert huge == "413 Request Entity Too Large"


async def test_files_nobody_sent(simulator: Client) -> None:
    for file_id, error in (("", "file_id not specified"), ("BQAC", "invalid file_id")):
        with pytest.raises(ApiError) as caught:
            await simulator.call("getFile", file_id=file_id)
        assert caught.value.description == f"Bad Request: {error}"
    for token, status in ((simulator.token, 404), ("1:nobody", 401)):
        async with simulator.session.get(f"{simulator.address}/file/bot{token}/photos/file_0.jpg") as answer:
            assert answer.status == status
            assert (await answer.json())["ok"] is False


async def test_a_person_sends_an_album_and_a_file(simulator: Client, person: int, picture: Draw) -> None:
    both = ("a.png", picture(1600, 800)), ("b.png", picture(50, 50))
    done = await simulator.give(person, "photo", *both, caption="Bằng khen")
    await simulator.give(person, "document", ("giấy khen.pdf", b"%PDF-1.4 ..."))
    assert len(done["update_ids"]) == 2
    first, second, third = [update["message"] for update in await simulator.call("getUpdates")]
    assert first["media_group_id"] == second["media_group_id"]
    assert (first["caption"], "caption" in second) == ("Bằng khen", False)
    assert [size["width"] for size in first["photo"]] == [90, 320, 800, 1280]
    assert (third["document"]["file_name"], "media_group_id" in third) == ("giấy khen.pdf", False)
    digest = hashlib.sha256(await download(simulator, third["document"]["file_id"])).hexdigest()
    assert digest == hashlib.sha256(b"%PDF-1.4 ...").hexdigest()
    seen = (await simulator.chat(person))["messages"]
    assert [("photo" in row, "document" in row) for row in seen] == [(True, False), (True, False), (False, True)]
    for files in ([], [("a.png", b"no picture")]):
        with pytest.raises(ControlError):
            await simulator.give(person, "photo", *files)
