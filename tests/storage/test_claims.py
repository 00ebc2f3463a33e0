"""Who is frozen into a campaign, who is claimed for a window, and who is left out and why."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from outreach.campaigns.model import Audience, AudienceKind, CampaignState, Content, DeliveryState
from outreach.contacts.model import Purpose, Rhythm, Subscription
from outreach.dialogue import RESTING, Dialogue
from outreach.messaging import Address, ChannelName
from outreach.pack import Pack
from outreach.reach.model import Tier
from storage import tables as t
from tests.storage.conftest import Books

RUNNING = CampaignState.RUNNING
PENDING, SKIPPED, IN_FLIGHT, FAILED = (
    DeliveryState.PENDING,
    DeliveryState.SKIPPED,
    DeliveryState.IN_FLIGHT,
    DeliveryState.FAILED,
)


async def test_freezing_in_chunks_may_be_interrupted_and_begun_again(books: Books) -> None:
    people = [await books.person(unit="06325") for _ in range(7)]
    campaign = await books.campaign(state=CampaignState.PREPARING)

    async def chunk(after: int) -> int | None:
        async with books.database.write() as tx:
            return await tx.ledger.freeze_chunk(campaign, main_period=None, after=after, size=3, at=books.clock())

    assert await chunk(0) == people[2]
    await books.check()
    ends: list[int | None] = [0]
    while ends[-1] is not None:  # from the beginning once more
        ends.append(await chunk(ends[-1]))
        await books.check()
    assert ends == [0, people[2], people[5], None]
    async with books.database.read() as tx:
        rows = (await tx.connection.execute(select(t.delivery).order_by(t.delivery.c.id))).all()
    assert [row.contact_id for row in rows] == people
    assert {(row.unit_id, row.state, row.version, row.attempts) for row in rows} == {
        (books.units["06325"], "pending", 1, 0)
    }


async def test_the_audience_is_all_some_units_or_those_not_reached(books: Books, langson: Pack) -> None:
    bac_son, cao_loc = await books.person(unit="06325"), await books.person(unit="06211")
    await books.person(unit="06325", subscription=Subscription.JOINING)
    await books.person(subscription=Subscription.NONE, consent=False)
    async with books.database.write() as tx:
        periods = await tx.reach.ensure_periods([langson.main_period.in_year(2026)])
        await tx.reach.record(
            [bac_son],
            tier=Tier.ACCEPTED,
            periods=periods,
            youth=langson.ages.youth,
            campaign_id=None,
            turns=1,
            at=books.clock(),
        )
    kinds = {
        "all": (Audience(), {bac_son, cao_loc}),
        "unit": (Audience(kind=AudienceKind.UNITS, unit_ids=(books.units["06211"],)), {cao_loc}),
        "no unit at all": (Audience(kind=AudienceKind.UNITS), set()),
        "not reached": (Audience(kind=AudienceKind.NOT_REACHED), {cao_loc}),
        "not reached there": (Audience(kind=AudienceKind.NOT_REACHED, unit_ids=(books.units["06325"],)), set()),
    }
    for name, (audience, expected) in kinds.items():
        campaign = await books.campaign(state=CampaignState.PREPARING, audience=audience)
        async with books.database.write() as tx:
            main = periods[0].period_id
            preview = await tx.ledger.preview(audience, limits=books.limits(main_period=main), at=books.clock())
            await tx.ledger.freeze_chunk(campaign, main_period=main, after=0, size=100, at=books.clock())
            chosen = select(t.delivery.c.contact_id).where(t.delivery.c.campaign_id == campaign.campaign_id)
            frozen = set((await tx.connection.execute(chosen)).scalars())
        assert frozen == expected, name
        assert preview.will_get == len(expected), name
        assert preview.first_time == len(expected - {bac_son}), name


async def test_whom_something_speaks_against_is_skipped_with_the_reason(books: Books, plan_136: Content) -> None:
    """The same people, asked before (preview) and at the last moment (claim)."""
    at, day = books.clock(), timedelta(days=1)
    await books.person(external_id="fine")
    await books.person(external_id="paused-long-ago", subscription=Subscription.PAUSED, paused_until=at - day)
    await books.person(subscription=Subscription.STOPPED)
    await books.person(consent=False)
    await books.person(external_id="blocked")
    await books.person(subscription=Subscription.PAUSED, paused_until=at + day)
    await books.person(subscription=Subscription.PAUSED)
    await books.person(muted_topics=("sport", "talent"))
    await books.person(external_id="other-topic", muted_topics=("tal", "talents", "talent_x"))
    withdrawn = await books.person()
    async with books.database.write() as tx:
        blocked = Address(account_id=books.account_id, external_id="blocked")
        await tx.contacts.set_reachable(blocked, reachable=False, reason="blocked", at=at)
        await tx.contacts.withdraw(withdrawn, purpose=Purpose.NOTICES, how="stop", at=at)
    campaign = await books.campaign(
        state=RUNNING, content=replace(plan_136, topic="talent"), audience=Audience(topic="talent")
    )
    expected = {"stopped": 3, "unreachable": 1, "paused": 2, "topic_muted": 1}
    async with books.database.read() as tx:
        preview = await tx.ledger.preview(Audience(topic="talent"), limits=books.limits(), at=at)
    claimed = await books.claim()
    assert {delivery.address.external_id for delivery in claimed} == {"fine", "paused-long-ago", "other-topic"}
    assert preview.will_get == 3
    assert preview.excluded == expected
    assert await books.reasons(campaign) == {
        (IN_FLIGHT, ""): 3,
        **{(SKIPPED, reason): number for reason, number in expected.items()},
    }


async def test_a_week_holds_so_many_messages_and_no_more(books: Books) -> None:
    await books.person(external_id="as it comes")
    await books.person(external_id="weekly", rhythm=Rhythm.WEEKLY)
    got = []
    for _ in range(3):
        await books.campaign(state=RUNNING)
        claimed = await books.claim()
        got.append({delivery.address.external_id for delivery in claimed})
        await books.write(claimed)
    assert got == [{"as it comes", "weekly"}, {"as it comes"}, set()]
    books.clock.advance(days=7)
    campaign = await books.campaign(state=RUNNING)
    claimed = await books.claim()
    assert len(claimed) == 2
    await books.write(claimed, FAILED)  # what failed was no message
    later = await books.campaign(state=RUNNING)
    assert len(await books.claim()) == 2
    assert await books.reasons(campaign) == {(FAILED, ""): 2}
    assert await books.reasons(later) == {(IN_FLIGHT, ""): 2}


async def test_two_campaigns_in_one_window_do_not_overfill_a_week(books: Books) -> None:
    for _ in range(5):
        await books.person()
    await books.campaign(state=RUNNING)
    await books.write(await books.claim())
    first, second = [await books.campaign(state=RUNNING) for _ in range(2)]
    assert [delivery.campaign_id for delivery in await books.claim(size=7)] == [first.campaign_id] * 5
    assert await books.claim(size=7) == []
    assert await books.reasons(second) == {(SKIPPED, "week_full"): 5}


async def test_who_has_room_for_two_is_claimed_for_both(books: Books) -> None:
    """The window is no smaller for it, and nobody's row is left behind."""
    for _ in range(3):
        await books.person()
    both = [await books.campaign(state=RUNNING) for _ in range(2)]
    assert len(await books.claim(size=6)) == 6
    assert [await books.reasons(one) for one in both] == [{(IN_FLIGHT, ""): 3}] * 2


