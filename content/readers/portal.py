"""A page into a news draft: its title found, the site's dress dropped, dates, documents and writers set apart."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from content.readers.dates import VIETNAM
from content.readers.documents import find_documents
from content.readers.letterhead import read_letter
from content.readers.lines import tidy
from content.readers.page import PageKind, ReadError, ReadFault, ReadPage
from content.readers.rules import is_caption, is_chrome, is_section, is_site_name, is_tail, rules
from content.readers.stamps import Stamp, choose_stamp, is_name, read_credit, read_stamp
from outreach.news.model import DocumentRef, NewsDraft
from outreach.text import fold

# A line is text rather than heading when it ends like a sentence and has some length, or is very long.
_PROSE_WORDS = 8
_PROSE_LETTERS = 250
_SENTENCE_END = re.compile(r"[.,:;!?…][”\"’)]*$")
_TITLE_WORDS = 4
# Share of a title's words that the first paragraph says again, as portals like it.
_REPEATED = 0.8
# A title made of the first sentence, where a text has none.
_MADE_TITLE_LETTERS = 120
# Writer, source and date stand in the last few lines.
_TAIL_LINES = 5

# "LSO - ", "(TTXVN) ", "Web.ĐTN: ", "Lạng Sơn (BLS) – ", "doanthanhnien.vn - " in front of the first sentence.
_SOURCE = r"(?:[A-ZĐ]{2,7}|[A-Za-zĐđ]+(?:\.[A-Za-zĐđ]+)+)"
_DATELINE = re.compile(
    rf"^(?:(?:[^\W\d_]+[ ,]{{1,2}}){{0,4}}\((?P<bracketed>{_SOURCE})\)\s*[:–—-]?\s*|(?P<bare>{_SOURCE})\s*(?::|\s[–—-])\s+)(?=\S)"
)
_SECTION = re.compile(r"^(?P<name>\S[^.:;!?]{1,40}?)(?:[ \t]*\u00a0[ \t\u00a0]*|[ \t]{2,})(?=\S)")


@dataclass(slots=True, kw_only=True)
class _Found:
    """What is collected while the lines are gone through."""

    under_title: list[Stamp] = field(default_factory=list)
    below: list[Stamp] = field(default_factory=list)
    above: list[Stamp] = field(default_factory=list)
    byline: str | None = None
    source: str | None = None
    category: str | None = None


def _is_prose(line: str) -> bool:
    words = len(line.split())
    return (words >= _PROSE_WORDS and _SENTENCE_END.search(line) is not None) or len(line) >= _PROSE_LETTERS


def _first_prose(lines: Sequence[str]) -> int:
    return next((index for index, line in enumerate(lines) if _is_prose(line) and not read_stamp(line)), len(lines))


def _article_lines(page: ReadPage) -> list[str]:
    """Without chrome, and without what follows the article."""
    lines = [line for line in page.paragraphs if not is_chrome(line)]
    start = _first_prose(lines) + 1
    end = next((index for index in range(start, len(lines)) if is_tail(lines[index])), len(lines))
    return lines[:end]


def _repeats(title: str, text: str) -> bool:
    words = fold(title).split()
    said = set(fold(text).split())
    return len(words) >= _TITLE_WORDS and sum(word in said for word in words) >= _REPEATED * len(words)


def _could_be_title(line: str) -> bool:
    return not (is_site_name(line) or is_section(line) or is_caption(line) or read_stamp(line) or read_credit(line))


def _title_index(lines: Sequence[str]) -> int | None:
    """Of the lines above the text: the one over the date, else the one the text repeats, else the first of some length."""
    start = _first_prose(lines)
    candidates = [index for index in range(start) if _could_be_title(lines[index])]
    if not candidates:
        return None
    dated = [index for index in candidates if index + 1 < len(lines) and read_stamp(lines[index + 1])]
    opening = lines[start] if start < len(lines) else ""
    repeated = [index for index in candidates if _repeats(lines[index], opening)]
    long = [index for index in candidates if len(lines[index].split()) >= _TITLE_WORDS]
    return next(iter(dated or repeated or long or candidates))


def opening_of(line: str) -> str:
    """The beginning of its first sentence, to name a text that has no title."""
    sentence = tidy(re.split(r"(?<=[.!?…])\s", line, maxsplit=1)[0]).rstrip(".") or tidy(line)
    if len(sentence) <= _MADE_TITLE_LETTERS:
        return sentence
    return sentence[:_MADE_TITLE_LETTERS].rsplit(" ", 1)[0].rstrip(",;:") + "…"


def _made_title(lines: Sequence[str]) -> str:
    line = next((line for line in lines if not read_stamp(line)), None)
    if line is None:
        raise ReadError(ReadFault.EMPTY)
    return opening_of(line)


def _goes_on(line: str, following: str) -> bool:
    return line.isupper() and following.isupper() and _could_be_title(line) and _could_be_title(following)


def _split(page: ReadPage, lines: Sequence[str]) -> tuple[str, Sequence[str], Sequence[str]]:
    """(title, lines above it, lines below it)."""
    marked = page.title if page.title and not is_site_name(page.title) else None
    if marked:
        until = _first_prose(lines) + 1
        at = next((index for index, line in enumerate(lines[:until]) if fold(line) == fold(marked)), None)
    else:
        at = _title_index(lines)
    if at is None:
        return marked or _made_title(lines), (), lines
    # A title shouted over several lines is one title.
    above, below = at, at + 1
    while marked is None and above > 0 and _goes_on(lines[above - 1], lines[above]):
        above -= 1
    while marked is None and below < len(lines) and _goes_on(lines[below - 1], lines[below]):
        below += 1
    return tidy(" ".join(lines[above:below])), lines[:above], lines[below:]


def _read_above(lines: Sequence[str], *, found: _Found) -> None:
    names = [tidy(line) for line in lines if is_site_name(line)]
    found.source = " – ".join(dict.fromkeys(names[:2])) or None
    found.category = next((tidy(line) for line in lines if is_section(line)), None)
    found.above = [stamp for line in lines if (stamp := read_stamp(line))]


def _take(line: str, *, stamps: list[Stamp], found: _Found) -> bool:
    """Whether the line was a date, a writer or a source, and is now noted."""
    stamp = read_stamp(line)
    if stamp:
        stamps.append(stamp)
        found.byline = found.byline or stamp.byline
        return True
    credit = read_credit(line)
    if credit:
        found.byline = credit.byline or found.byline
        found.source = credit.source or found.source
    return credit is not None


def _read_between(lines: Sequence[str], *, title: str, found: _Found) -> list[str]:
    """What of the lines between title and text belongs to the text: a summary, mostly."""
    kept: list[str] = []
    for line in lines:
        if is_section(line):
            found.category = found.category or tidy(line)
            continue
        if is_site_name(line) or is_caption(line) or fold(line) == fold(title):
            continue
        if not _take(line, stamps=found.under_title, found=found):
            kept.append(line)
    return kept


def _read_end(lines: Sequence[str], *, found: _Found) -> Sequence[str]:
    """The lines without those at the end that name writer, source or date. Several names in a row are a list: they stay."""
    end = len(lines)
    for _ in range(_TAIL_LINES):
        listed = end > 1 and is_name(lines[end - 1]) and is_name(lines[end - 2])
        if end <= 1 or listed or not _take(lines[end - 1], stamps=found.below, found=found):
            break
        end -= 1
    return lines[:end]


def _read_dateline(line: str, *, found: _Found) -> str:
    """The first paragraph without the section's name and the paper's in front of it."""
    section = _SECTION.match(line)
    if section and (is_section(section["name"]) or _DATELINE.match(line[section.end() :])):
        found.category = tidy(section["name"])
        line = line[section.end() :]
    match = _DATELINE.match(line)
    source = match and (match["bracketed"] or match["bare"])
    if not match or not source or source in rules().bylines.not_sources:
        return line
    found.source = source
    return line[match.end() :]


def _paragraphs(lines: Sequence[str], *, title: str, found: _Found) -> tuple[str, ...]:
    start = _first_prose(lines)
    head = _read_between(lines[:start], title=title, found=found)
    text = _read_end(lines[start:], found=found)
    body = [*text[:1], *(line for line in text[1:] if not is_caption(line))]
    if body:
        body[0] = _read_dateline(body[0], found=found)
    tidied = (re.sub(r"\./\.$", ".", tidy(line)) for line in [*head, *body])
    return tuple(line for line in tidied if line and fold(line) != fold(title))


def _draft(
    page: ReadPage, *, title: str, paragraphs: tuple[str, ...], found: _Found, own: DocumentRef | None
) -> NewsDraft:
    stamp = choose_stamp(under_title=found.under_title, below=found.below, above=found.above)
    if (page.published_at or page.published_on) and (stamp is None or stamp.updated or not stamp.at):
        published_at, published_on = page.published_at, page.published_on
    else:
        published_at, published_on = (stamp.at, stamp.day) if stamp else (None, None)
    if published_on is None and published_at is not None:
        published_on = published_at.astimezone(VIETNAM).date()
    documents = find_documents([title, *paragraphs])
    if own:
        documents = (own, *(ref for ref in documents if ref.number.casefold() != own.number.casefold()))
    return NewsDraft(
        title=title,
        paragraphs=paragraphs,
        documents=documents,
        published_at=published_at,
        published_on=published_on,
        byline=found.byline or page.byline,
        source=found.source or page.source,
        category=found.category,
    )


def _draft_as_written(page: ReadPage, lines: Sequence[str]) -> NewsDraft:
    """The marked title, else the first line; a title shouted over several lines is one, and a single line is all."""
    at = next((index for index, line in enumerate(lines) if page.title and fold(line) == fold(page.title)), 0)
    below = at + 1
    while below < len(lines) and _goes_on(lines[below - 1], lines[below]):
        below += 1
    title, rest = " ".join(lines[at:below]), (*lines[:at], *lines[below:])
    if not rest or len(title) > _PROSE_LETTERS:
        title, rest = opening_of(title), tuple(lines)
    return _draft(page, title=title, paragraphs=rest, found=_Found(), own=None)


def draft_of(page: ReadPage) -> NewsDraft:
    """The news in a page, topics still open (`outreach.news.rules.propose_topics`).

    A Word file was written by somebody, not dressed by a site: all of its lines stay, but for an official document's
    letterhead and signature. Raises ReadError(EMPTY) when nothing but chrome is there.
    """
    written = page.kind == PageKind.DOCX
    lines = list(page.paragraphs) if written else _article_lines(page)
    if not lines:
        raise ReadError(ReadFault.EMPTY)
    found = _Found()
    letter = read_letter(lines)
    if letter:
        paragraphs = tuple(re.sub(r"\./\.$", ".", tidy(line)) for line in letter.body)
        return _draft(page, title=letter.title, paragraphs=paragraphs, found=found, own=letter.document)
    if written:
        return _draft_as_written(page, [tidy(line) for line in lines])
    title, above, below = _split(page, lines)
    _read_above(above, found=found)
    # One sentence is title and text in one.
    same = tuple(tidy(line) for line in below if fold(line) == fold(title))[:1]
    paragraphs = _paragraphs(below, title=title, found=found) or same or (title,)
    return _draft(page, title=title, paragraphs=paragraphs, found=found, own=None)
