"""What a person may do with what is known about her: correct, rest, stop, come back, delete. Each function is one change."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from outreach.contacts.holdings import Held
from outreach.contacts.model import Consent, Contact, Known, Purpose, Rhythm, Subscription
from outreach.errors import StateError
from outreach.messaging import AddressId, ChannelName, ContactId
from outreach.officers import Actor, check_self
from outreach.transaction import Transaction

REST = timedelta(days=30)
# Somebody who had blocked the bot rests until she has said that she wants news again.
UNTIL_ASKED = datetime(9999, 1, 1, tzinfo=UTC)

_SUBSCRIBED = frozenset({Subscription.ACTIVE, Subscription.PAUSED})


def is_resting(contact: Contact, *, at: datetime) -> bool:
    """Paused, and the pause is not over yet: it ends by itself."""
    return contact.subscription == Subscription.PAUSED and (contact.paused_until is None or contact.paused_until > at)


async def stop(actor: Actor, tx: Transaction, *, contact: Contact, how: str, at: datetime) -> Contact:
    """No more news, from this moment, on every address. `how` says where it was asked for: a word, a campaign's button.

    Raise StateError for somebody who gets none.
    """
    check_self(actor, contact_id=contact.contact_id)
    if contact.subscription not in _SUBSCRIBED | {Subscription.JOINING}:
        raise StateError
    await tx.contacts.withdraw(contact.contact_id, purpose=Purpose.NOTICES, how=how, at=at)
    await tx.contacts.change(contact.contact_id, at=at, subscription=Subscription.STOPPED)
    return replace(contact, subscription=Subscription.STOPPED)


async def rest(actor: Actor, tx: Transaction, *, contact: Contact, at: datetime) -> Contact:
    """No news for thirty days; nothing else changes, and they come again by themselves."""
    _check_subscribed(actor, contact)
    await tx.contacts.change(contact.contact_id, at=at, subscription=Subscription.PAUSED, paused_until=at + REST)
    return replace(contact, subscription=Subscription.PAUSED, paused_until=at + REST)


async def resume(actor: Actor, tx: Transaction, *, contact: Contact, at: datetime) -> Contact:
    """End a pause before its time."""
    _check_subscribed(actor, contact)
    await tx.contacts.change(contact.contact_id, at=at, subscription=Subscription.ACTIVE)
    return replace(contact, subscription=Subscription.ACTIVE)


async def welcome_back(actor: Actor, tx: Transaction, *, known: Known, contact: Contact, at: datetime) -> Contact:
    """She has unblocked the bot and speaks: answers may reach her again, news rest until she has been asked.

    Where they still come to her in another app they go on there, and her consent ends for this address alone.
    """
    check_self(actor, contact_id=contact.contact_id)
    await tx.contacts.set_reachable(known.address, reachable=True, reason="", at=at)
    if contact.subscription not in _SUBSCRIBED:
        return contact
    if elsewhere(await tx.addresses.news_at(contact.contact_id), known=known):
        await tx.contacts.withdraw(
            contact.contact_id, purpose=Purpose.NOTICES, how="blocked", at=at, address_id=known.address_id
        )
        return contact
    await tx.contacts.change(contact.contact_id, at=at, subscription=Subscription.PAUSED, paused_until=UNTIL_ASKED)
    return replace(contact, subscription=Subscription.PAUSED, paused_until=UNTIL_ASKED)


def elsewhere(news_at: Mapping[AddressId, ChannelName], *, known: Known) -> list[ChannelName]:
    """The other apps of those in which news come to her."""
    return [channel for address_id, channel in news_at.items() if address_id != known.address_id]


async def have_here(actor: Actor, tx: Transaction, *, known: Known, contact: Contact, consent: Consent) -> None:
    """News may come to this address again, too. Given twice it is written once."""
    _check_subscribed(actor, contact)
    if known.address_id not in await tx.addresses.news_at(contact.contact_id):
        await tx.contacts.add_consent(contact.contact_id, address=known.address, consent=consent)


async def mute_topics(
    actor: Actor, tx: Transaction, *, contact: Contact, muted: frozenset[str], at: datetime
) -> Contact:
    """The topics she wants no news of, by code."""
    _check_subscribed(actor, contact)
    topics = tuple(sorted(muted))
    await tx.contacts.change(contact.contact_id, at=at, muted_topics=topics)
    return replace(contact, muted_topics=topics)


async def set_rhythm(actor: Actor, tx: Transaction, *, contact: Contact, rhythm: Rhythm, at: datetime) -> Contact:
    _check_subscribed(actor, contact)
    await tx.contacts.change(contact.contact_id, at=at, rhythm=rhythm)
    return replace(contact, rhythm=rhythm)


async def set_language(actor: Actor, tx: Transaction, *, contact: Contact, language: str, at: datetime) -> Contact:
    """For everybody who is known, subscribed or not."""
    check_self(actor, contact_id=contact.contact_id)
    await tx.contacts.change(contact.contact_id, at=at, language=language)
    return replace(contact, language=language)


async def copy_of(actor: Actor, tx: Transaction, *, contact_id: ContactId) -> Held:
    """Everything that is stored about her, for herself to read."""
    check_self(actor, contact_id=contact_id)
    return await tx.holdings.of(contact_id)


async def erase(actor: Actor, tx: Transaction, *, contact_id: ContactId, at: datetime, proof: bool = True) -> None:
    """Delete everything about the person for good. Effects: those of `Contacts.erase`, and one audit row with the bare id.

    The caller answers with `Replies(forget=True)`, so that the write-ahead log is emptied after the commit.
    """
    check_self(actor, contact_id=contact_id)
    await tx.contacts.erase(contact_id, at=at, proof=proof)
    await tx.audit.record(actor, at=at, action="contact.erase", subject=f"contact:{contact_id}")


def _check_subscribed(actor: Actor, contact: Contact) -> None:
    check_self(actor, contact_id=contact.contact_id)
    if contact.subscription not in _SUBSCRIBED:
        raise StateError
