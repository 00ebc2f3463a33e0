"""Official documents that a text speaks of: number, kind and date, told apart from the other dates around them."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache

from content.readers.dates import find_dates
from content.readers.rules import plain, rules
from outreach.news.model import DocumentRef

# 136/KH-UBND | 1516-QĐ/TU | 225 - KH/TWĐTN-CTTN | 13/2023/NĐ-CP | 91/2025/QH15. Only the first sign may have blanks on
# both sides, as the Đoàn writes; a line that broke after a hyphen leaves a blank behind it.
_GROUP = r"[A-ZĐÂĂÊÔƠƯ][A-Za-zĐđÂĂÊÔƠƯ]{0,9}\d{0,2}(?!\w)"
_NUMBER = re.compile(
    rf"(?<![\w/.-])(?P<digits>\d{{1,5}}[a-z]?(?:/(?:19|20)\d\d)?)(?P<letters>\s?[-–/]\s?{_GROUP}(?:[-–/&]\s?{_GROUP}){{0,4}})"
)
# What may stand between a document and the next of one list.
_GLUE = re.compile(r"^(?:các|và|số|cùng|với|hai|\s)*$")
# Between a number and a date that is plainly its own.
_OWN_DATE = re.compile(r"^(?:ngày|ký|ban hành|được|đề|\s)*$")
_SENTENCE = re.compile(r"[.;!?](?=\s|$)|\n")
_BEFORE = 160


@dataclass(frozen=True, slots=True)
class _Hit:
    start: int
    end: int
    ref: DocumentRef


@cache
def _kind_before() -> re.Pattern[str]:
    kinds = "|".join(sorted(rules().documents.kinds, key=len, reverse=True))
    return re.compile(rf"(?:(?P<kind>{kinds})[\s(,:“\"]*)?(?P<word>số\s*:?\s*)?$", re.IGNORECASE)


def tidy_number(text: str) -> str:
    return re.sub(r"\s", "", text).replace("–", "-")


def _hit(text: str, match: re.Match[str]) -> _Hit | None:
    table = rules().documents
    number = tidy_number(match.group())
    before = _kind_before().search(text, max(0, match.start() - 60), match.start())
    spoken = before["kind"] if before else None
    by_letters = table.letters.get(re.split(r"[-/&]", tidy_number(match["letters"]))[1])
    if "/" not in number or not (spoken or by_letters or (before and before["word"])):
        return None
    kind = next((kind for kind in table.kinds if spoken and kind.casefold() == spoken.casefold()), by_letters)
    return _Hit(match.start(), match.end(), DocumentRef(number=number, kind=kind))


def _date_after(text: str) -> date | None:
    """The date of a document whose number stands just before this text."""
    table = rules().documents
    for found in find_dates(text):
        between = text[: found.start]
        words = plain(between)
        issuer = words.endswith("ngày") and not table.gap_stops.search(words) and len(between) <= table.gap_letters
        own = _OWN_DATE.match(words) is not None or issuer
        return found.day if own and not _SENTENCE.search(between) else None
    return None


def _date_before(text: str) -> date | None:
    """The date of a document that was issued "on that day", said in the same sentence before its number."""
    found = list(find_dates(text))
    if not found:
        return None
    between = text[found[-1].end :]
    dated = plain(text[: found[-1].start]).endswith("ngày")
    issued = rules().documents.issued.search(plain(between)) and not _SENTENCE.search(between)
    return found[-1].day if dated and issued else None


def _with_dates(text: str, hits: Sequence[_Hit]) -> Iterator[DocumentRef]:
    """From the last to the first, for "Nos. 1 and 2 of that day" dates both."""
    following: _Hit | None = None
    day: date | None = None
    for index in range(len(hits) - 1, -1, -1):
        hit = hits[index]
        until = following.start if following else len(text)
        after = text[hit.end : min(until, hit.end + 2 * rules().documents.gap_letters)]
        listed = following is not None and _GLUE.match(plain(after)) is not None
        since = max(hits[index - 1].end if index else 0, hit.start - _BEFORE)
        own = _date_after(after) or _date_before(text[since : hit.start])
        day = own or (day if listed else None)
        following = hit
        yield replace(hit.ref, signed_on=day)


def find_documents(paragraphs: Sequence[str]) -> tuple[DocumentRef, ...]:
    """Each document once, in the order of the text; a date given only at a later mention is taken too."""
    found: dict[str, DocumentRef] = {}
    for text in paragraphs:
        hits = [hit for match in _NUMBER.finditer(text) if (hit := _hit(text, match))]
        for ref in reversed(list(_with_dates(text, hits))):
            known = found.setdefault(ref.number.casefold(), ref)
            if known.signed_on is None and ref.signed_on is not None:
                found[ref.number.casefold()] = replace(known, signed_on=ref.signed_on)
    return tuple(found.values())
