"""Pictures and files the OA has uploaded, kept by their id for seven days of the clock."""

from dataclasses import dataclass

from simulator.files import StoredFile
from simulator.ids import hex_id
from simulator.zalo.oa.errors import OaError

LIFE_SECONDS = 7 * 86_400
FIRST_UPLOAD = 2**41
GONE = -100


@dataclass(frozen=True, slots=True, kw_only=True)
class Uploaded:
    kind: str
    stored: StoredFile
    expires_at: float


class Uploads:
    def __init__(self) -> None:
        self._by_id: dict[str, Uploaded] = {}

    def put(self, stored: StoredFile, *, kind: str, now: float) -> str:
        """``kind`` is image, gif or file; returns the attachment_id or the token."""
        made = hex_id(FIRST_UPLOAD + len(self._by_id))
        self._by_id[made] = Uploaded(kind=kind, stored=stored, expires_at=now + LIFE_SECONDS)
        return made

    def get(self, upload_id: str, *, kind: str, now: float) -> Uploaded:
        found = self._by_id.get(upload_id)
        if found is None or found.kind != kind:
            raise OaError(-201, f"{kind} {upload_id} is invalid")
        if now >= found.expires_at:
            raise OaError(GONE)
        return found

    def forget(self) -> None:
        self._by_id.clear()
