"""A campaign over the whole path (ledger, limiter, Telegram channel, HTTP) against its limit and against clients that keep no ledger."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime

import aiohttp
from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup, LinkPreviewOptions

from bot.channels.telegram.adapter import TelegramChannel
from content.catalog import Catalog
from content.render import CampaignRenderer
from outreach.campaigns.model import Audience, Campaign, CampaignState
from outreach.contacts.model import Contact, Subscription
from outreach.messaging import ChannelName, ContactId, OfficerId, Reply
from simulator.client import Client
from simulator.config import DEFAULT_TOKEN
from tests.bench.figures import HIGHER, Figure, figure
from tests.bench.ground import NEWS, ORDERED, Fresh, Ground, campaign_in, freeze, people_in, sending, until, wired

BENCH = "throughput"
NO_LIMIT = 3_000  # messages a second: three times what Telegram grants at most, and more than this path does
AT_ONCE = 100  # requests a peer has under way; aiogram's own default

Send = Callable[[int], Awaitable[object]]
Leg = Callable[[Ground, Fresh], Awaitable[float]]


async def measure(ground: Ground) -> list[Figure]:
    runs: dict[str, list[float]] = defaultdict(list)
    async with ground.databases(ground.size.people) as engines:
        for _ in range(ground.size.repetitions):
            for limit in ground.size.limits:
                runs[f"limit {limit}"].append(await whole_path(ground, engines["SQLite"], rate=limit))
            for name, fresh in engines.items():
                runs[name].append(await whole_path(ground, fresh, rate=NO_LIMIT))
            for name, leg in PEERS.items():
                runs[name].append(await leg(ground, engines["SQLite"]))
    return [*_against_limits(ground, runs), *_against_peers(runs)]


def _against_limits(ground: Ground, runs: dict[str, list[float]]) -> Iterable[Figure]:
    for limit in ground.size.limits:
        yield figure(
            BENCH,
            f"{ground.size.people:,} people, SQLite",
            "msg/s",
            ours=runs[f"limit {limit}"],
            peer=f"the limit, {limit}/s",
            theirs=limit,
            better=HIGHER,
        )


def _against_peers(runs: dict[str, list[float]]) -> Iterable[Figure]:
    for engine in ("SQLite", "PostgreSQL"):
        for peer in PEERS:
            yield figure(
                BENCH, f"no limit, {engine}", "msg/s", ours=runs[engine], peer=peer, theirs=runs[peer], better=HIGHER
            )


async def whole_path(ground: Ground, fresh: Fresh, *, rate: float) -> float:
    """Messages a second, from the lane's start until the last outcome is durable. Everybody must have got it once."""
    size = ground.size.people
    async with fresh() as url, ground.simulator() as client, wired(url, client) as app:
        await people_in(client, size)
        await freeze(app)

        async def over() -> bool:
            return (await campaign_in(app.database)).tally.sent == size

        began = time.perf_counter()
        async with sending(app, rate=rate):
            await until(over)
            seconds = time.perf_counter() - began
        await _check_everybody_got_it(client, size)
    return size / seconds


async def _check_everybody_got_it(client: Client, size: int) -> None:
    counts = await client.read("journal/counts", contains="")
    assert (counts["people"], counts["repeated"]) == (size, {}), counts["people"]


async def _without_ledger(people: list[int], send: Send) -> float:
    waiting = iter(people)

    async def work() -> None:
        for person in waiting:
            await send(person)

    began = time.perf_counter()
    await asyncio.gather(*[work() for _ in range(AT_ONCE)])
    return len(people) / (time.perf_counter() - began)


async def _our_channel(ground: Ground, fresh: Fresh) -> float:
    async with fresh() as url, ground.simulator() as client, wired(url, client) as app:
        people, reply = await people_in(client, ground.size.people), _message()
        pace = await _without_ledger(
            people, lambda person: app.lines[ChannelName.TELEGRAM].channel.send(str(person), reply)
        )
        await _check_everybody_got_it(client, len(people))
    return pace


async def _aiogram(ground: Ground, _: Fresh) -> float:
    async with ground.simulator() as client:
        people, reply = await people_in(client, ground.size.people), _message()
        buttons = [
            [InlineKeyboardButton(text=button.label, callback_data=button.payload) for button in row]
            for row in reply.buttons
        ]
        markup, preview = InlineKeyboardMarkup(inline_keyboard=buttons), LinkPreviewOptions(is_disabled=True)
        session = AiohttpSession(api=TelegramAPIServer.from_base(client.address))
        async with Bot(DEFAULT_TOKEN, session=session) as bot:
            pace = await _without_ledger(
                people,
                lambda person: bot.send_message(
                    person, reply.text, parse_mode="HTML", reply_markup=markup, link_preview_options=preview
                ),
            )
        await _check_everybody_got_it(client, len(people))
    return pace


async def _bare(ground: Ground, _: Fresh) -> float:
    async with ground.simulator() as client:
        people, reply = await people_in(client, ground.size.people), _message()
        buttons = [[{"text": button.label, "callback_data": button.payload} for button in row] for row in reply.buttons]
        body = {
            "text": reply.text,
            "parse_mode": "HTML",
            "reply_markup": {"inline_keyboard": buttons},
            "link_preview_options": {"is_disabled": True},
        }
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=AT_ONCE)) as session:

            async def send(person: int) -> None:
                async with session.post(client.url("sendMessage"), json={"chat_id": person, **body}) as answer:
                    assert (await answer.json())["ok"]

            pace = await _without_ledger(people, send)
        await _check_everybody_got_it(client, len(people))
    return pace


def _message() -> Reply:
    """What the campaign sends, made once; the whole path makes it anew for each person."""
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


PEERS: dict[str, Leg] = {
    "our channel, no ledger": _our_channel,
    "aiogram, no ledger": _aiogram,
    "bare aiohttp, no ledger": _bare,
}
