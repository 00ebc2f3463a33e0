"""Which button and which step of sending lead where."""

from collections.abc import Awaitable, Callable

from handlers.buttons import Press
from handlers.fallback import may_mean_stop
from handlers.leaving import ask_halt
from handlers.matching import choices_of, chosen
from handlers.send import (
    approval,
    audience,
    audience_choices,
    audience_menu,
    check,
    content,
    edit,
    extras,
    links,
    media,
    people,
    plan,
    question,
    recall,
    report,
    start,
    watch,
)
from handlers.send import list as campaigns
from handlers.send.steps import FLOW, button, short, subject, told_above
from handlers.turn import Command, Flow, Turn
from handlers.units import STEP as UNIT
from handlers.words import said
from outreach.campaigns.control import campaign_for
from outreach.campaigns.model import ENDED
from outreach.errors import StateError
from outreach.messaging import CampaignId, Replies

Pressed = Callable[[Turn, Press], Awaitable[Replies]]
Asked = Callable[[Turn], Awaitable[Replies]]

_TITLE = 60

_BUTTONS: dict[str, Pressed] = {
    "start": start.begin,
    "saved": start.saved,
    "item": start.choose,
    "new": start.new,
    "edit": start.edit,
    "correct": start.correct,
    "rest": start.rest,
    "uncorrect": report.instead,
    "confirm": content.again,
    "counts": content.set_counts,
    "topic": content.topics,
    "settopic": content.set_topic,
    "ok": content.go_on,
    extras.STEP: extras.show,
    "copy": extras.choose_copy,
    media.STEP: media.ask,
    "nomedia": media.drop,
    links.STEP: links.ask,
    "nolinks": links.drop,
    question.STEP: question.ask,
    "noquestion": question.drop,
    "all": audience.everybody,
    "fresh": audience.not_reached,
    "units": audience.choose_units,
    UNIT: audience.unit_pressed,
    "area": audience.whole_area,
    "clear": audience.clear,
    "enough": audience.enough,
    audience_menu.STEP: audience_menu.show,
    audience_menu.PLACES: audience_menu.places,
    "whereto": audience.units_of_rule,
    "anywhere": audience_menu.anywhere,
    "onlyfresh": audience_menu.only_fresh,
    "dropall": audience_menu.drop_all,
    **audience_choices.CONDITIONS,
    "check": check.again,
    "sample": check.sample,
    "test": check.test,
    "keep": check.keep,
    "go": check.go,
    "anyway": check.anyway,
    "morning": check.morning,
    "when": check.ask_when,
    "asked": approval.status,
    "withdraw": approval.withdraw,
    "alone": approval.ask_alone,
    "judge": approval.judge,
    "approve": approval.approved,
    "sendback": approval.ask_reason,
    "refuse": approval.refused,
    "digest": check.into_digest,
    "later": check.another_hour,
    "stop": watch.stop,
    plan.STEP: plan.show,
    "setplan": plan.choose,
    plan.EXPIRY: plan.ask_expiry,
    "wave": check.wave_first,
    "openwave": watch.open_now,
    "status": watch.status,
    "pause": watch.pause,
    "resume": watch.resume,
    "cancel": watch.ask_cancel,
    "cancelyes": watch.cancel,
    "report": report.show,
    "byunit": report.by_unit,
    "xlsx": report.excel,
    "again": report.again,
    "repeat": report.repeat,
    "leave": report.leave,
    "fates": people.which,
    "people": people.page,
    "file": people.file,
    campaigns.STEP: campaigns.show,
    "everything": campaigns.everything,
    "open": campaigns.open_one,
    "recall": recall.ask,
    "mend": recall.mend,
    "recallyes": recall.order,
    edit.STEP: edit.begin,
    "rewordyes": edit.order,
}

# Asks the question of a step again.
_STEPS: dict[str, Asked] = {
    "start": start.begin,
    "new": start.new,
    "reading": start.reading,
    start.EDITING: content.again,
    start.CORRECTING: start.correct,
    content.STEP: content.again,
    "topic": content.again,
    extras.STEP: extras.show,
    media.STEP: media.ask,
    links.STEP: links.ask,
    question.STEP: question.ask,
    audience.STEP: audience.show,
    audience.UNITS: audience.show,
    audience_menu.STEP: audience_menu.show,
    audience_menu.PLACES: audience_menu.places,
    **audience_choices.CONDITIONS,
    check.STEP: check.again,
    check.WHEN: check.again,
    check.COUNT: check.again,
    approval.ALONE: approval.status,
    approval.JUDGE: approval.judge,
    approval.REASON: approval.judge,
    plan.STEP: plan.show,
    plan.EXPIRY: plan.ask_expiry,
    edit.STEP: edit.begin,
    edit.WHY: edit.begin,
    campaigns.STEP: campaigns.show,
    watch.STEP: watch.status,
}

# Steps at which words or files are the answer; at all others the buttons are.
_TAKES: dict[str, Asked] = {
    "start": start.take,
    "new": start.take,
    "reading": start.reading,
    start.EDITING: start.take,
    start.CORRECTING: start.take,
    edit.STEP: edit.take,
    edit.WHY: edit.reason_typed,
    campaigns.STEP: campaigns.search,
    media.STEP: media.take,
    links.STEP: links.take,
    question.STEP: question.take,
    audience.UNITS: audience.unit_typed,
    audience_choices.AGES: audience_choices.ages_typed,
    audience_choices.SOURCES: audience_choices.source_typed,
    check.WHEN: check.when_typed,
    check.COUNT: check.count_typed,
    approval.ALONE: approval.alone_typed,
    approval.REASON: approval.reason_typed,
    plan.EXPIRY: plan.expiry_typed,
}


