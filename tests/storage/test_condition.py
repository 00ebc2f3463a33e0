"""Looking at a database from outside, on both engines: what is there is told, and nothing is made or changed."""

from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime
from pathlib import Path

from outreach.messaging import ContactId
from outreach.officers import Officer
from outreach.reach.model import Denominator
from outreach.units import UnitId
from storage.condition import look_at_database
from storage.database import Database
from storage.types import Keyring

NOW = datetime(2026, 10, 12, 3, 0, tzinfo=UTC)


async def test_a_whole_database(
    url: str,
    database: Database,
    keyring: Keyring,
    units: dict[str, UnitId],
    person: Callable[..., Awaitable[ContactId]],
    officer: Callable[..., Awaitable[Officer]],
) -> None:
    await officer()
    contact_id = await person()
    rows = [
        Denominator(unit_id=units["06325"], year=year, count=900, source="thử", dated_on=date(2026, 1, 1))
        for year in (2026, 2027)
    ]
    async with database.write() as tx:
        await tx.denominators.put(rows[:1], by=None, at=NOW)
        await tx.denominators.put(rows, by=None, at=NOW)  # the first one is superseded

    found = await look_at_database(url, keyring=keyring, year=2026)
    assert (found.current, found.known, found.missing, found.problem) == (True, True, False, "")
    assert (found.people, found.admins, found.populations) == (2, 1, frozenset({"06325"}))
    assert (found.sealed, found.key_fits) == (False, None), "nothing is sealed yet, so no key can be tried"
    assert found.journal == ("wal" if found.engine == "sqlite" else "")
    assert (await look_at_database(url, keyring=keyring, year=2028)).populations == frozenset()

    async with database.write() as tx:
        await tx.questions.ask(contact_id, unit_id=None, text="Một câu hỏi", at=NOW)
    tried = [
        await look_at_database(url, keyring=key, year=2026)
        for key in (keyring, Keyring("another secret that is long enough"), None)
    ]
    assert [one.key_fits for one in tried] == [True, False, None]
    assert all(one.sealed for one in tried)


async def test_an_empty_server(empty_postgres_url: str) -> None:
    found = await look_at_database(empty_postgres_url, keyring=None, year=2026)
    assert (found.engine, found.revision, found.current, found.known) == ("postgresql", None, False, True)


async def test_looking_makes_no_file(tmp_path: Path) -> None:
    found = await look_at_database(f"sqlite+aiosqlite:///{tmp_path / 'no.db'}", keyring=None, year=2026)
    assert found.missing
    assert not list(tmp_path.iterdir())


async def test_a_server_that_is_not_there(tmp_path: Path) -> None:
    url = f"postgresql+asyncpg://postgres@/nothing?host={tmp_path}"
    found = await look_at_database(url, keyring=None, year=2026)
    assert found.problem
    assert not found.current
