"""Choosing a unit, inside any conversation: by typed words, by old communes, or area by area in two taps.

A conversation shows `ask` or `confirm`, hands typed words to `read` and its buttons of step STEP to `pressed`; these answer with
the next question, or `pressed` with the unit that was chosen.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from content.catalog import LANGUAGES
from handlers.buttons import Press, payload
from handlers.turn import Labels, Turn
from outreach.messaging import Button, Replies
from outreach.text import fold
from outreach.unit_words import Kind, split_kind
from outreach.units import (
    AREA_PAGE,
    ELSEWHERE,
    Area,
    Areas,
    Ask,
    Choice,
    Exactly,
    Match,
    Nothing,
    Question,
    UnitId,
    pages,
    small_first,
)

STEP = "unit"

_AREAS = "areas"
_AREA = "a"  # "a3-1": the fourth area, second page
_AGAIN = "q"  # "q1-ha long": the second page of what these words may mean
_WORDS_KEPT = 36
_PER_ROW = 2
# Of a whole list, in characters: one message while somebody joins.
_LONGEST = 345


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """Which conversation asks, and how: `voice` is "own" (you), "other" (the person you speak of) or "officer" (no pronoun).

    `extra` are rows of buttons below the choices, such as [Quay lại].
    """

    flow: str
    voice: str = "own"
    extra: Labels = ()
    elsewhere: bool = True


def ask(turn: Turn, asking: Asking) -> Replies:
    """The question itself: type a name, or tap an area."""
    return turn.answer(f"units.{asking.voice}.ask", _area_buttons(turn, asking))


def confirm(turn: Turn, asking: Asking, *, code: str) -> Replies:
    """Ask once whether it is this unit: it came from a poster or was named in full."""
    choice = turn.world.pack.gazetteer.choice(code)
    buttons = [
        [turn.button("units.yes", asking.flow, STEP, code)],
        [turn.button("units.another", asking.flow, STEP, _AREAS)],
        *asking.extra,
    ]
    old = [name for name in choice.old_names if name != choice.unit.label]
    return turn.answer(f"units.{asking.voice}.confirm", buttons, unit=choice.unit.label, old=old)


def read(turn: Turn, asking: Asking) -> Replies:
    """What the typed words say. Nothing is chosen by typing alone: a name in full is confirmed once, all else is asked."""
    text = turn.incoming.text
    if fold(text) in _elsewhere_words(turn):
        buttons = [
            [turn.button("units.yes", asking.flow, STEP, ELSEWHERE)],
            [turn.button("units.another", asking.flow, STEP, _AREAS)],
            *asking.extra,
        ]
        return turn.answer(f"units.{asking.voice}.confirm_elsewhere", buttons if asking.elsewhere else buttons[1:])
    return _answer(turn, asking, turn.world.pack.gazetteer.find(text), text=text, page=0)


def understood(turn: Turn) -> bool:
    """Whether the typed words name a place, or say that it is elsewhere; what is only spelled alike is a guess."""
    text = turn.incoming.text
    return fold(text) in _elsewhere_words(turn) or not isinstance(turn.world.pack.gazetteer.find(text), Nothing)


def _elsewhere_words(turn: Turn) -> set[str]:
    """In both languages: whoever comes from elsewhere may not have found the other one yet."""
    said = (turn.world.catalog.label("units.elsewhere_words", language=language) for language in LANGUAGES)
    return {fold(word) for words in said for word in words.split(",")}


def pressed(turn: Turn, press: Press, asking: Asking) -> UnitId | Replies:
    """The unit behind the button, or the next question."""
    gazetteer = turn.world.pack.gazetteer
    if press.arg == ELSEWHERE and asking.elsewhere:
        return turn.world.units.id_of(ELSEWHERE)
    if press.arg in turn.world.units.rows:
        return turn.world.units.id_of(press.arg)
    head, _, tail = press.arg[1:].partition("-")
    if press.arg.startswith(_AREA) and head.isdecimal() and int(head) < len(gazetteer.areas()):
        return _area(turn, asking, number=int(head), page=int(tail) if tail.isdecimal() else 0)
    if press.arg.startswith(_AGAIN) and head.isdecimal():
        return _answer(turn, asking, gazetteer.find(tail), text=tail, page=int(head))
    return ask(turn, asking)


def _answer(turn: Turn, asking: Asking, match: Match, *, text: str, page: int) -> Replies:
    match match:
        case Exactly(choice=choice):
            return confirm(turn, asking, code=choice.unit.code)
        case Ask(question=Question.IS_IT, choices=(choice,)):
            return confirm(turn, asking, code=choice.unit.code)
        case Ask():
            return _choose(turn, asking, match, text=text, page=page)
        case Areas(also=city):
            return _province(turn, asking, city)
    if not match.suggestions:
        return turn.answer(f"units.{asking.voice}.nothing", _area_buttons(turn, asking), elsewhere=asking.elsewhere)
    return _list(turn, asking, match.suggestions, head=turn.label("units.near"))


def _choose(turn: Turn, asking: Asking, match: Ask, *, text: str, page: int) -> Replies:
    """The choices a name stands for, each with its old communes."""
    cut = pages(match.choices)
    shown = cut[min(page, len(cut) - 1)]
    following: Labels = ()
    if len(cut) > 1:
        words = fold(text).encode("ascii", "ignore").decode()[:_WORDS_KEPT]
        more = f"{_AGAIN}{(page + 1) % len(cut)}-{words}"
        following = [[turn.button("units.more", asking.flow, STEP, more)]]
    was, kinds, count = _was(match)
    head = turn.label(
        f"units.{match.question.value}",
        name=match.name,
        was=was,
        count=count,
        kinds=kinds,
        others=len(match.choices) - count,
        which=turn.label(f"units.{asking.voice}.which"),
    )
    return _list(turn, asking, shown, head=head, following=following, name=match.name)


def _was(match: Ask) -> tuple[str, str, int]:
    """For a name that was a district: what kind of district, what its units are called today, and how many they are.

    For any other question the name stands, or stood, for each of the choices: the old district around one of them is not meant.
    """
    if match.question is not Question.WAS_DISTRICT:
        return "", "", len(match.choices)
    name = fold(match.name)
    for label in dict.fromkeys(label for choice in match.choices for label in choice.districts):
        if fold(label).endswith(f" {name}"):
            inside = [choice for choice in match.choices if label in choice.districts]
            kinds = ", ".join(dict.fromkeys(choice.unit.kind for choice in inside))
            return label[: -len(match.name) - 1], kinds, len(inside)
    return "", "", len(match.choices)


def _area(turn: Turn, asking: Asking, *, number: int, page: int) -> Replies:
    """The units of one old district; a longer list comes in pages."""
    area = turn.world.pack.gazetteer.areas()[number]
    cut = area.pages
    shown = cut[min(page, len(cut) - 1)]
    following: Labels = ()
    if len(cut) > 1:
        more = f"{_AREA}{number}-{(page + 1) % len(cut)}"
        following = [[turn.button("units.more", asking.flow, STEP, more)]]
    which = turn.label(f"units.{asking.voice}.which")
    head = turn.label("units.area", area=_capital(area.label), which=which)
    return _list(turn, asking, shown, head=head, following=following)


def _province(turn: Turn, asking: Asking, city: Area | None) -> Replies:
    """Only the province was named. Where its name is also that of an old city: that one's units, and the way to all the others."""
    word = turn.world.pack.province.word.of(turn.language)
    if city is None:
        [question] = ask(turn, asking).messages
        named = turn.say("units.is_province", word=word)
        return Replies(messages=(replace(question, text=f"{named} {question.text}"),))
    which = turn.label(f"units.{asking.voice}.which")
    head = turn.label("units.province_or_city", word=word, city=city.label, which=which)
    return _list(turn, asking, city.pages[0], head=head)


