"""Who may do what. Every function of this package that writes, or reads about people, asks here first."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType, Protocol

from outreach.errors import PermissionDeniedError
from outreach.messaging import Address, ContactId, OfficerId
from outreach.units import UnitId

InvitationId = NewType("InvitationId", int)


class Role(StrEnum):
    ADMIN = "admin"  # everything, in the whole province
    EDITOR = "editor"  # writes and sends
    REVIEWER = "reviewer"  # reads nominations and decides
    OFFICER = "officer"  # sends, reviews and declares within one unit


class Action(StrEnum):
    SEND = "send"
    REVIEW = "review"
    DECLARE = "declare"
    SEE_COVERAGE = "see_coverage"
    ANSWER = "answer"
    PUBLISH_NEWS = "publish_news"
    INVITE = "invite"
    SET_DENOMINATORS = "set_denominators"


_ALLOWED: dict[Role, frozenset[Action]] = {
    Role.ADMIN: frozenset(Action),
    Role.EDITOR: frozenset({Action.SEND, Action.PUBLISH_NEWS, Action.SEE_COVERAGE, Action.ANSWER}),
    Role.REVIEWER: frozenset({Action.REVIEW, Action.SEE_COVERAGE, Action.ANSWER}),
    Role.OFFICER: frozenset({Action.SEND, Action.REVIEW, Action.DECLARE, Action.SEE_COVERAGE, Action.ANSWER}),
}


def roles_for(action: Action) -> list[Role]:
    """Who may do it at all, each within her unit; in the order of the roles."""
    return [role for role in Role if action in _ALLOWED[role]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Officer:
    """A person with a role. `unit_id` None means the whole province."""

    officer_id: OfficerId
    contact_id: ContactId
    role: Role
    unit_id: UnitId | None
    since: datetime | None = None  # given where officers are listed


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody acting for herself; `contact_id` None before anything is stored about her."""

    contact_id: ContactId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """The clock or the command line; `name` says which part."""

    name: str


Actor = Officer | Person | System


def may_act(actor: Actor, *, action: Action, unit_id: UnitId | None = None) -> str | None:
    """The reason code why not, or None. `unit_id` None asks for the whole province."""
    if isinstance(actor, System):
        return None
    if isinstance(actor, Person) or action not in _ALLOWED[actor.role]:
        return "not_allowed"
    if actor.unit_id is not None and actor.unit_id != unit_id:
        return "other_unit"
    return None


def check_act(actor: Actor, *, action: Action, unit_id: UnitId | None = None) -> None:
    """Raise PermissionDeniedError unless the actor's role and unit cover the action."""
    reason = may_act(actor, action=action, unit_id=unit_id)
    if reason:
        raise PermissionDeniedError(reason, action=action)


def check_self(actor: Actor, *, contact_id: ContactId) -> None:
    """Raise PermissionDeniedError unless the actor is that person (or the system)."""
    if isinstance(actor, System):
        return
    if actor.contact_id != contact_id:
        raise PermissionDeniedError("not_yours")


def check_system(actor: Actor) -> None:
    """Raise PermissionDeniedError unless the clock or the command line acts: this is nobody's to do from a chat."""
    if not isinstance(actor, System):
        raise PermissionDeniedError


class InvitationState(StrEnum):
    OPEN = "open"
    TAPPED = "tapped"  # somebody opened the link; the inviter still has to say it is the right person
    ACCEPTED = "accepted"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """A single-use link bound to role and unit. `inviter_id` None: made on the command line, nobody has to confirm it.

    `hand_over`: the role is the inviter's own, and hers ends when the other's begins.
    """

    invitation_id: InvitationId
    role: Role
    unit_id: UnitId | None
    inviter_id: OfficerId | None
    inviter_contact_id: ContactId | None
    state: InvitationState
    expires_at: datetime
    hand_over: bool = False
    tapped_contact_id: ContactId | None = None


class Officers(Protocol):
    async def get(self, officer_id: OfficerId) -> Officer | None:
        """None when the office has ended."""

    async def of_contact(self, contact_id: ContactId) -> Officer | None: ...

    async def grant(
        self, contact_id: ContactId, *, role: Role, unit_id: UnitId | None, by: OfficerId | None, at: datetime
    ) -> Officer:
        """Give the role; whatever role the person had before ends at the same moment."""

    async def end(self, officer_id: OfficerId, *, at: datetime) -> None: ...

    async def list_active(self, *, unit_id: UnitId | None = None) -> list[Officer]: ...

    async def on_duty(self, *, action: Action, unit_id: UnitId | None) -> list[Officer]:
        """Those who may act on that unit: its own officers first, otherwise the province's."""

    async def add_invitation(
        self,
        *,
        token: str,
        role: Role,
        unit_id: UnitId | None,
        inviter: OfficerId | None,
        expires_at: datetime,
        hand_over: bool = False,
    ) -> InvitationId: ...

    async def find_invitation(self, *, token: str) -> Invitation | None: ...

    async def invitation(self, invitation_id: InvitationId) -> Invitation | None: ...

    async def unsettled_invitations(self) -> list[Invitation]:
        """Those that are open or tapped, past their time or not; the newest first."""

    async def move_invitation(
        self,
        invitation_id: InvitationId,
        *,
        expected: InvitationState,
        state: InvitationState,
        tapped_by: ContactId | None,
        at: datetime,
    ) -> bool:
        """False when it was no longer in the expected state: somebody else was first."""

    async def address_of(self, contact_id: ContactId) -> Address | None: ...
