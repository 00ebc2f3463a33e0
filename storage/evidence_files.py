"""Evidence on disk: each file sealed under the SHA-256 of its content, in folders of two letters (ab/cd01ef)."""

import asyncio
import contextlib
import hashlib
import os
import tempfile
from pathlib import Path

from storage.types import Keyring

_CONTEXT = "evidence.file"
_NONCE_BYTES = 12


class EvidenceFiles:
    """Implements the port `EvidenceStore`. A file appears whole or not at all, whenever the process ends."""

    def __init__(self, folder: Path, *, keyring: Keyring) -> None:
        self._folder = folder
        self._keyring = keyring

    async def put(self, content: bytes) -> str:
        """Durable when it returns: file and folder are synced. The same content twice is one file."""
        return await asyncio.to_thread(self._put, content)

    async def get(self, content_hash: str) -> bytes:
        """Raises FileNotFoundError, UnsealError."""
        return await asyncio.to_thread(self._get, content_hash)

    async def delete(self, content_hash: str) -> None:
        await asyncio.to_thread(self._path(content_hash).unlink, missing_ok=True)

    def _path(self, content_hash: str) -> Path:
        if len(content_hash) != hashlib.sha256().digest_size * 2 or not set(content_hash) <= set("0123456789abcdef"):
            raise ValueError("no content hash")
        return self._folder / content_hash[:2] / content_hash[2:]

    def _put(self, content: bytes) -> str:
        content_hash = hashlib.sha256(content).hexdigest()
        path = self._path(content_hash)
        if path.exists():
            return content_hash
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        sealed = self._keyring.seal(content, context=_CONTEXT, nonce=os.urandom(_NONCE_BYTES))
        number, name = tempfile.mkstemp(dir=path.parent, prefix=".part-")  # readable by its owner only
        try:
            with os.fdopen(number, "wb") as file:
                file.write(sealed)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(path)
        except BaseException:
            with contextlib.suppress(FileNotFoundError):
                Path(name).unlink()
            raise
        _sync_folder(path.parent)
        _sync_folder(self._folder)
        return content_hash

    def _get(self, content_hash: str) -> bytes:
        return self._keyring.unseal(self._path(content_hash).read_bytes(), context=_CONTEXT)


def _sync_folder(folder: Path) -> None:
    """So that the name survives a power loss as well as the content."""
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
