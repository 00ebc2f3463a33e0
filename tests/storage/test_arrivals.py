"""Receipts of an article for all followers, on both engines: they count whoever had agreed by then, once, and leave nothing of others."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from outreach.broadcasts.model import Broadcast, BroadcastState
from outreach.broadcasts.receipts import record_arrivals
from outreach.campaigns.model import Content
from outreach.contacts.model import Purpose, Subscription
from outreach.errors import PermissionDeniedError
from outreach.messaging import AccountId, Address, ChannelName, ContactId, Receipt, ReceiptKind
from outreach.officers import Officer, Person, System
from outreach.pack import Pack
from outreach.reach.model import Tier
from storage import tables as t
from storage.database import Database
from tests.conftest import NOW
from tests.storage.test_broadcasts import WAY
from tests.storage.test_links import link

RECEIVED, SEEN = ReceiptKind.RECEIVED, ReceiptKind.SEEN
LATER = NOW + timedelta(hours=1)
People = Callable[..., Awaitable[ContactId]]


@dataclass(kw_only=True)
class Account:
    database: Database
    pack: Pack
    account_id: AccountId
    content: Content
    by: Officer

    async def article(
        self, *, ref: str = "m-1", counts: bool = True, end: BroadcastState = BroadcastState.SENT
    ) -> Broadcast:
        async with self.database.write() as tx:
            content = replace(self.content, counts=counts)
            row = await tx.broadcasts.add(account_id=self.account_id, content=content, by=self.by.officer_id, at=NOW)
            for step in (*WAY, end):
                row = await tx.broadcasts.move(row.broadcast_id, state=step, at=NOW, message_ref=ref) or row
        return row

    async def told(self, kind: ReceiptKind, *refs: str, of: str = "7001", at: datetime = LATER) -> None:
        address = Address(account_id=self.account_id, external_id=of)
        receipts = [Receipt(address=address, kind=kind, refs=refs or ("m-1",), at=at)]
        await record_arrivals(System(name="receipts"), transactions=self.database, receipts=receipts, pack=self.pack)

    async def evidence(self, period: str = "state-2026") -> list[tuple[ContactId, str, int]]:
        """(whose, her tiers, turns)."""
        r = t.reach_person.c
        async with self.database.read() as tx:
            rows = await tx.connection.execute(select(t.reach_person).join(t.period).where(t.period.c.code == period))
            told = {row.contact_id: row for row in rows}
        return [
            (ContactId(who), " ".join(tier for tier in Tier if row._mapping[r[f"{tier.value}_at"]]), row.turns)
            for who, row in sorted(told.items())
        ]


@pytest.fixture
async def account(
    database: Database,
    langson: Pack,
    account_id: AccountId,
    plan_136: Content,
    officer: Callable[..., Awaitable[Officer]],
) -> Account:
    by = await officer()
    return Account(database=database, pack=langson, account_id=account_id, content=plan_136, by=by)


async def test_received_then_seen_raise_what_there_is_and_are_one_turn(account: Account, person: People) -> None:
    who = await person(external_id="7001", unit="06325")
    await account.article()
    await account.told(RECEIVED)
    assert await account.evidence() == [(who, "e1 e2", 1)]
    for kind in (SEEN, RECEIVED, SEEN):
        await account.told(kind, at=LATER + timedelta(hours=1))
    assert await account.evidence() == [(who, "e1 e2 e3", 1)]
    async with account.database.read() as tx:
        r = t.reach_unit.c
        assert set(await tx.connection.execute(select(r.e1_at, r.e2_at, r.e3_at))) == {
            (LATER, LATER, LATER + timedelta(hours=1))
        }


async def test_a_second_article_is_a_second_turn(account: Account, person: People) -> None:
    who = await person(external_id="7001")
    await account.article()
    await account.article(ref="m-2")
    await account.told(SEEN, "m-1", "m-2", "m-3")
    assert await account.evidence() == [(who, "e1 e3", 2)]


async def test_what_is_stronger_stays(account: Account, person: People) -> None:
    who = await person(external_id="7001")
    await account.article()
    async with account.database.write() as tx:
        periods = await tx.reach.ensure_periods(account.pack.periods_on(NOW.date()))
        youth = account.pack.ages.youth
        await tx.reach.record([who], tier=Tier.READ, periods=periods, youth=youth, campaign_id=None, turns=1, at=NOW)
    await account.told(RECEIVED)
    assert await account.evidence() == [(who, "e1 e2 e3 e4", 2)]


@pytest.mark.parametrize(
    "why", ["stranger", "new", "stopped", "withdrawn", "later", "does not count", "other word", "failed"]
)
async def test_nothing_is_kept_of_whoever_is_not_to_be_counted(account: Account, person: People, why: str) -> None:
    if why != "stranger":
        subscription = {"new": Subscription.NONE, "stopped": Subscription.STOPPED}.get(why, Subscription.ACTIVE)
        who = await person(external_id="7001", subscription=subscription, consent=why != "new")
        if why == "withdrawn":
            async with account.database.write() as tx:
                await tx.contacts.withdraw(who, purpose=Purpose.NOTICES, how="test", at=NOW)
    await account.article(
        counts=why != "does not count", end=BroadcastState.FAILED if why == "failed" else BroadcastState.SENT
    )
    at = NOW - timedelta(minutes=1) if why == "later" else LATER  # she agreed after it had come
    await account.told(SEEN, "m-9" if why == "other word" else "m-1", at=at)
    assert await account.evidence() == []
    async with account.database.read() as tx:
        assert (await tx.connection.execute(select(func.count()).select_from(t.message_slot))).scalar_one() == 0
        known = select(func.count()).select_from(t.address).where(t.address.c.external_id == "7001")
        assert (await tx.connection.execute(known)).scalar_one() == (why != "stranger")


async def test_the_word_of_one_account_says_nothing_of_another(account: Account, person: People) -> None:
    await person(external_id="7001")
    async with account.database.write() as tx:
        other = await tx.contacts.account(channel=ChannelName.ZALO_OA, external_id="4000", name="OA")
    await replace(account, account_id=other).article()
    await account.told(SEEN)
    assert await account.evidence() == []


async def test_it_counts_on_the_day_on_which_the_phone_told(account: Account, person: People) -> None:
    who = await person(external_id="7001")
    await account.article()
    await account.told(RECEIVED, at=datetime(2026, 12, 31, 16, 59, tzinfo=UTC))
    await account.told(SEEN, at=datetime(2026, 12, 31, 17, 0, tzinfo=UTC))  # the new year of Vietnam
    assert await account.evidence("calendar-2026") == [(who, "e1 e2", 1)]
    assert await account.evidence("calendar-2027") == [(who, "e1 e3", 0)]


async def test_after_a_link_it_is_still_one_turn(account: Account, pair: tuple[ContactId, ContactId]) -> None:
    kept, joined = pair
    async with account.database.read() as tx:
        whose = select(t.address.c.account_id, t.address.c.external_id).where(t.address.c.contact_id == joined)
        account_id, name = (await tx.connection.execute(whose)).one()
    theirs = replace(account, account_id=account_id)
    await theirs.article()
    await theirs.told(RECEIVED, of=name)
    assert await theirs.evidence() == [(joined, "e1 e2", 1)]
    await link(account.database, kept, joined)
    for _ in range(2):
        await theirs.told(SEEN, of=name)
    assert (kept, "e1 e2 e3", 1) in await theirs.evidence()


async def test_it_is_nobody_s_to_say_from_a_chat(account: Account) -> None:
    with pytest.raises(PermissionDeniedError):
        await record_arrivals(
            Person(contact_id=ContactId(1)), transactions=account.database, receipts=[], pack=account.pack
        )
