"""What people answered to a campaign's one question. The first answer is kept; the report counts it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from outreach.messaging import CampaignId, ContactId


class Answers(Protocol):
    async def put(self, campaign_id: CampaignId, *, contact_id: ContactId, option: int, at: datetime) -> int:
        """The option that stands for her, which is an earlier one if she has answered before."""

    async def counts(self, campaign_id: CampaignId) -> Mapping[int, int]:
        """People per option; an option nobody chose is not in it."""
