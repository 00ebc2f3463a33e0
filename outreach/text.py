"""Vietnamese text: one normal form in, one folded form to compare, one key to sort names by."""

import re
import unicodedata

_NOT_WORD = re.compile(r"[\W_]+")


def nfc(text: str) -> str:
    """The composed form; phones and files often send the decomposed one, which looks the same and compares unequal."""
    return unicodedata.normalize("NFC", text)


def fold(text: str) -> str:
    """Small letters without diacritics, words parted by single spaces: "Xã  Bắc-Sơn" -> "xa bac son".

    đ has no decomposition, so it is replaced by hand. Different words may fold alike (dừng, dùng, đúng -> "dung"):
    a folded match alone must never stop or delete anything.
    """
    decomposed = unicodedata.normalize("NFD", text.casefold().replace("đ", "d"))
    bare = "".join(char for char in decomposed if not unicodedata.combining(char))
    return _NOT_WORD.sub(" ", bare).strip()


# Nine figures and more, also in groups: phones (10), identity cards (9, 12), bank accounts.
_LONG_NUMBER = re.compile(r"\d(?:[ .\-]?\d){8,}")


def mask_numbers(text: str) -> str:
    """Long numbers become dots: nobody asks for them, so nobody keeps them."""
    return _LONG_NUMBER.sub(lambda found: "•" * len(found.group()), text)


# The order of the Vietnamese alphabet and of its five tone marks; code points follow neither.
_LETTERS = {letter: number for number, letter in enumerate("aăâbcdđeêfghijklmnoôơpqrstuưvwxyz")}
_TONES = {mark: number for number, mark in enumerate("\u0300\u0309\u0303\u0301\u0323", start=1)}


def _syllable_key(syllable: str) -> str:
    letters: list[str] = []
    tone = 0
    for char in unicodedata.normalize("NFD", nfc(syllable).casefold()):
        if char in _TONES:
            tone = _TONES[char]
        else:
            letters.append(char)
    base = nfc("".join(letters))
    return "".join(f"{_LETTERS.get(letter, 90):02d}" for letter in base) + f".{tone}"


def name_key(full_name: str) -> str:
    """Sort key of a person's name: given name (the last word) first, then the rest from the left."""
    words = nfc(full_name).split()
    return " ".join(_syllable_key(word) for word in words[-1:] + words[:-1])
