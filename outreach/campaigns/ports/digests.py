"""What must be remembered about the weekly digest: one message a person, with the news that did not fit into her week."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Protocol

from outreach.campaigns.model import Campaign, DeliveryId, DeliveryState, DigestItem, Limits
from outreach.messaging import CampaignId, ContactId

KEPT_FOR = timedelta(days=14)  # older news is none
MOST_ITEMS = 5  # news in one message


class Digests(Protocol):
    """What waits are rows of the last two weeks skipped as WEEK_FULL, AT_REST, FOR_DIGEST or IN_DIGEST: their campaigns go on or are done,
    were neither taken back nor corrected, no digest that may have arrived, or still goes, has them, and their people's week is not
    full, nor do they rest.
    """

    async def begun(self, week_on: date) -> bool:
        """Whether that week's is settled; `week_on` is its Monday."""

    async def sources(self, *, limits: Limits, at: datetime) -> list[Campaign]:
        """Campaigns of which something waits, the newest first."""

    async def begin(self, week_on: date, *, at: datetime) -> bool:
        """That week is settled from now on; False when it was before."""

    async def attach(self, week_on: date, *, campaign_id: CampaignId) -> None:
        """That week's digest is this campaign. Effect: the campaign's kind as well."""

    async def freeze_chunk(
        self, campaign: Campaign, *, limits: Limits, after: int, size: int, at: datetime
    ) -> int | None:
        """Rows and items for the people with the next `size` ids above `after`, by their topics; gives where to go on, None at the end.

        Effects: deliveries, items, the reason of what waited, counters.
        """

    async def items(self, deliveries: Sequence[DeliveryId]) -> dict[DeliveryId, tuple[DigestItem, ...]]:
        """What each message of a digest tells, the newest first. Effect: lines of what was taken back or cancelled since are dropped
        for good, so that what counts in it later is what was sent.
        """

    async def items_of(self, campaign_id: CampaignId, *, contact_id: ContactId) -> tuple[DigestItem, ...]:
        """The same for one person's, without the effect."""

    async def counts(self, campaign_id: CampaignId) -> bool:
        """Whether any line of that digest counts."""

    async def told(self, campaign_id: CampaignId) -> int:
        """How many have got that campaign's news in a digest."""

    async def carried(self, campaign_id: CampaignId, *, contact_id: ContactId) -> DeliveryState | None:
        """What became of the digest in which she has that campaign's news; None where none has it."""
