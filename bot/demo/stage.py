"""Setting the stage: a folder of its own, the simulator as a process, a fresh database, and the clock of the play."""

import asyncio
import contextlib
import fcntl
import logging
import os
import secrets
import shutil
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any, TextIO

import aiohttp

from outreach.clock import VIETNAM

FOLDER = Path("var/demo")
LOG = "loatre.log"
TOKEN = "7000001:simulator"  # noqa: S105  (the simulator's, no secret)
ZALO_APP = "1000000000000000001"
ZALO_APP_SECRET = "example-app-secret"  # noqa: S105  (as above)
ZALO_OA_SECRET = "example-oa-secret"  # noqa: S105  (as above)
# The play is set in the morning, whatever the hour is outside, for campaigns keep to their hours.
_DAY_BEGINS, _DAY_ENDS = time(8, 0), time(20, 0)
_OPENS = timedelta(hours=8, minutes=30)
_START_SECONDS = 20.0
_END_SECONDS = 5.0
# What a request raises when nobody answers it any more.
_GONE = (aiohttp.ClientConnectionError, aiohttp.ClientPayloadError, TimeoutError)


class StageError(Exception):
    """The stage cannot be set; the text is a key of `demo.*` with its values."""

    def __init__(self, key: str, **values: object) -> None:
        super().__init__(key)
        self.key = key
        self.values = values


class PlayClock:
    """The system's clock, moved forward: into the day at first, and over waits that nobody wants to sit through."""

    def __init__(self) -> None:
        now = datetime.now(UTC)
        local = now.astimezone(VIETNAM)
        self.ahead = timedelta()
        if not _DAY_BEGINS <= local.time() < _DAY_ENDS:
            midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
            day = midnight if local.time() < _DAY_BEGINS else midnight + timedelta(days=1)
            self.ahead = day + _OPENS - local

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def skip(self, step: timedelta) -> None:
        self.ahead += step


@dataclass(frozen=True, kw_only=True)
class Simulator:
    """The pretend Telegram's control side. `address` is scheme, host and port; `ended` is done when the process is."""

    address: str
    session: aiohttp.ClientSession
    ended: asyncio.Task[int]

    async def order(self, path: str, body: object = None, *, method: str = "POST") -> dict[str, object]:
        async with self.session.request(method, f"{self.address}/sim/{path}", json=body or {}) as answer:
            found: dict[str, object] = await answer.json()
            answer.raise_for_status()
            return found

    async def give(self, path: str, name: str, content: bytes) -> None:
        """A person sends a picture or a file."""
        form = aiohttp.FormData(quote_fields=False)
        form.add_field("file", content, filename=name)
        async with self.session.post(f"{self.address}/sim/{path}", data=form) as answer:
            answer.raise_for_status()

    async def advance(self, step: timedelta) -> None:
        """Turn the simulator's clock forward too, so that phones show the hour of the play."""
        if step:
            await self.order("clock", {"advance": step.total_seconds()})

    async def fetch(self, path: str) -> bytes:
        """A file as it lies in the simulator; `path` as a chat shows it."""
        async with self.session.get(f"{self.address}{path}") as answer:
            answer.raise_for_status()
            return await answer.read()

    async def read(self, path: str, **query: str | int) -> dict[str, object]:
        async with self.session.get(f"{self.address}/sim/{path}", params=query) as answer:
            found: dict[str, object] = await answer.json()
            answer.raise_for_status()
            return found


@contextmanager
def folder() -> Iterator[Path]:
    """An empty folder that nobody else plays in; what an earlier, killed play left running is ended first."""
    with _writing(FOLDER):
        FOLDER.mkdir(parents=True, exist_ok=True)
        lock = (FOLDER / "lock").open("w")
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise StageError("demo.already_playing", folder=FOLDER) from None
        with _writing(FOLDER):
            _end_orphan(FOLDER / "simulator.pid")
            for old in FOLDER.glob("loatre.db*"):
                old.unlink()
            # Sealed with the earlier play's key, so the same photo would not be written again and could not be read.
            if (FOLDER / "evidence").exists():
                shutil.rmtree(FOLDER / "evidence")
        yield FOLDER


@contextmanager
def log(where: Path) -> Iterator[TextIO]:
    """Where the program's own log goes: on the terminal is the play."""
    with _writing(where):
        file = (where / LOG).open("w", encoding="utf-8")
    with file:
        try:
            yield file
        finally:
            logging.getLogger().handlers[:] = [logging.NullHandler()]


@contextmanager
def _writing(where: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StageError("demo.folder_unwritable", folder=where, why=error.strerror or type(error).__name__) from None


def _end_orphan(note: Path) -> None:
    """End the simulator of a play that was killed: only if that process number still is our simulator."""
    if not note.exists():
        return
    number = note.read_text().strip()
    line = Path("/proc") / number / "cmdline"
    if number.isdigit() and line.exists() and b"simulator" in line.read_bytes():
        with contextlib.suppress(ProcessLookupError):
            os.kill(int(number), signal.SIGTERM)
    note.unlink()


@asynccontextmanager
async def simulator(where: Path, *, port: int, seed: int = 1) -> AsyncIterator[Simulator]:
    """Start `python -m simulator` and wait for the line that says where it listens; `seed` is that of its chance."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "simulator",
        "--port",
        str(port),
        "--seed",
        str(seed),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,  # Ctrl-C is for the play, which ends the simulator last
    )
    note = where / "simulator.pid"
    try:
        with _writing(where):
            note.write_text(str(process.pid))
        address = await _address(process, port=port)
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30)) as session:
            yield Simulator(address=address, session=session, ended=asyncio.create_task(process.wait()))
    except _GONE:
        raise StageError("demo.simulator_gone") from None
    finally:
        await end(process)
        with contextlib.suppress(OSError):
            note.unlink(missing_ok=True)


async def end(process: asyncio.subprocess.Process) -> None:
    """Ask it to, then make it. Not by `terminate`, which would take the exit code away from the loop that waits for it."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process.pid, number)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), _END_SECONDS)


async def _address(process: asyncio.subprocess.Process, *, port: int) -> str:
    assert process.stdout  # noqa: S101  (it was asked for)
    assert process.stderr  # noqa: S101  (it was asked for as well)
    try:
        line = await asyncio.wait_for(process.stdout.readline(), _START_SECONDS)
    except TimeoutError:
        raise StageError("demo.simulator_silent") from None
    if not line:
        why = (await process.stderr.read()).decode().strip().splitlines()
        raise StageError("demo.port_busy", port=port, why=why[-1] if why else "?")
    return line.decode().split(": ", 1)[1].strip()


def settings_of(where: Path, *, address: str) -> dict[str, Any]:
    """The settings of the play. Those of this machine do not hold: they may lead out, to a proxy or a real database."""
    return {
        "database_url": f"sqlite+aiosqlite:///{where / 'loatre.db'}",
        "secret_key": secrets.token_urlsafe(48),
        "telegram_token": TOKEN,
        "telegram_base_url": address,
        "telegram_mode": "polling",
        "port": 0,  # whatever else runs on this machine
        "evidence_dir": where / "evidence",
        "pack": "langson",
        "zalo_app_id": ZALO_APP,
        "zalo_app_secret": ZALO_APP_SECRET,
        "zalo_oa_secret": ZALO_OA_SECRET,
        "zalo_api_url": f"{address}/zalo-oa",
        "zalo_oauth_url": f"{address}/zalo-oauth",
    }
