"""The nominee hears of it (script D): looks, agrees, corrects, refuses. Nothing of her is written before her own yes."""

import hashlib
from dataclasses import replace

from handlers.buttons import Press
from handlers.menu import told_with_keyboard, with_keyboard
from handlers.nominations.about_me import on_mine, show_mine
from handlers.nominations.contact_way import CHAT, show_contact
from handlers.nominations.words import Scene, form_for, lines
from handlers.turn import Flow, Labels, Turn
from outreach.contacts.model import Consent, Purpose
from outreach.dialogue import RESTING
from outreach.errors import NotFoundError
from outreach.messaging import Notice, Replies, Reply
from outreach.nominations.form import OF_AGE, WHO, resumed
from outreach.nominations.model import CONTACT, Nomination, NominationState
from outreach.nominations.nominee import NOMINEE, Standing, open_link, say_no, say_yes
from outreach.nominations.rules import read_link_code
from outreach.officers import Action
from outreach.text import fold

NAME = NOMINEE
PREFIX = "dc"
_HASH_SHOWN = 16
_YOUNG = "nominee.too_young"
# What the stored step says behind the code: which question stands open.
_CARD, _SEE, _AGREE, _EDIT, _NO = "card", "see", "agree", "edit", "no"


# Coming in


async def opened(turn: Turn) -> Replies:
    """dc_<code>: the link that the nominator forwarded."""
    return await _look(turn, read_link_code(turn.incoming.payload.partition("_")[2]) or "", stage=_CARD)


async def by_code(turn: Turn) -> Replies | None:
    """The six letters typed anywhere; None when these words are no code.

    One that has ended says what its link says. After the clean-up nobody can tell it from one that never was: then only letters
    mixed with figures, outside every conversation, are taken for a code ("PTDTNT" is a kind of school).
    """
    code = read_link_code(turn.incoming.text)
    if code is None:
        return None
    try:
        await open_link(turn.known.actor, turn.tx, link_code=code, at=turn.now)
    except NotFoundError as error:
        at_rest = turn.dialogue is None or turn.dialogue.flow in RESTING
        mixed = not code.isalpha() and not code.isdecimal()
        if not error.data.get("known") and not (at_rest and mixed):
            return None
        turn.leave(NAME)
        return told_with_keyboard(turn, "nominee.gone", known=turn.contact_id is not None)
    return await _look(turn, code, stage=_CARD)


async def _look(turn: Turn, code: str, *, stage: str) -> Replies:
    """What stands open at that stage, or why there is nothing to answer."""
    try:
        nomination, standing = await open_link(turn.known.actor, turn.tx, link_code=code, at=turn.now)
    except NotFoundError:
        return _leave(turn, "nominee.gone", known=turn.contact_id is not None)
    if standing == Standing.NOMINEE:
        return await show_mine(turn, nomination)
    if standing != Standing.ASKED:
        return _leave(turn, "nominee.own" if standing == Standing.NOMINATOR else "nominee.taken")
    turn.goto(NAME, f"{code}-{stage}")
    if stage == _SEE:
        return _written(turn, nomination, code)
    if stage in {_AGREE, _EDIT}:
        return _ask_consent(turn, code, stage=stage)
    return _ask_refusal(turn, code) if stage == _NO else _card(turn, nomination, code)


def _leave(turn: Turn, key: str, **values: object) -> Replies:
    """Nothing is open any more; what else may be done stays in sight, except for who is too young for it."""
    turn.close()
    told = turn.answer(key, (), **values) if key == _YOUNG else told_with_keyboard(turn, key, **values)
    return replace(told, forget=turn.contact_id is None)


# What she sees


def _choices(turn: Turn, code: str, *, without: str) -> Labels:
    steps = (_SEE, _AGREE, _EDIT, _NO)
    keys = {_SEE: "nominee.see", _AGREE: "nominee.agree", _EDIT: "nominee.edit", _NO: "nominee.refuse"}
    made = [turn.button(keys[one], NAME, one, code) for one in steps if one != without]
    return [[button] for button in made]


