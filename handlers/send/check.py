"""The last look: the message as it will be, who gets it and who does not, then the order itself."""

from dataclasses import replace
from datetime import UTC, datetime

from handlers.buttons import Press, as_number
from handlers.send import approval, channels, doubles, plan, steps, watch
from handlers.send.colleagues import tell_composer
from handlers.send.looks import as_a_test, as_it_looks, looks_elsewhere, read_in, reader, too_long
from handlers.send.steps import (
    FLOW,
    audience_words,
    button,
    draft,
    excluded_words,
    expected,
)
from handlers.send.when import read_when
from handlers.turn import Labels, Turn
from outreach.campaigns.compose import send_campaign, take_back
from outreach.campaigns.digest import digest_after, next_digest
from outreach.campaigns.estimate import Outlook, next_opening
from outreach.campaigns.model import WEEK_FULL, Campaign
from outreach.campaigns.planning import FIRST_WAVE, change_plan
from outreach.campaigns.rules import TYPED_COUNT_ABOVE
from outreach.clock import local_day
from outreach.contacts.windows import OUTSIDE, WAITS
from outreach.errors import StateError
from outreach.messaging import Button, CampaignId, Replies, Reply

STEP = "check"
WHEN = "when"
COUNT = "count"


async def show(turn: Turn, campaign: Campaign) -> Replies:
    """Two messages: what people will read, and what the order would do."""
    turn.goto(FLOW, STEP, subject_id=campaign.campaign_id, data={})
    outlook = await expected(turn, campaign)
    contact = await reader(turn, campaign, outlook=outlook)
    shown = as_it_looks(turn, campaign, contact=contact)
    elsewhere = looks_elsewhere(turn, campaign, contact=contact)
    look = await _last_look(turn, campaign, outlook, filled_in=read_in(turn, campaign, contact=contact))
    return Replies(messages=(shown, *elsewhere, look))


async def again(turn: Turn, press: Press | None = None) -> Replies:
    return await show(turn, await draft(turn, press))


def _excluded(turn: Turn, campaign: Campaign, outlook: Outlook) -> str:
    return excluded_words(turn, outlook.preview.excluded, digest_at=_digest_after(turn, campaign, outlook))


def _digest_after(turn: Turn, campaign: Campaign, outlook: Outlook) -> datetime | None:
    """When those get it whose week is full: not what has expired by then. Where nobody gets it now nothing is sent either, so that
    waits for its officer.
    """
    at = digest_after(outlook.starts_at, hour=turn.world.pack.sending.digest) if outlook.preview.will_get else None
    return None if at is None or campaign.plan.is_over(at) else at


async def _last_look(turn: Turn, campaign: Campaign, outlook: Outlook, *, filled_in: str) -> Reply:
    hours = turn.world.pack.sending.hours
    lines = channels.in_advance(turn, outlook)
    # Whose window is closed stands in the line of the channel, where there is one.
    excluded = {code: people for code, people in outlook.preview.excluded.items() if not lines or code != OUTSIDE}
    return turn.reply(
        "campaign.check",
        _ways_on(turn, campaign, outlook),
        filled_in=filled_in,
        audience=await audience_words(turn, campaign),
        too_long=too_long(turn, campaign, outlook=outlook),
        fixed=campaign.audience.corrects is not None,
        will_get=outlook.preview.will_get,
        counts=campaign.content.counts,
        first_time=outlook.preview.first_time,
        channels=lines,
        waits=bool(WAITS & outlook.preview.excluded.keys()),
        excluded=excluded_words(turn, excluded, digest_at=_digest_after(turn, campaign, outlook)),
        lasts=channels.lasts(turn, outlook.minutes),
        ends_at=outlook.ends_at,
        another_day=local_day(outlook.ends_at) != local_day(turn.now),
        ahead=outlook.ahead,
        recall_hours=_recall_hours(turn, outlook),
        closed=outlook.opens_at is not None,
        opens=f"{hours.first:%H:%M}",
        closes=f"{hours.last:%H:%M}",
        schedulable=bool(outlook.preview.excluded),
        digest=bool(_to_next_week(turn, campaign, outlook)),
        plan=plan.in_words(turn, campaign),
        cut_off=campaign.plan.expires_at is not None and campaign.plan.expires_at < outlook.ends_at,
    )


