"""People: making and finding them, and what their doings look like to the bot."""

from typing import Any

import pytest

from simulator.client import Client
from simulator.errors import ApiError, ControlError


async def updates(client: Client) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = await client.call("getUpdates")
    return found


async def test_people_are_made_and_found(simulator: Client) -> None:
    young = await simulator.order("people", {"name": "Lý Minh Anh", "username": "minhanh", "kind": "young"})
    assert young == {
        "id": young["id"], "name": "Lý Minh Anh", "username": "minhanh", "kind": "young",
        "blocked": False, "deactivated": False,
    }  # fmt: skip
    officer = await simulator.person("Cán bộ xã", id=555, kind="officer")
    assert officer == 555
    assert await simulator.read(f"people/{young['id']}") == young

    async def names(**query: str | int) -> list[str]:
        return [row["name"] for row in (await simulator.read("people", **query))["people"]]

    assert await names() == ["Cán bộ xã", "Lý Minh Anh"]
    await simulator.order(f"people/{young['id']}/text", {"text": "a"})
    assert await names() == ["Lý Minh Anh", "Cán bộ xã"]
    assert await names(kind="officer") == ["Cán bộ xã"]
    assert await names(q="minh") == await names(q="MINHANH") == await names(limit=1) == ["Lý Minh Anh"]
    assert await names(q="555") == ["Cán bộ xã"]
    for wrong in ({"name": "Hai", "id": 555}, {"name": ""}):
        with pytest.raises(ControlError):
            await simulator.order("people", wrong)
    with pytest.raises(ControlError) as caught:
        await simulator.order("people/999/text", {"text": "a"})
    assert caught.value.status == 404


async def test_many_are_made_at_once(simulator: Client) -> None:
    ids = (await simulator.order("people", {"count": 5_000, "prefix": "Bạn", "kind": "young"}))["ids"]
    assert len(set(ids)) == 5_000
    assert (await simulator.read(f"people/{ids[41]}"))["name"] == "Bạn 42"
    assert (await simulator.call("sendMessage", chat_id=ids[-1], text="a"))["chat"]["first_name"] == "Bạn 5000"


async def test_start_with_and_without_a_payload(simulator: Client) -> None:
    person = await simulator.person(started=False)
    await simulator.order(f"people/{person}/start", {"payload": "src_truong-1"})
    await simulator.order(f"people/{person}/start")
    messages = [update["message"] for update in await updates(simulator)]
    assert [message["text"] for message in messages] == ["/start src_truong-1", "/start"]
    assert messages[0]["entities"] == [{"offset": 0, "length": 6, "type": "bot_command"}]
    assert messages[0]["from"]["id"] == messages[0]["chat"]["id"] == person
    assert await simulator.call("sendMessage", chat_id=person, text="chào")
    for wrong in ("có dấu", "a" * 65, "a b"):
        with pytest.raises(ControlError) as caught:
            await simulator.order(f"people/{person}/start", {"payload": wrong})
        assert caught.value.status == 400
    await simulator.order(f"people/{person}/start", {"payload": "a" * 64})


async def test_block_and_unblock_are_told_once_each(simulator: Client, person: int) -> None:
    assert len((await simulator.order(f"people/{person}/block"))["update_ids"]) == 1
    assert (await simulator.order(f"people/{person}/block"))["update_ids"] == []
    with pytest.raises(ControlError) as caught:
        await simulator.order(f"people/{person}/text", {"text": "a"})
    assert caught.value.status == 409
    await simulator.order(f"people/{person}/unblock")
    changes = [update["my_chat_member"] for update in await updates(simulator)]
    assert [(change["old_chat_member"]["status"], change["new_chat_member"]["status"]) for change in changes] == [
        ("member", "kicked"),
        ("kicked", "member"),
    ]
    assert changes[0]["chat"]["id"] == changes[0]["from"]["id"] == person
    assert changes[0]["new_chat_member"]["user"]["id"] == 7000001


async def test_start_unblocks(simulator: Client, person: int) -> None:
    await simulator.order(f"people/{person}/block")
    done = await simulator.order(f"people/{person}/start")
    assert len(done["update_ids"]) == 2
    kinds = [next(iter(set(update) - {"update_id"})) for update in await updates(simulator)]
    assert kinds == ["my_chat_member", "my_chat_member", "message"]
    assert (await simulator.read(f"people/{person}"))["blocked"] is False


async def test_the_deactivated_do_nothing_more(simulator: Client, person: int) -> None:
    await simulator.order(f"people/{person}/deactivate")
    for path, body in (("text", {"text": "a"}), ("start", {}), ("block", {}), ("sticker", {})):
        with pytest.raises(ControlError):
            await simulator.order(f"people/{person}/{path}", body)
    assert await updates(simulator) == []


async def test_a_reply_a_forward_and_an_edit(simulator: Client, person: int) -> None:
    asked = await simulator.call("sendMessage", chat_id=person, text="Bạn tên gì?")
    reply = {"text": "Mai", "reply_to": asked["message_id"]}
    told = await simulator.order(f"people/{person}/text", reply)
    await simulator.order(f"people/{person}/text", {"text": "Kế hoạch 136", "forward_from": "Báo Lạng Sơn"})
    await simulator.order(f"people/{person}/edit", {"message_id": told["message_ids"][0], "text": "Mây"})
    first, second, third = await updates(simulator)
    assert first["message"]["reply_to_message"]["text"] == "Bạn tên gì?"
    assert second["message"]["forward_origin"]["sender_user_name"] == "Báo Lạng Sơn"
    assert (third["edited_message"]["text"], third["edited_message"]["message_id"]) == ("Mây", told["message_ids"][0])
    assert third["edited_message"]["edit_date"]
    assert (await simulator.chat(person))["messages"][1]["edited"] is True
    with pytest.raises(ControlError) as caught:
        await simulator.order(f"people/{person}/edit", {"message_id": asked["message_id"], "text": "a"})
    assert caught.value.status == 404


async def test_an_enormous_text_goes_as_several_and_an_empty_one_not_at_all(simulator: Client, person: int) -> None:
    done = await simulator.order(f"people/{person}/text", {"text": "ầ" * 9_000})
    assert [len(update["message"]["text"]) for update in await updates(simulator)] == [4096, 4096, 808]
    assert len(done["update_ids"]) == 3
    with pytest.raises(ControlError):
        await simulator.order(f"people/{person}/text", {"text": "  "})


@pytest.mark.parametrize("kind", ["sticker", "voice", "location", "contact"])
async def test_ready_made_media(simulator: Client, person: int, kind: str) -> None:
    await simulator.order(f"people/{person}/{kind}")
    message = (await updates(simulator))[0]["message"]
    assert kind in message
    assert "text" not in message
    if "file_id" in message[kind]:
        assert (await simulator.call("getFile", file_id=message[kind]["file_id"]))["file_size"] > 0
    assert (await simulator.chat(person))["messages"][0]["other"] == kind


async def test_any_update_can_be_injected_and_its_group_is_known(simulator: Client) -> None:
    group = {"id": -1001, "type": "supergroup", "title": "Lớp 12A"}
    post = {"message_id": 1, "date": 1, "chat": group, "text": "/start", "from": {"id": 5, "is_bot": False}}
    await simulator.order("updates", {"message": post})
    assert (await updates(simulator))[0]["message"] == post
    sent = await simulator.call("sendMessage", chat_id=-1001, text="a")
    assert sent["chat"] == {"id": -1001, "title": "Lớp 12A", "type": "supergroup"}
    with pytest.raises(ApiError, match="chat not found"):
        await simulator.call("sendMessage", chat_id=-1002, text="a")
