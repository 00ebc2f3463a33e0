"""The installer says in one line what is missing, installs once, and begins again after an interruption.

The interpreter is a stand-in that writes down what it was asked to do; pip itself runs when a fresh clone is set up.
"""

import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

TOOLS = ("sh", "dirname", "cat", "cmp", "head", "tail", "mktemp", "grep", "cut", "cp", "rm", "mkdir")
STAND_IN = """#!/bin/sh
# Which release this is stands in a file, so that a copy in .venv is the same one.
here=$(dirname "$0")
calls={calls}
case "$*" in
    -c*version_info*) cat "$here/version" ;;
    -c*ensurepip*) [ ! -e {trouble}/no-venv ] ;;
    "-m venv --clear .venv")
        echo venv >>"$calls"
        rm -rf .venv && mkdir -p .venv/bin && cp "$0" .venv/bin/python && cp "$here/version" .venv/bin/version ;;
    *pip*-e*) echo editable >>"$calls" ;;
    *pip*--require-hashes*)
        echo locked >>"$calls"
        if [ -e {trouble}/no-network ]; then echo "ERROR: no route to the index" >&2; exit 1; fi ;;
    *) echo "unexpected: $*" >>"$calls"; exit 2 ;;
esac
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """A copy of the installer in a folder whose name has a space, with interpreters of our own on the PATH."""

    home: Path
    folder: Path

    def add_python(self, name: str, *, version: str) -> Path:
        folder = self.home / f"interpreter {name}"
        folder.mkdir(exist_ok=True)
        (folder / "version").write_text(f"{version}\n")
        calls, trouble = (f"'{self.home / name}'" for name in ("calls", "trouble"))
        python = folder / "python"
        python.write_text(STAND_IN.format(calls=calls, trouble=trouble))
        python.chmod(0o755)
        on_path = self.home / "bin" / name
        on_path.write_text(f"#!/bin/sh\nexec '{python}' \"$@\"\n")
        on_path.chmod(0o755)
        return python

    def run(self, **environment: str) -> subprocess.CompletedProcess[str]:
        (self.home / "calls").write_text("")
        return subprocess.run(
            [str(self.home / "bin" / "sh"), "requirements/install.sh"],
            cwd=self.folder,
            env={"PATH": str(self.home / "bin"), **environment},
            capture_output=True,
            text=True,
            check=False,
        )

    def calls(self) -> list[str]:
        return (self.home / "calls").read_text().split()


@pytest.fixture
def house(tmp_path: Path, root: Path) -> House:
    folder = tmp_path / "a clone with spaces"
    (folder / "requirements").mkdir(parents=True)
    shutil.copy(root / "requirements/install.sh", folder / "requirements")
    for name in ("requirements/run.txt", "requirements/dev.txt", "pyproject.toml"):
        (folder / name).write_text(f"# {name}\n")
    for name in ("bin", "trouble"):
        (tmp_path / name).mkdir()
    for tool in TOOLS:
        found = shutil.which(tool)
        assert found is not None
        (tmp_path / "bin" / tool).symlink_to(found)
    return House(home=tmp_path, folder=folder)


def the_one_line(done: subprocess.CompletedProcess[str]) -> str:
    """The message of a failed run, which is one line and no trace."""
    assert done.returncode == 1
    lines = done.stderr.splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("setup: ")
    return lines[0]


def test_the_first_run_installs_and_the_second_does_nothing(house: House) -> None:
    house.add_python("python3", version="3.11")
    assert house.run().returncode == 0
    assert house.calls() == ["venv", "locked", "editable"]
    again = house.run()
    assert (again.returncode, again.stdout, again.stderr, house.calls()) == (0, "", "", [])


def test_another_python3_is_found(house: House) -> None:
    house.add_python("python3", version="3.10")
    house.add_python("python3.12", version="3.12")
    done = house.run()
    assert "python3.12 (3.12)" in done.stdout
    assert house.calls() == ["venv", "locked", "editable"]


def test_a_wrong_release_is_one_line(house: House) -> None:
    house.add_python("python3", version="3.14")
    line = the_one_line(house.run())
    assert "3.11, 3.12 or 3.13; python3 is 3.14;" in line
    assert not house.calls()


def test_no_python_at_all_is_one_line(house: House) -> None:
    assert "no python3 was found" in the_one_line(house.run())


@pytest.mark.parametrize(("version", "said"), [("3.10", "is 3.10"), (None, "does not run")])
def test_a_named_interpreter_that_will_not_do_is_one_line(house: House, version: str | None, said: str) -> None:
    house.add_python("python3", version="3.11")
    named = house.add_python("other", version=version) if version else house.home / "nowhere"
    assert said in the_one_line(house.run(PYTHON=str(named)))


def test_a_named_interpreter_of_another_release_makes_the_folder_anew(house: House) -> None:
    house.add_python("python3", version="3.11")
    house.run()
    named = str(house.add_python("other", version="3.13"))
    assert house.run(PYTHON=named).returncode == 0
    assert house.calls() == ["venv", "locked", "editable"]
    assert house.run().returncode == 0
    assert not house.calls(), "without PYTHON the environment that is there is kept"


def test_a_missing_venv_module_is_one_line(house: House) -> None:
    house.add_python("python3", version="3.11")
    (house.home / "trouble/no-venv").touch()
    assert "python3-venv" in the_one_line(house.run())


def test_after_a_failed_install_everything_is_done_again(house: House) -> None:
    house.add_python("python3", version="3.11")
    (house.home / "trouble/no-network").touch()
    assert "no route to the index" in the_one_line(house.run())
    assert house.calls() == ["venv", "locked"]
    (house.home / "trouble/no-network").unlink()
    assert house.run().returncode == 0
    assert house.calls() == ["venv", "locked", "editable"]


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ("pyproject.toml", ["editable"]),
        ("requirements/run.txt", ["locked", "editable"]),
        ("requirements/dev.txt", ["locked", "editable"]),
    ],
)
def test_a_change_installs_what_it_touches(house: House, changed: str, expected: list[str]) -> None:
    house.add_python("python3", version="3.11")
    house.run()
    (house.folder / changed).write_text("# something else\n")
    house.run()
    assert house.calls() == expected
    house.run()
    assert not house.calls()


def test_a_moved_folder_is_made_anew(house: House) -> None:
    house.add_python("python3", version="3.11")
    house.run()
    moved = House(home=house.home, folder=house.folder.rename(house.home / "elsewhere"))
    assert moved.run().returncode == 0
    assert moved.calls() == ["venv", "locked", "editable"]


def test_make_knows_the_targets_of_the_contract(root: Path, read: Callable[[Path], str]) -> None:
    targets = (".venv", "demo", "test", "bench", "chaos", "lock", "lint", "format")
    makefile = read(Path("Makefile"))
    for target in targets:
        assert f"\n{target}:" in makefile
    printed = subprocess.run(
        ["make", "-n", "demo", "ONCE=1", "PORT=8123"], cwd=root, capture_output=True, text=True, check=True
    ).stdout
    assert "-m bot demo --once --port 8123" in printed
    assert (
        "--once"
        not in subprocess.run(
            ["make", "-n", "demo", "ONCE=0"], cwd=root, capture_output=True, text=True, check=True
        ).stdout
    )
