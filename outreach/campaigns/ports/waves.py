"""The first wave of a campaign, and the rows of one that is over before all of them left."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from outreach.campaigns.model import Campaign, Limits
from outreach.messaging import CampaignId, ContactId


@dataclass(frozen=True, slots=True, kw_only=True)
class WaveTally:
    """How the first wave stands. `left`: on channels that do not stand still."""

    left: int
    sent: int
    blocked: int
    failed: int
    unknown: int = 0

    @property
    def attempts(self) -> int:
        return self.sent + self.blocked + self.failed + self.unknown


class Waves(Protocol):
    async def pick(self, campaign: Campaign, *, limits: Limits, size: int, at: datetime) -> list[ContactId]:
        """Whom the rule means and who may be written to now: `size` people, one of each unit, then the second of each."""

    async def begin(self, campaign: Campaign, *, people: Sequence[ContactId], at: datetime) -> bool:
        """Make their rows before all others, and mark the last; False when others are there already, or it is not prepared any more.

        Where nobody may be written to just now there is no wave: nobody could look at anything while the others wait.
        """

    async def tally(self, campaign_id: CampaignId) -> WaveTally: ...

    async def open_at(self, campaign_id: CampaignId, *, at: datetime) -> bool:
        """When the rest may go; False when that is said already, or there is no wave."""

    async def open(self, campaign_id: CampaignId) -> bool:
        """The rest may go; False when nothing keeps it."""

    async def left_over(self) -> list[Campaign]:
        """Cancelled ones that still have pending rows: more than were given up together with the order."""

    async def give_up_chunk(self, campaign_id: CampaignId, *, reason: str, size: int, at: datetime) -> int:
        """So many pending rows are skipped for `reason`, or unknown where it may have come; gives how many, less than `size` at the end."""
