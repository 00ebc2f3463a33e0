"""Lines of a file into paragraphs: invisible characters out, hard-wrapped lines joined."""

import re
from collections.abc import Iterable

from outreach.text import nfc

# Marks that take no room: soft hyphen, zero-width signs, direction marks, word joiner, byte order mark.
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")
# Controls that slip into copied text. Line ends are dealt with before.
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_LINE_END = re.compile("\r\n|[\n\r\x0b\x0c\x85\u2028\u2029]")
_BLANKS = re.compile(r"\s+")

# A line shorter than this was ended by its writer, not by the width of a page.
_WRAP_WIDTH = 40


def tidy(text: str) -> str:
    """One paragraph for people: NFC, single blanks."""
    return _BLANKS.sub(" ", nfc(text)).strip()


def split_lines(text: str) -> list[str]:
    """Non-empty lines, NFC, without invisible characters; blanks inside a line are kept."""
    lines = (_CONTROL.sub("", _INVISIBLE.sub("", line)).strip() for line in _LINE_END.split(nfc(text)))
    return [nfc(line) for line in lines if line]


def join_wrapped(lines: Iterable[str]) -> list[str]:
    """Join a line to the one before where that was long, ended no sentence, and this one goes on in small letters."""
    paragraphs: list[list[str]] = []
    last = ""
    for line in lines:
        if last and len(last) >= _WRAP_WIDTH and last[-1] not in '.:;!?…”"' and line[0].islower():
            paragraphs[-1].append(line)
        else:
            paragraphs.append([line])
        last = line
    return [" ".join(parts) for parts in paragraphs]
