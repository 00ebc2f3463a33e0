"""Evidence from the messenger to the disk: fetched over HTTP, checked, sealed; refusals are told; a kill only costs time."""

import re
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

import pytest

from bot.channels.telegram.adapter import TelegramChannel
from content.catalog import Catalog
from content.packs.loader import load_pack
from content.readers.evidence import check_evidence
from handlers.nominations.clock import refused_piece
from handlers.turn import World
from outreach.directory import UnitDirectory
from outreach.errors import PermissionDeniedError
from outreach.evidence import (
    MOST_ATTEMPTS,
    Evidence,
    EvidenceKind,
    EvidenceState,
    EvidenceStore,
    NewPiece,
    fetch_evidence,
    wait_after,
)
from outreach.messaging import AccountId, Address, ContactId
from outreach.nominations.model import NominationId, NominationState
from outreach.officers import Person, System
from outreach.outbox import OutboxRow
from outreach.units import UnitId
from simulator.client import Client
from storage.database import Database
from storage.evidence_files import EvidenceFiles
from storage.types import Keyring
from tests.conftest import TestClock

CLOCK = System(name="clock")
Picture = Callable[[int, int], bytes]
Fetch = Callable[..., Awaitable[list[OutboxRow]]]


@pytest.fixture
def store(tmp_path: Path, keyring: Keyring) -> EvidenceFiles:
    return EvidenceFiles(tmp_path / "evidence", keyring=keyring)


@pytest.fixture
def fetch(
    database: Database,
    channel: TelegramChannel,
    account_id: AccountId,
    store: EvidenceFiles,
    clock: TestClock,
    units: dict[str, UnitId],
) -> Fetch:
    pack = load_pack("langson")
    directory = UnitDirectory({row.code: row for row in pack.units}, units, pack.province.code)
    world = World(pack=pack, catalog=Catalog(), units=directory, doors=())

    async def run(
        actor: System | Person = CLOCK, *, into: EvidenceStore = store, most: int = 2_000_000
    ) -> list[OutboxRow]:
        return await fetch_evidence(
            actor,
            transactions=database,
            channels={account_id: channel},
            store=into,
            check=check_evidence,
            tell=partial(refused_piece, world),
            clock=clock,
            max_bytes=most,
        )

    return run


@pytest.fixture
async def sender(person_id: int, person_of: Callable[..., Awaitable[ContactId]]) -> ContactId:
    return await person_of(external_id=str(person_id))


@pytest.fixture
def person_of(database: Database, account_id: AccountId, clock: TestClock) -> Callable[..., Awaitable[ContactId]]:
    async def make(*, external_id: str) -> ContactId:
        async with database.write() as tx:
            return await tx.contacts.create(
                Address(account_id=account_id, external_id=external_id), source="", at=clock()
            )

    return make


@pytest.fixture
async def person_id(simulator: Client) -> int:
    return await simulator.person()


@pytest.fixture
async def nomination(database: Database, sender: ContactId, clock: TestClock) -> NominationId:
    async with database.write() as tx:
        return await tx.nominations.start(sender, call="quanh-nam", at=clock())


@pytest.fixture
async def give(
    simulator: Client,
    person_id: int,
    database: Database,
    sender: ContactId,
    account_id: AccountId,
    nomination: NominationId,
    clock: TestClock,
) -> Callable[[str, bytes], Awaitable[None]]:
    """The person sends a file; a row says that it is wanted."""
    offset = 0

    async def send(name: str, content: bytes) -> None:
        nonlocal offset
        await simulator.give(person_id, "document", (name, content))
        updates = await simulator.call("getUpdates", offset=offset, timeout=1)
        offset = updates[-1]["update_id"] + 1
        document = updates[-1]["message"]["document"]
        piece = NewPiece(kind=EvidenceKind.FILE, ref=document["file_id"], unique=document["file_unique_id"], name=name)
        async with database.write() as tx:
            assert await tx.evidence.add(
                [piece], contact_id=sender, account_id=account_id, nomination_id=nomination, at=clock()
            )

    return send


async def pieces(database: Database, nomination: NominationId) -> list[Evidence]:
    async with database.read() as tx:
        return await tx.evidence.list_of(nomination)


async def test_a_picture_is_fetched_and_sealed(
    fetch: Fetch,
    give: Callable[..., Awaitable[None]],
    picture: Picture,
    database: Database,
    store: EvidenceFiles,
    nomination: NominationId,
) -> None:
    content = picture(60, 40)
    await give("bang-khen.exe", content)
    assert await fetch() == []
    (piece,) = await pieces(database, nomination)
    assert (piece.state, piece.media_type, piece.size) == (EvidenceState.STORED, "image/png", len(content))
    assert await store.get(piece.content_hash) == content


async def test_a_refused_file_is_told_with_what_to_do(
    fetch: Fetch, give: Callable[..., Awaitable[None]], database: Database, nomination: NominationId, sender: ContactId
) -> None:
    await give("anh.jpg", b"MZ" + b"\0" * 500)
    (row,) = await fetch()
    assert row.contact_id == sender
    assert "ảnh (JPG, PNG" in row.reply.text
    assert "gửi lại" in row.reply.text
    assert await pieces(database, nomination) == []
    assert await fetch() == []
    async with database.read() as tx:
        assert len(await tx.outbox.pending(since=row.created_at, limit=9)) == 1


