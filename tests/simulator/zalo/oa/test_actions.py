"""What people and staff do on Zalo: the events that leave, the chat that the page reads."""

import hashlib
import json
from typing import Any

import pytest

from simulator.client import Client
from simulator.errors import ControlError
from tests.simulator.test_events import listening, read
from tests.simulator.zalo.conftest import Receiver, new_follower, send, settle, until

OA = "4000000000000000001"
SHOWN = {"title": "Có", "type": "oa.query.show", "payload": "#co"}
HIDDEN = {"title": "Không", "type": "oa.query.hide", "payload": "#khong"}
LINK = {"title": "Trang", "type": "oa.open.url", "payload": {"url": "https://example.vn"}}


@pytest.fixture
async def hooked(oa: Client, receiver: Receiver) -> Client:
    await settle(oa, webhook=receiver.url)
    return oa


async def act(client: Client, person: str, action: str, **body: Any) -> Any:
    return await client.order(f"zalo/oa/people/{person}/{action}", body)


async def chat(client: Client, person: str) -> Any:
    return (await client.read(f"zalo/oa/people/{person}/chat"))["messages"]


async def give(client: Client, person: str, kind: str, name: str, content: bytes, *, text: str = "") -> Any:
    return await client.give_zalo(f"oa/people/{person}/{kind}", (name, content), text=text)


async def buttons(client: Client, person: str, *some: dict[str, Any]) -> str:
    attachment = {"type": "template", "payload": {"buttons": list(some)}}
    answer = await send(client, person, "Bạn có đi không?", attachment=attachment)
    return str(answer["data"]["message_id"])


async def test_following_and_leaving(hooked: Client, receiver: Receiver) -> None:
    person = (await hooked.order("zalo/oa/people", {"name": "An"}))["id"]
    for action in ("follow", "follow", "unfollow", "unfollow"):
        await act(hooked, person, action)
    await until(lambda: len(receiver.bodies) == 2)
    follow, leave = receiver.events
    assert set(follow) == {"app_id", "oa_id", "follower", "user_id_by_app", "event_name", "source", "timestamp"}
    assert (follow["oa_id"], follow["follower"], follow["source"]) == (OA, {"id": person}, "oa_profile")
    assert (follow["event_name"], leave["event_name"]) == ("follow", "unfollow")


async def test_a_press_is_a_text(hooked: Client, receiver: Receiver, follower: str) -> None:
    await settle(hooked, echo=False, received=False)
    await buttons(hooked, follower, SHOWN, HIDDEN, LINK)
    assert (await act(hooked, follower, "press", title="Có"))["events"] == ["user_send_text"]
    await act(hooked, follower, "press", payload="#khong")
    assert (await act(hooked, follower, "press", title="Trang"))["open"] == {"url": "https://example.vn"}
    await act(hooked, follower, "press", title="Đăng ký")
    await until(lambda: len(receiver.bodies) == 3)
    assert [event["message"]["text"] for event in receiver.events] == ["#co", "#khong", "#dangky"]
    assert [(row["text"], row.get("hidden", False)) for row in (await chat(hooked, follower))[1:]] == [
        ("#co", False), ("#khong", True), ("#dangky", False),
    ]  # fmt: skip


async def test_a_button_that_is_not_there(oa: Client, follower: str) -> None:
    first = await buttons(oa, follower, SHOWN)
    await buttons(oa, follower, HIDDEN)
    with pytest.raises(ControlError, match="no such button"):
        await act(oa, follower, "press", title="Trang")
    with pytest.raises(ControlError, match="no such button"):
        await act(oa, follower, "press", title="Không", message_id=first)
    with pytest.raises(ControlError, match="no such button"):
        await act(oa, follower, "press", title="Tin", message_id=first)
    assert (await act(oa, follower, "press", title="Có", message_id=first))["events"] == ["user_send_text"]


async def test_pictures_and_files_can_be_fetched(hooked: Client, receiver: Receiver, follower: str) -> None:
    await give(hooked, follower, "image", "a b.jpg", b"\xff\xd8\xff", text="ảnh")
    await give(hooked, follower, "file", "Giấy khen.pdf", b"%PDF-1.4")
    await until(lambda: len(receiver.bodies) == 2)
    image, file = receiver.events
    assert (image["event_name"], image["message"]["text"]) == ("user_send_image", "ảnh")
    picture, paper = (event["message"]["attachments"][0] for event in receiver.events)
    assert (picture["type"], set(picture["payload"])) == ("image", {"thumbnail", "url"})
    assert (file["event_name"], paper["type"]) == ("user_send_file", "file")
    url = paper["payload"].pop("url")
    checksum = hashlib.md5(b"%PDF-1.4", usedforsecurity=False).hexdigest()
    assert paper["payload"] == {"size": "8", "name": "Giấy khen.pdf", "checksum": checksum, "type": "pdf"}
    for address, content in ((url, b"%PDF-1.4"), (picture["payload"]["url"], b"\xff\xd8\xff")):
        assert address.startswith(hooked.address)
        async with hooked.session.get(address) as answer:
            assert await answer.read() == content


async def test_everything_else_a_person_sends(hooked: Client, receiver: Receiver, follower: str) -> None:
    for kind in ("sticker", "location", "voice"):
        await act(hooked, follower, kind)
    await until(lambda: len(receiver.bodies) == 3)
    assert receiver.names() == ["user_send_sticker", "user_send_location", "user_send_audio"]
    sticker, location, audio = (event["message"]["attachments"][0]["payload"] for event in receiver.events)
    assert (set(sticker), set(audio)) == ({"url", "id"}, {"url"})
    assert location == {"coordinates": {"latitude": "21.8537", "longitude": "106.7615"}}
    assert [row["other"] for row in await chat(hooked, follower)] == ["sticker", "location", "voice"]


