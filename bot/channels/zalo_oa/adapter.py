"""One Official Account as the product's channel."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from urllib.parse import urlsplit, urlunsplit

from bot.channels.http import HttpClient
from bot.channels.shelf import MediaShelf
from bot.channels.zalo_oa.client import Me, OaClient, SendApi
from bot.channels.zalo_oa.oauth import OAuth
from bot.channels.zalo_oa.outgoing import LONGEST_TEXT, MOST_BUTTONS, Outgoing
from bot.channels.zalo_oa.pace import Pace
from bot.channels.zalo_oa.tokens import Tokens
from bot.channels.zalo_oa.uploads import Takes, Uploads
from bot.settings import PREFIX, Settings, SettingsError, ZaloSettings
from outreach.clock import Clock, system_clock
from outreach.messaging import Account, AccountId, Capabilities, ChannelName, Reply, SendError, SendErrorKind, Sent
from outreach.transaction import Transactions

log = logging.getLogger(__name__)

MOST_PAYLOAD_BYTES = 64
NO_ACCOUNT = AccountId(0)
_USUAL_PORTS = frozenset({None, 80, 443})


class ZaloOaChannel:
    """Implements `outreach.messaging.Channel`. `account_id`, and what `client` remembers of it, are set once it is known."""

    name = ChannelName.ZALO_OA
    capabilities = Capabilities(
        max_text=LONGEST_TEXT,
        max_caption=LONGEST_TEXT,
        max_payload_bytes=MOST_PAYLOAD_BYTES,
        max_buttons=MOST_BUTTONS,
        keyboard=False,
        edits=False,
        file_suffixes=Takes().suffixes,
        start_payload=False,
        windowed=True,
        receipts=True,
        articles=True,
    )

    def __init__(
        self,
        settings: ZaloSettings,
        *,
        transactions: Transactions,
        account_id: AccountId = NO_ACCOUNT,
        takeover_seconds: float = 3.0,
        shelf: MediaShelf | None = None,
        clock: Clock = system_clock,
    ) -> None:
        """Raises SettingsError where the app is not told."""
        self.account_id = account_id
        takes = takes_of(settings)
        self.capabilities = replace(
            type(self).capabilities,
            buttons=settings.zalo_buttons != "none",
            file_suffixes=takes.suffixes,
            max_file=takes.file,
        )
        self.clock = clock
        self.settings = settings
        self.http = HttpClient()
        self.oauth = oauth_of(settings, http=self.http)
        self.tokens = Tokens(
            transactions=transactions, oauth=self.oauth, clock=clock, takeover_seconds=takeover_seconds
        )
        self.client = OaClient(
            self.http,
            url=settings.zalo_api_url,
            tokens=self.tokens,
            pace=Pace((settings.zalo_rate, settings.zalo_app_rate)),
            proof_secret=self.oauth.app_secret if settings.zalo_secret_proof else "",
            clock=clock,
        )
        uploads = Uploads(self.client, takes=takes, clock=clock)
        self._outgoing = Outgoing(self.client, uploads=uploads, shelf=shelf, buttons=settings.zalo_buttons)
        self._api = urlsplit(settings.zalo_api_url)
        self._media_hosts = [host.strip().lower() for host in settings.zalo_media_hosts.split(",") if host.strip()]
        self._me: Me | None = None

    @property
    def me(self) -> Me:
        """Known after `start`."""
        if self._me is None:
            raise RuntimeError("the channel has not been started")
        return self._me

    async def start(self, *, before: Account | None = None) -> None:
        """Open the connections and ask who we are. SendError says why not: REVOKED `token_missing` before anybody agreed.

        An account that was met `before` is opened all the same: what people write is taken, and the administrators are told.
        """
        await self.http.start()
        try:
            self._me = await self.client.me()
        except SendError as error:
            if before is None:
                await self.stop()
                raise
            log.error("the Official Account does not answer (%s): nothing can be sent there", error.reason)  # noqa: TRY400  (no values of a person in the log)
            self._me = Me(
                oa_id=before.external_id, name=before.name, oa_type=0, verified=False, package="", valid_through=""
            )

    def remember(self, account: Account, *, keep: Callable[[SendApi], Awaitable[None]]) -> None:
        """Whose account it is to us, and the way of sending that worked there."""
        self.account_id = account.account_id
        self.client.send_api = "v2" if account.send_api == "v2" else "v3" if account.send_api == "v3" else ""
        self.client.remember = keep

    async def stop(self) -> None:
        await self.http.stop()

    async def send(self, external_id: str, reply: Reply, *, data: bytes | None = None) -> Sent:
        """A long text becomes several messages; buttons go with the last. Nothing can be edited: a new message says it."""
        return await self._outgoing.send(external_id, reply, data=data)

    def refuses_buttons(self) -> bool:
        """Whether Zalo took none within the last hour: choices are numbered meanwhile."""
        return self._outgoing.refuses_buttons

    async def answer_tap(self, callback_ref: str, text: str) -> None:
        """No phone waits: a button of Zalo's is a message of the person."""

    async def recall(self, external_id: str, ref: str) -> None:  # noqa: ARG002  the port's signature
        raise SendError(SendErrorKind.HARMLESS, "cannot_delete")

    async def download(self, ref: str, *, max_bytes: int) -> bytes:
        """The file behind an attachment's address; OUR_FAULT `file_unavailable` where that is no address of Zalo's."""
        return await self.http.fetch(self._trusted(ref), max_bytes=max_bytes)

    async def show_commands(self, external_id: str, commands: tuple[tuple[str, str], ...]) -> None:
        """An OA has one menu for everybody, made by hand in its console."""

    def _trusted(self, url: str) -> str:
        """Only what Zalo hosts is fetched, and encrypted: whoever could name any address would see our inner network."""
        refused = SendError(SendErrorKind.OUR_FAULT, "file_unavailable")
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise refused from None
        host = (parts.hostname or "").lower()
        if (parts.scheme, host, port) == (self._api.scheme, self._api.hostname, self._api.port):
            return url
        below = any(host == known or host.endswith(f".{known}") for known in self._media_hosts)
        plain_address = parts.scheme in {"http", "https"} and not parts.username and port in _USUAL_PORTS
        if not (below and plain_address):
            raise refused
        return urlunsplit(("https", host, parts.path, parts.query, ""))


def oauth_of(settings: ZaloSettings, *, http: HttpClient) -> OAuth:
    """Raises SettingsError where the app is not told."""
    return OAuth(
        http=http,
        url=settings.zalo_oauth_url,
        app_id=needed(settings, "zalo_app_id"),
        app_secret=needed(settings, "zalo_app_secret"),
    )


def takes_of(settings: ZaloSettings) -> Takes:
    return Takes(
        picture=settings.zalo_picture_kb * 1000,
        file=settings.zalo_file_kb * 1000,
        files=frozenset(f".{ending}" for ending in settings.zalo_file_types.split(",") if ending),
    )


def needed(settings: ZaloSettings, name: str) -> str:
    value = getattr(settings, name)
    if not value:
        raise SettingsError(f"{PREFIX}{name.upper()} is not set: {Settings.model_fields[name].description}.")
    return value if isinstance(value, str) else str(value.get_secret_value())
