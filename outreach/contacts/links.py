"""One person on several channels: linked by a code she types in the other one, confirmed on both sides, undone when she likes."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType

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