def _card(turn: Turn, nomination: Nomination, code: str) -> Replies:
    """Who, which field, how to check that it is genuine. The nominator's contact was given to be seen here."""
    pack = turn.world.pack
    way = nomination.answers.get(CONTACT, CHAT)
    return turn.answer(
        "nominee.card",
        _choices(turn, code, without=""),
        contact="" if way == CHAT else show_contact(turn, way),
        name=pack.organisation.name.of(turn.language),
        field=pack.field(nomination.field).name.of(turn.language),
        unit=turn.unit_label(nomination.unit_id),
        page=pack.official_page,
        hotline=pack.hotline,
    )


def _written(turn: Turn, nomination: Nomination, code: str) -> Replies:
    form = form_for(turn, nomination.call)
    state = resumed(form, answers=nomination.answers, pieces=nomination.pieces)
    scene = Scene(turn=turn, form=form, state=state, flow=NAME)
    text = turn.say("nominee.written", lines=lines(scene, without=(WHO, OF_AGE, CONTACT)))
    if nomination.state == NominationState.INVITED:
        text = f"{text}\n{turn.say('nominee.nothing_written')}"
    shown = _choices(turn, code, without=_SEE)
    return Replies(messages=(Reply(text=text, buttons=tuple(tuple(row) for row in shown)),))


def _consent_text(turn: Turn) -> tuple[str, str]:
    """The text as it is shown, and its SHA-256."""
    pack = turn.world.pack
    name = pack.organisation.name.of(turn.language)
    text = turn.say("nominee.consent", name=name, age=pack.ages.subscriber_min)
    return text, hashlib.sha256(text.encode()).hexdigest()


def _ask_consent(turn: Turn, code: str, *, stage: str) -> Replies:
    text, digest = _consent_text(turn)
    step = "yesfix" if stage == _EDIT else "yes"
    rows = (
        (turn.button("nominee.yes", NAME, step, f"{digest[:_HASH_SHOWN]}.{code}"),),
        (turn.button("nominee.young", NAME, "young", code), turn.button("nominee.refuse", NAME, _NO, code)),
    )
    first = (turn.reply("nominee.edit_first"),) if stage == _EDIT else ()
    return Replies(messages=(*first, Reply(text=text, buttons=rows)))


def _ask_refusal(turn: Turn, code: str) -> Replies:
    sure = turn.button("nominee.refuse_yes", NAME, "gone", code)
    return turn.answer("nominee.refuse_sure", [[sure, turn.button("nominee.refuse_no", NAME, _CARD, code)]])


# What she does


async def pressed(turn: Turn, press: Press) -> Replies:
    """Buttons before her yes carry the code, those after it the nomination; see about_me.py."""
    if press.step in {_CARD, _SEE, _AGREE, _EDIT, _NO}:
        return await _look(turn, press.arg, stage=press.step)
    if press.step in {"gone", "young"}:
        return await _refuse(turn, press)
    if press.step in {"yes", "yesfix"}:
        return await _agree(turn, press)
    return await on_mine(turn, press)


async def _refuse(turn: Turn, press: Press) -> Replies:
    """No, or under 16: the same for everybody else, deletion and silence."""
    try:
        nomination, standing = await open_link(turn.known.actor, turn.tx, link_code=press.arg, at=turn.now)
    except NotFoundError:
        return _leave(turn, "nominee.gone", known=turn.contact_id is not None)
    if standing == Standing.NOMINEE:
        return await on_mine(turn, Press(flow=NAME, step="drop", arg=str(nomination.nomination_id)))
    if standing != Standing.ASKED:
        return await _look(turn, press.arg, stage=_CARD)
    await say_no(turn.known.actor, turn.tx, link_code=press.arg, at=turn.now)
    if press.step == "young":
        return _leave(turn, _YOUNG, age=turn.world.pack.ages.subscriber_min)
    return _leave(turn, "nominee.refused")


