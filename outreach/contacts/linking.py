"""Linking step by step: a code on one phone, typed on another, yes there, yes here. Until the last yes neither side learns anything of the other."""

from dataclasses import dataclass
from datetime import datetime

from outreach.contacts.links import CODE_LASTS, MOST_TRIES, Link, LinkCode, LinkCodeId, LinkId, LinkState, LinkTarget
from outreach.contacts.model import Consent, Contact, Known, Subscription
from outreach.errors import NotFoundError, PermissionDeniedError, StateError
from outreach.messaging import Address, ChannelName, ContactId
from outreach.officers import Actor, Person, check_self
from outreach.transaction import Transaction

SUBSCRIBED = frozenset({Subscription.ACTIVE, Subscription.PAUSED})
# Who speaks for both: whoever gets news, then whoever has said most about herself.
_RANKS = (
    Subscription.ACTIVE,
    Subscription.PAUSED,
    Subscription.JOINING,
    Subscription.STOPPED,
    Subscription.NONE,
    Subscription.ERASED,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """`target` is the side where the code was typed. Whether news may come to the phone that pressed last, and to the other."""

    link: Link
    target: LinkTarget
    news_here: bool
    news_there: bool


def speaks_for_both(one: Contact, other: Contact) -> tuple[Contact, Contact]:
    """(kept, joined): among equals the older is kept."""
    kept, joined = sorted([one, other], key=lambda contact: (_RANKS.index(contact.subscription), contact.contact_id))
    return kept, joined


async def offer_code(actor: Actor, tx: Transaction, *, known: Known, code: str, at: datetime) -> datetime:
    """A new code in place of the old one; gives when it ends. Raise PermissionDeniedError for somebody unknown."""
    if known.contact is None or known.address_id is None:
        raise PermissionDeniedError("not_known")
    check_self(actor, contact_id=known.contact.contact_id)
    expires_at = at + CODE_LASTS
    await tx.links.offer(known.contact.contact_id, address_id=known.address_id, code=code, expires_at=expires_at)
    return expires_at


async def type_code(
    actor: Actor, tx: Transaction, *, known: Known, channel: ChannelName, code: str, at: datetime
) -> LinkCode:
    """Remember where the code was typed, for as long as it lasts; a code belongs to whoever types it first.

    Raise NotFoundError "link_unknown" (it counts as a try), StateError "link_tries", "link_own", "link_already", "link_same_channel".
    """
    _check_speaks(actor, known)
    since = at - CODE_LASTS
    if await tx.links.tries(known.draft_key, since=since) >= MOST_TRIES:
        raise StateError("link_tries")
    found = await tx.links.find(code, now=at)
    if found is None or (found.target and found.target.address != known.address):
        await tx.links.count_try(known.draft_key, since=since, at=at)
        raise NotFoundError("link_unknown")
    own = known.contact.contact_id if known.contact else None
    if found.contact_id == own:
        raise StateError("link_own" if found.address == known.address else "link_already")
    if await tx.links.channels(found.contact_id) & (await tx.links.channels(own) if own else {channel}):
        raise StateError("link_same_channel")
    if found.state == LinkState.OFFERED:
        target = LinkTarget(address=known.address, channel=channel)
        await tx.links.move(found.code_id, state=LinkState.TYPED, target=target, target_mac=known.draft_key)
    return found


async def agree(
    actor: Actor, tx: Transaction, *, known: Known, code_id: LinkCodeId, consent: Consent | None, at: datetime
) -> LinkCode:
    """The yes where the code was typed. Nothing of her is stored but the sealed target. Raise StateError "link_over"."""
    _check_speaks(actor, known)
    code = await tx.links.get(code_id, now=at)
    if code is None or code.target is None or code.target.address != known.address:
        raise StateError("link_over")
    target = LinkTarget(address=known.address, channel=code.target.channel, consent=consent)
    await tx.links.move(code_id, state=LinkState.AGREED, target=target, target_mac=known.draft_key)
    return code


async def refuse(actor: Actor, tx: Transaction, *, known: Known, code_id: LinkCodeId, at: datetime) -> LinkCode:
    """A no from either side: the code is gone. Raise StateError "link_over"."""
    _check_speaks(actor, known)
    code = await tx.links.get(code_id, now=at)
    typed_here = code is not None and code.target is not None and code.target.address == known.address
    asked_here = code is not None and known.contact is not None and code.contact_id == known.contact.contact_id
    if code is None or not (typed_here or asked_here):
        raise StateError("link_over")
    await tx.links.drop(code_id)
    return code


async def confirm(
    actor: Actor, tx: Transaction, *, known: Known, code_id: LinkCodeId, consent: Consent | None, at: datetime
) -> Linked:
    """The yes of whoever asked for the code. Effects: the other side's contact where there is none, the merge, consents, audit.

    A consent given on the way is written only where the person kept gets news and that side did not. Raise StateError "link_over",
    "link_busy", or, with the code gone, "link_already", "link_same_channel", "link_two_offices", "link_undo_first".
    """
    code = await tx.links.get(code_id, now=at)
    own = known.contact
    if own is None or code is None or code.target is None or code.state != LinkState.AGREED:
        raise StateError("link_over")
    check_self(actor, contact_id=own.contact_id)
    if code.contact_id != own.contact_id:
        raise StateError("link_over")
    other = await _there(tx, code.target.address, at=at)
    kept, joined = speaks_for_both(own, other)
    if reason := await _speaks_against(tx, kept=kept, joined=joined):
        await tx.links.drop(code_id)
        raise StateError(reason)
    link = await tx.links.merge(kept.contact_id, joined_id=joined.contact_id, at=at)
    if link is None:
        raise StateError("link_busy")
    await tx.links.drop(code_id)
    await _record(actor, tx, link=link, action="contact.link", at=at)
    target = code.target
    here = await _lets_news_come(tx, kept, side=own, address=known.address, consent=consent)
    there = await _lets_news_come(tx, kept, side=other, address=target.address, consent=target.consent)
    return Linked(link=link, target=target, news_here=here, news_there=there)


async def _there(tx: Transaction, address: Address, *, at: datetime) -> Contact:
    """Who is at that address by now, made where there is nobody. A turn of hers that is still running is waited for."""
    if found := (await tx.contacts.known(address)).contact:
        return found
    made = await tx.contacts.get(await tx.contacts.create(address, source="", at=at))
    assert made is not None  # noqa: S101  (made by the statement before)
    return made


async def _lets_news_come(
    tx: Transaction, kept: Contact, *, side: Contact, address: Address, consent: Consent | None
) -> bool:
    """To this side's address, now that it is the kept one's: by what she had agreed to there, or by the consent of her yes."""
    if kept.subscription not in SUBSCRIBED or side.subscription in SUBSCRIBED:
        return kept.subscription in SUBSCRIBED
    if consent is not None:
        await tx.contacts.add_consent(kept.contact_id, address=address, consent=consent)
    return consent is not None


async def _speaks_against(tx: Transaction, *, kept: Contact, joined: Contact) -> str:
    if kept.contact_id == joined.contact_id:
        return "link_already"
    if await tx.links.channels(kept.contact_id) & await tx.links.channels(joined.contact_id):
        return "link_same_channel"
    one, other = [await tx.officers.of_contact(side.contact_id) for side in (kept, joined)]
    if one and other and (one.role, one.unit_id) != (other.role, other.unit_id):
        return "link_two_offices"
    return "link_undo_first" if await tx.links.of(joined.contact_id) else ""


async def links_of(actor: Actor, tx: Transaction, *, contact_id: ContactId) -> list[Link]:
    """Her open links, oldest first."""
    check_self(actor, contact_id=contact_id)
    return await tx.links.of(contact_id)


async def unlink(actor: Actor, tx: Transaction, *, contact_id: ContactId, link_id: LinkId, at: datetime) -> Link:
    """Take one link back; see `Links.undo` for what goes where. Raise NotFoundError when it is not hers or undone before."""
    check_self(actor, contact_id=contact_id)
    link = next((one for one in await tx.links.of(contact_id) if one.link_id == link_id), None)
    if link is None:
        raise NotFoundError
    await tx.links.undo(link, at=at)
    await _record(actor, tx, link=link, action="contact.unlink", at=at)
    return link


async def _record(actor: Actor, tx: Transaction, *, link: Link, action: str, at: datetime) -> None:
    subject, data = f"contact:{link.kept_id}", {"joined": link.joined_id}
    await tx.audit.record(actor, at=at, action=action, subject=subject, data=data)


def _check_speaks(actor: Actor, known: Known) -> None:
    """For steps that somebody unknown may take, too."""
    if not isinstance(actor, Person) or actor != known.actor:
        raise PermissionDeniedError("not_yours")
