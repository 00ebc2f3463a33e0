"""How a person becomes an officer and ceases to be one: invitations, hand-over, appointment, end."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from outreach.contacts.model import Consent, Known, Purpose, Subscription
from outreach.errors import InvalidAnswerError, NotFoundError, PermissionDeniedError, StateError
from outreach.messaging import Address, ContactId, OfficerId
from outreach.officers import (
    Action,
    Actor,
    Invitation,
    InvitationId,
    InvitationState,
    Officer,
    Person,
    Role,
    System,
    check_act,
    check_system,
)
from outreach.transaction import Transaction
from outreach.units import UnitId

INVITATION_LASTS = timedelta(days=7)

# Of the secret in a link: 96 bits in 16 letters. Guessing one of a few single-use links in seven days is out of reach,
# and a stored conversation has room for it.
TOKEN_BYTES = 12

# Roles that may hold for the whole province; the others need a unit.
_PROVINCE_WIDE = {Role.ADMIN, Role.EDITOR, Role.REVIEWER}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What a confirmed invitation led to. `successor` is in office; `left` is who handed over and no longer is."""

    successor: Officer
    left: ContactId | None


# The inviter's side


async def invite(
    actor: Actor, tx: Transaction, *, role: Role, unit_id: UnitId | None, token: str, at: datetime
) -> InvitationId:
    """A single-use invitation for seven days. Raise PermissionDeniedError, or InvalidAnswerError when the role needs a unit."""
    check_act(actor, action=Action.INVITE, unit_id=unit_id)
    if unit_id is None and role not in _PROVINCE_WIDE:
        raise InvalidAnswerError("unit_needed")
    inviter = actor.officer_id if isinstance(actor, Officer) else None
    return await _add(actor, tx, role=role, unit_id=unit_id, inviter=inviter, token=token, at=at, hand_over=False)


async def offer_own_role(actor: Actor, tx: Transaction, *, token: str, at: datetime) -> InvitationId:
    """Hand one's own role to a successor: any officer may. Hers ends at the moment she confirms the right person."""
    if not isinstance(actor, Officer):
        raise PermissionDeniedError
    return await _add(
        actor, tx, role=actor.role, unit_id=actor.unit_id, inviter=actor.officer_id, token=token, at=at, hand_over=True
    )


async def _add(
    actor: Actor,
    tx: Transaction,
    *,
    role: Role,
    unit_id: UnitId | None,
    inviter: OfficerId | None,
    token: str,
    at: datetime,
    hand_over: bool,
) -> InvitationId:
    expires_at = at + INVITATION_LASTS
    invitation_id = await tx.officers.add_invitation(
        token=token, role=role, unit_id=unit_id, inviter=inviter, expires_at=expires_at, hand_over=hand_over
    )
    data = {"role": role.value, "unit": unit_id or 0}
    action = "offer_own_role" if hand_over else "invite"
    await tx.audit.record(actor, at=at, action=action, subject=f"invitation:{invitation_id}", data=data)
    return invitation_id


async def confirm_person(actor: Actor, tx: Transaction, *, invitation_id: InvitationId, at: datetime) -> Settled:
    """The inviter says that the right person tapped. Effects: invitation accepted, role granted, on a hand-over her own ended, audit."""
    invitation = await _own_invitation(actor, tx, invitation_id=invitation_id)
    if invitation.state != InvitationState.TAPPED or invitation.tapped_contact_id is None:
        raise StateError("invitation_settled")
    if invitation.expires_at <= at:
        raise StateError("invitation_expired")
    if not invitation.hand_over:
        check_act(actor, action=Action.INVITE, unit_id=invitation.unit_id)
    return await _settle(actor, tx, invitation=invitation, contact_id=invitation.tapped_contact_id, at=at)


async def reject_person(actor: Actor, tx: Transaction, *, invitation_id: InvitationId, at: datetime) -> None:
    """The inviter says that a stranger tapped. Effects: invitation over, what was kept of the stranger is gone, audit."""
    invitation = await _own_invitation(actor, tx, invitation_id=invitation_id)
    await _end_invitation(actor, tx, invitation=invitation, at=at)


async def _own_invitation(actor: Actor, tx: Transaction, *, invitation_id: InvitationId) -> Invitation:
    invitation = await tx.officers.invitation(invitation_id)
    if not isinstance(actor, Officer) or (invitation and invitation.inviter_id != actor.officer_id):
        raise PermissionDeniedError("not_yours")
    if invitation is None:
        raise NotFoundError
    return invitation


