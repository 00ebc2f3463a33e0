"""`.ci/run` brings Chromium where it may, says so in one line where it may not, and then runs `make test`."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(tmp_path: Path, root: Path) -> Run:
    """Run the script with only the given commands on the PATH; each stand-in writes down its own name and words."""

    def start(*, user: int, commands: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
        for tool in ("bash", "dirname"):
            found = shutil.which(tool)
            assert found is not None
            (tmp_path / tool).symlink_to(found)
        words = {name: f'echo "{name} $*"' for name in commands} | {"id": f"echo {user}"}
        for name, does in words.items():
            (tmp_path / name).write_text(f"#!{tmp_path}/bash\n{does}\n")
            (tmp_path / name).chmod(0o755)
        return subprocess.run(
            [str(tmp_path / "bash"), str(root / ".ci/run")],
            cwd=tmp_path,
            env={"PATH": str(tmp_path), "CI": "true"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    return start


def test_with_chromium_there_nothing_is_installed(run: Run) -> None:
    done = run(user=0, commands=("chromium", "apt-get", "make"))
    assert (done.returncode, done.stdout.splitlines(), done.stderr) == (0, ["make test"], "")


def test_root_installs_what_is_missing_first(run: Run) -> None:
    done = run(user=0, commands=("apt-get", "make"))
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["apt-get", "apt-get", "make"]
    assert "chromium" in lines[1]


@pytest.mark.parametrize(("user", "commands"), [(1000, ("apt-get", "make")), (0, ("make",))])
def test_where_it_may_not_install_it_says_so_in_one_line(run: Run, user: int, commands: tuple[str, ...]) -> None:
    done = run(user=user, commands=commands)
    assert (done.returncode, done.stdout) == (1, "")
    assert len(done.stderr.splitlines()) == 1
    assert "chromium is missing" in done.stderr
