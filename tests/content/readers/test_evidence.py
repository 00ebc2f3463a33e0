"""Evidence is told by its content: what is taken, and what is refused with which reason."""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable

import pytest
from docx import Document
from openpyxl import Workbook
from PIL import Image

from content.readers.evidence import check_evidence
from outreach.evidence import EvidenceRefusedError

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def picture(shape: str, size: tuple[int, int] = (40, 30)) -> bytes:
    drawn = io.BytesIO()
    Image.linear_gradient("L").resize(size).convert("RGB").save(drawn, shape)
    return drawn.getvalue()


def word() -> bytes:
    written = io.BytesIO()
    document = Document()
    document.add_paragraph("Giấy khen")
    document.save(written)
    return written.getvalue()


def sheet() -> bytes:
    written = io.BytesIO()
    Workbook().save(written)
    return written.getvalue()


def archive(**members: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in members.items():
            packed.writestr(name, content)
    return made.getvalue()


def with_member(document: bytes, name: str, content: bytes) -> bytes:
    made = io.BytesIO(document)
    with zipfile.ZipFile(made, "a", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr(name, content)
    return made.getvalue()


def unpacking_to(megabytes: int) -> bytes:
    """A Word file with a picture of so many megabytes of nothing."""
    made = io.BytesIO(word())
    with zipfile.ZipFile(made, "a", zipfile.ZIP_DEFLATED) as packed, packed.open("word/media/a.bmp", "w") as member:
        for _ in range(megabytes):
            member.write(bytes(1024 * 1024))
    return made.getvalue()


def pdf(body: bytes = b"") -> bytes:
    return b"%PDF-1.7\n1 0 obj << /Type /Catalog " + body + b" >> endobj\ntrailer << /Root 1 0 R >>\n%%EOF\n"


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says it is enormous."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(b"\0" * 1000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


TAKEN: dict[str, tuple[Callable[[], bytes], str]] = {
    "jpeg": (lambda: picture("JPEG"), "image/jpeg"),
    "png": (lambda: picture("PNG"), "image/png"),
    "webp": (lambda: picture("WEBP"), "image/webp"),
    "large jpeg": (lambda: picture("JPEG", (4000, 3000)), "image/jpeg"),
    "pdf": (pdf, "application/pdf"),
    "docx": (word, WORD),
    "xlsx": (sheet, SHEET),
    "heic": (lambda: b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0" * 100, "image/heic"),
    "mp4": (lambda: b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + b"\0" * 100, "video/mp4"),
}

REFUSED: dict[str, tuple[Callable[[], bytes], str]] = {
    "nothing": (lambda: b"", "empty"),
    "windows program": (lambda: b"MZ" + b"\0" * 200, "unknown_kind"),
    "linux program": (lambda: b"\x7fELF" + b"\0" * 200, "unknown_kind"),
    "script": (lambda: b"#!/bin/sh\nrm -rf x\n", "unknown_kind"),
    "html": (lambda: b"<!doctype html><script>alert(1)</script>", "unknown_kind"),
    "svg": (lambda: b'<svg xmlns="http://www.w3.org/2000/svg"/>', "unknown_kind"),
    "zip": (lambda: archive(a=b"b"), "unknown_kind"),
    "zip called docx": (lambda: archive(**{"word/document.xml": b"<x/>"}), "unknown_kind"),
    "old word": (lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "unknown_kind"),
    "gif": (lambda: picture("GIF"), "unknown_kind"),
    "macro": (lambda: with_member(word(), "word/vbaProject.bin", b"x"), "has_program"),
    "program inside": (lambda: with_member(word(), "word/embeddings/a.bin", b"MZ"), "has_program"),
    "pdf with a program": (lambda: pdf(b"/OpenAction << /S /JavaScript >>"), "has_program"),
    "half a pdf": (lambda: pdf()[:30], "damaged"),
    "half a docx": (lambda: word()[:3000], "damaged"),
    "half a jpeg": (lambda: picture("JPEG", (800, 600))[:2000], "damaged"),
    "half a png": (lambda: picture("PNG", (800, 600))[:800], "damaged"),
    "half a webp": (lambda: picture("WEBP", (800, 600))[:300], "damaged"),
    "large bomb": (lambda: bomb(9000, 9000), "too_many_pixels"),
    "larger bomb": (lambda: bomb(12000, 12000), "too_many_pixels"),
    "largest bomb": (lambda: bomb(60000, 60000), "too_many_pixels"),
    "zip bomb": (lambda: unpacking_to(210), "damaged"),
}


@pytest.mark.parametrize("case", TAKEN)
@pytest.mark.parametrize("name", ["anh.jpg", "virus.exe", ""])
def test_what_is_taken_whatever_its_name(case: str, name: str) -> None:
    make, media_type = TAKEN[case]
    assert check_evidence(make(), name) == media_type


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused_whatever_its_name(case: str) -> None:
    make, reason = REFUSED[case]
    with pytest.raises(EvidenceRefusedError) as refused:
        check_evidence(make(), "anh.jpg")
    assert refused.value.code == reason
