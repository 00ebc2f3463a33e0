"""A nomination: what somebody says about a talented young person, and how far it has come. It is a lead, no official file."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import NewType

from outreach.messaging import ContactId, OfficerId
from outreach.units import UnitId

NominationId = NewType("NominationId", int)


class NominationState(StrEnum):
    DRAFT = "draft"  # the nominator is still writing
    INVITED = (
        "invited"  # the nominee has not been asked yet: only what contact needs is kept, her yes opens the form again
    )
    NEW = "new"
    VERIFYING = "verifying"
    CONTACTED = "contacted"
    FILING = "filing"  # officers build the official file
    UNSUITABLE = "unsuitable"
    WITHDRAWN = "withdrawn"  # taken back, by the nominator or by a nominee who had said yes
    LAPSED = "lapsed"  # no yes of the nominee in time; all that was about her is gone


class NomineeConsent(StrEnum):
    PENDING = "pending"
    GIVEN = "given"
    REFUSED = "refused"  # never shown to anybody: it looks like PENDING until it lapses


# What an officer may set, from where.
DECISIONS: dict[NominationState, frozenset[NominationState]] = {
    NominationState.NEW: frozenset(
        {
            NominationState.VERIFYING,
            NominationState.CONTACTED,
            NominationState.FILING,
            NominationState.UNSUITABLE,
        }
    ),
    NominationState.VERIFYING: frozenset(
        {NominationState.CONTACTED, NominationState.FILING, NominationState.UNSUITABLE}
    ),
    NominationState.CONTACTED: frozenset(
        {NominationState.VERIFYING, NominationState.FILING, NominationState.UNSUITABLE}
    ),
    NominationState.FILING: frozenset({NominationState.CONTACTED, NominationState.UNSUITABLE}),
    NominationState.UNSUITABLE: frozenset({NominationState.VERIFYING}),
}

# Those that officers see.
SENT = frozenset(DECISIONS)
# Those that wait for somebody, so that their nominator may still take them back.
OPEN = SENT | {NominationState.INVITED}

# The answer that is the nominator's own, not the nominee's: it survives a refusal, so that the refusal looks like silence.
CONTACT = "contact"


@dataclass(frozen=True, slots=True, kw_only=True)
class Nomination:
    """`answers`: question code -> value as given. `pieces` counts the evidence. `code` is given when it is sent.

    `expires_at`: until then the nominee may say yes; None when nobody has to any more.
    """

    nomination_id: NominationId
    code: str
    call: str
    state: NominationState
    consent: NomineeConsent
    for_self: bool
    nominator_id: ContactId | None
    nominee_id: ContactId | None
    unit_id: UnitId | None
    field: str
    link_code: str = ""
    created_at: datetime
    changed_at: datetime
    sent_at: datetime | None = None
    expires_at: datetime | None = None
    answers: Mapping[str, str] = dataclasses.field(default_factory=dict)
    pieces: int = 0

    @property
    def revealed(self) -> bool:
        """Whether officers may see whom it is about: only she herself can agree to that."""
        return self.for_self or self.consent == NomineeConsent.GIVEN

    def veiled(self) -> "Nomination":
        """As the nominator's list and officers see it: a refusal looks like silence, and before a yes nobody is named."""
        if self.revealed:
            return self
        kept = {code: value for code, value in self.answers.items() if code == CONTACT}
        return replace(self, consent=NomineeConsent.PENDING, nominee_id=None, answers=kept, pieces=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class NominationEvent:
    """A state and, where an officer set it, a word to the nominator."""

    at: datetime
    state: NominationState
    by: OfficerId | None = None
    word: str = ""
