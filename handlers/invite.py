"""The inviter's side: whom to invite to which role, handing one's own over, confirming who tapped, the list, revoking."""

import secrets

from handlers import duty, units
from handlers.buttons import Press
from handlers.matching import keyboard
from handlers.menu import unknown_button
from handlers.turn import Command, Flow, Labels, Turn
from outreach.contacts.office import (
    INVITATION_LASTS,
    TOKEN_BYTES,
    cancel_invitation,
    confirm_person,
    end_office,
    invite,
    list_invitations,
    list_officers,
    offer_own_role,
    reject_person,
)
from outreach.messaging import Button, Menu, OfficerId, Replies, Reply
from outreach.officers import Action, Invitation, InvitationId, InvitationState, Officer, Role, may_act
from outreach.units import UnitId

NAME = "inv"

_PAGE = 8
_WHOLE = "all"


async def start(turn: Turn) -> Replies:
    """What can be done here: roles to invite to, one's own to hand over or to give back, the lists."""
    turn.leave(NAME)
    officer = turn.officer
    own = duty.role_values(turn, officer)
    buttons = []
    if _may_invite(officer):
        roles = [turn.button(f"duty.role_{role}", NAME, "role", role.value) for role in Role]
        buttons = [roles[:2], roles[2:]]
        buttons.append([turn.button("invite.list", NAME, "list", 0), turn.button("invite.pending", NAME, "pending")])
    buttons.append([turn.button("invite.hand_over", NAME, "hand"), turn.button("invite.resign", NAME, "resign")])
    return turn.answer("invite.start", buttons, invites=_may_invite(officer), **own)


def _may_invite(officer: Officer) -> bool:
    return may_act(officer, action=Action.INVITE, unit_id=officer.unit_id) is None


def _back(turn: Turn) -> Labels:
    return [[turn.button("invite.back", NAME, "start")]]


# Inviting


async def _role(turn: Turn, press: Press) -> Replies:
    if press.arg not in set(Role):
        return await unknown_button(turn)
    role = Role(press.arg)
    own_unit = turn.officer.unit_id
    if own_unit is not None or role == Role.ADMIN:
        return await _invite(turn, role=role, unit_id=own_unit)
    turn.goto(NAME, "unit", data={"role": role.value})
    if role == Role.OFFICER:
        return units.ask(turn, _asking(turn))
    scope = [turn.button("invite.whole", NAME, "scope", _WHOLE), turn.button("invite.one_unit", NAME, "scope", "unit")]
    return turn.answer("invite.scope", [scope, *_back(turn)], role=turn.label(f"duty.role_{role}"))


def _asking(turn: Turn) -> units.Asking:
    return units.Asking(flow=NAME, voice="officer", extra=_back(turn), elsewhere=False)


def _chosen_role(turn: Turn) -> Role | None:
    dialogue = turn.dialogue
    if dialogue is None or dialogue.flow != NAME or "role" not in dialogue.data:
        return None
    return Role(dialogue.data["role"])


async def _scope(turn: Turn, press: Press) -> Replies:
    role = _chosen_role(turn)
    if role is None:
        return await start(turn)
    if press.arg == _WHOLE:
        return await _invite(turn, role=role, unit_id=None)
    turn.goto(NAME, "unit")
    return units.ask(turn, _asking(turn))


async def _unit(turn: Turn, press: Press) -> Replies:
    role = _chosen_role(turn)
    if role is None:
        return await start(turn)
    chosen = units.pressed(turn, press, _asking(turn))
    if isinstance(chosen, Replies):
        return chosen
    return await _invite(turn, role=role, unit_id=chosen)


async def _invite(turn: Turn, *, role: Role, unit_id: UnitId | None) -> Replies:
    token = secrets.token_urlsafe(TOKEN_BYTES)
    await invite(turn.officer, turn.tx, role=role, unit_id=unit_id, token=token, at=turn.now)
    values = {"role": turn.label(f"duty.role_{role}"), "place": turn.unit_label(unit_id)}
    return _link(turn, "invite.made", token=token, values=values)


async def _hand_over(turn: Turn, _press: Press) -> Replies:
    token = secrets.token_urlsafe(TOKEN_BYTES)
    await offer_own_role(turn.officer, turn.tx, token=token, at=turn.now)
    return _link(turn, "invite.hand_over_made", token=token, values=duty.role_values(turn, turn.officer))


def _link(turn: Turn, key: str, *, token: str, values: dict[str, str]) -> Replies:
    """What to do with the link, then the message to forward, alone."""
    turn.leave(NAME)
    word = f"{duty.PREFIX}_{token}"
    ways = turn.world.ways_in(word)
    name = turn.world.pack.organisation.name.of(turn.language)
    explained = turn.reply(key, (), expires=turn.now + INVITATION_LASTS, **values)
    return Replies(messages=(explained, turn.reply("invite.forward", (), name=name, word=word, **ways, **values)))


