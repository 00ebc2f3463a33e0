"""One sender an account: stopping, being cancelled, being replaced."""

import asyncio
import contextlib

import pytest

from outreach.campaigns.dispatch import Dispatcher
from outreach.campaigns.model import Campaign
from outreach.errors import LeaseLostError
from outreach.messaging import SendErrorKind
from storage.types import Keyring
from tests.outreach.campaigns.conftest import Office
from tests.outreach.campaigns.failing import Failing


async def test_stopping_leaves_nothing_in_flight_and_the_lane_free(office: Office) -> None:
    await office.people(60)
    campaign = await office.campaign()
    office.channel.always = 0.1
    async with office.running(rate=90.0) as dispatcher:
        await office.asked(10)
    found = await office.states(campaign)
    assert found.keys() == {"sent", "pending"}
    assert found["sent"] == len(office.channel.asked) == len(office.channel.accepted)
    async with office.database.read() as tx:
        assert (await tx.leases.read(dispatcher.lane))[0] == ""
    async with office.running(
        rate=1000.0, takeover_seconds=60.0
    ):  # free at once: nobody waits for a beat to stand still
        await office.done(campaign)
    assert sorted(office.channel.accepted) == [str(number) for number in range(100, 160)]


@pytest.mark.parametrize("after", [0.0, 0.01, 0.02, 0.05, 0.11, 0.17])
async def test_being_cancelled_is_a_stop_too(office: Office, after: float) -> None:
    """Wherever the cancellation comes: between claim and send, within a transaction, while a window is open."""
    await office.people(40)
    campaign = await office.campaign()
    office.channel.always = 0.03
    task = asyncio.create_task(office.dispatcher(rate=200.0).run())
    await office.asked(1)
    await asyncio.sleep(after)
    task.cancel()
    await asyncio.sleep(0)
    task.cancel()  # an impatient operator
    with pytest.raises(asyncio.CancelledError):
        await task
    found = await office.states(campaign)
    assert found.keys() <= {"sent", "pending"}
    assert found["sent"] == len(office.channel.asked)


async def test_a_second_lane_waits_while_the_first_lives(office: Office) -> None:
    await office.people(20)
    campaign = await office.campaign()
    office.channel.always = 0.05
    async with office.running(rate=30.0, holder="first", takeover_seconds=2.0):
        await office.asked(1)
        second = office.dispatcher(holder="second", takeover_seconds=2.0)
        task = asyncio.create_task(second.run())
        await asyncio.sleep(2.5)  # longer than its patience
        async with office.database.read() as tx:
            assert (await tx.leases.read(second.lane))[0] == "first"
        second.stop()
        await task
        await office.done(campaign)
    assert await office.states(campaign) == {"sent": 20}


async def test_a_slow_window_does_not_lose_the_lane(office: Office) -> None:
    await office.people(1)
    campaign = await office.campaign()
    office.channel.always = 3.0  # twice what a watcher waits
    async with office.running(holder="first", takeover_seconds=1.5):
        await office.asked(1)
        second = office.dispatcher(holder="second", takeover_seconds=1.5)
        task = asyncio.create_task(second.run())
        await office.done(campaign)
        second.stop()
        await task
    assert await office.states(campaign) == {"sent": 1}


async def taken_over(office: Office, campaign: Campaign) -> tuple[Dispatcher, "asyncio.Task[None]"]:
    """A lane whose requests hang, and whose lease another process has taken in the meantime."""
    office.channel.always = 0.5
    first = office.dispatcher(rate=60.0, holder="first")
    task = asyncio.create_task(first.run())
    await office.asked(2)
    async with office.database.write() as tx:
        lease = await tx.leases.take(first.lane, holder="other", seen=await tx.leases.read(first.lane))
        assert lease
        orphans = await tx.ledger.settle_orphans(account_id=office.channel.account_id, lease=lease, at=office.clock())
    assert orphans == (await office.states(campaign))["unknown"]
    assert orphans >= 2
    return first, task


