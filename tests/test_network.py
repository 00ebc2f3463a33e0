"""Tests speak to this machine only."""

import asyncio
import socket
from pathlib import Path

import pytest
from pytest_socket import SocketConnectBlockedError


@pytest.mark.filterwarnings("ignore:A test tried to use socket")
@pytest.mark.parametrize("host", ["192.0.2.1", "2001:db8::1"])
def test_a_socket_to_the_outside_is_refused(host: str) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as outside, pytest.raises(SocketConnectBlockedError):
        outside.connect((host, 443))


async def test_loopback_and_unix_sockets_are_open(tmp_path: Path) -> None:
    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.readline())
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    path = tmp_path / "socket"
    over_tcp = await asyncio.start_server(greet, "127.0.0.1")
    over_unix = await asyncio.start_unix_server(greet, path)
    async with over_tcp, over_unix:
        host, port = over_tcp.sockets[0].getsockname()
        streams = await asyncio.open_connection(host, port), await asyncio.open_unix_connection(path)
        for reader, writer in streams:
            writer.write(b"hello\n")
            assert await reader.readline() == b"hello\n"
            writer.close()
            await writer.wait_closed()
