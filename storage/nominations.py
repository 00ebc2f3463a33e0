"""Nominations with their answers, for the people in them, for officers and for the clock."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, delete, exists, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from outreach.evidence import Evidence, EvidenceId, EvidenceState
from outreach.messaging import ContactId, OfficerId
from outreach.nominations.model import Nomination, NominationEvent, NominationId, NominationState, NomineeConsent
from outreach.units import UnitId
from storage import tables as t
from storage.evidence import doom, evidence_of
from storage.types import Keyring
from storage.upsert import dialect_insert, upsert

_n, _a, _e = t.nomination.c, t.nomination_answer.c, t.evidence.c
_PIECES = (
    select(func.count())
    .where(_e.nomination_id == _n.id, _e.state != EvidenceState.REFUSED)
    .correlate(t.nomination)
    .scalar_subquery()
    .label("pieces")
)


def _whole(picked: Select[Any]) -> Select[Any]:
    """The nominations whose ids `picked` gives, a row for each answer."""
    return (
        select(t.nomination, _PIECES, _a.question, _a.value)
        .outerjoin(t.nomination_answer, _a.nomination_id == _n.id)
        .where(_n.id.in_(picked.correlate(None)))
        .order_by(_n.id.desc())
    )


def _nominations(rows: Iterable[Row[*tuple[Any, ...]]]) -> list[Nomination]:
    answers: dict[int, dict[str, str]] = {}
    first: dict[int, Row[*tuple[Any, ...]]] = {}
    for row in rows:
        first.setdefault(row.id, row)
        given = answers.setdefault(row.id, {})
        if row.question is not None:
            given[row.question] = row.value
    return [_nomination(row, answers=answers[row_id]) for row_id, row in first.items()]


def _nomination(row: Row[*tuple[Any, ...]], *, answers: dict[str, str]) -> Nomination:
    return Nomination(
        nomination_id=NominationId(row.id),
        code=row.code or "",
        call=row.call,
        state=NominationState(row.state),
        consent=NomineeConsent(row.consent),
        for_self=row.for_self,
        nominator_id=None if row.nominator_id is None else ContactId(row.nominator_id),
        nominee_id=None if row.nominee_id is None else ContactId(row.nominee_id),
        unit_id=None if row.unit_id is None else UnitId(row.unit_id),
        field=row.field,
        link_code=row.link_code or "",
        created_at=row.created_at,
        changed_at=row.changed_at,
        sent_at=row.sent_at,
        expires_at=row.expires_at,
        answers=answers,
        pieces=row.pieces,
    )


class SqlNominations:
    def __init__(self, connection: AsyncConnection, *, keyring: Keyring) -> None:
        self._db = connection
        self._keyring = keyring

    async def _find(self, *where: ColumnElement[bool]) -> list[Nomination]:
        return _nominations(await self._db.execute(_whole(select(_n.id).where(*where))))

    def _mac(self, link_code: str) -> bytes:
        return self._keyring.fingerprint("nominee", link_code)

    async def start(self, contact_id: ContactId, *, call: str, at: datetime) -> NominationId:
        statement = insert(t.nomination).values(
            call=call,
            state=NominationState.DRAFT,
            consent=NomineeConsent.PENDING,
            nominator_id=contact_id,
            created_at=at,
            changed_at=at,
        )
        return NominationId((await self._db.execute(statement.returning(_n.id))).scalar_one())

    async def get(self, nomination_id: NominationId) -> Nomination | None:
        return next(iter(await self._find(_n.id == nomination_id)), None)

    async def by_link(self, link_code: str) -> Nomination | None:
        return next(iter(await self._find(_n.link_mac == self._mac(link_code))), None)

    async def list_of(self, contact_id: ContactId) -> list[Nomination]:
        return await self._find(or_(_n.nominator_id == contact_id, _n.nominee_id == contact_id))

    async def save_answer(self, nomination_id: NominationId, *, question: str, value: str, at: datetime) -> None:
        key = {"nomination_id": nomination_id, "question": question}
        await self._db.execute(upsert(self._db, t.nomination_answer, key, {"value": value, "answered_at": at}))

    async def forget_answers(self, nomination_id: NominationId, *, questions: Sequence[str]) -> None:
        await self._db.execute(
            delete(t.nomination_answer).where(_a.nomination_id == nomination_id, _a.question.in_(questions))
        )

    async def change(
        self, nomination_id: NominationId, *, at: datetime, link_code: str | None = None, **values: Any
    ) -> None:
        changed = {name: value for name, value in values.items() if value is not None}
        if link_code is not None:
            changed |= {"link_code": link_code, "link_mac": self._mac(link_code)}
        await self._db.execute(update(t.nomination).where(_n.id == nomination_id).values(changed_at=at, **changed))

    async def strip(self, nomination_id: NominationId, *, keep: Sequence[str], unlink: bool, at: datetime) -> None:
        await doom(self._db, _e.nomination_id == nomination_id)
        await self._db.execute(
            delete(t.nomination_answer).where(_a.nomination_id == nomination_id, _a.question.not_in(keep))
        )
        gone: dict[str, Any] = {"nominee_id": None}
        if unlink:
            gone |= {"link_mac": None, "link_code": None, "unit_id": None, "field": "", "expires_at": None}
        await self._db.execute(update(t.nomination).where(_n.id == nomination_id).values(changed_at=at, **gone))

    async def remove_piece(self, nomination_id: NominationId, *, evidence_id: EvidenceId) -> None:
        await doom(self._db, and_(_e.nomination_id == nomination_id, _e.id == evidence_id))

    async def next_number(self, year: int) -> int:
        statement = dialect_insert(self._db, t.nomination_number).values(year=year, last=1)
        statement = statement.on_conflict_do_update(
            index_elements=["year"], set_={"last": t.nomination_number.c.last + 1}
        ).returning(t.nomination_number.c.last)
        return int((await self._db.execute(statement)).scalar_one())

    async def add_event(
        self,
        nomination_id: NominationId,
        *,
        state: NominationState,
        at: datetime,
        by: OfficerId | None = None,
        word: str = "",
    ) -> None:
        await self._db.execute(
            insert(t.nomination_event).values(
                nomination_id=nomination_id, at=at, state=state, by_officer_id=by, word=word or None
            )
        )

    async def remove(self, nomination_id: NominationId) -> None:
        await doom(self._db, _e.nomination_id == nomination_id)
        await self._db.execute(delete(t.nomination).where(_n.id == nomination_id))


def _idle_since(before: datetime) -> ColumnElement[bool]:
    """A draft to which neither an answer nor evidence was added since."""
    answered = exists().where(_a.nomination_id == _n.id, _a.answered_at >= before).correlate(t.nomination)
    added = exists().where(_e.nomination_id == _n.id, _e.added_at >= before).correlate(t.nomination)
    return and_(_n.state == NominationState.DRAFT, _n.created_at < before, ~answered, ~added)


class SqlNominationDesk:
    def __init__(self, connection: AsyncConnection) -> None:
        self._db = connection

    async def _pick(self, picked: Select[Any]) -> list[Nomination]:
        return _nominations(await self._db.execute(_whole(picked)))

    async def newest(
        self,
        *,
        unit_id: UnitId | None,
        states: Sequence[NominationState],
        before: NominationId | None,
        limit: int,
    ) -> list[Nomination]:
        picked = select(_n.id).where(_n.state.in_(states)).order_by(_n.id.desc()).limit(limit)
        if unit_id is not None:
            picked = picked.where(_n.unit_id == unit_id)
        if before is not None:
            picked = picked.where(_n.id < before)
        return await self._pick(picked)

    async def with_evidence(self, nomination_id: NominationId) -> tuple[Nomination, list[Evidence]] | None:
        stands = and_(_e.nomination_id == _n.id, _e.state != EvidenceState.REFUSED)
        piece = [column.label(f"piece_{column.name}") for column in _e]
        rows = (
            await self._db.execute(
                select(t.nomination, _PIECES, *piece)
                .outerjoin(t.evidence, stands)
                .where(_n.id == nomination_id)
                .order_by(_e.id)
            )
        ).all()
        if not rows:
            return None
        pieces = [
            evidence_of(SimpleNamespace(**{column.name: getattr(row, f"piece_{column.name}") for column in _e}))
            for row in rows
            if row.piece_id is not None
        ]
        return _nomination(rows[0], answers={}), pieces

    async def events(self, nomination_id: NominationId) -> list[NominationEvent]:
        rows = await self._db.execute(
            select(t.nomination_event)
            .where(t.nomination_event.c.nomination_id == nomination_id)
            .order_by(t.nomination_event.c.id)
        )
        return [
            NominationEvent(
                at=row.at,
                state=NominationState(row.state),
                by=None if row.by_officer_id is None else OfficerId(row.by_officer_id),
                word=row.word or "",
            )
            for row in rows
        ]

    async def due_for_reminder(self, *, before: datetime, limit: int) -> list[Nomination]:
        return await self._pick(
            select(_n.id)
            .where(_idle_since(before), _n.reminded_at.is_(None), _n.nominator_id.is_not(None))
            .order_by(_n.id)
            .limit(limit)
        )

    async def mark_reminded(self, ids: Sequence[NominationId], *, at: datetime) -> None:
        await self._db.execute(update(t.nomination).where(_n.id.in_(ids)).values(reminded_at=at))

    async def idle_drafts(self, *, before: datetime, limit: int) -> list[NominationId]:
        rows = await self._db.execute(select(_n.id).where(_idle_since(before)).order_by(_n.id).limit(limit))
        return [NominationId(row) for row in rows.scalars()]

    async def unconfirmed(self, *, now: datetime, limit: int) -> list[Nomination]:
        return await self._pick(
            select(_n.id)
            .where(_n.expires_at <= now, _n.consent != NomineeConsent.GIVEN)
            .order_by(_n.expires_at)
            .limit(limit)
        )
