"""What a nominator does: agree, write, attach, send, take back. One function for each change; it lists its effects in order."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from outreach.clock import local_day
from outreach.contacts.model import Consent, Contact, Known, Purpose, Subscription
from outreach.errors import NotFoundError, StateError
from outreach.evidence import NewPiece
from outreach.messaging import AccountId, ContactId
from outreach.nominations.form import EVIDENCE, NOT_YET, SELF, WHO, Drop, Effect, Forget, Form, Save, asked
from outreach.nominations.model import OPEN, Nomination, NominationEvent, NominationId, NominationState, NomineeConsent
from outreach.nominations.rules import new_link_code, nomination_code
from outreach.officers import Action, Actor, Person, check_self
from outreach.transaction import Transaction
from outreach.units import UnitId

_TRIES = 5


async def agree_to_nominate(
    actor: Actor, tx: Transaction, *, known: Known, source: str, consent: Consent, at: datetime
) -> Contact:
    """The clear act before the first question. Effects: contact and address where there are none, the proof once."""
    contact = known.contact
    if contact is None:
        contact = await _new_contact(actor, tx, known=known, source=source, at=at)
    else:
        check_self(actor, contact_id=contact.contact_id)
    if not await has_agreed(Person(contact_id=contact.contact_id), tx, contact_id=contact.contact_id):
        await tx.contacts.add_consent(contact.contact_id, address=known.address, consent=consent)
    return contact


async def _new_contact(actor: Actor, tx: Transaction, *, known: Known, source: str, at: datetime) -> Contact:
    if not isinstance(actor, Person):
        raise StateError
    contact_id = await tx.contacts.create(known.address, source=source, at=at)
    return Contact(
        contact_id=contact_id,
        subscription=Subscription.NONE,
        birth_year=None,
        unit_id=None,
        source=source,
        created_at=at,
    )


async def has_agreed(actor: Actor, tx: Transaction, *, contact_id: ContactId) -> bool:
    """Whether the consent to be contacted about nominations is in force."""
    check_self(actor, contact_id=contact_id)
    given = await tx.contacts.consents(contact_id)
    return any(one.purpose == Purpose.NOMINATE and one.withdrawn_at is None for one in given)


async def start_draft(actor: Actor, tx: Transaction, *, contact_id: ContactId, call: str, at: datetime) -> NominationId:
    check_self(actor, contact_id=contact_id)
    return await tx.nominations.start(contact_id, call=call, at=at)


async def own(actor: Actor, tx: Transaction, *, nomination_id: NominationId) -> Nomination:
    """One that the actor wrote. Raises NotFoundError, PermissionDeniedError."""
    found = await tx.nominations.get(nomination_id)
    if found is None or found.nominator_id is None:
        raise NotFoundError
    check_self(actor, contact_id=found.nominator_id)
    return found


async def list_own(actor: Actor, tx: Transaction, *, contact_id: ContactId) -> list[Nomination]:
    """What this person wrote and what was written about her with her yes, newest first; a refusal is not to be seen."""
    check_self(actor, contact_id=contact_id)
    return [
        one.veiled() if one.nominator_id == contact_id and one.state != NominationState.DRAFT else one
        for one in await tx.nominations.list_of(contact_id)
    ]


async def history(actor: Actor, tx: Transaction, *, nomination: Nomination) -> list[NominationEvent]:
    """The states of one that the actor wrote, with the officers' words."""
    if nomination.nominator_id is None:
        raise NotFoundError
    check_self(actor, contact_id=nomination.nominator_id)
    return await tx.nomination_desk.events(nomination.nomination_id)


async def apply(actor: Actor, tx: Transaction, *, draft: Nomination, effects: Sequence[Effect], at: datetime) -> None:
    """Do what the form's step asks for: save answers, forget answers (the evidence with its question), drop the draft."""
    _check_writing(actor, draft)
    for effect in effects:
        if isinstance(effect, Save):
            await tx.nominations.save_answer(draft.nomination_id, question=effect.question, value=effect.value, at=at)
        elif isinstance(effect, Forget):
            await tx.nominations.forget_answers(draft.nomination_id, questions=effect.questions)
            if EVIDENCE in effect.questions:
                await tx.evidence.drop(draft.nomination_id)
        elif isinstance(effect, Drop):
            await tx.nominations.remove(draft.nomination_id)


