"""Nominating (/decu). The form itself is pure (outreach/nominations/form.py); here it meets people."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from handlers import units
from handlers.buttons import Press
from handlers.menu import told_with_keyboard
from handlers.nominations.drafts import answered, current_draft, is_draft_of, nothing_open, reopen, scene_of
from handlers.nominations.helping import counted, names_no_unit, times_before
from handlers.nominations.pieces import take_evidence
from handlers.nominations.sending import hand_in
from handlers.nominations.start import INTRO, LINK, agree, begin, introduce, run
from handlers.nominations.typed import is_evidence, means, read_words
from handlers.nominations.under_age import drop_mine
from handlers.nominations.words import NAME, Scene, asking_unit, call_of, show
from handlers.pages import stranger_buttons
from handlers.turn import Command, Flow, Turn
from outreach.messaging import Replies
from outreach.nominations.form import AGREED, UNIT, WHO, Answer, Choose, Edit, Move, Submit, Tell, step
from outreach.nominations.model import Nomination, NominationId, NomineeConsent
from outreach.nominations.writing import apply, discard, own


async def resume(turn: Turn) -> Replies:
    if turn.contact_id is None or (turn.dialogue and turn.dialogue.step == INTRO):
        kept = turn.dialogue.data.get("call", "") if turn.dialogue else ""
        call_code = kept or turn.source.removeprefix(LINK)
        call = call_of(turn.world.pack, call_code, turn=turn)
        return introduce(turn, call_code=call.code) if call else turn.answer("nominate.no_call")
    draft = await current_draft(turn)
    return await reopen(turn, draft) if draft else nothing_open(turn)


# Answers


async def answer(turn: Turn) -> Replies:
    """Words, photos and files for the open question."""
    if turn.contact_id is None or (turn.dialogue and turn.dialogue.step == INTRO):
        before = times_before(turn)
        shown = await resume(turn)
        told = Replies(messages=(turn.reply("nominate.again.choose"), *shown.messages))
        return counted(turn, told, before=before)
    draft = await current_draft(turn)
    if draft is None:
        return nothing_open(turn)
    scene = scene_of(turn, draft)
    return await (take_evidence if is_evidence(scene) else _words)(scene, draft)


async def _words(scene: Scene, draft: Nomination) -> Replies:
    if means(scene, "cancel"):
        return _ask_cancel(scene.turn)
    if means(scene, "later"):
        return _later(scene.turn)
    given = read_words(scene)
    if scene.state.step == UNIT and not isinstance(given, Move):
        before = times_before(scene.turn)
        found = units.read(scene.turn, asking_unit(scene))
        told = answered(scene, draft.nomination_id, *found.messages)
        return counted(scene.turn, told, before=before) if names_no_unit(scene.turn, found.messages) else told
    return await _take(scene, draft, given)


async def _take(scene: Scene, draft: Nomination, given: Answer) -> Replies:
    """One step of the form: what it wants kept is kept, then what it wants said is said."""
    turn, before = scene.turn, times_before(scene.turn)
    if draft.consent == NomineeConsent.GIVEN and isinstance(given, Choose) and given.question == WHO:
        given = Choose(WHO, AGREED)  # the nominee has said yes herself: whom it is about does not change any more
    state, prompts, effects = step(scene.form, scene.state, given)
    if any(isinstance(effect, Submit) for effect in effects):
        return await hand_in(scene, draft)
    await apply(turn.known.actor, turn.tx, draft=draft, effects=effects, at=turn.now)
    after = replace(scene, state=state)
    messages = show(after, prompts)
    if prompts[-1].tell is Tell.UNDER_AGE:
        turn.close()
        return Replies(messages=messages)
    told = answered(after, draft.nomination_id, *messages)
    return counted(turn, told, before=before) if prompts[-1].tell is Tell.AGAIN else told


# Buttons


async def pressed(turn: Turn, press: Press) -> Replies:
    """Any button of this conversation, perhaps an old one: an answer goes to the question that it belongs to."""
    entry = _ENTRIES.get(press.step)
    if entry:
        return await entry(turn, press)
    draft = await current_draft(turn)
    if draft is None:
        return nothing_open(turn) if turn.contact_id is not None else await begin(turn)
    if press.step in {"later", "cancel", "drop", "fresh"}:
        return await _leave_draft(turn, press, draft)
    return await _chosen(scene_of(turn, draft), draft, press)


async def _chosen(scene: Scene, draft: Nomination, press: Press) -> Replies:
    turn = scene.turn
    if press.step == units.STEP:
        found = units.pressed(turn, press, asking_unit(scene))
        if isinstance(found, Replies):
            at_unit = replace(scene, state=replace(scene.state, step=UNIT))
            return answered(at_unit, draft.nomination_id, *found.messages)
        return await _take(scene, draft, Choose(UNIT, turn.world.units.codes[found]))
    given = _given(press)
    return await _take(scene, draft, given) if given else answered(scene, draft.nomination_id)


def _given(press: Press) -> Answer | None:
    question, _, value = press.arg.partition(".")
    if press.step in {"set", "sure"}:
        return Choose(question, value, sure=press.step == "sure")
    if press.step == "go":
        return Move(press.arg)
    return Edit(press.arg) if press.step == "edit" else None


async def _begin(turn: Turn, _: Press) -> Replies:
    return await begin(turn)


async def _open(turn: Turn, press: Press) -> Replies:
    """One draft out of several: a nominee has said yes, and the nominator goes on."""
    found = await own(turn.known.actor, turn.tx, nomination_id=NominationId(press.number))
    return await reopen(turn, found) if is_draft_of(turn, found) else nothing_open(turn)


async def _too_young(turn: Turn, _: Press) -> Replies:
    turn.close()
    return replace(
        turn.answer(
            "nominate.nominator_young" if turn.contact_id is None else "nominate.nominator_young_known",
            stranger_buttons(turn, of_age=False),
            age=turn.world.pack.ages.subscriber_min,
        ),
        forget=turn.contact_id is None,
    )


async def _leave(turn: Turn, _: Press) -> Replies:
    turn.close()
    return replace(told_with_keyboard(turn, "nominate.left"), forget=turn.contact_id is None)


async def _leave_draft(turn: Turn, press: Press, draft: Nomination) -> Replies:
    if press.step == "later":
        return _later(turn)
    if press.step == "cancel":
        return _ask_cancel(turn)
    await discard(turn.known.actor, turn.tx, draft=draft)
    turn.close()
    return (
        told_with_keyboard(turn, "nominate.cancelled")
        if press.step == "drop"
        else await begin(turn, call_code=draft.call)
    )


def _later(turn: Turn) -> Replies:
    turn.close()
    choices = [[turn.button("nominate.go_on", NAME, "show"), turn.button("nominate.cancel", NAME, "cancel")]]
    return turn.answer("nominate.kept", choices, days=turn.world.pack.nomination.draft_days)


def _ask_cancel(turn: Turn) -> Replies:
    choices = [[turn.button("nominate.cancel_yes", NAME, "drop"), turn.button("nominate.cancel_no", NAME, "show")]]
    return turn.answer("nominate.cancel_sure", choices)


# Buttons that need no open draft.
_ENTRIES: dict[str, Callable[[Turn, Press], Awaitable[Replies]]] = {
    "begin": _begin,
    "start": agree,
    "young": _too_young,
    "leave": _leave,
    "open": _open,
    "minor": drop_mine,
}

NOMINATE = Flow(name=NAME, answer=answer, pressed=pressed, resume=resume)
DECU = Command(name="decu", run=run)
