"""What an order would do, said before it is given: who gets it, who does not and why, how long it takes."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from outreach.campaigns.audience import check_scope
from outreach.campaigns.limits import limits_at
from outreach.campaigns.model import Audience, Campaign
from outreach.campaigns.ports.ledger import Preview
from outreach.campaigns.rules import GRACE, WAVE_WAITS, in_hours
from outreach.clock import VIETNAM, local_instant
from outreach.messaging import AccountId
from outreach.officers import Action, Actor, check_act
from outreach.pack import Pack, Span
from outreach.transaction import Transaction

_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How fast the lane goes, in messages a second, and the daily hours it may; None: at any hour."""

    rate: float
    hours: Span | None


Paces = Mapping[AccountId, Pace]  # of every channel that is set up


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """`ahead`: messages of other campaigns that leave first. `minutes` nights not counted: of sending, of each channel that has
    something to send; and of the slowest, with the wait after a first wave.
    """

    preview: Preview
    starts_at: datetime  # what was counted holds for this moment
    ahead: int
    minutes: int
    by_channel: Mapping[AccountId, int]
    ends_at: datetime
    opens_at: datetime | None  # outside the hours: when they begin


def next_opening(instant: datetime, *, hours: Span | None) -> datetime | None:
    """When campaigns may leave again; None when they may now."""
    if hours is None or in_hours(instant, span=hours):
        return None
    local = instant.astimezone(VIETNAM)
    day = local.date() if local.time() < hours.first else local.date() + timedelta(days=1)
    return local_instant(day, hours.first)


def finishes_at(begins_at: datetime, *, messages: int, pace: Pace) -> datetime:
    """When the last one leaves, with the nights in between."""
    left = timedelta(seconds=messages / pace.rate)
    at = next_opening(begins_at, hours=pace.hours) or begins_at
    while pace.hours is not None:
        closes = local_instant(at.astimezone(VIETNAM).date(), pace.hours.last) + _MINUTE
        if at + left <= closes:
            break
        left -= closes - at
        at = next_opening(closes, hours=pace.hours) or closes
    return at + left


def starts_at(at: datetime, *, not_before: datetime | None, hours: Span | None) -> datetime:
    """The moment of sending of what is ordered at `at`: the week, the pauses and the period of that moment decide who gets it."""
    begins = max(at + GRACE, not_before or at)
    return next_opening(begins, hours=hours) or begins


def _minutes(messages: int, *, rate: float) -> int:
    """A hundred a minute is no finite fraction of a second."""
    return max(1, math.ceil(round(messages / rate / 60, 6)))


async def look_ahead(
    actor: Actor,
    *,
    campaign: Campaign,
    preview: Preview,
    paces: Paces,
    at: datetime,
    not_before: datetime | None = None,
) -> Outlook:
    """What was counted, and the time it would take after the minute of grace, or from `not_before` on.

    Channels send side by side, so the slowest says when it ends.
    """
    check_act(actor, action=Action.SEND, unit_id=campaign.unit_id)
    hours = next(iter(paces.values())).hours
    begins = starts_at(at, not_before=not_before, hours=hours)
    own = {channel.account_id: channel.will_get for channel in preview.channels if channel.will_get}
    # A channel that is not set up any more sends nothing, and holds nothing up.
    messages = {
        account_id: people + preview.ahead.get(account_id, 0)
        for account_id, people in own.items()
        if account_id in paces
    }
    # After the first wave the rest waits for an officer's look.
    waits = WAVE_WAITS if 0 < campaign.plan.first_wave < preview.will_get else timedelta()
    ends = [finishes_at(begins + waits, messages=number, pace=paces[account]) for account, number in messages.items()]
    minutes = {account: _minutes(number, rate=paces[account].rate) for account, number in messages.items()}
    return Outlook(
        preview=preview,
        starts_at=begins,
        ahead=sum(preview.ahead.get(account_id, 0) for account_id in messages),
        minutes=max(minutes.values(), default=1) + waits // _MINUTE,
        by_channel=minutes,
        ends_at=max(ends, default=begins),
        opens_at=next_opening(at, hours=hours),
    )


async def count_audience(
    actor: Actor, *, tx: Transaction, audience: Audience, campaign: Campaign, pack: Pack, at: datetime
) -> Preview:
    """Whom a rule would reach at `at`, now or later, as far as is known now; a figure about people, so the scope is checked. Up to a second for 300,000 people."""
    check_act(actor, action=Action.SEND, unit_id=campaign.unit_id)
    check_scope(campaign, audience)
    limits = await limits_at(tx, pack=pack, at=at)
    preview = await tx.ledger.preview(audience, limits=limits, at=at, messages=campaign.content.messages)
    return replace(preview, ahead=await tx.watching.waiting(other_than=campaign.campaign_id))


async def people_without(
    actor: Actor, *, tx: Transaction, campaign: Campaign, pack: Pack, at: datetime
) -> dict[str, int]:
    """For a rule that means nobody: by condition, how many it would mean if that one were dropped. Her own unit is none to drop."""
    check_act(actor, action=Action.SEND, unit_id=campaign.unit_id)
    limits = await limits_at(tx, pack=pack, at=at)
    fixed = {"units"} if campaign.unit_id is not None else set()
    return await tx.audiences.without(campaign.audience, main_period=limits.main_period, fixed=fixed, at=at)
