"""An article for all followers of an account: it names no recipient, so by itself it never enters the indicator."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType

from outreach.campaigns.model import Content
from outreach.messaging import AccountId, ContactId, OfficerId, ReceiptKind

BroadcastId = NewType("BroadcastId", int)


class BroadcastState(StrEnum):
    DRAFT = "draft"
    CREATING = "creating"  # ordered; the platform makes an article of it
    READY = "ready"
    SENDING = "sending"  # durable before the call leaves; found so after a crash, nobody knows whether it went
    SENT = "sent"  # handed over for the platform's own review
    FAILED = "failed"
    CANCELLED = "cancelled"


UNDER_WAY = frozenset({BroadcastState.CREATING, BroadcastState.READY, BroadcastState.SENDING})

# Which states a step may start from; anything else means it was pressed twice or too late.
MOVES: dict[BroadcastState, frozenset[BroadcastState]] = {
    BroadcastState.CREATING: frozenset({BroadcastState.DRAFT}),
    BroadcastState.READY: frozenset({BroadcastState.CREATING, BroadcastState.SENDING}),
    BroadcastState.SENDING: frozenset({BroadcastState.READY}),
    BroadcastState.SENT: frozenset({BroadcastState.SENDING}),
    BroadcastState.FAILED: UNDER_WAY,
    BroadcastState.CANCELLED: frozenset({BroadcastState.DRAFT, BroadcastState.CREATING, BroadcastState.READY}),
}

# The reason of one that is SENDING and may have gone or not: an officer decides.
UNKNOWN = "unknown"
# The reason of one that is SENT by an officer's word alone.
ASSUMED = "assumed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Broadcast:
    """`content` is frozen with the draft; `created_at` is when that was made, and from the order on when that was given.

    `platform_count` is the platform's own figure of followers, which nobody can check.
    """

    broadcast_id: BroadcastId
    account_id: AccountId
    content: Content
    state: BroadcastState
    created_by: OfficerId
    created_at: datetime
    changed_at: datetime
    token: str = ""  # asks after the article while it is being made
    article_ref: str = ""
    message_ref: str = ""
    reason: str = ""
    platform_count: int | None = None
    sent_at: datetime | None = None

    @property
    def is_unknown(self) -> bool:
        return self.state == BroadcastState.SENDING and self.reason == UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """What the platform is given. `cover_url` is of the picture on top, empty where none is set; texts are plain."""

    title: str
    author: str
    description: str
    paragraphs: tuple[str, ...]
    cover_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleLimits:
    """The most characters that the platform takes of what stands above the text."""

    title: int = 150
    author: int = 50
    description: int = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticlesLeft:
    """How many more the platform lets a follower get today, and in this month."""

    today: int
    month: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """The channel's word that an article which counts lies on the phone of somebody who had agreed to be counted, or was looked at."""

    broadcast_id: BroadcastId
    contact_id: ContactId
    kind: ReceiptKind
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BroadcastFigure:
    """How many went out in some days, and the highest of the platform's figures; None where it told none. Never added to people."""

    count: int
    platform_count: int | None
