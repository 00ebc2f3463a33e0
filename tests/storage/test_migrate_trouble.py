"""A database that cannot be opened is one line, without a statement and without a password."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from storage.migrate import MigrationError, migrate

NOW = datetime(2026, 10, 12, 3, 0, tzinfo=UTC)


async def trouble(url: str) -> str:
    with pytest.raises(MigrationError) as raised:
        await migrate(url, now=NOW)
    said = str(raised.value)
    assert said
    assert "\n" not in said
    assert "hush" not in said
    return said


async def test_a_server_that_is_not_there() -> None:
    assert "Connect call failed" in await trouble("postgresql+asyncpg://user:hush@127.0.0.1:1/name")


async def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "a_file").write_text("no folder")
    assert await trouble(f"sqlite+aiosqlite:///{tmp_path / 'a_file' / 'loatre.db'}")


async def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    file = tmp_path / "other.db"
    file.write_text("no database, but long enough to be taken for one\n" * 20)
    assert "not a database" in await trouble(f"sqlite+aiosqlite:///{file}")
    assert file.read_text().startswith("no database"), "it is left as it was"
