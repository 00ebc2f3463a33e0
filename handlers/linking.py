"""One person on two apps: a code here, typed there, a yes there and a yes here; taken back from either side. No conversation is opened
or left for it: what was half finished stays open, and goes on on both.
"""

import hashlib
import re
import secrets
from dataclasses import replace

from handlers import conversation
from handlers.buttons import Press
from handlers.coming_back import ask_here
from handlers.conversation import in_conversation
from handlers.fallback import fallback
from handlers.matching import keyboard
from handlers.menu import main_keyboard, menu_of, unknown_button
from handlers.turn import Command, Flow, Labels, Turn, rows
from outreach.contacts.linking import SUBSCRIBED, agree, confirm, links_of, offer_code, refuse, type_code, unlink
from outreach.contacts.links import Link, LinkCode, LinkCodeId, LinkId, LinkState, LinkTarget
from outreach.contacts.model import Consent, Contact, Purpose, Subscription
from outreach.errors import NotFoundError, OutreachError, StateError
from outreach.messaging import Button, ChannelName, ContactId, Menu, Notice, Replies, Reply
from outreach.officers import Officer

NAME = "link"

_CODE = re.compile(r"(\d{3})[ .-]?(\d{3})")
_HASH_SHOWN = 16  # letters of the hash that the button carries
# In the middle of a conversation six figures are its answer, unless they are a code that is waited for.
_NO_CODE = frozenset({"link_unknown", "link_tries"})
_SILENT = frozenset({None, Subscription.NONE})  # gets no news and has never said that she wants none


async def start(turn: Turn) -> Replies:
    """What is linked, with the way back; a code for the apps that are not."""
    here = _channel(turn, turn.incoming.channel)
    if len(turn.world.doors) == 1:
        return turn.answer("linking.alone", here=here)
    if turn.known.contact is None:
        return turn.answer("linking.stranger")
    contact_id = turn.contact.contact_id
    links = await links_of(turn.known.actor, turn.tx, contact_id=contact_id)
    own = await turn.tx.links.channels(contact_id)
    others = [door for door in turn.world.doors if door.channel not in own]
    code, until = "", None
    if others:
        code = f"{secrets.randbelow(1_000_000):06d}"
        until = await offer_code(turn.known.actor, turn.tx, known=turn.known, code=code, at=turn.now)
    buttons = [
        [turn.button("linking.undo", NAME, "undo", link.link_id, channel=await _other_side(turn, link))]
        for link in links
    ]
    if links and await ask_here(turn):
        buttons.append([turn.button("start.here_yes", "pro", "here")])
    return turn.answer(
        "linking.offer",
        [*buttons, *(_go_on(turn) if buttons else ())],
        linked=[_channel(turn, name) for name in sorted(own) if name != turn.incoming.channel],
        places=[f"{_channel(turn, door.channel)} ({door.name})" for door in others],
        code=code,
        until=until,
    )


def _channel(turn: Turn, channel: ChannelName, *, language: str = "") -> str:
    return turn.world.catalog.label(f"linking.channel_{channel}", language=language or turn.language)


async def _other_side(turn: Turn, link: Link) -> str:
    """As the phone at hand sees it: whoever was joined sees everybody else as the other side."""
    if link.address != turn.incoming.address:
        return _channel(turn, link.channel)
    own = await turn.tx.links.channels(turn.contact.contact_id)
    return " / ".join(_channel(turn, channel) for channel in sorted(own - {turn.incoming.channel}))


def _go_on(turn: Turn) -> Labels:
    """What was asked before may be answered at once; its choices have gone with the next message that had some."""
    return [[turn.button("conversation.go_on", conversation.NAME, "go")]] if in_conversation(turn) else []


# The code is typed


async def by_code(turn: Turn) -> Replies | None:
    """Six figures, wherever they are typed; None when they are an answer to something else."""
    figures = _CODE.fullmatch(turn.incoming.text.strip())
    if not figures or not turn.incoming.text.isascii() or len(turn.world.doors) == 1:
        return None
    code = "".join(figures.groups())
    try:
        found = await type_code(
            turn.known.actor, turn.tx, known=turn.known, channel=turn.incoming.channel, code=code, at=turn.now
        )
    except OutreachError as refusal:
        if refusal.code in _NO_CODE and in_conversation(turn) and turn.dialogue and turn.dialogue.flow != NAME:
            return None
        raise
    if found.state == LinkState.AGREED:
        return turn.answer("linking.waiting", _go_on(turn), channel=_channel(turn, found.channel))
    return _ask(turn, found)


def _ask(turn: Turn, code: LinkCode) -> Replies:
    """Whoever is unknown has only this to answer, and the draft holds the choices."""
    if turn.contact_id is None and turn.dialogue is None:
        turn.goto(NAME, "typed")
    reply, _ = _page(turn, code, side=turn.known.contact, asked=False)
    return Replies(messages=(reply,))


