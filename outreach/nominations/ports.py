"""What must be remembered about nominations."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from outreach.evidence import Evidence, EvidenceId
from outreach.messaging import ContactId, OfficerId
from outreach.nominations.model import Nomination, NominationEvent, NominationId, NominationState, NomineeConsent
from outreach.units import UnitId


class Nominations(Protocol):
    """For the people in it. Everything that is read comes with its answers, in one statement."""

    async def start(self, contact_id: ContactId, *, call: str, at: datetime) -> NominationId: ...

    async def get(self, nomination_id: NominationId) -> Nomination | None: ...

    async def by_link(self, link_code: str) -> Nomination | None: ...

    async def list_of(self, contact_id: ContactId) -> list[Nomination]:
        """Those this person wrote and those that are about her, newest first."""

    async def save_answer(self, nomination_id: NominationId, *, question: str, value: str, at: datetime) -> None:
        """Insert or overwrite one answer."""

    async def forget_answers(self, nomination_id: NominationId, *, questions: Sequence[str]) -> None: ...

    async def change(
        self,
        nomination_id: NominationId,
        *,
        at: datetime,
        state: NominationState | None = None,
        consent: NomineeConsent | None = None,
        code: str | None = None,
        for_self: bool | None = None,
        nominee_id: ContactId | None = None,
        unit_id: UnitId | None = None,
        field: str | None = None,
        link_code: str | None = None,
        sent_at: datetime | None = None,
        expires_at: datetime | None = None,
    ) -> None:
        """Write what is not None."""

    async def strip(self, nomination_id: NominationId, *, keep: Sequence[str], unlink: bool, at: datetime) -> None:
        """Delete the evidence and every answer but `keep`, and the nominee's link to the row.

        `unlink` also takes the field, the unit, the end of the term and the code that opens it.
        """

    async def remove_piece(self, nomination_id: NominationId, *, evidence_id: EvidenceId) -> None:
        """One piece of its evidence; nothing when it belongs to another."""

    async def next_number(self, year: int) -> int:
        """1, 2, 3 … within a year, without a gap unless a turn fails."""

    async def add_event(
        self,
        nomination_id: NominationId,
        *,
        state: NominationState,
        at: datetime,
        by: OfficerId | None = None,
        word: str = "",
    ) -> None: ...

    async def remove(self, nomination_id: NominationId) -> None:
        """The row, its answers, events and evidence."""


class NominationDesk(Protocol):
    """For officers and for the clock."""

    async def newest(
        self,
        *,
        unit_id: UnitId | None,
        states: Sequence[NominationState],
        before: NominationId | None,
        limit: int,
    ) -> list[Nomination]:
        """Sent ones, newest first; `unit_id` None takes the whole province, `before` pages on."""

    async def with_evidence(self, nomination_id: NominationId) -> tuple[Nomination, list[Evidence]] | None:
        """With one statement: the nomination without its answers, and its evidence as `EvidenceRows.list_of` gives it."""

    async def events(self, nomination_id: NominationId) -> list[NominationEvent]: ...

    async def due_for_reminder(self, *, before: datetime, limit: int) -> list[Nomination]:
        """Drafts in which nothing happened since, that were not recalled yet."""

    async def mark_reminded(self, ids: Sequence[NominationId], *, at: datetime) -> None: ...

    async def idle_drafts(self, *, before: datetime, limit: int) -> list[NominationId]: ...

    async def unconfirmed(self, *, now: datetime, limit: int) -> list[Nomination]:
        """Those whose nominee has not said yes and whose term is over."""
