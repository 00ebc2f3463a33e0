"""The machine: room on the disk, folders that can be written, files that only their owner reads."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bot.commands.checks.finding import Code, Finding, broken, ok, warn

_MEGABYTE = 1_000_000
_FULL = 100 * _MEGABYTE
_LOW = 1_000 * _MEGABYTE
_OTHERS = 0o077


def check_env_file(path: Path) -> Iterator[Finding]:
    if path.is_file() and path.stat().st_mode & _OTHERS:
        yield warn(Code.ENV_READABLE, file=str(path))


def check_disk(folder: Path) -> Iterator[Finding]:
    """`folder` need not exist yet; its nearest parent tells."""
    free = shutil.disk_usage(_existing(folder)).free
    megabytes = free // _MEGABYTE
    if free < _FULL:
        yield broken(Code.DISK_FULL, megabytes=megabytes)
    elif free < _LOW:
        yield warn(Code.DISK_LOW, megabytes=megabytes)
    else:
        yield ok(Code.DISK_OK, megabytes=megabytes)


def check_evidence(folder: Path) -> Iterator[Finding]:
    """Where the folder is not there yet, whether it could be made."""
    try:
        with tempfile.TemporaryFile(dir=_existing(folder)):
            yield ok(Code.EVIDENCE_OK, folder=str(folder))
    except OSError as error:
        yield broken(Code.EVIDENCE_UNWRITABLE, folder=str(folder), problem=error.strerror or type(error).__name__)


def check_backup() -> Iterator[Finding]:
    """Nothing tells of copies taken elsewhere, so this is asked for every time."""
    yield warn(Code.BACKUP_UNKNOWN)


def _existing(folder: Path) -> Path:
    return next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
