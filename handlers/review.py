"""Đề cử mới: the newest nominations of the officer's scope, one in full, its evidence, and a state with a word to the nominator."""

import mimetypes

from handlers.buttons import Press, as_number, payload
from handlers.menu import unknown_button
from handlers.nominations.words import Scene, form_for, lines
from handlers.turn import Command, Flow, Labels, Turn
from outreach.errors import InvalidAnswerError
from outreach.evidence import Evidence, EvidenceKind, EvidenceState
from outreach.messaging import Button, ContactId, Notice, OutgoingFile, Replies, Reply
from outreach.nominations.form import resumed
from outreach.nominations.model import Nomination, NominationId, NominationState
from outreach.nominations.review import (
    MOST_OF_A_WORD,
    PAGE,
    Lead,
    decide,
    list_newest,
    may_decide,
    open_evidence,
    read_lead,
    read_state,
    waits_for_yes,
)

NAME = "review"
FILE_KIND = "evidence"

_WORD = "word"
_PER_ROW = 2


# The list


async def start(turn: Turn) -> Replies:
    return await _list(turn, before=None)


async def _list(turn: Turn, *, before: NominationId | None) -> Replies:
    """A page of the officer's unit, or of the province; the newest first."""
    turn.leave(NAME)
    officer = turn.officer
    found = await list_newest(officer, turn.tx, unit_id=officer.unit_id, before=before, limit=PAGE + 1)
    shown = found[:PAGE]
    rows = [[Button(label=_line(turn, one), payload=payload(NAME, "show", one.nomination_id))] for one in shown]
    more = []
    if before is not None:
        more.append(turn.button("review.newest", NAME, "list"))
    if len(found) > PAGE:
        more.append(turn.button("review.older", NAME, "list", shown[-1].nomination_id))
    return turn.answer(
        "review.list" if shown else "review.none",
        [*rows, more] if more else rows,
        place=turn.unit_label(officer.unit_id),
    )


def _field(turn: Turn, one: Nomination) -> str:
    return turn.world.pack.field(one.field).name.of(turn.language) if one.field else ""


def _line(turn: Turn, one: Nomination) -> str:
    return turn.label(
        "review.line",
        code=one.code,
        field=_field(turn, one),
        place=turn.unit_label(one.unit_id),
        on=one.sent_at or one.created_at,
        state=_state(turn, one.state),
    )


def _state(turn: Turn, state: NominationState) -> str:
    return turn.label(f"review.state.{state}")


# One in full


async def _show(turn: Turn, press: Press) -> Replies:
    """Whom it is about is shown only after her own yes."""
    turn.leave(NAME)
    lead = await read_lead(turn.officer, turn.tx, nomination_id=NominationId(press.number), at=turn.now)
    one = lead.nomination
    form = form_for(turn, one.call)
    scene = Scene(turn=turn, form=form, state=resumed(form, answers=one.answers, pieces=one.pieces))
    said = [event for event in lead.events if event.word]
    return turn.answer(
        "review.one",
        _ways(turn, lead),
        code=one.code,
        field=_field(turn, one),
        place=turn.unit_label(one.unit_id),
        on=one.sent_at or one.created_at,
        state=_state(turn, one.state),
        waits=waits_for_yes(one),
        until=one.expires_at,
        lines=lines(scene, without=("who", "of_age", "field", "unit")),
        word=said[-1].word if said else "",
        word_at=said[-1].at if said else turn.now,
    )


def _ways(turn: Turn, lead: Lead) -> Labels:
    one = lead.nomination
    rows: list[list[Button]] = []
    if lead.evidence:
        rows.append([turn.button("review.evidence", NAME, "files", one.nomination_id, count=len(lead.evidence))])
    states = [
        turn.button(f"review.set.{state}", NAME, "set", f"{one.nomination_id}.{state}") for state in may_decide(one)
    ]
    rows += [states[start : start + _PER_ROW] for start in range(0, len(states), _PER_ROW)]
    return [*rows, [turn.button("review.back", NAME, "list")]]


# Evidence


async def _files(turn: Turn, press: Press) -> Replies:
    """Each piece as a message of its own, the files unsealed only when they leave."""
    one, pieces = await open_evidence(turn.officer, turn.tx, nomination_id=NominationId(press.number), at=turn.now)
    messages = [
        _piece(turn, piece, code=one.code, number=number, count=len(pieces))
        for number, piece in enumerate(pieces, start=1)
    ]
    back = [[turn.button("review.back_to_one", NAME, "show", press.number)]]
    key = "review.evidence_end" if messages else "review.no_evidence"
    return Replies(messages=(*messages, turn.reply(key, back, code=one.code)))


