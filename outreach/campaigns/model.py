"""A campaign and its ledger: the states, and which step leads from which to which."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType, Protocol

from outreach.messaging import Address, CampaignId, ChannelName, ContactId, Media, MessageCopy, OfficerId, SendErrorKind
from outreach.news.model import NewsId
from outreach.units import UnitId

DeliveryId = NewType("DeliveryId", int)


class CampaignState(StrEnum):
    DRAFT = "draft"
    SCHEDULED = "scheduled"  # ordered for a later hour: nothing is frozen yet
    PREPARING = "preparing"  # the audience is being frozen, and the minute of grace runs
    RUNNING = "running"
    PAUSED = "paused"
    FINISHED = "finished"
    CANCELLED = "cancelled"


ENDED = frozenset({CampaignState.FINISHED, CampaignState.CANCELLED})

# Which states a step may start from; anything else means it was pressed twice or too late.
MOVES: dict[CampaignState, frozenset[CampaignState]] = {
    CampaignState.SCHEDULED: frozenset({CampaignState.DRAFT, CampaignState.PAUSED}),
    CampaignState.PREPARING: frozenset({CampaignState.DRAFT, CampaignState.SCHEDULED, CampaignState.PAUSED}),
    CampaignState.RUNNING: frozenset({CampaignState.PREPARING, CampaignState.PAUSED, CampaignState.FINISHED}),
    CampaignState.PAUSED: frozenset({CampaignState.SCHEDULED, CampaignState.PREPARING, CampaignState.RUNNING}),
    CampaignState.FINISHED: frozenset({CampaignState.RUNNING, CampaignState.PREPARING, CampaignState.PAUSED}),
    CampaignState.CANCELLED: frozenset(
        {
            CampaignState.DRAFT,
            CampaignState.SCHEDULED,
            CampaignState.PREPARING,
            CampaignState.RUNNING,
            CampaignState.PAUSED,
        }
    ),
}


REPEATED_BY_RULE = "repeated_by_rule"  # pending again, because the campaign would rather repeat
CHANNEL_GONE = "channel_gone"  # the account is in the settings no more, and nobody will send over it
RECALLED = "recalled"  # accepted, and deleted from her phone since
AT_REST = "paused"  # she takes a break
WEEK_FULL = "week_full"
FOR_DIGEST = "for_digest"  # its officer wants it there
IN_DIGEST = "in_digest"  # a digest that was made has it; as it is read: and she has got that
# As it is read of what stands in a digest that she has not surely got.
DIGEST_UNKNOWN, DIGEST_RECALLED, DIGEST_MISSED = "digest_unknown", "digest_recalled", "digest_missed"
BY_DIGEST = (FOR_DIGEST, IN_DIGEST, DIGEST_UNKNOWN, DIGEST_RECALLED, DIGEST_MISSED)
NO_RECEIPT = "no_receipt"  # accepted, and nothing more was heard of it: it went by another channel too


class DeliveryState(StrEnum):
    PENDING = "pending"
    IN_FLIGHT = "in_flight"  # durable before the request leaves
    SENT = "sent"  # accepted by the channel
    FAILED = "failed"
    SKIPPED = "skipped"  # not sent on purpose, with the reason
    UNKNOWN = "unknown"  # the answer never came: an officer decides
    SENT_ASSUMED = "sent_assumed"  # left as it is by the officer; counts for no reach
    REPLACED = "replaced"  # another leg, on another channel of the same person, has taken it over


# Nobody knows whether they arrived.
UNCLEAR = frozenset({DeliveryState.UNKNOWN, DeliveryState.SENT_ASSUMED})


class AudienceKind(StrEnum):
    ALL = "all"
    UNITS = "units"
    NOT_REACHED = "not_reached"  # nobody has told them anything that counts in this period
    RECEIVED = "received"  # whom the campaign that is corrected has, or may have, reached


class OnUnknown(StrEnum):
    RATHER_MISS = "rather_miss"
    RATHER_REPEAT = "rather_repeat"


class LateRule(StrEnum):
    """What becomes of a campaign whose hour passed while nothing of the program ran."""

    SKIP = "skip"
    ASK = "ask"
    SEND = "send"


class CampaignKind(StrEnum):
    NEWS = "news"  # one content for everybody
    DIGEST = "digest"  # each gets, in one message, what she has not had yet


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """Who is meant: a rule, in which everything that is set must hold. An empty tuple or None asks for nothing.

    `unit_ids` narrows the other kinds too: a commune's officer reaches that commune only. `ages` are whole years, both ends
    included, reckoned as year less birth year; who has not told hers is not meant then.
    """

    kind: AudienceKind = AudienceKind.ALL
    unit_ids: tuple[UnitId, ...] = ()
    topic: str = ""  # people who muted it are left out
    corrects: CampaignId | None = None  # with RECEIVED, and only there
    ages: tuple[int, int] | None = None
    topics: tuple[str, ...] = ()  # who has not muted all of them
    sources: tuple[str, ...] = ()  # by which poster or link people came
    channels: tuple[ChannelName, ...] = ()
    not_received: CampaignId | None = None
    not_opened: CampaignId | None = None  # got it, and has shown nothing of having read it
    rest_of: tuple[CampaignId, ...] = ()  # what it goes on from, the newest last; who has got any of them is not meant


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A button straight to a page of somebody else's; `url` is https and goes out as it is."""

    label: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckQuestion:
    """One question under a campaign. `right` is the index of the right option; None where there is none."""

    text: str
    options: tuple[str, ...]
    right: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What was frozen when the order was given. `paragraphs` are plain text, `formatted` the same ones in the closed HTML subset,
    where the officer has set anything off.
    """

    title: str
    paragraphs: tuple[str, ...]
    document: str = ""  # "136/KH-UBND, 10/6/2024"
    source: str = ""
    topic: str = ""
    counts: bool = False  # towards the indicator; confirmed by the officer
    news_id: NewsId | None = None
    formatted: tuple[str, ...] = ()
    media: tuple[Media, ...] = ()
    links: tuple[Link, ...] = ()
    question: CheckQuestion | None = None
    copy_of: MessageCopy | None = None

    @property
    def messages(self) -> int:
        """How many it takes at most: each picture and file is one where there are no albums, and the words come last."""
        return len(self.media) + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How it is to be sent. `first_wave`: so many people from different units first, then the rest; 0: all at once.

    One that is not urgent makes no sound on a phone. `in_digest`: it has no message of its own, but a line in the next weekly digest.
    """

    urgent: bool = False
    late_rule: LateRule = LateRule.ASK
    expires_at: datetime | None = None  # what has not left by then is not sent
    first_wave: int = 0
    in_digest: bool = False

    def is_over(self, at: datetime) -> bool:
        return self.expires_at is not None and self.expires_at <= at


