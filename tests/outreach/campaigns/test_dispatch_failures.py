"""The bulk lane on a bad day: every kind of failure has one treatment, and nothing is left in the air."""

import asyncio
import logging
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from outreach.campaigns.model import CampaignState, Delivery, DeliveryId, DeliveryState, OnUnknown, Recipient
from outreach.campaigns.outcomes import MOST_ATTEMPTS, NOT_MADE, outcome_of
from outreach.messaging import AccountId, Address, CampaignId, ContactId, SendError, SendErrorKind
from storage import tables as t
from tests.outreach.campaigns.conftest import Office

AT = datetime(2026, 10, 12, 3, 0, tzinfo=UTC)
PENDING, FAILED, SENT, UNKNOWN, SKIPPED = (
    DeliveryState.PENDING,
    DeliveryState.FAILED,
    DeliveryState.SENT,
    DeliveryState.UNKNOWN,
    DeliveryState.SKIPPED,
)


def claimed(attempts: int = 1) -> Delivery:
    return Delivery(
        delivery_id=DeliveryId(1),
        campaign_id=CampaignId(1),
        contact=Recipient(contact_id=ContactId(1), unit_id=None, language="vi"),
        address=Address(account_id=AccountId(1), external_id="100"),
        version=1,
        attempts=attempts,
    )


@pytest.mark.parametrize(
    ("kind", "retry_after", "attempts", "state", "wait", "counted"),
    [
        (SendErrorKind.GONE, 0, 1, FAILED, None, True),
        (SendErrorKind.MOVED, 0, 1, FAILED, None, True),
        (SendErrorKind.OUR_FAULT, 0, 1, FAILED, None, True),
        (SendErrorKind.HARMLESS, 0, 1, SENT, None, True),
        (SendErrorKind.UNKNOWN, 0, 1, UNKNOWN, None, True),
        (SendErrorKind.NOT_NOW, 17, 99, PENDING, 17, False),
        (SendErrorKind.NEVER_LEFT, 0, 99, PENDING, 5, False),
        (SendErrorKind.REVOKED, 0, 99, PENDING, 0, False),
        (SendErrorKind.EXHAUSTED, 0, 99, PENDING, 0, False),
        (SendErrorKind.REFUSED, 0, 1, PENDING, 4, True),
        (SendErrorKind.REFUSED, 0, 3, PENDING, 16, True),
        (SendErrorKind.REFUSED, 9, 3, PENDING, 9, True),
        (SendErrorKind.REFUSED, 0, MOST_ATTEMPTS, FAILED, None, True),
    ],
)
def test_each_kind_has_one_treatment(
    *, kind: SendErrorKind, retry_after: float, attempts: int, state: DeliveryState, wait: float | None, counted: bool
) -> None:
    error = SendError(kind, "why", retry_after=retry_after)
    outcome = outcome_of(claimed(attempts), error=error, at=AT)
    assert (outcome.state, outcome.reason, outcome.error, outcome.counted) == (state, "why", kind, counted)
    if wait is None:
        assert outcome.not_before is None
    else:
        # What the provider refused comes back in no step with others.
        later = 1.25 if kind == SendErrorKind.REFUSED and not retry_after else 1.0
        assert outcome.not_before
        assert AT + timedelta(seconds=wait) <= outcome.not_before <= AT + timedelta(seconds=wait * later)


@pytest.mark.parametrize(("attempts", "state"), [(2, PENDING), (3, FAILED)])
def test_a_provider_may_allow_fewer_attempts(attempts: int, state: DeliveryState) -> None:
    error = SendError(SendErrorKind.REFUSED, "provider_error", most_tries=3)
    assert outcome_of(claimed(attempts), error=error, at=AT).state == state


def test_an_odd_answer_stays_unknown() -> None:
    error = SendError(SendErrorKind.UNKNOWN, "send_failed", most_tries=2)
    assert outcome_of(claimed(), error=error, at=AT).state == UNKNOWN


def test_no_two_come_back_in_step() -> None:
    error = SendError(SendErrorKind.REFUSED, "provider_error")
    assert len({outcome_of(claimed(), error=error, at=AT).not_before for _ in range(20)}) > 10


