"""People: addresses, contacts, consents."""

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, Select, and_, delete, insert, literal, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from outreach.contacts.model import Consent, Contact, Known, Purpose, Rhythm, Subscription
from outreach.dialogue import Draft, Offer
from outreach.messaging import AccountId, Address, AddressId, ChannelName, ContactId, OfficerId
from outreach.officers import Officer, Role
from outreach.units import UnitId
from storage import tables as t
from storage.dialogues import DIALOGUE_COLUMNS, dialogue_of
from storage.erasure import erase_contact
from storage.types import Keyring
from storage.upsert import dialect_insert

_KEEP_UPDATES = timedelta(days=14)

_PERSON = 1  # the first of two keys: locks of people are no locks of addresses, which have one
# A lock of NULL is none. The address stands outermost, so it is waited for where nobody is known as well.
_HOLD = text(
    """
    WITH own AS MATERIALIZED (SELECT pg_advisory_xact_lock(CAST(:key AS bigint))::text AS held),
    here AS MATERIALIZED (
        SELECT address.contact_id FROM own LEFT JOIN address
        ON own.held IS NOT NULL AND account_id = CAST(:account_id AS bigint) AND external_id = :external_id
    )
    SELECT contact_id, pg_advisory_xact_lock(CAST(:person AS integer), (contact_id % 2147483647)::integer) FROM here
    """
)

CONTACT_COLUMNS = tuple(column.label(f"contact_{column.name}") for column in t.contact.c)


def contact_of(row: Row[*tuple[Any, ...]]) -> Contact:
    """From a row that holds CONTACT_COLUMNS."""
    return Contact(
        contact_id=ContactId(row.contact_id),
        subscription=Subscription(row.contact_subscription),
        birth_year=row.contact_birth_year,
        unit_id=None if row.contact_unit_id is None else UnitId(row.contact_unit_id),
        language=row.contact_language,
        paused_until=row.contact_paused_until,
        rhythm=Rhythm(row.contact_rhythm),
        muted_topics=tuple(row.contact_muted_topics),
        source=row.contact_source,
        created_at=row.contact_created_at,
    )


def _officer_of(row: Row[*tuple[Any, ...]]) -> Officer:
    return Officer(
        officer_id=OfficerId(row.officer_id),
        contact_id=ContactId(row.contact_id),
        role=Role(row.role),
        unit_id=None if row.officer_unit_id is None else UnitId(row.officer_unit_id),
    )


def _known_of(row: Row[*tuple[Any, ...]], *, address: Address, key: bytes) -> Known:
    return Known(
        address=address,
        address_id=None if row.address_id is None else AddressId(row.address_id),
        reachable=row.reachable is not False,
        staff_until=row.staff_until,
        told_withheld_on=row.told_withheld_on,
        interacted_at=row.interacted_at,
        contact=None if row.contact_id is None else contact_of(row),
        officer=None if row.officer_id is None else _officer_of(row),
        dialogue=dialogue_of(row),
        offer=None
        if row.offered_at is None
        else Offer(choices=row.offer_choices, offered_at=row.offered_at, address_id=row.offer_address_id),
        draft=None
        if row.draft_flow is None
        else Draft(
            flow=row.draft_flow,
            step=row.draft_step,
            source=row.draft_source,
            choices=row.draft_choices,
            expires_at=row.draft_expires_at,
        ),
        draft_key=key,
    )


def address_key(keyring: Keyring, address: Address) -> bytes:
    """The fingerprint under which an address is kept where the address itself may not be."""
    return keyring.fingerprint("address", f"{address.account_id}:{address.external_id}")


