"""The nomination form in words and buttons: questions, what does not fit, the summary. Nothing is decided here."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from handlers import units
from handlers.nominations.contact_way import show_contact
from handlers.turn import Labels, Turn
from outreach.clock import local_day
from outreach.messaging import Button, Reply
from outreach.nominations.form import (
    EVIDENCE,
    NOT_YET,
    OF_AGE,
    SELF,
    SUMMARY,
    UNDER_AGE,
    UNIT,
    WHO,
    Form,
    FormState,
    Prompt,
    Tell,
    asked,
    form_of,
    position,
)
from outreach.pack import Call, FormQuestion, Pack, QuestionKind

NAME = "nominate"
_PER_ROW = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One nomination in one turn. `flow` is whose buttons are shown; a nominee puts single lines right with the same words."""

    turn: Turn
    form: Form
    state: FormState
    flow: str = NAME

    @property
    def me(self) -> bool:
        return self.state.answers.get(WHO) == SELF or self.flow != NAME

    def question(self, code: str) -> FormQuestion:
        return next(question for question in self.form.definition.questions if question.code == code)


def call_of(pack: Pack, code: str, *, turn: Turn) -> Call | None:
    """The call of that code if it is open, otherwise the first open one."""
    day = local_day(turn.now)
    open_calls = [call for call in pack.calls if call.is_open(day)]
    return next((call for call in open_calls if call.code == code), open_calls[0] if open_calls else None)


def form_for(turn: Turn, code: str) -> Form:
    """The form of a nomination begun for that call; a call that has closed since still takes what was begun."""
    pack = turn.world.pack
    call = next((call for call in pack.calls if call.code == code), pack.calls[0])
    return form_of(pack, call=call, year=local_day(turn.now).year)


# Values


def show_value(scene: Scene, code: str, value: str) -> str:
    turn = scene.turn
    kind = scene.question(code).kind
    if kind is QuestionKind.CHOICE:
        return turn.label(f"nominate.option.{code}_{value}")
    if kind is QuestionKind.FIELD:
        return turn.world.pack.field(value).name.of(turn.language)
    if kind is QuestionKind.UNIT:
        return turn.unit_label(turn.world.units.id_of(value))
    if kind is QuestionKind.EVIDENCE:
        return turn.label("nominate.value.pieces", count=scene.state.pieces)
    return show_contact(turn, value) if kind is QuestionKind.CONTACT else value


def lines(scene: Scene, *, without: Sequence[str] = ()) -> list[dict[str, str]]:
    """The answers in the order of the form, as `name` and `value`."""
    answers = scene.state.answers
    return [
        {
            "name": scene.turn.label(f"nominate.line.{question.code}"),
            "value": show_value(scene, question.code, answers[question.code]),
        }
        for question in asked(scene.form, answers)
        if question.code in answers and question.code not in without
    ]


# Questions


def show(scene: Scene, prompts: Sequence[Prompt]) -> tuple[Reply, ...]:
    """One message for what the form says; a word on what was changed stands above the question that follows."""
    above = [_above(scene, prompt) for prompt in prompts[:-1]]
    last = _main(scene, prompts[-1])
    text = "\n".join([*(line for line in above if line), last.text])
    return (replace(last, text=text),)


def _above(scene: Scene, prompt: Prompt) -> str:
    if prompt.tell is Tell.CHANGED:
        value = show_value(scene, prompt.question, scene.state.answers[prompt.question])
        what = scene.turn.label(f"nominate.line.{prompt.question}").lower()
        return scene.turn.say("nominate.changed", what=what, value=value)
    if prompt.tell is Tell.CLEARED:
        return scene.turn.say("nominate.cleared", count=prompt.data["pieces"])
    return scene.turn.say("nominate.pieces_done", count=scene.state.pieces) if prompt.tell is Tell.PIECES else ""


