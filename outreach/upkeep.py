"""What will stop an account from working unless a person does something, and telling the administrators elsewhere in time."""

import logging
from collections.abc import Awaitable, Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from outreach.clock import VIETNAM, local_day
from outreach.messaging import AccountId, ChannelName, Reply
from outreach.officers import Actor, check_system
from outreach.outbox import OutboxRow, Target
from outreach.pack import Span
from outreach.tokens import TokenPair

if TYPE_CHECKING:  # the transaction names this module's port
    from outreach.transaction import Transaction

log = logging.getLogger(__name__)

TOKEN_WARNING = timedelta(days=14)
PACKAGE_WARNING = timedelta(days=30)
_OVERDUE_AFTER = 0.9  # of an access token's life; long before that a new pair was due
_SILENCE_LASTS = timedelta(hours=2)  # what is shorter mends itself
NEARLY = 0.8  # of what a plan allows
USED_UP = "quota_used"  # the channels' word for it


class Ailment(StrEnum):
    TOKEN_MISSING = "token_missing"  # noqa: S105  a code, no secret
    TOKEN_LOST = "token_lost"  # noqa: S105  a code, no secret
    TOKEN_ENDING = "token_ending"  # noqa: S105  a code, no secret
    RENEWAL_OVERDUE = "renewal_overdue"
    SILENT = "silent"  # the provider does not answer
    PACKAGE_ENDED = "package_ended"
    PACKAGE_ENDING = "package_ending"
    PEOPLE_NEARLY = "people_nearly"
    PEOPLE_FULL = "people_full"
    MESSAGES_NEARLY = "messages_nearly"
    MESSAGES_USED = "messages_used"
    REFUSED = "refused"  # the provider does not let the account send


_CAN_WAIT = frozenset({Ailment.TOKEN_ENDING, Ailment.PACKAGE_ENDING, Ailment.PEOPLE_NEARLY, Ailment.MESSAGES_NEARLY})
_AGAIN = timedelta(days=1)
_SELDOM = timedelta(days=7)  # a plan may stay as full as it is for months
_TOLD_SELDOM = frozenset({Ailment.PEOPLE_NEARLY, Ailment.PEOPLE_FULL, Ailment.MESSAGES_NEARLY, Ailment.MESSAGES_USED})


