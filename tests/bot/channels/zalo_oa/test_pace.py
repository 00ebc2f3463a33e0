"""Calls a minute: the limit is kept, and what an account may send is shared between replies and a campaign."""

import asyncio
import contextlib

import pytest

from bot.channels.zalo_oa.pace import Pace
from outreach.messaging import SendError
from outreach.pacing import IN_BULK


async def test_the_pace_is_a_moving_minute() -> None:
    time = [0.0]
    pace = Pace((2, 3), now=lambda: time[0])
    for at in (0.0, 30.0, 60.0):
        time[0] = at
        await pace.wait()
    with pytest.raises(SendError) as caught:
        await pace.wait()
    assert caught.value.retry_after == 30.0
    time[0] = 90.0
    await pace.wait()
    pace.hold(5.0)
    time[0] = 94.0
    with pytest.raises(SendError):
        await pace.wait()


class Minutes:
    """A pace of 100 a minute on a clock that is driven; nobody waits for the wall."""

    def __init__(self) -> None:
        self.time = 0.0
        self.gone = False
        self.pace = Pace((100, 4000), now=lambda: self.time)

    async def call(self, *, bulk: bool) -> float:
        """Seconds this one would have to wait, where it has not gone."""
        mark = IN_BULK.set(bulk)
        try:
            gap = self.pace._gap(bulk=bulk)
            self.gone = gap < 0.001
            if self.gone:
                await self.pace.wait()
            return gap
        finally:
            IN_BULK.reset(mark)

    async def run(self, *, seconds: float) -> tuple[int, float]:
        """A campaign that goes whenever it may, and a reply every six seconds: campaign's calls, and the longest wait of a reply."""
        sent, longest = 0, 0.0
        reply_at = campaign_at = self.time
        end = self.time + seconds
        while self.time < end:
            if self.time >= reply_at:
                longest = max(longest, await self.call(bulk=False))
                reply_at += 6.0 if self.gone else 0.0
            elif self.time >= campaign_at:
                await self.call(bulk=True)
                sent, campaign_at = sent + self.gone, campaign_at + 0.6 * self.gone
            self.time += 0.05
        return sent, longest


async def test_a_campaign_alone_may_use_the_whole_minute() -> None:
    clock, sent = Minutes(), 0
    for _ in range(1000):
        await clock.call(bulk=True)
        sent += clock.gone
        clock.time += 0.6
    assert sent == 1000


async def test_replies_do_not_wait_behind_a_campaign() -> None:
    sent, longest = await Minutes().run(seconds=600)
    assert longest < 1
    assert sent >= 870, "all that a reply did not need"


async def test_a_burst_of_replies_leaves_room_for_the_next_ones() -> None:
    clock = Minutes()
    for _ in range(60):
        await clock.call(bulk=False)
        assert clock.gone
    _, longest = await clock.run(seconds=58)
    assert longest < 1


async def test_whoever_waits_for_a_reply_is_served_first() -> None:
    pace = Pace((3,))
    for _ in range(3):
        await pace.wait()
    for gone in pace._gone.values():  # a minute ago but for a moment
        gone.extend([one - 59.9 for one in list(gone)])
    served: list[str] = []

    async def ask(who: str, *, bulk: bool) -> None:
        IN_BULK.set(bulk)
        with contextlib.suppress(SendError):
            await pace.wait()
            served.append(who)

    campaign = asyncio.create_task(ask("campaign", bulk=True))
    await asyncio.sleep(0)
    await asyncio.create_task(ask("reply", bulk=False))
    await campaign
    assert served == ["reply", "campaign"]
