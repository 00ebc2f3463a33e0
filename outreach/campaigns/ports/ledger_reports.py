"""What the ledger tells afterwards; nothing is written here."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from outreach.campaigns.model import DeliveryState
from outreach.messaging import AccountId, CampaignId, ChannelName, ContactId
from outreach.units import UnitId


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerRow:
    """One person's outcome, as it is shown and exported: number and unit, never a name."""

    delivery_id: int
    contact_id: ContactId
    unit_id: UnitId | None
    state: DeliveryState
    reason: str
    at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelTally:
    """One channel's part of a campaign. `waits`: they get it when they next write."""

    account_id: AccountId
    channel: ChannelName
    sent: int
    received: int
    seen: int
    waits: int


class LedgerReports(Protocol):
    async def reasons(
        self, campaign_id: CampaignId, *, states: Collection[DeliveryState] = tuple(DeliveryState)
    ) -> dict[tuple[DeliveryState, str], int]:
        """Rows in these states by reason. Of all states it goes over everybody."""

    async def rows(self, campaign_id: CampaignId, *, after: int, limit: int) -> list[LedgerRow]: ...

    async def by_channel(self, campaign_id: CampaignId) -> list[ChannelTally]: ...
