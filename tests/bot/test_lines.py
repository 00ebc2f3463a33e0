"""What a channel that is set up is to the conversation: its door."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from bot.app import _works, open_app
from bot.channels.zalo_oa.tokens import token_name
from bot.lines import Ground, gone_accounts, open_lines, watched_accounts
from bot.settings import Settings
from content.catalog import Catalog
from outreach.broadcasts.model import ArticleLimits, ArticlesLeft
from outreach.contacts.windows import Windows
from outreach.messaging import ChannelName
from outreach.tokens import TokenPair
from outreach.upkeep import Health, Plan
from simulator.client import Client
from simulator.config import DEFAULT_TOKEN, DEFAULT_ZALO_BOT_TOKEN
from simulator.zalo.oa.state import APP_ID as SIMULATED_APP
from storage.database import Database
from tests.bot.channels.zalo_oa.standin import APP_ID, APP_SECRET, OA_ID, OA_SECRET
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
    async with database.write() as tx:  # of a channel that is set up and did not answer
        may_come_back = await tx.contacts.account(channel=ChannelName.ZALO_OA, external_id=OA_ID, name="OA")
        known = await tx.accounts.every()
    async with open_lines(ground) as lines:
        [in_use] = [line.channel.account_id for line in lines.values()]
        assert await gone_accounts(ground, lines) == {*known, may_come_back} - {in_use}
        coming = replace(ground, settings=Settings(**about, zalo_app_id=APP_ID))
        assert await gone_accounts(coming, lines) == known.keys() - {in_use, may_come_back}
        assert {name: line.door.monthly for name, line in lines.items()} == {ChannelName.ZALO_BOT: 700}
        [health] = [line.health for line in lines.values()]
        assert health
        assert (await health()).plan == Plan(people=0, most_people=50, messages=0, most_messages=700)


async def test_a_channel_that_is_left_out_is_watched_over(address: str, database: Database, clock: TestClock) -> None:
    about: dict[str, Any] = {
        "telegram_token": DEFAULT_TOKEN,
        "telegram_base_url": address,
        "zalo_bot_token": "1:wrong",
        "zalo_bot_url": f"{address}/zalo-bot",
    }
    ground = Ground(settings=Settings(**about), transactions=database, catalog=Catalog(), clock=clock)
    async with open_lines(ground) as lines:
        assert await watched_accounts(ground, lines) == (), "of a bot that was never met nobody knows"
        async with database.write() as tx:
            bot = await tx.contacts.account(channel=ChannelName.ZALO_BOT, external_id="1459", name="bot.AbC")
        [watched] = await watched_accounts(ground, lines)
    assert (watched.account_id, watched.channel, watched.name) == (bot, ChannelName.ZALO_BOT, "bot.AbC")
    assert await watched.health() == Health(refused="token_revoked")


async def test_the_official_account_tells_how_many_articles_are_left(
    address: str, simulator: Client, database: Database, clock: TestClock
) -> None:
    about: dict[str, Any] = {
        "telegram_token": None,
        "zalo_app_id": SIMULATED_APP,
        "zalo_app_secret": APP_SECRET,
        "zalo_oa_secret": OA_SECRET,
        "zalo_api_url": f"{address}/zalo-oa",
    }
    tokens = await simulator.order("zalo/oa/tokens")
    lasts = timedelta(hours=20)
    pair = TokenPair(
        access=str(tokens["access_token"]),
        refresh="rt",
        refreshed_at=clock(),
        access_expires_at=clock() + lasts,
        refresh_expires_at=clock() + lasts,
    )
    async with database.write() as tx:
        await tx.tokens.store(token_name(SIMULATED_APP), pair)
    follower = str((await simulator.order("zalo/oa/people", {"name": "An", "follows": True}))["id"])
    ground = Ground(settings=Settings(**about), transactions=database, catalog=Catalog(), clock=clock)
    async with open_lines(ground) as lines:
        ask = lines[ChannelName.ZALO_OA].door.articles_left
        assert ask
        assert lines[ChannelName.ZALO_OA].door.refuses_buttons
        assert [await ask(one) for one in (follower, "1")] == [ArticlesLeft(today=1, month=4), None]


async def test_what_is_set_reaches_the_running_program(address: str, database: Database, clock: TestClock) -> None:
    about: dict[str, Any] = {
        "database_url": database.url.render_as_string(hide_password=False),
        "secret_key": "a" * 64,
        "telegram_token": DEFAULT_TOKEN,
        "telegram_base_url": address,
        "telegram_rate": 20.0,
        "telegram_start_rate": 10.0,
        "zalo_bot_token": DEFAULT_ZALO_BOT_TOKEN,
        "zalo_bot_url": f"{address}/zalo-bot",
        "zalo_bot_rate": 3.0,
        "zalo_app_id": APP_ID,
        "zalo_app_secret": APP_SECRET,
        "zalo_oa_secret": OA_SECRET,
        "zalo_api_url": "http://127.0.0.1:9",
        "zalo_rate": 2000,
        "zalo_free_hours": 47,
        "zalo_window_hours": 160,
        "zalo_paid_ceiling": 5500,
        "zalo_paid_price": 56,
        "zalo_receipt_hours": 30,
        "zalo_staff_hours": 7,
        "zalo_follow_opens": False,
        "zalo_article_title": 100,
        "zalo_article_author": 40,
        "zalo_article_description": 200,
        "zalo_file_types": "pdf,csv",
    }
    async with database.write() as tx:  # met before, so it is opened though it does not answer
        await tx.contacts.account(channel=ChannelName.ZALO_OA, external_id=OA_ID, name="OA", windowed=True)
    windows = Windows(
        free=timedelta(hours=47), whole=timedelta(hours=160), ceiling_vnd=5500, price_vnd=56, follow_opens=False
    )
    rates = {ChannelName.TELEGRAM: 20.0, ChannelName.ZALO_OA: 2000 / 60, ChannelName.ZALO_BOT: 3.0}
    async with open_app(Settings(**about), clock=clock) as app:
        assert app.world.windows == app.database.windows == windows
        assert app.replies.price_vnd == 56
        assert app.world.staff_hours == 7
        assert app.world.article_limits == ArticleLimits(title=100, author=40, description=200)
        suffixes = app.world.door(ChannelName.ZALO_OA).capabilities.file_suffixes
        assert suffixes == frozenset({".pdf", ".csv", ".jpg", ".jpeg", ".png"})
        assert {door.channel: door.rate for door in app.world.doors} == rates, "what the officer is told"
        assert {name: lane.rate for name, lane in app.dispatchers.items()} == rates, "what the lanes do"
        assert app.dispatchers[ChannelName.TELEGRAM].start_rate == 10.0
        assert _works(app).patience == timedelta(hours=30)