def test_the_table_knows_every_kind() -> None:
    ends = {PENDING, FAILED, SENT, UNKNOWN, SKIPPED}
    for kind in SendErrorKind:
        assert outcome_of(claimed(), error=SendError(kind, "x"), at=AT).state in ends


async def test_told_to_slow_down_the_whole_lane_waits_and_rows_go_back(office: Office) -> None:
    names = await office.people(40)
    campaign = await office.campaign()
    office.fails("105", SendErrorKind.NOT_NOW, "rate_limited", retry_after=3.0)
    async with office.running(rate=150.0) as dispatcher:
        await office.asked(6)
        found = await office.settled(campaign)  # while the lane is held: what had not left is not kept waiting
        asked = len(office.channel.asked)
        assert asked < 30
        assert found == {"sent": asked - 1, "pending": 40 - asked + 1}
        await asyncio.sleep(0.3)
        assert len(office.channel.asked) == asked
        office.clock.advance(seconds=4)
        await office.done(campaign)
        dispatcher.stop()
    assert sorted(office.channel.accepted) == names
    assert office.channel.asked.count("105") == 2
    async with office.database.read() as tx:
        rate = await tx.leases.learned_rate(dispatcher.lane)
        attempts = (await tx.connection.execute(select(t.delivery.c.attempts))).scalars().all()
    assert rate
    assert 150 * 0.9 <= rate < 150 * 0.93
    assert set(attempts) == {1}  # being told to slow down is no attempt at the recipient


async def test_the_learned_rate_is_where_the_next_lane_begins(office: Office) -> None:
    await office.people(2)
    campaign = await office.campaign()
    office.fails("100", SendErrorKind.NOT_NOW, retry_after=0.05)
    async with office.running(rate=100.0) as first:
        await office.asked(1)
        office.clock.advance(seconds=1)
        await office.done(campaign)
    async with office.database.read() as tx:
        learned = await tx.leases.learned_rate(first.lane)
    assert learned
    assert learned < 91
    second = office.dispatcher(rate=100.0)
    lane = await second._take_lane()
    assert lane
    assert lane.bucket.rate == learned
    await second._leave(lane)


async def test_a_lost_reply_stays_unknown_and_is_never_repeated_by_itself(office: Office) -> None:
    await office.people(5)
    campaign = await office.campaign()
    office.fails("102", SendErrorKind.UNKNOWN, "reply_lost")
    async with office.running():
        await office.done(campaign)
        office.clock.advance(days=1)
        await asyncio.sleep(0.2)
    assert await office.states(campaign) == {"sent": 4, "unknown": 1}
    assert office.channel.asked.count("102") == 1
    async with office.database.read() as tx:
        assert (await tx.ledger_reports.reasons(campaign.campaign_id))[(UNKNOWN, "reply_lost")] == 1
        reached = (await tx.connection.execute(select(t.reach_person.c.contact_id).distinct())).scalars().all()
    assert len(reached) == 4


async def test_a_campaign_that_would_rather_repeat_tries_once_more(office: Office) -> None:
    await office.people(3)
    campaign = await office.campaign(state=CampaignState.DRAFT)
    async with office.database.write() as tx:
        assert await tx.campaigns.edit(campaign.campaign_id, on_unknown=OnUnknown.RATHER_REPEAT)
        assert await tx.campaigns.move(campaign.campaign_id, state=CampaignState.PREPARING, at=office.clock())
        await tx.ledger.freeze_chunk(campaign, main_period=None, after=0, size=10, at=office.clock())
        await tx.ledger.finish_freezing(campaign.campaign_id, at=office.clock())
        assert await tx.campaigns.move(campaign.campaign_id, state=CampaignState.RUNNING, at=office.clock())
    office.fails("101", SendErrorKind.UNKNOWN)
    office.fails("102", SendErrorKind.UNKNOWN)
    office.fails("102", SendErrorKind.UNKNOWN)
    async with office.running():
        await office.asked(3)
        await asyncio.sleep(0.1)
        office.clock.advance(seconds=31)
        await office.done(campaign)
        office.clock.advance(days=1)
        await asyncio.sleep(0.2)
    assert await office.states(campaign) == {"sent": 2, "unknown": 1}
    assert sorted(office.channel.asked) == ["100", "101", "101", "102", "102"]


