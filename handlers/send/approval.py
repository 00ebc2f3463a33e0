"""A large campaign waits for a second officer: what its officer sees meanwhile, and what the other one decides."""

from dataclasses import replace
from datetime import datetime, timedelta

from handlers.buttons import Press, payload
from handlers.send import judging, watch
from handlers.send.colleagues import named, tell, who
from handlers.send.steps import FLOW, digest_words, excluded_words, expected, hours, subject
from handlers.turn import Labels, Turn, World, rows
from outreach.campaigns.approval import (
    PATIENCE,
    SHORTEST_REASON,
    ApprovalNews,
    Told,
    approval_for,
    approval_of,
    approve,
    ask_approval,
    may_decide,
    may_send_alone,
    needs_approval,
    refuse_approval,
    send_alone,
    waiting_approvals,
    withdraw_approval,
)
from outreach.campaigns.control import campaign_for
from outreach.campaigns.digest import digest_still
from outreach.campaigns.estimate import Outlook
from outreach.campaigns.model import Campaign, CampaignState
from outreach.campaigns.ports.approvals import Approval, ApprovalId, Verdict
from outreach.campaigns.rules import GRACE
from outreach.errors import NotFoundError
from outreach.messaging import Button, CampaignId, Notice, Replies, Reply

ALONE, JUDGE, REASON = "alone", "judge", "sendback"


def _button(turn: Turn, key: str, step: str, arg: int) -> Button:
    return turn.button(f"approval.{key}", FLOW, step, arg)


def _begins(turn: Turn, approval: Approval, campaign: Campaign) -> datetime | None:
    """When it would go if it were approved now; None: at once."""
    if not campaign.plan.in_digest:
        return approval.starts_at
    return digest_still(approval.starts_at, at=turn.now, hour=turn.world.pack.sending.digest)


# Whoever ordered


async def asked(turn: Turn, campaign: Campaign, *, outlook: Outlook, not_before: datetime | None) -> Replies | None:
    """In place of the order: a second officer is asked. None where none is needed."""
    number, people = campaign.campaign_id, outlook.preview.will_get
    above = turn.world.pack.sending.approval_above
    if not await needs_approval(turn.officer, tx=turn.tx, campaign_id=number, people=people, above=above):
        return None
    before = await approval_of(turn.officer, tx=turn.tx, campaign_id=number)
    made = await ask_approval(
        turn.officer, tx=turn.tx, campaign_id=number, people=people, starts_at=not_before, at=turn.now
    )
    turn.close()  # there is nothing to answer until the other one has
    notices: tuple[Notice, ...] = ()
    if before is None or before.approval_id != made.approval_id:
        notices = await tell(turn, made.asked_of, await _question(turn, campaign, made))
        if before and before.verdict == Verdict.OPEN and before.asked_of != made.asked_of:
            told = turn.reply("approval.clock.changed", title=_title(campaign), expired_at=None)
            notices += await tell(turn, before.asked_of, told)
    return Replies(messages=(await _waiting(turn, made, campaign),), notices=notices)


async def _question(turn: Turn, campaign: Campaign, approval: Approval) -> Reply:
    return turn.reply(
        "approval.judge.notice",
        [[_button(turn, "judge.open", "judge", approval.approval_id)]],
        title=_title(campaign),
        who=await named(turn, approval.asked_by, to=approval.asked_of),
        people=approval.people,
        starts_at=approval.starts_at,
        in_digest=campaign.plan.in_digest,
    )


def _title(campaign: Campaign) -> str:
    return campaign.content.title


async def _waiting(turn: Turn, approval: Approval, campaign: Campaign) -> Reply:
    number = approval.approval_id
    alone = [[_button(turn, "asked.alone", "alone", number)]] if may_send_alone(turn.officer) else []
    look, back = _button(turn, "asked.look", "judge", number), _button(turn, "asked.withdraw", "withdraw", number)
    return turn.reply(
        "approval.asked.waiting",
        [[look, back], *alone],
        title=_title(campaign),
        people=approval.people,
        who=await named(turn, approval.asked_of),
        asked_at=approval.asked_at,
        starts_at=approval.starts_at,
        digest=digest_words(turn, campaign, at=_begins(turn, approval, campaign)) if campaign.plan.in_digest else "",
        hours=PATIENCE // timedelta(hours=1),
    )