def _main(scene: Scene, prompt: Prompt) -> Reply:
    turn = scene.turn
    if prompt.tell is Tell.SUMMARY:
        return summary(scene)
    if prompt.tell is Tell.UNDER_AGE:
        return turn.reply("nominate.under_age", [[turn.button("nominate.another", NAME, "begin")]])
    if prompt.tell is Tell.PIECES:
        return turn.reply("nominate.pieces", buttons(scene, EVIDENCE), count=scene.state.pieces)
    if prompt.tell is Tell.SURE and prompt.code == "clear":
        choices = [
            turn.button("nominate.clear_yes", NAME, "go", "cleared"),
            turn.button("nominate.clear_no", NAME, "show"),
        ]
        return turn.reply("nominate.clear_sure", [choices], count=prompt.data["pieces"])
    if prompt.tell is Tell.SURE:
        key = "nominate.sure_not_yet" if prompt.code == NOT_YET else "nominate.sure_under_age"
        sure = turn.button("nominate.sure_yes", NAME, "sure", f"{prompt.question}.{prompt.code}")
        return turn.reply(key, [[sure], [turn.button("nominate.sure_no", NAME, "show")]])
    return again(scene, prompt) if prompt.tell is Tell.AGAIN else ask(scene)


def again(scene: Scene, prompt: Prompt) -> Reply:
    """Why the answer does not fit, with the buttons of the question that stays open."""
    turn = scene.turn
    if prompt.code == "year_young" and scene.me and _is_under_age(scene, prompt):
        return _ask_under_age(scene, prompt)
    rows = buttons(scene, scene.state.step) if scene.state.step != SUMMARY else summary(scene).buttons
    about_another = any(question.code == OF_AGE for question in asked(scene.form, scene.state.answers))
    if prompt.code == "year_young" and about_another and scene.flow == NAME:
        young = turn.button("nominate.again.really_young", NAME, "set", f"{OF_AGE}.{UNDER_AGE}")
        rows = [[young], *rows]
    values = {"send": turn.label(_send_key(scene)), "files": turn.can.files, **prompt.data}
    return turn.reply(f"nominate.again.{prompt.code}", rows, **values)


def _is_under_age(scene: Scene, prompt: Prompt) -> bool:
    """Whether that year leaves no doubt: a programme may begin later than the least age."""
    ages = scene.turn.world.pack.ages
    return int(str(prompt.data["year"])) - int(str(prompt.data["born"])) < ages.subscriber_min


def _ask_under_age(scene: Scene, prompt: Prompt) -> Reply:
    """She speaks of herself, so the year is asked once more: her yes deletes everything of this nomination."""
    turn = scene.turn
    number = turn.dialogue.subject_id if turn.dialogue and turn.dialogue.subject_id else 0
    fix = ("edit", prompt.question) if scene.flow == NAME else ("fix", f"{number}.{prompt.question}")
    rows = [
        [turn.button("nominate.young_sure_yes", scene.flow, "minor", number)],
        [turn.button("nominate.young_sure_no", scene.flow, *fix)],
    ]
    return turn.reply("nominate.young_sure", rows, born=prompt.data["born"], age=turn.world.pack.ages.subscriber_min)


def ask(scene: Scene) -> Reply:
    """The open question, with its place in the form and what it was answered with so far."""
    turn, code = scene.turn, scene.state.step
    question = scene.question(code)
    text = unit_question(scene).text if code == UNIT else turn.say(f"nominate.ask.{code}", **_values(scene, question))
    if scene.flow == NAME:
        n, total = position(scene.form, scene.state)
        text = f"{turn.say('nominate.number', n=n, total=total)} {text}"
    if code in scene.state.answers and code != EVIDENCE:
        value = show_value(scene, code, scene.state.answers[code])
        text = f"{text}\n{turn.say('nominate.current', value=value)}"
    return Reply(text=text, buttons=tuple(tuple(row) for row in buttons(scene, code)))


