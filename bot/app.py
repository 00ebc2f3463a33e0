"""The composition root: the only file that knows every concrete class."""

import asyncio
import logging
import os
import secrets
import socket
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from functools import partial

from starlette.routing import Route

from bot.channels.durable import Durable
from bot.channels.shelf import MediaShelf
from bot.files import Workshop, make_file
from bot.jobs import Works, jobs_of
from bot.lines import (
    Ground,
    Hands,
    Line,
    Webhook,
    gone_accounts,
    introduce,
    open_lines,
    open_pages,
    polled,
    watched_accounts,
)
from bot.receipts import ReceiptBook
from bot.replies import ReplySender
from bot.scheduler import Job, start_clock
from bot.serving import WebServer, unready
from bot.settings import PREFIX, Settings, SettingsError
from bot.web import create_web
from content.catalog import Catalog
from content.packs.loader import load_pack
from content.render import CampaignRenderer
from handlers.files import file_elsewhere
from handlers.menu import command_list, menu_of
from handlers.registry import COMMANDS, registry
from handlers.router import Answer, Router
from handlers.turn import World
from outreach.broadcasts.model import ArticleLimits
from outreach.campaigns.dispatch import Dispatcher
from outreach.clock import Clock, system_clock
from outreach.contacts.windows import Windows
from outreach.directory import UnitDirectory
from outreach.messaging import AccountId, ChannelName, Menu
from outreach.officers import Role
from outreach.pack import Pack
from outreach.upkeep import Watched
from storage.accounts import AccountCondition as AccountCondition  # noqa: PLC0414  handed on: only this file imports storage
from storage.condition import Condition as Condition  # noqa: PLC0414  handed on: only this file imports storage
from storage.condition import look_at_database
from storage.database import Database
from storage.evidence_files import EvidenceFiles
from storage.migrate import Migrated, MigrationError, migrate
from storage.types import Keyring
from storage.units import sync_units

log = logging.getLogger(__name__)


Tasks = dict[str, asyncio.Task[None]]  # by the name of the part


class Part(StrEnum):
    """What a process may run; all of them by default."""

    WEB = "web"
    POLLER = "poller"
    SENDER = "sender"
    CLOCK = "clock"


@dataclass(kw_only=True)
class App:
    """Everything that runs, wired. Made by `open_app`."""

    settings: Settings
    database: Database
    pack: Pack
    world: World
    lines: Mapping[ChannelName, Line]
    gone: frozenset[AccountId]  # accounts of ours over which nobody sends any more
    evidence: EvidenceFiles
    router: Router
    replies: ReplySender
    dispatchers: Mapping[ChannelName, Dispatcher]
    clock: Clock
    erased: asyncio.Event  # somebody's traces must leave the write-ahead log as well
    pages: Sequence[Route] = ()  # beside the webhooks
    watched: Sequence[Watched] = ()  # accounts that may ail
    web_address: str = ""  # known while the part `web` runs


@dataclass(frozen=True, kw_only=True)
class Store:
    """Database and province without a messenger: what the command line's other commands need."""

    database: Database
    pack: Pack
    catalog: Catalog
    units: UnitDirectory


async def migrate_database(settings: Settings, *, clock: Clock = system_clock) -> Migrated:
    """Bring the database to the newest shape; a copy of a SQLite file is put aside first. Raises SettingsError."""
    try:
        return await migrate(settings.database_url, now=clock())
    except MigrationError as error:
        raise SettingsError(f"{PREFIX}DATABASE_URL: the database cannot be used ({error}).") from error


async def look_into_database(settings: Settings, *, year: int) -> Condition:
    """How the database is doing; nothing is changed. `year` is that of the denominators."""
    key = settings.secret_key
    keyring = Keyring(key.get_secret_value()) if key else None
    return await look_at_database(settings.database_url, keyring=keyring, year=year)


@asynccontextmanager
async def open_store(settings: Settings, *, catalog: Catalog | None = None) -> AsyncIterator[Store]:
    """Raises SettingsError without a key; the database must have been migrated."""
    pack = pack_of(settings)
    keyring = Keyring(settings.need_secret_key())
    database = Database(settings.database_url, keyring=keyring, windows=windows_of(settings))
    try:
        async with database.write() as tx:
            ids = await sync_units(tx.connection, pack)
        units = UnitDirectory({row.code: row for row in pack.units}, ids, pack.province.code)
        yield Store(database=database, pack=pack, catalog=catalog or Catalog(), units=units)
    finally:
        await database.close()