def _piece(turn: Turn, piece: Evidence, *, code: str, number: int, count: int) -> Reply:
    values = {"code": code, "number": number, "count": count}
    if piece.kind == EvidenceKind.LINK:
        return turn.reply("review.link", (), link=piece.ref, **values)
    if piece.state != EvidenceState.STORED:
        return turn.reply("review.not_yet", (), **values)
    ending = mimetypes.guess_extension(piece.media_type) or ".bin"
    file = OutgoingFile(
        name=f"{code}-{number}{ending}",
        kind=FILE_KIND,
        arguments={"evidence": str(piece.evidence_id), "officer": str(turn.officer.officer_id)},
    )
    return Reply(text=turn.say("review.piece", **values), file=file)


# A state, with a word


async def _set(turn: Turn, press: Press) -> Replies:
    """Which word goes along: asked before anything is changed."""
    number, _, wanted = press.arg.partition(".")
    if wanted not in set(NominationState) or not number.isdecimal():
        return await unknown_button(turn)
    one = await read_state(turn.officer, turn.tx, nomination_id=NominationId(as_number(number)))
    state = NominationState(wanted)
    if state not in may_decide(one):
        return turn.answer("review.moved_on", [[turn.button("review.back_to_one", NAME, "show", as_number(number))]])
    turn.goto(NAME, _WORD, subject_id=as_number(number), data={"state": state.value})
    return _ask_word(turn, one, state)


def _ask_word(turn: Turn, one: Nomination, state: NominationState) -> Replies:
    buttons = [
        [turn.button("review.no_word", NAME, "noword", f"{one.nomination_id}.{state}")],
        [turn.button("review.back_to_one", NAME, "show", one.nomination_id)],
    ]
    return turn.answer("review.ask_word", buttons, code=one.code, state=_state(turn, state), most=MOST_OF_A_WORD)


async def _no_word(turn: Turn, press: Press) -> Replies:
    number, _, wanted = press.arg.partition(".")
    if wanted not in set(NominationState) or not number.isdecimal():
        return await unknown_button(turn)
    return await _decide(turn, NominationId(as_number(number)), NominationState(wanted), word="")


async def _decide(turn: Turn, nomination_id: NominationId, state: NominationState, *, word: str) -> Replies:
    one, nominator = await decide(
        turn.officer, turn.tx, nomination_id=nomination_id, state=state, word=word, at=turn.now
    )
    turn.leave(NAME)
    notices = () if nominator is None else (await _tell(turn, one, nominator, word=word),)
    buttons = [
        [turn.button("review.back_to_one", NAME, "show", nomination_id), turn.button("review.back", NAME, "list")]
    ]
    told = turn.reply("review.decided", buttons, code=one.code, state=_state(turn, one.state), told=bool(notices))
    return Replies(messages=(told,), notices=notices)


async def _tell(turn: Turn, one: Nomination, nominator: ContactId, *, word: str) -> Notice:
    contact = await turn.tx.contacts.get(nominator)
    language, catalog = contact.language if contact else "vi", turn.world.catalog
    see = Button(
        label=catalog.label("review.nominator_see", language=language),
        payload=payload("hoso", "one", one.nomination_id),
    )
    state = catalog.label(f"review.state.{one.state}", language=language)
    text = catalog.say("review.nominator_told", language=language, code=one.code, state=state, word=word)
    return Notice(contact_id=nominator, reply=Reply(text=text, buttons=((see,),)))


# Words and buttons


async def _answer(turn: Turn) -> Replies:
    """The word to the nominator; at any other place the list."""
    dialogue = turn.dialogue
    if dialogue is None or dialogue.step != _WORD or dialogue.subject_id is None:
        return await start(turn)
    word = turn.incoming.text.strip()
    if not word:
        return await _resume(turn)
    if len(word) > MOST_OF_A_WORD:
        raise InvalidAnswerError("review_word", most=MOST_OF_A_WORD, length=len(word))
    state = NominationState(dialogue.data["state"])
    return await _decide(turn, NominationId(dialogue.subject_id), state, word=word)


async def _resume(turn: Turn) -> Replies:
    dialogue = turn.dialogue
    if dialogue is None or dialogue.step != _WORD or dialogue.subject_id is None:
        return await start(turn)
    one = await read_state(turn.officer, turn.tx, nomination_id=NominationId(dialogue.subject_id))
    return _ask_word(turn, one, NominationState(dialogue.data["state"]))


async def _page(turn: Turn, press: Press) -> Replies:
    return await _list(turn, before=NominationId(press.number) if press.number else None)


_STEPS = {"list": _page, "show": _show, "files": _files, "set": _set, "noword": _no_word}


async def _pressed(turn: Turn, press: Press) -> Replies:
    step = _STEPS.get(press.step)
    return await (step(turn, press) if step else unknown_button(turn))


REVIEW = Flow(name=NAME, answer=_answer, pressed=_pressed, resume=_resume, officers_only=True)
DECUMOI = Command(name="decumoi", run=start, officers_only=True)
