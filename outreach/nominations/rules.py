"""What fits a question of the form, and the codes that are printed and typed. Pure."""

import re
import secrets
import unicodedata

from outreach.errors import InvalidAnswerError
from outreach.pack import AgeWindow, FormQuestion
from outreach.text import nfc

# No vowels, so that no code is a word; no 0, 1, I, L, O, which people misread.
CODE_LETTERS = "BCDFGHJKMNPQRSTVWXYZ23456789"
CODE_LENGTH = 6

_MOST_WORDS = 8
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_ID_NUMBER = re.compile(r"(?<!\d)0\d{2}[ .]?\d{3}[ .]?\d{3}[ .]?\d{3}(?!\d)")
_NAME_WORD = re.compile(r"[^\W\d_]+(?:['’.\-][^\W\d_]+)*\.?")
_LINK = re.compile(r"(?:https?://|www\.)[^\s<>\"]{3,}", re.IGNORECASE)


def check_name(text: str, *, question: FormQuestion) -> str:
    """The full name as it is written, in NFC. Raise InvalidAnswerError: name_short, name_long, name_letters, name_whole."""
    name = " ".join(_printable(text).split())
    words = name.split()
    if len(name) < question.shortest:
        raise InvalidAnswerError("name_short")
    if len(name) > question.longest or len(words) > _MOST_WORDS:
        raise InvalidAnswerError("name_long", most=question.longest)
    if not all(map(_NAME_WORD.fullmatch, words)) or any(map(str.isnumeric, name)):  # ² is a letter to re, and no figure
        raise InvalidAnswerError("name_letters")
    if len(words) == 1:
        raise InvalidAnswerError("name_whole")
    if name in {name.lower(), name.upper()}:
        return " ".join(word[:1].upper() + word[1:].lower() for word in words)
    return name


def check_year(text: str, *, ages: AgeWindow, year: int) -> str:
    """A birth year of four figures. Raise InvalidAnswerError: year_unread, year_young, year_old.

    Ages are reckoned by years alone, in the year of the call: a birthday is never asked for.
    """
    found = set(_YEAR.findall(text))
    if len(found) != 1:
        raise InvalidAnswerError("year_unread", example=year - ages.first - 1)
    born = int(found.pop())
    if ages.covers(born, year=year):
        return str(born)
    code = "year_young" if year - born < ages.first else "year_old"
    raise InvalidAnswerError(code, born=born, year=year, first=ages.first, last=ages.last)


def check_text(text: str, *, question: FormQuestion) -> str:
    """Free text. Raise InvalidAnswerError: text_short, text_long, text_id_number."""
    kept = _printable(text).strip()
    if len(kept) < question.shortest:
        raise InvalidAnswerError("text_short", least=question.shortest, length=len(kept))
    if len(kept) > question.longest:
        raise InvalidAnswerError("text_long", most=question.longest, length=len(kept))
    if _ID_NUMBER.search(kept):
        raise InvalidAnswerError("text_id_number")
    return kept


def links_in(text: str) -> tuple[str, ...]:
    """Web addresses in a text, each once, in order."""
    return tuple(dict.fromkeys(link.rstrip(".,;:!?)”’'\"") for link in _LINK.findall(nfc(text))))


def _printable(text: str) -> str:
    """NFC without control and format characters; line breaks stay."""
    return "".join(
        char
        for char in nfc(text.replace("\r\n", "\n"))
        if char == "\n" or unicodedata.category(char) not in {"Cc", "Cf"}
    )


def new_link_code() -> str:
    """What the nominee opens or types: six letters, 480 million ways."""
    return "".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_LENGTH))


def read_link_code(text: str) -> str | None:
    """The code somebody typed, in capitals, or None when it cannot be one."""
    typed = re.sub(r"[\s\-]", "", text[: CODE_LENGTH * 3]).upper()
    return typed if len(typed) == CODE_LENGTH and set(typed) <= set(CODE_LETTERS) else None


def nomination_code(prefix: str, *, year: int, number: int) -> str:
    """LS-2026-000123."""
    return f"{prefix}-{year}-{number:06d}"
