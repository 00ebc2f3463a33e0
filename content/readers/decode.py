"""Bytes of a text file into a string."""

import codecs
import re

import charset_normalizer
import filetype

from content.readers.page import ReadError, ReadFault

# UTF-32 first: its little-endian mark begins with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Older Vietnamese pages, and Western ones: what else is met here is UTF.
_ONE_BYTE = ("cp1258", "cp1252")
_DECLARED = re.compile(rb"charset\s*=\s*[\"']?\s*(windows-125[28]|cp125[28]|iso-8859-1)", re.IGNORECASE)
_HEAD_BYTES = 4096
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1f\x7f]")
# Text copied from a page holds a stray control at most; anything beyond one more in this many letters is a binary file.
_LETTERS_PER_CONTROL = 1000
# UTF-16 of Vietnamese has a zero byte in every plain letter and blank, always on the same side.
_ZERO_SHARE = 0.2


def _utf16_without_mark(data: bytes) -> str | None:
    head = data[:_HEAD_BYTES]
    for offset, name in ((1, "utf-16-le"), (0, "utf-16-be")):
        if head[offset::2].count(0) > _ZERO_SHARE * len(head) / 2:
            return name
    return None


def _candidates(data: bytes) -> list[str]:
    for mark, name in _MARKS:
        if data.startswith(mark):
            return [name]
    wide = _utf16_without_mark(data)
    if wide:
        return [wide]
    names = ["utf-8"]
    declared = _DECLARED.search(data[:_HEAD_BYTES])
    if declared:
        names.append(declared.group(1).decode().lower())
    return names


def _guess(data: bytes) -> str:
    # Asked late, for its marks are short: a text may well begin with "BM" as a picture does.
    if filetype.guess(data) is not None:
        raise ReadError(ReadFault.UNKNOWN_TYPE)
    best = charset_normalizer.from_bytes(data, cp_isolation=list(_ONE_BYTE)).best()
    if best is None:
        raise ReadError(ReadFault.UNKNOWN_TYPE)
    return str(best)


def decode(data: bytes) -> str:
    """The text, by its mark, as UTF-8, as the page declares, or as the likeliest one-byte code page.

    Raises ReadError(UNKNOWN_TYPE) for what is no text.
    """
    for name in _candidates(data):
        try:
            text = data.decode(name)
            break
        except UnicodeDecodeError:
            continue
    else:
        text = _guess(data)
    if len(_CONTROLS.findall(text)) > 1 + len(text) / _LETTERS_PER_CONTROL:
        raise ReadError(ReadFault.UNKNOWN_TYPE)
    return text
