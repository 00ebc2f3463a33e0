"""Column types: aware instants, and text that is sealed before it reaches the disk."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Column, Integer, MetaData, Table, insert, select
from sqlalchemy.exc import StatementError

from outreach.messaging import AccountId, Address, ContactId, Reply
from outreach.outbox import Target
from storage.database import Database
from storage.types import Json, Keyring, Sealed, UnsealError, UtcDateTime
from storage.units import sync_units
from tests.conftest import TestClock

SECRET_WORDS = "Nguyễn Thị Sao Băng 0912345678"
SAMPLE = Table(
    "sample",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("at", UtcDateTime),
    Column("raw", Json),
    Column("sealed", Sealed("sample.sealed")),
)


@pytest.fixture
async def sample(database: Database) -> Table:
    async with database.write() as tx:
        await tx.connection.run_sync(SAMPLE.metadata.create_all)
    return SAMPLE


@pytest.mark.parametrize(
    "instant",
    [
        datetime(2026, 10, 12, 3, 4, 5, 678901, tzinfo=UTC),
        datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
        datetime(2026, 10, 12, 10, 4, 5, tzinfo=timezone(timedelta(hours=7))),
    ],
)
async def test_an_instant_comes_back_to_the_microsecond(database: Database, sample: Table, instant: datetime) -> None:
    async with database.write() as tx:
        await tx.connection.execute(insert(sample).values(at=instant))
        stored = (await tx.connection.execute(select(sample.c.at))).scalar_one()
        before = (await tx.connection.execute(select(sample.c.id).where(sample.c.at <= instant))).all()
        after = (await tx.connection.execute(select(sample.c.id).where(sample.c.at > instant))).all()
    assert stored == instant
    assert stored.tzinfo == UTC
    assert (len(before), len(after)) == (1, 0)


async def test_an_instant_without_a_zone_is_refused(database: Database, sample: Table) -> None:
    with pytest.raises(StatementError, match="without a time zone"):
        async with database.write() as tx:
            await tx.connection.execute(insert(sample).values(at=datetime(2026, 10, 12)))  # noqa: DTZ001  (that is the point)


async def test_structures_keep_their_letters(database: Database, sample: Table) -> None:
    value = {"đ": ["ộ", 1, None, {"x": True}]}
    async with database.write() as tx:
        await tx.connection.execute(insert(sample).values(raw=value))
        assert (await tx.connection.execute(select(sample.c.raw))).scalar_one() == value
        text = (await tx.connection.exec_driver_sql("SELECT raw FROM sample")).scalar_one()
    assert "ộ" in text


async def test_sealed_text_comes_back_and_two_seals_differ(database: Database, sample: Table) -> None:
    async with database.write() as tx:
        await tx.connection.execute(
            insert(sample), [{"sealed": SECRET_WORDS}, {"sealed": SECRET_WORDS}, {"sealed": None}]
        )
        opened = (await tx.connection.execute(select(sample.c.sealed).order_by(sample.c.id))).scalars().all()
        raw = (await tx.connection.exec_driver_sql("SELECT sealed FROM sample ORDER BY id")).scalars().all()
    assert opened == [SECRET_WORDS, SECRET_WORDS, None]
    assert raw[0] != raw[1]
    assert SECRET_WORDS.encode() not in bytes(raw[0])


async def test_another_key_does_not_open_it(database: Database, sample: Table, url: str) -> None:
    async with database.write() as tx:
        await tx.connection.execute(insert(sample).values(sealed=SECRET_WORDS))
    other = Database(url, keyring=Keyring("another secret of the tests, as long"))
    with pytest.raises(UnsealError, match="another key"):
        async with other.read() as tx:
            (await tx.connection.execute(select(sample.c.sealed))).all()
    await other.close()


@given(plain=st.text(), position=st.integers(min_value=0), bit=st.integers(min_value=0, max_value=7))
def test_whatever_is_altered_is_noticed(keyring: Keyring, plain: str, position: int, bit: int) -> None:
    sealed = keyring.seal(plain.encode(), context="a.b", nonce=bytes(12))
    assert keyring.unseal(sealed, context="a.b").decode() == plain
    altered = bytearray(sealed)
    altered[position % len(sealed)] ^= 1 << bit
    with pytest.raises(UnsealError):
        keyring.unseal(bytes(altered), context="a.b")
    with pytest.raises(UnsealError):
        keyring.unseal(sealed, context="a.c")  # moved to another column


def test_a_fingerprint_depends_on_purpose_and_key(keyring: Keyring) -> None:
    one = keyring.fingerprint("address", "1:5")
    assert one == keyring.fingerprint("address", "1:5")
    assert len({one, keyring.fingerprint("invitation", "1:5"), keyring.fingerprint("address", "1:6")}) == 3
    assert one != Keyring("another secret of the tests, as long").fingerprint("address", "1:5")


async def test_what_people_wrote_is_not_readable_in_the_files(
    sqlite_url: str, tmp_path: Path, keyring: Keyring, langson: object, clock: TestClock
) -> None:
    database = Database(sqlite_url, keyring=keyring)
    async with database.write() as tx:
        await sync_units(tx.connection, langson)  # type: ignore[arg-type]  # the session's pack
        contact_id = await tx.contacts.create(
            Address(account_id=AccountId(1), external_id="5"), source="src", at=clock()
        )
        await tx.questions.ask(contact_id, unit_id=None, text=SECRET_WORDS, at=clock())
        await tx.outbox.add([(Target(contact_id=contact_id), Reply(text=SECRET_WORDS))], at=clock())
    searched = b""
    for file in sorted(tmp_path.iterdir()):  # the database and its write-ahead log
        searched += file.read_bytes()
    await database.close()
    assert b"src" in searched  # what is clear is found: the search looks at the right bytes
    for word in ("Sao Băng", "0912345678"):
        assert word.encode() not in searched, word


async def test_what_was_erased_is_in_no_file_after_the_checkpoint(
    sqlite_url: str, tmp_path: Path, keyring: Keyring, clock: TestClock
) -> None:
    database = Database(sqlite_url, keyring=keyring)
    async with database.write() as tx:
        contact_id = await tx.contacts.create(
            Address(account_id=AccountId(1), external_id="987654321012"), source="src_dau_vet", at=clock()
        )
    async with database.write() as tx:
        await tx.contacts.erase(ContactId(contact_id), at=clock())
    await database.truncate_wal()
    searched = b"".join(file.read_bytes() for file in sorted(tmp_path.iterdir()))
    await database.close()
    assert len(searched) > 100_000
    assert b"987654321012" not in searched
    assert b"src_dau_vet" not in searched