def _list(
    turn: Turn, asking: Asking, choices: Sequence[Choice], *, head: str, following: Labels = (), name: str = ""
) -> Replies:
    """Each unit with the old communes in it; where that is too long, the longest lists lose their last names.

    Old communes called `name` come first, those called like the unit are the first to be left out; whoever does not find
    hers is told to type it. Where buttons are lines of the text themselves, they are the list. `following` leads to its next page.
    """
    asked = fold(name)
    lines = [_Line(choice=choice, old=_old_names(turn, choice, first=asked)) for choice in choices]
    foot = turn.label("units.type_old")
    cut = _length(lines) + len(head) > _LONGEST
    for line in lines if cut else ():
        line.old = [old for old in line.old if old != line.choice.unit.name or fold(old) == asked]
    while _length(lines) + len(head) + len(foot) > _LONGEST:
        longest = max(lines, key=lambda line: len(line.text) if len(line.old) > 1 else 0)
        if len(longest.old) <= 1:
            break
        longest.old.pop()
        longest.cut = True
    ways = [*following, *_ways_out(turn, asking)]
    buttons = [*_in_rows([_button(asking, line) for line in lines[:AREA_PAGE]]), *ways]
    shown = [line.text for line in lines] if turn.shows_buttons(sum(map(len, buttons))) else []
    return turn.answer("units.list", buttons, head=head, lines=shown, foot=foot if cut else "")


