"""Of herself: see, correct, get a copy, topics, rhythm, language; what leads away stands in `handlers.leaving`."""

from dataclasses import replace

from handlers import coming_back, conversation, join, leaving, units
from handlers.birth_year import ask_year
from handlers.buttons import Press
from handlers.fallback import ask_whether_to_stop, fallback
from handlers.leaving import NAME
from handlers.menu import with_keyboard
from handlers.not_joining import TOO_YOUNG_NOW, ask_whether_too_young
from handlers.turn import Command, Flow, Turn
from handlers.words import said
from outreach.contacts import profile
from outreach.contacts.model import Contact, Rhythm, Subscription
from outreach.contacts.subscribe import YearVerdict, receipt, say_birth_year, say_unit, year_verdict
from outreach.contacts.years import birth_year_in
from outreach.messaging import Button, IncomingKind, Replies
from outreach.nominations.nominee import NOMINEE

_OTHER_LANGUAGE = {"vi": "en", "en": "vi"}


async def show(turn: Turn) -> Replies:
    """What is known, in a few lines, and what can be done with it."""
    contact = turn.known.contact
    if contact is None:
        return turn.answer("profile.nothing", [[turn.button("profile.join", NAME, "again")]])
    turn.goto(NAME, "home")
    buttons = _buttons(turn, contact)
    if not turn.subscribed:
        key = "profile.joining" if contact.subscription == Subscription.JOINING else "profile.no_news"
        kept = _kept(turn, contact)
        return turn.answer(key, buttons, officer=turn.known.officer is not None, kept=kept)
    given = await receipt(turn.known.actor, turn.tx, contact=contact)
    pack = turn.world.pack
    return turn.answer(
        "profile.home",
        buttons,
        resting=profile.is_resting(contact, at=turn.now),
        until=contact.paused_until if contact.paused_until != profile.UNTIL_ASKED else None,
        year=contact.birth_year,
        unit=turn.unit_label(contact.unit_id),
        muted=[topic.name.of(turn.language) for topic in pack.topics if topic.code in contact.muted_topics],
        weekly=1 if contact.rhythm == Rhythm.WEEKLY else pack.sending.weekly_cap,
        receipt=f"{pack.receipt_prefix}-{given.number:06d}" if given else "",
        given_at=given.given_at if given else turn.now,
    )


def _buttons(turn: Turn, contact: Contact) -> list[list[Button]]:
    def button(name: str, arg: str = "") -> Button:
        return turn.button(f"profile.{name}", NAME, name, arg)

    kept = [button(name) for name in _kept(turn, contact)]
    link = [[turn.button("profile.link", "link", "start")]] if len(turn.world.doors) > 1 else []
    rows = [[button("copy"), button("lang", _OTHER_LANGUAGE[turn.language])], *link, [button("erase")]]
    if not turn.subscribed:
        return [[turn.button("profile.join", NAME, "again")], *([kept] if kept else []), *rows]
    resting = profile.is_resting(contact, at=turn.now)
    return [
        [button("year"), button("unit")],
        [button("topics"), button("rhythm")],
        [button("resume") if resting else button("rest"), button("stop", "profile")],
        *rows,
    ]


def _kept(turn: Turn, contact: Contact) -> dict[str, str]:
    """Year and unit of somebody who gets no news and has given them before: they are still kept, so they can be corrected."""
    if turn.subscribed or contact.subscription == Subscription.JOINING:
        return {}
    year = {"year": str(contact.birth_year)} if contact.birth_year else {}
    return year | ({"unit": turn.unit_label(contact.unit_id)} if contact.unit_id else {})


def _may_correct(turn: Turn, what: str) -> bool:
    contact = turn.known.contact
    return turn.subscribed or (contact is not None and _KEPT_OF.get(what, what) in _kept(turn, contact))


# Correcting


async def _year(turn: Turn, press: Press) -> Replies:
    return await _set_year(turn, press.number) if press.arg else _ask_year(turn)


def _ask_year(turn: Turn, key: str = "join.year") -> Replies:
    turn.goto(NAME, "year")
    return ask_year(turn, key, flow=NAME, back=_back(turn))


