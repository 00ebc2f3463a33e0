"""The invited person's side of an invitation: what the role is, her consent, and what she is told when it begins and ends."""

import hashlib

from handlers.buttons import Press
from handlers.matching import keyboard
from handlers.menu import menu_of, unknown_button
from handlers.turn import Flow, Turn
from outreach.contacts.model import Consent, Purpose
from outreach.contacts.office import look_at, take
from outreach.messaging import ContactId, Menu, Notice, Replies, Reply
from outreach.officers import Invitation, Officer

NAME = "duty"
PREFIX = "cb"

_HASH_SHOWN = 16  # letters of the hash that the button carries


async def opened(turn: Turn) -> Replies:
    """A link "cb_<token>" was opened; nothing is kept yet but where the conversation stands."""
    return await _offer(turn, turn.incoming.payload.partition("_")[2])


async def _offer(turn: Turn, token: str) -> Replies:
    invitation = await look_at(turn.known.actor, turn.tx, token=token, at=turn.now)
    # The token is the step: a draft has no room for more, and none is needed.
    turn.goto(NAME, token)
    text, digest = _text(turn, invitation)
    buttons = (
        (
            turn.button("duty.take", NAME, "take", f"{token}.{digest[:_HASH_SHOWN]}"),
            turn.button("duty.decline", NAME, "decline"),
        ),
    )
    return Replies(messages=(Reply(text=text, buttons=buttons),))


def role_values(turn: Turn, office: Invitation | Officer) -> dict[str, str]:
    """What texts on a role want filled in."""
    return {"role": turn.label(f"duty.role_{office.role}"), "place": turn.unit_label(office.unit_id)}


def _text(turn: Turn, invitation: Invitation) -> tuple[str, str]:
    """The text as it is shown, and its SHA-256."""
    pack = turn.world.pack
    now = turn.known.officer
    text = turn.say(
        "duty.offer",
        tasks=turn.label(f"duty.tasks_{invitation.role}"),
        name=pack.organisation.name.of(turn.language),
        server=turn.label(f"join.server_{turn.incoming.channel}"),
        confirmed=invitation.inviter_id is not None,
        present=turn.label(f"duty.role_{now.role}") if now else "",
        **role_values(turn, invitation),
    )
    return text, hashlib.sha256(text.encode()).hexdigest()


async def _pressed(turn: Turn, press: Press) -> Replies:
    if press.step == "decline":
        return _declined(turn)
    if press.step == "take":
        token, _, shown = press.arg.partition(".")
        return await _take(turn, token=token, shown=shown)
    return await unknown_button(turn)


def _declined(turn: Turn) -> Replies:
    stranger = turn.contact_id is None
    turn.close()
    return Replies(messages=(turn.reply("duty.declined"),), forget=stranger)


async def _take(turn: Turn, *, token: str, shown: str) -> Replies:
    """The clear act. The inviter sees the name the messenger shows; it is in her message and nowhere else."""
    invitation = await look_at(turn.known.actor, turn.tx, token=token, at=turn.now)
    _, digest = _text(turn, invitation)
    if shown != digest[:_HASH_SHOWN]:
        return await _offer(turn, token)
    consent = Consent(
        purpose=Purpose.DUTY,
        text_version=turn.label("duty.offer_version"),
        text_hash=digest,
        given_at=turn.now,
        channel=turn.incoming.channel,
        message_ref=turn.incoming.message_ref,
    )
    invitation, turn.contact_id, officer = await take(
        turn.known.actor, turn.tx, token=token, known=turn.known, consent=consent, at=turn.now
    )
    turn.close()
    if officer:
        return Replies(messages=(_begins(turn, officer, language=turn.language),))
    assert invitation.inviter_contact_id is not None  # noqa: S101  (an invitation with an inviter has her contact)
    who = turn.incoming.sender_name or turn.label("invite.nameless")
    number = invitation.invitation_id
    buttons = [
        [turn.button("invite.right", "inv", "right", number), turn.button("invite.wrong", "inv", "wrong", number)]
    ]
    notice = turn.notice(
        invitation.inviter_contact_id,
        "invite.tapped",
        buttons,
        name=who,
        hand_over=invitation.hand_over,
        **role_values(turn, invitation),
    )
    return Replies(messages=(turn.reply("duty.waiting"),), notices=(notice,))


def _begins(turn: Turn, officer: Officer, *, language: str) -> Reply:
    catalog = turn.world.catalog
    text = catalog.say("duty.granted", language=language, **role_values(turn, officer))
    return Reply(
        text=text,
        keyboard=keyboard(officer.role, catalog=catalog, language=language),
        menu=menu_of(officer.role),
    )


async def tell_granted(turn: Turn, officer: Officer) -> Notice:
    """To the new officer: the role has begun, here are its keyboard and commands."""
    return Notice(
        contact_id=officer.contact_id, reply=_begins(turn, officer, language=await _language(turn, officer.contact_id))
    )


async def tell_ended(turn: Turn, officer: Officer) -> Notice:
    """To somebody whose role was ended by another: everybody's keyboard and commands again."""
    catalog, language = turn.world.catalog, await _language(turn, officer.contact_id)
    name = turn.world.pack.organisation.name.of(language)
    reply = Reply(
        text=catalog.say("duty.ended", language=language, name=name, **role_values(turn, officer)),
        keyboard=keyboard(None, catalog=catalog, language=language),
        menu=Menu.PERSON,
    )
    return Notice(contact_id=officer.contact_id, reply=reply)


async def _language(turn: Turn, contact_id: ContactId) -> str:
    contact = await turn.tx.contacts.get(contact_id)
    return contact.language if contact else turn.language


async def _again(turn: Turn) -> Replies:
    """Whatever else is typed at the offer: it is shown again."""
    token = turn.dialogue.step if turn.dialogue else ""
    return await _offer(turn, token)


DUTY = Flow(name=NAME, answer=_again, pressed=_pressed, resume=_again)
