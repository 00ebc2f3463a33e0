"""After the order: the minute to change one's mind, then one message that edits itself, with pause and cancel."""

from collections.abc import Sequence
from dataclasses import replace

from handlers.buttons import Press
from handlers.send import channels, pace
from handlers.send.colleagues import composed, tell_composer
from handlers.send.recall import hours_left
from handlers.send.steps import FLOW, button, digest_words, subject, undoable
from handlers.turn import Labels, Turn
from outreach.campaigns.compose import take_back
from outreach.campaigns.control import (
    campaign_for,
    cancel_campaign,
    open_wave,
    pause_campaign,
    resume_campaign,
)
from outreach.campaigns.estimate import Outlook, next_opening
from outreach.campaigns.model import ENDED, Campaign, CampaignKind, CampaignState
from outreach.campaigns.rules import GRACE
from outreach.clock import local_day
from outreach.errors import StateError
from outreach.messaging import Button, CampaignId, Replies, Reply

STEP = "watch"


def slot(campaign: Campaign) -> str:
    """Under which the progress message is remembered."""
    return f"campaign:{campaign.campaign_id}"


def ordered(turn: Turn, campaign: Campaign, *, outlook: Outlook, excluded: str) -> Reply:
    """What an order is answered with; this message becomes the progress."""
    starts_at, ends_at = campaign.not_before or outlook.starts_at, outlook.ends_at
    later = starts_at - turn.now > GRACE
    reply = turn.reply(
        "digest.ordered" if campaign.plan.in_digest else "campaign.scheduled" if later else "campaign.ordered",
        steering(turn, campaign),
        people=outlook.preview.will_get,
        excluded=excluded,
        starts_at=starts_at,
        ends_at=ends_at,
        another_day=local_day(ends_at) != local_day(starts_at),
        seconds=round(GRACE.total_seconds()),
    )
    return replace(reply, slot=slot(campaign))


async def _in_conversation(turn: Turn, campaign: Campaign) -> int:
    """How many it waits for because they are in the middle of something; 0 while there are others to send to."""
    tally = campaign.tally
    if campaign.state != CampaignState.RUNNING or tally.in_flight or not tally.pending:
        return 0
    busy = await turn.tx.watching.in_conversation(campaign.campaign_id)
    return busy if busy == tally.pending else 0


async def progress(turn: Turn, campaign: Campaign) -> Reply:
    """How far it is, and how long it will take as far as that was measured."""
    busy, halted = await _in_conversation(turn, campaign), await channels.halted(turn, campaign)
    tally = campaign.tally
    hours = turn.world.pack.sending.hours if turn.world.send_hours_apply else None
    wave = await turn.tx.waves.tally(campaign.campaign_id) if campaign.wave else None
    closed = campaign.state == CampaignState.RUNNING and next_opening(turn.now, hours=hours) is not None
    # It changes by itself on her phone alone who has composed it.
    again = [] if composed(turn, campaign) else [[button(turn, "look", "status", campaign.campaign_id)]]
    reply = turn.reply(
        "campaign.closed" if closed else _key(campaign),
        [*steering(turn, campaign, halted=halted), *again],
        halted=halted,
        done=tally.done,
        total=tally.meant,
        left=tally.left,
        busy=busy,
        pace="" if busy or campaign.state != CampaignState.RUNNING else await pace.words(turn, campaign),
        opens=f"{turn.world.pack.sending.hours.first:%H:%M}",
        starts_at=campaign.not_before or turn.now,
        title=campaign.content.title,
        digest=digest_words(turn, campaign) if campaign.plan.in_digest else "",
        tried=wave.attempts if wave else 0,
        wave=wave.attempts + wave.left if wave else 0,
        opens_at=campaign.wave.opens_at if campaign.wave else None,
    )
    return replace(reply, slot=slot(campaign))


def _key(campaign: Campaign) -> str:
    if campaign.plan.in_digest and campaign.state != CampaignState.PAUSED:
        return "digest.waiting"
    if campaign.state == CampaignState.RUNNING:
        return "plan.wave_progress" if campaign.wave else "campaign.progress"
    begun = campaign.state == CampaignState.PAUSED and campaign.started_at
    return "campaign.paused" if begun else "plan.held" if campaign.state == CampaignState.PAUSED else "campaign.waiting"


