"""What can be in the way of the demo is one clear line in two languages, and never a trace."""

import fcntl
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """`loatre demo --once` in an empty folder."""

    def start(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "bot", "demo", "--once", *arguments]
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("LOATRE_")},
            "PYTHONPATH": str(Path.cwd()),
        }
        return subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60, check=False
        )

    return start


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
