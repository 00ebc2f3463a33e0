"""The one question under a campaign."""

from handlers.buttons import Press
from handlers.send.extras import way
from handlers.send.steps import FLOW, draft
from handlers.turn import Turn
from outreach.campaigns.extras import set_question
from outreach.campaigns.model import Campaign, CheckQuestion
from outreach.campaigns.opened import count_answers
from outreach.errors import InvalidAnswerError
from outreach.messaging import Replies

STEP = "question"
_RIGHT = "*"  # before the option that is right


async def ask(turn: Turn, press: Press | None = None) -> Replies:
    return _show(turn, await draft(turn, press))


def _show(turn: Turn, campaign: Campaign) -> Replies:
    number, question = campaign.campaign_id, campaign.content.question
    turn.goto(FLOW, STEP, subject_id=number)
    none = [way(turn, "no_question", "noquestion", number)] if question else []
    return turn.answer(
        "media.type_question", [[*none, way(turn, "back", "extras", number)]], question=question, mark=_RIGHT
    )


async def answers(turn: Turn, campaign: Campaign) -> str:
    """The line of a report: how many chose which; nothing where nothing was asked."""
    question = campaign.content.question
    if question is None:
        return ""
    counts = await count_answers(turn.officer, turn.tx, campaign=campaign)
    options = [
        {"option": option, "count": count, "right": place == question.right}
        for place, (option, count) in enumerate(zip(question.options, counts, strict=True))
    ]
    return turn.say("media.answers", question=question.text, options=options)


async def take(turn: Turn) -> Replies:
    """The question in the first line, an option in each other one. Raises InvalidAnswerError."""
    campaign = await draft(turn)
    lines = [line.strip() for line in turn.incoming.text.splitlines() if line.strip()]
    if not lines:
        turn.misunderstood()
        return _show(turn, campaign)
    if "{{" in turn.incoming.text:
        raise InvalidAnswerError("no_placeholder_here")
    return _show(
        turn, await set_question(turn.officer, tx=turn.tx, campaign=campaign, question=_question(lines[0], lines[1:]))
    )


def _question(text: str, options: list[str]) -> CheckQuestion:
    marked = [place for place, option in enumerate(options) if option.startswith(_RIGHT)]
    if len(marked) > 1:
        raise InvalidAnswerError("check_question_one_right")
    told = tuple(option.removeprefix(_RIGHT).strip() for option in options)
    return CheckQuestion(text=text, options=told, right=marked[0] if marked else None)


async def drop(turn: Turn, press: Press) -> Replies:
    campaign = await draft(turn, press)
    return _show(turn, await set_question(turn.officer, tx=turn.tx, campaign=campaign, question=None))
