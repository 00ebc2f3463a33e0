"""Who is to get what, claimed and written window by window."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from outreach.campaigns.model import Audience, Campaign, Delivery, Limits, Outcome
from outreach.messaging import AccountId, CampaignId, ChannelName
from outreach.pacing import Lease
from outreach.units import UnitId


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelPreview:
    """What an order would do on one channel: counts of people. `closed`: her window is; `used`: messages sent this month."""

    account_id: AccountId
    channel: ChannelName
    free: int
    paid: int
    closed: int
    vnd: int
    used: int

    @property
    def will_get(self) -> int:
        return self.free + self.paid


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What an order would do, as far as can be said now: counts of people. `ahead`: messages of others that leave first.

    `by_unit` does not know whom the ceiling leaves out.
    """

    will_get: int
    first_time: int
    excluded: dict[str, int]  # reason code -> people
    channels: tuple[ChannelPreview, ...] = ()
    ahead: Mapping[AccountId, int] = field(default_factory=dict)
    by_unit: Mapping[UnitId | None, int] = field(default_factory=dict)


class Ledger(Protocol):
    async def preview(self, audience: Audience, *, limits: Limits, at: datetime, messages: int = 1) -> Preview:
        """`messages`: so many a person, where each may cost."""

    async def freeze_chunk(
        self, campaign: Campaign, *, main_period: int | None, after: int, size: int, at: datetime
    ) -> int | None:
        """Make rows for whom is meant of the next `size` contacts above `after`; gives the last id, None when there are no more.

        Also None, and no rows, when the campaign is not being prepared any more.
        """

    async def finish_freezing(self, campaign_id: CampaignId, *, at: datetime) -> None: ...

    async def check_lease(self, lease: Lease) -> None:
        """Raise LeaseLostError unless the lease is still ours; every ledger write of a lane begins with it."""

    async def write_outcomes(self, outcomes: list[Outcome], *, lease: Lease, at: datetime) -> list[Outcome]:
        """Rows, counters and reachability of one window; gives those that were still ours, as they were written.

        A campaign that would rather repeat takes an unknown one back once; a cancelled one skips what was given back.
        Reach is written by the caller in the same transaction.
        """

    async def leave_out_chunk(
        self, campaign_id: CampaignId, *, limits: Limits, after: int, size: int, at: datetime
    ) -> int | None:
        """Of the next pending rows above `after` skip those who are not to be written to now; gives where to go on, None at the end."""

    async def claim_window(
        self,
        account_id: AccountId,
        *,
        size: int,
        lease: Lease,
        limits: Limits,
        at: datetime,
        after: UnitId | None = None,
    ) -> list[Delivery]:
        """Mark the next rows in_flight, or skipped or postponed with a reason, by consent, reachability, state and limits as of now.

        Urgent campaigns first, and sending units in turn: the next one `after` that (None: the province) leads.
        """

    async def settle_orphans(self, *, account_id: AccountId, lease: Lease, at: datetime) -> int:
        """in_flight of an older epoch becomes unknown; called when the lane is taken over.

        In a campaign that would rather repeat it becomes pending, once.
        """

    async def resolve_unknown(self, campaign_id: CampaignId, *, repeat: bool, at: datetime) -> int:
        """The officer's word: pending again (the caller moves a finished campaign to running), or sent_assumed.

        Nothing is repeated in a campaign that was cancelled or taken back.
        """

    async def retry_failed(self, campaign_id: CampaignId, *, at: datetime, unless: Collection[str] = ()) -> int:
        """Failed -> pending, but for the reasons `unless`, where a repeat may be."""

    async def give_up_pending(self, campaign_id: CampaignId, *, reason: str, at: datetime) -> int:
        """What was not sent yet will not be: a campaign was cancelled or has expired."""

    async def count_first_time(self, campaign_id: CampaignId, *, people: int) -> None: ...
