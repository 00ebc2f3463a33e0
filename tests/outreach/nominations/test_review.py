"""Officers: who may read and decide, within which unit, and what nobody sees before the nominee's yes."""

from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import select

from outreach.errors import NotFoundError, PermissionDeniedError, StateError
from outreach.evidence import EvidenceId, EvidenceKind, NewPiece
from outreach.messaging import AccountId, ContactId
from outreach.nominations.model import DECISIONS, NominationId, NominationState, NomineeConsent
from outreach.nominations.review import (
    decide,
    list_newest,
    may_decide,
    open_evidence,
    read_evidence,
    read_lead,
    read_state,
)
from outreach.officers import Actor, Officer, Person, Role
from outreach.units import UnitId
from storage import tables as t
from storage.database import Database
from tests.conftest import NOW

MakePerson = Callable[..., Awaitable[ContactId]]
MakeOfficer = Callable[..., Awaitable[Officer]]


@pytest.fixture
def sent(
    database: Database, person: MakePerson, units: dict[str, UnitId], account_id: AccountId
) -> Callable[..., Awaitable[NominationId]]:
    async def make(*, consent: NomineeConsent = NomineeConsent.GIVEN, unit: str = "06325") -> NominationId:
        nominator = await person()
        async with database.write() as tx:
            number = await tx.nominations.start(nominator, call="quanh-nam", at=NOW)
            for question, value in (("full_name", "Nông Thị Hoa"), ("contact", "phone:+84912345678")):
                await tx.nominations.save_answer(number, question=question, value=value, at=NOW)
            await tx.evidence.add(
                [NewPiece(kind=EvidenceKind.LINK, ref="https://vidu.vn", unique="1")],
                contact_id=nominator,
                account_id=account_id,
                nomination_id=number,
                at=NOW,
            )
            await tx.nominations.change(
                number, at=NOW, state=NominationState.NEW, consent=consent, unit_id=units[unit], field="sport"
            )
        return number

    return make


async def test_a_lead_with_answers_evidence_and_history(
    database: Database, sent: Callable[..., Awaitable[NominationId]], officer: MakeOfficer
) -> None:
    number, admin = await sent(), await officer()
    async with database.write() as tx:
        lead = await read_lead(admin, tx, nomination_id=number, at=NOW)
        assert lead.nomination.answers["full_name"] == "Nông Thị Hoa"
        assert [piece.ref for piece in lead.evidence] == ["https://vidu.vn"]
        nomination, tell = await decide(
            admin, tx, nomination_id=number, state=NominationState.VERIFYING, word="Đang hỏi trường.", at=NOW
        )
        assert nomination.state == NominationState.VERIFYING
        assert tell == lead.nomination.nominator_id
        lead = await read_lead(admin, tx, nomination_id=number, at=NOW)
        assert [(event.state, event.word, event.by) for event in lead.events] == [
            (NominationState.VERIFYING, "Đang hỏi trường.", admin.officer_id)
        ]


async def test_every_reading_is_recorded_where_it_happens(
    database: Database, sent: Callable[..., Awaitable[NominationId]], officer: MakeOfficer
) -> None:
    number, admin = await sent(), await officer()
    async with database.write() as tx:
        await read_lead(admin, tx, nomination_id=number, at=NOW)
        one, pieces = await open_evidence(admin, tx, nomination_id=number, at=NOW)
        assert [piece.ref for piece in pieces] == ["https://vidu.vn"]
        assert not one.answers
        assert not (await read_state(admin, tx, nomination_id=number)).answers
        rows = (await tx.connection.execute(select(t.audit).order_by(t.audit.c.id))).all()
    assert [(row.action, row.subject, row.actor_id, row.data) for row in rows] == [
        ("nomination.read", f"nomination:{number}", admin.officer_id, {}),
        ("evidence.open", f"nomination:{number}", admin.officer_id, {"pieces": "1"}),
    ]