async def _agree(turn: Turn, press: Press) -> Replies:
    _, digest = _consent_text(turn)
    shown, _, code = press.arg.partition(".")
    stage = _EDIT if press.step == "yesfix" else _AGREE
    current = await _look(turn, code, stage=stage)
    here = turn.dialogue
    if shown != digest[:_HASH_SHOWN] or here is None or here.step != f"{code}-{stage}":
        return current
    consent = Consent(
        purpose=Purpose.NOMINEE,
        text_version=turn.label("nominee.consent_version"),
        text_hash=digest,
        given_at=turn.now,
        channel=turn.incoming.channel,
        message_ref=turn.incoming.message_ref,
    )
    contact, nomination, reopened = await say_yes(
        turn.known.actor, turn.tx, known=turn.known, link_code=code, consent=consent, at=turn.now
    )
    turn.now_is(contact)
    turn.close()
    thanks = with_keyboard(turn, "nominee.agreed_first" if reopened else "nominee.agreed", at=turn.now)
    nomination = replace(nomination, nominee_id=contact.contact_id)
    notices = await _heard(turn, nomination, reopened=reopened)
    if reopened:
        return Replies(messages=(thanks,), notices=notices)
    mine = await show_mine(turn, nomination)
    return Replies(messages=(thanks, *mine.messages), notices=notices)


async def _heard(turn: Turn, nomination: Nomination, *, reopened: bool) -> tuple[Notice, ...]:
    """The nominator, and the officers who may now see whom it is about."""
    nominator = nomination.nominator_id
    if reopened:
        write_on = [[turn.button("nominee.write_on", "nominate", "open", nomination.nomination_id)]]
        field = turn.world.pack.field(nomination.field).name.of(turn.language)
        return (turn.notice(nominator, "nominee.heard_invited", write_on, field=field),) if nominator else ()
    officers = await turn.tx.officers.on_duty(action=Action.REVIEW, unit_id=nomination.unit_id)
    see = [[turn.button("nominate.officer_see", "review", "show", nomination.nomination_id)]]
    notices = [
        turn.notice(officer.contact_id, "nominee.heard_officer", see, code=nomination.code) for officer in officers
    ]
    if nominator:
        notices.append(turn.notice(nominator, "nominee.heard_confirmed", code=nomination.code))
    return tuple(notices)


async def resume(turn: Turn) -> Replies:
    here = turn.dialogue
    step = here.step if here else ""
    code, _, stage = step.partition("-")
    if here and here.subject_id:
        return await on_mine(turn, Press(flow=NAME, step="mine", arg=str(here.subject_id)))
    return await _look(turn, code, stage=stage)


def _typed(turn: Turn, code: str, stage: str) -> Press | None:
    """A yes or no in words, to the question that stands open. A no is asked once more; so is a yes that was not yet told what it means."""
    if _says(turn, "nominee.young_words"):
        return Press(flow=NAME, step="young", arg=code)
    if _says(turn, "nominee.refuse_words"):
        return Press(flow=NAME, step=_CARD if stage == _NO else _NO, arg=code)
    if not _says(turn, "nominee.agree_words"):
        return None
    if stage not in {_AGREE, _EDIT}:
        return Press(flow=NAME, step=_AGREE, arg=code)
    _, digest = _consent_text(turn)
    return Press(flow=NAME, step="yes" if stage == _AGREE else "yesfix", arg=f"{digest[:_HASH_SHOWN]}.{code}")


def _says(turn: Turn, key: str) -> bool:
    return fold(turn.incoming.text) in {fold(word) for word in turn.label(key).split(",")}


async def answer(turn: Turn) -> Replies:
    """Words: the line that is being corrected, or the question again."""
    here = turn.dialogue
    if here and here.subject_id:
        return await on_mine(turn, Press(flow=NAME, step="words", arg=str(here.subject_id)))
    step = here.step if here else ""
    if meant := _typed(turn, *step.split("-", 1)) if "-" in step else None:
        return await pressed(turn, meant)
    asked = await resume(turn)
    return replace(asked, messages=(turn.reply("nominee.press_one"), *asked.messages))


FLOW = Flow(name=NAME, answer=answer, pressed=pressed, resume=resume)
