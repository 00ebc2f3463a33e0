"""Which files are taken as evidence, told by what is in them and never by their name."""

import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager

import filetype
from PIL import Image, UnidentifiedImageError

from outreach.evidence import EvidenceRefusedError

# As many as a good camera makes; a picture of many more is made to fill somebody's memory.
_MOST_PIXELS = 50_000_000
_SMALLER = 8  # a JPEG is decoded to an eighth: every byte is read, and little memory is taken
# A document unpacks to a few times its size; one that unpacks to much more is made to fill somebody's disk.
_MOST_UNPACKED = 200 * 1024 * 1024
_PICTURES = {"image/jpeg": "JPEG", "image/png": "PNG", "image/apng": "PNG", "image/webp": "WEBP"}
_OFFICE = {
    "word/document.xml": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xl/workbook.xml": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "ppt/presentation.xml": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}
_OTHERS = {"image/heic", "video/mp4"}
_ZIP = b"PK\x03\x04"
_PDF = b"%PDF-"
_PDF_END = b"%%EOF"
_PDF_TAIL = 2048
# What a PDF may carry that runs when it is opened, as far as it shows without unpacking.
_PDF_PROGRAMS = (b"/JavaScript", b"/Launch", b"/EmbeddedFile")


def check_evidence(content: bytes, name: str) -> str:  # noqa: ARG001  (the port hands the name over; content alone decides)
    """The media type. Raises EvidenceRefusedError: empty, unknown_kind, damaged, too_many_pixels, has_program."""
    if not content:
        raise EvidenceRefusedError("empty")
    if content.startswith(_ZIP):
        return _office(content)
    if content.startswith(_PDF):
        return _pdf(content)
    media_type = filetype.guess_mime(content) or ""
    if media_type in _PICTURES:
        _check_picture(content, shape=_PICTURES[media_type])
        return "image/png" if media_type == "image/apng" else media_type
    if media_type in _OTHERS:
        return media_type
    raise EvidenceRefusedError("unknown_kind")


def _office(content: bytes) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        raise EvidenceRefusedError("damaged") from error
    names = {member.filename for member in members}
    kind = next((media_type for part, media_type in _OFFICE.items() if part in names), None)
    if kind is None or "[Content_Types].xml" not in names:
        raise EvidenceRefusedError("unknown_kind")
    if any(name.endswith("vbaProject.bin") or "/embeddings/" in name or "/activeX/" in name for name in names):
        raise EvidenceRefusedError("has_program")
    if sum(member.file_size for member in members) > _MOST_UNPACKED:
        raise EvidenceRefusedError("damaged")
    return kind


def _pdf(content: bytes) -> str:
    if _PDF_END not in content[-_PDF_TAIL:]:
        raise EvidenceRefusedError("damaged")
    if any(word in content for word in _PDF_PROGRAMS):
        raise EvidenceRefusedError("has_program")
    return "application/pdf"


def _check_picture(content: bytes, *, shape: str) -> None:
    """Look at the size before a pixel is unpacked, then at the whole structure."""
    with _damaged(), Image.open(io.BytesIO(content), formats=[shape]) as picture:
        width, height = picture.size
        if width * height > _MOST_PIXELS:
            raise EvidenceRefusedError("too_many_pixels")
        picture.verify()
    if shape == "PNG":  # verify has read every checksum
        return
    with _damaged(), Image.open(io.BytesIO(content), formats=[shape]) as picture:
        picture.draft(None, (width // _SMALLER, height // _SMALLER))
        picture.load()


@contextmanager
def _damaged() -> Iterator[None]:
    """Whatever the decoder stumbles over is the file's fault."""
    try:
        yield
    except EvidenceRefusedError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise EvidenceRefusedError("too_many_pixels") from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, MemoryError) as error:
        raise EvidenceRefusedError("damaged") from error
