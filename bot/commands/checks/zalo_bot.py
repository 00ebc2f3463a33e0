"""The bot of the Zalo Bot Platform: its token, how its messages come in, and what is left of its plan."""

from collections.abc import Iterator
from datetime import datetime

from bot.app import AccountCondition, Condition
from bot.channels.zalo_bot.probe import Probe, probe
from bot.channels.zalo_bot.webhook import PATH
from bot.commands.checks.finding import Code, Finding, broken, ok, warn
from bot.settings import Mode, Settings
from outreach.clock import Clock, local_day
from outreach.messaging import ChannelName, SendErrorKind
from outreach.upkeep import NEARLY


async def check_zalo_bot(settings: Settings, *, condition: Condition, clock: Clock) -> list[Finding]:
    """Nothing where no bot is set up."""
    if settings.zalo_bot_token is None:
        return []
    found = await probe(token=settings.zalo_bot_token.get_secret_value(), base_url=settings.zalo_bot_url)
    account = next((one for one in condition.accounts if one.channel == ChannelName.ZALO_BOT), None)
    return [*_access(found, settings), *_webhook(found, settings), *_plan(account, settings, now=clock())]


def _access(found: Probe, settings: Settings) -> Iterator[Finding]:
    if found.me:
        yield ok(Code.ZALO_BOT_OK, name=found.me.name)
    elif found.trouble and found.trouble.kind == SendErrorKind.REVOKED:
        yield broken(Code.ZALO_BOT_WRONG, server=settings.zalo_bot_url)
    else:
        reason = found.trouble.reason if found.trouble else ""
        yield broken(Code.ZALO_BOT_UNREACHABLE, server=settings.zalo_bot_url, reason=reason)


def _webhook(found: Probe, settings: Settings) -> Iterator[Finding]:
    if found.webhook is None:
        return
    wanted = f"{settings.public_url}{PATH}"
    if settings.zalo_bot_mode == Mode.POLLING:
        if found.webhook:
            yield warn(Code.ZALO_BOT_WEBHOOK_LEFT)
    elif found.webhook != wanted:
        yield warn(Code.ZALO_BOT_WEBHOOK_OTHER, wanted=wanted)
    else:
        yield ok(Code.ZALO_BOT_WEBHOOK_OK)


def _plan(account: AccountCondition | None, settings: Settings, *, now: datetime) -> Iterator[Finding]:
    people = account.people if account else 0
    messages = account.messages if account and account.month == f"{local_day(now):%Y-%m}" else 0
    values = {
        "people": people,
        "most_people": settings.zalo_bot_users,
        "messages": messages,
        "most_messages": settings.zalo_bot_messages,
    }
    near = people >= NEARLY * settings.zalo_bot_users or messages >= NEARLY * settings.zalo_bot_messages
    yield warn(Code.ZALO_BOT_NEARLY_FULL, **values) if near else ok(Code.ZALO_BOT_PLAN_OK, **values)
