"""How people write where they live: "x. bac son", "TT Cao Lộc", "xã chi lăng huyện chi lăng", "mình ở xã Bắc Sơn ạ".

Everything here works on folded keys; what a name stands for is the business of `outreach.units`.
"""

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from outreach.text import fold, nfc


class Kind(StrEnum):
    """What a word before a name says it is. Old districts are one kind: people mix huyện, thị xã and thành phố."""

    COMMUNE = "commune"
    WARD = "ward"
    TOWN = "town"
    ISLANDS = "islands"
    DISTRICT = "district"
    PROVINCE = "province"


COMMUNE_KINDS = frozenset({Kind.COMMUNE, Kind.WARD, Kind.TOWN, Kind.ISLANDS})

_KIND_WORDS = {
    Kind.COMMUNE: ("xa", "x"),
    Kind.WARD: ("phuong", "p", "ph"),
    Kind.TOWN: ("thi tran", "tt", "t t", "ttr"),
    Kind.ISLANDS: ("dac khu", "dk", "d k"),
    Kind.DISTRICT: ("huyen", "h", "huyen dao", "thi xa", "tx", "t x", "thanh pho", "tp", "t p"),
    Kind.PROVINCE: ("tinh", "t"),
}

# Said around a place without naming one. None of them is the first word of a name whose rest is a name too (tested).
_FILLERS = frozenset(
    {"minh", "em", "toi", "to", "tui", "chau", "con", "o", "que", "nha", "la", "dang", "song", "tai", "hoc", "thuoc"}
    | {"da", "vang", "a", "ah", "ak", "nhe", "cu", "moi", "chao", "xin", "viet", "nam", "vn"}
)

_TONES = frozenset("\u0300\u0301\u0303\u0309\u0323")

# Longer than any address that names one place; what stands behind it is not read.
_LONGEST = 120


def key(text: str) -> str:
    """The folded form in which names are compared; i and y are one letter, since Quý and Quí are one word."""
    return fold(nfc(text)[:_LONGEST]).replace("y", "i")


def accents(text: str) -> str:
    """Small letters with diacritics, each syllable's tone mark moved to its end: Hoà and Hòa become equal."""
    words = []
    for word in nfc(text)[:_LONGEST].casefold().split():
        marks = unicodedata.normalize("NFD", word)
        words.append("".join(char for char in marks if char not in _TONES) + "".join(c for c in marks if c in _TONES))
    return " ".join(words)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A name as somebody wrote it, with the kind she put before it. `name` is a key."""

    kind: Kind | None
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Word:
    text: str  # as it is looked for
    kind: Kind | None = None
    name: str = ""  # the key, where the word is a name


def split_kind(label: str) -> tuple[Kind, str]:
    """("Thị trấn Cao Lộc") -> (Kind.TOWN, "Cao Lộc"). Raises ValueError when no known kind stands in front."""
    words = label.split()
    for count in (2, 1):
        front = fold(" ".join(words[:count]))
        for kind, spellings in _KIND_WORDS.items():
            if front in spellings and len(words) > count:
                return kind, " ".join(words[count:])
    raise ValueError(label)


class Vocabulary:
    """The names of one province, ready to be found in what people write."""

    def __init__(self, names: Iterable[str]) -> None:
        words = [_Word(text=key(name), name=key(name)) for name in sorted(set(names))]
        words += [_Word(text=key(word), kind=kind) for kind, spellings in _KIND_WORDS.items() for word in spellings]
        words += [_Word(text=key(word)) for word in sorted(_FILLERS)]
        self._spaced = [_Word(text=f"{word.text} ", kind=word.kind, name=word.name) for word in words]
        # Without spaces a single letter fits anywhere: "phonghai" is not "p. Hồng Hải".
        self._joined = [
            _Word(text=word.text.replace(" ", ""), kind=word.kind, name=word.name)
            for word in words
            if len(word.text) > 1
        ]

    def readings(self, text: str) -> list[tuple[Place, ...]]:
        """Every way to read the whole of `text` as places, outer ones behind or before; none when a word is left over."""
        return list(self._read(f"{key(text)} ", words=self._spaced))

    def joined_readings(self, text: str) -> list[tuple[Place, ...]]:
        """The same for words written together ("bacson")."""
        return list(self._read(key(text).replace(" ", ""), words=self._joined))

    def mentioned(self, text: str) -> tuple[Place, ...]:
        """The places named anywhere in `text`, leaving out what is not understood (a village, a street)."""
        rest = f"{key(text)} "
        found: list[Place] = []
        while rest:
            place, length = self._first_place(rest)
            if place:
                found.append(place)
            rest = rest[length:] if place else rest.partition(" ")[2]
        return tuple(found)

    def _first_place(self, text: str) -> tuple[Place | None, int]:
        """The longest place that `text` begins with and how many letters it takes."""
        found: Place | None = None
        longest = 0
        for kind, start in [
            (None, 0),
            *((w.kind, len(w.text)) for w in self._spaced if w.kind and text.startswith(w.text)),
        ]:
            for word in self._spaced:
                if word.name and text.startswith(word.text, start) and start + len(word.text) > longest:
                    found, longest = Place(kind=kind, name=word.name), start + len(word.text)
        return found, longest

    def _read(self, text: str, *, words: list[_Word], kind: Kind | None = None) -> Iterator[tuple[Place, ...]]:
        if not text:
            if kind is None:
                yield ()
            return
        for word in words:
            if not text.startswith(word.text):
                continue
            rest = text[len(word.text) :]
            if word.name:
                place = Place(kind=kind, name=word.name)
                yield from ((place, *others) for others in self._read(rest, words=words))
            elif kind is None:  # nothing but a name may follow a kind
                yield from self._read(rest, words=words, kind=word.kind)