async def status(turn: Turn, press: Press | None = None) -> Replies:
    """Where the question stands; `press` names the campaign."""
    number = CampaignId(press.number) if press and press.number else subject(turn) or CampaignId(0)
    campaign = await campaign_for(turn.officer, tx=turn.tx, campaign_id=number)
    approval = await approval_of(turn.officer, tx=turn.tx, campaign_id=number)
    if approval is None:
        raise NotFoundError
    if approval.verdict != Verdict.OPEN:
        return await _over(turn, approval, campaign)
    turn.leave(FLOW)
    return Replies(messages=(await _waiting(turn, approval, campaign),))


async def going_on(turn: Turn) -> Labels:
    """At the beginning of sending: the way to what waits for her word, and to what of hers waits for another's."""
    own, others = await waiting_approvals(turn.officer, tx=turn.tx)
    judge = [
        turn.button("approval.asked.to_judge", FLOW, "judge", one.approval_id, count=len(others)) for one in others[:1]
    ]
    return [judge, [_button(turn, "asked.own_waiting", "asked", one.campaign_id) for one in own[:1]]]


def _mend(turn: Turn, campaign: Campaign) -> Labels:
    number = campaign.campaign_id
    return [[_button(turn, "asked.edit", "edit", number)], [_button(turn, "asked.check", "check", number)]]


async def withdraw(turn: Turn, press: Press) -> Replies:
    before, campaign = await approval_for(turn.officer, tx=turn.tx, approval_id=ApprovalId(press.number))
    if before.verdict != Verdict.OPEN:
        return await _over(turn, before, campaign)
    await withdraw_approval(turn.officer, tx=turn.tx, approval_id=before.approval_id, at=turn.now)
    turn.goto(FLOW, "check", subject_id=campaign.campaign_id, data={})
    told = turn.reply("approval.clock.withdrawn", title=_title(campaign))
    return Replies(
        messages=(turn.reply("approval.asked.withdrawn", _mend(turn, campaign), title=_title(campaign)),),
        notices=await tell(turn, before.asked_of, told),
    )


async def ask_alone(turn: Turn, press: Press) -> Replies:
    before, campaign = await approval_for(turn.officer, tx=turn.tx, approval_id=ApprovalId(press.number))
    if before.verdict != Verdict.OPEN or not may_send_alone(turn.officer):
        return await status(turn, Press(flow=FLOW, step="asked", arg=str(campaign.campaign_id)))
    turn.goto(FLOW, ALONE, subject_id=campaign.campaign_id, data={"approval": str(before.approval_id)})
    back = [[_button(turn, "judge.back", "asked", campaign.campaign_id)]]
    return turn.answer("approval.asked.alone_why", back, shortest=SHORTEST_REASON)


async def alone_typed(turn: Turn) -> Replies:
    before, campaign = await approval_for(turn.officer, tx=turn.tx, approval_id=_about(turn, None))
    if before.verdict != Verdict.OPEN:
        return await _over(turn, before, campaign)
    outlook = await expected(turn, campaign, not_before=_begins(turn, before, campaign))
    settled = await send_alone(
        turn.officer,
        tx=turn.tx,
        approval_id=before.approval_id,
        reason=turn.incoming.text,
        hours=hours(turn),
        digest=turn.world.pack.sending.digest,
        at=turn.now,
    )
    if settled.decided_by != turn.officer.officer_id:
        return await _over(turn, settled, campaign)
    if settled.verdict != Verdict.ALONE:
        return await _fell(turn, settled, campaign, outlook=outlook)
    turn.goto(FLOW, watch.STEP, subject_id=campaign.campaign_id, data={})
    by = await named(turn, settled.decided_by, to=before.asked_of)
    told = turn.reply("approval.clock.alone", title=_title(campaign), who=by, reason=settled.reason)
    return Replies(
        messages=(await _ordered(turn, campaign, outlook=outlook, before=turn.say("approval.asked.sent_alone")),),
        notices=await tell(turn, before.asked_of, told),
    )


