"""Whom a rule means: the statement equals the rule said in Python, and what was shown before the order is what is frozen."""

import asyncio
from dataclasses import dataclass, field, replace
from datetime import timedelta
from random import Random
from typing import NamedTuple, TypeVar

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from outreach.campaigns.model import (
    NO_RECEIPT,
    RECALLED,
    Audience,
    AudienceKind,
    Campaign,
    CampaignState,
    Content,
    DeliveryState,
)
from outreach.contacts.model import Purpose, Subscription
from outreach.contacts.windows import Window, Windows
from outreach.messaging import AccountId, CampaignId, ChannelName, ContactId
from outreach.officers import Role
from outreach.periods import LocalText, Period
from outreach.reach.model import AgeBand
from outreach.units import UnitId
from storage import tables as t
from storage.audience import meant
from storage.database import Database
from storage.types import Keyring
from storage.windows import window_values
from tests.conftest import NOW
from tests.storage.conftest import Books

T = TypeVar("T")
PEOPLE = 60
UNITS = (UnitId(2), UnitId(3), UnitId(4))
TOPICS = ("policy", "awards")
SOURCES = ("", "src_06325-bs01", "src_tet")
CHANNELS = (ChannelName.TELEGRAM, ChannelName.ZALO_OA)
FIRST, SECOND, DIGEST = CampaignId(1), CampaignId(2), CampaignId(3)
SUBSCRIBED = (Subscription.ACTIVE, Subscription.PAUSED, Subscription.STOPPED)
THERE = {DeliveryState.IN_FLIGHT, DeliveryState.SENT, DeliveryState.UNKNOWN, DeliveryState.SENT_ASSUMED}


@dataclass(kw_only=True)
class Whereabouts:
    """One address, as the choice between several looks at it."""

    address_id: int
    channel: ChannelName
    agreed: bool
    reachable: bool
    hours: int | None  # since her last word

    @property
    def order(self) -> tuple[bool, bool, bool, int, int]:
        spoke = None if self.hours is None else NOW - timedelta(hours=self.hours)
        free = Windows().of(spoke, windowed=self.channel == ChannelName.ZALO_OA, at=NOW) == Window.FREE
        return self.agreed, self.reachable, free, -(10**6) if self.hours is None else -self.hours, self.address_id


class Row(NamedTuple):
    """`tells_of`: in lines of its own."""

    campaign_id: CampaignId
    state: DeliveryState
    why: str
    opened: bool
    tells_of: frozenset[CampaignId] = frozenset()
    leg: int = 1

    @property
    def came(self) -> bool:
        return self.state in THERE or self.why == NO_RECEIPT


@dataclass(kw_only=True)
class Soul:
    subscription: Subscription
    born: int | None
    unit_id: UnitId | None
    source: str
    muted: list[str]
    reached: bool
    at: list[Whereabouts] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)


def is_meant(audience: Audience, soul: Soul) -> bool:
    """The rule, said once more in the plainest way."""

    def hers(number: CampaignId | None) -> list[Row]:
        return [row for row in soul.rows if row.campaign_id == number or number in row.tells_of]

    def has(number: CampaignId) -> bool:
        return any(row.came and row.why != RECALLED for row in hers(number))

    def unopened(number: CampaignId) -> bool:
        there = any(row.state == DeliveryState.SENT and row.why != RECALLED for row in hers(number))
        return there and not any(row.opened for row in hers(number))

    age = None if soul.born is None else NOW.year - soul.born
    narrowed = audience.unit_ids or audience.kind == AudienceKind.UNITS
    return (
        soul.subscription in SUBSCRIBED
        and bool(soul.at)
        and (not narrowed or soul.unit_id in audience.unit_ids)
        and (audience.ages is None or (age is not None and audience.ages[0] <= age <= audience.ages[1]))
        and (not audience.topics or any(topic not in soul.muted for topic in audience.topics))
        and (not audience.sources or soul.source in audience.sources)
        and (not audience.channels or max(soul.at, key=lambda one: one.order).channel in audience.channels)
        and (audience.kind != AudienceKind.NOT_REACHED or not soul.reached)
        and (audience.kind != AudienceKind.RECEIVED or any(row.came for row in hers(audience.corrects)))
        and (audience.not_received is None or not any(map(has, (audience.not_received, *audience.rest_of))))
        and (audience.not_opened is None or unopened(audience.not_opened))
    )


