"""Every file a conversation promises can be made, and the menu of commands follows the role at the messenger."""

import importlib
import pkgutil
import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import handlers
from bot.channels.telegram.adapter import TelegramChannel
from bot.files import MAKERS
from bot.replies import ReplySender
from content.catalog import Catalog
from handlers.menu import command_list
from handlers.registry import COMMANDS
from outreach.messaging import AccountId, ContactId, Menu, OutgoingFile, Reply
from outreach.outbox import Target
from simulator.client import Client
from storage.database import Database
from tests.conftest import NOW, TestClock

COMMAND = re.compile(r"[a-z0-9_]{1,32}")


def test_every_kind_that_handlers_promise_has_a_maker() -> None:
    kinds = set()
    for found in pkgutil.walk_packages(handlers.__path__, "handlers."):
        module = importlib.import_module(found.name)
        source = Path(str(module.__file__)).read_text(encoding="utf-8")
        if "OutgoingFile(" not in source:
            continue
        names = re.findall(r"kind=([A-Z_]+)\b", source)
        assert len(names) == source.count("OutgoingFile("), f"{found.name}: a kind that has no name here"
        kinds |= {getattr(module, name) for name in names}
    assert len(kinds) >= 4
    assert kinds == set(MAKERS)


def test_lists_of_commands_are_what_telegram_takes() -> None:
    for language in ("vi", "en"):
        lists = {menu: command_list(COMMANDS, menu=menu, catalog=Catalog(), language=language) for menu in Menu}
        for name, about in lists[Menu.OFFICER]:
            assert COMMAND.fullmatch(name)
            assert 1 <= len(about) <= 256
        own = dict(lists[Menu.OFFICER]).keys() - dict(lists[Menu.PERSON]).keys()
        assert own == {"gui", "chiendich", "dopho", "decumoi", "khaibao", "moi"}
        hers = {menu: dict(lists[menu]).keys() - dict(lists[Menu.PERSON]).keys() for menu in Menu}
        assert hers[Menu.EDITOR] == {"gui", "chiendich", "dopho", "moi"}
        assert hers[Menu.REVIEWER] == {"dopho", "decumoi", "moi"}
        assert "dung_mohan" not in dict(lists[Menu.OFFICER])


async def test_the_menu_of_a_chat_is_set_and_taken_back(
    database: Database,
    account_id: AccountId,
    channel: TelegramChannel,
    simulator: Client,
    person: int,
    subscriber: Callable[..., Awaitable[ContactId]],
    clock: TestClock,
) -> None:
    contact_id = await subscriber(external_id=str(person))
    channel.account_id = account_id
    officers = command_list(COMMANDS, menu=Menu.OFFICER, catalog=Catalog())
    await channel.register_commands({"": command_list(COMMANDS, menu=Menu.PERSON, catalog=Catalog())})

    async def make_file(file: OutgoingFile) -> bytes:
        raise AssertionError(file.kind)

    sender = ReplySender(
        transactions=database,
        channels={account_id: channel},
        make_file=make_file,
        apology="?",
        clock=clock,
        menus={Menu.OFFICER: officers},
    )

    async def shown() -> set[str]:
        answer = await simulator.read(f"bot?person={person}")
        return {command["command"] for command in answer["commands"]}

    async def say(menu: Menu) -> None:
        async with database.write() as tx:
            rows = await tx.outbox.add([(Target(contact_id=contact_id), Reply(text="…", menu=menu))], at=NOW)
            assert (await tx.outbox.pending(since=NOW - timedelta(days=1), limit=9))[-1].reply.menu == menu
        for row in rows:
            sender.send(row)
        await sender.drain()

    assert "gui" not in await shown()
    await say(Menu.OFFICER)
    assert {"gui", "dopho", "decumoi", "khaibao", "moi", "toi"} <= await shown()
    await say(Menu.UNTOUCHED)
    assert "gui" in await shown()
    await say(Menu.PERSON)
    assert "gui" not in await shown()
    assert "toi" in await shown()
