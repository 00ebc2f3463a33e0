"""What the nominee does: open the link, see, agree, correct, refuse. Who holds the code may look; only a yes binds a person to it."""

from datetime import datetime
from enum import StrEnum

from outreach.contacts.model import Consent, Contact, Known, Purpose, Subscription
from outreach.errors import NotFoundError, StateError
from outreach.evidence import Evidence, EvidenceId
from outreach.nominations.form import AGREED, UNIT, WHO
from outreach.nominations.model import CONTACT, Nomination, NominationId, NominationState, NomineeConsent
from outreach.officers import Actor, check_self
from outreach.transaction import Transaction
from outreach.units import UnitId

NOMINEE = "nominee"  # the conversation's name, and where such a contact came from

_ENDED = {NominationState.WITHDRAWN, NominationState.LAPSED}


class Standing(StrEnum):
    """Who opened the link."""

    NOMINATOR = "nominator"
    ASKED = "asked"  # may say yes or no
    NOMINEE = "nominee"  # has said yes
    TAKEN = "taken"  # somebody else has said yes


async def open_link(actor: Actor, tx: Transaction, *, link_code: str, at: datetime) -> tuple[Nomination, Standing]:
    """Raise NotFoundError for a code that never was, that has lapsed, or behind which nothing is kept any more.

    Its `data` tells the first from the others: `known` is True where a nomination with that code is still stored.
    """
    found = await tx.nominations.by_link(link_code)
    contact_id = getattr(actor, "contact_id", None)
    if found is None or found.state in _ENDED:
        raise NotFoundError("nominee_gone", known=found is not None)
    if contact_id is not None and found.nominator_id == contact_id:
        check_self(actor, contact_id=contact_id)
        return found.veiled(), Standing.NOMINATOR
    if found.consent == NomineeConsent.GIVEN:
        mine = contact_id is not None and found.nominee_id == contact_id
        return (found, Standing.NOMINEE) if mine else (found.veiled(), Standing.TAKEN)
    over = found.expires_at is not None and found.expires_at <= at
    if found.consent == NomineeConsent.REFUSED or over:
        raise NotFoundError("nominee_gone", known=True)
    return found, Standing.ASKED


async def about_me(actor: Actor, tx: Transaction, *, nomination_id: NominationId) -> Nomination:
    """One to which the actor said yes. Raises NotFoundError, PermissionDeniedError."""
    found = await tx.nominations.get(nomination_id)
    if found is None or found.nominee_id is None or found.state in _ENDED:
        raise NotFoundError("nominee_gone")
    check_self(actor, contact_id=found.nominee_id)
    return found


async def say_yes(
    actor: Actor, tx: Transaction, *, known: Known, link_code: str, consent: Consent, at: datetime
) -> tuple[Contact, Nomination, bool]:
    """The nominee's own consent; it subscribes her to nothing. Effects: contact where there is none, the proof, the link to her.

    Where she had not been asked before, the form opens again for the nominator: the last value is True then.
    """
    found, standing = await open_link(actor, tx, link_code=link_code, at=at)
    if standing != Standing.ASKED:
        raise StateError
    contact = known.contact
    if contact is None:
        contact = Contact(
            contact_id=await tx.contacts.create(known.address, source=NOMINEE, at=at),
            subscription=Subscription.NONE,
            birth_year=None,
            unit_id=None,
            source=NOMINEE,
            created_at=at,
        )
    else:
        check_self(actor, contact_id=contact.contact_id)
    await tx.contacts.add_consent(contact.contact_id, address=known.address, consent=consent)
    reopened = found.state == NominationState.INVITED
    await tx.nominations.change(
        found.nomination_id,
        at=at,
        nominee_id=contact.contact_id,
        consent=NomineeConsent.GIVEN,
        state=NominationState.DRAFT if reopened else None,
    )
    if reopened:
        await tx.nominations.save_answer(found.nomination_id, question=WHO, value=AGREED, at=at)
    return contact, found, reopened


async def say_no(actor: Actor, tx: Transaction, *, link_code: str, at: datetime) -> None:
    """Refuse before any yes. Everything about her goes; the nominator's own contact stays, so that it looks like silence."""
    found, standing = await open_link(actor, tx, link_code=link_code, at=at)
    if standing != Standing.ASKED:
        raise StateError
    await tx.nominations.strip(found.nomination_id, keep=(CONTACT,), unlink=False, at=at)
    await tx.nominations.change(found.nomination_id, at=found.changed_at, consent=NomineeConsent.REFUSED)


async def take_yes_back(actor: Actor, tx: Transaction, *, nomination_id: NominationId, at: datetime) -> Nomination:
    """A nominee who had agreed wants it all gone. Effects: what is about her, the consent where it is her last, state, event."""
    found = await about_me(actor, tx, nomination_id=nomination_id)
    assert found.nominee_id is not None  # noqa: S101  (about_me has looked)
    await tx.nominations.strip(nomination_id, keep=(CONTACT,), unlink=True, at=at)
    await tx.nominations.change(nomination_id, at=at, state=NominationState.WITHDRAWN)
    await tx.nominations.add_event(nomination_id, state=NominationState.WITHDRAWN, at=at)
    left = await tx.nominations.list_of(found.nominee_id)
    if not any(one.nominee_id == found.nominee_id or one.for_self for one in left):
        await tx.contacts.withdraw(found.nominee_id, purpose=Purpose.NOMINEE, how=NOMINEE, at=at)
    return found


async def evidence_about_me(actor: Actor, tx: Transaction, *, nomination_id: NominationId) -> list[Evidence]:
    """What the nominator sent, for the nominee who said yes. Raises NotFoundError, PermissionDeniedError."""
    found = await about_me(actor, tx, nomination_id=nomination_id)
    return await tx.evidence.list_of(found.nomination_id)


async def remove_piece(actor: Actor, tx: Transaction, *, nomination_id: NominationId, evidence_id: EvidenceId) -> None:
    """The nominee does not want this one kept. Effects: the piece goes, its file follows."""
    found = await about_me(actor, tx, nomination_id=nomination_id)
    await tx.nominations.remove_piece(found.nomination_id, evidence_id=evidence_id)


async def correct(
    actor: Actor,
    tx: Transaction,
    *,
    nomination: Nomination,
    question: str,
    value: str,
    unit_id: UnitId | None,
    at: datetime,
) -> None:
    """The nominee puts a line right; `value` has passed the form's rules. The unit that officers work by follows."""
    if nomination.nominee_id is None:
        raise StateError
    check_self(actor, contact_id=nomination.nominee_id)
    await tx.nominations.save_answer(nomination.nomination_id, question=question, value=value, at=at)
    await tx.nominations.change(
        nomination.nomination_id,
        at=at,
        field=value if question == "field" else None,
        unit_id=unit_id if question == UNIT else None,
    )