@dataclass(frozen=True, slots=True, kw_only=True)
class Wave:
    """The first wave of a campaign whose audience is frozen: its last delivery, and from when on the rest may go (None: not yet said)."""

    last_id: DeliveryId
    opens_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestItem:
    """One line of somebody's digest: the campaign it tells of."""

    campaign_id: CampaignId
    title: str
    opening: str
    counts: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How many rows stand in each state; moved in the transaction that moves the rows."""

    total: int = 0
    pending: int = 0
    in_flight: int = 0
    sent: int = 0
    failed: int = 0
    skipped: int = 0
    unknown: int = 0
    sent_assumed: int = 0
    replaced: int = 0
    received: int = 0
    seen: int = 0
    charged: int = 0
    first_time: int = 0  # people reached for the first time in the pack's main period

    @property
    def left(self) -> int:
        return self.pending + self.in_flight

    @property
    def meant(self) -> int:
        """Whom it is to reach: those left out on purpose are not among them, and nobody counts once for each leg."""
        return self.total - self.skipped - self.replaced

    @property
    def done(self) -> int:
        return self.meant - self.left


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    campaign_id: CampaignId
    state: CampaignState
    content: Content
    audience: Audience
    created_by: OfficerId
    unit_id: UnitId | None  # the scope of who sends
    on_unknown: OnUnknown = OnUnknown.RATHER_MISS
    kind: CampaignKind = CampaignKind.NEWS
    plan: Plan = Plan()
    wave: Wave | None = None
    version: int = 1
    tally: Tally = Tally()
    created_at: datetime | None = None
    not_before: datetime | None = None
    frozen_at: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    halt_reason: str = ""
    recall_after: int | None = None  # the last delivery whose message was taken back; None: nobody asked
    recalled: int = 0
    recall_ended_at: datetime | None = None
    edit_after: int | None = None  # the same of putting new words into messages that are out
    edited: int = 0
    edit_ended_at: datetime | None = None
    items: tuple[DigestItem, ...] = ()  # of a digest, as it is made for one person; nothing of it is stored here


class Reader(Protocol):
    """As much of a person as her message is made from."""

    @property
    def contact_id(self) -> ContactId: ...

    @property
    def unit_id(self) -> UnitId | None: ...

    @property
    def language(self) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """A `Reader` from a claimed row, without all that decides whether she is one."""

    contact_id: ContactId
    unit_id: UnitId | None
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One message of one campaign to one contact, claimed: the request may leave.

    `again`: a second leg where the first was accepted and not heard of. `reserved_vnd`: booked in that month for what it may cost.
    """

    delivery_id: DeliveryId
    campaign_id: CampaignId
    contact: Recipient
    address: Address
    version: int
    attempts: int
    again: bool = False
    reserved_vnd: int = 0
    reserved_in: str = ""
    items: tuple[DigestItem, ...] = ()  # of a digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a claimed delivery. PENDING gives it back unsent, from `not_before` on.

    `error` is why it was not accepted: None when it was, or when the request never left our hands. `counted`: it was an attempt
    at this recipient, of which there are only so many. `charged`: messages the provider counted against what costs money.
    """

    delivery: Delivery
    state: DeliveryState
    at: datetime
    reason: str = ""
    refs: tuple[str, ...] = ()
    not_before: datetime | None = None
    error: SendErrorKind | None = None
    counted: bool = True
    charged: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What the pack and the settings allow. `per_week`: campaign messages a person, over all officers."""

    per_week: int
    week_start: datetime
    main_period: int | None = None  # for the count of people reached for the first time
