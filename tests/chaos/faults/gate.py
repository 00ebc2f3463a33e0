"""The way to the provider, which can be shut: connections break off, and new ones are refused."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit


class Gate:
    """Stands before a server; `address` stays the same, open or shut."""

    def __init__(self, server: str) -> None:
        parts = urlsplit(server)
        self._beyond = (parts.hostname, parts.port)
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self._port = 0

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._pass, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]

    async def shut(self) -> None:
        assert self._server
        self._server.close()
        for writer in self._open:
            writer.transport.abort()
        await asyncio.sleep(0)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        beyond_reader, beyond_writer = await asyncio.open_connection(*self._beyond)
        both = {writer, beyond_writer}
        self._open |= both
        try:
            await asyncio.gather(_copy(reader, beyond_writer), _copy(beyond_reader, writer))
        except OSError:
            pass
        finally:
            self._open -= both
            for one in both:
                one.close()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while piece := await reader.read(65_536):
        writer.write(piece)
        await writer.drain()
    writer.close()


@asynccontextmanager
async def gate_before(server: str) -> AsyncIterator[Gate]:
    gate = Gate(server)
    await gate.open()
    try:
        yield gate
    finally:
        await gate.shut()
