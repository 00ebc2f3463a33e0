"""The database: there, reachable, of today's shape, sealed with the key at hand."""

from collections.abc import Iterator

from bot.app import Condition
from bot.commands.checks.finding import Code, Finding, broken, ok, warn
from bot.settings import Settings

# Below this release two connections could reset the write-ahead log under each other.
_SQLITE_MENDED = (3, 51, 3)


def check_database(found: Condition, *, settings: Settings) -> Iterator[Finding]:
    yield from _key(found, settings=settings)
    if found.missing:
        yield warn(Code.DATABASE_MISSING, file=str(found.file))
    elif found.problem:
        yield broken(Code.DATABASE_UNREACHABLE, problem=found.problem)
    elif not found.known:
        yield broken(Code.DATABASE_NEWER)
    elif not found.current:
        yield broken(Code.DATABASE_BEHIND)
    else:
        yield ok(Code.DATABASE_OK, engine=found.engine, version=found.version, people=found.people)
    if found.engine == "sqlite" and found.version:
        yield from _sqlite(found)
    if found.current and not found.admins:
        yield warn(Code.NO_ADMIN)


def _key(found: Condition, *, settings: Settings) -> Iterator[Finding]:
    if settings.secret_key is None:
        yield broken(Code.KEY_MISSING)
    elif found.key_fits is False:
        yield broken(Code.KEY_OTHER)


def _sqlite(found: Condition) -> Iterator[Finding]:
    if tuple(int(part) for part in found.version.split(".")) < _SQLITE_MENDED:
        yield warn(Code.SQLITE_OLD, version=found.version, mended=".".join(str(part) for part in _SQLITE_MENDED))
    if found.journal != "wal":
        yield warn(Code.JOURNAL_WRONG, journal=found.journal)
