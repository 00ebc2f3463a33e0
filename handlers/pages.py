"""Reading the pages of the programme: open to everybody, and nothing is remembered of it."""

from content.pages import render_page
from handlers.buttons import Press, payload
from handlers.turn import Flow, Labels, Turn
from outreach.messaging import Button, Replies
from outreach.pack import Page
from outreach.text import fold

NAME = "page"
DATA = "data"  # what is kept, for what, by whom: the consent in full
_UNDER_AGE = "under-16"
_NOT_FOR_THE_YOUNG = ("counting", "nominate")


def page_button(page: Page, *, label: str = "") -> Button:
    return Button(label=label or page.title, payload=payload(NAME, "show", page.key))


def page_buttons(turn: Turn) -> Labels:
    """One row for each page, in reading order."""
    return [[page_button(page)] for page in turn.world.pack.pages_in(turn.language)]


def stranger_buttons(turn: Turn, *, of_age: bool = True) -> Labels:
    """The one list for people of whom nothing is kept: whatever message it stands under, a number typed later means the same.

    So it begins with what is for everybody; who is under the least age sees only that.
    """
    pages = {page.key: page for page in turn.world.pack.pages_in(turn.language) if page.key != DATA}
    last = [key for key in (_UNDER_AGE, *_NOT_FOR_THE_YOUNG) if key in pages]
    order = [key for key in pages if key not in last] + last
    shown = [[page_button(pages[key])] for key in order if of_age or key not in _NOT_FOR_THE_YOUNG]
    return [*shown, [turn.button("pages.begin", "join", "back", "age")]] if of_age else shown


def show_page(turn: Turn, key: str, buttons: Labels) -> Replies:
    """One page whole, with its sources."""
    page = turn.world.pack.page(key, language=turn.language)
    keeper = _keeper(turn) if key == DATA else ""
    return turn.answer("pages.page", buttons, page=render_page(page), keeper=keeper, sources=page.sources)


def _keeper(turn: Turn) -> str:
    """How to reach who keeps the data: set by the province, so the page itself cannot say it. Empty while neither is set."""
    pack = turn.world.pack
    if not pack.hotline and not pack.address:
        return ""
    name = pack.organisation.name.of(turn.language)
    return turn.label("pages.keeper", name=name, hotline=pack.hotline, address=pack.address)


def titled(turn: Turn, text: str) -> Page | None:
    """The page whose title was typed: its buttons may stand where nothing is remembered."""
    words = fold(text)
    return next((page for page in turn.world.pack.pages_in(turn.language) if fold(page.title) == words), None)


def show(turn: Turn, page: Page) -> Replies:
    """One page, and the way to the others."""
    if _is_stranger(turn):
        return show_page(turn, page.key, stranger_buttons(turn))
    return show_page(turn, page.key, [[turn.button("pages.others", NAME, "list")]])


async def show_list(turn: Turn) -> Replies:
    return turn.answer("pages.list", stranger_buttons(turn) if _is_stranger(turn) else page_buttons(turn))


def _is_stranger(turn: Turn) -> bool:
    return turn.contact_id is None and turn.known.draft is None


async def _pressed(turn: Turn, press: Press) -> Replies:
    pages = {page.key: page for page in turn.world.pack.pages_in(turn.language)}
    if press.step != "show" or press.arg not in pages:
        return await show_list(turn)
    return show(turn, pages[press.arg])


PAGES = Flow(name=NAME, answer=show_list, pressed=_pressed, resume=show_list)
