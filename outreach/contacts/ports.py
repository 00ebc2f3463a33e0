"""What must be remembered about people."""

from datetime import datetime
from typing import Protocol

from outreach.contacts.holdings import Held
from outreach.contacts.model import Consent, Contact, Known, Purpose, Rhythm, Subscription
from outreach.messaging import AccountId, Address, ChannelName, ContactId
from outreach.units import UnitId


class Contacts(Protocol):
    async def account(self, *, channel: ChannelName, external_id: str, name: str) -> AccountId:
        """Our own id of a messenger account, made on first sight."""

    async def first_sight(self, address: Address, *, update_id: str, at: datetime) -> bool:
        """Mark an update as handled; False when it was handled before."""

    async def known(self, address: Address) -> Known:
        """Who speaks from this address: contact, office, open dialogue or draft, in one statement."""

    async def get(self, contact_id: ContactId) -> Contact | None: ...

    async def create(self, address: Address, *, source: str, at: datetime) -> ContactId:
        """A contact with this address and no subscription; the existing one when the address is known."""

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

    async def withdraw(self, contact_id: ContactId, *, purpose: Purpose, how: str, at: datetime) -> None:
        """End every open consent of that purpose on all addresses of the person."""

    async def erase(self, contact_id: ContactId, *, at: datetime, proof: bool = True) -> None:
        """Leave a tombstone: addresses, personal columns, dialogue, answers and outbox go, reach becomes anonymous counts.

        `proof` False (under 16) leaves no fingerprint of the address either.
        """

    async def purge(self, *, now: datetime) -> int:
        """Delete what is past its time: handled update ids (14 days), proofs of a stop (1 year)."""


class Holdings(Protocol):
    async def of(self, contact_id: ContactId) -> Held:
        """Everything that is stored about the person, wherever it stands."""
