"""The two engines, the one writer, and the transactions on them. No other `create_async_engine` in the code."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any, TypeVar, cast

from aiosqlite import Connection as Threaded
from sqlalchemy import event, literal, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool, NullPool

from outreach.contacts.windows import Windows
from outreach.errors import CollisionError, NotKeptError
from outreach.transaction import IN_TRANSACTION
from storage.inline import Inline
from storage.session import Session
from storage.tables import account
from storage.types import Keyring

# After this many turns one bulk step goes, so that a campaign never stands still however busy people are.
_TURNS_BEFORE_BULK = 8
T = TypeVar("T")

_COLLISIONS = frozenset({"40001", "40P01"})  # SQLSTATE: serialization failure, deadlock
# SQLite: busy, no memory, read-only, an error of the disk, full. SQLSTATE classes: connection, resources, operator, system.
_SQLITE_FOR_NOW = frozenset({5, 7, 8, 10, 13})
_POSTGRES_FOR_NOW = frozenset({"08", "53", "57", "58"})
_LONGEST_TRANSACTION = 5.0  # seconds that the end waits
_BEGIN_WRITE = "BEGIN IMMEDIATE"
_SQLITE_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    "busy_timeout=10000",
    "secure_delete=ON",
    "temp_store=MEMORY",
    "journal_size_limit=67108864",
    # Pages that each window of a campaign writes anew go to the file once for several windows.
    "wal_autocheckpoint=4000",  # pages: 16 MB
)


class WriterLock:
    """One writer at a time; people's turns pass bulk steps, but every eighth time bulk goes first."""

    def __init__(self) -> None:
        self._busy = False
        self._waiting: tuple[deque[asyncio.Future[None]], deque[asyncio.Future[None]]] = (deque(), deque())
        self._turns_in_a_row = 0

    async def acquire(self, *, bulk: bool) -> None:
        if not self._busy:
            self._busy = True
            return
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[bulk].append(place)
        try:
            await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled():
                self.release()
            raise

    def release(self) -> None:
        turns, bulk = self._waiting
        while turns or bulk:
            take_bulk = bool(bulk) and (not turns or self._turns_in_a_row >= _TURNS_BEFORE_BULK)
            self._turns_in_a_row = 0 if take_bulk else self._turns_in_a_row + 1
            place = (bulk if take_bulk else turns).popleft()
            if not place.done():
                place.set_result(None)
                return
        self._busy = False


