"""What must be remembered about campaigns, and the ledger of who got what."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from outreach.campaigns.model import (
    Audience,
    Campaign,
    CampaignState,
    Content,
    Delivery,
    DeliveryId,
    DeliveryState,
    OnUnknown,
    Outcome,
    Plan,
    Reader,
)
from outreach.contacts.windows import Spent
from outreach.messaging import (
    AccountId,
    Address,
    CampaignId,
    Capabilities,
    ChannelName,
    ContactId,
    OfficerId,
    Receipt,
    ReceiptKind,
    Reply,
)
from outreach.news.model import NewsId
from outreach.pacing import Lease
from outreach.units import UnitId


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What the pack and the settings allow. `per_week`: campaign messages a person, over all officers."""

    per_week: int
    week_start: datetime
    main_period: int | None = None  # for the count of people reached for the first time


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
class LastSent:
    """When content last went out, and to how many people that time."""

    at: datetime
    people: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneHalt:
    """One channel of a campaign stands still, for a reason that is that account's alone; the others go on."""

    campaign_id: CampaignId
    account_id: AccountId
    channel: ChannelName
    reason: str


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


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelTally:
    """One channel's part of a campaign. `waits`: they get it when they next write."""

    account_id: AccountId
    channel: ChannelName
    sent: int
    received: int
    seen: int
    waits: int


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
        """The last campaign that got each content to somebody, in that unit's scope (None: in any)."""

    async def draft_with(self, news_id: NewsId, *, by: OfficerId) -> Campaign | None:
        """The officer's newest draft with this item's words."""

    async def same_content_running(self, campaign_id: CampaignId) -> Campaign | None:
        """Another campaign with the same frozen content and scope that is on its way."""


class LedgerReports(Protocol):
    """What the ledger tells afterwards; nothing is written here."""

    async def reasons(
        self, campaign_id: CampaignId, *, states: Collection[DeliveryState] = tuple(DeliveryState)
    ) -> dict[tuple[DeliveryState, str], int]:
        """Rows in these states by reason. Of all states it goes over everybody."""

    async def rows(self, campaign_id: CampaignId, *, after: int, limit: int) -> list[LedgerRow]: ...

    async def by_channel(self, campaign_id: CampaignId) -> list[ChannelTally]: ...

    async def refs(
        self, campaign_id: CampaignId, *, after: int, limit: int
    ) -> list[tuple[int, Address, tuple[str, ...]]]:
        """What was sent and can be recalled: delivery id, address, message refs."""


class Ledger(Protocol):
    """Who is to get what, claimed and written window by window."""

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
        """The officer's word: pending again (the caller moves a finished campaign to running), or sent_assumed."""

    async def retry_failed(self, campaign_id: CampaignId, *, at: datetime, unless: Collection[str] = ()) -> int:
        """Failed -> pending, but for the reasons `unless`; like a repeat, nothing happens in a cancelled campaign."""

    async def give_up_pending(self, campaign_id: CampaignId, *, reason: str, at: datetime) -> int:
        """What was not sent yet will not be: a campaign was cancelled or has expired."""

    async def count_first_time(self, campaign_id: CampaignId, *, people: int) -> None: ...


class Legs(Protocol):
    """The second way to a person: another of her addresses, or her own next word."""

    async def hand_over(self, contact_id: ContactId, *, address: Address, at: datetime) -> int:
        """She has written again: the newest that waited for it go to this address, a little later. Gives how many.

        Nothing of a campaign that was cancelled, taken back or corrected, and nothing older than a month.
        """

    async def silent(
        self, accounts: Sequence[AccountId], *, since: datetime, until: datetime, limit: int, at: datetime
    ) -> list[int]:
        """First legs on these accounts that were accepted in that time and not heard of, of people with another address that is open.

        Only where silence says something: others of that campaign and account were heard of, and this address has told before.
        """

    async def close(self, accounts: Collection[AccountId], *, limit: int, at: datetime) -> int:
        """What waits for these accounts, over which nobody sends any more, goes by another address of hers that is open, or is skipped
        as CHANNEL_GONE; what was on its way there is unknown. Of campaigns that have something to send; gives how many rows.
        """

    async def fall_back(self, ids: Sequence[int], *, at: datetime) -> int:
        """Those of them that are still silent go by another address of hers that is open, as a second leg. Gives how many."""


class Lanes(Protocol):
    """Which channels of a campaign stand still."""

    async def halt(self, campaign_id: CampaignId, *, account_id: AccountId, reason: str, at: datetime) -> bool:
        """False when no other channel has anything left to send: then the campaign itself is to be paused. Also of one that does not
        run: nobody would lift it.
        """

    async def halted(self, campaign_id: CampaignId) -> list[LaneHalt]: ...

    async def stuck(self) -> list[LaneHalt]:
        """One halt of each running campaign in which nothing but halted channels is left."""

    async def lift(self, campaign_id: CampaignId) -> bool:
        """All channels may go on; False when none stood still."""


class Spending(Protocol):
    """What went over each account in a month, and what it cost."""

    async def of_month(self, month: str) -> dict[AccountId, Spent]: ...

    async def add(
        self, account_id: AccountId, *, month: str, messages: int = 0, charged: int = 0, vnd: int = 0
    ) -> None: ...


class Receipts(Protocol):
    """What channels say of our messages afterwards."""

    async def match(self, receipts: Sequence[Receipt]) -> tuple[list[Proof], list[Receipt]]:
        """The deliveries that are meant; and receipts that came before the answer to their message was written."""

    async def note(self, proofs: Sequence[Proof]) -> list[Proof]:
        """Write them, once; gives those that said something new, with the state before. An unknown one is a sent one now."""

    async def opened(self, campaign_id: CampaignId, *, contact_id: ContactId, at: datetime) -> None:
        """She has tapped a button under it, or answered its question; the first time is kept."""


class Watching(Protocol):
    """What the officer who ordered a campaign is told of it, and the counts only she asks for."""

    async def to_tell(self) -> list[tuple[Campaign, str, int]]:
        """Ordered campaigns that are on their way, or have ended since she was told: with the state and unknowns told last. News that
        has no message of its own once more, when the first digest made since has gone.
        """

    async def told(self, campaign_id: CampaignId, *, state: str, unknown: int) -> None: ...

    async def interrupted(self, campaign_id: CampaignId) -> tuple[int, datetime | None]:
        """How many are unknown because a process ended in between, and when the last of them had left."""

    async def in_conversation(self, campaign_id: CampaignId) -> int:
        """How many are put off because they are in the middle of a conversation."""

    async def lately(self, campaign_id: CampaignId, *, since: datetime) -> list[datetime]:
        """When those of its last 500 messages were accepted that have been since then, in order."""

    async def by_unit(self, campaign_id: CampaignId) -> list[tuple[UnitId | None, int, int]]:
        """Per unit: messages sent, and people in all."""

    async def waiting(self, *, other_than: CampaignId) -> dict[AccountId, int]:
        """Messages of other campaigns that are running, and leave first, by account."""


class Renderer(Protocol):
    """Frozen content made into one person's message; implemented in `content`, handed in by `bot/app.py`."""

    def render_campaign(self, campaign: Campaign, *, contact: Reader, capabilities: Capabilities) -> Reply: ...
