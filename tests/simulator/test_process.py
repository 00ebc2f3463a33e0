"""``python -m simulator`` as a process: the line it prints, a busy port, a clean end."""

import asyncio
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from simulator.__main__ import read_arguments
from simulator.client import connect
from simulator.config import DEFAULT_ZALO_BOT_TOKEN
from simulator.errors import ApiError


@contextmanager
def started(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    command = [sys.executable, "-m", "simulator", "--port", "0", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process, process.stdout.readline().strip()
        finally:
            process.kill()


async def test_it_prints_its_address_and_ends_on_a_signal() -> None:
    with started("--no-limits", "--token", "42:abc", "--zalo-bot-token", "43:xyz") as (process, line):
        said, address = line.split(": ", 1)
        assert said == "simulator"
        assert address.startswith("http://127.0.0.1:")
        async with connect(address) as client:
            with pytest.raises(ApiError, match="Unauthorized"):
                await client.call("getMe")
            client.token = "42:abc"
            assert (await client.call("getMe"))["id"] == 42
            assert (await client.zalo_bot("getMe"))["error_code"] == 401
            client.zalo_bot_token = "43:xyz"
            assert (await client.zalo_bot("getMe"))["result"]["id"] == "43"
            assert (await client.read("settings"))["limits"] is False
            assert (await client.read("zalo/oa/settings"))["limits"] is False
            poll = asyncio.create_task(client.call("getUpdates", timeout=50))
            other_poll = asyncio.create_task(client.zalo_bot("getUpdates", timeout=50))
            await asyncio.sleep(0.3)
            process.send_signal(signal.SIGINT)
            assert await poll == []
            assert (await other_poll)["error_code"] == 408
        process.wait(timeout=10)
        assert process.stderr is not None
        assert process.stderr.read() == ""
        assert process.returncode in {0, -signal.SIGINT}


def test_a_busy_port_is_one_line() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        command = [sys.executable, "-m", "simulator", "--port", port]
        ended = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert ended.returncode == 1
    assert ended.stderr == f"simulator: cannot listen on 127.0.0.1:{port}: Address already in use\n"
    assert ended.stdout == ""


def test_a_token_without_a_number_is_one_line() -> None:
    command = [sys.executable, "-m", "simulator", "--token", "abc"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert (ended.returncode, ended.stderr.count("\n")) == (1, 1)


def test_limits_are_on_by_default() -> None:
    assert read_arguments([]).limits is True
    assert read_arguments([]).zalo_bot_token == DEFAULT_ZALO_BOT_TOKEN
    assert read_arguments(["--no-limits"]).limits is False
    assert (read_arguments([]).host, read_arguments([]).port, read_arguments([]).rate) == ("127.0.0.1", 8081, 30.0)