async def _ordered(turn: Turn, campaign: Campaign, *, outlook: Outlook, before: str) -> Reply:
    """What an order is answered with; becomes the progress of whoever gets it."""
    ordered = await campaign_for(turn.officer, tx=turn.tx, campaign_id=campaign.campaign_id)
    shown = watch.ordered(turn, ordered, outlook=outlook, excluded=excluded_words(turn, outlook.preview.excluded))
    return replace(shown, text=f"{before}\n\n{shown.text}")


# The other officer


def _about(turn: Turn, press: Press | None) -> ApprovalId:
    kept = turn.dialogue.data.get("approval", "0") if turn.dialogue else "0"
    return ApprovalId(press.number if press and press.number else int(kept))


async def judge(turn: Turn, press: Press | None = None) -> Replies:
    """The one screen; whoever asked sees it too, with the way to take it back. What goes along is sent once, not with every question."""
    found, campaign = await approval_for(turn.officer, tx=turn.tx, approval_id=_about(turn, press))
    if found.verdict != Verdict.OPEN or campaign.state != CampaignState.DRAFT:
        return await _over(turn, found, campaign)
    outlook = await expected(turn, campaign, not_before=_begins(turn, found, campaign))
    number = found.approval_id
    asked_again = press is None or (
        turn.dialogue is not None and turn.dialogue.step == REASON and _about(turn, None) == number
    )
    if await may_decide(turn.officer, tx=turn.tx, approval=found):
        turn.goto(FLOW, JUDGE, subject_id=campaign.campaign_id, data={"approval": str(number)})
        choices = [
            _button(turn, "judge.approve", "approve", number),
            _button(turn, "judge.send_back", "sendback", number),
        ]
    else:
        turn.leave(FLOW)
        choices = [_button(turn, "asked.withdraw", "withdraw", number)]
    by = await named(turn, found.asked_by)
    text = await judging.screen(turn, found, campaign, outlook=outlook, who=by)
    along = () if asked_again else judging.alongside(turn, campaign)
    return Replies(messages=(*along, Reply(text=text, buttons=rows([choices]))))


async def approved(turn: Turn, press: Press) -> Replies:
    before, campaign = await approval_for(turn.officer, tx=turn.tx, approval_id=ApprovalId(press.number))
    if before.verdict != Verdict.OPEN:
        return await _over(turn, before, campaign)
    outlook = await expected(turn, campaign, not_before=_begins(turn, before, campaign))
    settled = await approve(
        turn.officer,
        tx=turn.tx,
        approval_id=before.approval_id,
        hours=hours(turn),
        digest=turn.world.pack.sending.digest,
        at=turn.now,
    )
    if settled.decided_by != turn.officer.officer_id:
        return await _over(turn, settled, campaign)
    if settled.verdict != Verdict.APPROVED:
        return await _fell(turn, settled, campaign, outlook=outlook)
    turn.close()
    by = await named(turn, settled.decided_by, to=settled.asked_by)
    yes = turn.say("approval.asked.approved", who=by, title=_title(campaign))
    ordered = await campaign_for(turn.officer, tx=turn.tx, campaign_id=campaign.campaign_id)
    done = turn.answer(
        "approval.judge.approved",
        [[_button(turn, "judge.progress", "status", campaign.campaign_id)]],
        title=_title(campaign),
        starts_at=ordered.not_before or turn.now,
        digest=digest_words(turn, ordered) if ordered.plan.in_digest else "",
    )
    told = await _ordered(turn, campaign, outlook=outlook, before=yes)
    return replace(done, notices=await tell(turn, settled.asked_by, told))


async def ask_reason(turn: Turn, press: Press) -> Replies:
    found, campaign = await approval_for(turn.officer, tx=turn.tx, approval_id=ApprovalId(press.number))
    if found.verdict != Verdict.OPEN or not await may_decide(turn.officer, tx=turn.tx, approval=found):
        return await judge(turn, press)
    turn.goto(FLOW, REASON, subject_id=campaign.campaign_id, data={"approval": str(found.approval_id)})
    buttons = [
        [_button(turn, "judge.no_reason", "refuse", found.approval_id)],
        [_button(turn, "judge.back", "judge", found.approval_id)],
    ]
    return turn.answer("approval.judge.why", buttons, title=_title(campaign))


