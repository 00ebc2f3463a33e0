"""Campaigns as they are kept: their words, their rule, their state."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from outreach.campaigns.model import Audience, Campaign, CampaignState, Content, DeliveryState, OnUnknown, Plan
from outreach.messaging import CampaignId, ContactId, OfficerId
from outreach.news.model import NewsId
from outreach.units import UnitId


@dataclass(frozen=True, slots=True, kw_only=True)
class LastSent:
    """When content last went out, to how many people that time, and whether that was taken back since."""

    at: datetime
    people: int
    recalled: bool


class Campaigns(Protocol):
    async def add(
        self, *, content: Content, audience: Audience, by: OfficerId, unit_id: UnitId | None, at: datetime
    ) -> CampaignId: ...

    async def get(self, campaign_id: CampaignId) -> Campaign | None: ...

    async def edit(
        self,
        campaign_id: CampaignId,
        *,
        content: Content | None = None,
        audience: Audience | None = None,
        on_unknown: OnUnknown | None = None,
        plan: Plan | None = None,
    ) -> bool:
        """Change a draft; False when it is no draft any more. New content is a new version; the old one is kept."""

    async def wording(self, campaign_id: CampaignId, *, version: int) -> Content | None:
        """What the campaign said in that version."""

    async def move(
        self,
        campaign_id: CampaignId,
        *,
        state: CampaignState,
        at: datetime,
        not_before: datetime | None = None,
        halt_reason: str = "",
    ) -> bool:
        """One step along MOVES, decided by the row's state at this moment; False when it does not lead there.

        Nothing runs before its audience is frozen, and nothing is finished while rows are pending or in flight.
        """

    async def list_recent(self, *, unit_id: UnitId | None, limit: int) -> list[Campaign]: ...

    async def in_state(self, state: CampaignState) -> list[Campaign]: ...

    async def received(
        self, campaign_id: CampaignId, *, contact_id: ContactId
    ) -> tuple[Campaign, DeliveryState | None] | None:
        """The campaign, and what became of its message to this person, or to whoever was joined to her: of several the one that may have
        come. None where there is no such campaign.
        """

    async def newest_received(self, contact_id: ContactId) -> tuple[CampaignId, datetime] | None:
        """The last campaign whose message may have arrived at this person."""

    async def last_sent(self, content_hashes: Collection[str], *, unit_id: UnitId | None) -> dict[str, LastSent]:
        """The last campaign that got each content to somebody, in that unit's scope (None: in any); one that was taken back only
        where there is no other.
        """

    async def draft_with(self, news_id: NewsId, *, by: OfficerId) -> Campaign | None:
        """The officer's newest draft with this item's words."""

    async def same_content_running(self, campaign_id: CampaignId) -> Campaign | None:
        """Another campaign with the same frozen content and scope that is on its way."""
