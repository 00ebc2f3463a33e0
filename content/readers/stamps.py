"""The line that says when a page was put online, and the lines that say who wrote it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from content.readers.dates import find_dates, find_time, in_vietnam
from content.readers.lines import tidy
from content.readers.rules import is_site_name, is_used_up, plain, rules
from outreach.text import fold

_STAMP_LETTERS = 140
# A name beside the date stands between such signs; one blank would cut the name itself.
_PARTS = re.compile(r"\s*[|•·;]\s*|\s+[-–—]\s+|\s{2,}|\t")
_NAME_END = re.compile(r"\s*[,(–—/]\s*|\s+-\s+|(?<=\w)-(?=\w)")
_NAME_WORDS = 5
_AGENCY_WORDS = 8
_INITIALS = re.compile(r"^(?:[A-ZĐ]{2,5}|(?:[A-ZĐ]\.){1,3}[A-ZĐ]?\.?)$")
_DOMAIN = re.compile(r"^(?:https?://)?(?:[\w-]+\.)+[a-z]{2,6}(?:/\S*)?$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """`updated`: when it was last touched, not when it appeared. `clock`: the site's own clock, the day it was saved."""

    day: date
    at: datetime | None
    byline: str | None
    updated: bool
    clock: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Credit:
    byline: str | None = None
    source: str | None = None


def _bare(line: str) -> str:
    """Without the brackets that stand around all of it."""
    text = tidy(line)
    return text[1:-1].strip() if text.startswith("(") and text.endswith(")") else text


def is_name(line: str) -> bool:
    """Whether a short line is a writer's name, with an agency behind it or not."""
    text = _bare(line)
    if len(text) > rules().bylines.letters or re.search(r"\d|[:;!?…]", text) or is_site_name(text):
        return False
    if rules().bylines.not_names.match(plain(text)):
        return False
    name, _, agency = (*_NAME_END.split(text, maxsplit=1), "", "")[:3]
    if len(agency.split()) > _AGENCY_WORDS:
        return False
    if _INITIALS.match(name):
        return True
    words = name.split()
    # Capitals throughout are a heading, not a name.
    capitals = all(word.isalpha() and word[0].isupper() and (len(word) == 1 or word[1:].islower()) for word in words)
    return 1 < len(words) <= _NAME_WORDS and capitals


def _labelled(line: str) -> Credit | None:
    label, colon, rest = _bare(line).partition(":")
    rest = tidy(rest)
    if not colon or not rest or len(line) > 2 * rules().bylines.letters:
        return None
    if fold(label) in rules().bylines.labels:
        return Credit(byline=rest)
    return Credit(source=rest) if fold(label) in rules().bylines.sources else None


def read_credit(line: str) -> Credit | None:
    """Who wrote it or where it was taken from, if the line says that and nothing else."""
    labelled = _labelled(line)
    if labelled:
        return labelled
    text = _bare(line)
    first, _, rest = text.partition(" ")
    short = len(text) <= rules().bylines.letters and not text.endswith((".", ":", ";"))
    if (
        short
        and fold(first) in rules().bylines.sources
        and (is_site_name(rest) or _DOMAIN.match(rest) or is_name(rest))
    ):
        return Credit(source=rest)
    return Credit(byline=text) if is_name(text) else None


def read_stamp(line: str) -> Stamp | None:
    """A publication line such as "10:13 12/06/2019     346" or "Thứ tư, ngày 12/06/2019 | 10:13 | Lượt xem: 5"."""
    found = list(find_dates(line))
    if not found or len(line) > _STAMP_LETTERS:
        return None
    rest, day = line, found[0].day
    for piece in reversed(found):
        rest = f"{rest[: piece.start]}  {rest[piece.end :]}"
    hour = find_time(rest)
    if hour:
        rest = f"{rest[: hour[1]]}  {rest[hour[2] :]}"
    byline = None
    for part in _PARTS.split(rest):
        credit = read_credit(part.strip(" ,.")) if part.strip() else None
        if is_used_up(fold(part), pattern=rules().stamp):
            continue
        if credit is None or byline:
            return None
        byline = credit.byline or credit.source
    folded = fold(line)
    return Stamp(
        day=day,
        at=in_vietnam(day, hour[0]) if hour else None,
        byline=byline,
        updated=rules().updated.search(folded) is not None,
        clock=hour is None and rules().weekdays.search(folded) is not None,
    )


def choose_stamp(*, under_title: Sequence[Stamp], below: Sequence[Stamp], above: Sequence[Stamp]) -> Stamp | None:
    """The first that says when the page appeared: under the title, at the end, or above if it is no clock."""
    stamps = [*under_title, *below, *(stamp for stamp in above if not stamp.clock)]
    return next((stamp for stamp in stamps if not stamp.updated), stamps[0] if stamps else None)
