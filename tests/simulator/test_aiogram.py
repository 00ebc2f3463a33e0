"""aiogram, which knows nothing of the simulator, talks to it with its own setting for the server's address and nothing else."""

import asyncio
import io
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiogram import Bot, Dispatcher, F
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.exceptions import TelegramBadRequest, TelegramForbiddenError, TelegramNetworkError, TelegramRetryAfter
from aiogram.filters import CommandObject, CommandStart
from aiogram.types import (
    BufferedInputFile,
    CallbackQuery,
    ChatMemberUpdated,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaPhoto,
    Message,
    PhotoSize,
)
from aiogram.webhook.aiohttp_server import SimpleRequestHandler, setup_application
from aiohttp import web

from simulator.client import Client
from simulator.config import DEFAULT_TOKEN

Draw = Callable[[int, int], bytes]
KEYS = InlineKeyboardMarkup(inline_keyboard=[[InlineKeyboardButton(text="Được", callback_data="ok")]])


@pytest.fixture
async def bot(simulator: Client) -> AsyncIterator[Bot]:
    session = AiohttpSession(api=TelegramAPIServer.from_base(simulator.address))
    async with Bot(DEFAULT_TOKEN, session=session) as made:
        yield made


def small_bot(seen: list[str]) -> Dispatcher:
    """A bot as anybody writes one with aiogram: greets, answers a button, keeps a photo, notices a block."""
    dispatcher = Dispatcher()

    @dispatcher.message(CommandStart())
    async def greet(message: Message, command: CommandObject) -> None:
        seen.append(f"start {command.args}")
        await message.answer("<b>Chào</b> bạn", parse_mode="HTML", reply_markup=KEYS)

    @dispatcher.callback_query(F.data == "ok")
    async def agree(query: CallbackQuery) -> None:
        seen.append("tap")
        await query.answer("Đã ghi")
        assert isinstance(query.message, Message)
        await query.message.edit_text("Xong rồi")

    @dispatcher.message(F.photo[-1].as_("largest"))
    async def keep(message: Message, bot: Bot, largest: PhotoSize) -> None:
        content = await bot.download(largest, destination=io.BytesIO())
        assert content is not None
        seen.append(f"photo {largest.width} {len(content.read()) == largest.file_size}")
        await message.reply_photo(largest.file_id)

    @dispatcher.my_chat_member()
    async def notice(change: ChatMemberUpdated) -> None:
        seen.append(f"{change.old_chat_member.status} {change.new_chat_member.status}")

    return dispatcher


async def until_shown(simulator: Client, person: int, true: Callable[[list[dict[str, Any]]], bool]) -> None:
    """Wait until what the bot has said in this chat is so."""
    async with asyncio.timeout(10):
        while not true([row for row in (await simulator.chat(person))["messages"] if row["from"] == "bot"]):
            await asyncio.sleep(0.02)


@asynccontextmanager
async def polled(dispatcher: Dispatcher, bot: Bot, simulator: Client) -> AsyncIterator[None]:
    task = asyncio.create_task(
        dispatcher.start_polling(bot, handle_signals=False, close_bot_session=False, polling_timeout=2)
    )
    try:
        yield
    finally:
        await dispatcher.stop_polling()
        await task


@asynccontextmanager
async def hooked(dispatcher: Dispatcher, bot: Bot, simulator: Client) -> AsyncIterator[None]:
    app = web.Application()
    handler = SimpleRequestHandler(dispatcher=dispatcher, bot=bot, handle_in_background=False, secret_token="bi-mat")
    handler.register(app, path="/hook")
    setup_application(app, dispatcher, bot=bot)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        port = runner.addresses[0][1]
        await bot.set_webhook(f"http://127.0.0.1:{port}/hook", secret_token="bi-mat", max_connections=10)
        assert (await bot.get_webhook_info()).max_connections == 10
        yield
        await bot.delete_webhook()
    finally:
        await runner.cleanup()


@pytest.mark.parametrize("way", [polled, hooked])
async def test_a_whole_conversation(simulator: Client, bot: Bot, person: int, picture: Draw, way: Any) -> None:
    seen: list[str] = []
    async with way(small_bot(seen), bot, simulator):
        await simulator.order(f"people/{person}/start", {"payload": "src_1"})
        await until_shown(simulator, person, lambda said: len(said) == 1)
        await simulator.order(f"people/{person}/tap", {"label": "Được"})
        await until_shown(simulator, person, lambda said: said[0]["edited"])
        await simulator.give(person, "photo", ("a.png", picture(1000, 500)))
        await until_shown(simulator, person, lambda said: len(said) == 2)
        await simulator.order(f"people/{person}/block")
        await until_shown(simulator, person, lambda said: len(seen) == 4)  # noqa: ARG005  nothing is said about it
    assert seen == ["start src_1", "tap", "photo 1000 True", "member kicked"]
    chat = await simulator.chat(person)
    said = [(row["text"], row["edited"], "photo" in row) for row in chat["messages"] if row["from"] == "bot"]
    assert said == [("Xong rồi", True, False), ("", False, True)]
    assert chat["toast"]["text"] == "Đã ghi"


async def test_files_albums_and_commands(simulator: Client, bot: Bot, person: int, picture: Draw) -> None:
    me = await bot.get_me()
    assert (me.id, me.username) == (7000001, "LoaTreBot")
    sent = await bot.send_document(person, BufferedInputFile(b"1,2", filename="độ phủ.csv"), caption="Bảng")
    assert sent.document is not None
    assert sent.document.file_name == "độ phủ.csv"
    album = await bot.send_media_group(
        person, [InputMediaPhoto(media=BufferedInputFile(picture(60, 60), filename=f"{n}.png")) for n in range(2)]
    )
    assert len(album) == 2
    assert await bot.delete_messages(person, [message.message_id for message in album]) is True
    assert (await bot.get_chat(person)).first_name == "Nguyễn Văn An"
    assert (await bot.copy_message(person, person, sent.message_id)).message_id > sent.message_id
    assert await bot.send_chat_action(person, "typing") is True


async def test_errors_become_its_own(simulator: Client, bot: Bot, person: int) -> None:
    refused: list[tuple[type[Exception], Callable[[], Awaitable[Any]]]] = [
        (TelegramBadRequest, lambda: bot.send_message(person, "<b>", parse_mode="HTML")),
        (TelegramBadRequest, lambda: bot.send_message(42, "a")),
    ]
    for kind, call in refused:
        with pytest.raises(kind):
            await call()
    await simulator.order("faults", {"kind": "429", "times": 1, "retry_after": 9})
    with pytest.raises(TelegramRetryAfter) as caught:
        await bot.send_message(person, "a")
    assert caught.value.retry_after == 9
    await simulator.order("faults", {"kind": "lost_reply", "times": 1})
    with pytest.raises(TelegramNetworkError):
        await bot.send_message(person, "a")
    await simulator.order(f"people/{person}/block")
    with pytest.raises(TelegramForbiddenError):
        await bot.send_message(person, "a")