@pytest.mark.parametrize("consent", [NomineeConsent.PENDING, NomineeConsent.REFUSED])
async def test_before_the_yes_nobody_is_named(
    database: Database, sent: Callable[..., Awaitable[NominationId]], officer: MakeOfficer, consent: NomineeConsent
) -> None:
    number, admin = await sent(consent=consent), await officer()
    async with database.write() as tx:
        lead = await read_lead(admin, tx, nomination_id=number, at=NOW)
        assert lead.nomination.answers == {"contact": "phone:+84912345678"}
        assert lead.nomination.consent == NomineeConsent.PENDING
        assert (lead.evidence, lead.nomination.pieces) == ((), 0)
        assert NominationState.FILING not in may_decide(lead.nomination)
        with pytest.raises(StateError):
            await decide(admin, tx, nomination_id=number, state=NominationState.FILING, at=NOW)
        assert (await open_evidence(admin, tx, nomination_id=number, at=NOW))[1] == ()
        with pytest.raises(NotFoundError):
            await read_evidence(admin, tx, evidence_id=EvidenceId(1))
        (listed,) = await list_newest(admin, tx, unit_id=None)
        assert "full_name" not in listed.answers


async def test_roles_and_units(
    database: Database,
    sent: Callable[..., Awaitable[NominationId]],
    officer: MakeOfficer,
    units: dict[str, UnitId],
) -> None:
    number = await sent(unit="06325")
    allowed: list[Actor] = [
        await officer(),
        await officer(Role.REVIEWER),
        await officer(Role.REVIEWER, unit="06325"),
        await officer(Role.OFFICER, unit="06325"),
    ]
    refused: list[Actor] = [
        await officer(Role.EDITOR),
        await officer(Role.OFFICER, unit="05977"),
        await officer(Role.REVIEWER, unit="05977"),
        Person(contact_id=ContactId(1)),
        Person(contact_id=None),
    ]
    async with database.write() as tx:
        for actor in allowed:
            assert await read_lead(actor, tx, nomination_id=number, at=NOW)
            assert await read_evidence(actor, tx, evidence_id=EvidenceId(1))
            assert len(await list_newest(actor, tx, unit_id=units["06325"])) == 1
        for actor in refused:
            with pytest.raises(PermissionDeniedError):
                await read_lead(actor, tx, nomination_id=number, at=NOW)
            with pytest.raises(PermissionDeniedError):
                await open_evidence(actor, tx, nomination_id=number, at=NOW)
            with pytest.raises(PermissionDeniedError):
                await read_state(actor, tx, nomination_id=number)
            with pytest.raises(PermissionDeniedError):
                await read_evidence(actor, tx, evidence_id=EvidenceId(1))
            with pytest.raises(PermissionDeniedError):
                await decide(actor, tx, nomination_id=number, state=NominationState.VERIFYING, at=NOW)
            with pytest.raises(PermissionDeniedError):
                await list_newest(actor, tx, unit_id=units["06325"])
        with pytest.raises(PermissionDeniedError):
            await list_newest(allowed[3], tx, unit_id=None)
        left = await tx.nominations.get(number)
    assert left
    assert left.state == NominationState.NEW


@pytest.mark.parametrize("state", NominationState)
async def test_only_what_the_table_allows(
    database: Database, sent: Callable[..., Awaitable[NominationId]], officer: MakeOfficer, state: NominationState
) -> None:
    number, admin = await sent(), await officer()
    allowed = state in DECISIONS[NominationState.NEW]
    async with database.write() as tx:
        if allowed:
            await decide(admin, tx, nomination_id=number, state=state, at=NOW)
        else:
            with pytest.raises(StateError):
                await decide(admin, tx, nomination_id=number, state=state, at=NOW)


@pytest.mark.parametrize(
    "state", [NominationState.DRAFT, NominationState.INVITED, NominationState.WITHDRAWN, NominationState.LAPSED]
)
async def test_what_was_not_sent_is_not_there(
    database: Database, sent: Callable[..., Awaitable[NominationId]], officer: MakeOfficer, state: NominationState
) -> None:
    number, admin = await sent(), await officer()
    async with database.write() as tx:
        await tx.nominations.change(number, at=NOW, state=state)
        assert await list_newest(admin, tx, unit_id=None) == []
        with pytest.raises(NotFoundError):
            await read_lead(admin, tx, nomination_id=number, at=NOW)