def _recall_hours(turn: Turn, outlook: Outlook) -> int:
    """Said where somebody gets it on a channel that lets it be taken back."""
    hours = {door.account_id: door.capabilities.recall_hours for door in turn.world.doors}
    return max((hours.get(one.account_id, 0) for one in outlook.preview.channels if one.will_get), default=0)


def _ways_on(turn: Turn, campaign: Campaign, outlook: Outlook) -> Labels:
    number = campaign.campaign_id
    fixed = campaign.audience.corrects is not None or campaign.audience.rest_of
    before = "confirm" if fixed else "ok"
    last = [button(turn, "keep", "keep", number), button(turn, "back", before, number)]
    test = button(turn, "test", "test", number)
    if too_long(turn, campaign, outlook=outlook):
        return [[button(turn, "edit", "edit", number)], last]
    if not outlook.preview.will_get:
        # A week that is full or a pause is over on another day.
        later = [[button(turn, "schedule", WHEN, number)]] if outlook.preview.excluded else []
        return [[test], *_to_next_week(turn, campaign, outlook), *later, last]
    options = turn.button("plan.options", FLOW, plan.STEP, number)
    many = outlook.preview.will_get > 2 * FIRST_WAVE and not campaign.plan.first_wave
    wave = [[turn.button("plan.first_wave", FLOW, "wave", number, size=FIRST_WAVE)]] if many else []
    if outlook.opens_at:
        choose = button(turn, "choose_time", WHEN, number)
        return [[_morning(turn, campaign, outlook.opens_at)], [choose, test], *wave, [options], last]
    return [[test, button(turn, "send", "go", number)], *wave, [button(turn, "schedule", WHEN, number), options], last]


def _morning(turn: Turn, campaign: Campaign, opens_at: datetime) -> Button:
    today = local_day(opens_at) == local_day(turn.now)
    return button(turn, "in_the_morning", "morning", campaign.campaign_id, at=opens_at, today=today)


async def test(turn: Turn, press: Press) -> Replies:
    """To the officer's own chat, with a mark: no row in the ledger, nothing counted."""
    campaign = await draft(turn, press)
    turn.goto(FLOW, STEP, subject_id=campaign.campaign_id, data={})
    outlook = await expected(turn, campaign)
    shown = as_it_looks(turn, campaign, contact=await reader(turn, campaign, outlook=outlook))
    sent = turn.reply("campaign.test_sent", _ways_on(turn, campaign, outlook))
    return Replies(messages=(*as_a_test(turn, shown), sent))


async def wave_first(turn: Turn, press: Press) -> Replies:
    """A few people of many communes get it before all others; ordered is nothing yet."""
    campaign = await draft(turn, press)
    wanted = replace(campaign.plan, first_wave=FIRST_WAVE)
    return await show(
        turn,
        await change_plan(turn.officer, tx=turn.tx, campaign_id=campaign.campaign_id, at=turn.now, plan=wanted),
    )


async def sample(turn: Turn, _press: Press) -> Replies:
    """A button of the preview or of the test."""
    return Replies(toast=turn.label("campaign.only_sample"))


async def keep(turn: Turn, press: Press) -> Replies:
    """Its words stay among the saved items."""
    await draft(turn, press)
    turn.close()
    return turn.answer("campaign.kept", [[button(turn, "saved_again", "saved", 0), button(turn, "new", "new")]])


# The order


async def go(turn: Turn, press: Press) -> Replies:
    """At once; outside the hours there is no such thing, so the choice is shown again."""
    campaign = await draft(turn, press)
    if next_opening(turn.now, hours=steps.hours(turn)):
        return await show(turn, campaign)
    return await _ask_count_or_order(turn, campaign, not_before=None)


async def morning(turn: Turn, press: Press) -> Replies:
    """The next opening of the hours; pressed again by day it is tomorrow's."""
    campaign = await draft(turn, press)
    hours = turn.world.pack.sending.hours
    opens = next_opening(turn.now, hours=hours)
    if opens is None:
        opens = read_when(f"{hours.first:%H:%M} mai", now=turn.now)
    return await _ask_count_or_order(turn, campaign, not_before=opens)