async def _right(turn: Turn, press: Press) -> Replies:
    settled = await confirm_person(turn.officer, turn.tx, invitation_id=InvitationId(press.number), at=turn.now)
    notice = await duty.tell_granted(turn, settled.successor)
    values = duty.role_values(turn, settled.successor)
    if settled.left is None:
        return Replies(messages=(turn.reply("invite.confirmed", (), **values),), notices=(notice,))
    return Replies(messages=(_left(turn, "invite.handed_over", values=values),), notices=(notice,))


def _left(turn: Turn, key: str, *, values: dict[str, str]) -> Reply:
    """One's own role has ended: everybody's keyboard and commands again."""
    turn.close()
    keys = keyboard(None, catalog=turn.world.catalog, language=turn.language)
    return Reply(text=turn.say(key, **values), keyboard=keys, menu=Menu.PERSON)


async def _wrong(turn: Turn, press: Press) -> Replies:
    await reject_person(turn.officer, turn.tx, invitation_id=InvitationId(press.number), at=turn.now)
    return turn.answer("invite.rejected", _back(turn))


# The lists


async def _list(turn: Turn, press: Press) -> Replies:
    officers = await list_officers(turn.officer, turn.tx)
    shown = officers[press.number * _PAGE :][:_PAGE]
    rows = [[turn.button("invite.line", NAME, "one", one.officer_id, **_line(turn, one))] for one in shown]
    if len(officers) > (press.number + 1) * _PAGE:
        rows.append([turn.button("invite.more", NAME, "list", press.number + 1)])
    return turn.answer("invite.officers", [*rows, *_back(turn)], count=len(officers))


def _line(turn: Turn, officer: Officer) -> dict[str, object]:
    return {
        **duty.role_values(turn, officer),
        "since": officer.since,
        "own": officer.officer_id == turn.officer.officer_id,
    }


async def _find(turn: Turn, officer_id: int) -> Officer | None:
    return next((one for one in await list_officers(turn.officer, turn.tx) if one.officer_id == officer_id), None)


async def _one(turn: Turn, press: Press) -> Replies:
    found = await _find(turn, press.number)
    if found is None:
        return turn.answer("invite.gone", _back(turn))
    if found.officer_id == turn.officer.officer_id:
        return await _resign(turn, press)
    revoke = [turn.button("invite.revoke", NAME, "revoke", press.number)]
    return turn.answer("invite.one", [revoke, *_back(turn)], **_line(turn, found))


async def _revoke(turn: Turn, press: Press) -> Replies:
    ended = await end_office(turn.officer, turn.tx, officer_id=OfficerId(press.number), at=turn.now)
    values = duty.role_values(turn, ended)
    if ended.officer_id == turn.officer.officer_id:
        return Replies(messages=(_left(turn, "invite.resigned", values=values),))
    notice = await duty.tell_ended(turn, ended)
    return Replies(messages=(turn.reply("invite.revoked", _back(turn), **values),), notices=(notice,))


async def _resign(turn: Turn, _press: Press) -> Replies:
    buttons = [[turn.button("invite.resign_yes", NAME, "revoke", turn.officer.officer_id)], *_back(turn)]
    return turn.answer("invite.resign_ask", buttons, **duty.role_values(turn, turn.officer))


async def _pending(turn: Turn, _press: Press) -> Replies:
    invitations = await list_invitations(turn.officer, turn.tx, at=turn.now)
    rows = [_pending_row(turn, one) for one in invitations[:_PAGE]]
    return turn.answer("invite.pending_list", [*rows, *_back(turn)], count=len(invitations))


def _pending_row(turn: Turn, one: Invitation) -> list[Button]:
    tapped = one.state == InvitationState.TAPPED
    values = {**duty.role_values(turn, one), "expires": one.expires_at, "tapped": tapped}
    return [turn.button("invite.cancel", NAME, "cancel", one.invitation_id, **values)]


async def _cancel(turn: Turn, press: Press) -> Replies:
    await cancel_invitation(turn.officer, turn.tx, invitation_id=InvitationId(press.number), at=turn.now)
    return turn.answer("invite.cancelled", _back(turn))


async def _start(turn: Turn, _press: Press) -> Replies:
    return await start(turn)


_STEPS = {
    "start": _start,
    "role": _role,
    "scope": _scope,
    units.STEP: _unit,
    "hand": _hand_over,
    "right": _right,
    "wrong": _wrong,
    "list": _list,
    "one": _one,
    "revoke": _revoke,
    "resign": _resign,
    "pending": _pending,
    "cancel": _cancel,
}


async def _pressed(turn: Turn, press: Press) -> Replies:
    step = _STEPS.get(press.step)
    return await (step(turn, press) if step else unknown_button(turn))


async def _answer(turn: Turn) -> Replies:
    """Words are the name of a unit once a role is chosen; otherwise the choices are shown again."""
    if _chosen_role(turn) is None:
        return await start(turn)
    turn.goto(NAME, "unit")
    return units.read(turn, _asking(turn))


async def _resume(turn: Turn) -> Replies:
    return await start(turn) if _chosen_role(turn) is None else units.ask(turn, _asking(turn))


INVITE = Flow(name=NAME, answer=_answer, pressed=_pressed, resume=_resume, officers_only=True)
MOI = Command(name="moi", run=start, officers_only=True)
