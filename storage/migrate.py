"""Bring a database to the newest shape. Data is never dropped; on SQLite a copy is put aside first."""

import itertools
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, event, pool
from sqlalchemy.engine import URL, Engine, make_url
from sqlalchemy.exc import DBAPIError

from storage.database import plain_engine

_FOLDER = Path(__file__).parent / "migrations"


class MigrationError(Exception):
    """The database could not be brought up to date; it is as it was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Migrated:
    """From which revision to which (None: an empty database), and where the copy lies (None: none was needed)."""

    before: str | None
    after: str
    copy: Path | None


def alembic_config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    return config


def newest_revision() -> str:
    return str(ScriptDirectory.from_config(alembic_config()).get_current_head())


def sync_url(url: str) -> URL:
    """Migrations run once and alone, so they use SQLAlchemy without asyncio where the driver allows it."""
    parsed = make_url(url)
    return parsed.set(drivername="sqlite") if parsed.get_backend_name() == "sqlite" else parsed


def current_revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def migrate_sqlite(url: str, *, now: datetime, to: str = "head") -> Migrated:
    engine = create_engine(
        sync_url(url), poolclass=pool.NullPool, connect_args={"isolation_level": None}, hide_parameters=True
    )
    _own_transactions(engine)
    path = Path(engine.url.database or "")
    path.parent.mkdir(parents=True, exist_ok=True)
    with engine.connect() as connection:
        before = current_revision(connection)
    copy = None
    if before is not None and before != newest_revision():
        copy = _free(path.with_name(f"{path.name}.{before}.{now:%Y%m%d%H%M%S}"))
        with closing(engine.raw_connection()) as connection:  # without the transaction that SQLAlchemy would begin
            connection.cursor().execute("VACUUM INTO ?", (str(copy),))
    with engine.connect() as connection:
        _run(connection, lambda config: command.upgrade(config, to))
        after = current_revision(connection) or ""
    engine.dispose()
    return Migrated(before=before, after=after, copy=copy)


def _free(path: Path) -> Path:
    """The path, or one beside it that nothing has yet: a copy is never written over."""
    names = (path.with_name(f"{path.name}-{number}") for number in itertools.count(2))
    return path if not path.exists() else next(name for name in names if not name.exists())


def _own_transactions(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def _on_connect(connection: Any, _record: object) -> None:
        # A batch ALTER rebuilds a table; with foreign keys on, dropping the old one would delete its children.
        connection.execute("PRAGMA foreign_keys=OFF")
        connection.execute("PRAGMA journal_mode=WAL")

    @event.listens_for(engine, "begin")
    def _on_begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def run_on(connection: Connection, *, to: str = "head") -> Migrated:
    """For PostgreSQL: inside a connection of the caller's, through `AsyncConnection.run_sync`."""
    before = current_revision(connection)
    _run(connection, lambda config: command.upgrade(config, to))
    return Migrated(before=before, after=current_revision(connection) or "", copy=None)


def _run(connection: Connection, work: Callable[[Config], None]) -> None:
    config = alembic_config()
    config.attributes["connection"] = connection
    connection.rollback()  # whatever reading opened
    work(config)
    connection.commit()


async def migrate(url: str, *, now: datetime, to: str = "head") -> Migrated:
    """Upgrade to `to` (the newest revision unless told otherwise). Raises MigrationError."""
    try:
        if make_url(url).get_backend_name() == "sqlite":
            return migrate_sqlite(url, now=now, to=to)
        return await _migrate_server(url, to=to)
    except (DBAPIError, OSError) as error:
        raise MigrationError(told(error)) from error


async def _migrate_server(url: str, *, to: str) -> Migrated:
    engine = plain_engine(url)
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(run_on, to=to)
    finally:
        await engine.dispose()


def told(error: DBAPIError | OSError) -> str:
    """What the engine says, in one line, without the statement and its values."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    return (str(cause).splitlines() or [type(cause).__name__])[0]
