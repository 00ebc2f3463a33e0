"""python-telegram-bot's own Bot over its own transport: sends, polls, uploads, and gets its own errors."""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from telegram import (
    Bot,
    BotCommand,
    BotCommandScopeChat,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaDocument,
)
from telegram.constants import ChatAction
from telegram.error import BadRequest, Conflict, Forbidden, InvalidToken, NetworkError, RetryAfter, TelegramError

from simulator.client import Client
from simulator.config import DEFAULT_TOKEN

KEYS = InlineKeyboardMarkup(
    [[InlineKeyboardButton("Được", callback_data="ok"), InlineKeyboardButton("Xem", url="https://a.vn/x")]]
)


def make_bot(simulator: Client, token: str = DEFAULT_TOKEN) -> Bot:
    return Bot(token, base_url=f"{simulator.address}/bot", base_file_url=f"{simulator.address}/file/bot")


@pytest.fixture
async def bot(simulator: Client) -> AsyncIterator[Bot]:
    async with make_bot(simulator) as made:
        yield made


async def test_it_polls_and_answers(simulator: Client, bot: Bot, person: int) -> None:
    await simulator.order(f"people/{person}/start", {"payload": "src_1"})
    (update,) = await bot.get_updates(timeout=5)
    assert update.message is not None
    assert update.message.text == "/start src_1"
    assert update.message.parse_entities(["bot_command"]) == {update.message.entities[0]: "/start"}
    sent = await bot.send_message(person, "Chào <i>😀 bạn</i>", parse_mode="HTML", reply_markup=KEYS)
    assert sent.parse_entity(sent.entities[0]) == "😀 bạn"
    assert sent.reply_markup == KEYS
    await simulator.order(f"people/{person}/tap", {"label": "Được"})
    (tapped,) = await bot.get_updates(offset=update.update_id + 1, timeout=5)
    assert tapped.callback_query is not None
    assert await tapped.callback_query.answer("Ừ") is True
    edited = await tapped.callback_query.edit_message_text("Rồi")
    assert getattr(edited, "text", "") == "Rồi"
    assert await bot.delete_message(person, sent.message_id) is True


async def test_files_commands_and_the_webhook(simulator: Client, bot: Bot, person: int) -> None:
    document = await bot.send_document(person, b"%PDF-1.4", filename="kế hoạch.pdf", caption="Đây")
    assert document.document is not None
    assert document.document.file_name == "kế hoạch.pdf"
    content = await (await document.document.get_file()).download_as_bytearray()
    assert bytes(content) == b"%PDF-1.4"
    album = await bot.send_media_group(
        person, [InputMediaDocument(b"1", filename="1"), InputMediaDocument(b"2", filename="2")]
    )
    assert album[0].media_group_id == album[1].media_group_id
    commands = [BotCommand("tin", "Tin mới")]
    scope = BotCommandScopeChat(person)
    assert await bot.set_my_commands(commands, scope=scope) is True
    assert list(await bot.get_my_commands(scope=scope)) == commands
    assert await bot.send_chat_action(person, ChatAction.TYPING) is True
    assert await bot.set_webhook("http://127.0.0.1:9/hook", secret_token="a") is True
    assert (await bot.get_webhook_info()).url == "http://127.0.0.1:9/hook"
    with pytest.raises(Conflict):
        await bot.get_updates()
    assert await bot.delete_webhook() is True


async def test_errors_become_its_own(simulator: Client, bot: Bot, person: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PTB_TIMEDELTA", "true")
    refused: list[tuple[type[Exception], str, Callable[[], Awaitable[object]]]] = [
        (BadRequest, "Can't parse entities: unsupported start tag", lambda: bot.send_message(person, "<x>", "HTML")),
        (BadRequest, "Chat not found", lambda: bot.send_message(42, "a")),
        (BadRequest, "Message is too long", lambda: bot.send_message(person, "a" * 4097)),
        (BadRequest, "Query is too old", lambda: bot.answer_callback_query("5")),
    ]
    for kind, words, call in refused:
        with pytest.raises(kind, match=f"(?i){words}"):
            await call()
    await simulator.order("faults", {"kind": "429", "times": 1, "retry_after": 9})
    with pytest.raises(RetryAfter):
        await bot.send_message(person, "a")
    for fault in ("500", "502", "lost_reply", "reset"):
        await simulator.order("faults", {"kind": fault, "times": 1})
        with pytest.raises(NetworkError):
            await bot.send_message(person, fault)
    await simulator.order("faults", {"kind": "garbage", "times": 1})
    with pytest.raises(TelegramError, match="Invalid server response"):
        await bot.send_message(person, "a")
    await simulator.order(f"people/{person}/block")
    with pytest.raises(Forbidden, match="bot was blocked by the user"):
        await bot.send_message(person, "a")
    stranger = make_bot(simulator, "1:nobody")
    await stranger.request.initialize()
    with pytest.raises(InvalidToken):
        await stranger.get_me()
    await stranger.request.shutdown()