def steering(turn: Turn, campaign: Campaign, *, halted: Sequence[channels.Line] = ()) -> Labels:
    """What can be done with it as it stands; `halted` are the channels that stand still."""
    number = campaign.campaign_id
    cancel = button(turn, "cancel_rest", "cancel", number)
    match campaign.state:
        case CampaignState.SCHEDULED:
            return [[_another_hour(turn, campaign), button(turn, "call_off", "stop", number)]]
        case CampaignState.PREPARING:
            stop = button(turn, "stop_now" if _in_grace(turn, campaign) else "call_off", "stop", number)
            return [[cancel if campaign.kind == CampaignKind.DIGEST else stop]]  # nobody has written it
        case CampaignState.RUNNING:
            lanes = [[button(turn, "resume_lane", "resume", number, name=line["name"])] for line in halted[:1]]
            waits = campaign.wave and campaign.wave.opens_at
            rest = [[turn.button("plan.open_now", FLOW, "openwave", number)]] if waits else []
            return [*lanes, *rest, [button(turn, "pause", "pause", number), cancel]]
        case CampaignState.PAUSED if campaign.started_at is None:
            to_come = campaign.not_before is not None and campaign.not_before > turn.now
            go_on = "campaign.resume" if to_come else "plan.send_now"
            drop = turn.button("plan.drop", FLOW, "stop", number)
            return [[turn.button(go_on, FLOW, "resume", number)], [_another_hour(turn, campaign), drop]]
        case CampaignState.PAUSED:
            return [[button(turn, "resume", "resume", number), cancel]]
    return []


def _in_grace(turn: Turn, campaign: Campaign) -> bool:
    """Ordered, and begins within the minute."""
    soon = campaign.not_before is None or campaign.not_before - turn.now <= GRACE
    return campaign.state == CampaignState.PREPARING and soon


def _another_hour(turn: Turn, campaign: Campaign) -> Button:
    return turn.button("plan.another_hour", FLOW, "later", campaign.campaign_id)


async def _theirs(turn: Turn, press: Press | None) -> Campaign:
    number = CampaignId(press.number) if press and press.number else subject(turn) or CampaignId(0)
    return await campaign_for(turn.officer, tx=turn.tx, campaign_id=number)


def watches(turn: Turn, campaign: Campaign) -> bool:
    """Whether the open conversation is about how far this campaign is."""
    return turn.dialogue is not None and turn.dialogue.step == STEP and subject(turn) == campaign.campaign_id


def _over(turn: Turn, campaign: Campaign) -> Replies:
    """How it ended, and who has it; what never began has no report."""
    if watches(turn, campaign):
        turn.close()
    tally = campaign.tally
    began = campaign.started_at is not None
    way_on = _way_on(turn, campaign)
    cancelled = campaign.state == CampaignState.CANCELLED
    if campaign.plan.in_digest and not cancelled:
        title = campaign.content.title
        return turn.answer("digest.settled", [[way_on]], digest=digest_words(turn, campaign), title=title)
    return turn.answer(
        "campaign.over_cancelled" if cancelled and began else "campaign.over_stopped" if cancelled else "campaign.over",
        [[way_on]],
        sent=tally.sent,
        unclear=tally.in_flight + tally.unknown + tally.sent_assumed,
        ended_at=campaign.finished_at or turn.now,
        title=campaign.content.title,
    )


def _way_on(turn: Turn, campaign: Campaign) -> Button:
    if campaign.started_at is None:
        return turn.button("campaigns.list", FLOW, "campaigns")
    return button(turn, "see_report", "report", campaign.campaign_id)


async def over(turn: Turn, ordered: CampaignId) -> Replies | None:
    """The same for a step that came too late; None while it goes on."""
    campaign = await campaign_for(turn.officer, tx=turn.tx, campaign_id=ordered)
    return _over(turn, campaign) if campaign.state in ENDED else None


async def status(turn: Turn, press: Press | None = None) -> Replies:
    """Where it stands, as a new message that takes over from the old one."""
    campaign = await _theirs(turn, press)
    if campaign.state in ENDED:
        return _over(turn, campaign)
    turn.goto(FLOW, STEP, subject_id=campaign.campaign_id, data={})
    return Replies(messages=(await progress(turn, campaign),))


async def _shown(turn: Turn, campaign: Campaign, toast: str) -> Replies:
    """The progress message changes in place."""
    ref = await turn.tx.outbox.slot(turn.officer.contact_id, slot=slot(campaign))
    turn.goto(FLOW, STEP, subject_id=campaign.campaign_id, data={})
    shown = await progress(turn, campaign)
    return Replies(messages=(replace(shown, edits=ref or ""),), toast=turn.label(f"campaign.{toast}"))


async def pause(turn: Turn, press: Press) -> Replies:
    campaign = await _theirs(turn, press)
    if campaign.state != CampaignState.RUNNING:
        return await status(turn, press)
    await pause_campaign(turn.officer, tx=turn.tx, campaign_id=campaign.campaign_id, at=turn.now)
    paused = replace(campaign, state=CampaignState.PAUSED)
    told = await tell_composer(turn, campaign, "paused", steering(turn, paused))
    return replace(await _shown(turn, paused, "toast_paused"), notices=told)