async def test_the_quoted_message_is_named(hooked: Client, receiver: Receiver, follower: str) -> None:
    sent = (await send(hooked, follower, "hỏi"))["data"]["message_id"]
    await act(hooked, follower, "text", text="đáp", quote=sent)
    await until(lambda: len(receiver.bodies) == 3)
    assert receiver.events[2]["message"]["quote_msg_id"] == sent
    with pytest.raises(ControlError, match="no message x"):
        await act(hooked, follower, "text", text="đáp", quote="x")


async def test_chatnow_once_and_withdrawal(hooked: Client, receiver: Receiver) -> None:
    person = (await hooked.order("zalo/oa/people", {"name": "An"}))["id"]
    assert (await act(hooked, person, "chatnow"))["events"] == ["user_click_chatnow"]
    assert (await act(hooked, person, "chatnow"))["events"] == []
    await act(hooked, person, "withdraw")
    await until(lambda: len(receiver.bodies) == 2)
    assert set(receiver.events[0]) == {"app_id", "oa_id", "user_id", "user_id_by_app", "event_name", "timestamp"}
    assert (receiver.names(), receiver.events[0]["user_id"]) == (["user_click_chatnow", "user_withdraw"], person)
    assert (await send(hooked, person))["error"] == 0


async def test_staff_writes_by_hand(hooked: Client, receiver: Receiver, follower: str) -> None:
    await act(hooked, follower, "admin", text="Chị đây")
    await act(hooked, follower, "admin", text="Anh đây", admin_id="5000000000000000007")
    await until(lambda: len(receiver.bodies) == 4)
    first, receipt, second, _ = receiver.events
    assert (first["event_name"], first["sender"]) == ("oa_send_text", {"id": OA, "admin_id": "5000000000000000001"})
    assert (receipt["event_name"], second["sender"]["admin_id"]) == ("user_received_message", "5000000000000000007")
    assert [(row["from"], row["text"]) for row in await chat(hooked, follower)] == [
        ("staff", "Chị đây"), ("staff", "Anh đây"),
    ]  # fmt: skip


async def test_who_blocks_cannot_write(oa: Client, follower: str) -> None:
    await act(oa, follower, "block")
    with pytest.raises(ControlError, match="has blocked"):
        await act(oa, follower, "text", text="a")
    with pytest.raises(ControlError, match="code is one of"):
        await act(oa, follower, "block", code=-5)


async def test_the_page_is_told(oa: Client, follower: str) -> None:
    other = await new_follower(oa, "Người khác")
    async with listening(oa, person=follower) as stream:
        await act(oa, other, "text", text="không thấy")
        await act(oa, follower, "text", text="chào")
        await send(oa, follower, "đáp")
        await act(oa, follower, "seen")
        await act(oa, follower, "unfollow")
        seen = await read(stream, 4)
    assert [event.kind for event in seen] == ["message", "message", "edit", "person"]
    assert [event.data["person"] for event in seen] == [follower] * 4
    assert [(event.data["received"], event.data["seen"]) for event in seen[1:3]] == [(True, False), (True, True)]
    assert (seen[3].data["follows"], seen[3].data["network"], seen[3].data["window"]) == (False, "zalo_oa", "free")
    last = await oa.read(f"zalo/oa/people/{follower}/chat", after=seen[1].number)
    assert [row["text"] for row in last["messages"]] == ["đáp"]
    assert (last["person"]["id"], last["seq"]) == (follower, seen[3].number)


async def test_people_are_found_by_their_kind(oa: Client, follower: str) -> None:
    officer = await new_follower(oa, "Cán bộ", kind="officer")
    await oa.order("zalo/bot/people", {"name": "Cán bộ", "kind": "officer"})
    for network, count in (("oa", 1), ("bot", 1)):
        found = (await oa.read(f"zalo/{network}/people", kind="officer"))["people"]
        assert [person["kind"] for person in found] == ["officer"] * count
    assert (await oa.read(f"zalo/oa/people/{officer}"))["kind"] == "officer"


async def test_the_page_hears_of_a_window_that_opens(oa: Client) -> None:
    person = await new_follower(oa, interacted_hours_ago=100)
    async with listening(oa, person=person) as stream:
        await act(oa, person, "text", text="chào")
        opened, said = await read(stream, 2)
    assert (opened.kind, opened.data["window"]) == ("person", "free")
    assert (said.kind, said.data["text"]) == ("message", "chào")


async def test_people_are_found_by_name_and_id(oa: Client, follower: str) -> None:
    many = await oa.order("zalo/oa/people", {"count": 3, "prefix": "Bạn"})
    assert [len(made) for made in many["ids"]] == [19] * 3
    assert (await oa.read(f"zalo/oa/people/{many['ids'][0]}"))["last_interaction"] is None
    found = await oa.read("zalo/oa/people", q="bạn", limit=2)
    assert len(found["people"]) == 2
    assert [person["id"] for person in (await oa.read("zalo/oa/people", q=follower))["people"]] == [follower]
    for path in ("people/x", "people/x/chat"):
        with pytest.raises(ControlError, match="nobody has the id x"):
            await oa.read(f"zalo/oa/{path}")
    with pytest.raises(ControlError, match="nobody can dance"):
        await act(oa, follower, "dance")


async def test_the_menu_is_a_setting(oa: Client, follower: str) -> None:
    menu = [{"title": "Giúp", "type": "oa.query.show", "payload": "#giup"}]
    await settle(oa, menu=menu)
    assert (await oa.read("zalo/oa"))["menu"] == menu
    await act(oa, follower, "press", title="Giúp")
    assert json.loads(json.dumps(await chat(oa, follower)))[0]["text"] == "#giup"