async def _set_year(turn: Turn, year: int) -> Replies:
    """A year under the least age is asked once more: writing it would delete everything."""
    if birth_year_in(str(year), at=turn.now) is None:
        return _ask_year(turn, "join.year_unclear")
    ages = turn.world.pack.ages
    if year_verdict(year, ages=ages, at=turn.now) == YearVerdict.TOO_YOUNG:
        return ask_whether_too_young(turn, year=year)
    contact = await say_birth_year(
        turn.known.actor, turn.tx, contact=turn.contact, birth_year=year, ages=ages, at=turn.now
    )
    return await _changed(turn, contact)


async def _young(turn: Turn, press: Press) -> Replies:
    if press.arg == TOO_YOUNG_NOW:
        return await leaving.erase_too_young(turn)
    too_young = year_verdict(press.number, ages=turn.world.pack.ages, at=turn.now) == YearVerdict.TOO_YOUNG
    real = birth_year_in(press.arg, at=turn.now) is not None
    return await leaving.erase_too_young(turn) if real and too_young else _ask_year(turn)


async def _unit(turn: Turn, press: Press) -> Replies:
    turn.goto(NAME, "unit")
    chosen = units.pressed(turn, press, _asking(turn))
    if isinstance(chosen, Replies):
        return chosen
    return await _changed(
        turn, await say_unit(turn.known.actor, turn.tx, contact=turn.contact, unit_id=chosen, at=turn.now)
    )


def _asking(turn: Turn) -> units.Asking:
    return units.Asking(flow=NAME, extra=[_back(turn)])


async def _changed(turn: Turn, contact: Contact) -> Replies:
    turn.now_is(contact)
    shown = await show(turn)
    return Replies(messages=(turn.reply("profile.changed"), *shown.messages))


def _back(turn: Turn) -> list[Button]:
    return [turn.button("join.back", NAME, "home")]


# Topics, rhythm, language


async def _topics(turn: Turn, press: Press) -> Replies:
    """Each topic with its mark; a tap turns it, in the same message where the channel can."""
    contact = turn.contact
    topics = turn.world.pack.topics
    if press.arg in {topic.code for topic in topics}:
        muted = frozenset(contact.muted_topics) ^ {press.arg}
        contact = await profile.mute_topics(turn.known.actor, turn.tx, contact=contact, muted=muted, at=turn.now)
        turn.now_is(contact)
    turn.goto(NAME, "topics")
    rows = [
        [
            turn.button(
                "profile.topic_off" if topic.code in contact.muted_topics else "profile.topic_on",
                NAME,
                "topics",
                topic.code,
                name=topic.name.of(turn.language),
            )
        ]
        for topic in topics
    ]
    reply = turn.reply("profile.topics_ask", [*rows, _back(turn)])
    in_place = bool(press.arg) and turn.incoming.kind == IncomingKind.BUTTON
    return Replies(messages=(replace(reply, edits=turn.incoming.message_ref if in_place else ""),))


async def _rhythm(turn: Turn, press: Press) -> Replies:
    if press.arg in set(Rhythm):
        contact = await profile.set_rhythm(
            turn.known.actor, turn.tx, contact=turn.contact, rhythm=Rhythm(press.arg), at=turn.now
        )
        return await _changed(turn, contact)
    turn.goto(NAME, "rhythm")
    rows = [[turn.button(f"profile.rhythm_{rhythm}", NAME, "rhythm", rhythm)] for rhythm in Rhythm]
    return turn.answer("profile.rhythm_ask", [*rows, _back(turn)], weekly=turn.world.pack.sending.weekly_cap)


async def _language(turn: Turn, press: Press) -> Replies:
    if press.arg not in _OTHER_LANGUAGE:
        return await show(turn)
    turn.now_is(
        await profile.set_language(turn.known.actor, turn.tx, contact=turn.contact, language=press.arg, at=turn.now)
    )
    shown = await show(turn)
    return Replies(messages=(with_keyboard(turn, "profile.language_set"), *shown.messages))


# A copy