async def ask_when(turn: Turn, press: Press) -> Replies:
    campaign = await draft(turn, press)
    turn.goto(FLOW, WHEN, subject_id=campaign.campaign_id)
    hours = turn.world.pack.sending.hours
    opens = next_opening(turn.now, hours=hours) or read_when(f"{hours.first:%H:%M} mai", now=turn.now) or turn.now
    buttons = [
        [_morning(turn, campaign, opens)],
        *_to_digest(turn, campaign, await expected(turn, campaign)),
        [button(turn, "back", STEP, campaign.campaign_id)],
    ]
    return turn.answer("campaign.when", buttons, opens=f"{hours.first:%H:%M}", closes=f"{hours.last:%H:%M}")


def _digest_for(turn: Turn, outlook: Outlook) -> datetime | None:
    """The next one; where everybody's week is full, that of the week after."""
    hour, full = turn.world.pack.sending.digest, _week_is_full(outlook)
    return digest_after(outlook.starts_at, hour=hour) if full else next_digest(turn.now, hour=hour)


def _week_is_full(outlook: Outlook) -> bool:
    """Nobody gets it now, and some for that reason."""
    return not outlook.preview.will_get and WEEK_FULL in outlook.preview.excluded


def _to_digest(turn: Turn, campaign: Campaign, outlook: Outlook) -> Labels:
    """What is urgent cannot wait for it, nor what has expired by then; what puts wrong words right waits where the week of all who
    may get it is full.
    """
    at = _digest_for(turn, outlook)
    at_once = campaign.plan.urgent or (campaign.audience.corrects is not None and not _week_is_full(outlook))
    if at is None or at_once or campaign.plan.is_over(at):
        return []
    weekday = steps.weekday_of(turn, at)
    return [[turn.button("digest.to_digest", FLOW, "digest", campaign.campaign_id, at=at, weekday=weekday)]]


def _to_next_week(turn: Turn, campaign: Campaign, outlook: Outlook) -> Labels:
    """Where nobody gets it now: for those whose week is full."""
    return _to_digest(turn, campaign, outlook) if _week_is_full(outlook) else []


async def into_digest(turn: Turn, press: Press) -> Replies:
    """No message of its own, but a line in a weekly digest."""
    campaign = await draft(turn, press)
    at = _digest_for(turn, await expected(turn, campaign))
    return await _ask_count_or_order(turn, campaign, not_before=at, in_digest=at is not None)


async def another_hour(turn: Turn, press: Press) -> Replies:
    """Of what was ordered for later, or missed its hour. Until another one is typed nothing is ordered, and that is said."""
    number = CampaignId(press.number)
    try:
        again = await take_back(turn.officer, tx=turn.tx, campaign_id=number, at=turn.now)
    except StateError:
        return await watch.status(turn, press)
    asked = await ask_when(turn, Press(flow=FLOW, step=WHEN, arg=str(again.campaign_id)))
    told = await tell_composer(turn, again, "unscheduled", [[turn.button("campaigns.list", FLOW, "campaigns")]])
    return Replies(messages=(turn.reply("plan.unscheduled", title=again.content.title), *asked.messages), notices=told)


async def when_typed(turn: Turn) -> Replies:
    campaign = await draft(turn)
    meant = read_when(turn.incoming.text, now=turn.now)
    hours = steps.hours(turn)
    back = [[button(turn, "back", STEP, campaign.campaign_id)]]
    if meant is None:
        turn.misunderstood()
        return turn.answer("campaign.when_unclear", back)
    if meant <= turn.now or meant - turn.now > plan.FURTHEST:
        return turn.answer("campaign.when_past", back, meant=meant)
    if next_opening(meant, hours=hours):
        span = turn.world.pack.sending.hours
        return turn.answer(
            "campaign.when_closed", back, meant=meant, opens=f"{span.first:%H:%M}", closes=f"{span.last:%H:%M}"
        )
    return await _ask_count_or_order(turn, campaign, not_before=meant)


