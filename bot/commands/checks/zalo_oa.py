"""The Official Account: what is set, its tokens, what Zalo says of it, what it costs, and whether anything comes in."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from bot.app import AccountCondition, Condition
from bot.channels.zalo_oa.client import GOVERNMENT, Me
from bot.channels.zalo_oa.health import package_ends_on
from bot.channels.zalo_oa.probe import Probe, probe
from bot.channels.zalo_oa.tokens import token_name
from bot.channels.zalo_oa.webhook import PATH
from bot.commands.checks.finding import Code, Finding, broken, ok, warn
from bot.settings import PREFIX, Settings
from outreach.clock import VIETNAM, Clock, local_day
from outreach.messaging import ChannelName, SendErrorKind
from outreach.tokens import TokenPair
from outreach.upkeep import PACKAGE_WARNING, TOKEN_WARNING

# What must be set beside the App ID.
_NEEDED = ("zalo_app_secret", "zalo_oa_secret", "public_url")
_QUIET = timedelta(days=2)
# Receipts follow a message within minutes; so long after one without any, something is shut.
_UNANSWERED = timedelta(hours=2)


async def check_zalo_oa(settings: Settings, *, condition: Condition, clock: Clock) -> list[Finding]:
    """Nothing where the account is not set up."""
    if not settings.zalo_app_id:
        return []
    now = clock()
    account = next((one for one in condition.accounts if one.channel == ChannelName.ZALO_OA), None)
    found = [*_settings(settings)]
    if condition.current:
        pair = condition.pairs.get(token_name(settings.zalo_app_id))
        found += _tokens(pair, now=now)
        if pair and pair.access_expires_at > now:
            asked = await probe(settings, access=pair.access, follower=account.follower if account else "")
            found += _account(asked, settings=settings, now=now)
    found += [*_coming_in(account, settings, now=now), *_spending(settings, account, now=now)]
    if account and not account.keepers:
        found.append(warn(Code.ZALO_ALARM_NOWHERE))
    return found


def _settings(settings: Settings) -> Iterator[Finding]:
    for name in _NEEDED:
        if not getattr(settings, name):
            yield broken(Code.ZALO_INCOMPLETE, variable=f"{PREFIX}{name.upper()}")
    if settings.public_url and not settings.public_url.startswith("https://"):
        yield warn(Code.ZALO_PLAIN_URL, url=settings.public_url)
    if not settings.zalo_cover_url:
        yield warn(Code.ZALO_COVER_UNSET)


def _tokens(pair: TokenPair | None, *, now: datetime) -> Iterator[Finding]:
    if pair is None:
        yield broken(Code.ZALO_TOKEN_MISSING)
    elif pair.failure or pair.refresh_expires_at <= now:
        yield broken(Code.ZALO_TOKEN_LOST, reason=pair.failure or "expired")
    elif pair.lasts(now) < TOKEN_WARNING:
        yield warn(Code.ZALO_TOKEN_ENDING, days=pair.lasts(now).days)
    elif pair.access_expires_at <= now:
        yield warn(Code.ZALO_TOKEN_STALE, since=_moment(pair.access_expires_at))
    else:
        yield ok(Code.ZALO_TOKEN_OK, until=_moment(pair.access_expires_at), days=pair.lasts(now).days)


def _account(found: Probe, *, settings: Settings, now: datetime) -> Iterator[Finding]:
    if found.me is None:
        reason = found.trouble.reason if found.trouble else ""
        refused = found.trouble is not None and found.trouble.kind == SendErrorKind.REVOKED
        yield broken(
            Code.ZALO_REFUSED if refused else Code.ZALO_UNREACHABLE, server=settings.zalo_api_url, reason=reason
        )
        return
    me = found.me
    yield ok(Code.ZALO_OA_OK, name=me.name, government=int(me.oa_type == GOVERNMENT), package=me.package)
    if not me.verified:
        yield warn(Code.ZALO_UNVERIFIED)
    yield from _package(me, now=now)
    for quota in found.quotas:
        yield ok(Code.ZALO_QUOTA_OK, remain=quota.remain, total=quota.total)
    if found.articles:
        yield ok(Code.ZALO_ARTICLES_OK, month=found.articles.month, today=found.articles.today)


def _package(me: Me, *, now: datetime) -> Iterator[Finding]:
    ends_on = package_ends_on(me.valid_through)
    if ends_on is None:
        return
    left = ends_on - local_day(now)
    if left < timedelta():
        yield broken(Code.ZALO_PACKAGE_ENDED, day=f"{ends_on:%d/%m/%Y}")
    elif left < PACKAGE_WARNING:
        yield warn(Code.ZALO_PACKAGE_ENDING, day=f"{ends_on:%d/%m/%Y}", days=left.days)


def _spending(settings: Settings, account: AccountCondition | None, *, now: datetime) -> Iterator[Finding]:
    spent = account.vnd if account and account.month == f"{local_day(now):%Y-%m}" else 0
    yield ok(
        Code.ZALO_SPENDING_OK,
        spent=spent,
        ceiling=settings.zalo_paid_ceiling,
        free=settings.zalo_free_hours,
        whole=settings.zalo_window_hours,
    )


def _coming_in(account: AccountCondition | None, settings: Settings, *, now: datetime) -> Iterator[Finding]:
    """A webhook that Zalo has switched off is seen by what no longer comes."""
    url = f"{settings.public_url}{PATH}"
    heard_at = account.heard_at if account else None
    if account is None or heard_at is None:
        yield warn(Code.ZALO_NEVER_HEARD, url=url)
        return
    unanswered = account.sent_at is not None and account.sent_at - heard_at > _UNANSWERED
    if unanswered or now - heard_at > _QUIET:
        yield warn(Code.ZALO_SILENT, since=_moment(heard_at), url=url, sent=int(unanswered))
    else:
        yield ok(Code.ZALO_HEARD_OK, at=_moment(heard_at))


def _moment(instant: datetime) -> str:
    return f"{instant.astimezone(VIETNAM):%H:%M %d/%m/%Y}"
