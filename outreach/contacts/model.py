"""A contact: a person the bot knows, with the little it knows about her."""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from outreach.dialogue import Dialogue, Draft, Offer
from outreach.messaging import Address, AddressId, ChannelName, ContactId
from outreach.officers import Actor, Officer, Person
from outreach.units import UnitId


class Subscription(StrEnum):
    """Whether news may be sent. NONE: known for another reason, for instance as a nominator or an officer."""

    NONE = "none"
    JOINING = "joining"  # consent given, birth year or unit still to come
    ACTIVE = "active"
    PAUSED = "paused"  # until paused_until
    STOPPED = "stopped"
    ERASED = "erased"  # a tombstone: the id and nothing else


class Purpose(StrEnum):
    """One consent each; none is a condition of another."""

    NOTICES = "notices"  # receiving news and being counted
    NOMINATE = "nominate"  # being contacted about a nomination one has made
    NOMINEE = "nominee"  # one's own data in a nomination made by somebody else
    DUTY = "duty"  # an officer's account


class Rhythm(StrEnum):
    AS_IT_COMES = "as_it_comes"  # at most the pack's number a week
    WEEKLY = "weekly"  # at most one a week


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    contact_id: ContactId
    subscription: Subscription
    birth_year: int | None
    unit_id: UnitId | None
    language: str = "vi"
    paused_until: datetime | None = None
    rhythm: Rhythm = Rhythm.AS_IT_COMES
    muted_topics: tuple[str, ...] = ()
    source: str = ""
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """One clear act for one purpose; the row is the proof and is never rewritten, only withdrawn."""

    purpose: Purpose
    text_version: str
    text_hash: str  # SHA-256 of the text as it was shown, hexadecimal
    given_at: datetime
    channel: ChannelName
    message_ref: str
    number: int = 0  # given by the store; the receipt is printed from it
    withdrawn_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Everything one turn needs to know about who is speaking; loaded in one statement."""

    address: Address
    address_id: AddressId | None = None
    reachable: bool = True
    staff_until: datetime | None = None  # a human speaks with her from the account's console
    told_withheld_on: date | None = None  # when she last heard that the messenger keeps her messages back
    interacted_at: datetime | None = None  # her last word there before this one, to a quarter of an hour
    contact: Contact | None = None
    officer: Officer | None = None
    dialogue: Dialogue | None = None
    offer: Offer | None = None
    draft: Draft | None = None
    draft_key: bytes = field(default=b"", repr=False)

    @property
    def actor(self) -> Actor:
        """The person as herself; where an officer acts, the handler passes `officer`."""
        return Person(contact_id=self.contact.contact_id if self.contact else None)