def a_soul(random: Random) -> Soul:
    soul = Soul(
        subscription=random.choice([*Subscription, *[Subscription.ACTIVE] * 8]),
        born=random.choice([None, *range(1990, 2011)]),
        unit_id=random.choice([None, *UNITS]),
        source=random.choice(SOURCES),
        muted=random.choice([[], [], ["awards"], ["policy", "awards"]]),
        reached=random.random() < 0.4,
    )
    for channel in random.choice([[ChannelName.TELEGRAM], [ChannelName.ZALO_OA], list(CHANNELS), list(CHANNELS), []]):
        soul.at.append(
            Whereabouts(
                address_id=0,
                channel=channel,
                agreed=random.random() < 0.8,
                reachable=random.random() < 0.8,
                hours=random.choice([None, 1, 60, 300]),
            )
        )
    for number in (FIRST, SECOND, DIGEST):
        if soul.at and random.random() < 0.7:
            state = random.choice([*DeliveryState, *[DeliveryState.SENT] * 6])
            known = {DeliveryState.REPLACED: NO_RECEIPT, DeliveryState.SENT: RECALLED}
            why = random.choice(["", known.get(state, "")])
            told = frozenset(random.sample([FIRST, SECOND], random.randrange(3))) if number == DIGEST else frozenset()
            soul.rows.append(Row(number, state, why, random.random() < 0.4, told))
            if told and state == DeliveryState.REPLACED:  # by another way, with the same lines
                soul.rows.append(Row(number, DeliveryState.SENT, "", random.random() < 0.4, told, leg=2))
    return soul


async def deliver(db: AsyncConnection, contact_id: ContactId, rows: list[Row]) -> None:
    for index, row in enumerate(rows):
        stamps = {
            "opened_at": NOW if row.opened and index else None,
            "seen_at": None if index or not row.opened else NOW,
        }
        whose = {"campaign_id": row.campaign_id, "contact_id": contact_id, "account_id": 1, "leg": row.leg}
        about = {"state": row.state, "reason": row.why, "version": 1, "changed_at": NOW}
        made = insert(t.delivery).values(**whose, **about, **stamps).returning(t.delivery.c.id)
        delivery_id = (await db.execute(made)).scalar_one()
        for told in row.tells_of if row.leg == 1 else ():
            await db.execute(insert(t.digest_item).values(delivery_id=delivery_id, campaign_id=told))


