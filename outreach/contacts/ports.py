"""What must be remembered about people."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Protocol

from outreach.contacts.holdings import Held
from outreach.contacts.links import Link, LinkCode, LinkCodeId, LinkState, LinkTarget
from outreach.contacts.model import Consent, Contact, Known, Purpose, Rhythm, Subscription
from outreach.messaging import Account, AccountId, Address, AddressId, ChannelName, ContactId
from outreach.units import UnitId


class Contacts(Protocol):
    async def account(
        self, *, channel: ChannelName, external_id: str, name: str, windowed: bool | None = None
    ) -> AccountId:
        """Our own id of a messenger account, made on first sight. `windowed` as in Capabilities; None leaves it."""

    async def first_sight(self, address: Address, *, update_id: str, at: datetime) -> bool:
        """Mark an update as handled; False when it was handled before."""

    async def known(self, address: Address) -> Known:
        """Who speaks from this address: contact, office, open dialogue or draft, in one statement."""

    async def get(self, contact_id: ContactId) -> Contact | None: ...

    async def create(self, address: Address, *, source: str, at: datetime, spoke: bool = True) -> ContactId:
        """A contact with this address and no subscription; the existing one when the address is known.

        `spoke`: it is her own word that makes her known, which opens the window of a channel that has any.
        """

    async def change(
        self,
        contact_id: ContactId,
        *,
        at: datetime,
        subscription: Subscription | None = None,
        birth_year: int | None = None,
        unit_id: UnitId | None = None,
        language: str | None = None,
        source: str | None = None,
        paused_until: datetime | None = None,
        rhythm: Rhythm | None = None,
        muted_topics: tuple[str, ...] | None = None,
    ) -> None:
        """Write what is not None."""

    async def set_reachable(self, address: Address, *, reachable: bool, reason: str, at: datetime) -> None: ...

    async def add_consent(self, contact_id: ContactId, *, address: Address, consent: Consent) -> int:
        """Write the proof and give back its number, from which the receipt is printed."""

    async def consents(self, contact_id: ContactId) -> list[Consent]: ...

    async def withdraw(
        self, contact_id: ContactId, *, purpose: Purpose, how: str, at: datetime, address_id: AddressId | None = None
    ) -> None:
        """End every open consent of that purpose on all addresses of the person, or on one."""

    async def erase(self, contact_id: ContactId, *, at: datetime, proof: bool = True) -> None:
        """Leave a tombstone: addresses, personal columns, dialogue, answers and outbox go, reach becomes anonymous counts.

        `proof` False (under 16) leaves no fingerprint of the address either.
        """

    async def purge(self, *, now: datetime) -> int:
        """Delete what is past its time: handled update ids (14 days), proofs of a stop (1 year)."""


class Silences(Protocol):
    """When the bot keeps quiet towards an address; one that is not known stays so."""

    async def hand_over(self, address: Address, *, until: datetime | None) -> None:
        """To staff, until then; None: back to the bot."""

    async def note_withheld(self, address: Address, *, on: date) -> None: ...


class Accounts(Protocol):
    async def newest(self, channel: ChannelName) -> Account | None:
        """Of that channel, the one that was set up last; None before any was."""

    async def every(self) -> Mapping[AccountId, ChannelName]: ...

    async def people(self, account_id: AccountId) -> int:
        """Who can be reached there, as far as we know."""

    async def remember_send_api(self, account_id: AccountId, *, api: str) -> None: ...


class Addresses(Protocol):
    async def note_word(self, address: Address, *, at: datetime) -> None:
        """She has written: a channel that has windows is open to her from then on."""

    async def news_at(self, contact_id: ContactId) -> dict[AddressId, ChannelName]:
        """Where news may come to her: she can be reached there, and has agreed to them."""


class Holdings(Protocol):
    async def of(self, contact_id: ContactId) -> Held:
        """Everything that is stored about the person, wherever it stands."""


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