@dataclass(slots=True, kw_only=True)
class _Line:
    choice: Choice
    old: list[str]
    cut: bool = False

    @property
    def note(self) -> str:
        names = ", ".join(self.old) + ("…" if self.cut else "")
        return f": {names}" if names else ""

    @property
    def text(self) -> str:
        """The buttons carry the kind, so the line does without."""
        return f"{self.choice.unit.name}{self.note}"


def _length(lines: Sequence[_Line]) -> int:
    """Characters, with the number before and the break behind each line."""
    return sum(len(line.text) + 4 for line in lines)


def _button(asking: Asking, line: _Line) -> Button:
    unit = line.choice.unit
    return Button(label=unit.label, payload=payload(asking.flow, STEP, unit.code), note=line.note)


def _old_names(turn: Turn, choice: Choice, *, first: str) -> list[str]:
    """The old communes of a unit, towns abbreviated as people do, those that fold to `first` in front."""
    names: list[str] = []
    for row in sorted(choice.old, key=lambda row: fold(split_kind(row.old_commune)[1]) != first):
        kind, bare = split_kind(row.old_commune)
        names.append(turn.label("units.town", name=bare) if kind is Kind.TOWN else row.short)
    return list(dict.fromkeys(names))


def _capital(label: str) -> str:
    return label[:1].upper() + label[1:]


def _area_buttons(turn: Turn, asking: Asking) -> list[list[Button]]:
    areas = turn.world.pack.gazetteer.areas()
    buttons = [
        Button(label=_capital(small_first(area.label)), payload=payload(asking.flow, STEP, f"{_AREA}{number}"))
        for number, area in enumerate(areas)
    ]
    return [*_in_rows(buttons), *_last_rows(turn, asking)]


def _ways_out(turn: Turn, asking: Asking) -> list[list[Button]]:
    return [[turn.button("units.by_area", asking.flow, STEP, _AREAS)], *_last_rows(turn, asking)]


def _last_rows(turn: Turn, asking: Asking) -> list[list[Button]]:
    rows = [[turn.button("units.elsewhere_button", asking.flow, STEP, ELSEWHERE)]] if asking.elsewhere else []
    return [*rows, *(list(row) for row in asking.extra)]


def _in_rows(buttons: Sequence[Button]) -> list[list[Button]]:
    return [list(buttons[start : start + _PER_ROW]) for start in range(0, len(buttons), _PER_ROW)]
