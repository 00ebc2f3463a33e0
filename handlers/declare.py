"""Khai báo: a meeting held in person, in four inputs: event, day, headcount, photo of the minutes. Always marked as declared."""

import re
from dataclasses import replace
from datetime import date, timedelta

from handlers import units
from handlers.buttons import Press
from handlers.menu import unknown_button
from handlers.turn import Command, Flow, Labels, Turn, World
from outreach.clock import local_day
from outreach.errors import InvalidAnswerError
from outreach.evidence import Evidence, EvidenceId, EvidenceKind, NewPiece
from outreach.messaging import Attachment, AttachmentKind, Button, Replies, Reply
from outreach.officers import Action, check_act
from outreach.reach.declarations import (
    check_day,
    check_headcount,
    check_title,
    declare_meeting,
    own_declarations,
    withdraw_declaration,
)
from outreach.reach.model import Declaration
from outreach.text import fold
from outreach.units import UnitId

NAME = "dec"

_UNIT, _TITLE, _DAY, _PEOPLE, _PAPER, _CHECK = "unit", "title", "day", "people", "paper", "check"
_STEPS = (_TITLE, _DAY, _PEOPLE, _PAPER)
_NO_PAPER = "none"
_LISTED = 8
_TITLE_SHOWN = 30  # characters on a button
_SHORT_DATE = re.compile(r"(\d{1,2}) (\d{1,2})(?: (\d{4}))?")
_NUMBER = re.compile(r"(\d{1,3}(?: \d{3})+|\d+)(?: [a-z ]+)?")


def _may(turn: Turn) -> None:
    check_act(turn.officer, action=Action.DECLARE, unit_id=turn.officer.unit_id)


async def start(turn: Turn) -> Replies:
    """The first question; an officer of the province says for which unit first."""
    _may(turn)
    unit_id = turn.officer.unit_id
    await _drop_paper(turn)
    turn.close()
    if unit_id is None:
        turn.goto(NAME, _UNIT, data={})
        return units.ask(turn, _asking(turn))
    return _ask(turn, _TITLE, data={"unit": turn.world.units.codes[unit_id]})


def _asking(turn: Turn) -> units.Asking:
    return units.Asking(flow=NAME, voice="officer", extra=[[_mine(turn)]], elsewhere=False)


def _mine(turn: Turn) -> Button:
    return turn.button("declare.mine", NAME, "mine")


def _data(turn: Turn) -> dict[str, str]:
    dialogue = turn.dialogue
    return dict(dialogue.data) if dialogue and dialogue.flow == NAME else {}


# The questions


def _ask(turn: Turn, step: str, *, data: dict[str, str]) -> Replies:
    if step == _CHECK:
        return _check(turn, data)
    number = _STEPS.index(step)
    turn.goto(NAME, step, data={**data, "position": f"{number + 1}/{len(_STEPS)}"})
    buttons: list[list[Button]] = []
    if step == _DAY:
        buttons.append([turn.button(f"declare.{word}", NAME, "day", word) for word in ("today", "yesterday")])
    if step == _PAPER:
        buttons.append([turn.button("declare.no_paper", NAME, "nopaper")])
    if "edit" in data:
        buttons.append([turn.button("declare.keep", NAME, "check")])
    elif number:
        buttons.append([turn.button("declare.back", NAME, "ask", _STEPS[number - 1])])
    else:
        buttons.append([_mine(turn)])
    place = turn.unit_label(turn.world.units.id_of(data["unit"]))
    values = {"place": place, "number": number + 1, "all": len(_STEPS), "files": turn.can.files}
    return turn.answer(f"declare.ask_{step}", buttons, **values)


def _next(turn: Turn, step: str, **answer: str) -> Replies:
    """Keep the answer and go on; somebody who edits one line comes back to the summary."""
    data = {**_data(turn), **answer}
    if "edit" in data:
        return _check(turn, data)
    following = _STEPS[_STEPS.index(step) + 1 :]
    return _ask(turn, following[0] if following else _CHECK, data=data)


async def _answer(turn: Turn) -> Replies:
    """Typed words or a photo, for the step at hand."""
    _may(turn)
    step = turn.dialogue.step if turn.dialogue else ""
    if step == _UNIT:
        turn.goto(NAME, _UNIT)
        return units.read(turn, _asking(turn))
    if step not in {*_STEPS, _CHECK} or "unit" not in _data(turn):
        return await start(turn)
    if turn.incoming.attachments:
        return await _take_paper(turn, step, turn.incoming.attachments[0])
    return await _typed(turn, step)


