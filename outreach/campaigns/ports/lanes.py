"""Which channels of a campaign stand still."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from outreach.messaging import AccountId, CampaignId, ChannelName


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneHalt:
    """One channel of a campaign stands still, for a reason that is that account's alone; the others go on."""

    campaign_id: CampaignId
    account_id: AccountId
    channel: ChannelName
    reason: str


class Lanes(Protocol):
    async def halt(self, campaign_id: CampaignId, *, account_id: AccountId, reason: str, at: datetime) -> bool:
        """False when no other channel has anything left to send: then the campaign itself is to be paused. Also of one that does not
        run: nobody would lift it.
        """

    async def halted(self, campaign_id: CampaignId) -> list[LaneHalt]: ...

    async def stuck(self) -> list[LaneHalt]:
        """One halt of each running campaign in which nothing but halted channels is left."""

    async def lift(self, campaign_id: CampaignId) -> bool:
        """All channels may go on; False when none stood still."""
