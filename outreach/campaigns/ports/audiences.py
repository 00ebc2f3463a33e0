"""What an officer wants to know while she makes a rule. Each goes over everybody, so it is asked outside of turns."""

from collections.abc import Collection
from datetime import datetime
from typing import Protocol

from outreach.campaigns.model import Audience
from outreach.units import UnitId


class Audiences(Protocol):
    async def sources(self, *, unit_id: UnitId | None) -> dict[str, int]:
        """By which poster or link those who may get news have come, with how many; most first. An empty word: by none."""

    async def without(
        self, audience: Audience, *, main_period: int | None, fixed: Collection[str], at: datetime
    ) -> dict[str, int]:
        """By the name of each condition but the `fixed` ones, how many people the rule would mean without it."""
