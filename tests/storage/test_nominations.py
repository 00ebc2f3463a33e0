"""Nominations and evidence on both engines: kept, found, stripped, numbered, and gone without a trace."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from outreach.evidence import EvidenceKind, EvidenceState, NewPiece
from outreach.messaging import AccountId, ContactId
from outreach.nominations.model import SENT, NominationId, NominationState, NomineeConsent
from outreach.units import UnitId
from storage import tables as t
from storage.database import Database
from tests.conftest import NOW

MakePerson = Callable[..., Awaitable[ContactId]]

PHOTO = NewPiece(kind=EvidenceKind.PHOTO, ref="file-1", unique="u1", name="bang khen.jpg", size=5)
LINK = NewPiece(kind=EvidenceKind.LINK, ref="https://example.org/bai-viet", unique="https://example.org/bai-viet")


async def start(database: Database, nominator: ContactId, *, at: datetime = NOW, **answers: str) -> NominationId:
    async with database.write() as tx:
        nomination_id = await tx.nominations.start(nominator, call="quanh-nam", at=at)
        for question, value in answers.items():
            await tx.nominations.save_answer(nomination_id, question=question, value=value, at=at)
    return nomination_id


async def add(database: Database, nomination_id: NominationId | None, contact_id: ContactId, *pieces: NewPiece) -> int:
    async with database.write() as tx:
        return len(
            await tx.evidence.add(
                pieces, contact_id=contact_id, account_id=AccountId(1), nomination_id=nomination_id, at=NOW
            )
        )


async def test_answers_are_kept_overwritten_and_forgotten(database: Database, person: MakePerson) -> None:
    nomination_id = await start(database, await person(), who="agreed", field="sport")
    async with database.write() as tx:
        await tx.nominations.save_answer(nomination_id, question="field", value="arts", at=NOW)
        await tx.nominations.forget_answers(nomination_id, questions=["who"])
        found = await tx.nominations.get(nomination_id)
    assert found
    assert found.answers == {"field": "arts"}
    assert (found.state, found.consent, found.pieces) == (NominationState.DRAFT, NomineeConsent.PENDING, 0)
    async with database.read() as tx:
        assert await tx.nominations.get(NominationId(99)) is None


async def test_the_same_upload_twice_is_one_piece_and_refused_ones_do_not_count(
    database: Database, person: MakePerson
) -> None:
    her = await person()
    nomination_id = await start(database, her, who="self")
    assert await add(database, nomination_id, her, PHOTO, LINK) == 2
    assert await add(database, nomination_id, her, PHOTO) == 0
    async with database.write() as tx:
        assert await tx.evidence.any_wanted(now=NOW)
        claimed = await tx.evidence.claim_wanted(now=NOW, limit=10)
        assert not await tx.evidence.any_wanted(now=NOW)
        assert [piece.kind for piece in claimed] == [EvidenceKind.PHOTO]
        assert await tx.evidence.claim_wanted(now=NOW, limit=10) == []
        again = await tx.evidence.claim_wanted(now=NOW + timedelta(seconds=30), limit=10)
        assert [piece.attempts for piece in again] == [2]
        assert await tx.evidence.mark_refused(claimed[0].evidence_id, reason="damaged")
        assert not await tx.evidence.mark_refused(claimed[0].evidence_id, reason="damaged")
        found = await tx.nominations.get(nomination_id)
        listed = await tx.evidence.list_of(nomination_id)
    assert found
    assert found.pieces == 1
    assert [(piece.kind, piece.state, piece.ref) for piece in listed] == [
        (EvidenceKind.LINK, EvidenceState.STORED, LINK.ref)
    ]


async def test_content_is_doomed_when_no_other_row_has_it(database: Database, person: MakePerson) -> None:
    her = await person()
    first, second = [await start(database, her, who="self") for _ in range(2)]
    for nomination_id in (first, second):
        await add(database, nomination_id, her, PHOTO)
    async with database.write() as tx:
        for piece in await tx.evidence.claim_wanted(now=NOW, limit=10):
            assert await tx.evidence.mark_stored(
                piece.evidence_id, content_hash="ab" * 32, media_type="image/jpeg", size=9
            )
        await tx.nominations.remove(first)
        assert await tx.evidence.doomed(limit=10) == []
        await tx.nominations.strip(second, keep=[], unlink=False, at=NOW)
        assert await tx.evidence.doomed(limit=10) == ["ab" * 32]
        await tx.evidence.forget_doomed(["ab" * 32])
        assert await tx.evidence.doomed(limit=10) == []


async def test_content_that_came_too_late_is_doomed(database: Database, person: MakePerson) -> None:
    her = await person()
    nomination_id = await start(database, her)
    await add(database, nomination_id, her, PHOTO)
    async with database.write() as tx:
        (piece,) = await tx.evidence.claim_wanted(now=NOW, limit=10)
        await tx.nominations.remove(nomination_id)
        assert not await tx.evidence.mark_stored(
            piece.evidence_id, content_hash="cd" * 32, media_type="image/png", size=1
        )
        assert await tx.evidence.doomed(limit=10) == ["cd" * 32]


async def test_numbers_run_within_a_year(database: Database) -> None:
    async with database.write() as tx:
        assert [await tx.nominations.next_number(year) for year in (2026, 2026, 2027, 2026)] == [1, 2, 1, 3]


async def test_the_link_finds_it_until_it_is_unlinked(database: Database, person: MakePerson) -> None:
    nomination_id = await start(database, await person(), who="not_yet", contact="chat")
    nominee = await person()
    async with database.write() as tx:
        await tx.nominations.change(
            nomination_id, at=NOW, link_code="K7M2PQ", nominee_id=nominee, field="sport", expires_at=NOW
        )
        found = await tx.nominations.by_link("K7M2PQ")
        assert found
        assert (found.nomination_id, found.link_code, found.nominee_id) == (nomination_id, "K7M2PQ", nominee)
        assert await tx.nominations.by_link("K7M2PX") is None
        assert [one.nomination_id for one in await tx.nominations.list_of(nominee)] == [nomination_id]
        await tx.nominations.strip(nomination_id, keep=["contact"], unlink=True, at=NOW)
        assert await tx.nominations.by_link("K7M2PQ") is None
        left = await tx.nominations.get(nomination_id)
    assert left
    assert (left.answers, left.nominee_id, left.field, left.link_code, left.expires_at) == (
        {"contact": "chat"},
        None,
        "",
        "",
        None,
    )


async def test_officers_read_newest_first_and_within_their_unit(
    database: Database, person: MakePerson, units: dict[str, UnitId]
) -> None:
    nominator = await person()
    ids = [await start(database, nominator) for _ in range(4)]
    async with database.write() as tx:
        for nomination_id, unit in zip(ids, ("06325", "05977", "06325"), strict=False):
            await tx.nominations.change(nomination_id, at=NOW, state=NominationState.NEW, unit_id=units[unit])
        desk = tx.nomination_desk
        every = await desk.newest(unit_id=None, states=sorted(SENT), before=None, limit=2)
        rest = await desk.newest(unit_id=None, states=sorted(SENT), before=every[-1].nomination_id, limit=2)
        own = await desk.newest(unit_id=units["06325"], states=sorted(SENT), before=None, limit=9)
    assert [one.nomination_id for one in [*every, *rest]] == [ids[2], ids[1], ids[0]]
    assert [one.nomination_id for one in own] == [ids[2], ids[0]]


async def test_a_draft_is_recalled_once_and_idle_by_its_last_answer(database: Database, person: MakePerson) -> None:
    her = await person()
    nomination_id = await start(database, her, who="self")
    quiet = await start(database, her)
    async with database.write() as tx:
        await tx.nominations.save_answer(nomination_id, question="field", value="arts", at=NOW + timedelta(hours=20))
        desk = tx.nomination_desk
        later = NOW + timedelta(hours=1)
        assert [one.nomination_id for one in await desk.due_for_reminder(before=later, limit=9)] == [quiet]
        await desk.mark_reminded([quiet], at=later)
        assert await desk.due_for_reminder(before=later, limit=9) == []
        assert await desk.idle_drafts(before=later, limit=9) == [quiet]
        assert await desk.idle_drafts(before=NOW + timedelta(hours=21), limit=9) == [nomination_id, quiet]


async def test_events_keep_the_word(database: Database, person: MakePerson) -> None:
    nomination_id = await start(database, await person())
    async with database.write() as tx:
        await tx.nominations.add_event(nomination_id, state=NominationState.NEW, at=NOW)
        await tx.nominations.add_event(nomination_id, state=NominationState.VERIFYING, at=NOW, word="Đang hỏi trường.")
        events = await tx.nomination_desk.events(nomination_id)
    assert [(event.state, event.word) for event in events] == [
        (NominationState.NEW, ""),
        (NominationState.VERIFYING, "Đang hỏi trường."),
    ]


@pytest.mark.parametrize("state", [NominationState.DRAFT, NominationState.NEW])
async def test_erasing_a_nominator(database: Database, person: MakePerson, state: NominationState) -> None:
    """An unfinished one goes; a sent one stays without her, her contact answer and her name on the evidence."""
    her = await person()
    nomination_id = await start(database, her, who="agreed", full_name="Nông Thị Hoa", contact="phone:+84912345678")
    await add(database, nomination_id, her, PHOTO)
    async with database.write() as tx:
        await tx.nominations.change(nomination_id, at=NOW, state=state)
        await tx.contacts.erase(her, at=NOW)
        left = await tx.nominations.get(nomination_id)
        evidence = await tx.evidence.list_of(nomination_id)
    if state == NominationState.DRAFT:
        assert left is None
        assert evidence == []
    else:
        assert left
        assert left.nominator_id is None
        assert left.answers == {"who": "agreed", "full_name": "Nông Thị Hoa"}
        assert [piece.contact_id for piece in evidence] == [None]


@pytest.mark.parametrize("for_self", [True, False])
async def test_erasing_a_nominee_takes_what_is_about_her(
    database: Database, person: MakePerson, *, for_self: bool
) -> None:
    nominator, her = await person(), await person()
    writer = her if for_self else nominator
    nomination_id = await start(database, writer, full_name="Nông Thị Hoa", contact="chat")
    await add(database, nomination_id, writer, PHOTO)
    async with database.write() as tx:
        await tx.nominations.change(
            nomination_id,
            at=NOW,
            state=NominationState.NEW,
            for_self=for_self,
            nominee_id=None if for_self else her,
            field="arts",
            link_code="K7M2PQ",
        )
        await tx.contacts.erase(her, at=NOW)
        left = await tx.nominations.get(nomination_id)
        assert await tx.nominations.by_link("K7M2PQ") is None
        rows = (await tx.connection.execute(select(func.count()).select_from(t.evidence))).scalar_one()
    assert left
    assert left.state == NominationState.WITHDRAWN
    assert (left.field, left.nominee_id, rows) == ("", None, 0)
    assert left.answers == ({} if for_self else {"contact": "chat"})
