"""The composition root: the only file that knows every concrete class."""

import asyncio
import logging
import os
import secrets
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial

from bot.channels.kit import growing_waits
from bot.channels.telegram.adapter import TelegramChannel
from bot.channels.telegram.polling import Poller
from bot.channels.telegram.webhook import Webhook
from bot.files import Workshop, make_file
from bot.jobs import Works, jobs_of
from bot.replies import ReplySender
from bot.scheduler import start_clock
from bot.serving import WebServer, unready
from bot.settings import PREFIX, Mode, Settings, SettingsError
from bot.web import create_web
from content.catalog import Catalog
from content.packs.loader import load_pack
from content.render import CampaignRenderer
from handlers.menu import command_list, menu_of
from handlers.registry import COMMANDS, registry
from handlers.router import Answer, Router
from handlers.turn import World
from outreach.campaigns.dispatch import Dispatcher
from outreach.clock import Clock, system_clock
from outreach.directory import UnitDirectory
from outreach.messaging import AccountId, Menu, SendError, SendErrorKind
from outreach.officers import Role
from outreach.pack import Pack
from storage.condition import Condition as Condition  # noqa: PLC0414  handed on: only this file imports storage
from storage.condition import look_at_database
from storage.database import Database
from storage.evidence_files import EvidenceFiles
from storage.migrate import Migrated, MigrationError, migrate
from storage.types import Keyring
from storage.units import sync_units

log = logging.getLogger(__name__)

_LONGEST_WAIT = 60.0

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
    channel: TelegramChannel
    evidence: EvidenceFiles
    router: Router
    replies: ReplySender
    dispatcher: Dispatcher
    clock: Clock
    erased: asyncio.Event  # somebody's traces must leave the write-ahead log as well
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
    database = Database(settings.database_url, keyring=Keyring(settings.need_secret_key()))
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
    if settings.weekly_cap is not None:
        pack = replace(pack, sending=replace(pack.sending, weekly_cap=settings.weekly_cap))
    return pack


@asynccontextmanager
async def open_app(
    settings: Settings, *, clock: Clock = system_clock, catalog: Catalog | None = None
) -> AsyncIterator[App]:
    """Open the database, meet the channel (getMe) and wire everything; nothing runs yet."""
    channel = TelegramChannel(
        token=settings.need_telegram_token(),
        base_url=settings.telegram_base_url,
        account_id=AccountId(0),
        proxy=settings.telegram_proxy,
        clock=clock,
    )
    await channel.start()
    try:
        async with open_store(settings, catalog=catalog) as store:
            me = channel.me
            async with store.database.write() as tx:
                channel.account_id = await tx.contacts.account(
                    channel=channel.name, external_id=str(me.id), name=me.username
                )
            world = World(
                pack=store.pack,
                catalog=store.catalog,
                units=store.units,
                deep_link=lambda word: f"https://t.me/{me.username}" + (f"?start={word}" if word else ""),
                send_rate=settings.telegram_rate,
                send_hours_apply=settings.send_hours_apply,
                recall_hours=channel.capabilities.recall_hours,
            )
            yield _wire(settings, database=store.database, world=world, channel=channel, clock=clock)
    finally:
        await channel.stop()


def _wire(settings: Settings, *, database: Database, world: World, channel: TelegramChannel, clock: Clock) -> App:
    evidence = EvidenceFiles(settings.evidence_dir, keyring=database.keyring)
    replies = ReplySender(
        transactions=database,
        channels={channel.account_id: channel},
        make_file=partial(make_file, Workshop(transactions=database, world=world, clock=clock, evidence=evidence)),
        apology=world.catalog.say("errors.reply_failed"),
        clock=clock,
        menus={
            menu: command_list(COMMANDS, menu=menu, catalog=world.catalog) for menu in {menu_of(role) for role in Role}
        },
    )
    erased = asyncio.Event()

    def deliver(answer: Answer) -> None:
        replies.deliver(answer)
        if answer.forget:
            erased.set()

    router = Router(transactions=database, world=world, registry=registry(), clock=clock, deliver=deliver)
    dispatcher = Dispatcher(
        transactions=database,
        channel=channel,
        renderer=CampaignRenderer(world.catalog),
        pack=world.pack,
        clock=clock,
        rate=settings.telegram_rate,
        holder=f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}",
        takeover_seconds=settings.lease_seconds,
        hours_apply=settings.send_hours_apply,
    )
    return App(
        settings=settings,
        database=database,
        pack=world.pack,
        world=world,
        channel=channel,
        evidence=evidence,
        router=router,
        replies=replies,
        dispatcher=dispatcher,
        clock=clock,
        erased=erased,
    )