async def _copy(turn: Turn, _: Press) -> Replies:
    """Everything that is stored about her, as a text to read and keep."""
    held = await profile.copy_of(turn.known.actor, turn.tx, contact_id=turn.contact.contact_id)
    contact = turn.contact
    pack = turn.world.pack
    officer = turn.known.officer
    return turn.answer(
        "profile.copy_text",
        [_back(turn)],
        at=turn.now,
        contact=contact,
        unit=turn.unit_label(contact.unit_id) if contact.unit_id else "",
        state=turn.label(f"profile.state_{contact.subscription}"),
        muted=[topic.name.of(turn.language) for topic in pack.topics if topic.code in contact.muted_topics],
        rhythm=turn.label(f"profile.rhythm_{contact.rhythm}"),
        source=_source(turn, contact.source),
        speaks=turn.label(f"profile.language_{contact.language}"),
        channels={one.channel: turn.label(f"profile.channel_{one.channel}") for one in held.addresses},
        role=turn.label(f"duty.role_{officer.role}") if officer else "",
        held=held,
        purposes={one.purpose: turn.label(f"profile.purpose_{one.purpose}") for one in held.consents},
        states={one.state: turn.label(f"profile.delivery_{one.state}") for one in held.deliveries},
        prefix=pack.receipt_prefix,
    )


def _source(turn: Turn, source: str) -> str:
    """Where she heard of it, in words; a code that nobody has words for stands as it is."""
    if unit := join.unit_of_source(turn, source):
        return turn.label("profile.source_poster", unit=turn.unit_label(turn.world.units.id_of(unit)))
    if source == NOMINEE:
        return turn.label("profile.source_nominee")
    return turn.label("profile.source_nomination") if source.startswith(("decu_", "dc_")) else source


# The flow


async def _answer(turn: Turn) -> Replies:
    step = turn.dialogue.step if turn.dialogue else ""
    if step == "year":
        year = birth_year_in(turn.incoming.text, at=turn.now)
        return await _set_year(turn, year) if year else _ask_year(turn, "join.year_unclear")
    if step == "unit":
        return units.read(turn, _asking(turn))
    return await fallback(turn)


async def _pressed(turn: Turn, press: Press) -> Replies:
    """Some need nothing known; the others answer "not known" for somebody who has deleted everything meanwhile."""
    if press.step == "stop":
        return await leaving.stop(turn, how=_how(press.arg))
    if press.step == "maystop":
        return ask_whether_to_stop(turn, where=press.arg)
    if press.step == "erase":
        return await (leaving.erase if press.arg == "yes" else leaving.ask_erase)(turn)
    if press.step in _PLAIN:
        return await _PLAIN[press.step](turn)
    run = _STEPS.get(press.step)
    if run is None or (press.step in _SUBSCRIBERS_ONLY and not _may_correct(turn, press.step)):
        return await show(turn)
    return await run(turn, press)


async def wished(turn: Turn) -> Replies | None:
    """Correcting and deleting in plain words, outside every open conversation. Deleting is asked: folded words alone delete nothing."""
    if conversation.in_conversation(turn):
        return None
    if said(turn, "profile.erase_words"):
        return await leaving.ask_erase(turn)
    if said(turn, "profile.year_words"):
        return await _pressed(turn, Press(flow=NAME, step="year", arg=""))
    if said(turn, "profile.unit_words"):
        return await _pressed(turn, Press(flow=NAME, step=units.STEP, arg=""))
    return None


def _how(arg: str) -> str:
    """Where the stop was asked for, as the proof keeps it: "c12" is the button under campaign 12."""
    return f"campaign:{arg[1:]}"[:40] if arg[:1] == "c" and arg[1:].isdecimal() else "button"


async def _keep(turn: Turn) -> Replies:
    if not conversation.in_conversation(turn):
        turn.close()
    return Replies(messages=(with_keyboard(turn, "profile.kept"),))


_PLAIN = {
    "home": show,
    "again": leaving.again,
    "resume": leaving.again,
    "halt": leaving.halt,
    "keep": _keep,
}


async def _rest(turn: Turn, _: Press) -> Replies:
    return await leaving.rest(turn)


_STEPS = {
    "year": _year,
    "young": _young,
    units.STEP: _unit,
    "topics": _topics,
    "rhythm": _rhythm,
    "rest": _rest,
    "here": coming_back.agree_here,
    "lang": _language,
    "copy": _copy,
}
_KEPT_OF = {"young": "year", units.STEP: "unit"}  # what the answer to a step corrects
_SUBSCRIBERS_ONLY = frozenset({"year", "young", units.STEP, "topics", "rhythm", "rest", "here"})

PROFILE = Flow(name=NAME, answer=_answer, pressed=_pressed, resume=show)
MINE = Command(name="toi", run=show)
