"""The token, the way to Telegram, the clock, and how updates come in."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from bot.channels.telegram.probe import Probe, Trouble, WebhookState, probe
from bot.channels.telegram.webhook import PATH
from bot.commands.checks.finding import Code, Finding, broken, ok, warn
from bot.settings import Mode, Settings
from outreach.clock import Clock

# Receipts, hours of sending and reports carry our time; certificates bear a clock that is minutes off, people do not.
_OFF = timedelta(seconds=30)
_WRONG = timedelta(minutes=5)
_RECENT = timedelta(hours=1)


async def check_telegram(settings: Settings, *, clock: Clock) -> list[Finding]:
    if settings.telegram_token is None:
        return [] if settings.zalo_app_id or settings.zalo_bot_token else [broken(Code.TOKEN_MISSING)]
    found = await probe(
        token=settings.telegram_token.get_secret_value(),
        base_url=settings.telegram_base_url,
        proxy=settings.telegram_proxy,
        clock=clock,
    )
    return [*_access(found, settings), *_clock(found), *_webhook(found.webhook, settings=settings, now=clock())]


def _access(found: Probe, settings: Settings) -> Iterator[Finding]:
    if found.me:
        yield ok(Code.TELEGRAM_OK, username=found.me.username, name=found.me.name)
    elif found.trouble == Trouble.CERTIFICATE and found.behind is not None and abs(found.behind) >= _WRONG:
        return  # the clock is the cause, and has its own line
    elif found.trouble:
        yield broken(Code(found.trouble.value), server=settings.telegram_base_url)


def _clock(found: Probe) -> Iterator[Finding]:
    """Nothing where the server does not tell the time."""
    if found.behind is None:
        return
    seconds = abs(round(found.behind.total_seconds()))
    values: dict[str, str | int] = {"seconds": seconds, "behind": int(found.behind > timedelta())}
    if abs(found.behind) >= _WRONG:
        yield broken(Code.CLOCK_WRONG, **values)
    elif abs(found.behind) >= _OFF:
        yield warn(Code.CLOCK_OFF, **values)
    else:
        yield ok(Code.CLOCK_OK)


def _webhook(state: WebhookState | None, *, settings: Settings, now: datetime) -> Iterator[Finding]:
    if state is None:
        return
    if settings.telegram_mode == Mode.POLLING:
        if state.url:
            yield warn(Code.WEBHOOK_LEFT)
        return
    if state.url != f"{settings.public_url}{PATH}":
        yield warn(Code.WEBHOOK_OTHER, wanted=f"{settings.public_url}{PATH}")
    elif state.error_at and now - state.error_at < _RECENT:
        yield warn(Code.WEBHOOK_FAILING, error=state.error, pending=state.pending)
    else:
        yield ok(Code.WEBHOOK_OK, pending=state.pending)