@asynccontextmanager
async def running(app: App, *, only: frozenset[Part] = frozenset(Part)) -> AsyncIterator[set[asyncio.Task[None]]]:
    """Run the chosen parts until the block ends; then stop taking, finish what is in hand, and let go of the lane.

    Yields the tasks that should never end by themselves: whoever waits may see one of them fail, for instance because the
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
        ending.callback(app.dispatcher.stop)
        if Part.SENDER in only:
            tasks[Part.SENDER] = asyncio.create_task(app.dispatcher.run())
        if Part.CLOCK in only:
            scheduler = start_clock(jobs_of(_works(app)))
            ending.callback(partial(scheduler.shutdown, wait=False))
        await _take(app, web=web, polls=Part.POLLER in only, tasks=tasks, ending=ending)
        yield set(tasks.values())


def _works(app: App) -> Works:
    return Works(
        transactions=app.database,
        truncate=app.database.truncate_wal,
        pack=app.pack,
        world=app.world,
        channel=app.channel,
        evidence=app.evidence,
        router=app.router,
        replies=app.replies,
        wake=app.dispatcher.wake,
        clock=app.clock,
        erased=app.erased,
    )


async def _register_commands(app: App) -> None:
    """Everybody's list of commands, Vietnamese wherever the phone speaks anything but English."""
    lists = {
        code: command_list(COMMANDS, menu=Menu.PERSON, catalog=app.world.catalog, language=language)
        for code, language in (("", "vi"), ("en", "en"))
    }
    for wait in growing_waits(first=1.0, most=_LONGEST_WAIT):
        try:
            await app.channel.register_commands(lists)
        except SendError as error:
            log.warning("the commands were not registered: %s", error)
            if error.kind in {SendErrorKind.OUR_FAULT, SendErrorKind.REVOKED}:
                return
            await asyncio.sleep(max(wait, error.retry_after))
        else:
            return


async def _ended(tasks: Tasks) -> None:
    for result in await asyncio.gather(*tasks.values(), return_exceptions=True):
        if isinstance(result, BaseException):
            raise result


async def _take(app: App, *, web: WebServer | None, polls: bool, tasks: Tasks, ending: AsyncExitStack) -> None:
    """Begin to take updates, by the way that is set, and to answer a supervisor."""
    by_webhook = app.settings.telegram_mode == Mode.WEBHOOK
    poller = Poller(channel=app.channel, handle=app.router.handle) if polls and not by_webhook else None
    webhook = Webhook(app.channel, app.router.handle, secret=app.settings.need_webhook()[1]) if by_webhook else None

    async def readiness() -> dict[str, str]:
        return await unready(
            answers=app.database.answer,
            tasks=tasks,
            polled_at=poller.polled_at if poller else None,
            revoked=app.replies.revoked,
        )

    if poller or webhook:
        registering = asyncio.create_task(_register_commands(app))
        ending.callback(registering.cancel)
    if poller:
        await app.replies.sweep(at_start=True)
        tasks[Part.POLLER] = asyncio.create_task(poller.run())
        ending.push_async_callback(poller.stop)
    if web:
        site = create_web(routes=[webhook.route] if webhook else [], readiness=readiness)
        tasks[Part.WEB] = asyncio.create_task(web.run(site))
        ending.push_async_callback(_close_door, web, webhook, tasks[Part.WEB])
    if web and webhook:
        await app.replies.sweep(at_start=True)
        await webhook.register(app.settings.public_url)


async def _close_door(web: WebServer, webhook: Webhook | None, served: asyncio.Task[None]) -> None:
    web.stop()
    await asyncio.wait({served})
    if webhook:
        await webhook.stop()
