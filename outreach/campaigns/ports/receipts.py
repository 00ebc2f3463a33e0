"""What channels say of our messages afterwards."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from outreach.campaigns.model import DeliveryId, DeliveryState
from outreach.messaging import CampaignId, ContactId, Receipt, ReceiptKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """A delivery of which the channel says that it lies on the phone or was seen, and when. `sent_at`: when it was accepted."""

    delivery_id: DeliveryId
    campaign_id: CampaignId
    contact_id: ContactId
    state: DeliveryState
    sent_at: datetime
    counts: bool
    subscribed: bool
    kinds: Mapping[ReceiptKind, datetime] = field(default_factory=dict)


class Receipts(Protocol):
    async def match(self, receipts: Sequence[Receipt]) -> tuple[list[Proof], list[Receipt]]:
        """The deliveries that are meant; and receipts that came before the answer to their message was written."""

    async def note(self, proofs: Sequence[Proof]) -> list[Proof]:
        """Write them, once; gives those that said something new, with the state before. An unknown one is a sent one now."""

    async def opened(self, campaign_id: CampaignId, *, contact_id: ContactId, at: datetime) -> None:
        """She has tapped a button under it, or answered its question; the first time is kept."""
