"""`loatre run` as a process: by polling and by webhook, told to stop, refused, and in somebody else's way."""

import asyncio
import json
import signal
import socket
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import aiohttp
import pytest

from simulator.app import create_app
from simulator.botapi import BotApiRoute
from simulator.client import Client, connect
from simulator.config import DEFAULT_TOKEN, SimConfig
from simulator.serve import Server, listen
from tests.bot.channels.zalo_oa.standin import APP_ID, APP_SECRET, OA_SECRET
from tests.bot.commands.conftest import Invoke, Running, Shell

RUNNING = r"@LoaTreBot is running, web at (http://127\.0\.0\.1:\d+)"
Answered = Callable[[int, int], Awaitable[None]]


@pytest.fixture
def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
    return port


@asynccontextmanager
async def asked(address: str) -> AsyncIterator[tuple[int, str]]:
    async with aiohttp.ClientSession() as session, session.get(address) as answer:
        yield answer.status, await answer.text()


async def _seen(address: str) -> tuple[int, str]:
    async with asked(address) as found:
        return found


async def stopped(running: Running) -> None:
    running.process.send_signal(signal.SIGTERM)
    assert await running.ended() == 0, running.said
    assert "Traceback" not in running.said
    assert "never awaited" not in running.said


@pytest.mark.slow
async def test_by_polling_it_answers_and_ends_when_told(
    shell: Shell, simulator: Client, person: int, answered: Answered
) -> None:
    running = await shell.start("run")
    web = (await running.until(RUNNING)).group(1)
    await simulator.order(f"people/{person}/text", {"text": "xin chào"})
    await answered(person, 1)
    async with asked(f"{web}/healthz") as (status, text):
        assert (status, text) == (200, "ok")
    async with asked(f"{web}/readyz") as (status, text):
        assert (status, json.loads(text)) == (200, {"ready": True, "problems": {}})
    async with asked(f"{web}/metrics") as (status, text):
        assert status == 200
        assert "# TYPE" in text
    async with asked(f"{web}/telegram") as (status, _):
        assert status == 404, "while it polls there is no door"
    await stopped(running)


@pytest.mark.slow
async def test_an_administrator_s_browser_is_awaited_before_the_account_is_known(
    shell: Shell, address: str, free_port: int
) -> None:
    """Telegram came first: nothing is known of the OA but its app."""
    web = f"http://127.0.0.1:{free_port}"
    settings = {
        "port": str(free_port),
        "public_url": web,
        "zalo_app_id": APP_ID,
        "zalo_app_secret": APP_SECRET,
        "zalo_oa_secret": OA_SECRET,
        "zalo_api_url": f"{address}/zalo-oa",
        "zalo_oauth_url": f"{address}/zalo-oauth",
    }
    running = await shell.start("run", **settings)
    await running.until(RUNNING)
    page = f"{web}/zalo/authorized"
    assert (await _seen(f"{page}?code=c1"))[0] == 403, "no link was given out"
    _, told = await shell.run("zalo", "authorize", **settings)
    link = next(line for line in told.splitlines() if line.startswith("http"))
    assert (await _seen(f"{page}?code=c1&state=guessed"))[0] == 403
    status, text = await _seen(link)  # agreed: the browser is sent on to the page
    assert (status, "Done." in text) == (200, True), text
    assert (await _seen(f"{page}?code=c1"))[0] == 403, "one attempt each"
    code, doctor = await shell.run("doctor", **settings)
    assert "token_missing" not in doctor, (code, doctor)
    await stopped(running)
    again = await shell.start("run", **settings)
    await again.until(r"@LoaTreBot, .* is running")
    await stopped(again)


@pytest.mark.slow
async def test_by_webhook_it_answers_and_ends_when_told(
    shell: Shell, simulator: Client, person: int, answered: Answered, free_port: int
) -> None:
    settings = {
        "telegram_mode": "webhook",
        "port": str(free_port),
        "public_url": f"http://127.0.0.1:{free_port}",
        "webhook_secret": "a-secret_of-the-door",
    }
    running = await shell.start("run", **settings)
    web = (await running.until(RUNNING)).group(1)
    for number in (1, 2):
        await simulator.order(f"people/{person}/text", {"text": "/help"})
        await answered(person, number)
    async with asyncio.timeout(10):
        # The answer may be on the phone before the simulator has read our 200.
        while (info := await simulator.call("getWebhookInfo"))["pending_update_count"]:
            await asyncio.sleep(0.05)
    assert info["url"] == f"{settings['public_url']}/telegram"
    assert "last_error_message" not in info
    async with aiohttp.ClientSession() as session, session.post(f"{web}/telegram", json={"update_id": 1}) as refused:
        assert refused.status == 403, "without the secret nothing is taken"
    async with asked(f"{web}/readyz") as (status, text):
        assert (status, json.loads(text)["problems"]) == (200, {})
    requests = (await simulator.read("journal", kind="requests"))["rows"]
    assert not [row for row in requests if row["method"].lower() == "getupdates"]
    await stopped(running)

    # What came while it was down is delivered after the next start.
    await simulator.order(f"people/{person}/text", {"text": "/help"})
    again = await shell.start("run", **settings)
    await answered(person, 3)
    await stopped(again)


