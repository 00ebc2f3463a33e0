"""A whole SQLite transaction in one hop to the connection's thread.

Over the asyncio face of a connection each statement hops there and back several times, which costs more than the statement. What
works on a window of a campaign has a dozen of them, so it runs in that thread from begin to commit; nothing in it may wait for
anything but the database.
"""

import sqlite3
from collections.abc import Callable, Coroutine
from contextvars import copy_context
from typing import Any, TypeVar, cast

from aiosqlite import Connection as Threaded
from sqlalchemy import Connection, CursorResult, Dialect, Engine, Executable, create_engine, event
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.pool import StaticPool

from outreach.transaction import IN_TRANSACTION
from storage.types import Keyring

T = TypeVar("T")
Work = Callable[[AsyncConnection], Coroutine[Any, Any, T]]


class Inline:
    """Runs work on the connection it is given; keeps what SQLAlchemy learns of its statements."""

    def __init__(self, *, begin: str, keyring: Keyring) -> None:
        self._raw: sqlite3.Connection | None = None
        self._engine = create_engine("sqlite://", creator=self._given, poolclass=StaticPool, hide_parameters=True)
        self._engine.dialect.keyring = keyring  # type: ignore[attr-defined]  # read by storage.types.Sealed
        event.listen(self._engine, "begin", lambda connection: connection.exec_driver_sql(begin))

    def _given(self) -> sqlite3.Connection:
        assert self._raw is not None  # noqa: S101  (set before every transaction)
        return self._raw

    async def run(self, threaded: Threaded, work: Work[T]) -> T:
        """`work` is a coroutine function over one transaction, committed at its end and rolled back on any error."""
        raw = threaded._conn  # noqa: SLF001  (the connection that belongs to the thread)
        into_thread: Callable[..., Coroutine[Any, Any, T]] = threaded._execute  # noqa: SLF001  (the one way)
        return await into_thread(copy_context().run, _whole, self._on(raw), work)

    def _on(self, raw: sqlite3.Connection) -> Engine:
        if raw is not self._raw:
            self._engine.pool = self._engine.pool.recreate()  # the old one is the owner's to close
            self._raw = raw
        return self._engine


def _whole(engine: Engine, work: Work[T]) -> T:
    IN_TRANSACTION.set(True)  # of a context of its own
    with engine.begin() as connection:
        running = work(cast("AsyncConnection", _Face(connection)))
        try:
            running.send(None)
        except StopIteration as end:
            return cast("T", end.value)
        running.close()
        raise RuntimeError("a transaction in one hop waited for something else than the database")


class _Face:
    """As much of an AsyncConnection as storage asks for."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @property
    def dialect(self) -> Dialect:
        return self._connection.dialect

    async def execute(self, statement: Executable, parameters: Any = None) -> CursorResult[Any]:
        return self._connection.execute(statement, parameters)

    async def exec_driver_sql(self, statement: str, parameters: Any = None) -> CursorResult[Any]:
        return self._connection.exec_driver_sql(statement, parameters)