def _who(address: Address, *, key: bytes) -> Select[*tuple[Any, ...]]:
    """One row, of empty columns where nobody is known."""
    one = select(literal(1).label("one")).subquery()
    return (
        select(
            t.address.c.id.label("address_id"),
            t.address.c.reachable,
            t.address.c.staff_until,
            t.address.c.told_withheld_on,
            t.address.c.interacted_at,
            *CONTACT_COLUMNS,
            t.officer.c.id.label("officer_id"),
            t.officer.c.role,
            t.officer.c.unit_id.label("officer_unit_id"),
            *DIALOGUE_COLUMNS,
            t.offer.c.choices.label("offer_choices"),
            t.offer.c.address_id.label("offer_address_id"),
            t.offer.c.offered_at,
            t.draft.c.flow.label("draft_flow"),
            t.draft.c.step.label("draft_step"),
            t.draft.c.source.label("draft_source"),
            t.draft.c.choices.label("draft_choices"),
            t.draft.c.expires_at.label("draft_expires_at"),
        )
        .select_from(one)
        .outerjoin(
            t.address,
            and_(t.address.c.account_id == address.account_id, t.address.c.external_id == address.external_id),
        )
        .outerjoin(t.contact, t.contact.c.id == t.address.c.contact_id)
        .outerjoin(t.officer, and_(t.officer.c.contact_id == t.contact.c.id, t.officer.c.ended_at.is_(None)))
        .outerjoin(t.dialogue, t.dialogue.c.contact_id == t.contact.c.id)
        .outerjoin(t.offer, t.offer.c.contact_id == t.contact.c.id)
        .outerjoin(t.draft, t.draft.c.address_mac == key)
    )


