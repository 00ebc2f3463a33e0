"""The file `.env`: read as it stands, changed line by line, never half written, never readable by others."""

import os
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class EnvFileError(Exception):
    """The file cannot be written; the text says why, in one line and without a value."""


def names_in(path: Path) -> frozenset[str]:
    """The variables the file sets; empty where there is none."""
    if not path.exists():
        return frozenset()
    return frozenset(filter(None, (_name(line) for line in path.read_text(encoding="utf-8").splitlines())))


def _name(line: str) -> str | None:
    found = re.match(r"\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=", line)
    return found.group(1) if found else None


def change(path: Path, values: Mapping[str, str]) -> None:
    """Set these variables and leave every other line as it is. All or nothing, mode 0600. Raises EnvFileError."""
    path = path.resolve()
    try:
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        written = {name: f"{name}={_quoted(name, value)}" for name, value in values.items()}
        # Of a name that stands there twice the last line holds, so both are changed.
        changed = [written.get(_name(line) or "", line) for line in lines]
        new = [line for name, line in written.items() if name not in names_in(path)]
        _replace(path, "\n".join([*changed, *new]) + "\n")
    except OSError as error:
        raise EnvFileError(f"{path}: {error.strerror}") from error


def _quoted(name: str, value: str) -> str:
    """In single quotes nothing has a meaning but the quote and the backslash; `${` would still be filled in."""
    if _CONTROL.search(value) or "${" in value:
        raise EnvFileError(f"{name}: a value of one line, without ${{")
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _replace(path: Path, text: str) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".env.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            if path.exists():  # set up as root, the file stays the service's own
                before = path.stat()
                os.fchown(file.fileno(), before.st_uid, before.st_gid)
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink()
        raise
