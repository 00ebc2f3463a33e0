"""What a nominee can do after her yes: see the lines about her, put one right, have it all deleted."""

from dataclasses import replace

from handlers import units
from handlers.buttons import Press
from handlers.menu import told_with_keyboard
from handlers.nominations.helping import counted, names_no_unit, times_before
from handlers.nominations.my_evidence import LIST, on_evidence
from handlers.nominations.my_evidence import STEPS as EVIDENCE_STEPS
from handlers.nominations.typed import means, read_words
from handlers.nominations.under_age import drop_nominee
from handlers.nominations.words import Scene, ask, asking_unit, form_for, in_rows, lines, show
from handlers.turn import Turn
from outreach.errors import NotFoundError
from outreach.messaging import Notice, Replies, Reply
from outreach.nominations.form import EVIDENCE, OF_AGE, UNIT, WHO, Answer, Choose, Save, asked, resumed, step
from outreach.nominations.model import CONTACT, Nomination, NominationId
from outreach.nominations.nominee import NOMINEE, about_me, correct, take_yes_back

# Buttons that name the nomination; the others belong to the one at hand.
_CARRY_THE_NUMBER = EVIDENCE_STEPS | {"mine", "fix", "drop", "dropped", "minor", "words"}
# Lines that are the nominator's own business, or that only she can add to.
_NOT_HERS = (WHO, OF_AGE, CONTACT)


async def on_mine(turn: Turn, press: Press) -> Replies:
    """A button, or words, of somebody who has said yes. `arg` is the nomination, or "<nomination>.<question>"."""
    first, _, question = press.arg.partition(".")
    here = turn.dialogue
    at_hand = here.subject_id if here and here.flow == NOMINEE else None
    number = first if press.step in _CARRY_THE_NUMBER else str(at_hand or 0)
    try:
        found = await about_me(
            turn.known.actor, turn.tx, nomination_id=NominationId(int(number) if number.isdecimal() else 0)
        )
    except NotFoundError:
        turn.close()
        return turn.answer("nominee.gone", known=turn.contact_id is not None)
    if press.step == "fix":
        return _ask_line(turn, found, question)
    if press.step == "drop":
        sure = turn.button("nominee.back_yes", NOMINEE, "dropped", found.nomination_id)
        keep = turn.button("nominee.refuse_no", NOMINEE, "mine", found.nomination_id)
        return turn.answer("nominee.back_sure", [[sure, keep]])
    if press.step in {"dropped", "minor"}:
        return await (drop_nominee if press.step == "minor" else _take_back)(turn, found)
    if press.step in {"words", "set", units.STEP} and here and here.step == "fix":
        return await _corrected(turn, found, press)
    shown = await on_evidence(turn, found, press) if press.step in EVIDENCE_STEPS else None
    return shown or await show_mine(turn, found)


async def show_mine(turn: Turn, nomination: Nomination) -> Replies:
    """Every line that is about her, a button to correct each, and the way to have it all deleted."""
    scene = _scene(turn, nomination, at="")
    turn.close()  # her buttons carry the nomination; other words are no answer to anything
    changes = [
        turn.button(f"nominate.edit.{question.code}", NOMINEE, "fix", f"{nomination.nomination_id}.{question.code}")
        for question in asked(scene.form, nomination.answers)
        if question.code in nomination.answers and question.code not in {*_NOT_HERS, EVIDENCE}
    ]
    see = [[turn.button("nominee.see_pieces", NOMINEE, LIST, nomination.nomination_id)]] if nomination.pieces else []
    drop = [turn.button("nominee.back", NOMINEE, "drop", nomination.nomination_id)]
    text = turn.say("nominee.mine", code=nomination.code, lines=lines(scene, without=_NOT_HERS))
    rows = [*in_rows(changes), *see, drop]
    return Replies(messages=(Reply(text=text, buttons=tuple(tuple(row) for row in rows)),))


def _scene(turn: Turn, nomination: Nomination, *, at: str) -> Scene:
    form = form_for(turn, nomination.call)
    state = resumed(form, answers=nomination.answers, step=at, pieces=nomination.pieces)
    return Scene(turn=turn, form=form, state=state, flow=NOMINEE)


def _ask_line(turn: Turn, nomination: Nomination, question: str) -> Replies:
    scene = _scene(turn, nomination, at=question)
    turn.goto(NOMINEE, "fix", subject_id=nomination.nomination_id, data={"question": scene.state.step})
    return Replies(messages=(ask(scene),))


async def _corrected(turn: Turn, nomination: Nomination, press: Press) -> Replies:
    """One line through the same rules as in the form; what does not fit is said, and the line stays as it was."""
    line = turn.dialogue.data.get("question", "") if turn.dialogue else ""
    scene = _scene(turn, nomination, at=line)
    if press.step == "words" and means(scene, "back"):
        return await show_mine(turn, nomination)
    before = times_before(turn)
    given = _given(scene, press)
    if isinstance(given, Replies):
        turn.goto(NOMINEE, "fix", subject_id=nomination.nomination_id, data={"question": line})
        unread = press.step == "words" and names_no_unit(turn, given.messages)
        return counted(turn, given, before=before) if unread else given
    _, prompts, effects = step(scene.form, scene.state, given)
    saved = [effect for effect in effects if isinstance(effect, Save) and effect.question == line]
    if not saved and prompts[-1].code:
        return counted(turn, Replies(messages=show(scene, prompts)), before=before)
    for effect in saved:
        unit_id = turn.world.units.id_of(effect.value) if line == UNIT else None
        await correct(
            turn.known.actor,
            turn.tx,
            nomination=nomination,
            question=line,
            value=effect.value,
            unit_id=unit_id,
            at=turn.now,
        )
        nomination = replace(nomination, answers={**nomination.answers, line: effect.value})
    mine = await show_mine(turn, nomination)
    if not saved:
        return mine
    shown = mine.messages[0]
    return Replies(messages=(replace(shown, text=f"{turn.say('nominee.corrected')}\n{shown.text}"),))


def _given(scene: Scene, press: Press) -> Answer | Replies:
    turn = scene.turn
    if press.step == "set":
        question, _, value = press.arg.partition(".")
        return Choose(question, value)
    if press.step == units.STEP:
        found = units.pressed(turn, press, asking_unit(scene))
        return found if isinstance(found, Replies) else Choose(UNIT, turn.world.units.codes[found])
    return units.read(turn, asking_unit(scene)) if scene.state.step == UNIT else read_words(scene)


async def _take_back(turn: Turn, nomination: Nomination) -> Replies:
    before = await take_yes_back(turn.known.actor, turn.tx, nomination_id=nomination.nomination_id, at=turn.now)
    turn.close()
    told: tuple[Notice, ...] = ()
    if before.nominator_id is not None:
        told = (turn.notice(before.nominator_id, "nominee.heard_taken_back", code=before.code),)
    return replace(told_with_keyboard(turn, "nominee.taken_back"), notices=told)
