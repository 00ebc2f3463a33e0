"""Files both sides have sent: kept on disk for as long as the simulator runs, found by file_id and by path."""

import base64
import hashlib
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DOWNLOAD_LIMIT = 20 * 1024 * 1024
UPLOAD_LIMIT = 50 * 1024 * 1024
PREFIXES = {"photo": "AgACAgUAAxkB", "document": "BQACAgUAAxkB", "sticker": "CAACAgUAAxkB", "voice": "AwACAgUAAxkB"}


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """``path`` is what getFile tells, ``place`` where the bytes are; ``size`` in bytes."""

    file_id: str
    unique_id: str
    kind: str
    name: str
    content_type: str
    size: int
    path: str
    place: Path

    def identity(self) -> dict[str, Any]:
        return {"file_id": self.file_id, "file_unique_id": self.unique_id, "file_size": self.size}

    def read(self) -> bytes:
        return self.place.read_bytes()


class FileStore:
    """The same content is kept once, but every upload gets a file_id of its own."""

    def __init__(self) -> None:
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._by_id: dict[str, StoredFile] = {}
        self._by_path: dict[str, StoredFile] = {}

    def put(self, content: bytes, *, kind: str, name: str, content_type: str) -> StoredFile:
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="simulator-")
        digest = hashlib.sha256(content).digest()
        place = Path(self._folder.name) / digest.hex()
        if not place.exists():
            place.write_bytes(content)
        number = len(self._by_id)
        mark = base64.urlsafe_b64encode(digest[:18] + number.to_bytes(6, "big")).decode()
        suffix = Path(name).suffix.lower()
        stored = StoredFile(
            file_id=f"{PREFIXES[kind]}{mark}",
            unique_id=f"AQAD{base64.urlsafe_b64encode(digest[:9]).decode()}",
            kind=kind,
            name=name,
            content_type=content_type,
            size=len(content),
            path=f"{kind}s/file_{number}{suffix}",
            place=place,
        )
        self._by_id[stored.file_id] = stored
        self._by_path[stored.path] = stored
        return stored

    def find(self, file_id: str) -> StoredFile | None:
        return self._by_id.get(file_id)

    def at_path(self, path: str) -> StoredFile | None:
        return self._by_path.get(path)

    def forget(self) -> None:
        self._by_id.clear()
        self._by_path.clear()
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None