def pack_of(settings: Settings) -> Pack:
    """The province's pack with what this installation adds to it."""
    pack = load_pack(settings.pack)
    changes = {name: value for name in ("hotline", "address", "official_page") if (value := getattr(settings, name))}
    pack = replace(pack, **changes)
    limits = ("weekly_cap", "approval_above")
    changes = {name: value for name in limits if (value := getattr(settings, name)) is not None}
    return replace(pack, sending=replace(pack.sending, **changes))


def windows_of(settings: Settings) -> Windows:
    return Windows(
        free=timedelta(hours=settings.zalo_free_hours),
        whole=timedelta(hours=settings.zalo_window_hours),
        ceiling_vnd=settings.zalo_paid_ceiling,
        price_vnd=settings.zalo_paid_price,
        follow_opens=settings.zalo_follow_opens,
    )


@asynccontextmanager
async def open_app(
    settings: Settings, *, clock: Clock = system_clock, catalog: Catalog | None = None
) -> AsyncIterator[App]:
    """Open the database, meet every channel that is set up, and wire everything; nothing runs yet."""
    async with open_store(settings, catalog=catalog) as store:
        shelf = MediaShelf(store.database, media_files(settings, store.database))
        ground = Ground(settings=settings, transactions=store.database, catalog=store.catalog, clock=clock, shelf=shelf)
        async with open_pages(ground) as pages, open_lines(ground) as lines:
            world = World(
                pack=store.pack,
                catalog=store.catalog,
                units=store.units,
                doors=tuple(line.door for line in lines.values()),
                windows=windows_of(settings),
                send_hours_apply=settings.send_hours_apply,
                article_limits=ArticleLimits(
                    title=settings.zalo_article_title,
                    author=settings.zalo_article_author,
                    description=settings.zalo_article_description,
                ),
                staff_hours=settings.zalo_staff_hours,
            )
            gone = await gone_accounts(ground, lines)
            app = _wire(settings, database=store.database, world=world, lines=lines, gone=gone, clock=clock)
            app.pages = pages
            app.watched = await watched_accounts(ground, lines)
            yield app


def media_files(settings: Settings, database: Database) -> EvidenceFiles:
    """What campaigns bring, beside the evidence and apart from it: what is deleted there stays here."""
    return EvidenceFiles(settings.evidence_dir / "media", keyring=database.keyring)


def _wire(
    settings: Settings,
    *,
    database: Database,
    world: World,
    lines: Mapping[ChannelName, Line],
    gone: frozenset[AccountId],
    clock: Clock,
) -> App:
    evidence = EvidenceFiles(settings.evidence_dir, keyring=database.keyring)
    channels = {line.channel.account_id: line.channel for line in lines.values()}
    replies = ReplySender(
        transactions=database,
        channels=channels,
        make_file=partial(make_file, Workshop(transactions=database, world=world, clock=clock, evidence=evidence)),
        apology=world.catalog.say("errors.reply_failed"),
        price_vnd=world.windows.price_vnd,
        file_elsewhere=partial(file_elsewhere, world),
        clock=clock,
        menus=_menus(world.catalog),
    )
    erased = asyncio.Event()

    def deliver(answer: Answer) -> None:
        replies.deliver(answer)
        if answer.forget:
            erased.set()

    router = Router(transactions=database, world=world, registry=registry(), clock=clock, deliver=deliver)
    return App(
        settings=settings,
        database=database,
        pack=world.pack,
        world=world,
        lines=lines,
        gone=gone,
        evidence=evidence,
        router=router,
        replies=replies,
        dispatchers=_dispatchers(settings, database=database, world=world, lines=lines, clock=clock),
        clock=clock,
        erased=erased,
    )


def _dispatchers(
    settings: Settings, *, database: Database, world: World, lines: Mapping[ChannelName, Line], clock: Clock
) -> dict[ChannelName, Dispatcher]:
    holder = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
    return {
        line.name: Dispatcher(
            transactions=database,
            channel=line.channel,
            renderer=CampaignRenderer(world.catalog, units=world.units),
            pack=world.pack,
            clock=clock,
            rate=line.door.rate,
            start_rate=line.door.start_rate,
            holder=holder,
            takeover_seconds=settings.lease_seconds,
            hours_apply=settings.send_hours_apply,
        )
        for line in lines.values()
    }


def _menus(catalog: Catalog) -> dict[Menu, tuple[tuple[str, str], ...]]:
    return {menu: command_list(COMMANDS, menu=menu, catalog=catalog) for menu in {menu_of(role) for role in Role}}


