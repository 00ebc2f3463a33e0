"""Edits, deletions, taps and their answers."""

from typing import Any

import pytest

from simulator.client import Client
from simulator.errors import ApiError, ControlError

KEYS = {"inline_keyboard": [[{"text": "Được", "callback_data": "ok"}]]}
NOT_MODIFIED = (
    "Bad Request: message is not modified: specified new message content and reply markup are exactly the same"
    " as a current content and reply markup of the message"
)
HOUR = 3600


async def send(client: Client, person: int, text: str = "Xin chào", **parameters: Any) -> dict[str, int]:
    sent = await client.call("sendMessage", chat_id=person, text=text, **parameters)
    return {"chat_id": person, "message_id": sent["message_id"]}


async def test_text_and_keyboard_are_changed(simulator: Client, person: int) -> None:
    place = await send(simulator, person, reply_markup=KEYS)
    edited = await simulator.call("editMessageText", **place, text="<i>Khác</i>", parse_mode="HTML")
    assert (edited["text"], edited["entities"][0]["type"]) == ("Khác", "italic")
    assert "reply_markup" not in edited
    assert edited["edit_date"]
    again = await simulator.call("editMessageReplyMarkup", **place, reply_markup=KEYS)
    assert again["reply_markup"] == KEYS
    seen = (await simulator.chat(person))["messages"][0]
    assert (seen["text"], seen["edited"], len(seen["inline"])) == ("Khác", True, 1)


async def test_the_same_again_is_refused(simulator: Client, person: int) -> None:
    place = await send(simulator, person, "<b>A</b>", parse_mode="HTML", reply_markup=KEYS)
    for method, parameters in (
        ("editMessageText", {"text": "<b>A</b>", "parse_mode": "HTML", "reply_markup": KEYS}),
        ("editMessageReplyMarkup", {"reply_markup": KEYS}),
    ):
        with pytest.raises(ApiError, match="^" + NOT_MODIFIED.replace(".", r"\.") + "$"):
            await simulator.call(method, **place, **parameters)
    await simulator.call("editMessageText", **place, text="A", reply_markup=KEYS)


@pytest.mark.parametrize(
    ("method", "parameters", "error"),
    [
        ("editMessageText", {"message_id": 999, "text": "a"}, "message to edit not found"),
        ("editMessageText", {"text": "a"}, "message identifier is not specified"),
        ("editMessageReplyMarkup", {"message_id": 999}, "message to edit not found"),
        ("editMessageCaption", {"message_id": 999}, "message to edit not found"),
        ("deleteMessage", {"message_id": 999}, "message to delete not found"),
        ("deleteMessage", {}, "message identifier is not specified"),
        ("deleteMessages", {}, "message identifiers are not specified"),
        ("deleteMessages", {"message_ids": list(range(1, 102))}, "too many message identifiers specified"),
    ],
)
async def test_what_is_not_there(
    simulator: Client, person: int, method: str, parameters: dict[str, Any], error: str
) -> None:
    with pytest.raises(ApiError) as caught:
        await simulator.call(method, chat_id=person, **parameters)
    assert caught.value.description == f"Bad Request: {error}"


async def test_what_cannot_be_edited(simulator: Client, person: int) -> None:
    theirs = (await simulator.order(f"people/{person}/text", {"text": "của mình"}))["message_ids"][0]
    with pytest.raises(ApiError, match="message can't be edited"):
        await simulator.call("editMessageText", chat_id=person, message_id=theirs, text="a")
    place = await send(simulator, person)
    with pytest.raises(ApiError, match="there is no caption in the message to edit"):
        await simulator.call("editMessageCaption", **place, caption="a")
    with pytest.raises(ApiError, match="inline keyboard expected"):
        await simulator.call("editMessageText", **place, text="b", reply_markup={"keyboard": [["a"]]})


