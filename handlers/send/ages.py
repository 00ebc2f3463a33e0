"""A typed age: "16-22", "từ 16 đến 22", "18 tuổi", "trên 18", or years of birth, "2004-2010"."""

import re

from outreach.campaigns.audience import OLDEST
from outreach.text import fold

_NUMBER = re.compile(r"\d+")
_UPWARDS = ("tren", "tro len", "over", "+")
_DOWNWARDS = ("duoi", "tro xuong", "under")
_A_YEAR = 1900
_MOST = 2


def read_ages(text: str, *, youngest: int, year: int) -> tuple[int, int] | None:
    """The ages meant, both included, in the order of age; None when it is not certain. `youngest` is the youngest who subscribes."""
    words, found = f"{fold(text)} {text}", [int(number) for number in _NUMBER.findall(text[:60])]
    if not 0 < len(found) <= _MOST:
        return None
    ages = sorted(year - number if number > _A_YEAR else number for number in found)
    first, last = ages[0], ages[-1]
    if len(found) == 1 and any(word in words for word in _UPWARDS):
        last = OLDEST
    elif len(found) == 1 and any(word in words for word in _DOWNWARDS):
        first = youngest
    return (first, last) if 0 < first <= last <= OLDEST else None
