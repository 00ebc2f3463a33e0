"""The year of birth as people type it: "2009", "sinh năm 2009", "12/3/2009", "2k9"."""

import re
from collections.abc import Sequence
from datetime import datetime

from outreach.clock import local_day
from outreach.pack import AgeWindows

_FOUR_FIGURES = re.compile(r"(?<!\d)((?:19|20)\d\d)(?!\d)")
_SLANG = re.compile(r"(?<!\w)2k(\d{1,2})(?!\w)", re.IGNORECASE)
_OLDEST = 100


def birth_year_in(text: str, *, at: datetime) -> int | None:
    """The one year that `text` names and a living person can be born in; None for none or several. Nothing else of it is read."""
    this_year = local_day(at).year
    years = {int(year) for year in _FOUR_FIGURES.findall(text)}
    years |= {2000 + int(short) for short in _SLANG.findall(text)}
    possible = {year for year in years if this_year - _OLDEST <= year <= this_year}
    return possible.pop() if len(possible) == len(years) == 1 else None


def offered_years(ages: AgeWindows, *, at: datetime) -> Sequence[int]:
    """The birth years of those who are young today, oldest first: buttons instead of typing."""
    this_year = local_day(at).year
    return range(this_year - ages.youth.last, this_year - max(ages.youth.first, ages.subscriber_min) + 1)
