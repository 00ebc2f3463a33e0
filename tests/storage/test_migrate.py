"""Migrations: the shape they lead to is the tables', no row is lost on the way, and there is no way back but the copy."""

import re
import shutil
import sqlite3
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Boolean, CheckConstraint, Connection, Date, Float, Integer, MetaData, String, inspect, select

import storage.migrate as migrations
from storage.database import Database, plain_engine
from storage.migrate import MigrationError, alembic_config, migrate, newest_revision
from storage.tables import metadata
from storage.types import Json, Keyring, Sealed, UtcDateTime
from tests.conftest import NOW

REVISIONS = [
    script.revision for script in reversed(list(ScriptDirectory.from_config(alembic_config()).walk_revisions()))
]


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path}/deep/folder/loatre.db"
    return str(request.getfixturevalue("empty_postgres_url"))


async def on(url: str, work: Callable[[Connection], Any]) -> Any:
    engine = plain_engine(url)
    async with engine.connect() as connection:
        result = await connection.run_sync(work)
    await engine.dispose()
    return result


async def test_the_shape_is_that_of_the_tables(empty_url: str) -> None:
    done = await migrate(empty_url, now=NOW)
    assert (done.before, done.after, done.copy) == (None, newest_revision(), None)

    def differences(connection: Connection) -> list[Any]:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": False})
        found: list[Any] = list(compare_metadata(context, metadata))
        inspector = inspect(connection)
        for table in metadata.sorted_tables:  # what Alembic does not compare
            wanted = {
                str(constraint.name) for constraint in table.constraints if isinstance(constraint, CheckConstraint)
            }
            there = {str(check["name"]) for check in inspector.get_check_constraints(table.name)}
            if wanted != there:
                found.append((table.name, wanted ^ there))
            key = inspector.get_pk_constraint(table.name)["constrained_columns"]
            if key != [column.name for column in table.primary_key]:
                found.append((table.name, key))
        return found

    assert len(metadata.tables) > 25
    assert await on(empty_url, differences) == []


async def test_migrating_twice_changes_nothing(empty_url: str) -> None:
    await migrate(empty_url, now=NOW)
    done = await migrate(empty_url, now=NOW)
    assert (done.before, done.after, done.copy) == (newest_revision(), newest_revision(), None)


def value_for(column: Any, *, row: int, known: dict[str, list[int]], allowed: set[str]) -> Any:
    """Something that fits the column, different in every row. `allowed`: the words of the table's checks as it is now."""
    for key in column.foreign_keys:
        parents = known.get(key.column.table.name, [])
        return parents[row % len(parents)] if parents else None  # the first of a table that points to itself
    checks = [c for c in column.table.constraints if isinstance(c, CheckConstraint)]
    for check in checks:
        text = str(check.sqltext)
        if text.startswith(f"{column.name} IN ("):
            words = text.split("(")[1].rstrip(")").replace("'", "").split(", ")
            there = [word for word in words if word in allowed]
            return there[row % len(there)]
    kind = column.type
    by_kind: list[tuple[Any, Any]] = [
        (UtcDateTime, NOW),
        (Json, ["đ"]),
        (Sealed, f"kín {row}"),
        (Boolean, True),
        (Date, date(2026, 1, 1 + row)),
        (Float, 1.5),
        (Integer, row + 1),
        (String, f"{row}đ"[: getattr(kind, "length", None) or 99]),
    ]
    return next((value for cls, value in by_kind if isinstance(kind, cls)), bytes([row]))


def fill(connection: Connection) -> dict[str, int]:
    """Two rows in every table there is that has none, all columns filled; gives rows per table."""
    now = MetaData()
    now.reflect(connection)
    known: dict[str, list[int]] = {}
    there_before = counted(connection)
    for table in metadata.sorted_tables:
        if table.name not in now.tables:
            continue
        if there_before[table.name]:
            if "id" in table.columns:
                known[table.name] = list(connection.execute(select(table.c.id)).scalars())
            continue
        there = now.tables[table.name].columns
        checks = inspect(connection).get_check_constraints(table.name)
        allowed = {word for check in checks for word in re.findall(r"'([^']+)'", check["sqltext"])}
        for row in range(2):
            values = {
                column.name: value_for(column, row=row, known=known, allowed=allowed)
                for column in table.columns
                if column.name in there and not (column.name == "id" and column.primary_key)
            }
            result = connection.execute(table.insert().values(values))
            if "id" in table.columns:
                known.setdefault(table.name, []).append(next(iter(result.inserted_primary_key or ())))
    return counted(connection)


