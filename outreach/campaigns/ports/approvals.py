"""A second officer's word, as it is asked for and given."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType, Protocol

from outreach.campaigns.model import Audience, Campaign, Limits
from outreach.messaging import CampaignId, ContactId, OfficerId
from outreach.officers import Officer

ApprovalId = NewType("ApprovalId", int)


class Verdict(StrEnum):
    OPEN = "open"  # asked, and not answered yet
    APPROVED = "approved"
    REFUSED = "refused"
    DROPPED = "dropped"  # content, audience or plan changed, or the question was taken back
    ALONE = "alone"  # an administrator sent it by herself, with a reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """A question to a second officer, and her word. `fingerprint` is what that word is about.

    `asked_of` has been asked since `asked_at`; None: everybody has been. `starts_at` None: at once.
    """

    approval_id: ApprovalId
    campaign_id: CampaignId
    fingerprint: str
    version: int
    people: int
    starts_at: datetime | None
    asked_by: OfficerId
    asked_at: datetime
    asked_of: OfficerId | None
    reminded_at: datetime | None = None
    verdict: Verdict = Verdict.OPEN
    decided_by: OfficerId | None = None
    decided_at: datetime | None = None
    reason: str = ""


class Approvals(Protocol):
    async def add(
        self,
        campaign: Campaign,
        *,
        fingerprint: str,
        people: int,
        starts_at: datetime | None,
        asked_by: OfficerId,
        asked_of: OfficerId,
        at: datetime,
    ) -> Approval: ...

    async def get(self, approval_id: ApprovalId) -> Approval | None: ...

    async def hold(self, campaign_id: CampaignId) -> Approval | None:
        """The campaign's newest; until the commit nobody else asks or decides about this campaign."""

    async def newest(self, campaign_id: CampaignId) -> Approval | None: ...

    async def open(self) -> list[Approval]:
        """All that wait for a word, the oldest first."""

    async def shown_before(self, approval: Approval) -> int | None:
        """The version of the campaign's words that somebody was asked about the time before."""

    async def pass_on(self, approval_id: ApprovalId, *, to: OfficerId | None, at: datetime) -> None:
        """Another is asked now, from `at` on; None: nobody is left."""

    async def remind(self, approval_id: ApprovalId, *, at: datetime) -> None: ...

    async def settle(
        self, approval_id: ApprovalId, *, verdict: Verdict, by: OfficerId | None, reason: str = "", at: datetime
    ) -> Approval: ...

    async def officer(self, officer_id: OfficerId) -> Officer:
        """Also one whose office has ended."""

    async def examples(
        self, audience: Audience, *, limits: Limits, at: datetime, one_in: int, count: int
    ) -> list[ContactId]:
        """Some who would get it now, of different units and languages as far as there are; looked for among one in so many."""
