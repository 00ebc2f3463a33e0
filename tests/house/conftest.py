"""What the house tests look at: the files that git knows or would take, and a copy of them that may be broken."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("bot", "handlers", "content", "outreach", "storage", "simulator")


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def packages() -> tuple[str, ...]:
    return PACKAGES


@pytest.fixture(scope="session")
def files() -> list[Path]:
    """Every file of the project, relative to its root: tracked, or new and not ignored."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    found = sorted({Path(name) for name in listed.split("\0") if name and (ROOT / name).is_file()})
    assert len(found) > 20, "git lists hardly anything: these tests would look at nothing"
    return found


@pytest.fixture(scope="session")
def product(files: list[Path]) -> list[Path]:
    """The Python files of the product: everything but the tests."""
    found = [path for path in files if path.suffix == ".py" and path.parts[0] in PACKAGES]
    assert {path.parts[0] for path in found} == set(PACKAGES)
    return found


@pytest.fixture(scope="session")
def python(files: list[Path]) -> list[Path]:
    """Every Python file, the tests too."""
    found = [path for path in files if path.suffix == ".py"]
    assert any(path.parts[0] == "tests" for path in found)
    return found


@pytest.fixture(scope="session")
def read() -> Callable[[Path], str]:
    """Text of a file named relative to the root."""
    return lambda path: (ROOT / path).read_text(encoding="utf-8")
