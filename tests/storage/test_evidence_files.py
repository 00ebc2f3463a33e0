"""Evidence on disk: sealed, under its hash, whole or not at all."""

import hashlib
import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from storage.evidence_files import EvidenceFiles
from storage.types import Keyring, UnsealError

CONTENT = b"Giay khen cua Nong Thi Hoa" * 100
HASH = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def files(tmp_path: Path, keyring: Keyring) -> EvidenceFiles:
    return EvidenceFiles(tmp_path / "evidence", keyring=keyring)


async def test_what_is_put_is_got_and_sealed(files: EvidenceFiles, tmp_path: Path) -> None:
    assert await files.put(CONTENT) == HASH
    assert await files.put(CONTENT) == HASH
    assert await files.get(HASH) == CONTENT
    (path,) = [path for path in (tmp_path / "evidence").rglob("*") if path.is_file()]
    assert path.relative_to(tmp_path / "evidence").as_posix() == f"{HASH[:2]}/{HASH[2:]}"
    assert b"Nong" not in path.read_bytes()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


async def test_deleting_twice_is_harmless(files: EvidenceFiles) -> None:
    await files.put(CONTENT)
    await files.delete(HASH)
    await files.delete(HASH)
    with pytest.raises(FileNotFoundError):
        await files.get(HASH)


async def test_another_key_or_another_byte_opens_nothing(files: EvidenceFiles, tmp_path: Path) -> None:
    await files.put(CONTENT)
    other = EvidenceFiles(tmp_path / "evidence", keyring=Keyring("another secret, long enough to be one"))
    with pytest.raises(UnsealError):
        await other.get(HASH)
    path = tmp_path / "evidence" / HASH[:2] / HASH[2:]
    sealed = bytearray(path.read_bytes())
    sealed[-1] ^= 1
    path.write_bytes(sealed)
    with pytest.raises(UnsealError):
        await files.get(HASH)


@pytest.mark.parametrize("name", ["", "..", "../../etc/passwd", HASH.upper(), HASH[:-1]])
async def test_only_a_hash_is_a_name(files: EvidenceFiles, name: str) -> None:
    with pytest.raises(ValueError, match="hash"):
        await files.get(name)


_WRITER = """
import asyncio, pathlib, sys
from storage.evidence_files import EvidenceFiles
from storage.types import Keyring
files = EvidenceFiles(pathlib.Path(sys.argv[1]), keyring=Keyring("a secret of the tests, long enough to be one"))
async def write():
    number = 0
    while True:
        await files.put(number.to_bytes(4, "big") * 500_000)
        number += 1
        print(number, flush=True)
asyncio.run(write())
"""


@pytest.mark.slow
async def test_a_killed_writer_leaves_only_whole_files(files: EvidenceFiles, tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    command = [sys.executable, "-c", _WRITER, str(tmp_path / "evidence")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as writer:
        assert writer.stdout
        for _ in range(3):
            assert writer.stdout.readline()
        time.sleep(0.01)
        writer.send_signal(signal.SIGKILL)
    named = [path for path in (tmp_path / "evidence").rglob("*") if path.is_file() and not path.name.startswith(".")]
    assert len(named) >= 3
    for path in named:
        content = await files.get(path.parent.name + path.name)
        assert hashlib.sha256(content).hexdigest() == path.parent.name + path.name
