"""The stored conversation: one open dialogue per person, so that a restart or three days change nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from outreach.messaging import AddressId, ContactId

# After this much silence the first free text is not taken as the answer; the person is asked whether to go on.
STALE_AFTER = timedelta(hours=2)
# While the last answer is younger than this, a campaign waits for its recipient ...
BUSY_FOR = timedelta(minutes=30)
# ... but never longer than this.
BUSY_AT_MOST = timedelta(hours=2)

# An open conversation is forgotten after this much silence; a nomination's answers are rows of their own, with their own time.
KEPT_FOR = timedelta(days=30)

# Flows one does not stand in the middle of: they only hold what the last message offered. What is typed next may as well be
# something else, and a campaign need not wait for it.
RESTING = frozenset({"menu", "news", "page", "pro", "cov", "bc"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialogue:
    """Where a person stands.

    `choices` maps what may be typed now ("1", "2", …) to button payloads; `data` holds small positions (a page, a chosen id), never an answer
    that would hurt to lose: those live in rows of their own. `subject_id` is the row the flow works on, for instance a nomination.
    `address_id`: on which of her phones the last message of it stands, and so what a number typed there may mean.
    """

    flow: str
    version: int
    step: str
    subject_id: int | None = None
    data: Mapping[str, str] = field(default_factory=dict)
    choices: Mapping[str, str] = field(default_factory=dict)
    misunderstood: int = 0
    started_at: datetime
    answered_at: datetime
    reminded_at: datetime | None = None
    address_id: AddressId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What the last message with buttons offered that came to the person outside her own turns; `choices` as in a dialogue.

    `address_id`: the phone it was meant for, None where that is found as it leaves.
    """

    choices: Mapping[str, str]
    offered_at: datetime
    address_id: AddressId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A conversation before consent: its key is an HMAC of the address, and it holds nothing that names or describes the person.

    `choices` as in a dialogue: what the bot offered last, whichever question that belonged to.
    """

    flow: str
    step: str
    source: str
    choices: Mapping[str, str] = field(default_factory=dict)
    expires_at: datetime


class Dialogues(Protocol):
    async def save(self, contact_id: ContactId, *, dialogue: Dialogue) -> None: ...

    async def close(self, contact_id: ContactId) -> None: ...

    async def offer(self, people: Mapping[ContactId, Offer]) -> None:
        """Keep each person's choices under a message that nobody of them asked for, in place of the ones before."""

    async def save_draft(self, key: bytes, *, draft: Draft) -> None: ...

    async def drop_draft(self, key: bytes) -> None: ...

    async def purge_drafts(self, *, now: datetime) -> int: ...

    async def purge_idle(self, *, before: datetime) -> int:
        """Conversations without an answer since then, and offers from before."""