async def test_who_has_left_is_unreachable_from_then_on(office: Office) -> None:
    await office.people(3)
    first = await office.campaign()
    office.fails("101", SendErrorKind.GONE, "blocked")
    async with office.running():
        await office.done(first)
    second = await office.campaign()
    async with office.running():
        await office.done(second)
    assert await office.states(first) == {"sent": 2, "failed": 1}
    assert await office.states(second) == {"sent": 2, "skipped": 1}
    async with office.database.read() as tx:
        known = await tx.contacts.known(Address(account_id=office.channel.account_id, external_id="101"))
        assert (await tx.ledger_reports.reasons(second.campaign_id))[(DeliveryState.SKIPPED, "unreachable")] == 1
    assert not known.reachable


async def test_a_refusal_of_the_provider_is_tried_again_with_growing_waits(office: Office) -> None:
    await office.people(2)
    campaign = await office.campaign()
    for _ in range(MOST_ATTEMPTS):
        office.fails("100", SendErrorKind.REFUSED, "server_error")
    office.fails("101", SendErrorKind.REFUSED, "server_error")
    async with office.running() as dispatcher:
        for attempt in range(1, MOST_ATTEMPTS + 1):

            async def tried(times: int = attempt) -> bool:
                return office.channel.asked.count("100") == times

            await office.until(tried)
            await asyncio.sleep(0.05)
            office.clock.advance(seconds=5 * 2 ** (attempt - 1))  # four, and a quarter by chance
            dispatcher.wake.set()
        await office.done(campaign)
    assert await office.states(campaign) == {"sent": 1, "failed": 1}


async def test_ten_of_a_hundred_by_our_own_fault_halt_the_campaign(office: Office) -> None:
    names = await office.people(60)
    campaign = await office.campaign()
    for name in names[:9]:
        office.fails(name, SendErrorKind.OUR_FAULT, NOT_MADE)
    async with office.running(rate=100.0):

        async def waiting() -> bool:
            return len(office.channel.asked) >= 30

        await office.until(waiting)
        assert (await office.now(campaign)).state == CampaignState.RUNNING  # nine are not ten
        office.channel.always = SendError(SendErrorKind.OUR_FAULT, NOT_MADE)

        async def paused() -> bool:
            return (await office.now(campaign)).state == CampaignState.PAUSED

        await office.until(paused)
        await asyncio.sleep(0.3)
    stored = await office.now(campaign)
    assert stored.halt_reason == "our_fault"
    found = await office.states(campaign)
    assert 10 <= found["failed"] <= 9 + 2 * 6
    assert found["pending"] == 60 - found["sent"] - found["failed"]


@pytest.mark.parametrize(("blocks", "halts"), [(29, False), (30, True)])
async def test_a_third_who_have_blocked_halt_the_campaign(office: Office, blocks: int, *, halts: bool) -> None:
    names = await office.people(100)
    campaign = await office.campaign()
    for name in names[10 : 10 + blocks]:
        office.fails(name, SendErrorKind.GONE, "blocked")
    async with office.running():

        async def over() -> bool:
            return (await office.now(campaign)).state in {CampaignState.PAUSED, CampaignState.FINISHED} or (
                await office.states(campaign)
            ) == {"sent": 100 - blocks, "failed": blocks}

        await office.until(over)
    assert (await office.now(campaign)).halt_reason == ("many_blocked" if halts else "")


async def test_nine_failures_of_ours_halt_nothing(office: Office) -> None:
    names = await office.people(40)
    campaign = await office.campaign()
    for name in names[:9]:
        office.fails(name, SendErrorKind.OUR_FAULT, NOT_MADE)
    async with office.running():
        await office.done(campaign)
    assert (await office.now(campaign)).halt_reason == ""
    assert await office.states(campaign) == {"sent": 31, "failed": 9}


