"""Deleting a person: what goes, what stays as a number, and the one proof that stays for a year."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from sqlalchemy import Table, func, select

from outreach.campaigns.model import Campaign, CampaignState, DeliveryState
from outreach.contacts.model import Contact, Subscription
from outreach.dialogue import Dialogue, Draft
from outreach.messaging import AccountId, Address, ContactId, Reply
from outreach.officers import Role
from outreach.outbox import Target
from outreach.units import UnitId
from storage import tables as t
from storage.contacts import address_key
from storage.database import Database
from storage.types import Keyring
from tests.conftest import TestClock
from tests.storage.test_inbox import incoming

MakePerson = Callable[..., Awaitable[ContactId]]


@pytest.fixture
async def known_person(
    database: Database,
    account_id: AccountId,
    units: dict[str, UnitId],
    person: MakePerson,
    clock: TestClock,
) -> ContactId:
    """A person about whom everything is stored that can be."""
    contact_id = await person(
        unit="06325", birth_year=2008, external_id="77123", source="src_bs01", muted_topics=("a",)
    )
    address = Address(account_id=account_id, external_id="77123")
    dialogue = Dialogue(flow="nominate", version=1, step="name", started_at=clock(), answered_at=clock())
    async with database.write() as tx:
        await tx.dialogues.save(contact_id, dialogue=dialogue)
        known = await tx.contacts.known(address)
        draft = Draft(flow="start", step="x", source="", expires_at=clock() + timedelta(hours=24))
        await tx.dialogues.save_draft(known.draft_key, draft=draft)
        await tx.inbox.add(incoming(account_id, "m1", external_id="77123"), at=clock())
        await tx.outbox.add([(Target(contact_id=contact_id), Reply(text="Chào bạn"))], at=clock())
        await tx.outbox.remember_slot(contact_id, slot="progress", ref="7")
        await tx.questions.ask(contact_id, unit_id=units["06325"], text="Hỏi", at=clock())
        await tx.officers.grant(contact_id, role=Role.OFFICER, unit_id=units["06325"], by=None, at=clock())
        await tx.contacts.change(contact_id, at=clock(), language="en")
    return contact_id


async def rows_left(database: Database, *tables: Table) -> dict[str, int]:
    async with database.read() as tx:
        return {
            table.name: (await tx.connection.execute(select(func.count()).select_from(table))).scalar_one()
            for table in tables
        }


async def test_a_tombstone_is_an_id_and_nothing_else(
    database: Database, account_id: AccountId, known_person: ContactId, clock: TestClock
) -> None:
    address = Address(account_id=account_id, external_id="77123")
    async with database.write() as tx:
        await tx.contacts.erase(known_person, at=clock())
        stone = await tx.contacts.get(known_person)
        known = await tx.contacts.known(address)
        assert await tx.officers.of_contact(known_person) is None
    assert stone
    assert stone == Contact(
        contact_id=known_person,
        subscription=Subscription.ERASED,
        birth_year=None,
        unit_id=None,
        created_at=stone.created_at,
    )
    assert (known.contact, known.dialogue, known.draft) == (None, None, None)
    gone = (t.address, t.consent, t.dialogue, t.draft, t.inbox, t.outbox, t.message_slot, t.question)
    assert await rows_left(database, *gone) == {table.name: 0 for table in gone}


async def test_the_proof_is_readable_only_with_the_address_in_hand(
    database: Database, account_id: AccountId, known_person: ContactId, keyring: Keyring, clock: TestClock
) -> None:
    async with database.write() as tx:
        await tx.contacts.erase(known_person, at=clock())
        row = (await tx.connection.execute(select(t.stop_proof))).one()
    address = Address(account_id=account_id, external_id="77123")
    assert bytes(row.address_mac) == address_key(keyring, address)
    assert (row.purpose, row.text_version, row.stopped_at) == ("notices", "2026-10", clock())
    assert row.purge_at == clock() + timedelta(days=365)
    assert not {"contact_id", "external_id"} & set(row._mapping)


async def test_of_somebody_under_sixteen_not_even_a_fingerprint_stays(
    database: Database, known_person: ContactId, clock: TestClock
) -> None:
    async with database.write() as tx:
        await tx.contacts.erase(known_person, at=clock(), proof=False)
    assert await rows_left(database, t.stop_proof, t.address, t.draft) == {"stop_proof": 0, "address": 0, "draft": 0}


async def test_the_ledger_keeps_the_row_and_loses_the_person(
    database: Database,
    known_person: ContactId,
    campaign: Callable[..., Awaitable[Campaign]],
    clock: TestClock,
) -> None:
    made = await campaign(state=CampaignState.RUNNING)
    async with database.write() as tx:
        await tx.connection.execute(t.delivery.update().values(state=DeliveryState.SENT, refs=["7"]))
        await tx.contacts.erase(known_person, at=clock())
        row = (await tx.connection.execute(select(t.delivery))).one()
        assert not await tx.undoing.out(made.campaign_id, after=0, limit=9)
    assert (row.contact_id, row.address_id, row.refs, row.state) == (known_person, None, None, "sent")


async def test_the_number_of_the_erased_is_never_given_again(
    database: Database, account_id: AccountId, known_person: ContactId, clock: TestClock
) -> None:
    async with database.write() as tx:
        await tx.contacts.erase(known_person, at=clock())
        await tx.contacts.erase(known_person, at=clock())  # once more changes nothing
        back = await tx.contacts.create(Address(account_id=account_id, external_id="77123"), source="", at=clock())
    assert back > known_person
    assert await rows_left(database, t.stop_proof) == {"stop_proof": 1}