async def test_what_was_left_as_it_is_belongs_to_the_week_in_which_it_left(books: Books) -> None:
    await books.person(rhythm=Rhythm.WEEKLY)
    left = await books.campaign(state=RUNNING)
    [outcome] = await books.write(await books.claim(), DeliveryState.UNKNOWN)
    at = books.clock.advance(days=7)
    async with books.database.write() as tx:
        assert await tx.ledger.resolve_unknown(left.campaign_id, repeat=False, at=at) == 1
        [row] = await tx.ledger_reports.rows(left.campaign_id, after=0, limit=9)
    assert (row.state, row.at) == (DeliveryState.SENT_ASSUMED, outcome.at)
    await books.campaign(state=RUNNING)
    assert len(await books.claim()) == 1


async def test_what_a_kill_left_unclear_belongs_to_the_week_in_which_it_was_claimed(books: Books) -> None:
    await books.person(rhythm=Rhythm.WEEKLY)
    await books.campaign(state=RUNNING)
    assert len(await books.claim()) == 1
    at = books.clock.advance(days=7)
    async with books.database.write() as tx:
        taken = await tx.leases.take(books.lease.name, holder="next", seen=await tx.leases.read(books.lease.name))
        assert taken
        assert await tx.ledger.settle_orphans(account_id=books.account_id, lease=taken, at=at) == 1
    await books.campaign(state=RUNNING)
    assert len(await books.claim()) == 1


async def test_two_lanes_at_the_same_moment_do_not_overfill_a_week(books: Books) -> None:
    """The second one claims while the first one's transaction is open."""
    for _ in range(3):
        await books.person()
    await books.campaign(state=RUNNING)
    await books.write(await books.claim())
    here, there = [await books.campaign(state=RUNNING) for _ in range(2)]
    async with books.database.write() as tx:
        other = await tx.contacts.account(channel=ChannelName.ZALO_OA, external_id="2000", name="other")
        theirs = t.delivery.c.campaign_id == there.campaign_id
        await tx.connection.execute(update(t.delivery).where(theirs).values(account_id=other))
    async with books.database.write() as tx:
        claimed = await tx.ledger.claim_window(
            books.account_id, size=9, lease=books.lease, limits=books.limits(), at=books.clock()
        )
        second = asyncio.create_task(books.claim(account_id=other))
        await asyncio.wait({second}, timeout=0.2)
    assert len(claimed) == 3
    assert await second == []
    assert await books.claim(account_id=other) == []
    assert await books.reasons(here) == {(IN_FLIGHT, ""): 3}
    assert await books.reasons(there) == {(SKIPPED, "week_full"): 3}


