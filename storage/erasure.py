"""Deleting a person: what goes, what becomes a number without a person, and the one proof that stays for a year."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Table, and_, delete, func, insert, literal, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from outreach.contacts.model import Rhythm, Subscription
from outreach.messaging import ContactId
from outreach.nominations.model import CONTACT, NominationState
from storage import tables as t
from storage.evidence import doom
from storage.links import forget_links
from storage.reach import tier_of
from storage.types import Keyring
from storage.upsert import dialect_insert

_KEEP_PROOF = timedelta(days=365)


async def erase_contact(
    db: AsyncConnection, contact_id: ContactId, *, keyring: Keyring, at: datetime, proof: bool
) -> None:
    """Leave a tombstone, and one of whoever was joined to her. Effects in order: links, proof, anonymous reach, dialogue and
    questions, office, consents, the address and what hangs on it.
    """
    macs = await _address_macs(db, contact_id, keyring=keyring)
    for joined_id in await forget_links(db, contact_id, macs=list(macs.values())):
        await erase_contact(db, joined_id, keyring=keyring, at=at, proof=proof)
    if proof:
        await _keep_proof(db, contact_id, macs=macs, at=at)
    await _count_anonymously(db, contact_id)
    await _leave_nominations(db, contact_id, at=at)
    for table in (t.dialogue, t.file_wish, t.message_slot, t.offer, t.question, t.reach_person, t.reach_unit):
        await db.execute(delete(table).where(table.c.contact_id == contact_id))
    await db.execute(update(t.invitation).where(t.invitation.c.tapped_by == contact_id).values(tapped_by=None))
    await db.execute(
        update(t.officer)
        .where(t.officer.c.contact_id == contact_id, t.officer.c.ended_at.is_(None))
        .values(ended_at=at)
    )
    await db.execute(delete(t.consent).where(t.consent.c.contact_id == contact_id))
    for table in (t.draft, t.inbox):  # what she said and nobody has handled must not begin a draft again
        await db.execute(delete(table).where(table.c.address_mac.in_(macs.values())))
    await db.execute(update(t.delivery).where(t.delivery.c.contact_id == contact_id).values(refs=None))
    # Counted in the campaign's report, and nobody's any more.
    await db.execute(
        update(t.campaign_answer).where(t.campaign_answer.c.contact_id == contact_id).values(contact_id=None)
    )
    # The outbox and the address column of deliveries follow by the foreign keys' own rules.
    await db.execute(delete(t.address).where(t.address.c.contact_id == contact_id))
    await db.execute(
        update(t.contact)
        .where(t.contact.c.id == contact_id)
        .values(
            subscription=Subscription.ERASED,
            birth_year=None,
            unit_id=None,
            language="vi",
            paused_until=None,
            rhythm=Rhythm.AS_IT_COMES,
            muted_topics=[],
            source="",
            changed_at=at,
        )
    )


async def _address_macs(db: AsyncConnection, contact_id: ContactId, *, keyring: Keyring) -> dict[int, bytes]:
    rows = await db.execute(select(t.address).where(t.address.c.contact_id == contact_id))
    return {row.id: keyring.fingerprint("address", f"{row.account_id}:{row.external_id}") for row in rows}


async def _leave_nominations(db: AsyncConnection, contact_id: ContactId, *, at: datetime) -> None:
    """Her unfinished nominations go, and what was written about her; what she sent about others stays without her."""
    n, a = t.nomination.c, t.nomination_answer.c
    states = [NominationState.DRAFT, NominationState.INVITED]
    unfinished = select(n.id).where(n.nominator_id == contact_id, n.state.in_(states)).correlate(None)
    await doom(db, t.evidence.c.nomination_id.in_(unfinished))
    await db.execute(delete(t.nomination).where(n.id.in_(unfinished)))
    self_written = and_(n.nominator_id == contact_id, n.for_self)
    about_her = select(n.id).where(or_(n.nominee_id == contact_id, self_written)).correlate(None)
    await doom(db, t.evidence.c.nomination_id.in_(about_her))
    await db.execute(delete(t.nomination_answer).where(a.nomination_id.in_(about_her), a.question != CONTACT))
    ended = {"state": NominationState.WITHDRAWN, "nominee_id": None, "link_mac": None, "field": "", "unit_id": None}
    await db.execute(update(t.nomination).where(n.id.in_(about_her)).values(changed_at=at, **ended))
    hers = select(n.id).where(n.nominator_id == contact_id)
    await db.execute(delete(t.nomination_answer).where(a.nomination_id.in_(hers), a.question == CONTACT))
    await db.execute(update(t.nomination).where(n.nominator_id == contact_id).values(nominator_id=None, link_code=None))
    await db.execute(update(t.evidence).where(t.evidence.c.contact_id == contact_id).values(contact_id=None))


async def _keep_proof(db: AsyncConnection, contact_id: ContactId, *, macs: Mapping[int, bytes], at: datetime) -> None:
    rows = await db.execute(select(t.consent).where(t.consent.c.contact_id == contact_id))
    proofs = [
        {
            "address_mac": macs[row.address_id],
            "purpose": row.purpose,
            "text_version": row.text_version,
            "given_at": row.given_at,
            "stopped_at": row.withdrawn_at or at,
            "purge_at": at + _KEEP_PROOF,
        }
        for row in rows
        if row.address_id in macs
    ]
    if proofs:
        await db.execute(insert(t.stop_proof), proofs)


async def _count_anonymously(db: AsyncConnection, contact_id: ContactId) -> None:
    """Move the person's reach into counts per unit, age band, tier and period, which every report adds."""
    province = select(t.unit.c.id).where(t.unit.c.level == "province").limit(1).scalar_subquery()
    units = select(
        t.reach_unit.c.period_id,
        t.reach_unit.c.unit_id,
        t.reach_unit.c.age_band,
        tier_of(t.reach_unit),
        literal(1),
        t.reach_unit.c.turns,
    ).where(t.reach_unit.c.contact_id == contact_id)
    people = select(
        t.reach_person.c.period_id,
        province,
        t.reach_person.c.age_band,
        tier_of(t.reach_person),
        literal(1),
        t.reach_person.c.turns,
    ).where(t.reach_person.c.contact_id == contact_id, t.reach_person.c.inside)
    for rows in (units, people):
        await _add(db, t.reach_erased, rows)


async def _add(db: AsyncConnection, table: Table, rows: Any) -> None:
    statement = dialect_insert(db, table).from_select(
        ["period_id", "unit_id", "age_band", "tier", "people", "turns"], rows
    )
    await db.execute(
        statement.on_conflict_do_update(
            index_elements=["period_id", "unit_id", "age_band", "tier"],
            set_={
                "people": table.c.people + statement.excluded.people,
                "turns": table.c.turns + func.coalesce(statement.excluded.turns, 0),
            },
        )
    )
