"""Subscribing (script A): age, consent, birth year, unit, receipt. Nothing personal is written before the consent: the draft
holds the step, the poster's code and what was offered last. After it the contact itself says what is still missing.
"""

import hashlib
import re
from collections.abc import Callable
from dataclasses import replace

from handlers import units
from handlers.birth_year import age_in, ask_year
from handlers.buttons import Press
from handlers.menu import with_keyboard
from handlers.not_joining import ask_whether_too_young, refuse, under_age
from handlers.pages import DATA, page_button, show_page
from handlers.shortcuts import shortcut
from handlers.turn import Flow, Labels, Turn, rows
from outreach.contacts.model import Consent, Contact, Purpose, Subscription
from outreach.contacts.subscribe import (
    YearVerdict,
    complete,
    give_consent,
    receipt,
    say_birth_year,
    say_unit,
    year_verdict,
)
from outreach.contacts.years import birth_year_in
from outreach.messaging import Button, Replies, Reply
from outreach.text import fold

NAME = "join"

_SOURCE = re.compile(r"src_[A-Za-z0-9_-]{1,56}")
_CODE = re.compile(r"[A-Za-z0-9]+")
_HASH_SHOWN = 16  # letters of the hash that the button carries
_COUNT = "~"
_SUMMED = "+"  # an article's summary has come in between
_SHOW_HOTLINE_AFTER = 2
_AGE_ANSWERS = (("join.of_age", "yes"), ("join.not_of_age", "no"))


# Where the conversation stands


def begin(turn: Turn, *, source: str = "") -> Replies:
    """The first question. `source` is the word of a poster's link; one we do not know is as good as none."""
    if _SOURCE.fullmatch(source):
        turn.source = source
    return _ask_age(turn)


async def go_on(turn: Turn) -> Replies:
    """Ask what is still missing of somebody who has given her consent."""
    contact = turn.contact
    if contact.birth_year is None:
        return _ask_year(turn)
    return _ask_unit(turn)


def again(turn: Turn) -> Replies:
    """Somebody who stopped wants news again: her consent ended with the stop, so it is asked for anew."""
    return _ask_consent(turn)


async def resume(turn: Turn) -> Replies:
    return await _ask(turn, _step(turn))


async def under_article(turn: Turn) -> Replies:
    """Below an article's summary the open question, or the first one. From then on its numbers are its own."""
    asked = await resume(turn) if turn.dialogue else begin(turn)
    if turn.dialogue and _SUMMED not in turn.dialogue.step:
        turn.dialogue = replace(turn.dialogue, step=turn.dialogue.step + _SUMMED)
    return asked


def may_mean_article(turn: Turn) -> bool:
    """Whether a bare number may be what an article asks for: the buttons bear none, and no poster has brought her here."""
    here = turn.dialogue
    if here is None or here.flow != NAME or _SUMMED in here.step:
        return False
    return turn.can.buttons and not _joining(turn) and not _source(turn)


def _step(turn: Turn) -> str:
    return _place(turn)[0]


def _place(turn: Turn) -> tuple[str, int]:
    """The step, and how often in a row the answer to it was not understood; before the consent both stand in the draft's step."""
    here = turn.dialogue
    if here is None or here.flow != NAME:
        return "", 0
    step, _, count = here.step.partition(_COUNT)
    return step.rstrip(_SUMMED), int(count) if count.isdecimal() else here.misunderstood


def _goto(turn: Turn, step: str) -> None:
    source, here = _source(turn), turn.dialogue
    if here and here.flow == NAME and _SUMMED in here.step:
        step += _SUMMED
    turn.goto(NAME, step, data={"source": source} if source else {})


def _source(turn: Turn) -> str:
    kept = turn.dialogue.data.get("source", "") if turn.dialogue and turn.dialogue.flow == NAME else ""
    return turn.source or kept


def _has_joined(turn: Turn) -> bool:
    """Now or once: her year and unit are kept after a stop too."""
    contact = turn.known.contact
    return contact is not None and contact.birth_year is not None and not _joining(turn)


def _joining(turn: Turn) -> bool:
    contact = turn.known.contact
    return contact is not None and contact.subscription == Subscription.JOINING


def _back(turn: Turn, step: str) -> list[Button]:
    return [turn.button("join.back", NAME, "back", step)]


# The questions


def _ask_age(turn: Turn) -> Replies:
    _goto(turn, "age")
    pack = turn.world.pack
    age = pack.ages.subscriber_min
    yes, no = (turn.button(key, NAME, "age", arg, age=age) for key, arg in _AGE_ANSWERS)
    return turn.answer(
        "join.hello",
        [[yes, no]],
        name=pack.organisation.name.of(turn.language),
        place=pack.province.word.of(turn.language),
        age=age,
    )