async def settle(database: Database, souls: dict[ContactId, Soul]) -> int:
    """Write them down; the last tenth are joined to the first ones, whose messages theirs were as well. Gives the period's id."""
    async with database.write() as tx:
        db, now = tx.connection, {"created_at": NOW, "changed_at": NOW}
        zalo = await tx.contacts.account(channel=ChannelName.ZALO_OA, external_id="9", name="", windowed=True)
        accounts = {ChannelName.TELEGRAM: AccountId(1), ChannelName.ZALO_OA: zalo}
        period = Period(code="p", name=LocalText(vi="p", en="p"), first_on=NOW.date(), last_on=NOW.date())
        [stored] = await tx.reach.ensure_periods([period])
        for number, soul in souls.items():
            about = {"subscription": soul.subscription, "birth_year": soul.born, "unit_id": soul.unit_id}
            await db.execute(
                insert(t.contact).values(id=number, source=soul.source, muted_topics=soul.muted, **about, **now)
            )
            for place in soul.at:
                spoke = None if place.hours is None else NOW - timedelta(hours=place.hours)
                row = {"account_id": accounts[place.channel], "external_id": str(number), "reachable": place.reachable}
                made = insert(t.address).values(contact_id=number, interacted_at=spoke, **row, **now)
                place.address_id = (await db.execute(made.returning(t.address.c.id))).scalar_one()
                if place.agreed:
                    consent = {"text_version": "1", "text_hash": "0", "given_at": NOW, "message_ref": "1"}
                    whose = {"contact_id": number, "address_id": place.address_id, "channel": place.channel}
                    await db.execute(insert(t.consent).values(purpose=Purpose.NOTICES, **whose, **consent))
            if soul.reached:
                values = {
                    "period_id": stored.period_id,
                    "contact_id": number,
                    "inside": True,
                    "age_band": AgeBand.YOUTH,
                }
                await db.execute(insert(t.reach_person).values(**values, e1_at=NOW, turns=1))
        by = await tx.officers.grant(next(iter(souls)), role=Role.ADMIN, unit_id=None, by=None, at=NOW)
        for title in ("Tin thứ nhất", "Tin thứ hai", "Điểm tin"):
            content = Content(title=title, paragraphs=())
            await tx.campaigns.add(content=content, audience=Audience(), by=by.officer_id, unit_id=None, at=NOW)
        for number, soul in souls.items():
            await deliver(db, number, soul.rows)
        numbers = list(souls)
        for kept, joined in zip(numbers, numbers[-(PEOPLE // 10) :], strict=False):
            link = {"kept_id": kept, "joined_id": joined, "snapshot": {}, "linked_at": NOW}
            undone = NOW if joined % 2 else None
            await db.execute(insert(t.link).values(undone_at=undone, **link))
            if undone is None:
                souls[kept].rows += souls[joined].rows
    return stored.period_id


def some(values: tuple[T, ...]) -> st.SearchStrategy[tuple[T, ...]]:
    return st.lists(st.sampled_from(values), unique=True, max_size=len(values)).map(tuple)


RULES = st.builds(
    Audience,
    kind=st.sampled_from(AudienceKind),
    unit_ids=some(UNITS),
    corrects=st.sampled_from([FIRST, SECOND, None]),
    ages=st.none() | st.tuples(st.integers(16, 24), st.integers(18, 36)),
    topics=some(TOPICS),
    sources=some(SOURCES),
    channels=some(CHANNELS),
    not_received=st.sampled_from([None, None, FIRST, SECOND]),
    not_opened=st.sampled_from([None, None, FIRST, SECOND]),
    rest_of=st.sampled_from([(), (), (FIRST,), (FIRST, SECOND)]),
)


def test_the_statement_equals_the_rule_in_plain_words(url: str, keyring: Keyring) -> None:
    """Over one population, and for every rule the same people; on both engines."""
    random = Random(4)  # noqa: S311  (no secret)
    souls = {ContactId(number): a_soul(random) for number in range(101, 101 + PEOPLE)}
    with asyncio.Runner() as runner:
        database = Database(url, keyring=keyring)
        period_id = runner.run(settle(database, souls))
        sizes = set()

        async def found(audience: Audience) -> set[int]:
            choice = window_values(Windows(), paid_left=0, at=NOW)
            async with database.read() as tx:
                rows = await tx.connection.execute(meant(audience, main_period=period_id, at=NOW), choice)
                return set(rows.scalars())

        @settings(max_examples=80, deadline=None)
        @given(RULES)
        def check(audience: Audience) -> None:
            expected = {number for number, soul in souls.items() if is_meant(audience, soul)}
            assert runner.run(found(audience)) == expected
            sizes.add(len(expected))

        check()
        assert len(sizes) > 10, "rules that mean nobody prove nothing"
        runner.run(database.close())


async def frozen(books: Books, audience: Audience) -> Campaign:
    """Frozen in small steps, with those left out who are not to be written to."""
    campaign = await books.campaign(state=CampaignState.PREPARING, audience=audience)
    after: int | None = 0
    while after is not None:
        async with books.database.write() as tx:
            after = await tx.ledger.freeze_chunk(campaign, main_period=None, after=after, size=3, at=books.clock())
    after = 0
    while after is not None:
        async with books.database.write() as tx:
            after = await tx.ledger.leave_out_chunk(
                campaign.campaign_id, limits=books.limits(), after=after, size=3, at=books.clock()
            )
    await books.check()
    async with books.database.read() as tx:
        return await tx.campaigns.get(campaign.campaign_id) or campaign


async def test_the_figure_shown_is_the_rows_frozen_less_those_left_out(books: Books) -> None:
    for number in range(14):
        await books.person(
            unit=("06325", "05977")[number % 2],
            birth_year=2000 + number,
            source="src_tet" if number % 3 else "",
            subscription=Subscription.STOPPED if number == 4 else Subscription.ACTIVE,
        )
    audience = Audience(ages=(16, 24), sources=("src_tet",))
    async with books.database.read() as tx:
        shown = await tx.ledger.preview(audience, limits=books.limits(), at=books.clock())
    campaign = await frozen(books, audience)
    assert campaign.tally.pending == shown.will_get == campaign.tally.total - campaign.tally.skipped
    assert campaign.tally.skipped == sum(shown.excluded.values()) == 1
    assert sum(shown.by_unit.values()) == shown.will_get
    assert shown.by_unit.keys() == {books.units["06325"], books.units["05977"]}


async def test_ages_are_those_of_the_day_of_sending(books: Books) -> None:
    """Ordered in December for January: whoever turns 23 in the new year is not meant any more."""
    await books.person(birth_year=NOW.year + 1 - 23)
    audience = Audience(ages=(16, 22))
    made = await books.campaign(state=CampaignState.PREPARING, audience=audience)
    later = NOW.replace(year=NOW.year + 1, month=1)
    async with books.database.write() as tx:
        assert (await tx.ledger.preview(audience, limits=books.limits(), at=NOW)).will_get == 1
        assert (await tx.ledger.preview(audience, limits=books.limits(), at=later)).will_get == 0
        await tx.ledger.freeze_chunk(replace(made, not_before=later), main_period=None, after=0, size=9, at=NOW)
        assert not (await tx.connection.execute(select(t.delivery.c.id))).all()
