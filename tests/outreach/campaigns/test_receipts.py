"""Receipts raise the evidence and never lower it; an unknown message that has arrived is a sent one."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event, select

from outreach.campaigns.receipts import record_receipts
from outreach.contacts.model import Subscription
from outreach.errors import PermissionDeniedError
from outreach.messaging import Address, Receipt, ReceiptKind, SendError, SendErrorKind
from outreach.officers import Person, System
from storage import tables as t
from tests.outreach.campaigns.conftest import Office

RECEIVED, SEEN = ReceiptKind.RECEIVED, ReceiptKind.SEEN


def receipt(office: Office, kind: ReceiptKind, ref: str, *, name: str = "100") -> Receipt:
    address = Address(account_id=office.channel.account_id, external_id=name)
    return Receipt(address=address, kind=kind, refs=(ref,), at=office.clock())


async def take(office: Office, *receipts: Receipt) -> list[Receipt]:
    return await record_receipts(
        System(name="receipts"), transactions=office.database, receipts=receipts, pack=office.pack
    )


async def tiers(office: Office) -> list[tuple[bool, bool, bool, bool]]:
    """Of each person and period: which evidence there is."""
    r = t.reach_person.c
    async with office.database.read() as tx:
        rows = await tx.connection.execute(select(r.e1_at, r.e2_at, r.e3_at, r.turns).order_by(r.contact_id))
        return [(e1 is not None, e2 is not None, e3 is not None, turns) for e1, e2, e3, turns in rows]


async def counters(office: Office) -> tuple[int, int, int, int]:
    async with office.database.read() as tx:
        c = t.campaign.c
        return tuple((await tx.connection.execute(select(c.sent, c.unknown, c.received, c.seen))).one())


async def test_received_then_seen_are_counted_once_each(office: Office) -> None:
    await office.people(2)
    campaign = await office.campaign()
    async with office.running():
        await office.done(campaign)
    refs = {name: str(number + 1) for number, name in enumerate(office.channel.accepted)}
    assert await tiers(office) == [(True, False, False, 1)] * 8  # two people in four periods
    office.clock.advance(minutes=1)
    for _ in range(2):
        assert not await take(office, receipt(office, RECEIVED, refs["100"]))
    assert await counters(office) == (2, 0, 1, 0)
    assert await tiers(office) == [(True, True, False, 1)] * 4 + [(True, False, False, 1)] * 4
    for _ in range(2):
        await take(office, receipt(office, SEEN, refs["100"]), receipt(office, RECEIVED, refs["100"]))
    assert await counters(office) == (2, 0, 1, 1)
    assert await tiers(office) == [(True, True, True, 1)] * 4 + [(True, False, False, 1)] * 4
    await take(office, receipt(office, SEEN, refs["101"], name="101"))  # what was seen was received
    assert await counters(office) == (2, 0, 2, 2)


async def test_a_receipt_belongs_to_the_day_of_its_message(office: Office) -> None:
    await office.people(1)
    campaign = await office.campaign()
    office.clock.now = datetime(2026, 12, 31, 5, tzinfo=UTC)
    async with office.running():
        await office.done(campaign)
    before = len(await tiers(office))
    office.clock.advance(days=2)
    await take(office, receipt(office, SEEN, "1"))
    assert await tiers(office) == [(True, False, True, 1)] * before


async def test_an_unknown_message_that_has_arrived_is_a_sent_one(office: Office) -> None:
    await office.people(1)
    campaign = await office.campaign()
    # A part of it was accepted, so its number is known.
    office.channel.reactions["100"] = [SendError(SendErrorKind.UNKNOWN, "partly_sent", refs=("7",))]
    async with office.running():
        await office.done(campaign)
    assert await office.states(campaign) == {"unknown": 1}
    assert await tiers(office) == []
    await take(office, receipt(office, RECEIVED, "7"))
    assert await office.states(campaign) == {"sent": 1}
    assert await counters(office) == (1, 0, 1, 0)
    assert await tiers(office) == [(True, True, False, 1)] * 4
    assert (await office.now(campaign)).tally.first_time == 1


async def test_after_a_link_the_receipt_of_an_older_message_is_hers(office: Office) -> None:
    await office.people(1)
    campaign = await office.campaign()
    async with office.running():
        await office.done(campaign)
    kept = await office.person(external_id="kept", unit="06325")
    async with office.database.write() as tx:
        hers = t.address.c.external_id == "100"
        address = (await tx.connection.execute(select(t.address).where(hers))).one()
        about = {"kept_id": kept, "joined_id": address.contact_id, "address_id": address.id, "snapshot": {}}
        await tx.connection.execute(t.link.insert().values(**about, linked_at=office.clock()))
        await tx.connection.execute(t.address.update().where(hers).values(contact_id=kept))
    await take(office, receipt(office, RECEIVED, "1"))
    assert await counters(office) == (1, 0, 1, 0)
    async with office.database.read() as tx:
        r = t.reach_person.c
        told = select(r.contact_id).where(r.e2_at.is_not(None)).distinct()
        assert (await tx.connection.execute(told)).scalars().all() == [kept]


@pytest.mark.parametrize("why", ["does not count", "has stopped"])
async def test_the_counters_say_it_and_the_coverage_does_not(office: Office, why: str) -> None:
    await office.people(1)
    campaign = await office.campaign(content=replace(office.content, counts=why != "does not count"))
    async with office.running():
        await office.done(campaign)
    before = await tiers(office)
    if why == "has stopped":
        async with office.database.write() as tx:
            await tx.connection.execute(t.contact.update().values(subscription=Subscription.STOPPED))
    await take(office, receipt(office, SEEN, "1"))
    assert await counters(office) == (1, 0, 1, 1)
    assert await tiers(office) == before


async def test_a_receipt_of_a_reply_costs_one_look(office: Office) -> None:
    await office.people(1)
    campaign = await office.campaign()
    async with office.running():
        await office.done(campaign)
    statements: list[str] = []
    for engine in (office.database.read_engine, office.database.write_engine):
        event.listen(engine.sync_engine, "before_cursor_execute", lambda *args: statements.append(str(args[2])))
    assert not await take(office, receipt(office, RECEIVED, "of a reply"), receipt(office, SEEN, "1", name="nobody"))
    assert len([one for one in statements if not one.startswith("BEGIN")]) == 1
    assert not await take(office)
    assert await counters(office) == (1, 0, 0, 0)


async def test_one_that_overtakes_the_outcome_is_handed_back(office: Office) -> None:
    await office.people(1)
    campaign = await office.campaign()
    office.channel.always = 0.3
    early = receipt(office, RECEIVED, "1")
    async with office.running():
        await office.asked(1)
        assert await take(office, early) == [early]
        await office.done(campaign)
    assert not await take(office, early)
    assert await counters(office) == (1, 0, 1, 0)


async def test_of_long_ago_nothing_is_looked_for(office: Office) -> None:
    await office.people(1)
    campaign = await office.campaign()
    async with office.running():
        await office.done(campaign)
    late = receipt(office, RECEIVED, "1")
    await take(office, replace(late, at=late.at + timedelta(days=31)))
    assert await counters(office) == (1, 0, 0, 0)


async def test_a_person_brings_no_receipts(office: Office) -> None:
    with pytest.raises(PermissionDeniedError):
        await record_receipts(
            Person(contact_id=None),
            transactions=office.database,
            receipts=[receipt(office, SEEN, "1")],
            pack=office.pack,
        )
