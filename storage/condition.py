"""How a database is doing, for somebody who looks at it from outside: nothing is changed, and no file is made by looking."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from alembic.script import ScriptDirectory
from sqlalchemy import Connection, LargeBinary, Table, func, select, type_coerce
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from outreach.officers import Action, Role, roles_for
from outreach.tokens import TokenPair
from storage import tables as t
from storage.accounts import AccountCondition, look_at_accounts, look_at_pairs
from storage.database import plain_engine
from storage.migrate import alembic_config, current_revision, newest_revision, told
from storage.tables.base import metadata
from storage.types import KEY_ID_BYTES, Keyring, Sealed


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """`problem` is what the engine said instead of answering. Below `revision` nothing is known unless `current`.

    `senders` are officers who send in the whole province. `file` is None on a server. `sealed` says whether anything sealed is kept, `key_fits` whether the key at hand sealed it
    (None: there is no key, or nothing to try it on). `populations` are the codes of units with a denominator for the year. `pairs` of
    tokens by name, where the key fits.
    """

    engine: str
    file: Path | None = None
    missing: bool = False
    problem: str = ""
    version: str = ""
    journal: str = ""
    revision: str | None = None
    current: bool = False
    known: bool = True
    people: int = 0
    admins: int = 0
    senders: int = 0
    sealed: bool = False
    key_fits: bool | None = None
    populations: frozenset[str] = frozenset()
    accounts: tuple[AccountCondition, ...] = ()
    pairs: Mapping[str, TokenPair] = field(default_factory=dict)


async def look_at_database(url: str, *, keyring: Keyring | None, year: int) -> Condition:
    """Never raises for what the database is like; `year` is that of the denominators."""
    parsed = make_url(url)
    file = Path(parsed.database or "") if parsed.get_backend_name() == "sqlite" else None
    name = "sqlite" if file else "postgresql"
    if file and not _is_file(file):
        return Condition(engine=name, file=file, missing=True)
    # Without the pragmas of `Database`: they would switch the journal on that is to be looked at.
    engine = plain_engine(url)
    engine.dialect.keyring = keyring  # type: ignore[attr-defined]  # read by storage.types.Sealed
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(_look, file=file, keyring=keyring, year=year)
    except (DBAPIError, OSError) as error:
        return Condition(engine=name, file=file, problem=told(error))
    finally:
        await engine.dispose()


def _is_file(path: Path) -> bool:
    return path.is_file()


def _look(connection: Connection, *, file: Path | None, keyring: Keyring | None, year: int) -> Condition:
    is_sqlite = connection.dialect.name == "sqlite"
    version = connection.exec_driver_sql("SELECT sqlite_version()" if is_sqlite else "SHOW server_version").scalar_one()
    revision = current_revision(connection)
    found = Condition(
        engine="sqlite" if is_sqlite else "postgresql",
        file=file,
        version=str(version),
        journal=str(connection.exec_driver_sql("PRAGMA journal_mode").scalar_one()) if is_sqlite else "",
        revision=revision,
    )
    if revision != newest_revision():
        return replace(found, known=_is_known(revision))
    key_ids = set(_key_ids(connection))
    admins = select(func.count()).where(t.officer.c.role == Role.ADMIN, t.officer.c.ended_at.is_(None))
    senders = select(func.count()).where(
        t.officer.c.role.in_(roles_for(Action.SEND)), t.officer.c.unit_id.is_(None), t.officer.c.ended_at.is_(None)
    )
    codes = (
        select(t.unit.c.code)
        .join(t.denominator, t.denominator.c.unit_id == t.unit.c.id)
        .where(t.denominator.c.year == year, t.denominator.c.superseded_at.is_(None))
    )
    key_fits = key_ids == {keyring.key_id} if keyring and key_ids else None
    return replace(
        found,
        current=True,
        people=connection.execute(select(func.count()).select_from(t.contact)).scalar_one(),
        admins=connection.execute(admins).scalar_one(),
        senders=connection.execute(senders).scalar_one(),
        sealed=bool(key_ids),
        key_fits=key_fits,
        populations=frozenset(connection.execute(codes).scalars()),
        accounts=look_at_accounts(connection),
        pairs=look_at_pairs(connection) if key_fits else {},
    )


def _is_known(revision: str | None) -> bool:
    """False for a database that a newer program has written."""
    scripts = ScriptDirectory.from_config(alembic_config())
    return revision is None or revision in {script.revision for script in scripts.walk_revisions()}


def _sealed_columns() -> Iterator[tuple[Table, str]]:
    for table in metadata.sorted_tables:
        for column in table.columns:
            if isinstance(column.type, Sealed):
                yield table, column.name


def _key_ids(connection: Connection) -> Iterator[bytes]:
    """The key ids of the newest value in each sealed column."""
    for table, name in _sealed_columns():
        column = type_coerce(table.c[name], LargeBinary)
        newest = select(column).where(table.c[name].is_not(None)).order_by(table.primary_key.columns.values()[0].desc())
        value = connection.execute(newest.limit(1)).scalar_one_or_none()
        if value is not None:
            yield bytes(value)[:KEY_ID_BYTES]
