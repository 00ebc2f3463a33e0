"""The question of the birth year: asked by whoever joins, and again by whoever corrects it."""

from collections.abc import Sequence

from handlers.turn import Turn
from outreach.contacts.years import offered_years
from outreach.messaging import Button, Replies

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