# Where "quay lại" leads at steps that have no button called so.
_BACK: dict[str, Asked] = {
    campaigns.STEP: campaigns.back,
    audience_menu.PLACES: audience_menu.show,
    **dict.fromkeys(audience_choices.CONDITIONS, audience_menu.show),
}

# Buttons that name a campaign which was sent.
_OF_A_CAMPAIGN = {"again", "repeat", "leave", "recall", "mend", "recallyes", "correct", "rest", edit.STEP, "rewordyes"}

# Steps that are about no draft of her own.
_NO_DRAFT = {campaigns.STEP, watch.STEP, approval.JUDGE}


async def _answer(turn: Turn) -> Replies:
    return await _unless_too_late(turn, _understood(turn), about=_sent_one(turn))


async def _pressed(turn: Turn, press: Press) -> Replies:
    run = _BUTTONS.get(press.step)
    about = press.number if press.step in _OF_A_CAMPAIGN else 0
    return await (_unless_too_late(turn, run(turn, press), about=about) if run else _resume(turn))


async def _resume(turn: Turn) -> Replies:
    return await _unless_too_late(turn, _asked_again(turn), about=_sent_one(turn))


def _sent_one(turn: Turn) -> int:
    """The campaign whose words on the phones are being changed: what is typed names none."""
    here = turn.dialogue
    return subject(turn) or 0 if here and here.step in {edit.STEP, edit.WHY} else 0


async def _asked_again(turn: Turn) -> Replies:
    step = turn.dialogue.step if turn.dialogue else "start"
    return await _STEPS.get(step, start.begin)(turn)


async def _understood(turn: Turn) -> Replies:
    step = turn.dialogue.step if turn.dialogue else "start"
    if meant := _meant_by_word(turn, step):
        return await meant(turn)
    if step == content.STEP and (longer := await media.next_of_album(turn) or await start.more(turn)):
        return longer
    if step in _TAKES:
        return await _TAKES[step](turn)
    # The buttons may have changed since they were shown: a campaign goes on while nobody presses anything.
    shown = await _asked_again(turn)
    packed = chosen(turn.incoming.text, choices=choices_of(shown.messages))
    if packed:
        _, name, arg = packed.split(":")
        return await _pressed(turn, Press(flow=FLOW, step=name, arg=arg))
    return await _came_to_nothing(turn, shown, step=step)


def _meant_by_word(turn: Turn, step: str) -> Asked | None:
    """Words that mean the same where no button is called so: leave it, go back, change the text."""
    if turn.incoming.attachments:
        return None
    halts, leaves = said(turn, "campaign.halt_words"), said(turn, "campaign.leave_words")
    if step == watch.STEP and (halts or may_mean_stop(turn)):
        return watch.halt
    if step == watch.STEP and leaves:
        return watch.leave
    if step != campaigns.STEP and (halts or leaves):
        return _ask_halt
    if step in _BACK and said(turn, "menu.back_words"):
        return _BACK[step]
    return _edit if step not in {*_NO_DRAFT, *_TAKES} and said(turn, "campaign.edit") else None


async def _ask_halt(turn: Turn) -> Replies:
    return ask_halt(turn)


async def _edit(turn: Turn) -> Replies:
    return await start.edit(turn, Press(flow=FLOW, step="edit", arg=""))


async def _came_to_nothing(turn: Turn, shown: Replies, *, step: str) -> Replies:
    """A post may have been meant as the words of another item; what goes out must be no surprise. How far a campaign is answers any words."""
    turn.misunderstood()
    if not turn.incoming.attachments and len(turn.incoming.text.strip()) < start.SHORTEST:
        return shown if step == watch.STEP else told_above(turn, shown, "campaign.unclear")
    number = subject(turn) if step not in _NO_DRAFT else None
    open_one = await campaign_for(turn.officer, tx=turn.tx, campaign_id=number) if number else None
    title = short(open_one.content.title, most=_TITLE) if open_one else ""
    return told_above(turn, shown, "campaign.not_taken", title=title)


async def _unless_too_late(turn: Turn, answer: Awaitable[Replies], *, about: int = 0) -> Replies:
    """A step of a draft that was ordered long ago, or of a campaign (`about`) that is past it: in words, with the way to it as it stands."""
    try:
        return await answer
    except StateError as error:
        ordered = error.data.get("ordered")
        number = CampaignId(ordered if isinstance(ordered, int) else about)
        if not number:
            raise
        if ordered and (ended := await watch.over(turn, number)):
            return ended  # "is being sent" would be wrong
        campaign = await campaign_for(turn.officer, tx=turn.tx, campaign_id=number)
        key, step = ("see_report", "report") if campaign.state in ENDED else ("look", "status")
        return turn.answer(f"reason.{error.code}", [[button(turn, key, step, number)]], **error.data)


SEND = Flow(name=FLOW, answer=_answer, pressed=_pressed, resume=_resume, officers_only=True, joins_texts=True)
COMMAND = Command(name="gui", run=start.begin, officers_only=True)
