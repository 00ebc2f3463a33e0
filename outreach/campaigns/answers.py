"""What people answered to a campaign's one question. The first answer is kept; the report counts it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from outreach.campaigns.model import CheckQuestion
from outreach.messaging import CampaignId, ContactId


class Answers(Protocol):
    async def put(self, campaign_id: CampaignId, *, contact_id: ContactId, option: int, at: datetime) -> int:
        """The option that stands for her, which is an earlier one if she has answered before."""

    async def counts(self, campaign_id: CampaignId) -> Mapping[int, int]:
        """People per option; an option nobody chose is not in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """`stands` is the option that is kept; `right` is None where no option is the right one."""

    question: CheckQuestion
    stands: int
    changed: bool  # she has chosen another one now, which changes nothing

    @property
    def right(self) -> bool | None:
        return None if self.question.right is None else self.stands == self.question.right