def _consent_text(turn: Turn) -> tuple[str, str]:
    """The text as it is shown, and its SHA-256."""
    pack = turn.world.pack
    text = turn.say(
        "join.consent",
        name=pack.organisation.name.of(turn.language),
        hotline=pack.hotline,
        server=turn.label(f"join.server_{turn.incoming.channel}"),
        weekly=pack.sending.weekly_cap,
    )
    return text, hashlib.sha256(text.encode()).hexdigest()


def _ask_consent(turn: Turn) -> Replies:
    _goto(turn, "consent")
    text, digest = _consent_text(turn)
    buttons = [
        [turn.button("join.agree", NAME, "agree", digest[:_HASH_SHOWN]), turn.button("join.refuse", NAME, "refuse")],
        [turn.button("join.full", NAME, "full"), *_back(turn, "age")],
    ]
    return Replies(messages=(Reply(text=text, buttons=rows(buttons)),))


def _show_full(turn: Turn) -> Replies:
    """The whole notice, and back to the four lines."""
    _goto(turn, "full")
    return show_page(turn, DATA, [_back(turn, "consent")])


def _ask_year(turn: Turn, key: str = "join.year") -> Replies:
    _goto(turn, "year")
    other = turn.button("join.other_year", NAME, "other")
    return ask_year(turn, key, flow=NAME, other=[other], back=_back(turn, "consent"))


def _asking(turn: Turn) -> units.Asking:
    return units.Asking(flow=NAME, extra=[_back(turn, "year")])


def _ask_unit(turn: Turn) -> Replies:
    _goto(turn, "unit")
    code = _poster_unit(turn)
    return units.confirm(turn, _asking(turn), code=code) if code else units.ask(turn, _asking(turn))


def _poster_unit(turn: Turn) -> str:
    """The unit whose poster was scanned: src_06325, or src_06325-thpt for a school in it."""
    return unit_of_source(turn, turn.contact.source or _source(turn))


def unit_of_source(turn: Turn, source: str) -> str:
    """The code of the unit in the word of a poster's link; empty where there is none."""
    word = _CODE.match(source.removeprefix("src_"))
    return word.group() if word and word.group() in turn.world.units.rows else ""


# What was typed


async def answer(turn: Turn) -> Replies:
    """Free text: read as the answer to the open question, or the question again with what to do."""
    step, text = _step(turn), turn.incoming.text
    if _is_one_of(turn, "menu.back_words"):
        before = {"consent": "age", "full": "consent", "year": "consent", "unit": "year"}.get(step, "age")
        return await _ask(turn, before)
    if step == "year" and _joining(turn):
        year = birth_year_in(text, at=turn.now)
        return await _year(turn, year) if year else _counted(turn, lambda: _ask_year(turn, "join.year_unclear"))
    if step == "unit" and _joining(turn):
        return _read_unit(turn) if units.understood(turn) else _counted(turn, lambda: _read_unit(turn))
    if step in {"consent", "full"}:
        return await _consent_typed(turn, step)
    return await _age_typed(turn)


def _read_unit(turn: Turn) -> Replies:
    _goto(turn, "unit")
    return units.read(turn, _asking(turn))


async def _consent_typed(turn: Turn, step: str) -> Replies:
    """A yes in words is one to the four lines that stand above; whoever reads the whole notice comes back to them first."""
    if _is_one_of(turn, "join.refuse_words"):
        return await refuse(turn)
    if step == "consent" and _is_one_of(turn, "join.agree_words"):
        _, digest = _consent_text(turn)
        return await _agree(turn, Press(flow=NAME, step="agree", arg=digest[:_HASH_SHOWN]))
    return _counted(turn, lambda: _ask_consent(turn), turn.reply("join.press_one"))


async def _age_typed(turn: Turn) -> Replies:
    """In words, or the age itself in figures."""
    age = age_in(turn)
    if _is_one_of(turn, "join.not_of_age_words") or (age is not None and age < turn.world.pack.ages.subscriber_min):
        return await under_age(turn)
    if _is_one_of(turn, "join.of_age_words") or age is not None:
        return _ask_consent(turn)
    return _counted(turn, lambda: _ask_age(turn), turn.reply("join.press_one"))


def _is_one_of(turn: Turn, key: str) -> bool:
    return fold(turn.incoming.text) in {fold(word) for word in turn.label(key).split(",")}


def _counted(turn: Turn, ask: Callable[[], Replies], *first: Reply) -> Replies:
    """The question once more; from the second misunderstanding on with the telephone number of somebody who can help."""
    count = _place(turn)[1] + 1
    question = ask()
    if here := turn.dialogue:
        step = here.step if turn.contact_id is not None else f"{here.step}{_COUNT}{count}"
        turn.dialogue = replace(here, step=step, misunderstood=count)
    if count >= _SHOW_HOTLINE_AFTER and (hotline := turn.world.pack.hotline):
        first = (turn.reply("join.call", hotline=hotline),)
    return Replies(messages=(*first, *question.messages))


# What was pressed