async def test_deleting_ends_after_48_hours_editing_does_not(simulator: Client, person: int) -> None:
    early, late = await send(simulator, person), await send(simulator, person)
    await simulator.order("clock", {"advance": 47 * HOUR})
    assert await simulator.call("deleteMessage", **early) is True
    await simulator.order("clock", {"advance": 2 * HOUR})
    with pytest.raises(ApiError, match="Bad Request: message can't be deleted for everyone"):
        await simulator.call("deleteMessage", **late)
    await simulator.call("editMessageText", **late, text="vẫn sửa được")
    states = [row["deleted"] for row in (await simulator.chat(person))["messages"]]
    assert states == [True, False]
    with pytest.raises(ApiError, match="message to delete not found"):
        await simulator.call("deleteMessage", **early)


async def test_many_are_deleted_at_once(simulator: Client, person: int) -> None:
    ids = [(await send(simulator, person))["message_id"] for _ in range(3)]
    assert await simulator.call("deleteMessages", chat_id=person, message_ids=[*ids[:2], 999]) is True
    assert [row["deleted"] for row in (await simulator.chat(person))["messages"]] == [True, True, False]


async def test_a_tap_is_answered(simulator: Client, person: int) -> None:
    place = await send(simulator, person, reply_markup=KEYS)
    await simulator.order(f"people/{person}/tap", {"message_id": place["message_id"], "data": "ok"})
    query = (await simulator.call("getUpdates"))[0]["callback_query"]
    assert (query["data"], query["from"]["id"], query["message"]["message_id"]) == ("ok", person, place["message_id"])
    answer = {"callback_query_id": query["id"], "text": "Đã ghi", "show_alert": True}
    assert await simulator.call("answerCallbackQuery", **answer) is True
    toast = (await simulator.chat(person))["toast"]
    assert (toast["text"], toast["show_alert"]) == ("Đã ghi", True)
    with pytest.raises(ApiError, match="MESSAGE_TOO_LONG"):
        await simulator.call("answerCallbackQuery", callback_query_id=query["id"], text="a" * 201)


@pytest.mark.parametrize("waited", [149, 151])
async def test_a_tap_dies_after_150_seconds(simulator: Client, person: int, waited: int) -> None:
    await send(simulator, person, reply_markup=KEYS)
    await simulator.order(f"people/{person}/tap", {"label": "Được"})
    query = (await simulator.call("getUpdates"))[0]["callback_query"]
    await simulator.order("clock", {"advance": waited})
    if waited < 150:
        assert len(await simulator.call("getUpdates")) == 1
        assert await simulator.call("answerCallbackQuery", callback_query_id=query["id"]) is True
        return
    assert await simulator.call("getUpdates") == []
    with pytest.raises(ApiError) as caught:
        await simulator.call("answerCallbackQuery", callback_query_id=query["id"])
    assert caught.value.description == (
        "Bad Request: query is too old and response timeout expired or query ID is invalid"
    )


async def test_tapping_finds_the_newest_button_or_says_so(simulator: Client, person: int) -> None:
    first, second = [await send(simulator, person, reply_markup=KEYS) for _ in range(2)]
    tapped = await simulator.order(f"people/{person}/tap", {"data": "ok"})
    assert tapped["message_ids"] == [second["message_id"]]
    await simulator.call("editMessageReplyMarkup", **second)
    tapped = await simulator.order(f"people/{person}/tap", {"label": "Được"})
    assert tapped["message_ids"] == [first["message_id"]]
    with pytest.raises(ControlError) as caught:
        await simulator.order(f"people/{person}/tap", {"data": "khác"})
    assert caught.value.status == 409
    with pytest.raises(ControlError):
        await simulator.order(f"people/{person}/tap", {"message_id": second["message_id"]})


async def test_a_link_button_makes_no_update(simulator: Client, person: int) -> None:
    await send(simulator, person, reply_markup={"inline_keyboard": [[{"text": "Xem", "url": "https://a.vn/x"}]]})
    tapped = await simulator.order(f"people/{person}/tap", {"label": "Xem"})
    assert tapped["update_ids"] == []
    assert tapped["button"]["url"] == "https://a.vn/x"
