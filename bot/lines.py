"""The channels that are set up, each open, with its door for the conversation and the way its updates come."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from starlette.routing import Route

from bot.channels.kit import Handle, HandleReceipts, Take, growing_waits
from bot.channels.shelf import MediaShelf
from bot.channels.telegram.adapter import TelegramChannel
from bot.channels.telegram.polling import Poller as TelegramPoller
from bot.channels.telegram.webhook import Webhook as TelegramWebhook
from bot.channels.zalo_bot.adapter import ZaloBotChannel
from bot.channels.zalo_bot.health import BotHealth
from bot.channels.zalo_bot.polling import Poller as ZaloBotPoller
from bot.channels.zalo_bot.webhook import Webhook as ZaloBotWebhook
from bot.channels.zalo_oa.adapter import ZaloOaChannel
from bot.channels.zalo_oa.authorize import consent_page
from bot.channels.zalo_oa.health import OaHealth
from bot.channels.zalo_oa.publisher import OaPublisher
from bot.channels.zalo_oa.webhook import Webhook as ZaloOaWebhook
from bot.settings import PREFIX, Mode, Settings, SettingsError
from content.catalog import Catalog
from handlers.menu import command_list
from handlers.registry import COMMANDS
from handlers.turn import Door
from outreach.broadcasts.ports import Publisher
from outreach.clock import Clock
from outreach.messaging import Account, AccountId, Channel, ChannelName, Menu, SendError, SendErrorKind
from outreach.transaction import Transactions
from outreach.upkeep import Health, Watched

log = logging.getLogger(__name__)

_MINUTE = 60
_LONGEST_WAIT = 60.0  # seconds


class LineError(Exception):
    """A channel cannot be used; `cause` is what its provider said, or that it said nothing."""

    def __init__(self, channel: ChannelName, cause: SendError) -> None:
        super().__init__(f"{channel}: {cause}")
        self.channel = channel
        self.cause = cause


class Poller(Protocol):
    """Asks for updates until stopped. `polled_at` is the monotonic second of the latest good answer."""

    polled_at: float

    async def run(self) -> None: ...

    async def stop(self) -> None: ...


class Webhook(Protocol):
    """Is told updates. `register` says where; `stop` waits for the turns under way once the web server is down."""

    @property
    def route(self) -> Route: ...

    async def register(self, public_url: str) -> None: ...

    async def stop(self) -> None: ...


@dataclass(frozen=True, kw_only=True)
class Hands:
    """What channels hand things to: `handle` returns once the turn is committed, `take` once it is, or lies on the disk."""

    handle: Handle
    take: Take
    receipts: HandleReceipts


@dataclass(frozen=True, kw_only=True)
class Line:
    """One channel, open. `poller` or `webhook` makes what takes its updates; `introduce` tells the messenger of our commands.

    `publisher` hands articles to all followers, where the messenger knows such; `health` tells what of the account will end or is used up.
    """

    channel: Channel
    door: Door
    poller: Callable[[Hands], Poller] | None = None
    webhook: Callable[[Hands], Webhook] | None = None
    introduce: Callable[[], Awaitable[None]] | None = None
    publisher: Publisher | None = None
    health: Callable[[], Awaitable[Health]] | None = None

    @property
    def name(self) -> ChannelName:
        return self.channel.name


@dataclass(frozen=True, kw_only=True)
class Ground:
    """What opening a channel needs of the rest of the program."""

    settings: Settings
    transactions: Transactions
    catalog: Catalog
    clock: Clock
    shelf: MediaShelf | None = None  # what campaigns bring besides words

    async def account(self, channel: Channel, *, external_id: str, name: str) -> AccountId:
        async with self.transactions.write() as tx:
            return await tx.contacts.account(
                channel=channel.name, external_id=external_id, name=name, windowed=channel.capabilities.windowed
            )

    async def met(self, channel: ChannelName) -> Account | None:
        async with self.transactions.read() as tx:
            return await tx.accounts.newest(channel)

    async def remember_send_api(self, account_id: AccountId, api: str) -> None:
        async with self.transactions.write() as tx:
            await tx.accounts.remember_send_api(account_id, api=api)


@asynccontextmanager
async def open_lines(ground: Ground) -> AsyncIterator[dict[ChannelName, Line]]:
    """Meet every provider that is set up. Raises SettingsError where none is, LineError where one does not answer.

    A token that is not accepted no restart can mend: the other channels work without that one.
    """
    async with AsyncExitStack() as ending:
        lines: dict[ChannelName, Line] = {}
        refused: LineError | None = None
        for channel, (is_set, opened) in _CHANNELS.items():
            if is_set(ground.settings):
                try:
                    lines[channel] = await ending.enter_async_context(opened(ground))
                except SendError as error:
                    refused = LineError(channel, error)
                    if error.kind != SendErrorKind.REVOKED:
                        raise refused from error
                    log.error("%s is left out (%s): `loatre doctor` says what to do", channel, error.reason)  # noqa: TRY400  (no values of a person in the log)
        if not lines and refused:
            raise refused
        if not lines:
            ground.settings.need_telegram_token()
            raise SettingsError(f"{PREFIX}TELEGRAM_TOKEN: no channel is set up.")
        yield lines


async def gone_accounts(ground: Ground, lines: Mapping[ChannelName, Line]) -> frozenset[AccountId]:
    """Those over which nobody will send any more: taken out of the settings, or another one stands there in their place.

    A channel that is set up and refuses for now may come back.
    """
    async with ground.transactions.read() as tx:
        known = await tx.accounts.every()
    may_come_back = _left_out(ground, lines)
    in_use = {line.channel.account_id for line in lines.values()}
    return frozenset(
        account_id for account_id, channel in known.items() if account_id not in in_use and channel not in may_come_back
    )


async def watched_accounts(ground: Ground, lines: Mapping[ChannelName, Line]) -> tuple[Watched, ...]:
    """Those that can be asked how they are, and what was left out when the program started: administrators hear of it, too."""
    asked = tuple(
        Watched(account_id=line.channel.account_id, channel=line.name, name=line.door.name, health=line.health)
        for line in lines.values()
        if line.health
    )
    met = {channel: await ground.met(channel) for channel in _left_out(ground, lines)}
    return asked + tuple(
        Watched(account_id=account.account_id, channel=channel, name=account.name, health=_token_refused)
        for channel, account in met.items()
        if account
    )


def _left_out(ground: Ground, lines: Mapping[ChannelName, Line]) -> set[ChannelName]:
    return {name for name, (is_set, _) in _CHANNELS.items() if is_set(ground.settings)} - lines.keys()


async def _token_refused() -> Health:
    """Only another token, and with it a new start, mends what was left out."""
    return Health(refused="token_revoked")


def open_pages(ground: Ground) -> AbstractAsyncContextManager[Sequence[Route]]:
    """What the web part serves beside the webhooks, whether or not a channel opens: it is on such a page that one is allowed to."""
    return consent_page(ground.settings, transactions=ground.transactions, clock=ground.clock)


@asynccontextmanager
async def _telegram(ground: Ground) -> AsyncIterator[Line]:
    settings = ground.settings
    channel = TelegramChannel(
        token=settings.need_telegram_token(),
        base_url=settings.telegram_base_url,
        proxy=settings.telegram_proxy,
        pays=settings.telegram_paid_rate > 0,
        shelf=ground.shelf,
        clock=ground.clock,
    )
    await channel.start()
    try:
        me = channel.me
        channel.account_id = await ground.account(channel, external_id=str(me.id), name=me.username)
        door = Door(
            channel=channel.name,
            account_id=channel.account_id,
            name=f"@{me.username}",
            capabilities=channel.capabilities,
            link=lambda word: f"https://t.me/{me.username}" + (f"?start={word}" if word else ""),
            rate=settings.telegram_paid_rate or settings.telegram_rate,
            start_rate=settings.telegram_paid_rate or settings.telegram_start_rate,
        )
        by_webhook = settings.telegram_mode == Mode.WEBHOOK
        yield Line(
            channel=channel,
            door=door,
            poller=None if by_webhook else lambda hands: TelegramPoller(channel, hands.handle),
            webhook=(lambda hands: TelegramWebhook(channel, hands.handle, secret=settings.need_webhook()[1]))
            if by_webhook
            else None,
            introduce=partial(channel.register_commands, _everybodys_commands(ground.catalog)),
        )
    finally:
        await channel.stop()


@asynccontextmanager
async def _zalo_oa(ground: Ground) -> AsyncIterator[Line]:
    settings = ground.settings
    channel = ZaloOaChannel(
        settings,
        transactions=ground.transactions,
        takeover_seconds=settings.lease_seconds,
        shelf=ground.shelf,
        clock=ground.clock,
    )
    await channel.start(before=await ground.met(channel.name))
    try:
        me = channel.me
        await ground.account(channel, external_id=me.oa_id, name=me.name)
        account = await ground.met(channel.name)
        assert account  # noqa: S101  (it has just been written)
        channel.remember(account, keep=partial(ground.remember_send_api, account.account_id))
        publisher = OaPublisher(channel.client, account_id=channel.account_id)
        door = Door(
            channel=channel.name,
            account_id=channel.account_id,
            name=me.name,
            capabilities=channel.capabilities,
            link=lambda _: f"https://zalo.me/{me.oa_id}",
            rate=settings.zalo_rate / _MINUTE,
            articles_left=publisher.articles_left,
            refuses_buttons=channel.refuses_buttons,
        )
        yield Line(
            channel=channel,
            door=door,
            webhook=lambda hands: ZaloOaWebhook(channel, hands.take, receipts=hands.receipts),
            publisher=publisher,
            health=OaHealth(channel.client, tokens=channel.tokens),
        )
    finally:
        await channel.stop()


@asynccontextmanager
async def _zalo_bot(ground: Ground) -> AsyncIterator[Line]:
    settings = ground.settings
    channel = ZaloBotChannel(
        token=settings.need_zalo_bot_token(),
        base_url=settings.zalo_bot_url,
        rate=settings.zalo_bot_rate,
        media_hosts=settings.zalo_media_hosts.split(","),
        clock=ground.clock,
    )
    await channel.start()
    try:
        me = channel.me
        channel.account_id = await ground.account(channel, external_id=me.id, name=me.account_name)
        door = Door(
            channel=channel.name,
            account_id=channel.account_id,
            name=me.name,
            capabilities=channel.capabilities,
            link=lambda _: f"https://zalo.me/{me.id}",
            rate=settings.zalo_bot_rate,
            monthly=settings.zalo_bot_messages,
        )
        by_webhook = settings.zalo_bot_mode == Mode.WEBHOOK
        yield Line(
            channel=channel,
            door=door,
            poller=None if by_webhook else lambda hands: ZaloBotPoller(channel, hands.take),
            webhook=(lambda hands: ZaloBotWebhook(channel, hands.take, secret=settings.need_webhook()[1]))
            if by_webhook
            else None,
            health=BotHealth(
                channel,
                transactions=ground.transactions,
                most_people=settings.zalo_bot_users,
                most_messages=settings.zalo_bot_messages,
            ),
        )
    finally:
        await channel.stop()


def _everybodys_commands(catalog: Catalog) -> Mapping[str, tuple[tuple[str, str], ...]]:
    """By the language of the phone: Vietnamese wherever it speaks anything but English."""
    return {
        code: command_list(COMMANDS, menu=Menu.PERSON, catalog=catalog, language=language)
        for code, language in (("", "vi"), ("en", "en"))
    }


_CHANNELS: Mapping[
    ChannelName, tuple[Callable[[Settings], bool], Callable[[Ground], AbstractAsyncContextManager[Line]]]
] = {
    ChannelName.TELEGRAM: (lambda settings: settings.telegram_token is not None, _telegram),
    ChannelName.ZALO_OA: (lambda settings: settings.zalo_app_id != "", _zalo_oa),
    ChannelName.ZALO_BOT: (lambda settings: settings.zalo_bot_token is not None, _zalo_bot),
}


async def introduce(line: Line) -> None:
    """Tell the messenger of our commands, as often as it takes."""
    assert line.introduce  # noqa: S101  (the caller has looked)
    for wait in growing_waits(first=1.0, most=_LONGEST_WAIT):
        try:
            await line.introduce()
        except SendError as error:
            log.warning("the commands were not registered: %s", error)
            if error.kind in {SendErrorKind.OUR_FAULT, SendErrorKind.REVOKED}:
                return
            await asyncio.sleep(max(wait, error.retry_after))
        else:
            return


async def polled(name: ChannelName, poller: Poller, *, alone: bool, stopping: asyncio.Event) -> None:
    """A token that is not accepted ends a program that has nothing else to do; beside others the channel is tried again.

    Raises LineError.
    """
    while True:
        try:
            await poller.run()
        except SendError as error:
            if alone:
                raise LineError(name, error) from error
            log.error("%s is not polled (%s): `loatre doctor` says what to do", name, error.reason)  # noqa: TRY400  (no values of a person in the log)
        if await _waited(stopping, seconds=_LONGEST_WAIT):
            return


async def _waited(event: asyncio.Event, *, seconds: float) -> bool:
    """Whether it came within that time."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), seconds)
    return event.is_set()
