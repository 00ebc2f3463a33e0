"""What a channel that is set up is to the conversation: its door."""

from typing import Any

from bot.lines import Ground, open_lines
from bot.settings import Settings
from content.catalog import Catalog
from outreach.messaging import ChannelName
from simulator.config import DEFAULT_ZALO_BOT_TOKEN
from storage.database import Database
from tests.conftest import TestClock


async def test_the_plan_of_a_zalo_bot_is_counted_down(address: str, database: Database, clock: TestClock) -> None:
    about: dict[str, Any] = {
        "telegram_token": None,
        "zalo_bot_token": DEFAULT_ZALO_BOT_TOKEN,
        "zalo_bot_url": f"{address}/zalo-bot",
        "zalo_bot_messages": 700,
    }
    settings = Settings(**about)
    ground = Ground(settings=settings, transactions=database, catalog=Catalog(), clock=clock)
    async with open_lines(ground) as lines:
        assert {name: line.door.monthly for name, line in lines.items()} == {ChannelName.ZALO_BOT: 700}
