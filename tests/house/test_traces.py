"""Nothing in the project tells where it was made: no package registry's host, no path of a machine."""

import re
from collections.abc import Callable
from pathlib import Path

# Put together from parts, so that this file does not hold what it looks for.
HOSTS = tuple(
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("npmjs", "org"),
        ("npmjs", "com"),
        ("deb", "debian", "org"),
        ("crates", "io"),
        ("proxy", "golang", "org"),
    )
)
MACHINE_FOLDERS = "work|root|tmp"
INDEX_LINE = re.compile(r"^\s*(?:--(?:extra-)?index-url|-i|--find-links|-f)\s", re.MULTILINE)
MACHINE_PATH = re.compile(r"(?<![\w/.~\])}>-])/(?:" + MACHINE_FOLDERS + r")(?:/|\b)(?!-)")


def traces(text: str) -> list[str]:
    """The hosts and paths found in a text."""
    return [host for host in HOSTS if host in text] + [match.group() for match in MACHINE_PATH.finditer(text)]


def test_no_host_of_a_registry_and_no_path_of_a_machine(files: list[Path], root: Path) -> None:
    looked_at = 0
    found: dict[str, list[str]] = {}
    for path in files:
        try:
            text = (root / path).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        looked_at += 1
        if hits := traces(text):
            found[str(path)] = hits
    assert looked_at >= 20
    assert not found, f"{looked_at} files looked at: {found}"


def test_the_locks_name_no_index(read: Callable[[Path], str]) -> None:
    for name in ("requirements/run.txt", "requirements/dev.txt"):
        text = read(Path(name))
        assert text.count("--hash=sha256:") > text.count("==") > 20
        assert not INDEX_LINE.search(text)


def test_the_measure_sees_both() -> None:
    assert traces("see https://" + HOSTS[0] + "/project/x") == [HOSTS[0]]
    assert traces('open("/' + 'tmp/x.db")') == ["/" + "tmp/"]
    assert traces("cd /" + "root && make") == ["/" + "root"]
    assert not traces("GET /roots, file/tmp/x, ../work/main, https://t.me/rooty")
