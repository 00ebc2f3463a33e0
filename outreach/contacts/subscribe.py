"""How a person becomes a subscriber: consent first, then the birth year and the unit, and nothing else is asked."""

from dataclasses import replace
from datetime import datetime
from enum import StrEnum

from outreach.clock import local_day
from outreach.contacts.model import Consent, Contact, Known, Purpose, Subscription
from outreach.errors import StateError
from outreach.officers import Actor, Officer, Person, check_self
from outreach.pack import AgeWindows
from outreach.transaction import Transaction
from outreach.units import UnitId


class YearVerdict(StrEnum):
    TOO_YOUNG = "too_young"
    YOUTH = "youth"
    OLDER = "older"  # welcome, and counted apart


def year_verdict(birth_year: int, *, ages: AgeWindows, at: datetime) -> YearVerdict:
    """Only the year is known, so whoever turns 16 this year has said herself that she already is."""
    age = local_day(at).year - birth_year
    if age < ages.subscriber_min:
        return YearVerdict.TOO_YOUNG
    return YearVerdict.OLDER if age > ages.youth.last else YearVerdict.YOUTH


async def give_consent(
    actor: Actor, tx: Transaction, *, known: Known, source: str, consent: Consent, at: datetime
) -> Contact:
    """The clear act with which everything begins. Effects: contact and address where there are none, the proof, state "joining".

    Somebody who gave it before and is still being asked gives it only once. The source is written once and never changed.
    """
    contact = known.contact
    if contact is None:
        if not isinstance(actor, Person):
            raise StateError
        contact_id = await tx.contacts.create(known.address, source=source, at=at)
        contact = Contact(
            contact_id=contact_id,
            subscription=Subscription.NONE,
            birth_year=None,
            unit_id=None,
            source=source,
            created_at=at,
        )
    else:
        check_self(actor, contact_id=contact.contact_id)
    if contact.subscription == Subscription.JOINING:
        return contact
    if contact.subscription not in {Subscription.NONE, Subscription.STOPPED}:
        raise StateError
    await tx.contacts.add_consent(contact.contact_id, address=known.address, consent=consent)
    if not known.reachable:
        await tx.contacts.set_reachable(known.address, reachable=True, reason="", at=at)
    first = source if not contact.source else None
    await tx.contacts.change(contact.contact_id, at=at, subscription=Subscription.JOINING, source=first)
    return replace(contact, subscription=Subscription.JOINING, source=contact.source or source)


async def say_birth_year(
    actor: Actor, tx: Transaction, *, contact: Contact, birth_year: int, ages: AgeWindows, at: datetime
) -> Contact:
    """Write the year; open periods count her by the one she says now. Raise StateError for one that `year_verdict` calls
    too young: the caller erases instead of writing.
    """
    check_self(actor, contact_id=contact.contact_id)
    if year_verdict(birth_year, ages=ages, at=at) == YearVerdict.TOO_YOUNG:
        raise StateError
    written = await _write(tx, replace(contact, birth_year=birth_year), at=at)
    if contact.birth_year not in {None, birth_year}:
        await tx.reach.follow_birth_year(contact.contact_id, youth=ages.youth, on=local_day(at))
    return written


async def say_unit(actor: Actor, tx: Transaction, *, contact: Contact, unit_id: UnitId, at: datetime) -> Contact:
    """Write the unit; what was counted before stays where it was counted."""
    check_self(actor, contact_id=contact.contact_id)
    return await _write(tx, replace(contact, unit_id=unit_id), at=at)


async def complete(actor: Actor, tx: Transaction, *, contact: Contact, at: datetime) -> Contact:
    """Somebody who is asked nothing any more, because all is known from before her stop, is a subscriber at once."""
    check_self(actor, contact_id=contact.contact_id)
    return await _write(tx, contact, at=at)


async def _write(tx: Transaction, contact: Contact, *, at: datetime) -> Contact:
    """Year and unit, and the state that follows: with both of them known, joining ends."""
    if contact.subscription == Subscription.JOINING and contact.birth_year and contact.unit_id:
        contact = replace(contact, subscription=Subscription.ACTIVE)
    await tx.contacts.change(
        contact.contact_id,
        at=at,
        subscription=contact.subscription,
        birth_year=contact.birth_year,
        unit_id=contact.unit_id,
    )
    return contact


async def receipt(actor: Actor, tx: Transaction, *, contact: Contact) -> Consent | None:
    """The open consent to news, whose number, hour and day are the receipt."""
    check_self(actor, contact_id=contact.contact_id)
    given = await tx.contacts.consents(contact.contact_id)
    is_open = [one for one in given if one.purpose == Purpose.NOTICES and one.withdrawn_at is None]
    return is_open[-1] if is_open else None


async def leave_joining(
    actor: Actor, tx: Transaction, *, contact: Contact, officer: Officer | None, too_young: bool, at: datetime
) -> bool:
    """End an unfinished joining. True: the person is erased, without any proof, because she was known for nothing else.

    Too young: erased whatever else she was known for. An officer keeps the office; the year was a slip.
    """
    check_self(actor, contact_id=contact.contact_id)
    if contact.subscription != Subscription.JOINING:
        return False
    given = await tx.contacts.consents(contact.contact_id)
    others = [one for one in given if one.purpose != Purpose.NOTICES or one.withdrawn_at is not None]
    if officer is None and (too_young or not others):
        await tx.contacts.erase(contact.contact_id, at=at, proof=False)
        return True
    await tx.contacts.withdraw(contact.contact_id, purpose=Purpose.NOTICES, how="joining", at=at)
    await tx.contacts.change(contact.contact_id, at=at, subscription=Subscription.STOPPED)
    return False
