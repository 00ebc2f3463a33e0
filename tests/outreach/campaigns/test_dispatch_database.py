"""The bulk lane over a database that fails at the commit, or whose answer to it is lost."""

import asyncio
import logging
from collections.abc import AsyncIterator

import pytest

from outreach.campaigns.model import CampaignState
from outreach.campaigns.outcomes import NOT_MADE
from outreach.messaging import SendErrorKind
from storage.types import Keyring
from tests.outreach.campaigns.conftest import Office
from tests.outreach.campaigns.failing import Failing


@pytest.fixture
async def failing(office: Office, keyring: Keyring) -> AsyncIterator[Failing]:
    opened = Failing(office.database.url.render_as_string(hide_password=False), keyring=keyring)
    yield opened
    await opened.close()


@pytest.mark.parametrize("unheard", [1, 3])
async def test_rows_whose_claim_was_not_heard_of_are_sent_once_by_the_same_lane(
    office: Office, failing: Failing, unheard: int
) -> None:
    names = await office.people(30)
    campaign = await office.campaign()
    async with office.running(rate=60.0, transactions=failing, takeover_seconds=60.0):
        await office.asked(5)
        failing.unheard = unheard
        await office.done(campaign)
    assert failing.unheard == 0
    assert await office.states(campaign) == {"sent": 30}
    assert sorted(office.channel.asked) == names


async def test_a_stop_gives_back_a_claim_that_was_not_heard_of(office: Office, failing: Failing) -> None:
    await office.people(20)
    campaign = await office.campaign()
    dispatcher = office.dispatcher(transactions=failing)
    lane = await dispatcher._take_lane()
    assert lane
    await dispatcher._know_periods(lane, office.clock())
    failing.unheard = 1
    with pytest.raises(ConnectionResetError):
        await dispatcher._advance(lane)
    assert await office.states(campaign) == {"in_flight": 20}
    await dispatcher._leave(lane)
    assert await office.states(campaign) == {"pending": 20}


async def test_a_window_that_is_written_twice_is_counted_once(office: Office, failing: Failing) -> None:
    """Nine of our faults are not ten, however often their transaction is repeated."""
    names = await office.people(9)
    campaign = await office.campaign()
    for name in names:
        office.fails(name, SendErrorKind.OUR_FAULT, NOT_MADE)
    dispatcher = office.dispatcher(transactions=failing)
    lane = await dispatcher._take_lane()
    assert lane
    await dispatcher._advance(lane)
    lane.done, lane.claimed = await dispatcher._send_window(lane, lane.claimed), []
    failing.fails = 1
    with pytest.raises(ConnectionResetError):
        await dispatcher._advance(lane)
    await dispatcher._advance(lane)
    await dispatcher._leave(lane)
    assert (await office.now(campaign)).state == CampaignState.RUNNING
    assert await office.states(campaign) == {"failed": 9}


async def test_a_database_that_fails_for_ever_raises_one_alarm(
    office: Office, failing: Failing, caplog: pytest.LogCaptureFixture
) -> None:
    await office.people(20)
    campaign = await office.campaign()
    with caplog.at_level(logging.WARNING):
        async with office.running(rate=60.0, transactions=failing):
            await office.asked(3)
            failing.fails = 10**6
            await asyncio.sleep(1.0)
            failing.fails = 0
            await office.done(campaign)
    assert [record.levelname for record in caplog.records] == ["ERROR", "WARNING"]


async def test_a_lane_that_cannot_be_taken_raises_one_alarm(
    office: Office, failing: Failing, caplog: pytest.LogCaptureFixture
) -> None:
    await office.people(3)
    campaign = await office.campaign()
    failing.fails = 10**6
    with caplog.at_level(logging.WARNING):
        async with office.running(transactions=failing):
            await asyncio.sleep(1.0)
            assert 10**6 - failing.fails <= 5, "it backs off"
            failing.fails = 0
            await office.done(campaign)
    assert [record.levelname for record in caplog.records] == ["ERROR", "WARNING"]