async def cancel_invitation(actor: Actor, tx: Transaction, *, invitation_id: InvitationId, at: datetime) -> None:
    """Take back one that nobody was confirmed for; the inviter or whoever may invite there."""
    invitation = await tx.officers.invitation(invitation_id)
    if invitation is None:
        raise NotFoundError
    if not (isinstance(actor, Officer) and invitation.inviter_id == actor.officer_id):
        check_act(actor, action=Action.INVITE, unit_id=invitation.unit_id)
    await _end_invitation(actor, tx, invitation=invitation, at=at)


async def _end_invitation(actor: Actor, tx: Transaction, *, invitation: Invitation, at: datetime) -> None:
    moved = invitation.state in {InvitationState.OPEN, InvitationState.TAPPED} and await tx.officers.move_invitation(
        invitation.invitation_id, expected=invitation.state, state=InvitationState.REFUSED, tapped_by=None, at=at
    )
    if not moved:
        raise StateError("invitation_settled")
    subject = f"invitation:{invitation.invitation_id}"
    await tx.audit.record(actor, at=at, action="end_invitation", subject=subject)
    if invitation.tapped_contact_id is not None:
        await _forget(tx, invitation.tapped_contact_id, at=at)


async def _forget(tx: Transaction, contact_id: ContactId, *, at: datetime) -> None:
    """Take back the consent to an office that never was; whoever is known for nothing else leaves no trace."""
    if await tx.officers.of_contact(contact_id):
        return
    await tx.contacts.withdraw(contact_id, purpose=Purpose.DUTY, how="not_confirmed", at=at)
    contact = await tx.contacts.get(contact_id)
    consents = await tx.contacts.consents(contact_id)
    if contact and contact.subscription == Subscription.NONE and all(one.purpose == Purpose.DUTY for one in consents):
        await tx.contacts.erase(contact_id, at=at, proof=False)


async def close_expired(actor: Actor, tx: Transaction, *, at: datetime) -> int:
    """End the invitations that are past their time, and forget who tapped and was never confirmed; gives how many."""
    check_system(actor)
    expired = [one for one in await tx.officers.unsettled_invitations() if one.expires_at <= at]
    for invitation in expired:
        await _end_invitation(actor, tx, invitation=invitation, at=at)
    return len(expired)


async def end_admin_links(actor: Actor, tx: Transaction, *, at: datetime) -> int:
    """End the command line's links to the whole province that nobody has opened; gives how many. A lost one must not stay a way in."""
    check_system(actor)
    unused = [
        one
        for one in await tx.officers.unsettled_invitations()
        if one.inviter_id is None
        and one.state == InvitationState.OPEN
        and (one.role, one.unit_id) == (Role.ADMIN, None)
    ]
    for invitation in unused:
        await _end_invitation(actor, tx, invitation=invitation, at=at)
    return len(unused)


# The invited person's side


async def look_at(actor: Actor, tx: Transaction, *, token: str, at: datetime) -> Invitation:
    """The invitation behind a link, for somebody who may still take it.

    Raise NotFoundError for an unknown link, StateError when it is used, expired, void or one's own.
    """
    invitation = await tx.officers.find_invitation(token=token)
    if invitation is None:
        raise NotFoundError("invitation_unknown")
    contact_id = None if isinstance(actor, System) else actor.contact_id
    if contact_id is not None and invitation.inviter_contact_id == contact_id:
        raise StateError("invitation_own")
    waiting = invitation.state == InvitationState.TAPPED and invitation.tapped_contact_id == contact_id
    if invitation.state == InvitationState.ACCEPTED and contact_id and invitation.tapped_contact_id == contact_id:
        raise StateError("invitation_taken")  # her own second tap
    if invitation.state != InvitationState.OPEN and not waiting:
        raise StateError("invitation_used")
    if invitation.expires_at <= at:
        raise StateError("invitation_expired")
    if invitation.inviter_id is not None and await tx.officers.get(invitation.inviter_id) is None:
        raise StateError("invitation_void")
    if waiting:
        raise StateError("invitation_waiting")
    return invitation


