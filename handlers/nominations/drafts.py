"""The nomination that a conversation is about: finding it, and remembering the place in its form."""

from handlers.menu import told_with_keyboard
from handlers.nominations.words import NAME, Scene, form_for, show
from handlers.turn import Turn
from outreach.errors import NotFoundError
from outreach.messaging import Replies, Reply
from outreach.nominations.form import position, prompt_of, resumed
from outreach.nominations.model import Nomination, NominationId, NominationState
from outreach.nominations.writing import list_own, own


async def newest_draft(turn: Turn) -> Nomination | None:
    if turn.contact_id is None:
        return None
    mine = await list_own(turn.known.actor, turn.tx, contact_id=turn.contact_id)
    return next((one for one in mine if is_draft_of(turn, one)), None)


def is_draft_of(turn: Turn, one: Nomination) -> bool:
    return one.state == NominationState.DRAFT and one.nominator_id == turn.contact_id


async def current_draft(turn: Turn) -> Nomination | None:
    """The one this conversation is about; the newest unfinished one when the conversation is about something else."""
    dialogue = turn.dialogue
    if turn.contact_id is None:
        return None
    if dialogue and dialogue.flow == NAME and dialogue.subject_id:
        try:
            found = await own(turn.known.actor, turn.tx, nomination_id=NominationId(dialogue.subject_id))
        except NotFoundError:  # it was deleted since, for instance because it was too old
            return None
        return found if is_draft_of(turn, found) else None
    return await newest_draft(turn)


def scene_of(turn: Turn, draft: Nomination) -> Scene:
    form = form_for(turn, draft.call)
    here = turn.dialogue
    at = here.step if here and here.flow == NAME and here.subject_id == draft.nomination_id else ""
    return Scene(turn=turn, form=form, state=resumed(form, answers=draft.answers, step=at, pieces=draft.pieces))


def answered(scene: Scene, nomination_id: NominationId, *messages: Reply, album: str = "") -> Replies:
    """Remember the place in the form, and say what is asked there unless something else is to be said."""
    n, total = position(scene.form, scene.state)
    data = {"position": f"{n}/{total}"} | ({"album": album} if album else {})
    scene.turn.goto(NAME, scene.state.step, subject_id=nomination_id, data=data)
    return Replies(messages=messages or show(scene, (prompt_of(scene.state),)))


async def reopen(turn: Turn, draft: Nomination) -> Replies:
    return answered(scene_of(turn, draft), draft.nomination_id)


def nothing_open(turn: Turn) -> Replies:
    turn.close()
    return told_with_keyboard(turn, "nominate.nothing_open")