async def anyway(turn: Turn, press: Press) -> Replies:
    """In spite of what was sent lately. The button holds "<campaign>-<the hour in seconds, 0: at once>"."""
    number, _, seconds = press.arg.partition("-")
    campaign = await draft(turn, Press(flow=FLOW, step=press.step, arg=number))
    at = datetime.fromtimestamp(as_number(seconds), UTC) if as_number(seconds) else None
    if (at and at <= turn.now) or (at is None and next_opening(turn.now, hours=steps.hours(turn))):
        return await show(turn, campaign)
    return await _ask_count_or_order(turn, campaign, not_before=at, in_digest=campaign.plan.in_digest, warned=True)


async def _ask_count_or_order(
    turn: Turn, campaign: Campaign, *, not_before: datetime | None, in_digest: bool = False, warned: bool = False
) -> Replies:
    if campaign.plan.in_digest != in_digest:
        wanted = replace(campaign.plan, in_digest=in_digest)
        campaign = await change_plan(
            turn.officer, tx=turn.tx, campaign_id=campaign.campaign_id, at=turn.now, plan=wanted
        )
    outlook = await expected(turn, campaign, not_before=not_before)
    people = outlook.preview.will_get
    if too_long(turn, campaign, outlook=outlook):
        return await show(turn, campaign)
    if not people:
        return _nobody_then(turn, campaign, outlook) if not_before else await show(turn, campaign)
    if not warned and (double := await doubles.find(turn, campaign, outlook=outlook, not_before=not_before)):
        turn.goto(FLOW, STEP, subject_id=campaign.campaign_id, data={})
        return double
    if people <= TYPED_COUNT_ABOVE:
        return await _order(turn, campaign, outlook=outlook, not_before=not_before)
    at = not_before.isoformat() if not_before else ""
    turn.goto(FLOW, COUNT, subject_id=campaign.campaign_id, data={"people": str(people), "at": at})
    return turn.answer(
        "campaign.type_count",
        [[button(turn, "back", STEP, campaign.campaign_id)]],
        people=people,
        at=not_before,
        excluded=_excluded(turn, campaign, outlook) if not_before else "",
    )


def _nobody_then(turn: Turn, campaign: Campaign, outlook: Outlook) -> Replies:
    """Another time may be typed at once."""
    turn.goto(FLOW, WHEN, subject_id=campaign.campaign_id)
    ways = [*_to_next_week(turn, campaign, outlook), [button(turn, "back", STEP, campaign.campaign_id)]]
    return turn.answer(
        "campaign.when_nobody", ways, meant=outlook.starts_at, excluded=_excluded(turn, campaign, outlook)
    )


async def count_typed(turn: Turn) -> Replies:
    """The number as it was shown; dots and blanks in it are no matter."""
    campaign = await draft(turn)
    data = turn.dialogue.data if turn.dialogue else {}
    typed = turn.incoming.text.translate({ord(sign): None for sign in ".,  \u00a0"})
    if typed != data.get("people"):
        people = int(data.get("people", "0"))
        return turn.answer("campaign.wrong_count", [[button(turn, "back", STEP, campaign.campaign_id)]], people=people)
    at = datetime.fromisoformat(data["at"]) if data.get("at") else None
    if at and at <= turn.now:
        turn.goto(FLOW, WHEN, subject_id=campaign.campaign_id, data={})
        return turn.answer("campaign.when_past", [[button(turn, "back", STEP, campaign.campaign_id)]], meant=at)
    outlook = await expected(turn, campaign, not_before=at)
    return await _order(turn, campaign, outlook=outlook, not_before=at)


async def _order(turn: Turn, campaign: Campaign, *, outlook: Outlook, not_before: datetime | None) -> Replies:
    if waits := await approval.asked(turn, campaign, outlook=outlook, not_before=not_before):
        return waits
    ordered = await send_campaign(
        turn.officer, tx=turn.tx, campaign_id=campaign.campaign_id, at=turn.now, not_before=not_before
    )
    turn.goto(FLOW, watch.STEP, subject_id=campaign.campaign_id, data={})
    excluded = _excluded(turn, campaign, outlook) if not_before else ""
    told = await tell_composer(
        turn,
        ordered,
        "scheduled",
        watch.steering(turn, ordered),
        slot=watch.slot(ordered),
        starts_at=ordered.not_before or outlook.starts_at,
        in_digest=ordered.plan.in_digest,
    )
    return Replies(messages=(watch.ordered(turn, ordered, outlook=outlook, excluded=excluded),), notices=told)
