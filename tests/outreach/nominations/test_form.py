"""The form as a machine: whatever people do, no answer is lost unasked, nothing is a dead end, and every step says something."""

from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from content.packs.loader import load_pack
from outreach.nominations.form import (
    AGREED,
    EVIDENCE,
    NOT_YET,
    OF_AGE,
    SELF,
    SUMMARY,
    UNDER_AGE,
    WHO,
    Answer,
    Attach,
    Choose,
    Drop,
    Edit,
    Forget,
    Form,
    FormState,
    Move,
    Save,
    Say,
    Submit,
    Tell,
    asked,
    form_of,
    position,
    resumed,
    step,
)
from outreach.pack import QuestionKind

PACK = load_pack("langson")
FORM: Form = form_of(PACK, call=PACK.calls[0], year=2026)
CODES = [question.code for question in FORM.definition.questions]

GOOD: dict[str, Answer] = {
    "who": Choose("who", AGREED),
    "of_age": Choose("of_age", "yes"),
    "field": Choose("field", "sport"),
    "full_name": Say("Nông Thị Hoa"),
    "birth_year": Say("2009"),
    "unit": Choose("unit", "06325"),
    "achievement": Say("Giải nhất điền kinh 800 m cấp tỉnh năm 2025."),
    "evidence": Move("done"),
    "contact": Choose("contact", "chat"),
}

ANSWERS = st.one_of(
    st.text(max_size=40).map(Say),
    st.sampled_from(["Nông Thị Hoa", "2009", "1950", "2015", "Giải nhất điền kinh cấp tỉnh.", ""]).map(Say),
    st.sampled_from([*GOOD.values()]),
    st.builds(
        Choose,
        st.sampled_from([*CODES, "unknown"]),
        st.sampled_from(
            [AGREED, SELF, NOT_YET, "yes", "sport", "arts", "06325", "99999", "chat", "phone:+84912345678", ""]
        ),
        st.booleans(),
    ),
    st.builds(Attach, st.integers(1, 3)),
    st.sampled_from(["back", "keep", "done", "clear", "cleared", "nonsense"]).map(Move),
    st.sampled_from([*CODES, "unknown"]).map(Edit),
)


class Writing(RuleBasedStateMachine):
    """One nominator. `rows` is what the database would hold; the state is thrown away and read back at random."""

    @initialize()
    def first(self) -> None:
        self.begin()

    def begin(self) -> None:
        self.rows: dict[str, str] = {}
        self.pieces = 0
        self.state = resumed(FORM, answers={})
        self.over = False

    def take(self, answer: Answer) -> None:
        before = dict(self.rows)
        state, prompts, effects = step(FORM, self.state, answer)
        assert prompts, "every step says something"
        self.over = any(isinstance(effect, Submit | Drop) for effect in effects)
        for effect in effects:
            if isinstance(effect, Save):
                self.rows[effect.question] = effect.value
            elif isinstance(effect, Forget):
                assert (isinstance(answer, Choose) and answer.sure) or answer == Move("cleared")
                for code in effect.questions:
                    self.rows.pop(code, None)
                self.pieces = 0 if EVIDENCE in effect.questions else self.pieces
            elif isinstance(effect, Drop):
                assert isinstance(answer, Choose)
                assert (answer.question, answer.value) == (OF_AGE, UNDER_AGE)
                assert answer.sure or set(before) <= {WHO, OF_AGE}
        if prompts[0].tell is Tell.PIECES and isinstance(answer, Attach):
            self.pieces += answer.pieces
        lost = {code for code in before if code not in self.rows}
        asked_for = any(isinstance(effect, Forget | Drop) for effect in effects)
        assert not lost or asked_for
        self.state = state

    @precondition(lambda self: self.over)
    @rule()
    def nominates_another(self) -> None:
        self.begin()

    @precondition(lambda self: not self.over)
    @rule(answer=ANSWERS)
    def does_something(self, answer: Answer) -> None:
        self.take(answer)

    @precondition(lambda self: not self.over)
    @rule()
    def says_under_age(self) -> None:
        self.take(Choose(OF_AGE, UNDER_AGE))

    @precondition(lambda self: not self.over)
    @rule(remembered=st.booleans(), place=st.sampled_from([*CODES, SUMMARY, "of another version", ""]))
    def comes_back(self, place: str, *, remembered: bool) -> None:
        """After a restart the place is what was stored; after another version it may be anything."""
        self.state = resumed(FORM, answers=self.rows, step=self.state.step if remembered else place, pieces=self.pieces)

    @precondition(lambda self: not self.over)
    @invariant()
    def the_state_is_what_is_stored(self) -> None:
        assert dict(self.state.answers) == self.rows
        assert self.state.pieces == self.pieces
        n, total = position(FORM, self.state)
        assert 1 <= n <= total

    @precondition(lambda self: not self.over)
    @invariant()
    def the_end_can_be_reached(self) -> None:
        """From wherever she stands, giving a good answer to whatever is asked leads to the end, and no given answer changes."""
        state, kept = self.state, dict(self.rows)
        for _ in range(2 * len(CODES)):
            if state.step == SUMMARY:
                break
            answer: Answer = Move("keep") if state.step in state.answers else GOOD[state.step]
            state, _, effects = step(FORM, state, answer)
            assert not any(isinstance(effect, Forget | Drop) for effect in effects)
        assert state.step == SUMMARY
        assert kept.items() <= dict(state.answers).items()
        _, _, effects = step(FORM, state, Move("send"))
        assert effects == (Submit(),)


TestWriting: Any = Writing.TestCase
TestWriting.settings = settings(max_examples=60, stateful_step_count=40)


def test_every_kind_of_question_is_in_the_form() -> None:
    assert {question.kind for question in FORM.definition.questions} == set(QuestionKind)
    assert set(GOOD) == set(CODES)


@pytest.mark.parametrize(
    ("who", "codes"),
    [
        (AGREED, CODES),
        (SELF, [code for code in CODES if code != OF_AGE]),
        (NOT_YET, ["who", "of_age", "field", "unit", "contact"]),
    ],
)
def test_each_branch_asks_its_own(who: str, codes: list[str]) -> None:
    assert [question.code for question in asked(FORM, {WHO: who})] == codes


def test_nothing_can_be_sent_before_all_is_answered() -> None:
    for missing in CODES:
        answers = {code: "x" for code in CODES if code != missing} | ({WHO: AGREED} if missing != WHO else {})
        _, prompts, effects = step(FORM, FormState(step=SUMMARY, answers=answers), Move("send"))
        assert effects == ()
        assert prompts[-1].question == missing
