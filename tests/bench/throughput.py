"""Durable send rate: our lane with ledger, outcomes and reach, against clients that keep nothing, all at one fast server.

Everybody has as many requests under way at most as the lane has rows: two windows of 64.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from typing import Any

import aiohttp
import telegram
from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup, LinkPreviewOptions

from bot.channels.telegram.adapter import TelegramChannel
from content.catalog import Catalog
from content.render import CampaignRenderer
from outreach.campaigns.model import Audience, Campaign, CampaignState
from outreach.contacts.model import Contact, Subscription
from outreach.messaging import ContactId, OfficerId, Reply
from simulator.config import DEFAULT_TOKEN
from tests.bench.fast_server import FastServer, fast_server
from tests.bench.figures import HIGHER, Figure, figure
from tests.bench.ground import NEWS, ORDERED, Fresh, Ground, campaign_in, freeze, sending, until, wired

BENCH = "throughput"
PAID_LIMIT = 1_000  # messages a second
NO_LIMIT = 1_000_000  # messages a second: the limiter never waits
AT_ONCE = 128  # requests under way
_PAIRS = 5
_TIMES, _MOST_PEOPLE = 4, 50_000  # as many as other benches send to: a run must last some seconds
_SLOW_SHARE = 4  # the slowest peer sends to a quarter of the people: a rate all the same

Send = Callable[[int], Awaitable[object]]


async def measure(ground: Ground) -> list[Figure]:
    runs: dict[str, list[float]] = defaultdict(list)
    people = min(_TIMES * ground.size.people, _MOST_PEOPLE)
    async with ground.databases(people) as engines:
        for _ in range(min(_PAIRS, 2 * ground.size.repetitions - 1)):
            for name, fresh in engines.items():
                runs[name].append(await whole_path(fresh, people))
            for name, peer in PEERS.items():
                runs[name].append(await _without_ledger(people // (_SLOW_SHARE if peer is _ptb else 1), peer))
    return list(_figures(runs))


def _figures(runs: dict[str, list[float]]) -> Iterable[Figure]:
    for engine, targets in TARGETS.items():
        for peer, ratio in targets.items():
            yield figure(
                BENCH,
                f"no limit, {engine}",
                "msg/s",
                ours=runs[engine],
                peer=peer,
                theirs=PAID_LIMIT if peer == _PROVIDER else runs[peer],
                better=HIGHER,
                ratio=ratio,
            )


async def whole_path(fresh: Fresh, size: int) -> float:
    """Messages a second, from the lane's start until the last outcome is durable. Everybody must have got it once."""
    async with fresh() as url, fast_server() as server, wired(url, server) as app:
        await server.begin(_answered(_message()))
        await freeze(app)

        async def over() -> bool:
            return (await campaign_in(app.database)).tally.sent == size

        began = time.perf_counter()
        async with sending(app, rate=NO_LIMIT):
            await until(
                partial(server.everybody_got_it, size), every=0.05
            )  # asking the database costs what is measured
            await until(over, every=0.005)
            seconds = time.perf_counter() - began
        await server.check_everybody_got_it(size)
    return size / seconds


async def _without_ledger(count: int, peer: Callable[[FastServer, Reply], Any]) -> float:
    people, reply = range(1_000_000, 1_000_000 + count), _message()
    async with fast_server() as server, peer(server, reply) as send:
        await server.begin(_answered(reply))
        waiting = iter(people)

        async def work() -> None:
            for person in waiting:
                await send(person)

        began = time.perf_counter()
        await asyncio.gather(*[work() for _ in range(AT_ONCE)])
        seconds = time.perf_counter() - began
        await server.check_everybody_got_it(count)
    return count / seconds


@asynccontextmanager
async def _aiogram(server: FastServer, reply: Reply) -> Any:
    buttons = [
        [InlineKeyboardButton(text=button.label, callback_data=button.payload) for button in row]
        for row in reply.buttons
    ]
    markup, preview = InlineKeyboardMarkup(inline_keyboard=buttons), LinkPreviewOptions(is_disabled=True)
    session = AiohttpSession(api=TelegramAPIServer.from_base(server.address), limit=AT_ONCE)
    async with Bot(DEFAULT_TOKEN, session=session) as bot:
        yield lambda person: bot.send_message(
            person, reply.text, parse_mode="HTML", reply_markup=markup, link_preview_options=preview
        )


@asynccontextmanager
async def _ptb(server: FastServer, reply: Reply) -> Any:
    """With the transport it comes with: httpx."""
    buttons = [
        [telegram.InlineKeyboardButton(button.label, callback_data=button.payload) for button in row]
        for row in reply.buttons
    ]
    markup = telegram.InlineKeyboardMarkup(buttons)
    preview = telegram.LinkPreviewOptions(is_disabled=True)
    async with telegram.Bot(DEFAULT_TOKEN, base_url=f"{server.address}/bot") as bot:
        yield lambda person: bot.send_message(
            person, reply.text, parse_mode="HTML", reply_markup=markup, link_preview_options=preview
        )


@asynccontextmanager
async def _bare(server: FastServer, reply: Reply) -> Any:
    body = {
        "text": reply.text,
        "parse_mode": "HTML",
        "reply_markup": _markup(reply),
        "link_preview_options": {"is_disabled": True},
    }
    url = f"{server.address}/bot{DEFAULT_TOKEN}/sendMessage"
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=AT_ONCE)) as session:

        async def send(person: int) -> None:
            async with session.post(url, json={"chat_id": person, **body}) as answer:
                assert (await answer.json())["ok"]

        yield send


def _message() -> Reply:
    """What the campaign sends, made once."""
    now = datetime.now(UTC)
    campaign = Campaign(
        campaign_id=ORDERED,
        state=CampaignState.RUNNING,
        content=NEWS,
        audience=Audience(),
        created_by=OfficerId(1),
        unit_id=None,
    )
    contact = Contact(
        contact_id=ContactId(1), subscription=Subscription.ACTIVE, birth_year=2006, unit_id=None, created_at=now
    )
    render = CampaignRenderer(Catalog()).render_campaign
    return render(campaign, contact=contact, capabilities=TelegramChannel.capabilities)


def _markup(reply: Reply) -> dict[str, object]:
    buttons = [[{"text": button.label, "callback_data": button.payload} for button in row] for row in reply.buttons]
    return {"inline_keyboard": buttons}


def _answered(reply: Reply) -> dict[str, object]:
    """The message as it comes back: what is read of it costs every client alike."""
    return {"text": reply.text, "reply_markup": _markup(reply)}


_AIOGRAM, _PTB, _BARE = "aiogram, no ledger", "python-telegram-bot, no ledger", "bare aiohttp, no ledger"
_PROVIDER = "the most that Telegram sells"
PEERS = {_AIOGRAM: _aiogram, _PTB: _ptb, _BARE: _bare}
# The ratio that was aimed at, of the database that a province runs on; the other is measured along.
TARGETS: dict[str, dict[str, float | None]] = {
    "SQLite": {_AIOGRAM: 2.0, _PTB: 6.0, _BARE: 0.75, _PROVIDER: 1.0},
    "PostgreSQL": {_AIOGRAM: None, _PTB: None, _BARE: None, _PROVIDER: 1.0},
}
