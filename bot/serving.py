"""The web server as one part of the run, and whether the others are fit to work."""

import asyncio
import socket
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import uvicorn
from starlette.applications import Starlette

from bot.settings import PREFIX, SettingsError

GRACE_SECONDS = 10  # requests under way at the stop; Telegram delivers again what was cut off
DATABASE_SECONDS = 2.0
SILENT_SECONDS = 120.0  # a poll lasts 25 s, the longest wait after failures is 60 s


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals belong to the run as a whole, which tells every part to stop."""
        yield


class WebServer:
    """Listens from the start, so that a taken port is said before anything else begins; SettingsError names the setting."""

    def __init__(self, *, host: str, port: int) -> None:
        self._socket = _listen(host, port)
        self._server: _Server | None = None
        self._stopped = False
        shown = f"[{host}]" if ":" in host else host
        self.address = f"http://{shown}:{self._socket.getsockname()[1]}"

    async def run(self, app: Starlette) -> None:
        """Serve until `stop`; requests under way are finished."""
        self._server = _Server(
            uvicorn.Config(
                app,
                log_config=None,
                access_log=False,
                server_header=False,
                lifespan="off",
                timeout_graceful_shutdown=GRACE_SECONDS,
            )
        )
        self._server.should_exit = self._stopped
        await self._server.serve(sockets=[self._socket])

    def stop(self) -> None:
        self._stopped = True
        if self._server:
            self._server.should_exit = True

    def close(self) -> None:
        """Let go of the port, whether it was ever served or not."""
        self._socket.close()


def _listen(host: str, port: int) -> socket.socket:
    """A listening socket. Its protocol is named because asyncio switches delayed sending off only then."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((host, port))
        made.listen(1024)
    except OSError as error:
        made.close()
        problem = f"{host}:{port} cannot be listened on ({error.strerror})"
        raise SettingsError(f"{PREFIX}PORT: {problem}; write another port, or end the program that has it.") from None
    return made


async def unready(
    *,
    answers: Callable[[], Awaitable[None]],
    tasks: Mapping[str, asyncio.Task[None]],
    polled_at: Mapping[str, float],
    revoked: Sequence[str] = (),
) -> dict[str, str]:
    """What cannot work just now, by part. `answers` asks the database; `polled_at` is each poller's, by its part.

    `revoked` are channels that do not accept our token.
    """
    problems = {name: "ended" for name, task in tasks.items() if task.done()}
    try:
        async with asyncio.timeout(DATABASE_SECONDS):
            await answers()
    except Exception as error:  # noqa: BLE001  whatever it is, a supervisor wants to hear of it and not a trace
        problems["database"] = type(error).__name__
    if revoked:
        problems["replies"] = f"token revoked: {', '.join(revoked)}"
    for name, at in polled_at.items():
        if name not in problems and time.monotonic() - at > SILENT_SECONDS:
            problems[name] = "silent"
    return problems