class SqlContacts:
    def __init__(self, connection: AsyncConnection, *, keyring: Keyring) -> None:
        self._db = connection
        self._keyring = keyring
        self._held: set[int] = set()

    async def account(
        self, *, channel: ChannelName, external_id: str, name: str, windowed: bool | None = None
    ) -> AccountId:
        statement = dialect_insert(self._db, t.account).values(
            channel=channel, external_id=external_id, name=name, windowed=bool(windowed)
        )
        statement = statement.on_conflict_do_update(
            index_elements=["channel", "external_id"],
            # What is not known now leaves what was known before.
            set_={"name": name or t.account.c.name, "windowed": t.account.c.windowed if windowed is None else windowed},
        ).returning(t.account.c.id)
        return AccountId((await self._db.execute(statement)).scalar_one())

    async def first_sight(self, address: Address, *, update_id: str, at: datetime) -> bool:
        statement = dialect_insert(self._db, t.seen_update).values(
            account_id=address.account_id, update_id=update_id, seen_at=at
        )
        result = await self._db.execute(statement.on_conflict_do_nothing())
        return bool(result.rowcount)

    async def known(self, address: Address) -> Known:
        """On PostgreSQL turns follow each other by address, so that nobody is made twice, and by person, who may have two phones.

        Whom this transaction holds already nobody else can change: her other phone is looked at without waiting for it.
        """
        key = address_key(self._keyring, address)
        who = _who(address, key=key)
        if self._db.dialect.name != "postgresql":
            return _known_of((await self._db.execute(who)).one(), address=address, key=key)
        row = (await self._db.execute(who)).one() if self._held else None
        while row is None or row.contact_id not in self._held:
            held = await self._hold(address, key=key)
            row = (await self._db.execute(who)).one()
            if held == row.contact_id:  # nobody still, maybe
                break
        return _known_of(row, address=address, key=key)

    async def _hold(self, address: Address, *, key: bytes) -> int | None:
        """Until the commit: the address, then whoever it belonged to when this began; one statement, for a turn has few."""
        values = {"key": int.from_bytes(key[:7], "big"), "person": _PERSON, **asdict(address)}
        held: int | None = (await self._db.execute(_HOLD, values)).scalar_one()
        self._held |= set() if held is None else {held}
        return held

    async def get(self, contact_id: ContactId) -> Contact | None:
        row = (await self._db.execute(select(*CONTACT_COLUMNS).where(t.contact.c.id == contact_id))).one_or_none()
        return contact_of(row) if row else None

    async def create(self, address: Address, *, source: str, at: datetime, spoke: bool = True) -> ContactId:
        found = (
            await self._db.execute(
                select(t.address.c.contact_id).where(
                    t.address.c.account_id == address.account_id, t.address.c.external_id == address.external_id
                )
            )
        ).scalar_one_or_none()
        if found is not None:
            return ContactId(found)
        contact_id = (
            await self._db.execute(
                insert(t.contact)
                .values(subscription=Subscription.NONE, source=source, created_at=at, changed_at=at)
                .returning(t.contact.c.id)
            )
        ).scalar_one()
        await self._db.execute(
            insert(t.address).values(
                account_id=address.account_id,
                external_id=address.external_id,
                contact_id=contact_id,
                interacted_at=at if spoke else None,
                created_at=at,
                changed_at=at,
            )
        )
        return ContactId(contact_id)

    async def change(self, contact_id: ContactId, *, at: datetime, **values: Any) -> None:
        changed = {name: value for name, value in values.items() if value is not None}
        await self._db.execute(update(t.contact).where(t.contact.c.id == contact_id).values(changed_at=at, **changed))

    async def set_reachable(self, address: Address, *, reachable: bool, reason: str, at: datetime) -> None:
        await self._db.execute(
            update(t.address)
            .where(t.address.c.account_id == address.account_id, t.address.c.external_id == address.external_id)
            .values(reachable=reachable, unreachable_reason=reason, changed_at=at)
        )

    async def add_consent(self, contact_id: ContactId, *, address: Address, consent: Consent) -> int:
        address_id = (
            select(t.address.c.id)
            .where(t.address.c.account_id == address.account_id, t.address.c.external_id == address.external_id)
            .scalar_subquery()
        )
        return int(
            (
                await self._db.execute(
                    insert(t.consent)
                    .values(
                        contact_id=contact_id,
                        address_id=address_id,
                        purpose=consent.purpose,
                        text_version=consent.text_version,
                        text_hash=consent.text_hash,
                        given_at=consent.given_at,
                        channel=consent.channel,
                        message_ref=consent.message_ref,
                    )
                    .returning(t.consent.c.id)
                )
            ).scalar_one()
        )

    async def consents(self, contact_id: ContactId) -> list[Consent]:
        rows = await self._db.execute(
            select(t.consent).where(t.consent.c.contact_id == contact_id).order_by(t.consent.c.id)
        )
        return [
            Consent(
                number=row.id,
                purpose=Purpose(row.purpose),
                text_version=row.text_version,
                text_hash=row.text_hash,
                given_at=row.given_at,
                channel=ChannelName(row.channel),
                message_ref=row.message_ref,
                withdrawn_at=row.withdrawn_at,
            )
            for row in rows
        ]

    async def withdraw(
        self, contact_id: ContactId, *, purpose: Purpose, how: str, at: datetime, address_id: AddressId | None = None
    ) -> None:
        if self._db.dialect.name == "postgresql":
            # A sender that looks at the person now leaves her out until this is committed.
            held = select(t.contact.c.id).where(t.contact.c.id == contact_id).with_for_update(key_share=True)
            await self._db.execute(held)
        given = [
            t.consent.c.contact_id == contact_id,
            t.consent.c.purpose == purpose,
            t.consent.c.withdrawn_at.is_(None),
        ]
        if address_id is not None:
            given.append(t.consent.c.address_id == address_id)
        await self._db.execute(update(t.consent).where(*given).values(withdrawn_at=at, withdrawn_how=how))

    async def erase(self, contact_id: ContactId, *, at: datetime, proof: bool = True) -> None:
        await erase_contact(self._db, contact_id, keyring=self._keyring, at=at, proof=proof)

    async def purge(self, *, now: datetime) -> int:
        updates = await self._db.execute(delete(t.seen_update).where(t.seen_update.c.seen_at < now - _KEEP_UPDATES))
        proofs = await self._db.execute(delete(t.stop_proof).where(t.stop_proof.c.purge_at < now))
        return updates.rowcount + proofs.rowcount
