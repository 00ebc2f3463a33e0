"""sendMessage and its relatives: what comes back, what stands in the chat, every limit and error text."""

import json
from typing import Any

import pytest

from simulator.client import Client
from simulator.errors import ApiError

BUTTON = {"text": "Được", "callback_data": "ok"}


def inline(*rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {"inline_keyboard": list(rows)}


async def refusal(client: Client, method: str, /, **parameters: Any) -> str:
    with pytest.raises(ApiError) as caught:
        await client.call(method, **parameters)
    return f"{caught.value.code} {caught.value.description}"


async def test_a_message_comes_back_as_telegram_gives_it(simulator: Client, person: int) -> None:
    sent = await simulator.call(
        "sendMessage", chat_id=person, text="<b>Chào</b> bạn", parse_mode="HTML", reply_markup=inline([BUTTON])
    )
    assert sent["from"] == {"id": 7000001, "is_bot": True, "first_name": "Loa Trẻ", "username": "LoaTreBot"}
    assert sent["chat"] == {"id": person, "first_name": "Nguyễn Văn An", "type": "private"}
    assert sent["text"] == "Chào bạn"
    assert sent["entities"] == [{"offset": 0, "length": 4, "type": "bold"}]
    assert sent["reply_markup"] == inline([BUTTON])
    seen = (await simulator.chat(person))["messages"]
    assert [(row["from"], row["text"], row["inline"]) for row in seen] == [
        ("bot", "Chào bạn", [[{"text": "Được", "data": "ok"}]])
    ]


@pytest.mark.parametrize("form", ["query", "urlencoded", "multipart", "json"])
async def test_parameters_come_in_four_forms(simulator: Client, person: int, form: str) -> None:
    text = "a+b & ả=ừ 😀"
    values = {"chat_id": str(person), "text": text, "reply_markup": json.dumps(inline([BUTTON]))}
    if form == "multipart":
        sent = await simulator.upload("sendMessage", files={}, **values)
    elif form == "json":
        sent = await simulator.call("sendMessage", **values)
    else:
        given: dict[str, Any] = {"params": values} if form == "query" else {"data": values}
        verb = simulator.session.get if form == "query" else simulator.session.post
        async with verb(simulator.url("sendMessage"), **given) as answer:
            sent = (await answer.json())["result"]
    assert sent["text"] == text
    assert sent["reply_markup"] == inline([BUTTON])


async def test_method_names_know_no_case(simulator: Client) -> None:
    assert (await simulator.call("GETME"))["username"] == "LoaTreBot"


async def test_an_unknown_method_and_an_unknown_token(simulator: Client) -> None:
    assert await refusal(simulator, "sendDice") == "404 Not Found: method not found"
    stranger = Client(simulator.session, simulator.address, token="1:nobody")
    assert await refusal(stranger, "getMe") == "401 Unauthorized"


async def test_text_is_counted_in_code_points_after_parsing(simulator: Client, person: int) -> None:
    for text in ("ầ" * 4096, "😀" * 4096, "<b>" + "a" * 4096 + "</b>"):
        await simulator.call("sendMessage", chat_id=person, text=text, parse_mode="HTML")
    too_long = await refusal(simulator, "sendMessage", chat_id=person, text="a" * 4097)
    assert too_long == "400 Bad Request: message is too long"
    sent = await simulator.call("sendMessage", chat_id=person, text="x")
    edit = {"chat_id": person, "message_id": sent["message_id"], "text": "a" * 4097}
    assert await refusal(simulator, "editMessageText", **edit) == "400 Bad Request: MESSAGE_TOO_LONG"


@pytest.mark.parametrize(
    ("parameters", "error"),
    [
        ({"text": ""}, "message text is empty"),
        ({"text": " \n "}, "message text is empty"),
        ({"text": "<b></b>", "parse_mode": "HTML"}, "text must be non-empty"),
        ({"text": "a", "parse_mode": "Markup"}, "unsupported parse_mode"),
        ({"text": "a", "chat_id": ""}, "chat_id is empty"),
        ({"text": "a", "chat_id": 42}, "chat not found"),
        ({"text": "a", "chat_id": "@nobody"}, "chat not found"),
        ({"text": "a", "reply_parameters": {"message_id": 999}}, "message to be replied not found"),
        ({"text": "a", "reply_markup": "{"}, "can't parse reply keyboard markup JSON object"),
        ({"text": "a", "reply_markup": "[]"}, "object expected as reply markup"),
        (
            {"text": "a", "reply_markup": {"inline_keyboard": [1]}},
            'field "inline_keyboard" of the InlineKeyboardMarkup must be an Array of Arrays',
        ),
        ({"text": "a", "reply_markup": inline([{**BUTTON, "callback_data": "ầ" * 22}])}, "BUTTON_DATA_INVALID"),
        ({"text": "a", "reply_markup": inline([{**BUTTON, "callback_data": ""}])}, "BUTTON_DATA_INVALID"),
        (
            {"text": "a", "reply_markup": inline([{"text": "x"}])},
            "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard",
        ),
        (
            {"text": "a", "reply_markup": inline([{"callback_data": "x"}])},
            "can't parse inline keyboard button: Can't find field \"text\"",
        ),
        (
            {"text": "a", "reply_markup": inline([{**BUTTON, "text": 1}])},
            'can\'t parse inline keyboard button: Field "text" must be of type String',
        ),
        (
            {"text": "a", "reply_markup": inline([{**BUTTON, "text": ""}])},
            "inline keyboard button text must be non-empty",
        ),
        ({"text": "a", "reply_markup": inline(*[[BUTTON] * 8] * 13)}, "reply markup is too long"),
        ({"text": "a", "reply_markup": inline([BUTTON] * 9)}, "reply markup is too long"),
        (
            {"text": "a", "reply_markup": inline([{"text": "x", "url": "ftp://a.vn"}])},
            "inline keyboard button URL 'ftp://a.vn' is invalid: Unsupported URL protocol",
        ),
        (
            {"text": "a", "reply_markup": inline([{"text": "x", "url": "http://here"}])},
            "inline keyboard button URL 'http://here' is invalid: Wrong HTTP URL",
        ),
        (
            {"text": "a", "reply_markup": inline([{"text": "x", "copy_text": {"text": "c" * 257}}])},
            "BUTTON_COPY_TEXT_INVALID",
        ),
        ({"text": "a", "reply_markup": {"keyboard": [[""]]}}, "keyboard button text must be non-empty"),
    ],
)
async def test_what_is_refused(simulator: Client, person: int, parameters: dict[str, Any], error: str) -> None:
    found = await refusal(simulator, "sendMessage", **{"chat_id": person, **parameters})
    assert found == f"400 Bad Request: {error}"
    assert (await simulator.chat(person))["messages"] == []


async def test_the_largest_that_is_taken(simulator: Client, person: int) -> None:
    widest = {"text": "x" * 500, "callback_data": "ầ" * 21 + "a"}
    copied = {"text": "Sao chép", "copy_text": {"text": "ầ" * 256}}
    rows: list[list[dict[str, Any]]] = [[widest] * 8] * 12 + [[widest, widest, widest, copied]]
    sent = await simulator.call("sendMessage", chat_id=person, text="a", reply_markup=inline(*rows))
    assert sum(map(len, sent["reply_markup"]["inline_keyboard"])) == 100


async def test_who_cannot_be_written_to(simulator: Client, person: int) -> None:
    stranger = await simulator.person("Người lạ", started=False)
    assert await refusal(simulator, "sendMessage", chat_id=stranger, text="a") == (
        "403 Forbidden: bot can't initiate conversation with a user"
    )
    await simulator.order(f"people/{person}/block")
    blocked = await refusal(simulator, "sendMessage", chat_id=person, text="a")
    assert blocked == "403 Forbidden: bot was blocked by the user"
    assert await refusal(simulator, "sendChatAction", chat_id=person, action="typing") == blocked
    await simulator.order(f"people/{person}/unblock")
    await simulator.call("sendMessage", chat_id=person, text="a")
    await simulator.order(f"people/{person}/deactivate")
    assert await refusal(simulator, "sendMessage", chat_id=person, text="a") == "403 Forbidden: user is deactivated"


async def test_a_reply_and_a_copy(simulator: Client, person: int) -> None:
    other = await simulator.person("Hoàng Thị Bé")
    asked = await simulator.order(f"people/{person}/text", {"text": "Cho mình hỏi"})
    question = asked["message_ids"][0]
    sent = await simulator.call(
        "sendMessage", chat_id=person, text="Đây nhé", reply_parameters={"message_id": question}
    )
    assert sent["reply_to_message"]["text"] == "Cho mình hỏi"
    loose = {"message_id": 9999, "allow_sending_without_reply": True}
    assert "reply_to_message" not in await simulator.call(
        "sendMessage", chat_id=person, text="Đây", reply_parameters=loose
    )
    copied = await simulator.call("copyMessage", chat_id=other, from_chat_id=person, message_id=question)
    seen = (await simulator.chat(other))["messages"]
    assert [(row["message_id"], row["text"]) for row in seen] == [(copied["message_id"], "Cho mình hỏi")]
    lost = {"chat_id": other, "from_chat_id": person, "message_id": 9999}
    assert await refusal(simulator, "copyMessage", **lost) == "400 Bad Request: message to copy not found"


async def test_a_message_without_a_sound_is_shown_as_one(simulator: Client, person: int) -> None:
    for silent in (True, False):
        sent = await simulator.call("sendMessage", chat_id=person, text="Tin", disable_notification=silent)
        assert "silent" not in sent
    assert [message.get("silent") for message in (await simulator.chat(person))["messages"]] == [True, None]


async def test_reply_keyboards_come_and_go(simulator: Client, person: int) -> None:
    keys = {"keyboard": [["Tin mới", {"text": "Của tôi"}]], "resize_keyboard": True}
    await simulator.call("sendMessage", chat_id=person, text="a", reply_markup=keys)
    assert (await simulator.chat(person))["reply_keyboard"] == [["Tin mới", "Của tôi"]]
    await simulator.call("sendMessage", chat_id=person, text="b")
    assert (await simulator.chat(person))["reply_keyboard"] is not None
    tapped = await simulator.order(f"people/{person}/tap", {"label": "Tin mới"})
    assert len(tapped["update_ids"]) == 1
    await simulator.call("sendMessage", chat_id=person, text="c", reply_markup={"remove_keyboard": True})
    assert (await simulator.chat(person))["reply_keyboard"] is None


async def test_typing_shows_until_the_message_comes(simulator: Client, person: int) -> None:
    assert await refusal(simulator, "sendChatAction", chat_id=person, action="dancing") == (
        "400 Bad Request: wrong parameter action in request"
    )
    await simulator.call("sendChatAction", chat_id=person, action="typing")
    assert (await simulator.chat(person))["typing"] is True
    await simulator.call("sendMessage", chat_id=person, text="a")
    assert (await simulator.chat(person))["typing"] is False
    await simulator.call("sendChatAction", chat_id=person, action="typing")
    await simulator.order("clock", {"advance": 6})
    assert (await simulator.chat(person))["typing"] is False


async def test_the_chat_and_its_members(simulator: Client, person: int) -> None:
    assert (await simulator.call("getChat", chat_id=person))["first_name"] == "Nguyễn Văn An"
    member = await simulator.call("getChatMember", chat_id=person, user_id=person)
    assert (member["status"], member["user"]["id"]) == ("member", person)
    await simulator.order(f"people/{person}/block")
    bot = await simulator.call("getChatMember", chat_id=person, user_id=7000001)
    assert bot["status"] == "kicked"
    assert await refusal(simulator, "getChat", chat_id=1) == "400 Bad Request: chat not found"
