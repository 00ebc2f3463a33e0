"""The nomination form as one pure step: a state and an answer give the next state, what to say, and what to do.

There is no hidden position: whatever was answered stands in `answers`, and the way on is the first question without one.
So a restart, another version of the form or three days of silence can cost the place in the form but never an answer.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from outreach.errors import InvalidAnswerError
from outreach.nominations.rules import check_name, check_text, check_year
from outreach.pack import Asked, Call, FormQuestion, NominationForm, Pack, QuestionKind
from outreach.units import ELSEWHERE

WHO, OF_AGE, UNIT, EVIDENCE = "who", "of_age", "unit", "evidence"
SELF, AGREED, NOT_YET = "self", "agreed", "not_yet"
UNDER_AGE = "no"
SUMMARY = "summary"

# Words to a question that wants something else; to all others: one of the choices.
_UNREAD = {QuestionKind.EVIDENCE: "no_evidence", QuestionKind.CONTACT: "contact_unread"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """The questions of the pack for one call in one year; `year` is that in which ages are reckoned."""

    definition: NominationForm
    call: Call
    year: int
    fields: tuple[str, ...]
    units: frozenset[str]


def form_of(pack: Pack, *, call: Call, year: int) -> Form:
    return Form(
        definition=pack.nomination,
        call=call,
        year=year,
        fields=call.fields or tuple(field.code for field in pack.fields),
        units=frozenset({ELSEWHERE, *(unit.code for unit in pack.units)}),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class FormState:
    """`step` is the code of the question that is open, or SUMMARY."""

    step: str
    answers: Mapping[str, str] = field(default_factory=dict)
    pieces: int = 0


# What a person can do.


@dataclass(frozen=True, slots=True)
class Say:
    text: str


@dataclass(frozen=True, slots=True)
class Choose:
    """A value from a list, perhaps of an older message. `sure` after the question that comes before a loss."""

    question: str
    value: str
    sure: bool = False


@dataclass(frozen=True, slots=True)
class Attach:
    """Pieces of evidence that were added."""

    pieces: int


@dataclass(frozen=True, slots=True)
class Move:
    """Without an answer: `back`, `keep` (on, leaving the answer as it is), `done` (no more evidence), `clear` (none at all: asks), `cleared` (after that), `send`."""

    way: str


@dataclass(frozen=True, slots=True)
class Edit:
    question: str


Answer = Say | Choose | Attach | Move | Edit


# What the form wants said and done.


class Tell(StrEnum):
    ASK = "ask"  # `question` is open
    AGAIN = "again"  # the answer to `question` does not fit, `code` says why
    SURE = "sure"  # the answer `code` to `question` would delete what was given
    CLEARED = "cleared"  # the evidence is deleted; the open question follows
    CHANGED = "changed"  # an earlier answer was changed; the open question follows
    PIECES = "pieces"
    SUMMARY = "summary"
    UNDER_AGE = "under_age"
    SENT = "sent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    tell: Tell
    question: str = ""
    code: str = ""
    data: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Save:
    question: str
    value: str


@dataclass(frozen=True, slots=True)
class Forget:
    """Answers that may not be kept any more; the evidence goes with its question."""

    questions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Drop:
    """The whole nomination."""


@dataclass(frozen=True, slots=True)
class Submit:
    pass


Effect = Save | Forget | Drop | Submit
Stepped = tuple[FormState, tuple[Prompt, ...], tuple[Effect, ...]]


# Reading a state


def asked(form: Form, answers: Mapping[str, str]) -> tuple[FormQuestion, ...]:
    """The questions this nominator really gets. Before the first answer: those of the usual way."""
    who = answers.get(WHO, AGREED)
    return form.definition.asked(for_self=who == SELF, agreed=who == AGREED)


def position(form: Form, state: FormState) -> tuple[int, int]:
    """(4, 9) for the fourth of nine questions; the summary stands at the last."""
    codes = [question.code for question in asked(form, state.answers)]
    return (codes.index(state.step) + 1 if state.step in codes else len(codes)), len(codes)


def resumed(form: Form, *, answers: Mapping[str, str], step: str = "", pieces: int = 0) -> FormState:
    """The state of a stored draft. A step that the form does not know (any more) becomes the first open question."""
    state = FormState(step=step, answers=answers, pieces=pieces)
    known = {question.code for question in asked(form, answers)}
    complete = _next(form, answers) == SUMMARY
    return state if step in known or (step == SUMMARY and complete) else replace(state, step=_next(form, answers))


def prompt_of(state: FormState) -> Prompt:
    """What the state asks."""
    if state.step == SUMMARY:
        return Prompt(tell=Tell.SUMMARY)
    return Prompt(tell=Tell.ASK, question=state.step)


def _next(form: Form, answers: Mapping[str, str]) -> str:
    return next((question.code for question in asked(form, answers) if question.code not in answers), SUMMARY)


def _question(form: Form, state: FormState, code: str) -> FormQuestion | None:
    return next((question for question in asked(form, state.answers) if question.code == code), None)


def _stay(state: FormState, *before: Prompt) -> Stepped:
    return state, (*before, prompt_of(state)), ()


# The step


def step(form: Form, state: FormState, answer: Answer) -> Stepped:
    """One answer. Never raises for what a person can send, and always says something."""
    match answer:
        case Say(text=text):
            return _said(form, state, text)
        case Choose():
            return _chose(form, state, answer)
        case Attach(pieces=pieces):
            return _attached(form, state, pieces)
        case Edit(question=code):
            moved = replace(state, step=code) if _question(form, state, code) else state
            return _stay(moved)
        case Move(way=way):
            return _moved(form, state, way)


def _said(form: Form, state: FormState, text: str) -> Stepped:
    question = _question(form, state, state.step)
    if question is None:
        return state, (Prompt(tell=Tell.AGAIN, question=state.step, code="summary"),), ()
    try:
        if question.kind is QuestionKind.NAME:
            value = check_name(text, question=question)
        elif question.kind is QuestionKind.YEAR:
            value = check_year(text, ages=form.call.ages, year=form.year)
        elif question.kind is QuestionKind.TEXT:
            value = check_text(text, question=question)
        else:
            raise InvalidAnswerError(_UNREAD.get(question.kind, "choose"))  # noqa: TRY301  (one way for all that does not fit)
    except InvalidAnswerError as error:
        return state, (Prompt(tell=Tell.AGAIN, question=question.code, code=error.code, data=error.data),), ()
    return _answered(form, state, question.code, value)


def _chose(form: Form, state: FormState, answer: Choose) -> Stepped:
    question = _question(form, state, answer.question)
    if question is None:
        return _stay(state)
    if not _fits(form, question, answer.value):
        return state, (Prompt(tell=Tell.AGAIN, question=question.code, code="choose"),), ()
    lost = _lost(form, state, answer)
    if lost and not answer.sure:
        return state, (Prompt(tell=Tell.SURE, question=answer.question, code=answer.value),), ()
    if (answer.question, answer.value) == (OF_AGE, UNDER_AGE):
        return replace(state, answers={}, pieces=0), (Prompt(tell=Tell.UNDER_AGE),), (Drop(),)
    after, prompts, effects = _answered(form, state, answer.question, answer.value)
    if not lost:
        return after, prompts, effects
    answers = {code: value for code, value in after.answers.items() if code not in lost}
    kept = resumed(form, answers=answers, pieces=0)
    return kept, (prompt_of(kept),), (*effects, Forget(lost))


def _fits(form: Form, question: FormQuestion, value: str) -> bool:
    if question.kind is QuestionKind.CHOICE:
        return value in question.options
    if question.kind is QuestionKind.FIELD:
        return value in form.fields
    if question.kind is QuestionKind.UNIT:
        return value in form.units
    return question.kind is QuestionKind.CONTACT and 0 < len(value) <= question.longest


def _lost(form: Form, state: FormState, answer: Choose) -> tuple[str, ...]:
    """The answers that may not be kept once this one is given."""
    if (answer.question, answer.value) == (OF_AGE, UNDER_AGE):
        lost = set(state.answers) - {WHO, OF_AGE}
    elif (answer.question, answer.value) == (WHO, NOT_YET):
        lost = {question.code for question in form.definition.questions if question.asked is Asked.AGREED}
    else:
        return ()
    held = {code for code in lost if code in state.answers} | (
        {EVIDENCE} if EVIDENCE in lost and state.pieces else set()
    )
    return tuple(sorted(held))


def _answered(form: Form, state: FormState, code: str, value: str) -> Stepped:
    """Save, and go on to the first open question; a late answer to another question leaves the open one open."""
    effects = () if state.answers.get(code) == value else (Save(code, value),)
    answers = {**state.answers, code: value}
    elsewhere = code != state.step
    kept = resumed(form, answers=answers, step=state.step if elsewhere else "", pieces=state.pieces)
    if elsewhere and effects:
        return kept, (Prompt(tell=Tell.CHANGED, question=code), prompt_of(kept)), effects
    return kept, (prompt_of(kept),), effects


def _attached(form: Form, state: FormState, pieces: int) -> Stepped:
    question = _question(form, state, EVIDENCE)
    if question is None or state.step not in {EVIDENCE, SUMMARY}:
        return state, (Prompt(tell=Tell.AGAIN, question=state.step, code=_not_now(form, state)),), ()
    after = replace(state, pieces=state.pieces + pieces)
    told = Prompt(tell=Tell.PIECES, question=EVIDENCE, data={"added": pieces})
    return after, ((told,) if state.step == EVIDENCE else (told, prompt_of(after))), ()


def _not_now(form: Form, state: FormState) -> str:
    """Where evidence can be given instead: at a question that comes, going back, or not in this branch."""
    codes = [question.code for question in asked(form, state.answers)]
    if EVIDENCE not in codes:
        return "not_now_unasked"
    past = codes.index(state.step) > codes.index(EVIDENCE) or _next(form, state.answers) == SUMMARY
    return "not_now_past" if past else "not_now"


def _moved(form: Form, state: FormState, way: str) -> Stepped:
    if way == "back":
        return _stay(replace(state, step=_before(form, state)))
    if way == "done" and _question(form, state, EVIDENCE):
        return _answered(form, state, EVIDENCE, str(state.pieces))
    if way in {"clear", "cleared"} and state.pieces and _question(form, state, EVIDENCE):
        return _cleared(state, sure=way == "cleared")
    if way == "send" and _next(form, state.answers) == SUMMARY:
        return replace(state, step=SUMMARY), (Prompt(tell=Tell.SENT),), (Submit(),)
    if way == "keep" and state.step not in state.answers:
        return _stay(state)
    return _stay(replace(state, step=_next(form, state.answers)))


def _before(form: Form, state: FormState) -> str:
    """The question before; the summary where one line out of a complete form was being changed."""
    if state.step != SUMMARY and _next(form, state.answers) == SUMMARY:
        return SUMMARY
    codes = [question.code for question in asked(form, state.answers)]
    here = codes.index(state.step) if state.step in codes else len(codes)
    return codes[max(0, here - 1)]


def _cleared(state: FormState, *, sure: bool) -> Stepped:
    """All evidence at once, never unasked; `data` says how many pieces."""
    data = {"pieces": state.pieces}
    if not sure:
        return state, (Prompt(tell=Tell.SURE, question=EVIDENCE, code="clear", data=data),), ()
    rest = {code: value for code, value in state.answers.items() if code != EVIDENCE}
    emptied = FormState(step=EVIDENCE, answers=rest)
    return (
        emptied,
        (Prompt(tell=Tell.CLEARED, question=EVIDENCE, data=data), prompt_of(emptied)),
        (Forget((EVIDENCE,)),),
    )
