"""Everything that is stored about one person, for herself to see."""

from dataclasses import dataclass
from datetime import datetime

from outreach.contacts.model import Consent
from outreach.messaging import ChannelName


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldAddress:
    channel: ChannelName
    external_id: str
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldDelivery:
    """One line of the ledger. `state` is a word of the ledger's states, `answer` what she chose under its question."""

    title: str
    state: str
    at: datetime
    answer: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldEvidence:
    """That and when she was informed in a period; `turns` is how often."""

    period: str
    informed_at: datetime | None
    read_at: datetime | None
    turns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldQuestion:
    text: str
    asked_at: datetime
    answer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """Oldest first."""

    addresses: tuple[HeldAddress, ...]
    consents: tuple[Consent, ...]
    deliveries: tuple[HeldDelivery, ...]
    evidence: tuple[HeldEvidence, ...]
    questions: tuple[HeldQuestion, ...]
    nominations: int  # made by her or about her; they are read under /hoso
