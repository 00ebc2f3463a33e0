"""When the bot keeps quiet towards an address, and says so no more than once."""

from datetime import date, datetime

from outreach.contacts.model import Contact
from outreach.messaging import Address
from outreach.officers import Actor, check_self
from outreach.transaction import Transaction


async def hand_over(
    actor: Actor, tx: Transaction, *, contact: Contact, address: Address, until: datetime | None
) -> None:
    """Staff speak with her until then; None: the bot does again."""
    check_self(actor, contact_id=contact.contact_id)
    await tx.silences.hand_over(address, until=until)


async def note_withheld(actor: Actor, tx: Transaction, *, contact: Contact, address: Address, on: date) -> None:
    """She was told on that day that the messenger keeps her messages back."""
    check_self(actor, contact_id=contact.contact_id)
    await tx.silences.note_withheld(address, on=on)
