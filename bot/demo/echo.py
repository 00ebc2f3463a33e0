"""A catalog that remembers what it said, so that the transcript can put the English line under the Vietnamese one."""

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass

from markupsafe import Markup

from content.catalog import Catalog
from outreach.pack import Pack
from outreach.periods import LocalText

_TAG = re.compile(r"<[^>]+>")
_BLANK = re.compile(r"\s+")
_BETWEEN = re.compile(r"(, | · |; | \(|\))")  # what texts are put together with before they are a value of another


def plain(html: str) -> str:
    """As it reads on a phone, on one line."""
    text = _TAG.sub("", html)
    for sign, entity in (("<", "&lt;"), (">", "&gt;"), ('"', "&#34;"), ("'", "&#39;"), ("&", "&amp;")):
        text = text.replace(entity, sign)
    return _BLANK.sub(" ", text).strip()


class EchoCatalog(Catalog):
    """Says as the catalog does, and keeps the English of everything said in Vietnamese, of what stands inside it too."""

    def __init__(self) -> None:
        super().__init__()
        self._english: dict[str, str] = {}
        self._inner: dict[str, str] = {}

    def learn(self, pack: Pack) -> None:
        """The province's own names, which come into texts as values."""
        for text in _texts(pack):
            self._inner.setdefault(text.vi, text.en)
        province = pack.province
        self._inner[f"{province.word.vi} {province.name}"] = f"{province.word.en} {province.name}"

    def say(self, key: str, *, language: str = "vi", **values: object) -> str:
        said = super().say(key, language=language, **values)
        if language == "vi":
            english = super().say(key, language="en", **self._values(values))
            self._english[plain(said)], self._inner[said] = plain(english), english
        return said

    def label(self, key: str, *, language: str = "vi", **values: object) -> str:
        said = super().label(key, language=language, **values)
        if language == "vi":
            self._inner[said] = super().label(key, language="en", **self._values(values))
        return said

    def english(self, text: str) -> str:
        """The English of a message, or of the parts of it that were said; empty where nothing is known."""
        wanted = plain(text)
        if wanted in self._english:
            return self._english[wanted]
        parts = [(wanted.find(vi), en) for vi, en in self._english.items() if len(vi) > 3 and vi in wanted]  # noqa: PLR2004  (shorter ones are in every sentence)
        return " ".join(en for _, en in sorted(parts))

    def _values(self, values: dict[str, object]) -> dict[str, object]:
        return {name: self._value(value) for name, value in values.items()}

    def _value(self, value: object) -> object:
        """The same with every text in English that was said before, whole or in its parts."""
        if isinstance(value, dict):
            return self._values(value)
        if isinstance(value, list | tuple):
            return [self._value(one) for one in value]
        if type(value) not in {str, Markup}:
            return value
        text = str(value)
        found = self._inner.get(text) or "".join(self._inner.get(part, part) for part in _BETWEEN.split(text))
        return Markup(found) if isinstance(value, Markup) else found  # noqa: S704  (as safe as it came)


def _texts(thing: object) -> Iterator[LocalText]:
    if isinstance(thing, LocalText):
        yield thing
    elif is_dataclass(thing):
        for field in fields(thing):
            yield from _texts(getattr(thing, field.name))
    elif isinstance(thing, dict):
        for one in thing.values():
            yield from _texts(one)
    elif isinstance(thing, list | tuple):
        for one in thing:
            yield from _texts(one)
