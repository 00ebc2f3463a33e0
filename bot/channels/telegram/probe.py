"""What stands between this machine and Telegram, told apart: the token, the way there, the certificate, the clock."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum

import aiohttp

from bot.channels.telegram.adapter import Me, TelegramChannel
from bot.channels.telegram.errors import calling
from outreach.clock import Clock
from outreach.messaging import SendError, SendErrorKind
from outreach.transaction import check_outside_transaction

_SECONDS = 10.0


class Trouble(StrEnum):
    TOKEN_WRONG = "token_wrong"  # noqa: S105  a code, no secret
    UNREACHABLE = "unreachable"
    CERTIFICATE = "certificate"  # somebody answers and cannot be trusted, or our clock lies outside the certificate
    NOT_TELEGRAM = "not_telegram"
    BUSY = "busy"  # the server answers, and says later


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookState:
    """As getWebhookInfo tells it; an empty `url` is none. `error` is Telegram's own sentence about our machine."""

    url: str
    pending: int
    error: str
    error_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """`trouble` None: the server knows us as `me`. `behind` is how far our clock is behind the server's (None: not told)."""

    trouble: Trouble | None
    me: Me | None
    webhook: WebhookState | None
    behind: timedelta | None


async def probe(*, token: str, base_url: str, proxy: str, clock: Clock) -> Probe:
    """Ask who we are and what time it is. Never raises for what is found."""
    answered, behind = await _server_time(base_url, proxy=proxy, clock=clock)
    channel = TelegramChannel(token=token, base_url=base_url, proxy=proxy)
    try:
        await channel.start()
        try:
            webhook = await _webhook_state(channel)
        finally:
            await channel.stop()
    except SendError as error:
        return Probe(trouble=_trouble(error, answered=answered), me=None, webhook=None, behind=behind)
    return Probe(trouble=None, me=channel.me, webhook=webhook, behind=behind)


def _trouble(error: SendError, *, answered: bool) -> Trouble:
    if error.kind == SendErrorKind.REVOKED:
        return Trouble.TOKEN_WRONG
    if error.kind == SendErrorKind.NEVER_LEFT:
        return Trouble.CERTIFICATE if answered else Trouble.UNREACHABLE
    if error.kind in {SendErrorKind.NOT_NOW, SendErrorKind.REFUSED}:
        return Trouble.BUSY
    return Trouble.UNREACHABLE if error.reason == "timeout" and not answered else Trouble.NOT_TELEGRAM


async def _webhook_state(channel: TelegramChannel) -> WebhookState:
    with calling():
        info = await channel.bot.get_webhook_info()
    return WebhookState(
        url=info.url,
        pending=info.pending_update_count,
        error=info.last_error_message or "",
        error_at=info.last_error_date,
    )


async def _server_time(base_url: str, *, proxy: str, clock: Clock) -> tuple[bool, timedelta | None]:
    """Whether anybody answers there, and how far our clock is behind the `Date` of the answer (whole seconds).

    The certificate is not checked: with a wrong clock it never holds, and nothing of ours is in this request.
    """
    check_outside_transaction()
    timeout = aiohttp.ClientTimeout(total=_SECONDS)
    try:
        async with aiohttp.ClientSession(timeout=timeout) as session:
            asked_at = clock()
            async with session.get(base_url, ssl=False, proxy=proxy or None, allow_redirects=False) as answer:
                now = asked_at + (clock() - asked_at) / 2
                told = parsedate_to_datetime(answer.headers["Date"])
    except KeyError:
        return True, None
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
        return isinstance(error, aiohttp.ClientResponseError | ValueError), None
    if told.tzinfo is None:
        return True, None
    return True, timedelta(seconds=round((told - now).total_seconds()))