async def refused(turn: Turn, press: Press) -> Replies:
    return await _refuse(turn, ApprovalId(press.number), reason="")


async def reason_typed(turn: Turn) -> Replies:
    return await _refuse(turn, _about(turn, None), reason=turn.incoming.text)


async def _refuse(turn: Turn, number: ApprovalId, *, reason: str) -> Replies:
    before, campaign = await approval_for(turn.officer, tx=turn.tx, approval_id=number)
    settled = await refuse_approval(turn.officer, tx=turn.tx, approval_id=number, reason=reason, at=turn.now)
    if before.verdict != Verdict.OPEN or settled.decided_by != turn.officer.officer_id:
        return await _over(turn, settled, campaign)
    turn.close()
    told = turn.reply(
        "approval.asked.refused",
        _mend(turn, campaign),
        title=_title(campaign),
        who=await named(turn, settled.decided_by, to=settled.asked_by),
        reason=settled.reason,
    )
    done = turn.answer("approval.judge.refused", title=_title(campaign))
    return replace(done, notices=await tell(turn, settled.asked_by, told))


def _expired_at(campaign: Campaign, *, starts_at: datetime) -> datetime | None:
    """Of what cannot go any more, because it would begin too late."""
    expires_at = campaign.plan.expires_at
    late = campaign.state == CampaignState.DRAFT and expires_at is not None and expires_at <= starts_at
    return expires_at if late else None


async def _fell(turn: Turn, settled: Approval, campaign: Campaign, *, outlook: Outlook) -> Replies:
    """It could not be ordered: both hear it, and whoever asked has the ways on."""
    told = turn.reply(
        "approval.clock.changed",
        [[_button(turn, "asked.look", "asked", campaign.campaign_id)]],
        title=_title(campaign),
        expired_at=_expired_at(campaign, starts_at=outlook.starts_at),
    )
    both = (*await tell(turn, settled.asked_by, told), *await tell(turn, settled.asked_of, told))
    return replace(await _over(turn, settled, campaign), notices=both)


async def _over(turn: Turn, approval: Approval, campaign: Campaign) -> Replies:
    """What was decided before, and by whom; the ways on from there."""
    turn.leave(FLOW)
    ordered = campaign.state != CampaignState.DRAFT
    verdict = Verdict.DROPPED if approval.verdict == Verdict.OPEN else approval.verdict
    own = approval.asked_by == turn.officer.officer_id
    progress = [[_button(turn, "judge.progress", "status", campaign.campaign_id)]] if ordered else []
    return turn.answer(
        f"approval.over.{verdict}",
        progress or (_mend(turn, campaign) if own else []),
        title=_title(campaign),
        who=await named(turn, approval.decided_by),
        at=approval.decided_at or turn.now,
        reason=approval.reason,
    )


# The clock


def clock_notice(world: World, news: ApprovalNews) -> Notice:
    """Rendered outside any turn, in Vietnamese, the language of the office."""
    number, campaign = news.approval.approval_id, news.approval.campaign_id
    judge_it = ("judge.open", "judge", int(number))
    asker = news.to.officer_id == news.approval.asked_by
    key, step, arg = {
        Told.ASKED: judge_it,
        Told.REMINDED: judge_it,
        Told.PASSED_ON: ("asked.own_waiting", "asked", int(campaign)),
        Told.NOBODY_LEFT: ("asked.look", "asked", int(campaign)) if asker else judge_it,
        Told.CHANGED: ("asked.look", "asked", int(campaign)),
    }[news.told]
    text = world.catalog.say(
        f"approval.clock.{news.told}",
        title=news.campaign.content.title,
        people=news.approval.people,
        asked_at=news.approval.asked_at,
        who=who(world, news.asked_of, reader=news.to, language="vi") if news.asked_of else "",
        expired_at=_expired_at(news.campaign, starts_at=(news.approval.decided_at or news.approval.asked_at) + GRACE),
    )
    open_it = Button(label=world.catalog.label(f"approval.{key}"), payload=payload(FLOW, step, arg))
    return Notice(contact_id=news.to.contact_id, reply=Reply(text=text, buttons=rows([[open_it]])))
