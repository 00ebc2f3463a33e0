"""What went out wrong: one screen that says what each way to undo it does, and the question before taking it back."""

from dataclasses import replace
from datetime import timedelta

from handlers.buttons import Press
from handlers.send.colleagues import composed, tell_composer
from handlers.send.steps import button, subject, undoable, within_reach
from handlers.turn import Turn
from outreach.campaigns.control import campaign_for
from outreach.campaigns.edit import may_edit
from outreach.campaigns.model import Campaign
from outreach.campaigns.recall import order_recall
from outreach.campaigns.report import Report, informs
from outreach.campaigns.rules import may_correct, undo_until
from outreach.errors import StateError
from outreach.messaging import Button, CampaignId, Replies

_HOUR = timedelta(hours=1)


def hours_left(turn: Turn, campaign: Campaign) -> int:
    """Full hours in which an ended campaign can be undone."""
    until = undo_until(campaign, hours=turn.world.recall_hours)
    return (until - turn.now) // _HOUR if until and until > turn.now else 0


def buttons(turn: Turn, report: Report) -> list[list[Button]]:
    """[Đính chính] [Thu hồi: còn 47 giờ], and the way to all three, as far as there are any."""
    campaign, number = report.campaign, report.campaign.campaign_id
    wrong = may_correct(campaign, by_digest=report.by_digest) is None
    correct = [button(turn, "correct", "correct", number)] if wrong else []
    hours = hours_left(turn, campaign) if within_reach(turn.world, report.by_channel) else 0
    if not hours:
        return [correct] if correct else []
    recall = button(turn, "recall", "recall", number, hours=hours)
    return [[*correct, recall], [turn.button("campaigns.mend", "gui", "mend", number)]]


def _number(turn: Turn, press: Press) -> CampaignId:
    return CampaignId(press.number) if press.number else subject(turn) or CampaignId(0)


async def mend(turn: Turn, press: Press) -> Replies:
    """Each way in one line, with how many messages it reaches."""
    campaign = await campaign_for(turn.officer, tx=turn.tx, campaign_id=_number(turn, press))
    number = campaign.campaign_id
    within = await undoable(turn, campaign)
    hours = hours_left(turn, campaign) if within else 0
    edits = hours > 0 and may_edit(campaign, hours=turn.world.recall_hours, at=turn.now) is None
    edit = [[turn.button("campaigns.edit", "gui", "reword", number)]] if edits else []
    recall = [[button(turn, "recall", "recall", number, hours=hours)]] if hours else []
    wrong = may_correct(campaign, by_digest=await turn.tx.digests.told(number)) is None
    correct = [[button(turn, "correct", "correct", number)]] if wrong else []
    return turn.answer(
        "campaigns.ways_to_mend",
        [*edit, *recall, *correct, [button(turn, "see_report", "report", number)]],
        title=campaign.content.title,
        count=within,
        stays=campaign.tally.sent - within,
        hours=hours,
        edits=edits,
        corrects=bool(correct),
    )


async def ask(turn: Turn, press: Press) -> Replies:
    campaign = await campaign_for(turn.officer, tx=turn.tx, campaign_id=_number(turn, press))
    number = campaign.campaign_id
    if campaign.recall_after is not None:
        return _before(turn, campaign)
    count = await undoable(turn, campaign)
    if not count or not hours_left(turn, campaign):
        raise StateError("cannot_recall")
    yes = button(turn, "recall_yes", "recallyes", number, count=count)
    return turn.answer(
        "campaign.really_recall",
        [[yes], [button(turn, "recall_no", "report", number)]],
        count=count,
        stays=campaign.tally.sent - count,
        lines=await turn.tx.digests.told(number),
        counts=await informs(turn.officer, tx=turn.tx, campaign=campaign),
    )


async def order(turn: Turn, press: Press) -> Replies:
    number = _number(turn, press)
    campaign = await campaign_for(turn.officer, tx=turn.tx, campaign_id=number)
    if campaign.recall_after is not None:
        return _before(turn, campaign)
    await order_recall(turn.officer, tx=turn.tx, campaign_id=number, hours=turn.world.recall_hours, at=turn.now)
    own, count = composed(turn, campaign), await undoable(turn, campaign)
    report = [[button(turn, "see_report", "report", number)]]
    done = turn.answer("campaign.recalling", [] if own else report, count=count, own=own)
    return replace(done, notices=await tell_composer(turn, campaign, "recalling", report, count=count))


def _before(turn: Turn, campaign: Campaign) -> Replies:
    """It was ordered already."""
    return turn.answer(
        "campaigns.recalled_before",
        [[button(turn, "see_report", "report", campaign.campaign_id)]],
        count=campaign.recalled,
        ended=campaign.recall_ended_at is not None,
        own=composed(turn, campaign),
    )