@asynccontextmanager
async def running(app: App, *, only: frozenset[Part] = frozenset(Part)) -> AsyncIterator[set[asyncio.Task[None]]]:
    """Run the chosen parts until the block ends; then stop taking, finish what is in hand, and let go of the lanes.

    Yields the tasks that should never end by themselves: whoever waits may see one of them fail, for instance because a
    token was revoked. Their errors are raised when the block ends. Raises SettingsError where the port is taken.
    """
    tasks: Tasks = {}
    async with AsyncExitStack() as ending:  # what is named last ends first
        ending.push_async_callback(app.replies.drain)
        web = WebServer(host=app.settings.host, port=app.settings.port) if Part.WEB in only else None
        if web:
            ending.callback(web.close)
            app.web_address = web.address
        ending.push_async_callback(_ended, tasks)
        for name, dispatcher in app.dispatchers.items():
            ending.callback(dispatcher.stop)
            if Part.SENDER in only:
                tasks[f"{Part.SENDER} {name}"] = asyncio.create_task(dispatcher.run())
        if Part.CLOCK in only:
            scheduler = start_clock(jobs_of(_works(app)))
            ending.callback(partial(scheduler.shutdown, wait=False))
        await _take(app, web=web, polls=Part.POLLER in only, tasks=tasks, ending=ending)
        yield set(tasks.values())


def _works(app: App) -> Works:
    def wake() -> None:
        for dispatcher in app.dispatchers.values():
            dispatcher.wake.set()

    return Works(
        transactions=app.database,
        truncate=app.database.truncate_wal,
        pack=app.pack,
        world=app.world,
        channels={line.channel.account_id: line.channel for line in app.lines.values()},
        evidence=app.evidence,
        media=media_files(app.settings, app.database),
        router=app.router,
        replies=app.replies,
        wake=wake,
        clock=app.clock,
        erased=app.erased,
        publisher=next((line.publisher for line in app.lines.values() if line.publisher), None),
        cover_url=app.settings.zalo_cover_url,
        watched=app.watched,
        gone=app.gone,
        patience=timedelta(hours=app.settings.zalo_receipt_hours),
    )


async def _ended(tasks: Tasks) -> None:
    for result in await asyncio.gather(*tasks.values(), return_exceptions=True):
        if isinstance(result, BaseException):
            raise result


async def _take(app: App, *, web: WebServer | None, polls: bool, tasks: Tasks, ending: AsyncExitStack) -> None:
    """Begin to take updates, by the way that is set for each channel, and to answer a supervisor."""
    lines = app.lines.values()
    durable = Durable(app.database, app.router.handle, clock=app.clock)
    receipts = ReceiptBook(transactions=app.database, pack=app.pack)
    ending.push_async_callback(receipts.close)
    hands = Hands(handle=app.router.handle, take=durable.take, receipts=receipts.take)
    pollers = {line.name: line.poller(hands) for line in lines if polls and line.poller}
    webhooks = {line.name: line.webhook(hands) for line in lines if web and line.webhook}

    async def readiness() -> dict[str, str]:
        return await unready(
            answers=app.database.answer,
            tasks=tasks,
            polled_at={f"{Part.POLLER} {name}": poller.polled_at for name, poller in pollers.items()},
            revoked=[app.replies.channels[account_id].name for account_id in app.replies.revoked],
        )

    for line in lines:
        if line.introduce and line.name in {*pollers, *webhooks}:
            ending.callback(asyncio.create_task(introduce(line)).cancel)
    if pollers or webhooks:
        await app.replies.sweep(at_start=True)
        await durable.replay(at_start=True)
        ending.push_async_callback(durable.stop)
        replays = start_clock([Job(name="inbox", seconds=60, run=durable.replay)])
        ending.callback(partial(replays.shutdown, wait=False))
    stopping = asyncio.Event()
    for name, poller in pollers.items():
        polling = polled(name, poller, alone=len(lines) == 1, stopping=stopping)
        tasks[f"{Part.POLLER} {name}"] = asyncio.create_task(polling)
        ending.push_async_callback(poller.stop)
    ending.callback(stopping.set)
    if web:
        site = create_web(
            routes=[*(webhook.route for webhook in webhooks.values()), *app.pages],
            readiness=readiness,
        )
        tasks[Part.WEB] = asyncio.create_task(web.run(site))
        ending.push_async_callback(_close_door, web, list(webhooks.values()), tasks[Part.WEB])
        for webhook in webhooks.values():
            await webhook.register(app.settings.public_url)


async def _close_door(web: WebServer, webhooks: list[Webhook], served: asyncio.Task[None]) -> None:
    web.stop()
    await asyncio.wait({served})
    for webhook in webhooks:
        await webhook.stop()