async def halt(turn: Turn) -> Replies:
    """A word of stopping ("dừng", "hủy"): what runs pauses at once, for messages leave while one asks; said again it asks whether to cancel.

    In the minute of grace it is a draft again, as by the button.
    """
    campaign = await _theirs(turn, None)
    named = Press(flow=FLOW, step=STEP, arg=str(campaign.campaign_id))
    if campaign.state == CampaignState.PAUSED and campaign.started_at:
        return await ask_cancel(turn, named)
    return await (stop if _in_grace(turn, campaign) else pause)(turn, named)


async def leave(turn: Turn) -> Replies:
    """A word of leaving ("thoát", "thôi"): the campaign is left as it is, and that is said, with the way to stop it all the same."""
    campaign = await _theirs(turn, None)
    if campaign.state in ENDED:
        return _over(turn, campaign)
    turn.close()
    look = button(turn, "look", "status", campaign.campaign_id)
    paused = campaign.state == CampaignState.PAUSED
    return turn.answer(
        "campaign.left_alone", [*steering(turn, campaign), [look]], title=campaign.content.title, paused=paused
    )


async def resume(turn: Turn, press: Press) -> Replies:
    campaign = await _theirs(turn, press)
    lane = campaign.state == CampaignState.RUNNING and await turn.tx.lanes.halted(campaign.campaign_id)
    if campaign.state != CampaignState.PAUSED and not lane:
        return await status(turn, press)
    await resume_campaign(turn.officer, tx=turn.tx, campaign_id=campaign.campaign_id, at=turn.now)
    again = await _theirs(turn, press)
    told = await tell_composer(turn, again, "resumed", steering(turn, again))
    return replace(await _shown(turn, again, "toast_resumed" if again.started_at else "toast_waiting"), notices=told)


async def open_now(turn: Turn, press: Press) -> Replies:
    """The officer has seen how the first wave went, or need not."""
    campaign = await _theirs(turn, press)
    if campaign.state != CampaignState.RUNNING or campaign.wave is None:
        return await status(turn, press)
    await open_wave(turn.officer, tx=turn.tx, campaign_id=campaign.campaign_id, at=turn.now)
    opened = replace(campaign, wave=None)
    told = await tell_composer(turn, campaign, "opened", steering(turn, opened))
    return replace(await _shown(turn, opened, "toast_resumed"), notices=told)


async def ask_cancel(turn: Turn, press: Press) -> Replies:
    """What is sent cannot be unsent by this, so it is asked once."""
    campaign = await _theirs(turn, press)
    if campaign.state in ENDED:
        return await status(turn, press)
    number, tally = campaign.campaign_id, campaign.tally
    turn.goto(FLOW, STEP, subject_id=number, data={})
    buttons = [[button(turn, "cancel_yes", "cancelyes", number), button(turn, "cancel_no", "status", number)]]
    some = await undoable(turn, campaign)
    recall_hours = hours_left(turn, replace(campaign, state=CampaignState.CANCELLED)) if some else 0
    return turn.answer(
        "campaign.really_cancel", buttons, left=tally.pending, sent=tally.sent, recall_hours=recall_hours
    )


async def cancel(turn: Turn, press: Press) -> Replies:
    """The report follows by itself, to who composed it."""
    campaign = await _theirs(turn, press)
    if campaign.state in ENDED:
        return await status(turn, press)
    await cancel_campaign(turn.officer, tx=turn.tx, campaign_id=campaign.campaign_id, at=turn.now)
    own, left = composed(turn, campaign), campaign.tally.pending
    done = turn.answer("campaign.cancelled", [] if own else [[_way_on(turn, campaign)]], left=left, own=own)
    return replace(done, notices=await tell_composer(turn, campaign, "cancelled", left=left))


async def stop(turn: Turn, press: Press) -> Replies:
    """Within the minute, or before the hour: nobody has got it, and the draft is there again. Later: how far it is, with pause and cancel."""
    campaign = await _theirs(turn, press)
    try:
        draft = await take_back(turn.officer, tx=turn.tx, campaign_id=campaign.campaign_id, at=turn.now)
    except StateError:
        return await status(turn, press)
    ref = await turn.tx.outbox.slot(turn.officer.contact_id, slot=slot(campaign))
    turn.goto(FLOW, "check", subject_id=draft.campaign_id, data={})
    ways = [
        [button(turn, "check_again", "check", draft.campaign_id)],
        [button(turn, "edit", "edit", draft.campaign_id)],
    ]
    reply = turn.reply("campaign.stopped", ways, title=campaign.content.title)
    return Replies(
        messages=(replace(reply, edits=ref or ""),), notices=await tell_composer(turn, draft, "stopped", ways)
    )
