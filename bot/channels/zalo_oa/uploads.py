"""Pictures and files as Zalo takes them: uploaded once, then named by an id that lives for seven days."""

import asyncio
import hashlib
import io
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import PurePath
from typing import Final

from PIL import Image

from bot.channels.zalo_oa.client import OaClient
from outreach.clock import Clock
from outreach.messaging import SendError, SendErrorKind

PICTURES: Final = {".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg"}
_FILES: Final = {
    ".pdf": "application/pdf",
    ".doc": "application/msword",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".csv": "text/csv",
}
_LIVES = timedelta(days=6, hours=12)  # the last half day is left to the message that is on its way
_MOST_KEPT = 64
_SIDES = (2048, 1600, 1280, 1024, 800, 640, 480)  # pixels
_QUALITY = 82


@dataclass(frozen=True, slots=True, kw_only=True)
class Takes:
    """What Zalo takes, in bytes, and the endings of files that are no pictures; of each only one source tells."""

    picture: int = 1_000_000
    file: int = 5_000_000
    files: frozenset[str] = frozenset({".pdf", ".doc", ".docx"})

    @property
    def suffixes(self) -> frozenset[str]:
        return self.files.union(PICTURES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A file to be uploaded: equal ones have one `key`, and `load` gives the content once that is needed."""

    name: str
    key: str
    load: Callable[[], Awaitable[bytes]]


def suffix_of(name: str) -> str:
    return PurePath(name).suffix.lower()


def shrunk(data: bytes, *, most: int) -> bytes:
    """A JPEG small enough to be uploaded. Takes a moment of work. OUR_FAULT `photo_invalid` for what is no picture."""
    try:
        with Image.open(io.BytesIO(data)) as opened:
            picture = opened.convert("RGB")
        for side in _SIDES:
            picture.thumbnail((side, side))
            drawn = io.BytesIO()
            picture.save(drawn, "JPEG", quality=_QUALITY)
            if drawn.tell() <= most:
                return drawn.getvalue()
    except Exception as error:  # whatever Pillow says of a file that is no picture
        raise SendError(SendErrorKind.OUR_FAULT, "photo_invalid") from error
    raise SendError(SendErrorKind.OUR_FAULT, "photo_invalid")


class Uploads:
    """A campaign shows everybody the same picture, so its id is kept, by content. Several who want it wait for one upload."""

    def __init__(self, client: OaClient, *, takes: Takes, clock: Clock) -> None:
        self._client = client
        self.takes = takes
        self._clock = clock
        self._kept: OrderedDict[str, tuple[datetime, asyncio.Task[str]]] = OrderedDict()

    async def ref(self, source: Source) -> str:
        """Raises SendError; nothing has reached anybody then."""
        key = source.key
        made_at, upload = self._kept.get(key, (self._clock(), None))
        if upload is None or made_at <= self._clock() - _LIVES:
            made_at, upload = self._clock(), asyncio.create_task(self._upload(source))
            self._kept[key] = made_at, upload
        self._kept.move_to_end(key)
        while len(self._kept) > _MOST_KEPT:
            self._kept.popitem(last=False)
        try:
            return await asyncio.shield(upload)
        except SendError:
            self._drop(key, upload)
            raise

    def forget(self, source: Source, *, ref: str) -> None:
        """Zalo no longer knows the id; a newer one that somebody has got meanwhile stays."""
        found = self._kept.get(source.key)
        if found and found[1].done() and not found[1].exception() and found[1].result() == ref:
            del self._kept[source.key]

    def _drop(self, key: str, upload: "asyncio.Task[str]") -> None:
        if self._kept.get(key, (None, None))[1] is upload:
            del self._kept[key]

    async def _upload(self, source: Source) -> str:
        name, suffix = source.name, suffix_of(source.name)
        if suffix not in self.takes.suffixes:
            raise SendError(SendErrorKind.OUR_FAULT, "file_type_refused")
        data = await source.load()
        if suffix not in PICTURES:
            if len(data) > self.takes.file:
                raise SendError(SendErrorKind.OUR_FAULT, "file_too_big")
            media_type = _FILES.get(suffix, "application/octet-stream")
            return await self._client.upload("file", name=name, data=data, media_type=media_type)
        media_type = PICTURES[suffix]
        if len(data) > self.takes.picture:
            data = await asyncio.to_thread(shrunk, data, most=self.takes.picture)
            media_type = PICTURES[".jpg"]
            name = str(PurePath(name).with_suffix(".jpg"))
        return await self._client.upload("image", name=name, data=data, media_type=media_type)


def source_of(name: str, data: bytes) -> Source:
    """Of a file that is at hand."""

    async def load() -> bytes:
        return data

    return Source(name=name, key=f"{hashlib.sha256(data).hexdigest()}{suffix_of(name)}", load=load)
