"""Which reader a file needs, told by what is in it; its name only decides what its content leaves open."""

import io
import re
import zipfile

from content.readers.decode import decode
from content.readers.docx import read_docx
from content.readers.html import read_html
from content.readers.markdown import read_markdown
from content.readers.page import MAX_BYTES, ReadError, ReadFault, ReadPage
from content.readers.pdf import read_pdf
from content.readers.text import read_text

_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
# Old Word files, and new ones under a password, are this container; the latter name the stream that is locked.
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_LOCKED_STREAM = "EncryptedPackage".encode("utf-16-le")
# Some writers put bytes before the mark of a PDF.
_PDF_HEAD = 1024
_RTF = b"{\\rtf"

_HTML = re.compile(r"<!doctype\s+html|<html[\s>]|<body[\s>]|<(?:p|div|h1|article|table)(?:\s[^<>]*)?>", re.IGNORECASE)
_HTML_HEAD = 20_000
_MARKDOWN_NAME = (".md", ".markdown")
_MARKDOWN = re.compile(r"\A\s*(?:---\n.*?\n---\s*\n\s*)?# \S", re.DOTALL)


def _read_zip(data: bytes, *, name: str) -> ReadPage:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = set(archive.namelist())
    if "word/document.xml" not in names:
        raise ReadError(ReadFault.UNKNOWN_TYPE)
    return read_docx(data, name=name)


def _read_characters(data: bytes, *, name: str) -> ReadPage:
    if data.startswith(_RTF):
        raise ReadError(ReadFault.UNKNOWN_TYPE)
    text = decode(data)
    if _HTML.search(text[:_HTML_HEAD]):
        return read_html(text, name=name)
    if name.casefold().endswith(_MARKDOWN_NAME) or _MARKDOWN.match(text):
        return read_markdown(text, name=name)
    return read_text(text, name=name)


def _read(data: bytes, *, name: str) -> ReadPage:
    if b"%PDF-" in data[:_PDF_HEAD]:
        return read_pdf(data, name=name)
    if data.startswith(_ZIP):
        return _read_zip(data, name=name)
    if data.startswith(_OLE):
        raise ReadError(ReadFault.ENCRYPTED if _LOCKED_STREAM in data else ReadFault.UNKNOWN_TYPE)
    return _read_characters(data, name=name)


def read_bytes(data: bytes, *, name: str) -> ReadPage:
    """A file of at most 10 MB as a page. CPU work of up to seconds: call it in a thread.

    `name` is the file's own name, for the report and for the ending. Raises ReadError, nothing else.
    """
    if len(data) > MAX_BYTES:
        raise ReadError(ReadFault.TOO_BIG)
    if not data.strip():
        raise ReadError(ReadFault.EMPTY)
    try:
        return _read(data, name=name)
    except ReadError:
        raise
    except Exception as error:
        raise ReadError(ReadFault.UNREADABLE) from error