async def take(
    actor: Actor, tx: Transaction, *, token: str, known: Known, consent: Consent, at: datetime
) -> tuple[Invitation, ContactId, Officer | None]:
    """Consent to the duty and ask for the role. Effects: contact, proof of consent, invitation tapped, audit; the role itself
    at once when the invitation comes from the command line, where nobody has to confirm.

    Raise as `look_at`; of two people at the same moment the second is told that it is used.
    """
    if not isinstance(actor, Person):
        raise PermissionDeniedError
    invitation = await look_at(actor, tx, token=token, at=at)
    contact_id = actor.contact_id
    if contact_id is None:
        contact_id = await tx.contacts.create(known.address, source="", at=at)
    moved = await tx.officers.move_invitation(
        invitation.invitation_id,
        expected=InvitationState.OPEN,
        state=InvitationState.TAPPED,
        tapped_by=contact_id,
        at=at,
    )
    if not moved:
        raise StateError("invitation_used")
    await tx.contacts.add_consent(contact_id, address=known.address, consent=consent)
    if invitation.inviter_id is not None:
        person = Person(contact_id=contact_id)
        subject = f"invitation:{invitation.invitation_id}"
        await tx.audit.record(person, at=at, action="take_invitation", subject=subject)
        return invitation, contact_id, None
    settled = await _settle(System(name="invitation"), tx, invitation=invitation, contact_id=contact_id, at=at)
    return invitation, contact_id, settled.successor


async def _settle(
    actor: Actor, tx: Transaction, *, invitation: Invitation, contact_id: ContactId, at: datetime
) -> Settled:
    moved = await tx.officers.move_invitation(
        invitation.invitation_id,
        expected=InvitationState.TAPPED,
        state=InvitationState.ACCEPTED,
        tapped_by=None,
        at=at,
    )
    if not moved:
        raise StateError("invitation_settled")
    successor = await tx.officers.grant(
        contact_id, role=invitation.role, unit_id=invitation.unit_id, by=invitation.inviter_id, at=at
    )
    left = None
    if invitation.hand_over and isinstance(actor, Officer):
        await _end(tx, actor, how="handed_over", at=at)
        left = actor.contact_id
    data = {"role": successor.role.value, "unit": successor.unit_id or 0, "invitation": invitation.invitation_id}
    await tx.audit.record(actor, at=at, action="grant", subject=f"officer:{successor.officer_id}", data=data)
    return Settled(successor=successor, left=left)


# Offices


async def appoint(
    actor: Actor, tx: Transaction, *, address: Address, role: Role, unit_id: UnitId | None, at: datetime
) -> Officer:
    """Give a role to an address without an invitation: the command line's way in. A role she had ends."""
    check_system(actor)
    if unit_id is None and role not in _PROVINCE_WIDE:
        raise InvalidAnswerError("unit_needed")
    contact_id = await tx.contacts.create(address, source="", at=at, spoke=False)
    officer = await tx.officers.grant(contact_id, role=role, unit_id=unit_id, by=None, at=at)
    data = {"role": role.value, "unit": unit_id or 0}
    await tx.audit.record(actor, at=at, action="grant", subject=f"officer:{officer.officer_id}", data=data)
    return officer


async def end_office(actor: Actor, tx: Transaction, *, officer_id: OfficerId, at: datetime) -> Officer:
    """Revoke a role, or give back one's own. The last admin of the province stays, except for the command line."""
    officer = await tx.officers.get(officer_id)
    if officer is None:
        raise NotFoundError
    own = isinstance(actor, Officer) and actor.officer_id == officer_id
    if not own:
        check_act(actor, action=Action.INVITE, unit_id=officer.unit_id)
    if not isinstance(actor, System) and _is_admin(officer):
        admins = [one for one in await tx.officers.list_active() if _is_admin(one)]
        if len(admins) <= 1:
            raise StateError("last_admin")
    await _end(tx, officer, how="given_back" if own else "revoked", at=at)
    await tx.audit.record(actor, at=at, action="end_office", subject=f"officer:{officer_id}")
    return officer


def _is_admin(officer: Officer) -> bool:
    return officer.role == Role.ADMIN and officer.unit_id is None


async def _end(tx: Transaction, officer: Officer, *, how: str, at: datetime) -> None:
    await tx.officers.end(officer.officer_id, at=at)
    await tx.contacts.withdraw(officer.contact_id, purpose=Purpose.DUTY, how=how, at=at)


async def list_officers(actor: Actor, tx: Transaction) -> Sequence[Officer]:
    """All in office, or those of the actor's own unit."""
    unit_id = _scope(actor)
    return await tx.officers.list_active(unit_id=unit_id)


async def list_invitations(actor: Actor, tx: Transaction, *, at: datetime) -> Sequence[Invitation]:
    """Those that may still be taken or confirmed, the newest first."""
    unit_id = _scope(actor)
    unsettled = await tx.officers.unsettled_invitations()
    return [one for one in unsettled if one.expires_at > at and unit_id in {None, one.unit_id}]


def _scope(actor: Actor) -> UnitId | None:
    unit_id = actor.unit_id if isinstance(actor, Officer) else None
    check_act(actor, action=Action.INVITE, unit_id=unit_id)
    return unit_id