async def test_a_message_that_is_wrong_halts_at_once_and_not_again(office: Office) -> None:
    """The first such answer; who goes on nevertheless has looked, and a few more do not stop her again."""
    names = await office.people(30)
    campaign = await office.campaign()
    for name in (names[0], names[-1]):
        office.fails(name, SendErrorKind.OUR_FAULT, "cannot_parse")

    async def paused() -> bool:
        return (await office.now(campaign)).state == CampaignState.PAUSED

    async with office.running(rate=60.0):
        await office.until(paused)
        assert (await office.now(campaign)).halt_reason == "wrong_message"
        assert len(office.channel.asked) <= 3 * 4
        async with office.database.write() as tx:
            assert await tx.campaigns.move(campaign.campaign_id, state=CampaignState.RUNNING, at=office.clock())
        await office.done(campaign)
    assert (await office.now(campaign)).state == CampaignState.RUNNING
    assert await office.states(campaign) == {"sent": 28, "failed": 2}


async def test_what_goes_wrong_with_the_last_one_halts_nothing(office: Office) -> None:
    names = await office.people(3)
    campaign = await office.campaign()
    office.fails(names[-1], SendErrorKind.OUR_FAULT, "cannot_parse")
    async with office.running():
        await office.done(campaign)
    assert (await office.now(campaign)).state == CampaignState.RUNNING  # the clock ends it
    assert await office.states(campaign) == {"sent": 2, "failed": 1}


async def test_a_resumed_campaign_starts_with_a_clean_sheet(office: Office) -> None:
    await office.people(40)
    campaign = await office.campaign()
    office.channel.always = SendError(SendErrorKind.OUR_FAULT, NOT_MADE)
    async with office.running(rate=150.0):

        async def paused() -> bool:
            return (await office.now(campaign)).state == CampaignState.PAUSED

        await office.until(paused)
        await office.settled(campaign)
        office.channel.always = None
        async with office.database.write() as tx:
            assert await tx.campaigns.move(campaign.campaign_id, state=CampaignState.RUNNING, at=office.clock())
        await office.done(campaign)
    assert (await office.now(campaign)).state == CampaignState.RUNNING
    assert (await office.states(campaign))["sent"] >= 15


async def test_a_lost_token_pauses_and_fails_nobody(office: Office) -> None:
    await office.people(10)
    campaign = await office.campaign()
    office.channel.always = SendError(SendErrorKind.REVOKED, "token_revoked")
    async with office.running():

        async def paused() -> bool:
            return (await office.now(campaign)).state == CampaignState.PAUSED

        await office.until(paused)
    assert (await office.now(campaign)).halt_reason == "token_revoked"
    assert await office.states(campaign) == {"pending": 10}


async def test_a_message_that_cannot_be_made_is_our_fault(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    await office.people(2)
    campaign = await office.campaign()
    async with office.database.read() as tx:
        known = await tx.contacts.known(Address(account_id=office.channel.account_id, external_id="100"))
    assert known.contact
    office.renderer.breaks_for.add(known.contact.contact_id)
    with caplog.at_level(logging.ERROR):
        async with office.running():
            await office.done(campaign)
    assert await office.states(campaign) == {"sent": 1, "failed": 1}
    assert "could not be rendered" in caplog.text


async def test_a_fault_in_the_channel_is_unknown_and_stops_nobody_else(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    await office.people(4)
    campaign = await office.campaign()
    office.channel.reactions["101"] = [ZeroDivisionError()]
    with caplog.at_level(logging.ERROR):
        async with office.running():
            await office.done(campaign)
    assert await office.states(campaign) == {"sent": 3, "unknown": 1}
    assert "broke off" in caplog.text


async def test_a_channel_that_breaks_off_for_everybody_is_halted(office: Office) -> None:
    await office.people(60)
    campaign = await office.campaign()
    office.channel.always = ZeroDivisionError()

    async def paused() -> bool:
        return (await office.now(campaign)).state == CampaignState.PAUSED

    async with office.running(rate=100.0):
        await office.until(paused)
    assert (await office.now(campaign)).halt_reason == "our_fault"
    assert (await office.states(campaign))["unknown"] <= 10 + 3 * 6
