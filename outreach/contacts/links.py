"""One person on several channels: linked by a code she types in the other one, confirmed on both sides, undone when she likes."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType, Protocol

from outreach.contacts.model import Consent
from outreach.messaging import Address, AddressId, ChannelName, ContactId

LinkId = NewType("LinkId", int)
LinkCodeId = NewType("LinkCodeId", int)

CODE_LASTS = timedelta(minutes=10)
# Six figures are one in a million; so many wrong ones from one address, and it is not listened to for as long as a code lasts.
MOST_TRIES = 5


class LinkState(StrEnum):
    OFFERED = "offered"  # the code stands on one phone
    TYPED = "typed"  # and was typed on another
    AGREED = "agreed"  # the other side has confirmed; whoever asked for the code has not yet


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkTarget:
    """Where the code was typed, perhaps by somebody unknown. `consent` is what she agreed to there, where she got no news before."""

    address: Address
    channel: ChannelName
    consent: Consent | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkCode:
    """`contact_id` asked for it at `address`."""

    code_id: LinkCodeId
    contact_id: ContactId
    address_id: AddressId
    address: Address
    channel: ChannelName
    state: LinkState
    expires_at: datetime
    target: LinkTarget | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """`joined_id` is silent since; what was hers at `address` speaks as `kept_id`."""

    link_id: LinkId
    kept_id: ContactId
    joined_id: ContactId
    address: Address
    channel: ChannelName
    linked_at: datetime


class Links(Protocol):
    async def offer(self, contact_id: ContactId, *, address_id: AddressId, code: str, expires_at: datetime) -> None:
        """In place of any code the person had."""

    async def find(self, code: str, *, now: datetime) -> LinkCode | None:
        """A code that lasts; None also for one that two people hold, which is nobody's."""

    async def get(self, code_id: LinkCodeId, *, now: datetime) -> LinkCode | None:
        """None when its time is over."""

    async def move(self, code_id: LinkCodeId, *, state: LinkState, target: LinkTarget, target_mac: bytes) -> None: ...

    async def drop(self, code_id: LinkCodeId) -> None: ...

    async def tries(self, mac: bytes, *, since: datetime) -> int:
        """Wrong codes from the address with this fingerprint."""

    async def count_try(self, mac: bytes, *, since: datetime, at: datetime) -> None:
        """One more, or the first when the last count began before `since`."""

    async def channels(self, contact_id: ContactId) -> set[ChannelName]: ...

    async def merge(self, kept_id: ContactId, *, joined_id: ContactId, at: datetime) -> Link | None:
        """Give what is `joined_id`'s to `kept_id`, so that it can be given back. None while a message to her is on its way.

        Effects: address, consents, office, nominations, questions, deliveries, reach, and the open conversation unless kept has one.
        """

    async def of(self, contact_id: ContactId) -> list[Link]:
        """The links that speak through this person, oldest first."""

    async def undo(self, link: Link, *, at: datetime) -> None:
        """Give everything back that was joined's; evidence from after the link stays with kept.

        Who got no news before the link gets none after it, and whoever stopped in the meantime has stopped on both sides.
        """

    async def purge(self, *, now: datetime) -> int:
        """Codes past their time, and counts of wrong ones."""