def counted(connection: Connection) -> dict[str, int]:
    names = [name for name in inspect(connection).get_table_names() if name != "alembic_version"]
    return {name: connection.exec_driver_sql(f'SELECT count(*) FROM "{name}"').scalar_one() for name in names}  # noqa: S608  (our own names)


async def test_every_table_filled_survives_every_migration(empty_url: str, keyring: Keyring) -> None:
    """From the first revision, with two rows in every table there is, to the next; a table that a revision adds is filled too."""
    before: dict[str, int] = {}
    for revision in REVISIONS:
        await migrate(empty_url, now=NOW, to=revision)
        after = await on(empty_url, counted)
        assert {name: after.get(name) for name in before} == before, revision
        database = Database(empty_url, keyring=keyring)
        async with database.write() as tx:
            before = await tx.connection.run_sync(fill)
        await database.close()
        assert set(before.values()) == {2}, revision
    assert set(before) == {table.name for table in metadata.sorted_tables}


SECOND = """
import sqlalchemy as sa
from alembic import op

revision = "9999"
down_revision = "{newest}"


def upgrade():
    with op.batch_alter_table("contact", recreate="always") as batch:
        batch.add_column(sa.Column("nickname", sa.String(20), nullable=False, server_default="x"))
    {more}
"""


@pytest.fixture
def with_second(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Add a later migration, in a copy of the folder: one that rebuilds a table which half of the others point to."""

    def add(more: str) -> None:
        folder = tmp_path / "migrations"
        if not folder.exists():
            shutil.copytree(migrations._FOLDER, folder)
        text = SECOND.format(newest=REVISIONS[-1], more=more)
        (folder / "versions" / "9999_second.py").write_text(text, encoding="utf-8")
        monkeypatch.setattr(migrations, "_FOLDER", folder)

    return add


async def filled(url: str, *, keyring: Keyring) -> dict[str, int]:
    await migrate(url, now=NOW)
    database = Database(url, keyring=keyring)
    async with database.write() as tx:
        before: dict[str, int] = await tx.connection.run_sync(fill)
    await database.close()
    return before


async def test_a_rebuilt_parent_keeps_its_children_and_a_copy_is_put_aside(
    tmp_path: Path, keyring: Keyring, with_second: Callable[[str], None]
) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path}/loatre.db"
    before = await filled(url, keyring=keyring)
    with_second("")
    done = await migrate(url, now=datetime(2026, 10, 12, 3, 4, 5, tzinfo=UTC))
    assert (done.before, done.after) == (REVISIONS[-1], "9999")
    assert done.copy == tmp_path / f"loatre.db.{REVISIONS[-1]}.20261012030405"
    assert await on(url, counted) == before
    with sqlite3.connect(done.copy) as copy:
        assert copy.execute("SELECT count(*) FROM delivery").fetchone() == (2,)
        assert copy.execute("SELECT version_num FROM alembic_version").fetchone() == (REVISIONS[-1],)
    copy.close()

    def columns(connection: Connection) -> set[str]:
        return {column["name"] for column in inspect(connection).get_columns("contact")}

    assert "nickname" in await on(url, columns)


async def test_a_migration_that_loses_a_parent_is_undone(
    tmp_path: Path, keyring: Keyring, with_second: Callable[[str], None]
) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path}/loatre.db"
    before = await filled(url, keyring=keyring)
    with_second('op.execute("DELETE FROM contact")')
    with pytest.raises(MigrationError, match="rows would point nowhere"):
        await migrate(url, now=NOW)
    assert await on(url, counted) == before
    with_second("raise RuntimeError('half way')")
    with pytest.raises(RuntimeError):
        await migrate(url, now=NOW)
    assert await on(url, counted) == before
    assert len(list(tmp_path.glob("loatre.db.*2026*"))) == 2  # a copy for each attempt, none written over


def test_no_migration_leads_back() -> None:
    """Data is never dropped: who wants back takes the copy, so no script knows a way."""
    scripts = list(ScriptDirectory.from_config(alembic_config()).walk_revisions())
    assert [script.revision for script in scripts if hasattr(script.module, "downgrade")] == []
    assert len(scripts) == len(REVISIONS) >= 1
