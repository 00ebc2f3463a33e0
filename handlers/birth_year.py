"""The question of the birth year: asked by whoever joins, and again by whoever corrects it; and an age that is said in figures."""

import re
from collections.abc import Sequence

from handlers.turn import Turn
from outreach.contacts.years import offered_years
from outreach.messaging import Button, Replies
from outreach.text import fold

_PER_ROW = 3


def ask_year(turn: Turn, key: str, *, flow: str, other: Sequence[Button] = (), back: Sequence[Button]) -> Replies:
    """With the years of those who are young today; the payload is "<flow>:year:<year>", and `other` stands for all others.

    Where so many buttons would be lines of the text, the year is typed.
    """
    years = offered_years(turn.world.pack.ages, at=turn.now)
    if not turn.shows_buttons(len(years)):
        return turn.answer("join.year_typed" if key == "join.year" else key, [back])
    buttons = [turn.button("join.year_button", flow, "year", year, year=year) for year in years]
    rows = [buttons[start : start + _PER_ROW] for start in range(0, len(buttons), _PER_ROW)]
    return turn.answer(key, [*rows, [*other, *back]])


def age_in(turn: Turn) -> int | None:
    """A number alone, or one that is said to be an age: "lớp 12" and "khối 3" are none, and one figure counts the choices."""
    words = "|".join(re.escape(fold(word)) for word in turn.label("join.age_words").split(","))
    found = re.fullmatch(rf"\W*(\d{{2}})\W*|.*?\b(\d{{1,2}})\s*(?:{words})\b.*", fold(turn.incoming.text))
    return int(found.group(1) or found.group(2)) if found else None
