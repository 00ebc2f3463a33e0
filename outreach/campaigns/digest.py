"""The weekly digest: when it goes, and how the week's is begun, once."""

from datetime import date, datetime, timedelta

from outreach.campaigns.limits import limits_at
from outreach.campaigns.model import Audience, Campaign, CampaignState, Content, LateRule, Plan
from outreach.campaigns.rules import GRACE, may_go_on, week_start
from outreach.clock import local_day, local_instant
from outreach.messaging import CampaignId, OfficerId
from outreach.officers import Action, Actor, check_system
from outreach.pack import Pack, WeeklyHour
from outreach.transaction import Transaction, Transactions
from outreach.units import UnitId

_WEEK = timedelta(days=7)


def _monday(instant: datetime) -> date:
    day = local_day(instant)
    return day - timedelta(days=day.weekday())


def _of_week(monday: date, *, hour: WeeklyHour) -> datetime:
    return local_instant(monday + timedelta(days=hour.weekday - 1), hour.at)


def next_digest(instant: datetime, *, hour: WeeklyHour | None) -> datetime | None:
    """When the next one that is not being made yet goes out; None where the province has none."""
    if hour is None:
        return None
    this = _of_week(_monday(instant), hour=hour)
    return this if instant < this - GRACE else this + _WEEK


def digest_after(week_of: datetime, *, hour: WeeklyHour | None) -> datetime | None:
    """When whoever has had her messages of that week gets what came after them: in the week that follows."""
    return next_digest(week_start(week_of) + _WEEK, hour=hour)


def digest_to_come(campaign: Campaign, *, hour: WeeklyHour | None, at: datetime) -> datetime | None:
    """That of the week after its start, for those whose week was full; None where it has gone, or will not bring it."""
    coming = digest_after(campaign.started_at, hour=hour) if campaign.started_at else None
    if coming is None or coming <= at or campaign.plan.is_over(coming) or not may_go_on(campaign, at=at):
        return None
    return coming


def digest_still(asked_for: datetime | None, *, at: datetime, hour: WeeklyHour | None) -> datetime | None:
    """The one that was asked for; the next one where that is being made, or has gone."""
    return asked_for if asked_for and asked_for - GRACE > at else next_digest(at, hour=hour)


def digest_of(campaign: Campaign, *, hour: WeeklyHour | None) -> datetime | None:
    """When that goes in which such news is to stand: as ordered, or the next one after a day that was missed."""
    meant, settled = campaign.not_before, campaign.started_at
    if settled and (meant is None or local_day(settled) > local_day(meant)):
        return next_digest(settled, hour=hour)
    return meant


async def begin_digest(
    actor: Actor, *, transactions: Transactions, pack: Pack, now: datetime, title: str
) -> CampaignId | None:
    """On its day, from a minute before its hour on: this week's, if anything waits for it. Whatever was missed waits for the next.

    Effects: a campaign that is being prepared, or the note that this week has none. After a kill it is done once nevertheless:
    the week is the key.
    """
    check_system(actor)
    hour = pack.sending.digest
    if hour is None or not title:
        return None
    monday, starts = _monday(now), _of_week(_monday(now), hour=hour)
    if not starts - GRACE <= now or local_day(now) != local_day(starts):
        return None
    async with transactions.read() as tx:
        if await tx.digests.begun(monday) or await _some_on_their_way(tx, until=starts):
            return None
        sources = await tx.digests.sources(limits=await limits_at(tx, pack=pack, at=now), at=now)
    async with transactions.write(bulk=True) as tx:
        if not await tx.digests.begin(monday, at=now) or not sources:
            return None
        by, unit_id = await _owner(tx, sources)
        content = Content(title=title, paragraphs=())
        number = await tx.campaigns.add(content=content, audience=Audience(), by=by, unit_id=unit_id, at=now)
        await tx.campaigns.edit(number, plan=Plan(late_rule=LateRule.SEND))
        await tx.campaigns.move(number, state=CampaignState.PREPARING, at=now, not_before=max(now, starts))
        await tx.digests.attach(monday, campaign_id=number)
        return number


async def _some_on_their_way(tx: Transaction, *, until: datetime) -> bool:
    """News that is to be in this one and is not frozen yet."""
    states = (CampaignState.SCHEDULED, CampaignState.PREPARING)
    found = [campaign for state in states for campaign in await tx.campaigns.in_state(state)]
    return any(one.plan.in_digest and (one.not_before is None or one.not_before <= until) for one in found)


async def _owner(tx: Transaction, sources: list[Campaign]) -> tuple[OfficerId, UnitId | None]:
    """Who is told of it: of the province's officers the one whose news is the newest, or whoever is on duty there.

    Where the province has none it is the newest news' own officer.
    """
    on_duty = [officer.officer_id for officer in await tx.officers.on_duty(action=Action.SEND, unit_id=None)]
    theirs = [campaign.created_by for campaign in sources if campaign.created_by in on_duty]
    if chosen := [*theirs, *on_duty]:
        return chosen[0], None
    return sources[0].created_by, sources[0].unit_id
