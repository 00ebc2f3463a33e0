"""An official document itself (not a report on it): letterhead, number, place and date, kind, subject, then the body."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from content.readers.dates import find_dates
from content.readers.documents import find_documents
from content.readers.lines import tidy
from content.readers.rules import rules
from outreach.news.model import DocumentRef
from outreach.text import fold

_HEAD_LINES = 30
# The line with place and date is short; a longer one already speaks of other documents.
_PLACE_LETTERS = 120
_NUMBER_LINE = re.compile(r"^(?:.{0,40}\s)?Số\s*:?\s*(?=\d)", re.IGNORECASE)
_ABOUT = re.compile(r"^(?:V/v\.?|Về việc)\s*:?\s*", re.IGNORECASE)
# The subject ends where grounds, addressees or the first numbered heading begin.
_BODY = re.compile(
    r"^(?:Căn cứ|Thực hiện|Kính gửi|Xét|Theo đề nghị|[IVX]{1,4}\.|\d{1,2}\.|Điều\s+\d|Phần|[-–+•])", re.IGNORECASE
)
_SUBJECT_LINES = 4
_PROSE_ENDS = (".", ";", ":", ",")


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    title: str
    document: DocumentRef
    body: tuple[str, ...]


def _subject(lines: Sequence[str]) -> tuple[str, int]:
    taken: list[str] = []
    for line in lines[:_SUBJECT_LINES]:
        if _BODY.match(line) or line.endswith(_PROSE_ENDS):
            break
        taken.append(_ABOUT.sub("", line) if not taken else line)
    return tidy(" ".join(taken)), len(taken)


def _heading(lines: Sequence[str]) -> tuple[str, str | None, int] | None:
    """(title, kind, lines used) of what follows the number, or None where no kind or subject is printed."""
    kinds = {fold(kind): kind for kind in rules().documents.kinds}
    for index, line in enumerate(lines[:_HEAD_LINES]):
        kind = kinds.get(fold(line))
        if kind:
            subject, used = _subject(lines[index + 1 :])
            return tidy(f"{kind} {subject}"), kind, index + 1 + used
        if _ABOUT.match(line):
            subject, used = _subject(lines[index:])
            return subject, None, index + used
    return None


def _until_signature(lines: Sequence[str]) -> tuple[str, ...]:
    for index, line in enumerate(lines):
        if fold(line).startswith(fold(rules().letter_tail[0])) or line.startswith(rules().letter_tail[1:]):
            return tuple(lines[:index])
    return tuple(lines)


def read_letter(lines: Sequence[str]) -> Letter | None:
    """None unless a number line stands near the top together with Quốc hiệu, the Đoàn's name or a place and date."""
    head = lines[:_HEAD_LINES]
    at = next((index for index, line in enumerate(head) if _NUMBER_LINE.match(line) and find_documents([line])), None)
    if at is None:
        return None
    dates = [found.day for line in lines[: at + 4] if len(line) < _PLACE_LETTERS for found in find_dates(line)]
    stately = any(state in fold(line) for line in head for state in rules().state_lines)
    heading = _heading(lines[at:])
    if heading is None or not (stately or dates):
        return None
    title, kind, used = heading
    number = find_documents([head[at]])[0]
    document = DocumentRef(number=number.number, kind=kind or number.kind, signed_on=dates[0] if dates else None)
    body = [line for line in lines[at + used :] if not any(fold(line) == state for state in rules().state_lines)]
    text = _until_signature(body)
    return Letter(title=title, document=document, body=text) if title and text else None
