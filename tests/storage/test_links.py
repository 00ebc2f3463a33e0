"""Two contacts merged and parted on both engines: every table that names them, the ledger's counters, reach, and what erasing leaves."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select, update

from outreach.campaigns.model import Campaign, CampaignState, DeliveryState
from outreach.clock import local_day
from outreach.contacts.links import Link, LinkState, LinkTarget
from outreach.contacts.model import Purpose, Subscription
from outreach.contacts.windows import OUTSIDE
from outreach.messaging import AccountId, Address, AddressId, ChannelName, ContactId
from outreach.officers import Role
from outreach.pack import Pack
from outreach.reach.model import Tier
from outreach.units import UnitId
from storage import tables as t
from storage.database import Database
from storage.session import Session
from tests.conftest import NOW, TestClock
from tests.storage.conftest import Books

MakePerson = Callable[..., Awaitable[ContactId]]
Campaigns = Callable[..., Awaitable[Campaign]]
P, S, F, K, U = (
    DeliveryState.PENDING,
    DeliveryState.SENT,
    DeliveryState.FAILED,
    DeliveryState.SKIPPED,
    DeliveryState.UNKNOWN,
)


async def link(database: Database, kept: ContactId, joined: ContactId, *, at: datetime = NOW) -> Link:
    async with database.write() as tx:
        made = await tx.links.merge(kept, joined_id=joined, at=at)
    assert made
    return made


async def undo(database: Database, made: Link, *, at: datetime = NOW) -> None:
    async with database.write() as tx:
        await tx.links.undo(made, at=at)


async def everything(database: Database) -> dict[str, list[str]]:
    """All rows of all tables that may name a person."""
    tables = [table for table in t.metadata.sorted_tables if table.name not in {"unit", "audit", "news_item"}]
    async with database.read() as tx:
        return {
            table.name: sorted(repr(tuple(row)) for row in await tx.connection.execute(select(table)))
            for table in tables
        }


async def reached(
    tx: Session, pack: Pack, people: list[ContactId], at: datetime, *, tier: Tier = Tier.ACCEPTED, turns: int = 1
) -> None:
    periods = await tx.reach.ensure_periods(pack.periods_on(local_day(at)))
    await tx.reach.record(
        people, tier=tier, periods=periods, youth=pack.ages.youth, campaign_id=None, turns=turns, at=at
    )


async def test_what_names_the_one_names_the_other_and_goes_back(
    database: Database, pair: tuple[ContactId, ContactId], units: dict[str, UnitId], langson: Pack
) -> None:
    kept, joined = pair
    async with database.write() as tx:
        await tx.questions.ask(joined, unit_id=None, text="Hỏi", at=NOW)
        await tx.nominations.start(joined, call="", at=NOW)
        await tx.officers.grant(joined, role=Role.OFFICER, unit_id=units["06325"], by=None, at=NOW)
        await reached(tx, langson, [joined], NOW, tier=Tier.READ)
        await reached(tx, langson, [kept], NOW + timedelta(days=1))
    before = await everything(database)
    made = await link(database, kept, joined)
    async with database.read() as tx:
        for column in (t.question.c.contact_id, t.nomination.c.nominator_id, t.officer.c.contact_id):
            assert (await tx.connection.execute(select(column))).scalars().all() == [kept], column
        consents = await tx.contacts.consents(kept)
        reach = (await tx.connection.execute(select(t.reach_person))).all()
        held = await tx.holdings.of(kept)
    assert len(consents) == 2
    assert {(row.contact_id, row.turns, row.e1_at, row.e4_at) for row in reach} == {(kept, 2, NOW, NOW)}
    assert [one.channel for one in held.addresses] == [ChannelName.TELEGRAM, ChannelName.ZALO_OA]
    assert (len(held.consents), len(held.questions), held.nominations) == (2, 1, 1)
    await undo(database, made)
    after = await everything(database)
    assert len(after.pop("link")) == 1
    assert before.pop("link") == []
    assert after == {**before, "contact": after["contact"]}
    async with database.read() as tx:
        (snapshot,) = (await tx.connection.execute(select(t.link.c.snapshot))).scalars()
        silent = await tx.contacts.get(joined)
    assert snapshot == {}
    assert silent
    assert silent.subscription == Subscription.ACTIVE


async def test_a_merge_that_is_cut_off_has_not_begun(database: Database, pair: tuple[ContactId, ContactId]) -> None:
    before = await everything(database)

    async def cut_off() -> None:
        async with database.write() as tx:
            await tx.links.merge(pair[0], joined_id=pair[1], at=NOW)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await cut_off()
    assert await everything(database) == before


async def test_evidence_since_the_link_stays_with_the_one_kept(
    database: Database, pair: tuple[ContactId, ContactId], langson: Pack
) -> None:
    kept, joined = pair
    later = NOW + timedelta(days=1)
    async with database.write() as tx:
        await reached(tx, langson, [joined], NOW)
    made = await link(database, kept, joined)
    async with database.write() as tx:
        await reached(tx, langson, [kept], later, tier=Tier.OPENED)
    await undo(database, made, at=later)
    async with database.read() as tx:
        rows = (await tx.connection.execute(select(t.reach_person))).all()
    assert {(row.contact_id, row.turns, row.e1_at, row.e3_at) for row in rows} == {
        (joined, 1, NOW, None),
        (kept, 1, NOW, later),
    }


async def test_the_first_of_two_links_can_be_undone(
    database: Database, person: MakePerson, elsewhere: MakePerson, langson: Pack
) -> None:
    kept, first = await person(unit="06325"), await elsewhere(unit="06325")
    second = await elsewhere(ChannelName.ZALO_BOT, unit="06325")
    async with database.write() as tx:
        await reached(tx, langson, [first], NOW)
        await reached(tx, langson, [second], NOW + timedelta(days=1), tier=Tier.READ)
    one = await link(database, kept, first)
    two = await link(database, kept, second)
    await undo(database, one)
    async with database.read() as tx:
        assert [link.link_id for link in await tx.links.of(kept)] == [two.link_id]
        rows = (await tx.connection.execute(select(t.reach_unit))).all()
    assert {(row.contact_id, row.turns, row.e1_at, row.channel) for row in rows} == {
        (first, 1, NOW, "zalo_oa"),
        (kept, 1, NOW + timedelta(days=1), None),
    }
    await undo(database, two)
    async with database.read() as tx:
        rows = (await tx.connection.execute(select(t.reach_unit))).all()
    assert {(row.contact_id, row.turns, row.channel) for row in rows} == {
        (first, 1, "zalo_oa"),
        (second, 1, "zalo_bot"),
    }


# (the kept one's row, the joined one's row) -> rows afterwards as (whose, leg, state)
BOTH = [
    (P, P, {("kept", 1, P), ("joined", 1, K)}),
    (S, P, {("kept", 1, S), ("joined", 1, K)}),
    (U, P, {("kept", 1, U), ("joined", 1, K)}),
    (P, S, {("kept", 1, K), ("joined", 1, S)}),
    (F, P, {("kept", 1, DeliveryState.REPLACED), ("kept", 2, P)}),
    (K, P, {("kept", 1, DeliveryState.REPLACED), ("kept", 2, P)}),
    (S, S, {("kept", 1, S), ("joined", 1, S)}),
    (F, F, {("kept", 1, F), ("joined", 1, F)}),
    (None, P, {("kept", 1, P)}),
    (None, S, {("kept", 1, S)}),
]


async def set_states(database: Database, campaign: Campaign, states: dict[ContactId, DeliveryState | None]) -> None:
    d = t.delivery.c
    async with database.write() as tx:
        for contact_id, state in states.items():
            this = (d.campaign_id == campaign.campaign_id) & (d.contact_id == contact_id)
            change = t.delivery.delete() if state is None else t.delivery.update().values(state=state)
            await tx.connection.execute(change.where(this))
        of = d.campaign_id == campaign.campaign_id
        counted = await tx.connection.execute(select(d.state, func.count()).where(of).group_by(d.state))
        counts = {state.value: 0 for state in DeliveryState} | dict(map(tuple, counted))
        await tx.connection.execute(
            update(t.campaign)
            .where(t.campaign.c.id == campaign.campaign_id)
            .values(total=sum(counts.values()), **counts)
        )


@pytest.mark.parametrize(("own", "other", "expected"), BOTH)
async def test_one_message_per_campaign(
    database: Database,
    books: Books,
    pair: tuple[ContactId, ContactId],
    campaign: Campaigns,
    own: DeliveryState | None,
    other: DeliveryState,
    expected: set[tuple[str, int, DeliveryState]],
) -> None:
    kept, joined = pair
    made = await campaign(state=CampaignState.RUNNING)
    await set_states(database, made, {kept: own, joined: other})
    await books.check()
    linked = await link(database, kept, joined)
    await books.check()

    async def rows() -> set[tuple[str, int, DeliveryState]]:
        async with database.read() as tx:
            found = await tx.connection.execute(select(t.delivery.c.contact_id, t.delivery.c.leg, t.delivery.c.state))
            return {
                ("kept" if row.contact_id == kept else "joined", row.leg, DeliveryState(row.state)) for row in found
            }

    assert await rows() == expected
    async with database.read() as tx:
        found = await tx.campaigns.received(made.campaign_id, contact_id=kept)
        assert found
        assert (found[1] == S) == (S in {own, other}), "its buttons work on either phone"
        assert len((await tx.holdings.of(kept)).deliveries) == (2 if own else 1)
    await undo(database, linked)
    await books.check()
    assert {(whose, state) for whose, _, state in await rows() if whose == "joined"} == {
        ("joined", K if ("joined", 1, K) in expected else other)
    }


async def test_what_she_has_got_on_the_one_is_not_handed_over_on_the_other(
    books: Books, pair: tuple[ContactId, ContactId], campaign: Campaigns, account_id: AccountId
) -> None:
    kept, joined = pair
    made = await campaign(state=CampaignState.RUNNING)
    await set_states(books.database, made, {kept: K, joined: S})
    async with books.database.write() as tx:
        await tx.connection.execute(update(t.delivery).where(t.delivery.c.state == K).values(reason=OUTSIDE))
        hers = select(t.address.c.external_id).where(t.address.c.contact_id == kept)
        external_id = (await tx.connection.execute(hers)).scalar_one()
    await link(books.database, kept, joined)
    await books.check()
    async with books.database.write() as tx:
        address = Address(account_id=account_id, external_id=external_id)
        assert await tx.legs.hand_over(kept, address=address, at=NOW) == 0


async def test_the_week_counts_both_histories(
    books: Books, pair: tuple[ContactId, ContactId], campaign: Campaigns
) -> None:
    kept, joined = pair
    for whose in (kept, joined):
        sent = await campaign(state=CampaignState.RUNNING)
        await set_states(books.database, sent, {kept: None, joined: None, whose: S})
    third = await campaign(state=CampaignState.RUNNING)
    await link(books.database, kept, joined)
    assert await books.claim() == []
    assert (await books.reasons(third))[(K, "week_full")] == 1


async def test_a_message_in_a_sender_s_hands_is_waited_for(
    database: Database, pair: tuple[ContactId, ContactId], campaign: Campaigns
) -> None:
    kept, joined = pair
    made = await campaign(state=CampaignState.RUNNING)
    await set_states(database, made, {kept: S, joined: DeliveryState.IN_FLIGHT})
    before = await everything(database)
    async with database.write() as tx:
        assert await tx.links.merge(kept, joined_id=joined, at=NOW) is None
    assert await everything(database) == before


async def test_what_waits_goes_to_an_address_that_is_still_hers(
    database: Database, account_id: AccountId, pair: tuple[ContactId, ContactId], campaign: Campaigns
) -> None:
    kept, joined = pair
    linked = await link(database, kept, joined)
    await campaign(state=CampaignState.RUNNING)
    async with database.write() as tx:
        there = select(t.address.c.id, t.address.c.account_id).where(
            t.address.c.external_id == linked.address.external_id
        )
        address = (await tx.connection.execute(there)).one()
        await tx.connection.execute(update(t.delivery).values(address_id=address.id, account_id=address.account_id))
    await undo(database, linked)
    async with database.read() as tx:
        row = (await tx.connection.execute(select(t.delivery))).one()
    assert (row.contact_id, row.account_id) == (kept, account_id)
    assert row.address_id != address.id


async def test_erasing_leaves_two_tombstones_and_counts_her_once(
    database: Database, pair: tuple[ContactId, ContactId], langson: Pack
) -> None:
    kept, joined = pair
    async with database.write() as tx:
        await reached(tx, langson, [kept, joined], NOW)
        period = await tx.reach.find_period("state-2026")
        assert period
    await link(database, kept, joined)
    async with database.write() as tx:
        account = await tx.contacts.known(Address(account_id=AccountId(1), external_id="5001"))
        assert account.address_id
        await tx.links.offer(kept, address_id=AddressId(account.address_id), code="123456", expires_at=NOW)
        await tx.contacts.erase(kept, at=NOW)
        for table in (t.link, t.link_code, t.address, t.consent, t.reach_person, t.reach_unit):
            assert (await tx.connection.execute(select(table))).all() == [], table.name
        stones = (await tx.connection.execute(select(t.contact.c.subscription, t.contact.c.birth_year))).all()
        counts = await tx.reach.counts(period)
    assert stones == [(Subscription.ERASED, None)] * 2
    assert [(people, turns) for unit, _, _, people, turns in counts if unit is None] == [(1, 2)]


async def test_stopping_while_linked_stops_both_after_parting(
    database: Database, pair: tuple[ContactId, ContactId]
) -> None:
    kept, joined = pair
    made = await link(database, kept, joined)
    async with database.write() as tx:
        await tx.contacts.withdraw(kept, purpose=Purpose.NOTICES, how="word", at=NOW)
        await tx.contacts.change(kept, at=NOW, subscription=Subscription.STOPPED)
    await undo(database, made)
    async with database.read() as tx:
        for contact_id in pair:
            found = await tx.contacts.get(contact_id)
            assert found
            assert found.subscription == Subscription.STOPPED


async def test_codes_last_ten_minutes_and_wrong_ones_are_counted_so_long(
    database: Database, pair: tuple[ContactId, ContactId], clock: TestClock
) -> None:
    ends = clock() + timedelta(minutes=10)
    async with database.write() as tx:
        rows = (await tx.connection.execute(select(t.address).order_by(t.address.c.id))).all()
        for row in rows:
            await tx.links.offer(ContactId(row.contact_id), address_id=row.id, code="123456", expires_at=ends)
        assert await tx.links.find("123456", now=clock()) is None, "two hold it"
        await tx.links.offer(pair[1], address_id=rows[1].id, code="654321", expires_at=ends)
        found = await tx.links.find("123456", now=clock())
        assert found
        target = LinkTarget(
            address=Address(account_id=rows[1].account_id, external_id="77"), channel=ChannelName.ZALO_OA
        )
        await tx.links.move(found.code_id, state=LinkState.TYPED, target=target, target_mac=b"mac")
        moved = await tx.links.get(found.code_id, now=clock())
        assert moved
        assert (moved.state, moved.target) == (LinkState.TYPED, target)
        for number in range(1, 4):
            await tx.links.count_try(b"mac", since=NOW - timedelta(minutes=10), at=NOW)
            assert await tx.links.tries(b"mac", since=NOW - timedelta(minutes=10)) == number
        assert await tx.links.tries(b"mac", since=NOW) == 0
        await tx.links.count_try(b"mac", since=NOW, at=ends)
        assert await tx.links.tries(b"mac", since=NOW) == 1
        assert await tx.links.find("123456", now=ends) is None
        assert await tx.links.purge(now=ends) == 2
        assert await tx.links.purge(now=ends + timedelta(minutes=10)) == 1
