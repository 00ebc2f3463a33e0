"""Somebody on Zalo as the OA knows him or her: following, reachable, last heard of when."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from simulator.ids import FIRST_OA_USER, Network
from simulator.zalo.people import People, Person

FREE_SECONDS = 48 * 3600
LONGEST_SECONDS = 7 * 86_400


@dataclass(slots=True, eq=False, kw_only=True)
class OaPerson(Person):
    """``related``: the OA may write at all (a follower, or somebody who has written); leaving ends it. ``sensitive`` is Zalo's mark for accounts
    to handle with care (children's). ``refusal`` is the error code of every send while ``blocked``.

    ``broadcast_at`` holds when articles reached this person.
    """

    follows: bool = False
    related: bool = False
    mobile: bool = True
    sensitive: bool = False
    chatted: bool = False
    last_interaction: float | None = None
    refusal: int = 0
    broadcast_at: list[float] = field(default_factory=list)

    @property
    def id_by_app(self) -> str:
        return f"3{self.id[1:]}"

    def window(self, now: float) -> str:
        """``free`` within 48 hours, ``paid`` within seven days, then ``closed``."""
        if self.last_interaction is None or now - self.last_interaction > LONGEST_SECONDS:
            return "closed"
        return "free" if now - self.last_interaction <= FREE_SECONDS else "paid"

    def card(self) -> dict[str, Any]:
        at = self.last_interaction
        return {
            **Person.card(self),
            "network": Network.ZALO_OA,
            "follows": self.follows,
            "related": self.related,
            "mobile": self.mobile,
            "sensitive": self.sensitive,
            "last_interaction": None if at is None else datetime.fromtimestamp(at, UTC).isoformat(),
        }


def new_people() -> People[OaPerson]:
    return People(lambda number: str(FIRST_OA_USER + number))
