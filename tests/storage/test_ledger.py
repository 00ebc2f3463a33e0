"""The ledger on both engines: what became of a claim; counters always say what the rows say."""

from datetime import timedelta

import pytest
from sqlalchemy import event, select

from outreach.campaigns.model import CampaignState, DeliveryState, OnUnknown, Outcome
from outreach.campaigns.outcomes import given_back
from outreach.contacts.model import Subscription
from outreach.errors import LeaseLostError
from outreach.messaging import SendErrorKind
from storage import tables as t
from tests.storage.conftest import Books

RUNNING = CampaignState.RUNNING
SENT, PENDING, SKIPPED = DeliveryState.SENT, DeliveryState.PENDING, DeliveryState.SKIPPED
FAILED, UNKNOWN = DeliveryState.FAILED, DeliveryState.UNKNOWN


async def test_every_outcome_moves_its_row_and_its_counter(books: Books) -> None:
    for _ in range(5):
        await books.person()
    campaign = await books.campaign(state=RUNNING)
    claimed = await books.claim()
    assert await books.write(claimed[:1], SENT, refs=("7", "8"))
    await books.write(claimed[1:2], FAILED, reason="bad_request")
    await books.write(claimed[2:3], UNKNOWN, reason="reply_lost")
    later = books.clock() + timedelta(seconds=30)
    await books.write(claimed[3:4], PENDING, reason="rate_limited", not_before=later, counted=False)
    await books.write(claimed[4:5], FAILED, reason="blocked", error=SendErrorKind.GONE)
    assert await books.reasons(campaign) == {
        (SENT, ""): 1,
        (FAILED, "bad_request"): 1,
        (UNKNOWN, "reply_lost"): 1,
        (PENDING, "rate_limited"): 1,
        (FAILED, "blocked"): 1,
    }
    assert not await books.write(claimed[:1], FAILED)  # written once, for good
    assert not await books.claim()
    books.clock.advance(seconds=30)
    again = await books.claim()
    assert [(delivery.delivery_id, delivery.attempts) for delivery in again] == [(claimed[3].delivery_id, 1)]
    async with books.database.read() as tx:
        assert not (await tx.contacts.known(claimed[4].address)).reachable
        [out] = await tx.undoing.out(campaign.campaign_id, after=0, limit=9)
        assert (out.delivery_id, out.refs) == (claimed[0].delivery_id, ("7", "8"))
        rows = await tx.ledger_reports.rows(campaign.campaign_id, after=claimed[0].delivery_id, limit=2)
    assert [(row.delivery_id, row.state, row.reason) for row in rows] == [
        (claimed[1].delivery_id, FAILED, "bad_request"),
        (claimed[2].delivery_id, UNKNOWN, "reply_lost"),
    ]


async def test_who_came_back_while_the_request_was_on_its_way_stays_reachable(books: Books) -> None:
    await books.person(external_id="501")
    await books.campaign(state=RUNNING)
    claimed = await books.claim()
    left = Outcome(delivery=claimed[0], state=FAILED, at=books.clock(), reason="blocked", error=SendErrorKind.GONE)
    books.clock.advance(seconds=1)
    async with books.database.write() as tx:
        await tx.contacts.set_reachable(claimed[0].address, reachable=True, reason="", at=books.clock())
    async with books.database.write() as tx:
        await tx.ledger.write_outcomes([left], lease=books.lease, at=books.clock())
        assert (await tx.contacts.known(claimed[0].address)).reachable


async def test_a_stale_lease_writes_nothing(books: Books) -> None:
    for _ in range(3):
        await books.person()
    campaign = await books.campaign(state=RUNNING)
    claimed = await books.claim(size=2)
    async with books.database.write() as tx:
        newer = await tx.leases.take("bulk:1", holder="other", seen=await tx.leases.read("bulk:1"))
        assert newer
        assert await tx.ledger.settle_orphans(account_id=books.account_id, lease=newer, at=books.clock()) == 2
    await books.check()
    with pytest.raises(LeaseLostError):
        await books.write(claimed)
    assert await books.reasons(campaign) == {(UNKNOWN, "interrupted"): 2, (PENDING, ""): 1}
    # Even past the check, the epoch on the row keeps the outcome out.
    async with books.database.write() as tx:
        outcomes = [Outcome(delivery=delivery, state=SENT, at=books.clock()) for delivery in claimed]
        assert not await tx.ledger.write_outcomes(outcomes, lease=books.lease, at=books.clock())
        assert not await tx.ledger.write_outcomes(outcomes, lease=newer, at=books.clock())
        assert not await tx.ledger.write_outcomes([], lease=newer, at=books.clock())


