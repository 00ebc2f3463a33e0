"""What was sent lately, and to whom."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from outreach.campaigns.model import Audience, Campaign, Limits
from outreach.messaging import CampaignId
from outreach.units import UnitId


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlap:
    """Of `people` who would get a campaign now, how many have got each of the others, or may have, also as a line of a digest."""

    people: int
    had: Mapping[CampaignId, int]


class Doubles(Protocol):
    async def since(self, since: datetime, *, unit_id: UnitId | None) -> list[tuple[Campaign, datetime]]:
        """Campaigns that got to somebody and began or ended since then, or whose news did so in a digest, with when that began, in
        that order; of the unit's own and the province's (None: of all).
        """

    async def overlap(
        self, audience: Audience, *, campaigns: Sequence[CampaignId], limits: Limits, at: datetime, one_in: int
    ) -> Overlap:
        """Counted among one in so many of the people."""
