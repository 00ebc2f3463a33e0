"""Running the app on a real socket: in this process for the command line, in a thread for tests."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.applications import Starlette

from simulator.app import create_app
from simulator.config import SimConfig
from simulator.world import World

KEEP_ALIVE_SECONDS = 75


class Server(uvicorn.Server):
    """A uvicorn that lets long polls and event streams go when it is told to stop."""

    def __init__(self, app: Starlette) -> None:
        self._world: World = app.state.world
        super().__init__(
            uvicorn.Config(
                app,
                log_level="warning",
                access_log=False,
                server_header=False,
                date_header=False,
                proxy_headers=False,
                timeout_keep_alive=KEEP_ALIVE_SECONDS,
                timeout_graceful_shutdown=5,
            )
        )

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._world.close()
        await super().shutdown(sockets)


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; OSError when the port is taken. Port 0 takes a free one.

    The protocol is named because asyncio switches TCP_NODELAY on only then; without it each answer waits 40 ms.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((host, port))
        made.listen(2048)
    except OSError:
        made.close()
        raise
    return made


@contextmanager
def running(config: SimConfig | None = None) -> Iterator[str]:
    """Run a simulator in a thread and give its address, like ``http://127.0.0.1:40123``."""
    with listen("127.0.0.1", 0) as taken:
        server = Server(create_app(config or SimConfig(limits=False)))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [taken]}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{taken.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(timeout=10)