async def test_the_present_holder_s_rows_are_no_orphans(books: Books) -> None:
    await books.person()
    await books.campaign(state=RUNNING)
    await books.claim()
    async with books.database.write() as tx:
        assert await tx.ledger.settle_orphans(account_id=books.account_id, lease=books.lease, at=books.clock()) == 0
    await books.check()


async def test_the_officer_repeats_or_leaves_what_is_unknown(books: Books) -> None:
    for _ in range(2):
        await books.person()
    campaign = await books.campaign(state=RUNNING)
    await books.write(await books.claim(), UNKNOWN)
    async with books.database.write() as tx:
        assert await tx.ledger.resolve_unknown(campaign.campaign_id, repeat=True, at=books.clock()) == 2
        assert await tx.ledger.resolve_unknown(campaign.campaign_id, repeat=True, at=books.clock()) == 0
    await books.write(await books.claim(), UNKNOWN)
    async with books.database.write() as tx:
        assert await tx.ledger.resolve_unknown(campaign.campaign_id, repeat=False, at=books.clock()) == 2
    await books.check()
    assert await books.reasons(campaign) == {(DeliveryState.SENT_ASSUMED, "left_by_officer"): 2}


async def test_failed_ones_are_tried_again_on_the_officer_s_word(books: Books) -> None:
    await books.person()
    campaign = await books.campaign(state=RUNNING)
    await books.write(await books.claim(), FAILED, reason="bad_request")
    async with books.database.write() as tx:
        assert await tx.ledger.retry_failed(campaign.campaign_id, at=books.clock()) == 1
    assert [delivery.attempts for delivery in await books.claim()] == [1]


async def test_a_cancelled_campaign_keeps_nothing_pending(books: Books) -> None:
    for _ in range(5):
        await books.person()
    campaign = await books.campaign(state=RUNNING)
    claimed = await books.claim(size=3)
    await books.write(claimed[2:], UNKNOWN)
    await books.move(campaign, CampaignState.CANCELLED)
    async with books.database.write() as tx:
        assert await tx.ledger.give_up_pending(campaign.campaign_id, reason="cancelled", at=books.clock()) == 2
    outcomes = [given_back(claimed[0], at=books.clock()), Outcome(delivery=claimed[1], state=SENT, at=books.clock())]
    async with books.database.write() as tx:
        written = await tx.ledger.write_outcomes(outcomes, lease=books.lease, at=books.clock())
        assert await tx.ledger.resolve_unknown(campaign.campaign_id, repeat=True, at=books.clock()) == 0
        assert await tx.ledger.retry_failed(campaign.campaign_id, at=books.clock()) == 0
    await books.check()
    assert [outcome.state for outcome in written] == [SKIPPED, SENT]
    assert await books.reasons(campaign) == {(SKIPPED, "cancelled"): 3, (SENT, ""): 1, (UNKNOWN, ""): 1}


async def test_a_campaign_that_would_rather_repeat_does_so_once_after_a_takeover(books: Books) -> None:
    await books.person()
    campaign = await books.campaign(state=RUNNING)
    async with books.database.write() as tx:
        rather = t.campaign.update().values(on_unknown=OnUnknown.RATHER_REPEAT)
        await tx.connection.execute(rather)
    for expected in ((PENDING, "repeated_by_rule"), (UNKNOWN, "interrupted")):
        assert len(await books.claim()) == 1
        async with books.database.write() as tx:
            lease = await tx.leases.take("bulk:1", holder="other", seen=await tx.leases.read("bulk:1"))
            assert lease
            assert await tx.ledger.settle_orphans(account_id=books.account_id, lease=lease, at=books.clock()) == 1
        books.lease = lease
        await books.check()
        assert await books.reasons(campaign) == {expected: 1}
        assert not await books.claim()  # not at once
        books.clock.advance(seconds=30)


