"""Plain words, with the courtesies around them set aside: "dạ thôi ạ" says "thôi"."""

from collections.abc import Iterator

from content.catalog import LANGUAGES
from handlers.turn import Turn
from outreach.text import fold


def said(turn: Turn, key: str) -> bool:
    """Whether the text is one of the words under `key`, in either language and whatever its diacritics.

    Folded words may be others than they seem, so what they lead to must ask before it stops or deletes anything.
    """
    words = listed(turn, key)
    return any(bare in words for bare in _bare(turn))


def listed(turn: Turn, key: str) -> set[str]:
    """The words under `key`, folded. In both languages: whoever speaks one may not have found the way to it yet."""
    texts = (turn.world.catalog.label(key, language=language) for language in LANGUAGES)
    return {fold(word) for text in texts for word in text.split(",")}


def _bare(turn: Turn) -> Iterator[str]:
    """The folded text, then with one courtesy less each time, the first ones first."""
    text = fold(turn.incoming.text)
    before, after = listed(turn, "menu.before_words"), listed(turn, "menu.after_words")
    while text:
        yield text
        front = max((word for word in before if text.startswith(f"{word} ")), key=len, default="")
        back = max((word for word in after if text.endswith(f" {word}")), key=len, default="")
        if not front and not back:
            return
        text = text[len(front) :].strip() if front else text[: -len(back)].strip()


def without_courtesy(turn: Turn) -> str:
    """A code as it was typed, folded, and without the word that says that it is to be sent ("nhắn BS01")."""
    text = fold(turn.incoming.text)
    first, _, rest = text.partition(" ")
    return rest if rest and first in listed(turn, "start.code_words") else text
