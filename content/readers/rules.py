"""`portal.toml` as compiled, folded tables, and the questions asked of one line."""

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from content.readers.dates import find_dates
from outreach.text import fold, nfc

# A breadcrumb that begins at the home page may use signs that elsewhere are ordinary.
_HOME = "Trang chủ"
_OTHER_SIGN = re.compile(r"[/|\\-]")
_PHOTO = re.compile(r"^\W?Ảnh\s?[:(]|[(\s.](?:Ảnh|ảnh|Nguồn ảnh)\s*:\s*[^.;:]{2,40}\.?$")
_STOPS = (".", ":", ";", "!", "?", "…")
# No row of buttons is longer; and no pattern here should meet a line of half a million signs.
_CHROME_LETTERS = 400
_NOT_WORD = re.compile(r"[\W_]+")


def plain(text: str) -> str:
    """As `fold`, but with diacritics, for words that folding would make equal to others."""
    return _NOT_WORD.sub(" ", nfc(text).casefold()).strip()


def phrase_pattern(phrases: Iterable[str], *, form: Callable[[str], str] = fold) -> re.Pattern[str]:
    """Any of the phrases as whole words in text of that form, the longest first; '#' is a number."""

    def compiled(phrase: str) -> str:
        parts = [part for part in re.split("(#)", phrase) if part.strip()]
        return r"\s*".join(r"\d[\d ]{0,12}" if part == "#" else re.escape(form(part)) for part in parts)

    ordered = sorted({compiled(phrase) for phrase in phrases}, key=len, reverse=True)
    return re.compile(r"(?<!\S)(?:" + "|".join(ordered) + r")(?!\S)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Captions:
    letters: int
    stopped_letters: int
    always: re.Pattern[str]
    places: re.Pattern[str]
    people: re.Pattern[str]
    scenes: re.Pattern[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bylines:
    letters: int
    labels: frozenset[str]
    sources: frozenset[str]
    not_names: re.Pattern[str]
    not_sources: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Documents:
    kinds: tuple[str, ...]
    letters: Mapping[str, str]
    gap_letters: int
    gap_stops: re.Pattern[str]
    issued: re.Pattern[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    chrome: re.Pattern[str]
    breadcrumb: re.Pattern[str]
    breadcrumb_words: int
    tail: re.Pattern[str]
    tail_words: int
    site: Sequence[tuple[str, int]]
    sections: frozenset[str]
    stamp: re.Pattern[str]
    updated: re.Pattern[str]
    weekdays: re.Pattern[str]
    captions: Captions
    bylines: Bylines
    documents: Documents
    state_lines: frozenset[str]
    letter_tail: tuple[str, ...]


def _folded(words: Iterable[str]) -> frozenset[str]:
    return frozenset(fold(word) for word in words)


def _captions(data: Mapping[str, Any]) -> Captions:
    return Captions(
        letters=data["letters"],
        stopped_letters=data["stopped_letters"],
        **{key: phrase_pattern(data[key], form=plain) for key in ("always", "places", "people", "scenes")},
    )


def _bylines(data: Mapping[str, Any], *, not_sources: Iterable[str]) -> Bylines:
    return Bylines(
        letters=data["letters"],
        labels=_folded(data["labels"]),
        sources=_folded(data["sources"]),
        not_names=phrase_pattern(data["not_names"], form=plain),
        not_sources=frozenset(not_sources),
    )


def _documents(data: Mapping[str, Any]) -> Documents:
    return Documents(
        kinds=tuple(data["kinds"]),
        letters=data["letters"],
        gap_letters=data["gap"]["letters"],
        gap_stops=phrase_pattern(data["gap"]["stops"], form=plain),
        issued=phrase_pattern(data["gap"]["issued"], form=plain),
    )


@cache
def rules() -> Rules:
    data = tomllib.loads(Path(__file__).with_name("portal.toml").read_text(encoding="utf-8"))
    chrome, tail, stamp = data["chrome"], data["tail"], data["stamp"]
    return Rules(
        chrome=phrase_pattern(chrome["phrases"]),
        breadcrumb=re.compile("[" + "".join(map(re.escape, chrome["breadcrumb_signs"])) + "]"),
        breadcrumb_words=chrome["breadcrumb_words"],
        tail=phrase_pattern(opener for opener in tail["openers"] if fold(opener)),
        tail_words=tail["words"],
        site=[(fold(line["start"]), line["words"]) for line in data["site"]["lines"]],
        sections=_folded(data["section"]["names"]),
        stamp=phrase_pattern([*stamp["words"], *stamp["updated"], *stamp["weekdays"], *chrome["phrases"]]),
        updated=phrase_pattern(stamp["updated"]),
        weekdays=phrase_pattern(stamp["weekdays"]),
        captions=_captions(data["caption"]),
        bylines=_bylines(data["byline"], not_sources=data["source"]["not_sources"]),
        documents=_documents(data["document"]),
        state_lines=_folded(data["letterhead"]["state_lines"]),
        letter_tail=tuple(data["letterhead"]["tail"]),
    )


def is_used_up(folded: str, *, pattern: re.Pattern[str]) -> bool:
    """Whether figures are all that remains of a folded line once the pattern's phrases are taken out."""
    return not re.sub(r"[\d\s]", "", pattern.sub(" ", folded))


def is_chrome(line: str) -> bool:
    """Buttons, counters, ratings, ways around the site, rows of signs or hashtags, breadcrumbs, a lone number.

    A line with a date is none: it may be the one that says when the page was put online.
    """
    if len(line) > _CHROME_LETTERS or next(find_dates(line), None):
        return False
    folded = fold(line)
    if is_used_up(folded, pattern=rules().chrome) or all(word.startswith("#") for word in line.split()):
        return True
    signs = len(rules().breadcrumb.findall(line))
    if fold(line[: len(_HOME)]) == fold(_HOME) and (signs or _OTHER_SIGN.search(line)):
        return True
    return signs > 1 and len(folded.split()) <= rules().breadcrumb_words


def is_site_name(line: str) -> bool:
    folded = fold(line)
    words = len(folded.split())
    return any(words <= most and (folded == start or folded.startswith(f"{start} ")) for start, most in rules().site)


def is_section(line: str) -> bool:
    return fold(line) in rules().sections


def is_tail(line: str) -> bool:
    """Whether the article is over with this line."""
    folded = fold(line)
    return len(folded.split()) <= rules().tail_words and rules().tail.match(folded) is not None


def is_caption(line: str) -> bool:
    """Whether a line between paragraphs belongs to a photo."""
    table = rules().captions
    if len(line) > table.letters:
        return False
    text = plain(line)
    stopped = line.endswith(_STOPS)
    if _PHOTO.search(line) or (table.always.match(text) and not (stopped and len(line) > table.stopped_letters)):
        return True
    shown = table.places.match(text) or (table.people.match(text) and table.scenes.search(text))
    return shown is not None and not stopped
