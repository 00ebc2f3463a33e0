"""What officers do with nominations that were sent: list, read, decide. Each within the unit of the officer.

Before the nominee's own yes nobody sees whom it is about: a refusal deletes that, and must look like silence.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from outreach.errors import NotFoundError, StateError
from outreach.evidence import Evidence, EvidenceId
from outreach.messaging import ContactId
from outreach.nominations.model import (
    DECISIONS,
    SENT,
    Nomination,
    NominationEvent,
    NominationId,
    NominationState,
    NomineeConsent,
)
from outreach.officers import Action, Actor, Officer, check_act
from outreach.transaction import Transaction
from outreach.units import UnitId

PAGE = 5
MOST_OF_A_WORD = 500  # characters

# Only with the nominee's yes: an official file is about to be made.
_NEEDS_YES = frozenset({NominationState.FILING})


@dataclass(frozen=True, slots=True, kw_only=True)
class Lead:
    """A nomination as officers read it, its evidence and its history."""

    nomination: Nomination
    evidence: tuple[Evidence, ...]
    events: tuple[NominationEvent, ...]


async def list_newest(
    actor: Actor,
    tx: Transaction,
    *,
    unit_id: UnitId | None,
    states: Sequence[NominationState] = tuple(sorted(SENT)),
    before: NominationId | None = None,
    limit: int = PAGE,
) -> list[Nomination]:
    """Newest first; `unit_id` None is the whole province, `before` the last one of the page above."""
    check_act(actor, action=Action.REVIEW, unit_id=unit_id)
    found = await tx.nomination_desk.newest(unit_id=unit_id, states=states, before=before, limit=limit)
    return [one.veiled() for one in found]


async def read_lead(actor: Actor, tx: Transaction, *, nomination_id: NominationId, at: datetime) -> Lead:
    """All that an officer may read of one. Effects: audit, that it was read.

    Raises NotFoundError for what was not sent, lapsed or was taken back; PermissionDeniedError outside the officer's unit.
    """
    found = await _sent(actor, tx, nomination_id=nomination_id)
    evidence = await tx.evidence.list_of(nomination_id) if found.revealed else []
    events = await tx.nomination_desk.events(nomination_id)
    await tx.audit.record(actor, at=at, action="nomination.read", subject=f"nomination:{nomination_id}")
    return Lead(nomination=found.veiled(), evidence=tuple(evidence), events=tuple(events))


async def open_evidence(
    actor: Actor, tx: Transaction, *, nomination_id: NominationId, at: datetime
) -> tuple[Nomination, tuple[Evidence, ...]]:
    """All pieces of one, which comes without its answers. Effects: audit, which pieces were opened. Raises as `read_lead`.

    Two statements, however many pieces there are.
    """
    found, pieces = await tx.nomination_desk.with_evidence(nomination_id) or (None, [])
    checked = _check_sent(actor, found)
    opened = tuple(pieces) if checked.revealed else ()
    if opened:
        numbers = ",".join(str(piece.evidence_id) for piece in opened)
        subject = f"nomination:{nomination_id}"
        await tx.audit.record(actor, at=at, action="evidence.open", subject=subject, data={"pieces": numbers})
    return checked.veiled(), opened


async def read_evidence(actor: Actor, tx: Transaction, *, evidence_id: EvidenceId) -> Evidence:
    """One piece, whose file leaves now: `open_evidence` has recorded it, and everything is checked again."""
    piece = await tx.evidence.get(evidence_id)
    if piece is None or piece.nomination_id is None:
        raise NotFoundError
    found = await _sent(actor, tx, nomination_id=NominationId(piece.nomination_id))
    if not found.revealed:
        raise NotFoundError
    return piece


async def read_state(actor: Actor, tx: Transaction, *, nomination_id: NominationId) -> Nomination:
    """What `may_decide` and its question want to know: nothing about anybody, so no reading is recorded. Raises as `read_lead`."""
    found = await _sent(actor, tx, nomination_id=nomination_id)
    return replace(found.veiled(), answers={})


def may_decide(nomination: Nomination) -> tuple[NominationState, ...]:
    """The states an officer may set now, in the order of the work."""
    allowed = DECISIONS.get(nomination.state, frozenset())
    return tuple(
        state for state in NominationState if state in allowed and (nomination.revealed or state not in _NEEDS_YES)
    )


async def decide(
    actor: Actor,
    tx: Transaction,
    *,
    nomination_id: NominationId,
    state: NominationState,
    word: str = "",
    at: datetime,
) -> tuple[Nomination, ContactId | None]:
    """Set a state with a word to the nominator; gives it as it now is, and who is to be told (None after erasure).

    Effects: state, event with the word, audit. Raises StateError when two officers press at once or the state does not follow.
    """
    found = await _sent(actor, tx, nomination_id=nomination_id)
    if state not in may_decide(found):
        raise StateError
    await tx.nominations.change(nomination_id, at=at, state=state)
    by = actor.officer_id if isinstance(actor, Officer) else None
    await tx.nominations.add_event(nomination_id, state=state, at=at, by=by, word=word[:MOST_OF_A_WORD])
    await tx.audit.record(
        actor,
        at=at,
        action="nomination.decide",
        subject=f"nomination:{nomination_id}",
        data={"from": found.state, "to": state},
    )
    return replace(found.veiled(), state=state), found.nominator_id


async def _sent(actor: Actor, tx: Transaction, *, nomination_id: NominationId) -> Nomination:
    return _check_sent(actor, await tx.nominations.get(nomination_id))


def _check_sent(actor: Actor, found: Nomination | None) -> Nomination:
    if found is None or found.state not in SENT:
        raise NotFoundError
    check_act(actor, action=Action.REVIEW, unit_id=found.unit_id)
    return found


def waits_for_yes(nomination: Nomination) -> bool:
    return not nomination.for_self and nomination.consent != NomineeConsent.GIVEN