async def _typed(turn: Turn, step: str) -> Replies:
    text = turn.incoming.text
    if step == _TITLE:
        return _next(turn, step, title=check_title(text))
    if step == _DAY:
        return _next(turn, step, day=check_day(_day(text, today=local_day(turn.now)), at=turn.now).isoformat())
    if step == _PEOPLE:
        return _next(turn, step, people=str(check_headcount(_people(text))))
    return await _resume(turn)


def _day(text: str, *, today: date) -> date:
    """12/10/2026, 12-10, 12.10.2026. Raises InvalidAnswerError."""
    match = _SHORT_DATE.fullmatch(fold(text))
    if match is None:
        raise InvalidAnswerError("declare_day", today=today)
    try:
        return date(int(match[3] or today.year), int(match[2]), int(match[1]))
    except ValueError:
        raise InvalidAnswerError("declare_day", today=today) from None


def _people(text: str) -> int:
    """45, "1.204", "45 người". Raises InvalidAnswerError."""
    match = _NUMBER.fullmatch(fold(text))
    if match is None or text.strip().startswith("-"):
        raise InvalidAnswerError("declare_number")
    return int(match[1].replace(" ", ""))


async def _take_paper(turn: Turn, step: str, attachment: Attachment) -> Replies:
    """One photo or file of the minutes; it is fetched only when the declaration has been sent.

    Its name and reference are sealed in a row of their own; the dialogue, which is not, knows its number.
    """
    if step != _PAPER:
        return turn.answer("declare.one_paper" if step == _CHECK else "declare.no_paper_yet")
    await _drop_paper(turn)
    piece = NewPiece(
        kind=EvidenceKind.PHOTO if attachment.kind == AttachmentKind.PHOTO else EvidenceKind.FILE,
        ref=attachment.ref,
        unique=attachment.unique,
        name=attachment.name,
        media_type=attachment.media_type,
        size=attachment.size,
    )
    (evidence_id,) = await turn.tx.evidence.add(
        [piece],
        contact_id=turn.officer.contact_id,
        account_id=turn.incoming.address.account_id,
        nomination_id=None,
        at=turn.now,
        held=True,
    )
    return _next(turn, step, paper=str(evidence_id))


async def _drop_paper(turn: Turn) -> None:
    """The minutes of what is being declared are replaced or given up."""
    number = _data(turn).get(_PAPER, "")
    if number.isdecimal():
        await turn.tx.evidence.drop(held=EvidenceId(int(number)))


# The summary


def _check(turn: Turn, data: dict[str, str]) -> Replies:
    kept = {key: value for key, value in data.items() if key not in {"edit", "position"}}
    turn.goto(NAME, _CHECK, data=kept)
    edit = [turn.button(f"declare.edit_{step}", NAME, "edit", step) for step in _STEPS]
    buttons = [
        [turn.button("declare.send", NAME, "send")],
        edit[:2],
        edit[2:],
        [turn.button("declare.drop", NAME, "drop")],
    ]
    return turn.answer(
        "declare.check",
        buttons,
        place=turn.unit_label(turn.world.units.id_of(kept["unit"])),
        title=kept["title"],
        day=date.fromisoformat(kept["day"]),
        people=int(kept["people"]),
        paper=kept["paper"] != _NO_PAPER,
    )


async def _send(turn: Turn, _press: Press) -> Replies:
    data = _data(turn)
    if not {"unit", *_STEPS} <= data.keys():
        return turn.answer("declare.nothing_open", [[_mine(turn)]])
    declaration = Declaration(
        unit_id=turn.world.units.id_of(data["unit"]),
        held_on=date.fromisoformat(data["day"]),
        title=data["title"],
        headcount=int(data["people"]),
        evidence_id=None,
    )
    # Asked before the photo is wanted, so that nobody's refusal leaves a file behind.
    check_act(turn.officer, action=Action.DECLARE, unit_id=declaration.unit_id)
    paper = data["paper"] != _NO_PAPER
    evidence_id = EvidenceId(int(data["paper"])) if paper and data["paper"].isdecimal() else None
    if paper and (evidence_id is None or not await turn.tx.evidence.release(evidence_id, at=turn.now)):
        return _ask(turn, _PAPER, data={**data, "edit": "1"})  # kept for thirty days only
    whole = replace(declaration, evidence_id=evidence_id)
    await declare_meeting(turn.officer, turn.tx, declaration=whole, at=turn.now)
    turn.close()
    place = turn.unit_label(whole.unit_id)
    buttons = [[turn.button("declare.another", NAME, "start"), _mine(turn)]]
    return turn.answer(
        "declare.sent", buttons, place=place, title=whole.title, day=whole.held_on, people=whole.headcount, paper=paper
    )


def refused_paper(world: World, piece: Evidence) -> Reply:
    """The minutes of a declaration were not taken: why, and what can be done. Rendered outside any turn, in Vietnamese."""
    why = world.catalog.label(f"declare.refused.{piece.reason}")
    return Reply(text=world.catalog.say("declare.paper_refused", why=why))