def _values(scene: Scene, question: FormQuestion) -> dict[str, object]:
    """What the words of a question may speak of; each uses what it needs."""
    ages = scene.form.call.ages
    return {
        "me": scene.me,
        "example": scene.form.year - ages.first - 1,
        "least": question.shortest,
        "most": question.most or question.longest,
        "megabytes": scene.form.definition.file_megabytes,
        "pieces": scene.state.pieces,
        "files": scene.turn.can.files,
    }


def asking_unit(scene: Scene) -> units.Asking:
    return units.Asking(flow=scene.flow, voice="own" if scene.me else "other", extra=_ways(scene, UNIT))


def unit_question(scene: Scene) -> Reply:
    return units.ask(scene.turn, asking_unit(scene)).messages[0]


# Buttons


def buttons(scene: Scene, code: str) -> Labels:
    """The choices of a question and the ways on and back."""
    if code == UNIT:
        return unit_question(scene).buttons
    return [*_choices(scene, scene.question(code)), *_ways(scene, code)]


def _choices(scene: Scene, question: FormQuestion) -> Labels:
    turn, code = scene.turn, question.code
    if question.kind is QuestionKind.CHOICE:
        made = [
            turn.button(f"nominate.option.{code}_{option}", scene.flow, "set", f"{code}.{option}")
            for option in question.options
        ]
        return [[button] for button in made]
    if question.kind is QuestionKind.FIELD:
        names = {field.code: field.name.of(turn.language) for field in turn.world.pack.fields}
        return in_rows([set_button(scene, code, value, label=names[value]) for value in scene.form.fields])
    if question.kind is QuestionKind.EVIDENCE:
        done = [[turn.button("nominate.done", scene.flow, "go", "done")]]
        return [*done, [turn.button("nominate.clear", scene.flow, "go", "clear")]] if scene.state.pieces else done
    if question.kind is QuestionKind.CONTACT:
        return [[turn.button("nominate.by_chat", scene.flow, "set", f"{code}.chat")]]
    return []


def set_button(scene: Scene, code: str, value: str, *, label: str) -> Button:
    made = scene.turn.button("nominate.back", scene.flow, "set", f"{code}.{value}")
    return replace(made, label=label)


def _ways(scene: Scene, code: str) -> Labels:
    turn = scene.turn
    if scene.flow != NAME:
        return [[turn.button("nominate.keep", scene.flow, "keep")]]
    rows = []
    if code in scene.state.answers and code != EVIDENCE:
        rows.append([turn.button("nominate.keep", NAME, "go", "keep")])
    last = [turn.button("nominate.keep_for_later", NAME, "later")]
    answers = scene.state.answers
    if code != WHO or all(question.code in answers for question in asked(scene.form, answers)):
        last.insert(0, turn.button("nominate.back", NAME, "go", "back"))
    return [*rows, last]


def in_rows(made: Sequence[Button]) -> list[list[Button]]:
    return [list(made[start : start + _PER_ROW]) for start in range(0, len(made), _PER_ROW)]


# Summary


def summary(scene: Scene) -> Reply:
    """Every line, a button to change each, and what sending means."""
    turn, answers = scene.turn, scene.state.answers
    key = _send_key(scene)
    changes = [
        turn.button(f"nominate.edit.{question.code}", NAME, "edit", question.code)
        for question in asked(scene.form, answers)
    ]
    rows = [
        [turn.button(key, NAME, "go", "send")],
        *in_rows(changes),
        [turn.button("nominate.keep_for_later", NAME, "later")],
    ]
    text = turn.say("nominate.summary", lines=lines(scene), send=turn.label(key))
    if scene.me:
        text = f"{text}\n{consent_self(turn)}"
    return Reply(text=text, buttons=tuple(tuple(row) for row in rows))


def _send_key(scene: Scene) -> str:
    return "nominate.send_invitation" if scene.state.answers.get(WHO) == NOT_YET else "nominate.send"


def consent_self(turn: Turn) -> str:
    return turn.say("nominate.consent_self", name=turn.world.pack.organisation.name.of(turn.language))
