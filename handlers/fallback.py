"""Words outside every conversation that are neither a choice nor a command: a search, a page, a greeting, or not understood."""

import re
from dataclasses import replace

from content.catalog import LANGUAGES
from handlers import join, news, pages, start
from handlers.buttons import Press, read_payload
from handlers.matching import choices_of, chosen, is_number
from handlers.menu import media, show_help, told_with_keyboard, unknown_button, with_keyboard
from handlers.turn import Flow, Turn
from handlers.words import listed, said
from outreach.contacts.model import Subscription
from outreach.messaging import Replies
from outreach.text import fold, nfc

_SHOW_HOTLINE_AFTER = 2


async def fallback(turn: Turn) -> Replies:
    """From the second misunderstanding on with the hotline and the way to an officer."""
    if turn.incoming.attachments:
        return await media(turn)
    if understood := await _understood(turn):
        return understood
    pack = turn.world.pack
    if turn.contact_id is None:
        return await _greet(turn)
    if turn.misunderstood() < _SHOW_HOTLINE_AFTER:
        return told_with_keyboard(turn, "menu.fallback")
    name = pack.organisation.name.of(turn.language)
    return told_with_keyboard(turn, "menu.fallback_again", hotline=pack.hotline, name=name)


async def _understood(turn: Turn) -> Replies | None:
    """What is understood anywhere at rest."""
    if may_mean_stop(turn) and (answered := _answer_to_stop(turn)):
        return answered
    if news.asks_for_search(turn):
        return await news.search(turn)
    if said(turn, "menu.thanks_words"):
        return told_with_keyboard(turn, "menu.thanks")
    if page := pages.titled(turn, turn.incoming.text):
        return pages.show(turn, page)
    if said(turn, "menu.start_words"):
        return await start.welcome(turn)
    return None


def may_mean_stop(turn: Turn) -> bool:
    """Words that begin like a wish to stop with the very diacritics ("đừng nhắn nữa"), or say it somewhere; asked, and never looked for in the news.

    "đúng" and "dùng" fold to a word of stopping and are none, so they part what stands around them.
    """
    written = re.findall(r"\w+", nfc(turn.incoming.text).casefold())
    stops = {
        word for one in LANGUAGES for word in turn.world.catalog.label("menu.stop_words", language=one).split(", ")
    }
    if written[:1] and written[0] in stops:
        return True
    alike = {fold(word) for word in stops}
    parted = ["-" if fold(w) in alike and w != fold(w) and w not in stops else fold(w) for w in written]
    text = f" {' '.join(parted)} "
    return any(f" {phrase} " in text for phrase in listed(turn, "menu.stop_phrases"))


def _answer_to_stop(turn: Turn) -> Replies | None:
    if turn.subscribed:
        return ask_whether_to_stop(turn)
    contact = turn.known.contact
    stopped = contact is not None and contact.subscription == Subscription.STOPPED
    return told_with_keyboard(turn, "profile.stopped_before") if stopped else None


def ask_whether_to_stop(turn: Turn, *, where: str = "word") -> Replies:
    """For words and numbers that may mean it and may not; `where` is kept as the place of the stop."""
    buttons = [[turn.button("profile.stop", "pro", "stop", where), turn.button("profile.go_on", "pro", "keep")]]
    return turn.answer("profile.stop_unclear", buttons)


async def _while_reading(turn: Turn) -> Replies:
    """Words among the news are looked for in them; where they were meant otherwise or are found nowhere, they are words like any other."""
    here = turn.dialogue
    if here is None or turn.incoming.attachments or _is_no_search(turn):
        return await fallback(turn)
    shown = await news.search(turn)
    if turn.dialogue and turn.dialogue.step == news.FOUND:
        return shown
    searching = here.step in {news.FIND, news.FOUND} and not here.misunderstood
    turn.dialogue = replace(here, misunderstood=here.misunderstood + searching)
    return shown if searching else await fallback(turn)


def _is_no_search(turn: Turn) -> bool:
    """Words that mean the same among the news as anywhere."""
    return news.asks_for_search(turn) or may_mean_stop(turn) or said(turn, "menu.thanks_words")


async def _greet(turn: Turn) -> Replies:
    """Somebody unknown. Nothing is kept of her, not even that she was asked: she may be under age and have said so before.

    So misunderstandings cannot be counted, and the hotline stands there from the first. The labels of the first question may
    be typed all the same; its numbers not, for a stranger's numbers always mean the list of pages.
    """
    greeting = join.begin(turn)
    turn.close()
    meant = None if is_number(turn.incoming.text) else _meant(turn, greeting)
    if meant:
        return await join.pressed(turn, meant)
    pack = turn.world.pack
    return Replies(
        messages=(
            with_keyboard(turn, "menu.fallback_stranger", hotline=pack.hotline),
            turn.reply("menu.stranger", pages.stranger_buttons(turn), name=pack.organisation.name.of(turn.language)),
        )
    )


def _meant(turn: Turn, greeting: Replies) -> Press | None:
    packed = chosen(turn.incoming.text, choices=choices_of(greeting.messages))
    return read_payload(packed) if packed else None


async def _pressed(turn: Turn, press: Press) -> Replies:
    return await (show_help if press.step == "help" else unknown_button)(turn)


# The resting place of people without an open conversation: it holds the choices of the last message.
MENU = Flow(name="menu", answer=fallback, pressed=_pressed, resume=show_help)
NEWS = Flow(name=news.NAME, answer=_while_reading, pressed=news.pressed, resume=news.latest)
