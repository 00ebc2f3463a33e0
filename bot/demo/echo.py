"""A catalog that remembers what it said, so that the transcript can put the English line under the Vietnamese one."""

import re

from content.catalog import Catalog

_TAG = re.compile(r"<[^>]+>")
_BLANK = re.compile(r"\s+")


def plain(html: str) -> str:
    """As it reads on a phone, on one line."""
    text = _TAG.sub("", html)
    for sign, entity in (("<", "&lt;"), (">", "&gt;"), ('"', "&#34;"), ("'", "&#39;"), ("&", "&amp;")):
        text = text.replace(entity, sign)
    return _BLANK.sub(" ", text).strip()


class EchoCatalog(Catalog):
    """Says as the catalog does, and keeps the English of everything said in Vietnamese."""

    def __init__(self) -> None:
        super().__init__()
        self._english: dict[str, str] = {}

    def say(self, key: str, *, language: str = "vi", **values: object) -> str:
        said = super().say(key, language=language, **values)
        if language == "vi":
            self._english[plain(said)] = plain(super().say(key, language="en", **values))
        return said

    def english(self, text: str) -> str:
        """The English of a message, or of the parts of it that were said; empty where nothing is known."""
        wanted = plain(text)
        if wanted in self._english:
            return self._english[wanted]
        parts = [(wanted.find(vi), en) for vi, en in self._english.items() if len(vi) > 3 and vi in wanted]  # noqa: PLR2004  (shorter ones are in every sentence)
        return " ".join(en for _, en in sorted(parts))
