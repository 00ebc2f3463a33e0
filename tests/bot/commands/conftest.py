"""`python -m bot …` as a process of its own, in a folder of its own, in front of the pretend Telegram."""

import asyncio
import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from bot.__main__ import main
from bot.commands.checks.finding import Code, Finding, Level
from bot.commands.doctor import look_around
from bot.settings import Settings, load_settings
from simulator.client import Client
from simulator.config import DEFAULT_TOKEN

KEY = "a secret of the command tests, long enough"
ROOT = Path(__file__).parents[3]
SECONDS = 30


@dataclass
class Running:
    """One process; `said` grows with what it writes to either stream."""

    process: asyncio.subprocess.Process
    said: str = ""
    reading: asyncio.Task[None] | None = None

    async def read(self) -> None:
        assert self.process.stdout
        while chunk := await self.process.stdout.read(4096):
            self.said += chunk.decode()

    async def until(self, pattern: str) -> re.Match[str]:
        """The first place where it said so; fails when the process ends before, or after 30 s."""
        async with asyncio.timeout(SECONDS):
            while not (found := re.search(pattern, self.said)):
                assert self.process.returncode is None, self.said
                await asyncio.sleep(0.02)
        return found

    async def ended(self) -> int:
        async with asyncio.timeout(SECONDS):
            code = await self.process.wait()
            assert self.reading
            await self.reading
        return code


@dataclass
class Shell:
    """Runs the command line with the settings of one installation."""

    folder: Path
    environment: dict[str, str]
    started: list[Running] = field(default_factory=list)

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "bot", *arguments]

    def variables(self, **settings: str) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("LOATRE_")}
        own = {f"LOATRE_{name.upper()}": value for name, value in (self.environment | settings).items()}
        return {**kept, **own, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "error", "COLUMNS": "200", "TERM": "dumb"}

    async def start(self, *arguments: str, **settings: str) -> Running:
        process = await asyncio.create_subprocess_exec(
            *self.command(*arguments),
            cwd=self.folder,
            env=self.variables(**settings),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        running = Running(process)
        running.reading = asyncio.create_task(running.read())
        self.started.append(running)
        return running

    async def run(self, *arguments: str, **settings: str) -> tuple[int, str]:
        """Exit code and everything that was written."""
        running = await self.start(*arguments, **settings)
        return await running.ended(), running.said


@pytest.fixture
async def shell(tmp_path: Path, address: str) -> AsyncIterator[Shell]:
    """An installation that is set up but has no database yet; port 0 takes a free one."""
    found = Shell(
        folder=tmp_path,
        environment={
            "secret_key": KEY,
            "telegram_token": DEFAULT_TOKEN,
            "telegram_base_url": address,
            "port": "0",
        },
    )
    yield found
    for running in found.started:
        if running.process.returncode is None:
            running.process.kill()
            await running.ended()


Invoke = Callable[..., tuple[int, str]]


@pytest.fixture
def invoke(tmp_path: Path, address: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Invoke:
    """The command line in this process, for what needs no process: exit code and everything that was written."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("LOATRE_")]:
        monkeypatch.delenv(name)

    def run(*arguments: str, **settings: str) -> tuple[int, str]:
        with monkeypatch.context() as patch:
            patch.setattr(sys, "argv", ["loatre", *arguments])
            for name, value in ({"telegram_base_url": address} | settings).items():
                patch.setenv(f"LOATRE_{name.upper()}", value)
            with pytest.raises(SystemExit) as left:
                main()
        said = capsys.readouterr()
        return int(left.value.code or 0), said.out + said.err

    return run


Install = Callable[..., Settings]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str) -> Install:
    """Settings of an installation in a folder of its own, in front of the pretend Telegram."""
    monkeypatch.chdir(tmp_path)

    def settings(**changes: Any) -> Settings:
        usual = {
            "secret_key": KEY,
            "telegram_token": DEFAULT_TOKEN,
            "telegram_base_url": address,
            "hotline": "0205 3 000 000",
            "address": "Số 1, đường Hùng Vương",
            "official_page": "https://tinhdoan.example",
        }
        return load_settings(**(usual | changes))

    return settings


async def found(settings: Settings) -> dict[Code, Finding]:
    return {finding.code: finding for finding in await look_around(settings)}


def at(level: Level, findings: dict[Code, Finding]) -> set[Code]:
    return {code for code, finding in findings.items() if finding.level == level}


@pytest.fixture
def answered(simulator: Client) -> Callable[[int, int], Awaitable[None]]:
    """Wait until the bot has written to a person so often; fails after 30 s."""

    async def wait(person: int, times: int) -> None:
        async with asyncio.timeout(SECONDS):
            while sum(row["from"] == "bot" for row in (await simulator.chat(person))["messages"]) < times:
                await asyncio.sleep(0.02)

    return wait