async def test_nothing_can_be_sent_again_for_what_was_handed_in(
    fetch: Fetch, give: Callable[..., Awaitable[None]], database: Database, nomination: NominationId, clock: TestClock
) -> None:
    await give("anh.jpg", b"MZ" + b"\0" * 500)
    async with database.write() as tx:
        await tx.nominations.change(nomination, at=clock(), state=NominationState.NEW, sent_at=clock())
    (row,) = await fetch()
    assert "trong lời giới thiệu bạn đã gửi" in row.reply.text
    assert "loại file này mình không nhận." in row.reply.text
    assert "<b>Hỏi cán bộ</b>" in row.reply.text
    assert "gửi lại" not in row.reply.text


def test_every_refusal_has_words_for_both_cases() -> None:
    catalog = Catalog()
    reasons = ("empty", "too_big", "unknown_kind", "damaged", "too_many_pixels", "has_program", "unreachable")
    for language in ("vi", "en"):
        for reason in reasons:
            before, after = (
                catalog.label(f"nominate.{section}.{reason}", language=language)
                for section in ("refused", "refused_sent")
            )
            assert before
            assert after
            assert not re.search("gửi lại|again", after)


async def test_a_large_file_is_refused_before_it_is_fetched(fetch: Fetch, give: Callable[..., Awaitable[None]]) -> None:
    await give("to.pdf", b"%PDF-" + b"x" * 5000)
    (row,) = await fetch(most=1000)
    assert "lớn quá" in row.reply.text


async def test_what_cannot_be_reached_is_tried_again_with_growing_waits_and_then_told(
    fetch: Fetch,
    give: Callable[..., Awaitable[None]],
    picture: Picture,
    simulator: Client,
    clock: TestClock,
    database: Database,
    nomination: NominationId,
) -> None:
    await give("anh.png", picture(5, 5))
    fault = await simulator.order("faults", {"kind": "502", "method": "getFile", "rate": 1.0})
    for attempt in range(1, MOST_ATTEMPTS):
        assert await fetch() == []
        assert await fetch() == []  # not yet due again
        (piece,) = await pieces(database, nomination)
        assert piece.attempts == attempt
        clock.now += wait_after(attempt)
    (row,) = await fetch()
    assert "nhiều lần chưa được" in row.reply.text
    await simulator.order(f"faults/{fault['id']}", method="DELETE")
    assert await pieces(database, nomination) == []


class DiesError(Exception):
    pass


class Dying:
    """Stores, and dies before the row says so: what a kill -9 leaves behind."""

    def __init__(self, store: EvidenceFiles) -> None:
        self.store = store

    async def put(self, content: bytes) -> str:
        await self.store.put(content)
        raise DiesError

    async def get(self, content_hash: str) -> bytes:
        return await self.store.get(content_hash)

    async def delete(self, content_hash: str) -> None:
        await self.store.delete(content_hash)


async def test_killed_between_file_and_row_it_is_fetched_again(
    fetch: Fetch,
    give: Callable[..., Awaitable[None]],
    picture: Picture,
    clock: TestClock,
    database: Database,
    store: EvidenceFiles,
    nomination: NominationId,
) -> None:
    await give("anh.png", picture(5, 5))
    with pytest.raises(DiesError):
        await fetch(into=Dying(store))
    assert [piece.state for piece in await pieces(database, nomination)] == [EvidenceState.WANTED]
    clock.now += wait_after(1)
    assert await fetch() == []
    assert [piece.state for piece in await pieces(database, nomination)] == [EvidenceState.STORED]


async def test_deleting_the_nomination_deletes_the_file_unless_somebody_else_sent_it(
    fetch: Fetch,
    give: Callable[..., Awaitable[None]],
    picture: Picture,
    database: Database,
    store: EvidenceFiles,
    nomination: NominationId,
    sender: ContactId,
    account_id: AccountId,
    clock: TestClock,
) -> None:
    await give("anh.png", picture(5, 5))
    await fetch()
    (piece,) = await pieces(database, nomination)
    async with database.write() as tx:
        other = await tx.nominations.start(sender, call="quanh-nam", at=clock())
        await tx.evidence.add(
            [NewPiece(kind=EvidenceKind.FILE, ref=piece.ref, unique="x")],
            contact_id=sender,
            account_id=account_id,
            nomination_id=other,
            at=clock(),
        )
    await fetch()
    async with database.write() as tx:
        await tx.nominations.remove(nomination)
    await fetch()
    assert await store.get(piece.content_hash)
    async with database.write() as tx:
        await tx.nominations.remove(other)
    await fetch()
    with pytest.raises(FileNotFoundError):
        await store.get(piece.content_hash)


async def test_only_the_clock_may_fetch(fetch: Fetch, sender: ContactId) -> None:
    with pytest.raises(PermissionDeniedError):
        await fetch(Person(contact_id=sender))


def test_waits_grow_to_an_hour() -> None:
    waits = [wait_after(attempt).total_seconds() for attempt in range(1, 12)]
    assert waits[:3] == [30, 60, 120]
    assert max(waits) == 3600
    assert waits == sorted(waits)
