"""The short code of a poster: typed into any channel, it says where the person heard of it, as a link's word does."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import NewType, Protocol

from outreach.messaging import OfficerId
from outreach.text import fold
from outreach.units import UnitId

PosterId = NewType("PosterId", int)

# Letters, then figures, so that it is no word and no number. Six signs are the code of a nomination's link.
_CODE = re.compile(r"(?=.{3,12}$)(?!.{6}$)[a-z]{1,6}\d{1,8}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Poster:
    poster_id: PosterId
    code: str
    title: str
    unit_id: UnitId | None  # None: of the whole province
    created_at: datetime
    ended_at: datetime | None = None


class Posters(Protocol):
    async def find(self, code: str) -> Poster | None:
        """The one that hangs now, by its code as `read_code` gives it."""

    async def all(self) -> list[Poster]:
        """Also those that have ended; the newest first."""

    async def add(
        self, *, code: str, title: str, unit_id: UnitId | None, by: OfficerId | None, at: datetime
    ) -> Poster | None:
        """None where the code was ever used before: old posters hang long."""

    async def end(self, poster_id: PosterId, *, at: datetime) -> None: ...


def read_code(text: str) -> str | None:
    """The code somebody typed ("bs 01", "BS-01"), in capitals, or None when it cannot be one."""
    typed = fold(text[:40]).replace(" ", "")
    return typed.upper() if _CODE.fullmatch(typed) else None
