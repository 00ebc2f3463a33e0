"""`loatre run` as a process that starts at once, with a clock that goes ten times as fast.

It is forked from a process that has the program imported already, so that three hundred starts do not cost ten minutes; nothing else
is shared. Its clock is for campaigns that repeat, who was lost half a minute ago; all processes of a storm share its beginning, so
that no restart turns it back.
"""

import multiprocessing
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from bot import __main__ as program
from bot.app import open_app

SPEED = 10
_FORK = multiprocessing.get_context("forkserver")
_FORK.set_forkserver_preload([__name__])


def quick_clock(since: float) -> Callable[[], datetime]:
    """`since` in seconds since 1970."""
    return lambda: datetime.fromtimestamp(since + SPEED * (time.time() - since), UTC)


def _run(environment: dict[str, str], *, since: float, parts: tuple[str, ...], log: Path) -> None:
    with log.open("wb") as file:
        for stream in (1, 2):
            os.dup2(file.fileno(), stream)
    os.environ.update(environment)
    sys.argv = ["loatre", "run", *parts]
    vars(program)["open_app"] = partial(open_app, clock=quick_clock(since))
    program.main()


@dataclass(kw_only=True)
class Quick:
    """One place of a process: it may be started again and again. What it writes is kept for the report of a failure."""

    environment: dict[str, str]
    folder: Path
    since: float
    parts: tuple[str, ...] = ()
    starts: int = 0
    running: ForkServerProcess | None = field(default=None)

    @property
    def lives(self) -> bool:
        return self.running is not None and self.running.is_alive()

    @property
    def pid(self) -> int:
        assert self.running
        assert self.running.pid
        return self.running.pid

    def start(self) -> None:
        self.starts += 1
        about = {"since": self.since, "parts": self.parts, "log": self.folder / f"run{self.starts}.log"}
        self.running = _FORK.Process(target=_run, args=(self.environment,), kwargs=about)
        self.running.start()

    def signal(self, number: int) -> None:
        os.kill(self.pid, number)

    def kill(self) -> None:
        """kill -9: no handler runs, no buffer is flushed."""
        assert self.running
        self.running.kill()
        self.running.join(60)

    def stop(self) -> int | None:
        assert self.running
        self.running.terminate()
        self.running.join(60)
        return self.running.exitcode

    def logs(self) -> str:
        return "\n".join(path.read_text() for path in sorted(self.folder.glob("run*.log")))