def _page(
    turn: Turn, code: LinkCode, *, side: Contact | None, asked: bool, officer: bool | None = None
) -> tuple[Reply, str]:
    """What linking means for this `side`, which knows of the other no more than the app; and the text's SHA-256."""
    assert code.target is not None or not asked  # noqa: S101  (nobody is asked before the code was typed)
    here, there = code.channel, code.target.channel if code.target else turn.incoming.channel
    if not asked:
        here, there = turn.incoming.channel, code.channel
    language = side.language if side else "vi"
    subscription = side.subscription if side else None
    catalog = turn.world.catalog
    text = catalog.say(
        "linking.page",
        language=language,
        asked=asked,
        officer=turn.known.officer is not None if officer is None else officer,
        here=_channel(turn, here, language=language),
        there=_channel(turn, there, language=language),
        server=catalog.label(f"join.server_{here}", language=language),
        stopped=subscription == Subscription.STOPPED,
        silent=subscription in _SILENT,
    )
    digest = hashlib.sha256(text.encode()).hexdigest()
    arg = f"{code.code_id}.{digest[:_HASH_SHOWN]}"

    def button(key: str, step: str) -> Button:
        return Button(label=catalog.label(key, language=language), payload=f"{NAME}:{step}:{arg}")

    if subscription == Subscription.STOPPED:
        choices = [[button("linking.yes_silent", "yes")], [button("linking.yes_news", "both")]]
    else:
        choices = [[button("linking.mine" if asked else "linking.yes", "yes")]]
    choices.append([button("linking.not_mine" if asked else "linking.no", "no")])
    return Reply(text=text, buttons=rows(choices)), digest


# A yes or a no


def _code_id(press: Press) -> LinkCodeId:
    number = press.arg.partition(".")[0]
    return LinkCodeId(replace(press, arg=number).number)


async def _yes(turn: Turn, press: Press) -> Replies:
    """The consent is written with the hash of the very text: when the words have changed since, they are shown again."""
    code = await turn.tx.links.get(_code_id(press), now=turn.now)
    if code is None:
        raise StateError("link_over")
    asked = turn.contact_id == code.contact_id
    reply, digest = _page(turn, code, side=turn.known.contact, asked=asked)
    if press.arg.partition(".")[2] != digest[:_HASH_SHOWN]:
        return Replies(messages=(reply,))
    contact = turn.known.contact
    agrees = press.step == "both" or (contact.subscription if contact else None) in _SILENT
    consent = _consent(turn, digest) if agrees else None
    if asked:
        return await _link(turn, code, consent=consent)
    code = await agree(turn.known.actor, turn.tx, known=turn.known, code_id=code.code_id, consent=consent, at=turn.now)
    turn.leave(NAME)  # its own question is no conversation to go on with
    answer = turn.answer("linking.waiting", _go_on(turn), channel=_channel(turn, code.channel))
    return replace(answer, notices=(await _ask_first(turn, code),), forget=_leaves_nothing(turn))


def _leaves_nothing(turn: Turn) -> bool:
    """Somebody unknown has answered the page, and was asked nothing else: not even the draft stays."""
    return turn.contact_id is None and turn.dialogue is None


def _consent(turn: Turn, digest: str) -> Consent:
    return Consent(
        purpose=Purpose.NOTICES,
        text_version=turn.label("linking.page_version"),
        text_hash=digest,
        given_at=turn.now,
        channel=turn.incoming.channel,
        message_ref=turn.incoming.message_ref,
    )


async def _ask_first(turn: Turn, code: LinkCode) -> Notice:
    """The phone that asked for the code hears where it was typed, in its own language."""
    contact = await turn.tx.contacts.get(code.contact_id)
    officer = await turn.tx.officers.of_contact(code.contact_id)
    reply, _ = _page(turn, code, side=contact, asked=True, officer=officer is not None)
    return Notice(contact_id=code.contact_id, reply=reply, address=code.address, address_id=code.address_id)


async def _no(turn: Turn, press: Press) -> Replies:
    code = await refuse(turn.known.actor, turn.tx, known=turn.known, code_id=_code_id(press), at=turn.now)
    asked = turn.contact_id == code.contact_id
    turn.leave(NAME)
    answer = turn.answer("linking.refused", _go_on(turn))
    target = code.target if asked else LinkTarget(address=code.address, channel=code.channel)
    told = await _tell(turn, target, "linking.refused_there") if target else ()
    return replace(answer, notices=told, forget=_leaves_nothing(turn))


async def _tell(turn: Turn, target: LinkTarget, key: str, buttons: Labels = (), **values: object) -> tuple[Notice, ...]:
    """To one very phone. Somebody unknown there has nothing she could be told by."""
    there = await turn.tx.contacts.known(target.address)
    if there.contact is None:
        return ()
    catalog, language = turn.world.catalog, there.contact.language
    spoken = f"{key}_officer" if there.officer and catalog.has(f"{key}_officer") else key
    menu = menu_of(there.officer.role) if there.officer else Menu.UNTOUCHED
    reply = Reply(text=catalog.say(spoken, language=language, **values), buttons=rows(buttons), menu=menu)
    return (
        Notice(contact_id=there.contact.contact_id, reply=reply, address=target.address, address_id=there.address_id),
    )


