"""People: known in one statement, consent as rows, handled updates."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import asdict, replace
from datetime import datetime, timedelta

from sqlalchemy import event, func, select

from outreach.contacts.model import Consent, Purpose, Rhythm, Subscription
from outreach.dialogue import Dialogue, Draft
from outreach.messaging import AccountId, Address, ChannelName, ContactId
from outreach.officers import Role
from outreach.units import UnitId
from storage import tables as t
from storage.database import Database

MakePerson = Callable[..., Awaitable[ContactId]]


async def test_an_account_is_one_row_whose_name_follows(database: Database) -> None:
    async with database.write() as tx:
        first = await tx.contacts.account(channel=ChannelName.TELEGRAM, external_id="42", name="old")
        again = await tx.contacts.account(channel=ChannelName.TELEGRAM, external_id="42", name="new")
        other = await tx.contacts.account(channel=ChannelName.ZALO_OA, external_id="42", name="zalo")
    async with database.read() as tx:
        names = (await tx.connection.execute(select(t.account.c.name).where(t.account.c.id == first))).scalars().all()
    assert first == again != other
    assert names == ["new"]


async def test_an_update_is_first_seen_once(
    database: Database, account_id: AccountId, clock: Callable[[], datetime]
) -> None:
    address = Address(account_id=account_id, external_id="5")
    async with database.write() as tx:
        assert await tx.contacts.first_sight(address, update_id="900", at=clock())
        assert not await tx.contacts.first_sight(address, update_id="900", at=clock())
        assert await tx.contacts.first_sight(address, update_id="901", at=clock())
    async with database.write() as tx:
        assert not await tx.contacts.first_sight(address, update_id="900", at=clock())


async def test_a_turn_rolled_back_was_not_seen(
    database: Database, account_id: AccountId, clock: Callable[[], datetime]
) -> None:
    address = Address(account_id=account_id, external_id="5")
    try:
        async with database.write() as tx:
            assert await tx.contacts.first_sight(address, update_id="900", at=clock())
            raise RuntimeError  # noqa: TRY301  (a handler that fails)
    except RuntimeError:
        pass
    async with database.write() as tx:
        assert await tx.contacts.first_sight(address, update_id="900", at=clock())


async def test_a_stranger_is_known_as_nobody(database: Database, account_id: AccountId) -> None:
    address = Address(account_id=account_id, external_id="5")
    async with database.write() as tx:
        known = await tx.contacts.known(address)
    assert known.address == address
    assert (known.address_id, known.contact, known.officer, known.dialogue, known.draft) == (None,) * 5
    assert known.reachable
    assert len(known.draft_key) == 32


async def test_a_draft_is_found_by_the_fingerprint_alone(
    database: Database, account_id: AccountId, clock: Callable[[], datetime]
) -> None:
    draft = Draft(flow="start", step="consent", source="src_bs01", expires_at=clock() + timedelta(hours=24))
    address = Address(account_id=account_id, external_id="77123")
    async with database.write() as tx:
        known = await tx.contacts.known(address)
        await tx.dialogues.save_draft(known.draft_key, draft=draft)
    async with database.write() as tx:
        assert (await tx.contacts.known(address)).draft == draft
        assert (await tx.contacts.known(replace(address, external_id="77124"))).draft is None
        await tx.dialogues.save_draft(known.draft_key, draft=replace(draft, step="year"))
        later = (await tx.contacts.known(address)).draft
        assert later
        assert later.step == "year"
        assert await tx.dialogues.purge_drafts(now=clock() + timedelta(hours=23)) == 0
        assert await tx.dialogues.purge_drafts(now=clock() + timedelta(hours=25)) == 1
        assert (await tx.contacts.known(address)).draft is None


async def test_everything_about_a_person_is_loaded_in_one_statement(
    database: Database,
    account_id: AccountId,
    units: dict[str, UnitId],
    person: MakePerson,
    clock: Callable[[], datetime],
) -> None:
    contact_id = await person(
        unit="06325",
        birth_year=2008,
        external_id="501",
        muted_topics=("sport",),
        rhythm=Rhythm.WEEKLY,
        source="src_bs01",
    )
    dialogue = Dialogue(
        flow="nominate",
        version=1,
        step="name",
        subject_id=7,
        data={"trang": "2"},
        choices={"1": "nom:name:ok"},
        misunderstood=1,
        started_at=clock(),
        answered_at=clock(),
    )
    async with database.write() as tx:
        await tx.dialogues.save(contact_id, dialogue=dialogue)
        officer = await tx.officers.grant(contact_id, role=Role.OFFICER, unit_id=units["06325"], by=None, at=clock())
    statements: list[str] = []
    event.listen(database.write_engine.sync_engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    async with database.write() as tx:
        known = await tx.contacts.known(Address(account_id=account_id, external_id="501"))
    assert sum(statement.startswith("SELECT address") for statement in statements) == 1, statements
    assert known.contact
    assert known.contact.contact_id == contact_id
    assert known.contact.unit_id == units["06325"]
    assert (known.contact.birth_year, known.contact.source) == (2008, "src_bs01")
    assert (known.contact.muted_topics, known.contact.rhythm) == (("sport",), Rhythm.WEEKLY)
    assert known.dialogue == dialogue
    assert known.officer == replace(officer, since=None)  # the day is given where officers are listed
    assert (officer.contact_id, officer.role, officer.unit_id) == (contact_id, Role.OFFICER, units["06325"])


async def test_creating_twice_is_one_contact(
    database: Database, account_id: AccountId, clock: Callable[[], datetime]
) -> None:
    address = Address(account_id=account_id, external_id="5")
    async with database.write() as tx:
        first = await tx.contacts.create(address, source="src_a", at=clock())
        again = await tx.contacts.create(address, source="src_b", at=clock())
        contact = await tx.contacts.get(first)
    assert first == again
    assert contact
    assert contact.source == "src_a"  # recorded once
    assert contact.subscription == Subscription.NONE


async def test_a_change_writes_only_what_is_given(
    database: Database, person: MakePerson, units: dict[str, UnitId], clock: Callable[[], datetime]
) -> None:
    contact_id = await person(unit="06325", birth_year=2008)
    async with database.write() as tx:
        await tx.contacts.change(contact_id, at=clock(), unit_id=units["06211"], language="en")
        contact = await tx.contacts.get(contact_id)
        assert await tx.contacts.get(ContactId(10**9)) is None
    assert contact
    assert (contact.unit_id, contact.language, contact.birth_year) == (units["06211"], "en", 2008)
    assert contact.subscription == Subscription.ACTIVE


async def test_block_and_unblock(
    database: Database, account_id: AccountId, person: MakePerson, clock: Callable[[], datetime]
) -> None:
    await person(external_id="501")
    address = Address(account_id=account_id, external_id="501")
    async with database.write() as tx:
        await tx.contacts.set_reachable(address, reachable=False, reason="blocked", at=clock())
        assert not (await tx.contacts.known(address)).reachable
        await tx.contacts.set_reachable(address, reachable=True, reason="", at=clock())
        assert (await tx.contacts.known(address)).reachable


async def test_consent_is_a_row_that_is_only_withdrawn(
    database: Database, account_id: AccountId, person: MakePerson, notices: Consent, clock: Callable[[], datetime]
) -> None:
    contact_id = await person(external_id="501", consent=False)
    address = Address(account_id=account_id, external_id="501")
    stopped_at = clock() + timedelta(days=1)
    async with database.write() as tx:
        number = await tx.contacts.add_consent(contact_id, address=address, consent=notices)
        await tx.contacts.add_consent(contact_id, address=address, consent=replace(notices, purpose=Purpose.NOMINATE))
        await tx.contacts.withdraw(contact_id, purpose=Purpose.NOTICES, how="stop", at=stopped_at)
        again = await tx.contacts.add_consent(
            contact_id, address=address, consent=replace(notices, given_at=stopped_at, message_ref="99")
        )
        await tx.contacts.withdraw(contact_id, purpose=Purpose.NOTICES, how="stop", at=stopped_at + timedelta(days=1))
        rows = await tx.contacts.consents(contact_id)
    assert number < again
    assert [(row.purpose, row.withdrawn_at) for row in rows] == [
        (Purpose.NOTICES, stopped_at),  # the first withdrawal is not rewritten by the second
        (Purpose.NOMINATE, None),
        (Purpose.NOTICES, stopped_at + timedelta(days=1)),
    ]
    assert rows[0] == replace(notices, number=number, withdrawn_at=stopped_at)


async def test_what_is_past_its_time_is_purged(
    database: Database, account_id: AccountId, person: MakePerson, clock: Callable[[], datetime]
) -> None:
    address = Address(account_id=account_id, external_id="501")
    contact_id = await person(external_id="501")
    async with database.write() as tx:
        await tx.contacts.first_sight(address, update_id="1", at=clock())
        await tx.contacts.first_sight(address, update_id="2", at=clock() + timedelta(days=10))
        await tx.contacts.erase(contact_id, at=clock())
        assert await tx.contacts.purge(now=clock() + timedelta(days=15)) == 1
        assert not await tx.contacts.first_sight(address, update_id="2", at=clock())
        assert await tx.contacts.purge(now=clock() + timedelta(days=366)) == 2
        left = [
            (await tx.connection.execute(select(func.count()).select_from(table))).scalar_one()
            for table in (t.seen_update, t.stop_proof)
        ]
    assert left == [0, 0]


async def test_turns_of_one_person_follow_each_other_on_either_phone(
    database: Database, account_id: AccountId, person: MakePerson, clock: Callable[[], datetime]
) -> None:
    hers = await person(external_id="100")
    first, second = (Address(account_id=account_id, external_id=name) for name in ("100", "101"))
    async with database.write() as tx:
        about = {"interacted_at": None, "created_at": clock(), "changed_at": clock()}
        await tx.connection.execute(t.address.insert().values(**asdict(second), contact_id=hers, **about))
    order: list[str] = []

    async def turn(address: Address, *, lasts: float) -> None:
        async with database.write() as tx:
            found = await tx.contacts.known(address)
            assert found.contact
            assert found.contact.contact_id == hers
            order.append(f"begins {address.external_id}")
            await asyncio.sleep(lasts)
            order.append(f"ends {address.external_id}")

    long = asyncio.create_task(turn(first, lasts=0.3))
    await asyncio.sleep(0.1)
    await asyncio.wait_for(asyncio.gather(long, turn(second, lasts=0)), 10)
    assert order == ["begins 100", "ends 100", "begins 101", "ends 101"]


async def test_whoever_holds_a_person_does_not_wait_for_her_other_phone(
    database: Database, account_id: AccountId, person: MakePerson, clock: Callable[[], datetime]
) -> None:
    """Else two turns that tell each other's phone of something would wait for each other."""
    hers = await person(external_id="100")
    first, second = (Address(account_id=account_id, external_id=name) for name in ("100", "101"))
    async with database.write() as tx:
        about = {"interacted_at": None, "created_at": clock(), "changed_at": clock()}
        await tx.connection.execute(t.address.insert().values(**asdict(second), contact_id=hers, **about))

    async def turn(own: Address, other: Address) -> None:
        async with database.write() as tx:
            await tx.contacts.known(own)
            await asyncio.sleep(0.1)
            assert (await tx.contacts.known(other)).contact

    await asyncio.wait_for(asyncio.gather(turn(first, second), turn(second, first)), 10)


async def test_somebody_new_is_waited_for_as_well(
    database: Database, account_id: AccountId, clock: Callable[[], datetime]
) -> None:
    address = Address(account_id=account_id, external_id="new")

    async def turn() -> ContactId:
        async with database.write() as tx:
            found = (await tx.contacts.known(address)).contact
            await asyncio.sleep(0.1)
            return found.contact_id if found else await tx.contacts.create(address, source="", at=clock())

    assert len(set(await asyncio.wait_for(asyncio.gather(turn(), turn(), turn()), 10))) == 1