async def test_a_lane_that_was_taken_over_writes_nothing_more(office: Office) -> None:
    await office.people(30)
    campaign = await office.campaign()
    first, task = await taken_over(office, campaign)
    before = await office.states(campaign)
    await asyncio.sleep(1.0)  # its requests came back, its outcomes are nobody's business
    assert await office.states(campaign) == before
    asked = len(office.channel.asked)
    assert asked <= before["unknown"]  # whatever left is among the unknown
    first.stop()
    await asyncio.wait_for(task, 30)
    assert len(office.channel.asked) == asked


async def test_a_lane_that_was_taken_over_queues_again(office: Office) -> None:
    names = await office.people(12)
    campaign = await office.campaign()
    first, task = await taken_over(office, campaign)
    office.channel.always = None
    await office.done(campaign)  # the other one never beats: after a second the lane is ours again
    found = await office.states(campaign)
    assert found["sent"] + found["unknown"] == 12
    assert sorted(set(office.channel.asked)) == names or found["unknown"]
    assert len(office.channel.asked) == len(set(office.channel.asked))
    first.stop()
    await asyncio.wait_for(task, 30)


async def test_a_process_that_stood_still_sends_nothing_late(office: Office) -> None:
    """After a pause longer than the takeover, the rest of an open window stays here."""
    await office.people(10)
    campaign = await office.campaign()
    dispatcher = office.dispatcher(takeover_seconds=0.5)
    lane = await dispatcher._take_lane()
    assert lane
    await dispatcher._advance(lane)
    lane.beat_at -= 1.0
    outcomes = await dispatcher._send_window(lane, lane.claimed)
    assert not office.channel.asked
    assert {outcome.state.value for outcome in outcomes} == {"pending"}
    lane.done, lane.claimed = outcomes, []
    await dispatcher._leave(lane)
    assert await office.states(campaign) == {"pending": 10}


async def test_outcomes_survive_a_transaction_that_fails(office: Office) -> None:
    await office.people(3)
    campaign = await office.campaign()
    dispatcher = office.dispatcher()
    lane = await dispatcher._take_lane()
    assert lane
    await dispatcher._advance(lane)
    lane.done, lane.claimed = await dispatcher._send_window(lane, lane.claimed), []
    async with office.database.write() as tx:
        await tx.leases.take(dispatcher.lane, holder="other", seen=await tx.leases.read(dispatcher.lane))
    with pytest.raises(LeaseLostError):
        await dispatcher._advance(lane)
    assert len(lane.done) == 3
    with contextlib.suppress(LeaseLostError):
        await dispatcher._leave(lane)
    assert await office.states(campaign) == {"in_flight": 3}  # its new holder settles them


async def test_a_hold_while_stopping_does_not_hold_the_stop_up(office: Office) -> None:
    await office.people(10)
    campaign = await office.campaign()
    office.fails("100", SendErrorKind.NOT_NOW, retry_after=30.0)
    async with office.running(rate=60.0):
        await office.asked(1)
        await asyncio.sleep(0.2)
    found = await office.states(campaign)
    assert found["pending"] >= 6
    assert "in_flight" not in found


async def test_a_database_that_fails_for_a_while_loses_no_outcome(
    office: Office, keyring: Keyring, caplog: pytest.LogCaptureFixture
) -> None:
    await office.people(30)
    campaign = await office.campaign()
    office.channel.always = 0.05
    failing = Failing(office.database.url.render_as_string(hide_password=False), keyring=keyring)
    async with office.running(rate=60.0, transactions=failing):
        await office.asked(5)
        failing.fails = 3
        await office.done(campaign)
    await failing.close()
    assert failing.fails == 0
    assert await office.states(campaign) == {"sent": 30}
    assert len(office.channel.asked) == 30
    assert "ConnectionResetError" in caplog.text
    assert "values of a person" not in caplog.text


async def test_a_database_that_fails_while_a_lane_is_let_go_loses_no_outcome(office: Office, keyring: Keyring) -> None:
    await office.people(30)
    campaign = await office.campaign()
    office.channel.always = 0.1
    failing = Failing(office.database.url.render_as_string(hide_password=False), keyring=keyring)
    async with office.running(rate=60.0, transactions=failing) as dispatcher:
        await office.asked(5)
        failing.fails = 2
        dispatcher.stop()
    await failing.close()
    found = await office.states(campaign)
    assert found.keys() == {"sent", "pending"}
    assert found["sent"] == len(office.channel.asked)
