"""What is out and undone: which campaigns are due, and how far each is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from outreach.campaigns.model import Campaign, Content, DeliveryId
from outreach.contacts.model import Contact
from outreach.messaging import Address, CampaignId
from outreach.reach.model import StoredPeriod


@dataclass(frozen=True, slots=True, kw_only=True)
class Out:
    """A message that lies on somebody's phone: the refs of its parts, and the version of the words in it."""

    delivery_id: DeliveryId
    contact: Contact
    address: Address
    refs: tuple[str, ...]
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenBack:
    """A delivery that has just been marked as taken back, when it had been accepted, and whether it had counted."""

    delivery_id: DeliveryId
    sent_at: datetime
    counts: bool


class Undoing(Protocol):
    async def begin_recall(self, campaign_id: CampaignId) -> bool:
        """False when it was ordered before, or something of it is in flight. New words that are being put in go no further."""

    async def begin_edit(self, campaign_id: CampaignId, *, content: Content) -> int | None:
        """These words are the campaign's from now on, as a version of their own, which is given; None when it does not stand still,
        something of it is in flight, or it is taken back.
        """

    async def under_way(self) -> list[Campaign]:
        """Those of which messages are being taken back or changed."""

    async def out(self, campaign_id: CampaignId, *, after: int, limit: int) -> list[Out]:
        """Messages that were accepted and not taken back, from the number `after` on."""

    async def recalled(self, campaign_id: CampaignId, *, after: int, gone: Sequence[DeliveryId]) -> list[TakenBack]:
        """The mark moves to `after`; gives those of `gone` that were not marked before."""

    async def leave_reach(
        self, campaign_id: CampaignId, deliveries: Sequence[DeliveryId], *, periods: Sequence[StoredPeriod]
    ) -> None:
        """What was taken back counts no more in these periods (the main one first), unless the person has opened or read it: her turn
        goes, and where nothing else that counts was accepted, opened or read there, she does.
        """

    async def edited(self, campaign_id: CampaignId, *, after: int, version: int, done: Sequence[DeliveryId]) -> bool:
        """The mark moves to `after`; False, and nothing is written, when newer words have been ordered since."""

    async def end(self, campaign_id: CampaignId, *, at: datetime) -> bool:
        """What is under way is over; False when it was before."""