async def pressed(turn: Turn, press: Press) -> Replies:
    """Any button of this flow, perhaps an old one: what it asks for is done only where the person stands at it."""
    if (press.step, press.arg) == ("age", "no") and _has_joined(turn):
        return ask_whether_too_young(turn)
    if turn.subscribed:
        return Replies(messages=(with_keyboard(turn, "join.already"),))
    if press.step in {"year", "other", units.STEP} and not _joining(turn):
        return await resume(turn)
    return await _PRESSED.get(press.step, _go_back)(turn, press)


async def _press_age(turn: Turn, press: Press) -> Replies:
    return await under_age(turn) if press.arg == "no" else _ask_consent(turn)


async def _press_refuse(turn: Turn, _: Press) -> Replies:
    return await refuse(turn)


async def _press_full(turn: Turn, _: Press) -> Replies:
    return _show_full(turn)


async def _press_year(turn: Turn, press: Press) -> Replies:
    return await _year(turn, press.number)


async def _press_other(turn: Turn, _: Press) -> Replies:
    _goto(turn, "year")
    return turn.answer("join.type_year", [_back(turn, "year")])


async def _press_unit(turn: Turn, press: Press) -> Replies:
    _goto(turn, "unit")
    chosen = units.pressed(turn, press, _asking(turn))
    if isinstance(chosen, Replies):
        return chosen
    contact = await say_unit(turn.known.actor, turn.tx, contact=turn.contact, unit_id=chosen, at=turn.now)
    return await _after(turn, contact)


async def _go_back(turn: Turn, press: Press) -> Replies:
    return await _ask(turn, press.arg)


async def _ask(turn: Turn, step: str) -> Replies:
    """The question of that step, or the nearest one that the person may stand at."""
    if step in {"year", "unit"} and _joining(turn):
        return _ask_year(turn) if step == "year" else _ask_unit(turn)
    if step == "full":
        return _show_full(turn)
    return _ask_consent(turn) if step == "consent" else _ask_age(turn)


# What follows


async def _agree(turn: Turn, press: Press) -> Replies:
    """The consent is written with the hash of the very text: when the words have changed since, they are shown again."""
    _, digest = _consent_text(turn)
    if press.arg != digest[:_HASH_SHOWN]:
        return _ask_consent(turn)
    consent = Consent(
        purpose=Purpose.NOTICES,
        text_version=turn.label("join.consent_version"),
        text_hash=digest,
        given_at=turn.now,
        channel=turn.incoming.channel,
        message_ref=turn.incoming.message_ref,
    )
    source = _source(turn)
    contact = await give_consent(
        turn.known.actor, turn.tx, known=turn.known, source=source, consent=consent, at=turn.now
    )
    turn.now_is(contact)
    if contact.birth_year and contact.unit_id:
        return await _after(turn, await complete(turn.known.actor, turn.tx, contact=contact, at=turn.now))
    return await go_on(turn)


async def _year(turn: Turn, year: int) -> Replies:
    verdict = year_verdict(year, ages=turn.world.pack.ages, at=turn.now)
    if birth_year_in(str(year), at=turn.now) is None:
        return _ask_year(turn, "join.year_unclear")
    if verdict == YearVerdict.TOO_YOUNG:
        return await under_age(turn)
    contact = await say_birth_year(
        turn.known.actor,
        turn.tx,
        contact=turn.contact,
        birth_year=year,
        ages=turn.world.pack.ages,
        at=turn.now,
    )
    following = await _after(turn, contact)
    if verdict == YearVerdict.YOUTH:
        return following
    youth = turn.world.pack.ages.youth
    older = turn.reply("join.older", first=youth.first, last=youth.last)
    return Replies(messages=(older, *following.messages))


async def _after(turn: Turn, contact: Contact) -> Replies:
    """The next question, or the end when nothing is missing."""
    turn.now_is(contact)
    if contact.subscription == Subscription.JOINING:
        return _ask_unit(turn) if contact.birth_year else _ask_year(turn)
    given = await receipt(turn.known.actor, turn.tx, contact=contact)
    pack = turn.world.pack
    first = pack.pages_in(turn.language)[0]
    hours = pack.sending.hours
    turn.close()
    done = with_keyboard(
        turn,
        "join.done",
        receipt=f"{pack.receipt_prefix}-{given.number if given else 0:06d}",
        given_at=given.given_at if given else turn.now,
        opens=hours.first.hour,
        closes=hours.last.hour + 1 if hours.last.minute else hours.last.hour,
        keyboard=turn.can.keyboard,
    )
    invitation: Labels = [
        [page_button(first, label=turn.label("join.read_now"))],
        [shortcut(turn, "join.nominate", "decu")],
    ]
    return Replies(messages=(done, turn.reply("join.try_reading", invitation, title=first.title)))


_PRESSED = {
    "age": _press_age,
    "agree": _agree,
    "refuse": _press_refuse,
    "full": _press_full,
    "year": _press_year,
    "other": _press_other,
    units.STEP: _press_unit,
}
JOIN = Flow(name=NAME, answer=answer, pressed=pressed, resume=resume)