# Without a token nothing can be asked either.
_NO_TOKEN = frozenset({Ailment.TOKEN_MISSING, Ailment.TOKEN_LOST, Ailment.RENEWAL_OVERDUE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What the provider allows, and what is used: at least so many people, for it may count others than those we know."""

    people: int
    most_people: int
    messages: int  # of this month
    most_messages: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """`pair` where tokens change by themselves; `package_ends_on` where the provider tells. `refused` is the reason of its own no.

    `silent_since` is its last answer where it gives none now, `silence` the code of the latest attempt.
    """

    pair: TokenPair | None = None
    package_ends_on: date | None = None
    refused: str = ""
    silent_since: datetime | None = None
    silence: str = ""
    plan: Plan | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """An account of ours that is asked again and again; `name` is what administrators call it."""

    account_id: AccountId
    channel: ChannelName
    name: str
    health: Callable[[], Awaitable[Health]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """`days` are left, where something ends; `code` says why, where something failed; `at` is when it ends, or since when it lasts.

    `used` of `most` are used of a plan.
    """

    ailment: Ailment
    days: int = 0
    code: str = ""
    at: datetime | None = None
    used: int = 0
    most: int = 0


def complaints(health: Health, *, now: datetime) -> list[Complaint]:
    of_tokens = [*_of_tokens(health, now=now)]
    no_token = any(one.ailment in _NO_TOKEN for one in of_tokens)
    return [
        *of_tokens,
        *_of_answers(health, no_token=no_token, now=now),
        *_of_package(health, now=now),
        *(_of_plan(health.plan) if health.plan else ()),
    ]


def _of_tokens(health: Health, *, now: datetime) -> Iterator[Complaint]:
    pair = health.pair
    if health.refused == "token_missing":
        yield Complaint(ailment=Ailment.TOKEN_MISSING)
    if pair is None:
        return
    if pair.failure or pair.refresh_expires_at <= now:
        yield Complaint(ailment=Ailment.TOKEN_LOST, code=pair.failure or "expired")
        return
    life = pair.access_expires_at - pair.refreshed_at
    if now >= pair.refreshed_at + _OVERDUE_AFTER * life:
        yield Complaint(ailment=Ailment.RENEWAL_OVERDUE, at=pair.access_expires_at)
    if pair.lasts(now) < TOKEN_WARNING:
        yield Complaint(ailment=Ailment.TOKEN_ENDING, days=pair.lasts(now).days)


def _of_answers(health: Health, *, no_token: bool, now: datetime) -> Iterator[Complaint]:
    """What is wrong with the tokens has its own line."""
    if health.refused and not (no_token and health.refused.startswith("token")):
        yield Complaint(ailment=Ailment.REFUSED, code=health.refused)
    if health.silent_since and not no_token and now - health.silent_since >= _SILENCE_LASTS:
        yield Complaint(ailment=Ailment.SILENT, at=health.silent_since, code=health.silence)


def _of_package(health: Health, *, now: datetime) -> Iterator[Complaint]:
    if health.package_ends_on is None:
        return
    left = health.package_ends_on - local_day(now)
    if left < timedelta():
        yield Complaint(ailment=Ailment.PACKAGE_ENDED, days=-left.days)
    elif left < PACKAGE_WARNING:
        yield Complaint(ailment=Ailment.PACKAGE_ENDING, days=left.days)


def _of_plan(plan: Plan) -> Iterator[Complaint]:
    for used, most, nearly, full in (
        (plan.people, plan.most_people, Ailment.PEOPLE_NEARLY, Ailment.PEOPLE_FULL),
        (plan.messages, plan.most_messages, Ailment.MESSAGES_NEARLY, Ailment.MESSAGES_USED),
    ):
        if used >= NEARLY * most:
            yield Complaint(ailment=full if used >= most else nearly, used=used, most=most)


class Keepers(Protocol):
    async def beside(self, account_id: AccountId, *, over: Collection[AccountId]) -> list[Target]:
        """Each administrator once, at an address on another account than this, of those named: first where no window can be shut."""


async def raise_alarm(
    actor: Actor,
    tx: "Transaction",
    *,
    account_id: AccountId,
    found: Sequence[Complaint],
    over: Collection[AccountId],
    tell: Callable[[Complaint], Reply],
    hours: Span,
    at: datetime,
) -> list[OutboxRow]:
    """Tell the administrators, `over` accounts that work and not the one that ails: at once, and once a day while it lasts (of a plan
    once a week).

    What only will end waits for the hours in which messages may go. Effects: outbox, and when each was told.
    """
    check_system(actor)
    daytime = hours.covers(at.astimezone(VIETNAM).timetz())
    due = [one for one in found if daytime or one.ailment not in _CAN_WAIT]
    if not due:
        return []
    keepers = await tx.keepers.beside(account_id, over=over)
    if not keepers:
        codes = ", ".join(one.ailment for one in due)
        log.error("account %d: %s; no administrator can be told on another channel", account_id, codes)
    told: list[OutboxRow] = []
    for keeper in keepers:
        for one in due:
            slot = f"alarm:{account_id}:{one.ailment}"
            last = await tx.outbox.slot(keeper.contact_id, slot=slot)
            again = _SELDOM if one.ailment in _TOLD_SELDOM else _AGAIN
            if last and at - datetime.fromisoformat(last) < again:
                continue
            told += await tx.outbox.add([(keeper, tell(one))], at=at)
            await tx.outbox.remember_slot(keeper.contact_id, slot=slot, ref=at.isoformat())
    return told