async def _link(turn: Turn, code: LinkCode, *, consent: Consent | None) -> Replies:
    was = turn.known.officer
    linked = await confirm(
        turn.known.actor, turn.tx, known=turn.known, code_id=code.code_id, consent=consent, at=turn.now
    )
    await _become(turn)
    language = turn.language
    there = _channel(turn, linked.target.channel, language=language)
    what = turn.label(f"conversation.flow_{turn.dialogue.flow}") if turn.dialogue and in_conversation(turn) else ""
    told = await _tell(
        turn,
        linked.target,
        "linking.done",
        _go_on(turn),
        channel=_channel(turn, turn.incoming.channel, language=language),
        here=linked.news_there,
        there=linked.news_here,
        what=what,
    )
    done = turn.reply(
        "linking.done", _go_on(turn), channel=there, here=linked.news_here, there=linked.news_there, what=what
    )
    return Replies(messages=(_with_keys(turn, done, was=was),), notices=told)


async def _become(turn: Turn) -> None:
    """From here on this phone speaks as whoever it belongs to now; what is saved at the end of the turn is hers."""
    turn.known = await turn.tx.contacts.known(turn.incoming.address)
    turn.dialogue = turn.known.dialogue
    turn.contact_id = turn.known.contact.contact_id if turn.known.contact else None


def _with_keys(turn: Turn, reply: Reply, *, was: Officer | None) -> Reply:
    """An office may have come or gone with the link, and its keys and commands with it."""
    menu = _menu(turn.known.officer, was=was)
    return replace(reply, keyboard=() if reply.buttons else main_keyboard(turn), menu=menu)


def _menu(officer: Officer | None, *, was: Officer | None) -> Menu:
    if officer:
        return menu_of(officer.role)
    return Menu.PERSON if was else Menu.UNTOUCHED


# Taking it back


async def _ask_undo(turn: Turn, press: Press) -> Replies:
    link = await _find(turn, press)
    buttons = [
        [turn.button("linking.part", NAME, "part", link.link_id)],
        [turn.button("linking.stay", "pro", "home")],
    ]
    return turn.answer("linking.undo_ask", buttons, channel=await _other_side(turn, link))


async def _find(turn: Turn, press: Press) -> Link:
    links = await links_of(turn.known.actor, turn.tx, contact_id=turn.contact.contact_id)
    found = next((link for link in links if link.link_id == press.number), None)
    if found is None:
        raise NotFoundError
    return found


async def _part(turn: Turn, press: Press) -> Replies:
    other = await _other_side(turn, await _find(turn, press))
    was, contact_id = turn.known.officer, turn.contact.contact_id
    link = await unlink(turn.known.actor, turn.tx, contact_id=contact_id, link_id=LinkId(press.number), at=turn.now)
    await _become(turn)
    notice = await _told_parted(turn, link.joined_id if turn.contact_id == link.kept_id else link.kept_id, was=was)
    done = turn.reply("linking.undone", channel=other, news=turn.subscribed)
    return Replies(messages=(_with_keys(turn, done, was=was),), notices=(notice,))


async def _told_parted(turn: Turn, contact_id: ContactId, *, was: Officer | None) -> Notice:
    """`was` is the office that both had."""
    contact = await turn.tx.contacts.get(contact_id)
    officer = await turn.tx.officers.of_contact(contact_id)
    catalog, language = turn.world.catalog, contact.language if contact else turn.language
    news = contact is not None and contact.subscription in SUBSCRIBED
    channel = _channel(turn, turn.incoming.channel, language=language)
    reply = Reply(
        text=catalog.say("linking.undone", language=language, channel=channel, news=news),
        keyboard=keyboard(officer.role if officer else None, catalog=catalog, language=language),
        menu=_menu(officer, was=was),
    )
    return Notice(contact_id=contact_id, reply=reply)


# The flow


async def _start(turn: Turn, _: Press) -> Replies:
    return await start(turn)


_STEPS = {"start": _start, "yes": _yes, "both": _yes, "no": _no, "undo": _ask_undo, "part": _part}


async def _pressed(turn: Turn, press: Press) -> Replies:
    step = _STEPS.get(press.step)
    return await (step(turn, press) if step else unknown_button(turn))


async def _otherwise(turn: Turn) -> Replies:
    """Words at the page with the yes and the no, from somebody unknown: whatever they mean, the page waits no longer."""
    turn.leave(NAME)
    return await fallback(turn)


LINK = Flow(name=NAME, answer=_otherwise, pressed=_pressed, resume=start)
LIENKET = Command(name="lienket", run=start)
