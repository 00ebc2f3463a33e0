"""Questions from people to the officers on duty."""

from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from outreach.messaging import ContactId, OfficerId
from outreach.questions import Question, QuestionId
from outreach.units import UnitId
from storage import tables as t


def _question(row: Row[*tuple[Any, ...]]) -> Question:
    return Question(
        question_id=QuestionId(row.id),
        contact_id=ContactId(row.contact_id),
        unit_id=None if row.unit_id is None else UnitId(row.unit_id),
        text=row.text,
        asked_at=row.asked_at,
        answered_at=row.answered_at,
    )


class SqlQuestions:
    def __init__(self, connection: AsyncConnection) -> None:
        self._db = connection

    async def ask(self, contact_id: ContactId, *, unit_id: UnitId | None, text: str, at: datetime) -> QuestionId:
        statement = insert(t.question).values(contact_id=contact_id, unit_id=unit_id, text=text, asked_at=at)
        return QuestionId((await self._db.execute(statement.returning(t.question.c.id))).scalar_one())

    async def get(self, question_id: QuestionId) -> Question | None:
        row = (await self._db.execute(select(t.question).where(t.question.c.id == question_id))).one_or_none()
        return _question(row) if row else None

    async def answer(self, question_id: QuestionId, *, by: OfficerId, text: str, at: datetime) -> bool:
        result = await self._db.execute(
            update(t.question)
            .where(t.question.c.id == question_id, t.question.c.answered_at.is_(None))
            .values(answer=text, answered_by=by, answered_at=at)
        )
        return bool(result.rowcount)

    async def open_for(self, contact_id: ContactId) -> Question | None:
        row = (
            await self._db.execute(
                select(t.question)
                .where(t.question.c.contact_id == contact_id, t.question.c.answered_at.is_(None))
                .order_by(t.question.c.id.desc())
                .limit(1)
            )
        ).one_or_none()
        return _question(row) if row else None

    async def list_open(self, *, unit_id: UnitId | None, limit: int) -> list[Question]:
        statement = select(t.question).where(t.question.c.answered_at.is_(None))
        if unit_id is not None:
            statement = statement.where(t.question.c.unit_id == unit_id)
        return [_question(row) for row in await self._db.execute(statement.order_by(t.question.c.id).limit(limit))]