class Database:
    """Engines for one URL. Implements the port `Transactions`."""

    def __init__(self, url: str, *, keyring: Keyring, windows: Windows | None = None) -> None:
        self.url = make_url(url)
        self.windows = windows or Windows()
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self._lock = WriterLock() if self.is_sqlite else None
        if self.is_sqlite:
            self.write_engine = _sqlite_engine(url, size=1, begin=_BEGIN_WRITE, read_only=False)
            self._inline = Inline(begin=_BEGIN_WRITE, keyring=keyring)
            self.read_engine = _sqlite_engine(url, size=4, begin="BEGIN", read_only=True)
        else:
            # hide_parameters: what people wrote must not stand in an error's text, and so in a log.
            self.write_engine = create_async_engine(
                url, pool_size=8, max_overflow=0, pool_pre_ping=True, hide_parameters=True
            )
            self.read_engine = self.write_engine
        for engine in (self.write_engine, self.read_engine):
            engine.dialect.keyring = keyring  # type: ignore[attr-defined]  # read by storage.types.Sealed
        self.keyring = keyring
        self._open = 0  # transactions
        self._closed = False
        self._idle = asyncio.Event()
        self._idle.set()

    @contextmanager
    def _counted(self) -> Iterator[None]:
        """A transaction begun after the end would open a connection that nobody closes any more."""
        if self._closed:
            raise RuntimeError("the database is closed")
        self._open += 1
        self._idle.clear()
        try:
            yield
        finally:
            self._open -= 1
            if not self._open:
                self._idle.set()

    @asynccontextmanager
    async def write(self, *, bulk: bool = False) -> AsyncIterator[Session]:
        """Commit at the end, roll back on any error; on SQLite the lock keeps everything to one writer.

        Raises CollisionError, and NotKeptError where the database takes nothing for now.
        """
        if self._lock:
            await self._lock.acquire(bulk=bulk)
        try:
            with self._counted():
                async with self.write_engine.begin() as connection:
                    with _marked():
                        yield self._session(connection)
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", "") in _COLLISIONS:
                raise CollisionError from error
            if _is_for_now(error):
                raise NotKeptError from error
            raise
        finally:
            if self._lock:
                self._lock.release()

    async def in_bulk(self, work: Callable[[Session], Coroutine[Any, Any, T]]) -> T:
        """`work` in a transaction as `write(bulk=True)` opens it; on SQLite in one hop, so it may wait for nothing but the database."""
        if not self._lock:
            async with self.write(bulk=True) as tx:
                return await work(tx)
        await self._lock.acquire(bulk=True)
        try:
            with self._counted():
                async with self.write_engine.connect() as connection:
                    threaded = cast("Threaded", (await connection.get_raw_connection()).driver_connection)
                    return await self._inline.run(threaded, lambda own: work(self._session(own)))
        finally:
            self._lock.release()

    def _session(self, connection: AsyncConnection) -> Session:
        return Session(connection, keyring=self.keyring, windows=self.windows)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Session]:
        with self._counted():
            async with self.read_engine.connect() as connection, connection.begin():
                if not self.is_sqlite:
                    await connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
                with _marked():
                    yield self._session(connection)

    async def answer(self) -> None:
        """Raise unless a table of ours can be read."""
        async with self.read() as tx:
            await tx.connection.execute(select(literal(1)).select_from(account).limit(1))

    async def truncate_wal(self) -> bool:
        """Empty the write-ahead log, so that what was erased stands in no file any more (SQLite only).

        False while a reader still needs the log: to be called again.
        """
        if not self._lock:
            return True
        await self._lock.acquire(bulk=True)
        try:
            async with self.write_engine.connect() as connection:
                raw = await connection.get_raw_connection()
                cursor = await raw.driver_connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # type: ignore[union-attr]  # always aiosqlite's here
                busy = await cursor.fetchone()
                await cursor.close()
        finally:
            self._lock.release()
        return bool(busy) and busy[0] == 0

    async def close(self) -> None:
        """Let no transaction begin any more, and wait for those that are open: a connection in use survives its pool."""
        self._closed = True
        with suppress(TimeoutError):
            await asyncio.wait_for(self._idle.wait(), _LONGEST_TRANSACTION)
        await self.write_engine.dispose()
        if self.read_engine is not self.write_engine:
            await self.read_engine.dispose()


def _is_for_now(error: DBAPIError) -> bool:
    """Not a statement of ours that is wrong. Of SQLite's extended codes the last byte is the sort."""
    code, state = getattr(error.orig, "sqlite_errorcode", None), getattr(error.orig, "sqlstate", None) or ""
    return (code is not None and code & 0xFF in _SQLITE_FOR_NOW) or state[:2] in _POSTGRES_FOR_NOW


class _marked:  # noqa: N801  (used as a statement, like contextlib's own)
    """Mark the transaction open for everything that runs inside it."""

    def __enter__(self) -> None:
        self._token = IN_TRANSACTION.set(True)

    def __exit__(self, *_: object) -> None:
        IN_TRANSACTION.reset(self._token)


def _sqlite_engine(url: str, *, size: int, begin: str, read_only: bool) -> AsyncEngine:
    engine = create_async_engine(
        url,
        poolclass=AsyncAdaptedQueuePool,
        pool_size=size,
        max_overflow=0,
        hide_parameters=True,
        connect_args={"isolation_level": None},
    )

    @event.listens_for(engine.sync_engine, "connect")
    def _on_connect(connection: Any, _record: object) -> None:
        cursor = connection.cursor()
        for pragma in _SQLITE_PRAGMAS:
            cursor.execute(f"PRAGMA {pragma}")
        if read_only:
            cursor.execute("PRAGMA query_only=ON")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def _on_begin(connection: Any) -> None:
        connection.exec_driver_sql(begin)

    return engine


def plain_engine(url: str) -> AsyncEngine:
    """An engine for one job alone, such as migrations on PostgreSQL; it keeps no connection."""
    return create_async_engine(url, poolclass=NullPool, hide_parameters=True)


async def sqlite_version(connection: AsyncConnection) -> str:
    return str((await connection.exec_driver_sql("SELECT sqlite_version()")).scalar_one())
