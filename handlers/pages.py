"""Reading the pages of the programme: open to everybody, and nothing is remembered of it."""

from content.pages import render_page
from handlers.buttons import Press, payload
from handlers.turn import Flow, Labels, Turn
from outreach.messaging import Button, Replies
from outreach.pack import Page

NAME = "page"


def page_button(page: Page, *, label: str = "") -> Button:
    return Button(label=label or page.title, payload=payload(NAME, "show", page.key))


def page_buttons(turn: Turn, *, without: frozenset[str] = frozenset()) -> Labels:
    """One row for each page, in reading order."""
    pages = turn.world.pack.pages_in(turn.language)
    return [[page_button(page)] for page in pages if page.key not in without]


def show_page(turn: Turn, key: str, buttons: Labels) -> Replies:
    """One page whole, with its sources."""
    page = turn.world.pack.page(key, language=turn.language)
    return turn.answer("pages.page", buttons, page=render_page(page), sources=page.sources)


async def show_list(turn: Turn) -> Replies:
    return turn.answer("pages.list", page_buttons(turn))


async def _pressed(turn: Turn, press: Press) -> Replies:
    keys = {page.key for page in turn.world.pack.pages_in(turn.language)}
    if press.step != "show" or press.arg not in keys:
        return await show_list(turn)
    return show_page(turn, press.arg, [[turn.button("pages.others", NAME, "list")]])


PAGES = Flow(name=NAME, answer=show_list, pressed=_pressed, resume=show_list)