async def test_nobody_is_written_to_while_staff_speak_with_her(books: Books) -> None:
    await books.person(external_id="1")
    campaign = await books.campaign(state=RUNNING)
    address = Address(account_id=books.account_id, external_id="1")
    async with books.database.write() as tx:
        await tx.silences.hand_over(address, until=books.clock() + timedelta(hours=12))
    for _ in range(2):
        assert not await books.claim()
        assert await books.reasons(campaign) == {(PENDING, "in_conversation"): 1}
        books.clock.advance(hours=11)
    books.clock.advance(hours=1)
    assert len(await books.claim()) == 1


async def test_nobody_is_written_to_in_the_middle_of_a_conversation(books: Books) -> None:
    contact_id = await books.person()
    campaign = await books.campaign(state=RUNNING)
    spoke = books.clock()

    async def answers() -> None:
        at = books.clock()
        dialogue = Dialogue(flow="nominate", version=1, step="name", started_at=spoke, answered_at=at)
        async with books.database.write() as tx:
            await tx.dialogues.save(contact_id, dialogue=dialogue)

    await answers()
    books.clock.advance(minutes=10)
    assert not await books.claim()
    assert await books.reasons(campaign) == {(PENDING, "in_conversation"): 1}
    books.clock.advance(minutes=19)
    assert not await books.claim()
    await answers()
    books.clock.advance(minutes=2)
    assert not await books.claim()
    for _ in range(5):
        await answers()
        books.clock.advance(minutes=20)
    assert len(await books.claim()) == 1  # two hours after the start nobody waits any more
    assert await books.reasons(campaign) == {(IN_FLIGHT, ""): 1}


async def test_after_half_an_hour_of_silence_she_may_be_written_to(books: Books) -> None:
    contact_id = await books.person()
    await books.campaign(state=RUNNING)
    async with books.database.write() as tx:
        dialogue = Dialogue(
            flow="nominate", version=1, step="name", started_at=books.clock(), answered_at=books.clock()
        )
        await tx.dialogues.save(contact_id, dialogue=dialogue)
    assert not await books.claim()
    books.clock.advance(minutes=30)
    assert len(await books.claim()) == 1


async def test_the_window_is_full_although_many_are_left_out(books: Books) -> None:
    for _ in range(20):
        await books.person(subscription=Subscription.STOPPED)
    for _ in range(5):
        await books.person()
    campaign = await books.campaign(state=RUNNING)
    assert len(await books.claim(size=3)) == 3
    assert await books.reasons(campaign) == {(SKIPPED, "stopped"): 20, (IN_FLIGHT, ""): 3, (PENDING, ""): 2}


async def test_only_running_campaigns_are_claimed_the_oldest_first(books: Books) -> None:
    await books.person()
    first, second, third = [await books.campaign(state=RUNNING) for _ in range(3)]
    await books.move(first, CampaignState.PAUSED)
    assert [delivery.campaign_id for delivery in await books.claim(size=1)] == [second.campaign_id]
    await books.move(first, RUNNING)
    assert [delivery.campaign_id for delivery in await books.claim(size=1)] == [first.campaign_id]
    await books.claim(size=1)
    assert await books.reasons(third) == {(SKIPPED, "week_full"): 1}


async def test_a_person_erased_after_the_freeze_is_skipped(books: Books) -> None:
    gone, _ = await books.person(), await books.person()
    campaign = await books.campaign(state=RUNNING)
    async with books.database.write() as tx:
        await tx.contacts.erase(gone, at=books.clock())
    assert len(await books.claim()) == 1
    assert await books.reasons(campaign) == {(SKIPPED, "erased"): 1, (IN_FLIGHT, ""): 1}


async def test_the_address_that_can_be_reached_is_taken_before_a_newer_one(books: Books) -> None:
    contact_id = await books.person(external_id="old")
    async with books.database.write() as tx:
        await tx.connection.execute(
            t.address.insert().values(
                account_id=books.account_id,
                external_id="new",
                contact_id=contact_id,
                reachable=False,
                created_at=books.clock(),
                changed_at=books.clock(),
            )
        )
    await books.campaign(state=RUNNING)
    assert [delivery.address.external_id for delivery in await books.claim()] == ["old"]


@pytest.mark.parametrize("flow", sorted(RESTING))
async def test_a_campaign_passes_who_only_rests_in_a_menu(books: Books, flow: str) -> None:
    """Whoever has just subscribed stands in no conversation, though choices of the last message are kept."""
    contact_id = await books.person()
    await books.campaign(state=RUNNING)
    async with books.database.write() as tx:
        dialogue = Dialogue(flow=flow, version=1, step="idle", started_at=books.clock(), answered_at=books.clock())
        await tx.dialogues.save(contact_id, dialogue=dialogue)
    assert len(await books.claim()) == 1