async def test_who_may_have_it_is_unknown_and_not_skipped_when_a_repeat_is_cancelled(books: Books) -> None:
    for _ in range(4):
        await books.person()
    campaign = await books.campaign(state=RUNNING)
    async with books.database.write() as tx:
        await tx.connection.execute(t.campaign.update().values(on_unknown=OnUnknown.RATHER_REPEAT))
    await books.write(await books.claim(size=2), UNKNOWN)
    books.clock.advance(seconds=30)
    under_way = await books.claim(size=3)
    assert [delivery.attempts for delivery in under_way] == [2, 2, 1]
    await books.write(under_way[:1], PENDING, reason="retry_after", counted=False)
    tried = books.clock()
    await books.move(campaign, CampaignState.CANCELLED)
    books.clock.advance(days=7)
    async with books.database.write() as tx:
        await tx.ledger.give_up_pending(campaign.campaign_id, reason="cancelled", at=books.clock())
        rows = await tx.ledger_reports.rows(campaign.campaign_id, after=0, limit=9)
    assert [row.at for row in rows if row.state == UNKNOWN] == [tried]
    await books.write(under_way[1:], PENDING, counted=False)
    assert await books.reasons(campaign) == {(UNKNOWN, "interrupted"): 2, (SKIPPED, "cancelled"): 2}


async def test_who_is_not_to_be_written_to_is_left_out_in_chunks(books: Books) -> None:
    stays = [await books.person() for _ in range(3)]
    stopped = [await books.person(subscription=Subscription.STOPPED) for _ in range(2)]
    campaign = await books.campaign(state=RUNNING)
    last: int | None = 0
    chunks = 0
    while last is not None:
        async with books.database.write() as tx:
            last = await tx.ledger.leave_out_chunk(
                campaign.campaign_id, limits=books.limits(), after=last, size=2, at=books.clock()
            )
        await books.check()
        chunks += 1
    assert chunks == 3
    assert await books.reasons(campaign) == {(SKIPPED, "stopped"): len(stopped), (PENDING, ""): len(stays)}
    assert {delivery.contact.contact_id for delivery in await books.claim()} == set(stays)


async def test_nothing_of_a_campaign_is_claimed_before_its_hour(books: Books) -> None:
    """Whatever its state says: a schedule is a promise."""
    await books.person()
    campaign = await books.campaign(state=RUNNING)
    async with books.database.write() as tx:
        later = books.clock() + timedelta(days=5)
        await tx.connection.execute(t.campaign.update().values(not_before=later))
    assert not await books.claim()
    assert await books.reasons(campaign) == {(PENDING, ""): 1}
    books.clock.now = later
    assert len(await books.claim()) == 1


async def test_who_has_gone_is_marked_in_one_statement(books: Books) -> None:
    """However many: one of them came back meanwhile, one has another reason, one has not gone."""
    for number in range(4):
        await books.person(external_id=str(500 + number))
    await books.campaign(state=RUNNING)
    claimed = await books.claim()
    reasons = ["blocked", "deactivated", "blocked", ""]
    outcomes = [
        Outcome(
            delivery=delivery,
            state=FAILED if reason else SENT,
            at=books.clock(),
            reason=reason,
            error=SendErrorKind.GONE if reason else None,
        )
        for delivery, reason in zip(claimed, reasons, strict=True)
    ]
    books.clock.advance(seconds=1)
    async with books.database.write() as tx:
        await tx.contacts.set_reachable(claimed[2].address, reachable=True, reason="", at=books.clock())
    statements: list[str] = []
    async with books.database.write() as tx:
        connection = tx.connection.sync_connection
        event.listen(connection, "before_cursor_execute", lambda _c, _cur, sql, *_: statements.append(sql))
        assert len(await tx.ledger.write_outcomes(outcomes, lease=books.lease, at=books.clock())) == 4
    assert sum(sql.startswith("UPDATE address") for sql in statements) == 1
    async with books.database.read() as tx:
        rows = await tx.connection.execute(
            select(t.address.c.external_id, t.address.c.reachable, t.address.c.unreachable_reason).where(
                t.address.c.external_id.in_([delivery.address.external_id for delivery in claimed])
            )
        )
        found = {row.external_id: (row.reachable, row.unreachable_reason) for row in rows}
    assert [found[delivery.address.external_id] for delivery in claimed] == [
        (False, "blocked"),
        (False, "deactivated"),
        (True, ""),
        (True, ""),
    ]
