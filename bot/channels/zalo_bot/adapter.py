"""One bot of the Zalo Bot Platform as the product's channel."""

from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import urlsplit

from markupsafe import escape
from prometheus_client import Gauge

from bot.channels.kit import send_parts, visible
from bot.channels.zalo_bot.client import ZaloBotClient
from bot.channels.zalo_bot.errors import MOST_TRIES
from bot.channels.zalo_bot.media import may_fetch
from bot.channels.zalo_bot.outgoing import LONGEST_TEXT, parts_of
from outreach.clock import Clock, local_day, system_clock
from outreach.messaging import (
    AccountId,
    Capabilities,
    ChannelName,
    Reply,
    SendError,
    SendErrorKind,
    Sent,
)
from outreach.pacing import TokenBucket

BASE_URL = "https://bot-api.zaloplatforms.com"
MOST_PAYLOAD_BYTES = 64
NO_ACCOUNT = AccountId(0)
MESSAGES = Gauge(
    "loatre_zalo_bot_messages", "Messages that the Zalo bot has sent this month, as far as this process knows"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Me:
    """Who the bot is: its number, the name of its account, the name people see (where Zalo says it)."""

    id: str
    account_name: str
    name: str


class ZaloBotChannel:
    """Implements `outreach.messaging.Channel`. `account_id` is set once it is known.

    `rate` is messages a second over all chats; `media_hosts` are where people's photos may be fetched from, and what lies
    below them.
    """

    name = ChannelName.ZALO_BOT
    capabilities = Capabilities(
        max_text=LONGEST_TEXT,
        max_caption=LONGEST_TEXT,
        max_payload_bytes=MOST_PAYLOAD_BYTES,
        buttons=False,
        keyboard=False,
        edits=False,
        files=False,
        file_suffixes=frozenset(),  # only pictures, and only by an address that everybody can open
        start_payload=False,
    )

    def __init__(
        self,
        *,
        token: str,
        base_url: str = BASE_URL,
        account_id: AccountId = NO_ACCOUNT,
        rate: float = 5.0,
        media_hosts: Collection[str] = (),
        clock: Clock = system_clock,
        first_wait: float = 1.0,
    ) -> None:
        self.account_id = account_id
        self.clock = clock
        self.client = ZaloBotClient(token=token, base_url=base_url)
        place = urlsplit(base_url)
        self._origin = f"{place.scheme}://{place.netloc}"
        self._media_hosts = tuple(media_hosts)
        self._bucket = TokenBucket(rate)
        self._first_wait = first_wait  # seconds before a later part is tried again
        self._month = ""
        self._me: Me | None = None

    @property
    def me(self) -> Me:
        """Known after `start`."""
        if self._me is None:
            raise RuntimeError("the channel has not been started")
        return self._me

    async def start(self) -> None:
        """Open the connections and ask who we are. SendError says why not: REVOKED for a wrong token."""
        await self.client.start()
        try:
            self._me = await self._who()
        except SendError:
            await self.stop()
            raise

    async def _who(self) -> Me:
        found = await self.client.call("getMe")
        if not found.get("id"):
            raise SendError(SendErrorKind.UNKNOWN, "garbage")
        account_name = str(found.get("account_name") or "")
        return Me(id=str(found["id"]), account_name=account_name, name=str(found.get("display_name") or account_name))

    async def stop(self) -> None:
        await self.client.stop()

    async def send(self, external_id: str, reply: Reply, *, data: bytes | None = None) -> Sent:  # noqa: ARG002  files cannot be sent
        """Send the words and the choices as numbered lines; what cannot be edited is said anew."""
        if reply.file:
            raise SendError(SendErrorKind.OUR_FAULT, "file_unsupported")
        parts = parts_of(reply)
        if not parts and reply.edits:
            return Sent(refs=(reply.edits,))  # only its buttons were to go, and there are none
        if not parts:
            raise SendError(SendErrorKind.OUR_FAULT, "text_empty")

        async def send_part(part: Reply) -> str:
            return await self._say(external_id, visible(part.text))

        pieces = [Reply(text=str(escape(part))) for part in parts]
        return Sent(refs=await send_parts(pieces, send_part, first_wait=self._first_wait))

    async def _say(self, chat_id: str, text: str) -> str:
        await self._bucket.wait()
        try:
            result = await self.client.call("sendMessage", chat_id=chat_id, text=text)
        except SendError as error:
            if error.kind != SendErrorKind.OUR_FAULT:
                raise
            raise await self._whose_fault(chat_id, error) from None
        self._count()
        return str(result.get("message_id") or "")

    async def _whose_fault(self, chat_id: str, error: SendError) -> SendError:
        """A refused message, or a person who is not there: a call that can only be refused for her tells.

        Should Zalo not look at the chat there, it stays our fault, which costs this one message and no more. The other way
        round one wrong text would make everybody unreachable until she writes by herself.
        """
        try:
            await self.client.call("sendChatAction", chat_id=chat_id, action="typing")
        except SendError as second:
            if second.kind == SendErrorKind.OUR_FAULT:
                return SendError(SendErrorKind.GONE, "chat_not_found")
            # Nothing was sent, so the next attempt asks again.
            refused = SendErrorKind.REFUSED
            return SendError(refused, error.reason, most_tries=MOST_TRIES[refused])
        return error

    def _count(self) -> None:
        month = f"{local_day(self.clock()):%Y-%m}"
        if month != self._month:
            self._month = month
            MESSAGES.set(0)
        MESSAGES.inc()

    async def answer_tap(self, callback_ref: str, text: str) -> None:
        """There is nothing to tap."""

    async def recall(self, external_id: str, ref: str) -> None:  # noqa: ARG002  the port's signature
        raise SendError(SendErrorKind.HARMLESS, "cannot_delete")

    async def download(self, ref: str, *, max_bytes: int) -> bytes:
        """The photo behind an attachment's `ref`, which is an address; OUR_FAULT `file_too_big` above `max_bytes`."""
        if not may_fetch(ref, hosts=self._media_hosts, origin=self._origin):
            raise SendError(SendErrorKind.OUR_FAULT, "file_unavailable")
        return await self.client.fetch(ref, max_bytes=max_bytes)

    async def show_commands(self, external_id: str, commands: tuple[tuple[str, str], ...]) -> None:
        """There is no menu of commands."""