@pytest.mark.slow
async def test_the_list_of_commands_is_registered_however_often_it_takes(shell: Shell, simulator: Client) -> None:
    await simulator.order("faults", {"kind": "429", "method": "setMyCommands", "times": 2, "retry_after": 1})
    running = await shell.start("run", "--only", "poller")
    await running.until(r"is running\n")
    async with asyncio.timeout(10):
        while not (await simulator.call("getMyCommands") and await simulator.call("getMyCommands", language_code="en")):
            await asyncio.sleep(0.05)
    await stopped(running)


@pytest.mark.slow
async def test_a_process_without_the_part_web_takes_no_port(shell: Shell) -> None:
    running = await shell.start("run", "--only", "sender,clock")
    await running.until(r"@LoaTreBot is running\n")
    await stopped(running)
    assert "web at" not in running.said


@pytest.mark.parametrize("only", ["foo", "web,,clock", "web, Clock"])
def test_a_part_that_is_none(invoke: Invoke, only: str) -> None:
    code, said = invoke("run", "--only", only)
    assert (code, said.count("\n")) == (2, 1)
    assert "known are web,poller,sender,clock" in said


async def test_a_wrong_token_is_one_line(shell: Shell) -> None:
    code, said = await shell.run("run", telegram_token="7000001:another")
    assert code == 3
    assert said.strip().splitlines()[-1].startswith("loatre: Telegram: the token is not accepted")
    assert "Traceback" not in said
    assert "another" not in said


@contextmanager
def telegram() -> Iterator[tuple[str, Callable[[], None]]]:
    """A pretend Telegram, and a switch that revokes the token it was made with."""
    with listen("127.0.0.1", 0) as taken:
        app = create_app(SimConfig(limits=False))
        route = next(route for route in app.routes if isinstance(route, BotApiRoute))

        def revoke() -> None:
            route._prefix = "/bot7000001:another/"

        server = Server(app)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [taken]}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{taken.getsockname()[1]}", revoke
        finally:
            server.should_exit = True
            thread.join(timeout=10)


@pytest.mark.slow
async def test_a_token_revoked_while_it_runs_is_one_line(shell: Shell) -> None:
    with telegram() as (address, revoke):
        running = await shell.start("run", telegram_base_url=address)
        await running.until(RUNNING)
        async with connect(address) as client:
            person = await client.person()
            revoke()
            await client.order(f"people/{person}/text", {"text": "xin chào"})  # ends the poll under way
        code = await running.ended()
    assert code == 3
    # The reply to her words may have met the same answer, and has an alarm of its own.
    assert running.said.count("loatre: Telegram: the token is not accepted") == 1
    assert "Traceback" not in running.said
    assert DEFAULT_TOKEN not in running.said


@pytest.mark.slow
async def test_a_token_revoked_while_a_webhook_serves_is_one_alarm(shell: Shell, free_port: int) -> None:
    with telegram() as (address, revoke):
        url = f"http://127.0.0.1:{free_port}"
        running = await shell.start(
            "run",
            telegram_base_url=address,
            telegram_mode="webhook",
            port=str(free_port),
            public_url=url,
            webhook_secret="a-secret_of-the-door",
        )
        await running.until(RUNNING)
        async with connect(address) as client:
            person = await client.person()
            async with asyncio.timeout(10):
                while not (await client.call("getWebhookInfo"))["url"]:
                    await asyncio.sleep(0.05)
            revoke()
            for text in ("/help", "xin chào"):
                await client.order(f"people/{person}/text", {"text": text})
        await running.until("the token of telegram is not accepted")
        async with asked(f"{url}/readyz") as (status, text):
            assert (status, json.loads(text)["problems"]) == (503, {"replies": "token revoked: telegram"})
        await asyncio.sleep(1)
        await stopped(running)
    [line] = [line for line in running.said.splitlines() if "WARNING" in line or "ERROR" in line]
    assert "no reply can leave; `loatre doctor` says what to do" in line
    assert DEFAULT_TOKEN not in running.said


async def test_a_busy_port_is_one_line(shell: Shell) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, said = await shell.run("run", port=str(port))
    assert code == 2
    assert f"LOATRE_PORT: 127.0.0.1:{port} cannot be listened on (Address already in use)" in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"database_url": "sqlite+aiosqlite:///a_file/loatre.db"}, "LOATRE_DATABASE_URL"),
        ({"pack": "atlantis"}, "LOATRE_PACK"),
    ],
)
async def test_what_cannot_be_used_is_one_line(shell: Shell, settings: dict[str, Any], words: str) -> None:
    (shell.folder / "a_file").write_text("no folder")
    code, said = await shell.run("run", **settings)
    assert code == 2, said
    lines = said.strip().splitlines()
    assert len(lines) == 1
    assert words in lines[0]


async def test_a_library_has_no_word_beside_the_one_line(shell: Shell) -> None:
    """pypdf writes of its own accord what it thinks of a broken file."""
    code, _ = await shell.run("migrate")
    assert code == 0
    (shell.folder / "a.pdf").write_bytes(b"%PDF-1.4 broken")
    assert await shell.run("news", "import", "a.pdf") == (1, "a.pdf: unreadable\n")
