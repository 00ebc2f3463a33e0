"""One question from a person to the officers on duty, one answer back."""

from dataclasses import dataclass
from datetime import datetime
from typing import NewType, Protocol

from outreach.messaging import ContactId, OfficerId
from outreach.units import UnitId

QuestionId = NewType("QuestionId", int)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    question_id: QuestionId
    contact_id: ContactId
    unit_id: UnitId | None
    text: str
    asked_at: datetime
    answered_at: datetime | None


class Questions(Protocol):
    async def ask(self, contact_id: ContactId, *, unit_id: UnitId | None, text: str, at: datetime) -> QuestionId: ...

    async def get(self, question_id: QuestionId) -> Question | None: ...

    async def answer(self, question_id: QuestionId, *, by: OfficerId, text: str, at: datetime) -> bool:
        """False when somebody answered before."""

    async def open_for(self, contact_id: ContactId) -> Question | None: ...

    async def list_open(self, *, unit_id: UnitId | None, limit: int) -> list[Question]: ...