# What was declared


async def _list(turn: Turn, _press: Press) -> Replies:
    found = await own_declarations(turn.officer, turn.tx, limit=_LISTED)
    rows = [[_listed(turn, number, one)] for number, one in found]
    return turn.answer("declare.list", [*rows, _again(turn)], count=len(found))


def _again(turn: Turn) -> list[Button]:
    return [turn.button("declare.another", NAME, "start")]


def _listed(turn: Turn, number: int, one: Declaration) -> Button:
    title = one.title if len(one.title) <= _TITLE_SHOWN else f"{one.title[: _TITLE_SHOWN - 1]}…"
    return turn.button("declare.line", NAME, "one", number, day=one.held_on, title=title, people=one.headcount)


async def _one(turn: Turn, press: Press) -> Replies:
    found = dict(await own_declarations(turn.officer, turn.tx, limit=_LISTED)).get(press.number)
    if found is None:
        return turn.answer("declare.gone", [[_mine(turn)]])
    buttons: Labels = [[turn.button("declare.withdraw", NAME, "withdraw", press.number)], [_mine(turn)]]
    return turn.answer(
        "declare.one",
        buttons,
        place=turn.unit_label(found.unit_id),
        title=found.title,
        day=found.held_on,
        people=found.headcount,
        paper=found.documented,
    )


async def _withdraw(turn: Turn, press: Press) -> Replies:
    await withdraw_declaration(turn.officer, turn.tx, number=press.number, at=turn.now)
    return turn.answer("declare.withdrawn", [[_mine(turn)]])


# Buttons


async def _unit(turn: Turn, press: Press) -> Replies:
    chosen: UnitId | Replies = units.pressed(turn, press, _asking(turn))
    if isinstance(chosen, Replies):
        return chosen
    check_act(turn.officer, action=Action.DECLARE, unit_id=chosen)
    return _ask(turn, _TITLE, data={"unit": turn.world.units.codes[chosen]})


async def _pressed_day(turn: Turn, press: Press) -> Replies:
    today = local_day(turn.now)
    day = today - timedelta(days=1) if press.arg == "yesterday" else today
    return _next(turn, _DAY, day=day.isoformat())


async def _no_paper(turn: Turn, _press: Press) -> Replies:
    await _drop_paper(turn)
    return _next(turn, _PAPER, paper=_NO_PAPER)


async def _edit(turn: Turn, press: Press) -> Replies:
    return _ask(turn, press.arg, data={**_data(turn), "edit": "1"})


async def _ask_again(turn: Turn, press: Press) -> Replies:
    return _ask(turn, press.arg, data=_data(turn))


async def _show_check(turn: Turn, _press: Press) -> Replies:
    return _check(turn, _data(turn))


async def _drop(turn: Turn, _press: Press) -> Replies:
    await _drop_paper(turn)
    turn.close()
    return turn.answer("declare.dropped", [_again(turn)])


async def _start(turn: Turn, _press: Press) -> Replies:
    return await start(turn)


# Buttons of the open declaration, each with what must have been answered before; without that they are old.
_INSIDE = {
    "day": (_pressed_day, {"unit", _TITLE}),
    "nopaper": (_no_paper, {"unit", _TITLE, _DAY, _PEOPLE}),
    "edit": (_edit, {"unit", *_STEPS}),
    "check": (_show_check, {"unit", *_STEPS}),
    "ask": (_ask_again, {"unit"}),
}
_OUTSIDE = {
    "start": _start,
    "mine": _list,
    "one": _one,
    "withdraw": _withdraw,
    "send": _send,
    "drop": _drop,
    units.STEP: _unit,
}


async def _pressed(turn: Turn, press: Press) -> Replies:
    _may(turn)
    if press.step in _OUTSIDE:
        return await _OUTSIDE[press.step](turn, press)
    step, wanted = _INSIDE.get(press.step, (None, set()))
    if step is None or (press.step in {"ask", "edit"} and press.arg not in _STEPS):
        return await unknown_button(turn)
    if not wanted <= _data(turn).keys():
        return turn.answer("declare.nothing_open", [_again(turn)])
    return await step(turn, press)


async def _resume(turn: Turn) -> Replies:
    step = turn.dialogue.step if turn.dialogue else ""
    data = _data(turn)
    if "unit" not in data or step not in {*_STEPS, _CHECK}:
        return await start(turn)
    return _ask(turn, step, data=data)


DECLARE = Flow(name=NAME, answer=_answer, pressed=_pressed, resume=_resume, officers_only=True)
KHAIBAO = Command(name="khaibao", run=start, officers_only=True)
