"""Receipts as a webhook hands them in; one that came too early is looked at once more."""

import asyncio
from typing import Any

from sqlalchemy import select

from bot.receipts import ReceiptBook
from outreach.broadcasts.model import BroadcastState
from outreach.campaigns.model import Audience, CampaignState, Content, DeliveryState, Limits, Outcome
from outreach.messaging import AccountId, Address, Receipt, ReceiptKind
from outreach.officers import Role
from outreach.pack import Pack
from storage import tables as t
from storage.database import Database
from tests.conftest import TestClock


async def test_one_that_overtakes_its_message_is_not_lost(
    database: Database, langson: Pack, clock: TestClock, account_id: AccountId, subscriber: Any
) -> None:
    contact_id = await subscriber(external_id="1")
    async with database.write() as tx:
        by = await tx.officers.grant(contact_id, role=Role.ADMIN, unit_id=None, by=None, at=clock())
        content = Content(title="Tin", paragraphs=())
        number = await tx.campaigns.add(
            content=content, audience=Audience(), by=by.officer_id, unit_id=None, at=clock()
        )
        await tx.campaigns.move(number, state=CampaignState.PREPARING, at=clock())
        made = await tx.campaigns.get(number)
        assert made
        await tx.ledger.freeze_chunk(made, main_period=None, after=0, size=9, at=clock())
        await tx.ledger.finish_freezing(number, at=clock())
        await tx.campaigns.move(number, state=CampaignState.RUNNING, at=clock())
        lease = await tx.leases.take("bulk:1", holder="x", seen=await tx.leases.read("bulk:1"))
        assert lease
        limits = Limits(per_week=2, week_start=clock())
        claimed = await tx.ledger.claim_window(account_id, size=1, lease=lease, limits=limits, at=clock())
    book = ReceiptBook(transactions=database, pack=langson, later=1.0)
    address = Address(account_id=account_id, external_id="1")
    await book.take([Receipt(address=address, kind=ReceiptKind.SEEN, refs=("7",), at=clock())])
    patient = ReceiptBook(transactions=database, pack=langson, later=60.0)
    await patient.take([Receipt(address=address, kind=ReceiptKind.SEEN, refs=("7",), at=clock())])
    assert len(patient._waiting) == 1
    await patient.close()
    assert not patient._waiting, "the end waits for no receipt"
    sent = Outcome(delivery=claimed[0], state=DeliveryState.SENT, at=clock(), refs=("7",))
    async with database.write() as tx:
        await tx.ledger.write_outcomes([sent], lease=lease, at=clock())
    async with asyncio.timeout(5):
        while not await _seen(database):
            await asyncio.sleep(0.01)
    await book.close()


async def test_one_of_an_article_counts_its_reader(
    database: Database, langson: Pack, clock: TestClock, account_id: AccountId, subscriber: Any, plan_136: Content
) -> None:
    contact_id = await subscriber(external_id="1")
    async with database.write() as tx:
        by = await tx.officers.grant(contact_id, role=Role.ADMIN, unit_id=None, by=None, at=clock())
        row = await tx.broadcasts.add(account_id=account_id, content=plan_136, by=by.officer_id, at=clock())
        for state in (BroadcastState.CREATING, BroadcastState.READY, BroadcastState.SENDING, BroadcastState.SENT):
            await tx.broadcasts.move(row.broadcast_id, state=state, at=clock(), message_ref="7")
    book = ReceiptBook(transactions=database, pack=langson)
    address = Address(account_id=account_id, external_id="1")
    await book.take([Receipt(address=address, kind=ReceiptKind.SEEN, refs=("7",), at=clock())])
    await book.close()
    async with database.read() as tx:
        r = t.reach_person.c
        assert set(await tx.connection.execute(select(r.contact_id, r.e3_at))) == {(contact_id, clock())}


async def _seen(database: Database) -> int:
    async with database.read() as tx:
        return int((await tx.connection.execute(select(t.campaign.c.seen))).scalar_one())
