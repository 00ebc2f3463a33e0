"""The pace is what was measured over the last stretch of sending; what nobody can know is not guessed."""

from dataclasses import replace
from datetime import datetime, time, timedelta

from outreach.campaigns.model import Campaign, DeliveryId, DeliveryState, Wave
from outreach.campaigns.progress import Progress, campaign_progress
from outreach.clock import local_day, local_instant
from outreach.officers import System
from outreach.pack import Span
from storage import tables as t
from tests.outreach.campaigns.conftest import Office

DAY = Span(first=time(7), last=time(21, 59))


async def _sent(office: Office, campaign: Campaign, *, times: list[datetime]) -> Campaign:
    """The first of its people got it at these times."""
    async with office.database.write() as tx:
        for number, at in enumerate(times, start=1):
            own = t.delivery.c.id == number
            await tx.connection.execute(t.delivery.update().where(own).values(state=DeliveryState.SENT, changed_at=at))
        moved = {"sent": len(times), "pending": campaign.tally.total - len(times)}
        await tx.connection.execute(t.campaign.update().where(t.campaign.c.id == campaign.campaign_id).values(**moved))
    return await office.now(campaign)


async def _progress(office: Office, campaign: Campaign, *, hours: Span | None = None) -> Progress:
    async with office.database.read() as tx:
        return await campaign_progress(System(name="clock"), tx=tx, campaign=campaign, hours=hours, at=office.clock())


async def test_a_pace_is_measured_and_reckoned_with(office: Office) -> None:
    await office.people(12)
    now = office.clock()
    campaign = await _sent(
        office, await office.campaign(), times=[now - timedelta(seconds=s) for s in range(20, 8, -2)]
    )
    found = await _progress(office, campaign)
    assert (found.rate, found.ends_at, found.others) == (6 / 20, now + timedelta(seconds=20), 0)


async def test_a_pause_does_not_slow_the_pace_that_is_told(office: Office) -> None:
    await office.people(20)
    now = office.clock()
    before = [now - timedelta(seconds=s) for s in (28, 27, 26, 25, 24, 23)]
    after = [now - timedelta(seconds=s) for s in (5, 4, 3, 2, 1)]
    campaign = await _sent(office, await office.campaign(), times=[*before, *after])
    assert (await _progress(office, campaign)).rate == 1
    stands = await _sent(office, campaign, times=before)
    async with office.database.write() as tx:
        later = t.delivery.c.id > len(before)
        await tx.connection.execute(t.delivery.update().where(later).values(state=DeliveryState.PENDING))
    assert (await _progress(office, stands)).rate is None, "it has just gone on, and nobody knows yet"


async def test_too_little_or_too_old_says_nothing(office: Office) -> None:
    await office.people(12)
    now = office.clock()
    few = [now - timedelta(seconds=10 * s) for s in range(1, 5)]
    campaign = await _sent(office, await office.campaign(), times=few)
    assert await _progress(office, campaign) == Progress(rate=None, ends_at=None, others=0)
    campaign = await _sent(office, campaign, times=[now - timedelta(minutes=2)] * 8)
    assert (await _progress(office, campaign)).rate is None


async def test_a_night_a_wave_and_others_are_reckoned_with(office: Office) -> None:
    await office.people(12)
    office.clock.now = local_instant(local_day(office.clock()), time(21, 59, 50))
    now = office.clock()
    times = [now - timedelta(seconds=s) for s in range(25, 0, -5)]
    campaign = await _sent(office, await office.campaign(), times=times)
    other = await office.campaign()
    found = await _progress(office, campaign, hours=DAY)
    assert found.ends_at
    assert local_day(found.ends_at) == local_day(now) + timedelta(days=1)
    assert found.others == other.tally.left == 12
    waiting = replace(campaign, wave=Wave(last_id=DeliveryId(5)))
    assert (await _progress(office, waiting)).ends_at is None, "an officer has not said when the rest may go"
    opens = now + timedelta(minutes=30)
    said = replace(campaign, wave=Wave(last_id=DeliveryId(5), opens_at=opens))
    found = await _progress(office, said)
    assert found.ends_at
    assert found.ends_at > opens
