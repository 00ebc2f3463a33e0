"""The process that sends, apart from the one that talks with people: the play kills it, and starts it anew.

It is `loatre run --only sender` but for its clock, which is the play's. Its settings come as one line of JSON on standard
input, and when that is closed it ends: with the play, however that ends.
"""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.app import Part, open_app, running
from bot.demo.stage import LOG, PlayClock, StageError, end
from bot.logs import set_up_logs
from bot.settings import FixedSettings
from outreach.clock import Clock

_STARTS_IN = 20.0  # seconds
_READY = b"ready\n"
_CLOCK = "clock"


@dataclass(kw_only=True)
class Sender:
    """`values` are those of its settings. How far the play's clock is ahead stands in a file beside the database."""

    where: Path
    values: Mapping[str, object]
    process: asyncio.subprocess.Process

    async def kill(self) -> None:
        """As `kill -9` does: what it had in hand is on its way or lost, and nobody is told."""
        os.kill(self.process.pid, signal.SIGKILL)
        await self.process.wait()

    async def start(self) -> None:
        self.process = await _started(self.where, self.values)

    def share(self, clock: PlayClock) -> None:
        _share(self.where, clock)


def _share(where: Path, clock: PlayClock) -> None:
    """Whole at any moment: it is read by whoever wants the time."""
    fresh = where / f"{_CLOCK}.new"
    fresh.write_text(str(clock.ahead.total_seconds()))
    fresh.replace(where / _CLOCK)


def _shared_clock(where: Path) -> Clock:
    def now() -> datetime:
        return datetime.now(UTC) + timedelta(seconds=float((where / _CLOCK).read_text()))

    return now


@asynccontextmanager
async def sending(where: Path, values: Mapping[str, object], *, clock: PlayClock) -> AsyncIterator[Sender]:
    """The sender, running until the block ends. Raises StageError where it does not start."""
    _share(where, clock)
    sender = Sender(where=where, values=values, process=await _started(where, values))
    try:
        yield sender
    finally:
        await end(sender.process)


async def _started(where: Path, values: Mapping[str, object]) -> asyncio.subprocess.Process:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bot.demo.sender",
        str(where),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        start_new_session=True,  # Ctrl-C is for the play
    )
    assert process.stdin  # noqa: S101  (it was asked for)
    assert process.stdout  # noqa: S101  (it was asked for as well)
    process.stdin.write(json.dumps(values, default=str).encode() + b"\n")
    try:
        if await asyncio.wait_for(process.stdout.readline(), _STARTS_IN) == _READY:
            return process
    except TimeoutError:
        pass
    await end(process)
    raise StageError("demo.sender_silent", log=where / LOG)


async def _run(where: Path) -> None:
    lines = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    settings = FixedSettings(**json.loads(await lines.readline()))
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    waits = {asyncio.create_task(stop.wait()), asyncio.create_task(lines.read())}
    async with (
        open_app(settings, clock=_shared_clock(where)) as app,
        running(app, only=frozenset({Part.SENDER})) as tasks,
    ):
        sys.stdout.write(_READY.decode())
        sys.stdout.flush()
        await asyncio.wait({*waits, *tasks}, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()


if __name__ == "__main__":
    place = Path(sys.argv[1])
    with (place / LOG).open("a", encoding="utf-8") as log:
        set_up_logs("INFO", to=log)
        with suppress(KeyboardInterrupt):
            asyncio.run(_run(place))