async def attach(
    actor: Actor,
    tx: Transaction,
    *,
    draft: Nomination,
    pieces: Sequence[NewPiece],
    account_id: AccountId,
    most: int,
    at: datetime,
) -> int:
    """Note evidence to be fetched; gives how many pieces are new. What is over `most` in all is left out."""
    _check_writing(actor, draft)
    room = max(0, most - draft.pieces)
    if draft.nominator_id is None or not room:
        return 0
    added = await tx.evidence.add(
        pieces[:room],
        contact_id=draft.nominator_id,
        account_id=account_id,
        nomination_id=draft.nomination_id,
        at=at,
    )
    return len(added)


def _check_writing(actor: Actor, draft: Nomination) -> None:
    if draft.nominator_id is None or draft.state != NominationState.DRAFT:
        raise StateError
    check_self(actor, contact_id=draft.nominator_id)


async def discard(actor: Actor, tx: Transaction, *, draft: Nomination) -> None:
    """The draft and everything in it."""
    _check_writing(actor, draft)
    await tx.nominations.remove(draft.nomination_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """`officers` are those on duty who hear of it; none while the nominee has not been asked."""

    nomination: Nomination
    officers: tuple[ContactId, ...] = ()


async def send(
    actor: Actor,
    tx: Transaction,
    *,
    draft: Nomination,
    form: Form,
    prefix: str,
    unit_id: UnitId,
    known: Known,
    consent: Consent,
    at: datetime,
) -> Sending:
    """Hand a complete draft in, or keep it for the nominee's yes where she has not been asked.

    Effects: answers to questions of another branch go; number and code; field and unit beside the answers; the nominee's link, or, for who
    nominates herself, the proof `consent`; state; event.
    """
    _check_writing(actor, draft)
    wanted = {question.code for question in asked(form, draft.answers)}
    unasked = [code for code in draft.answers if code not in wanted]
    if unasked:
        await tx.nominations.forget_answers(draft.nomination_id, questions=unasked)
    sent = await _handed_in(tx, draft, form=form, prefix=prefix, unit_id=unit_id, at=at)
    await tx.nominations.change(
        sent.nomination_id,
        at=at,
        state=sent.state,
        code=sent.code or None,
        for_self=sent.for_self,
        unit_id=unit_id,
        field=sent.field,
        link_code=sent.link_code if sent.link_code != draft.link_code else None,
        sent_at=at,
        expires_at=sent.expires_at,
    )
    await tx.nominations.add_event(sent.nomination_id, state=sent.state, at=at)
    if sent.for_self and sent.nominator_id is not None:
        await tx.contacts.add_consent(sent.nominator_id, address=known.address, consent=consent)
    if sent.state == NominationState.INVITED:
        return Sending(nomination=sent)
    officers = await tx.officers.on_duty(action=Action.REVIEW, unit_id=unit_id)
    return Sending(nomination=sent, officers=tuple(officer.contact_id for officer in officers))


async def _handed_in(
    tx: Transaction, draft: Nomination, *, form: Form, prefix: str, unit_id: UnitId, at: datetime
) -> Nomination:
    """The nomination as it is from now on: with its code unless the nominee has yet to be asked, with a link where her yes is missing."""
    for_self = draft.answers.get(WHO) == SELF
    invited = draft.answers.get(WHO) == NOT_YET
    needs_yes = not for_self and draft.consent != NomineeConsent.GIVEN
    year = local_day(at).year
    return replace(
        draft,
        state=NominationState.INVITED if invited else NominationState.NEW,
        code="" if invited else nomination_code(prefix, year=year, number=await tx.nominations.next_number(year)),
        for_self=for_self,
        unit_id=unit_id,
        field=draft.answers.get("field", ""),
        link_code=await _free_link_code(tx) if needs_yes else draft.link_code,
        sent_at=at,
        expires_at=at + timedelta(days=form.definition.consent_days) if needs_yes else None,
    )


async def _free_link_code(tx: Transaction) -> str:
    for _ in range(_TRIES):
        code = new_link_code()
        if await tx.nominations.by_link(code) is None:
            return code
    raise StateError


async def take_back(actor: Actor, tx: Transaction, *, nomination_id: NominationId, at: datetime) -> Nomination:
    """The nominator withdraws. Effects: everything about the nominee goes, state and event; gives it as it was before."""
    found = await own(actor, tx, nomination_id=nomination_id)
    if found.state not in OPEN:
        raise StateError
    await tx.nominations.strip(nomination_id, keep=(), unlink=True, at=at)
    await tx.nominations.change(nomination_id, at=at, state=NominationState.WITHDRAWN)
    await tx.nominations.add_event(nomination_id, state=NominationState.WITHDRAWN, at=at)
    return found
