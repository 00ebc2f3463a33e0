"""What an officer may write into a text to be filled in for each reader: a closed list, and nothing that names a person."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TypeVar

from content.catalog import Catalog
from outreach.campaigns.model import Content
from outreach.directory import UnitDirectory
from outreach.news.model import NewsItem
from outreach.text import fold
from outreach.units import UnitId

COMMUNE = "xa"  # the reader's commune, as the pack calls it: "xã Bắc Sơn"
BRANCH = "don_vi"  # the Youth Union there
ALLOWED = (COMMUNE, BRANCH)
AS_TYPED = ", ".join(f"{{{{ {name} }}}}" for name in ALLOWED)

Values = Mapping[str, str]
Words = TypeVar("Words", Content, NewsItem)

_SHAPE = re.compile(r"\{\{\s*(?P<name>[^{}]*?)\s*\}\}")
_LEFT_OVER = re.compile(r"\{\{|\}\}")
_OPENS_SENTENCE = re.compile(r"(?:^|[.!?…:]\s+|\n\s*)(?:<[^<>]*>)*$")


def _name(written: str) -> str:
    """Diacritics and blanks are forgiven: {{ Xã }}, {{ đơn vị }}."""
    return fold(written.replace("_", " ")).replace(" ", "_")


def has_any(texts: Iterable[str]) -> bool:
    return any(_SHAPE.search(text) for text in texts)


def unknown_in(texts: Iterable[str]) -> tuple[str, ...]:
    """What stands in braces and cannot be filled in, as it was written; a brace without its fellow is shown as such."""
    found: list[str] = []
    for text in texts:
        found += [match.group() for match in _SHAPE.finditer(text) if _name(match["name"]) not in ALLOWED]
        found += [match.group() for match in _LEFT_OVER.finditer(_SHAPE.sub("", text))]
    return tuple(dict.fromkeys(found))


def values_for(
    catalog: Catalog, *, units: UnitDirectory | None, unit_id: UnitId | None, language: str = "vi"
) -> dict[str, str]:
    """For somebody of that unit; people of none, or from elsewhere, get words that are true for them too."""
    row = units.row(unit_id) if units and unit_id is not None else None
    if row is None:
        return {name: catalog.label(f"placeholders.{name}_unknown", language=language) for name in ALLOWED}
    return {name: catalog.label(f"placeholders.{name}", language=language, unit=row.label) for name in ALLOWED}


def filled(words: Words, values: Values) -> Words:
    """The same content or item with its title and paragraphs filled in."""
    return replace(
        words,
        title=fill(words.title, values),
        paragraphs=tuple(fill(paragraph, values) for paragraph in words.paragraphs),
    )


def fill(text: str, values: Values) -> str:
    """The values, with a capital where they begin a sentence. In HTML they must have been escaped."""

    def value(match: re.Match[str]) -> str:
        found = values.get(_name(match["name"]), match.group())
        begins = _OPENS_SENTENCE.search(text[: match.start()])
        return found[:1].upper() + found[1:] if begins else found

    return _SHAPE.sub(value, text)
