"""What can be in the way of the demo is one clear line in two languages, and never a trace."""

import asyncio
import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.demo.stage import StageError, folder, settings_of, simulator
from bot.settings import FixedSettings

Start = Callable[..., subprocess.Popen[str]]
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """`loatre demo` in an empty folder."""
    started = []

    def begin(*arguments: str, **settings: str) -> subprocess.Popen[str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("LOATRE_")}
        own = {f"LOATRE_{name.upper()}": value for name, value in settings.items()}
        playing = subprocess.Popen(
            [sys.executable, "-u", "-m", "bot", "demo", *arguments],
            cwd=tmp_path,
            env={**kept, **own, "PYTHONPATH": str(Path.cwd())},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(playing)
        return playing

    yield begin
    for playing in started:
        if playing.poll() is None:
            playing.kill()
            playing.communicate()


@pytest.fixture
def run(start: Start) -> Run:
    """`loatre demo --once` in an empty folder."""

    def to_its_end(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        playing = start("--once", *arguments, **settings)
        said, complained = playing.communicate(timeout=60)
        return subprocess.CompletedProcess(playing.args, playing.returncode, said, complained)

    return to_its_end


def _one_clear_line(done: subprocess.CompletedProcess[str], words: str) -> None:
    assert done.returncode == 2
    assert words in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        yield taken.getsockname()[1]


def test_a_busy_port(run: Run, taken_port: int) -> None:
    _one_clear_line(run("--port", str(taken_port)), f"Cổng {taken_port} không dùng được")


def test_a_folder_that_cannot_be_written(run: Run, tmp_path: Path) -> None:
    (tmp_path / "var").write_text("no folder")
    _one_clear_line(run("--port", "0"), "Không ghi được vào thư mục")


def test_a_folder_that_cannot_be_written_after_the_lock(run: Run, tmp_path: Path) -> None:
    """Whatever was started by then is ended. A folder stands for a file that is not ours to write."""
    folder = tmp_path / "var" / "demo"
    (folder / "loatre.db").mkdir(parents=True)
    _one_clear_line(run("--port", "0"), "Không ghi được vào thư mục")
    (folder / "loatre.db").rmdir()
    (folder / "simulator.pid").mkdir()
    _one_clear_line(run("--port", "0"), "Không ghi được vào thư mục")


async def test_a_simulator_that_cannot_be_noted_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started = []
    begin = asyncio.create_subprocess_exec

    async def noted(*arguments: str, **options: Any) -> asyncio.subprocess.Process:
        started.append(await begin(*arguments, **options))
        return started[-1]

    monkeypatch.setattr(asyncio, "create_subprocess_exec", noted)
    (tmp_path / "simulator.pid").mkdir()
    with pytest.raises(StageError):
        async with simulator(tmp_path, port=0):
            pass
    (process,) = started
    assert process.returncode is not None


@pytest.mark.slow
def test_a_simulator_that_dies_during_the_play(start: Start, tmp_path: Path) -> None:
    playing = start("--port", "0", "--once")
    assert playing.stdout
    assert any("BS01" in line for line in playing.stdout), "the play has begun"
    os.kill(int((tmp_path / "var" / "demo" / "simulator.pid").read_text()), signal.SIGKILL)
    said, complained = playing.communicate(timeout=60)
    assert playing.returncode == 2
    assert said.splitlines()[-2].startswith("Trình giả lập đã dừng giữa chừng")
    assert "Traceback" not in said
    assert not complained
    assert "connection_lost" in (tmp_path / "var" / "demo" / "loatre.log").read_text()


def test_nothing_of_an_earlier_play_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The key is another one each time: evidence of the same photo would lie there unreadable."""
    monkeypatch.chdir(tmp_path)
    old = tmp_path / "var" / "demo"
    (old / "evidence" / "ab").mkdir(parents=True)
    (old / "evidence" / "ab" / "cd").write_text("sealed")
    (old / "loatre.db-wal").write_text("old")
    with folder() as where:
        assert [path.name for path in where.iterdir()] == ["lock"]


@pytest.mark.slow
def test_the_settings_of_this_machine_do_not_hold(start: Start, tmp_path: Path) -> None:
    """Neither a proxy nor a bad line leads the play out, or astray."""
    (tmp_path / ".env").write_text("LOATRE_HOTLINE=1\nno line at all\n")
    wrong = {"telegram_proxy": "http://127.0.0.1:9", "pack": "atlantis", "weekly_cap": "many", "no_such": "1"}
    playing = start("--port", "0", "--once", **wrong)
    assert playing.stdout
    assert any("[Đủ 16 rồi]" in line for line in playing.stdout), "the bot has answered"
    playing.send_signal(signal.SIGTERM)
    assert not playing.communicate(timeout=60)[1]


def test_every_setting_of_the_play_is_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def settings() -> dict[str, object]:
        return FixedSettings(**settings_of(tmp_path, address="http://127.0.0.1:1")).model_dump(exclude={"secret_key"})

    before = settings()
    values = {"telegram_proxy": "http://h:1", "host": "::", "hotline": "1022", "weekly_cap": "1", "log_level": "DEBUG"}
    for name, value in values.items():
        monkeypatch.setenv(f"LOATRE_{name.upper()}", value)
    assert settings() == before


def test_another_play_under_way(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "var" / "demo"
    folder.mkdir(parents=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _one_clear_line(run("--port", "0"), "đang chạy")


def test_the_simulator_of_a_killed_play_is_ended(run: Run, tmp_path: Path, taken_port: int) -> None:
    """An earlier play was killed: its simulator still runs, and its port would be busy."""
    folder = tmp_path / "var" / "demo"
    folder.mkdir(parents=True)
    orphan = subprocess.Popen([sys.executable, "-m", "simulator", "--port", "0"], stdout=subprocess.DEVNULL)
    try:
        (folder / "simulator.pid").write_text(str(orphan.pid))
        _one_clear_line(run("--port", str(taken_port)), "không dùng được")
        ends = time.monotonic() + 10
        while orphan.poll() is None and time.monotonic() < ends:
            time.sleep(0.05)
        assert orphan.poll() is not None
    finally:
        if orphan.poll() is None:
            orphan.kill()
            orphan.wait()


def test_a_number_that_is_somebody_elses_by_now_is_left_alone(run: Run, tmp_path: Path, taken_port: int) -> None:
    folder = tmp_path / "var" / "demo"
    folder.mkdir(parents=True)
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as stranger:
        (folder / "simulator.pid").write_text(str(stranger.pid))
        run("--port", str(taken_port))
        assert stranger.poll() is None
        stranger.kill()


@pytest.mark.slow
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGHUP, 143)])
def test_a_signal_ends_the_play_and_its_simulator(start: Start, tmp_path: Path, number: int, code: int) -> None:
    playing = start("--port", "0", "--once")
    assert playing.stdout
    assert any("BS01" in line for line in playing.stdout), "the play has begun"
    simulator = int((tmp_path / "var" / "demo" / "simulator.pid").read_text())
    playing.send_signal(number)
    said, complained = playing.communicate(timeout=60)
    assert playing.returncode == code
    assert not complained
    assert "Traceback" not in said
    with pytest.raises(ProcessLookupError):
        os.kill(simulator, 0)


async def test_a_simulator_that_has_ended_already(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Its end is told once, by us, and the loop that waits for it finds its exit code."""
    for _ in range(5):
        async with simulator(tmp_path, port=0):
            os.kill(int((tmp_path / "simulator.pid").read_text()), signal.SIGKILL)
            time.sleep(0.05)
    assert "Unknown child process" not in caplog.text
