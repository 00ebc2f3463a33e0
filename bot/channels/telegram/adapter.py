"""One Telegram account as the product's channel."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from telegram import Bot, BotCommand, BotCommandScopeChat, BotCommandScopeDefault

from bot.channels.shelf import MediaShelf
from bot.channels.telegram.errors import calling
from bot.channels.telegram.outgoing import LONGEST_CAPTION, LONGEST_TEXT, NO_ACCOUNT, Outgoing
from bot.channels.telegram.quick import QuickSends
from bot.channels.telegram.straight import StraightPosts
from bot.channels.telegram.transport import PAID, AiohttpRequest
from outreach.clock import Clock, system_clock
from outreach.messaging import (
    AccountId,
    Capabilities,
    ChannelName,
    Reply,
    SendError,
    SendErrorKind,
    Sent,
)
from outreach.pacing import IN_BULK

log = logging.getLogger(__name__)

LONGEST_TOAST = 200
MOST_PAYLOAD_BYTES = 64
RECALL_HOURS = 48

Commands = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Me:
    """Who the bot is, as Telegram says: its number, its @name without the sign, the name people see."""

    id: int
    username: str
    name: str


class TelegramChannel:
    """Implements `outreach.messaging.Channel`. `base_url` is scheme, host and port; `account_id` is set once it is known.

    `pays`: campaigns go at the rate that costs Stars. `clock` dates what carries no time of its own: taps.
    """

    name = ChannelName.TELEGRAM
    capabilities = Capabilities(
        max_text=LONGEST_TEXT,
        max_caption=LONGEST_CAPTION,
        max_payload_bytes=MOST_PAYLOAD_BYTES,
        copies=True,
        recall_hours=RECALL_HOURS,
    )

    def __init__(
        self,
        *,
        token: str,
        base_url: str = "https://api.telegram.org",
        account_id: AccountId = NO_ACCOUNT,
        proxy: str = "",
        pays: bool = False,
        shelf: MediaShelf | None = None,
        clock: Clock = system_clock,
    ) -> None:
        self.clock = clock
        self._request = AiohttpRequest(proxy=proxy, pays=pays)
        # A long poll holds its connection for half a minute; it must not starve among the sends.
        self.polling = AiohttpRequest(connections=2, read_timeout=10.0, proxy=proxy)
        base = base_url.rstrip("/")
        self.bot = Bot(
            token,
            base_url=f"{base}/bot",
            base_file_url=f"{base}/file/bot",
            request=self._request,
            get_updates_request=self.polling,
        )
        self._outgoing = Outgoing(self.bot, shelf=shelf, account_id=account_id)
        # Through a proxy everything goes the ordinary way.
        self._straight = None if proxy else StraightPosts(f"{self.bot.base_url}/sendMessage")
        more = PAID if pays else {}
        self._quick = QuickSends(self._straight, longest=LONGEST_TEXT, more=more) if self._straight else None
        self._me: Me | None = None

    @property
    def account_id(self) -> AccountId:
        return self._outgoing.account_id

    @account_id.setter
    def account_id(self, account_id: AccountId) -> None:
        self._outgoing.account_id = account_id

    @property
    def me(self) -> Me:
        """Known after `start`."""
        if self._me is None:
            raise RuntimeError("the channel has not been started")
        return self._me

    async def start(self) -> None:
        """Open the connections and ask who we are. SendError says why not: REVOKED for a wrong token."""
        try:
            with calling():
                await self.bot.initialize()
        except SendError:
            await self.stop()
            raise
        if self._straight:
            self._straight.start()
        user = self.bot.bot
        self._me = Me(id=user.id, username=user.username or "", name=user.full_name)

    async def stop(self) -> None:
        if self._straight:
            self._straight.stop()
        await self.bot.shutdown()

    async def send(self, external_id: str, reply: Reply, *, data: bytes | None = None) -> Sent:
        """Send, or edit where `reply.edits` names a message. A long text becomes several messages; buttons go with the last."""
        chat_id = _chat(external_id)
        if self._quick and IN_BULK.get() and self._quick.takes(reply):
            return await self._quick.send(chat_id, reply)
        return await self._outgoing.send(chat_id, reply, data=data)

    async def answer_tap(self, callback_ref: str, text: str) -> None:
        """Let the phone stop waiting. A tap that is too old to be answered is no failure."""
        shown = text if len(text) <= LONGEST_TOAST else text[: LONGEST_TOAST - 1] + "…"
        try:
            with calling():
                await self.bot.answer_callback_query(callback_ref, text=shown or None)
        except SendError as error:
            if error.kind != SendErrorKind.HARMLESS:
                raise
            log.debug("a tap was answered too late: %s", error.reason)

    async def recall(self, external_id: str, ref: str) -> None:
        """Delete a message of ours. One that is gone already is no failure; HARMLESS `cannot_delete` after 48 hours is."""
        try:
            with calling():
                await self.bot.delete_message(_chat(external_id), int(ref))
        except SendError as error:
            if error.reason != "message_gone":
                raise
            log.debug("a message to recall was gone already")

    async def download(self, ref: str, *, max_bytes: int) -> bytes:
        """The file behind an attachment's `ref`; OUR_FAULT `file_too_big` above `max_bytes` (or Telegram's own 20 MB)."""
        with calling():
            file = await self.bot.get_file(ref)
        if (file.file_size or 0) > max_bytes:
            raise SendError(SendErrorKind.OUR_FAULT, "file_too_big")
        if not file.file_path:
            raise SendError(SendErrorKind.OUR_FAULT, "file_unavailable")
        with calling():
            return await self._request.fetch(file.file_path, max_bytes=max_bytes)

    async def show_commands(self, external_id: str, commands: tuple[tuple[str, str], ...]) -> None:
        """The menu of one chat, (name, description) each; none takes it back, so that everybody's menu holds again."""
        scope = BotCommandScopeChat(_chat(external_id))
        with calling():
            if commands:
                await self.bot.set_my_commands(_commands(commands), scope=scope)
            else:
                await self.bot.delete_my_commands(scope=scope)

    async def register_commands(self, by_language: Mapping[str, Commands]) -> None:
        """Everybody's menu, by language code of the app; "" is for all languages without a list of their own."""
        for language, commands in by_language.items():
            with calling():
                await self.bot.set_my_commands(
                    _commands(commands), scope=BotCommandScopeDefault(), language_code=language or None
                )


def _chat(external_id: str) -> int:
    try:
        return int(external_id)
    except ValueError:
        raise SendError(SendErrorKind.GONE, "chat_not_found") from None


def _commands(commands: Commands) -> list[BotCommand]:
    return [BotCommand(name, description) for name, description in commands]
