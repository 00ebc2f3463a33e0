"""Somebody in a nomination about herself turns out to be under the least age: it goes at once, and she with it where nothing else keeps her."""

from datetime import datetime

from outreach.contacts.model import Contact, Purpose, Subscription
from outreach.errors import StateError
from outreach.messaging import ContactId
from outreach.nominations.form import SELF, WHO
from outreach.nominations.model import OPEN, Nomination, NominationId, NominationState
from outreach.nominations.nominee import NOMINEE, about_me
from outreach.officers import Actor, Officer, check_self
from outreach.transaction import Transaction

# What a person is known for by having nominated or being nominated.
_ALIVE = OPEN | {NominationState.DRAFT}
_HERE = frozenset({Purpose.NOMINATE, Purpose.NOMINEE})


async def drop_own(
    actor: Actor, tx: Transaction, *, draft: Nomination, contact: Contact, officer: Officer | None, at: datetime
) -> bool:
    """Who nominates herself is too young. Effects: the draft goes; the contact without any proof, or else her consent to nominate.

    True: the contact is gone, so the write-ahead log is to be emptied.
    """
    check_self(actor, contact_id=contact.contact_id)
    if draft.nominator_id != contact.contact_id or draft.state != NominationState.DRAFT:
        raise StateError
    if draft.answers.get(WHO) != SELF:
        raise StateError
    await tx.nominations.remove(draft.nomination_id)
    left = await tx.nominations.list_of(contact.contact_id)
    if await _erased(tx, contact, officer, left=left, at=at):
        return True
    if officer is None and not any(_writes(one, contact.contact_id) for one in left):
        await tx.contacts.withdraw(contact.contact_id, purpose=Purpose.NOMINATE, how="too_young", at=at)
    return False


async def drop_about_me(
    actor: Actor,
    tx: Transaction,
    *,
    nomination_id: NominationId,
    contact: Contact,
    officer: Officer | None,
    at: datetime,
) -> tuple[Nomination, bool]:
    """A nominee who said yes is too young; gives the nomination as it was, and whether the contact is gone too.

    Effects: all answers and evidence, state and event as when a yes is taken back; the contact without any proof, or else her consent.
    """
    found = await about_me(actor, tx, nomination_id=nomination_id)
    await tx.nominations.strip(nomination_id, keep=(), unlink=True, at=at)
    await tx.nominations.change(nomination_id, at=at, state=NominationState.WITHDRAWN)
    await tx.nominations.add_event(nomination_id, state=NominationState.WITHDRAWN, at=at)
    left = await tx.nominations.list_of(contact.contact_id)
    if await _erased(tx, contact, officer, left=left, at=at):
        return found, True
    if not any(one.nominee_id == contact.contact_id or one.for_self for one in left):
        await tx.contacts.withdraw(contact.contact_id, purpose=Purpose.NOMINEE, how=NOMINEE, at=at)
    return found, False


async def _erased(
    tx: Transaction, contact: Contact, officer: Officer | None, *, left: list[Nomination], at: datetime
) -> bool:
    """An officer, a subscriber or somebody of another nomination that is still open stays known for that."""
    if officer or contact.subscription != Subscription.NONE or any(one.state in _ALIVE for one in left):
        return False
    given = await tx.contacts.consents(contact.contact_id)
    if any(one.withdrawn_at is None and one.purpose not in _HERE for one in given):
        return False
    await tx.contacts.erase(contact.contact_id, at=at, proof=False)
    return True


def _writes(one: Nomination, contact_id: ContactId) -> bool:
    return one.nominator_id == contact_id and one.state in _ALIVE
