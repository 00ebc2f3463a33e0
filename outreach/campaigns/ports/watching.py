"""What the officer who ordered a campaign is told of it, and the counts only she asks for."""

from datetime import datetime
from typing import Protocol

from outreach.campaigns.model import Campaign
from outreach.messaging import AccountId, CampaignId
from outreach.units import UnitId

GONE = "digest"  # told last to the officer of such news: how many have got it in the digest that has gone
WAVE_WENT = "first_wave"  # told last to the officer: how it went, and when the rest goes


class Watching(Protocol):
    async def to_tell(self) -> list[tuple[Campaign, str, int]]:
        """Ordered campaigns that are on their way, or have ended since she was told: with the state and unknowns told last. News that
        has no message of its own once more, when the first digest made since has gone.
        """

    async def told(self, campaign_id: CampaignId, *, state: str, unknown: int) -> None: ...

    async def interrupted(self, campaign_id: CampaignId) -> tuple[int, datetime | None]:
        """How many are unknown because a process ended in between, and when the last of them had left."""

    async def in_conversation(self, campaign_id: CampaignId) -> int:
        """How many are put off because they are in the middle of a conversation."""

    async def lately(self, campaign_id: CampaignId, *, since: datetime) -> list[datetime]:
        """When those of its last 500 messages were accepted that have been since then, in order."""

    async def by_unit(self, campaign_id: CampaignId) -> list[tuple[UnitId | None, int, int]]:
        """Per unit: messages sent, and people in all."""

    async def waiting(self, *, other_than: CampaignId) -> dict[AccountId, int]:
        """Messages of other campaigns that are running, and leave first, by account."""
