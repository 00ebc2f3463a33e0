"""Campaigns under fire: the real program killed at random moments while its provider misbehaves, the books read after each kill."""

import asyncio
import random
import signal
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from sqlalchemy import select

from outreach.campaigns.control import cancel_campaign, pause_campaign, resume_campaign
from outreach.campaigns.model import CampaignState, Content, DeliveryState, OnUnknown
from outreach.errors import StateError
from outreach.messaging import CampaignId
from outreach.officers import System
from storage import tables as t
from tests.chaos.books import Journal, Ledger, differences, read_ledger, unfinished
from tests.chaos.conftest import Town
from tests.chaos.quick import Quick, quick_clock

PATIENCE = 90.0  # seconds
WINDOWS_A_SECOND, WINDOWS_OPEN = 15, 2
OFFICER = System(name="officer")
# Share of the requests, and what becomes of them. Of the second four nobody can say whether they arrived.
REFUSED = ({"kind": "429", "rate": 0.002, "retry_after": 1}, {"kind": "500", "rate": 0.02})
UNHEARD = (
    {"kind": "lost_reply", "rate": 0.015},
    {"kind": "reset", "rate": 0.01},
    {"kind": "502", "rate": 0.005},
    {"kind": "garbage", "rate": 0.005},
)
SLOW = {"kind": "slow", "rate": 0.01, "seconds": 0.3}


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What one storm is made of; its chance begins with `seed`. Two `processes`: one waits for the other's end."""

    seed: int
    kills: int
    engine: str = "SQLite"
    processes: int = 1
    people: int = 300
    rate: int = 300  # messages a second
    cancels: bool = False

    @property
    def window(self) -> int:
        """W: how many rows may be in flight."""
        return WINDOWS_OPEN * max(1, self.rate // WINDOWS_A_SECOND)


@dataclass(slots=True, kw_only=True)
class Toll:
    """What was done, and what it cost. `differences` are broken promises; seconds are the longest."""

    storms: int = 1
    kills: int = 0
    stalls: int = 0  # a process that stood still until another one had its lane, and then went on
    pauses: int = 0
    cancels: int = 0
    campaigns: int = 0
    deliveries: int = 0
    arrived: int = 0
    by_rule: int = 0  # people who have it twice, in campaigns that would rather repeat
    unknown: int = 0
    unknown_arrived: int = 0
    unheard: int = 0  # answers lost by order
    allowed: int = 0  # W for each kill and stall, and the answers lost by order
    most_at_once: int = 0  # in flight after a kill
    pause_seconds: float = 0.0  # from the commit to the last message that still arrived
    seconds: float = 0.0
    differences: list[str] = field(default_factory=list)

    def count(self, sort: str) -> int:
        return sum(line.startswith(sort) for line in self.differences)


def added(one: Toll, other: Toll) -> Toll:
    most = ("most_at_once", "pause_seconds")
    values = {name: getattr(one, name) + getattr(other, name) for name in Toll.__dataclass_fields__ if name not in most}
    return Toll(**values, **{name: max(getattr(one, name), getattr(other, name)) for name in most})


@dataclass(kw_only=True)
class Storm:
    plan: Plan
    town: Town
    folder: Path
    since: float = field(default_factory=time.time)
    toll: Toll = field(default_factory=Toll)
    processes: list[Quick] = field(default_factory=list)
    blocked: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        self.chance = random.Random(self.plan.seed)  # noqa: S311  (no secret)
        self.clock: Callable[[], datetime] = quick_clock(self.since)
        self.journal = Journal(client=self.town.client)
        parts = () if self.plan.processes == 1 else ("--only", "sender,clock")
        environment = self.town.process.environment
        for number in range(self.plan.processes):
            where = self.folder / f"process{number}"
            where.mkdir()
            self.processes.append(Quick(environment=environment, folder=where, since=self.since, parts=parts))

    async def blow(self) -> Toll:
        """All of it; differences are collected, and whatever else goes wrong is raised with the logs."""
        began = time.monotonic()
        await self._settle()
        try:
            for _ in range(self.plan.kills):
                await self._keep_busy()
                self._start_all()
                await self._kill()
            await self._come_to_an_end()
        except TimeoutError:
            raise AssertionError("\n".join(process.logs()[-2_000:] for process in self.processes)) from None
        finally:
            for process in self._alive():
                process.kill()
        self.toll.seconds = time.monotonic() - began
        return self.toll

    async def _settle(self) -> None:
        client, people = self.town.client, self.plan.people
        await client.order("settings", {"limits": False, "delay_ms": 5})
        async with self.town.database.write() as tx:
            await self.town.officer(tx)
        await self.town.settle(people)
        leave = self.chance.sample(self.town.people, people // 40)
        for person in leave:
            await client.order(f"people/{person}/block")
        self.blocked = frozenset(map(str, leave))
        for fault in (*REFUSED, *UNHEARD, SLOW):
            await client.order("faults", {"method": "sendMessage", **fault})

    async def _keep_busy(self) -> None:
        """At least two campaigns, one of each rule, and one more wherever little may leave: an officer's pause is not waited for."""
        while True:
            number, ledger = len(self.journal.words), await self._state()
            if number >= len(OnUnknown) and (ledger.waits >= self.plan.people // 4 or ledger.prepares):
                return
            words = f"Tin giữa bão số {number:03}"
            content = Content(title=words, paragraphs=("Một đoạn.",), counts=True)
            rule = list(OnUnknown)[number % len(OnUnknown)]
            self.journal.words[words] = await self.town.order(content, on_unknown=rule, at=self.clock())

    def _alive(self) -> list[Quick]:
        return [one for one in self.processes if one.lives]

    def _start_all(self) -> None:
        for process in self.processes:
            if not process.lives:
                process.start()

    async def _kill(self) -> None:
        """At a moment that chance names: while it starts or takes over, after an answer, after a commit, or just so."""
        moment = self.chance.choice(["start", "answer", "answer", "commit", "commit", "commit", "any"])
        if moment == "start":
            await asyncio.sleep(self.chance.uniform(0.0, 2.0))
        else:
            await self._progress(1)
            await self._officer_acts()
            if self.plan.processes > 1 and self.chance.random() < 0.2:
                await self._stall()
            if moment == "answer":
                await self._progress(self.chance.randint(1, 60))
            elif moment == "commit":
                await self._commit()
                await asyncio.sleep(self.chance.choice([0.0, 0.0, 0.001, 0.003]))
            else:
                await asyncio.sleep(self.chance.uniform(0.0, 0.8))
        victim = await self._holder()
        for other in self._alive():
            if other is not victim:
                other.signal(signal.SIGSTOP)  # nobody takes over while the books are read
        victim.kill()
        self.toll.kills += 1
        await self._look()
        for other in self._alive():
            other.signal(signal.SIGCONT)

    async def _holder(self) -> Quick:
        """Who has the lane; where nobody who lives has, the one that waits longest for it."""
        async with self.town.database.read() as tx:
            names = (await tx.connection.execute(select(t.lease.c.holder))).scalars().all()
        numbers = {int(name.split(":")[1]) for name in names if name}
        alive = self._alive()
        return next((one for one in alive if one.pid in numbers), alive[0])

    async def _progress(self, messages: int) -> None:
        """Until so many more have arrived."""
        wanted = await self.journal.read() + messages
        looked_at = time.monotonic()
        async with asyncio.timeout(PATIENCE):
            while await self.journal.read() < wanted:
                await asyncio.sleep(0.02)
                if len(self._alive()) < len(self.processes):
                    raise TimeoutError  # one has ended by itself
                if time.monotonic() > looked_at + 1:
                    await self._keep_busy()
                    looked_at = time.monotonic()

    async def _commit(self) -> None:
        """Until something was written: the log of SQLite changes while a transaction commits."""
        before = await self._mark()
        with suppress(TimeoutError):
            async with asyncio.timeout(2):
                while await self._mark() == before:
                    await asyncio.sleep(0)

    async def _mark(self) -> object:
        if self.town.database.is_sqlite:
            found = Path(f"{self.town.database.url.database}-wal").stat()
            return found.st_mtime_ns, found.st_size
        async with self.town.database.read() as tx:
            return (await tx.connection.execute(select(t.lease.c.epoch, t.lease.c.beat))).all()

    async def _stall(self) -> None:
        """It stands still until its lane is another's, then it wakes with answers in its hands."""
        holder = await self._holder()
        holder.signal(signal.SIGSTOP)
        with suppress(TimeoutError):  # it may have stopped in the middle of a commit, and nobody can write then
            async with asyncio.timeout(5):
                while await self._holder() is holder:
                    await asyncio.sleep(0.02)
        holder.signal(signal.SIGCONT)
        self.toll.stalls += 1

    async def _officer_acts(self) -> None:
        """Now and then a pause, and after a while (or a kill) the other button."""
        if self.chance.random() < 0.4:
            return
        accounts = (await self._state()).accounts
        paused = [number for number, one in accounts.items() if one.state == CampaignState.PAUSED]
        runs = [number for number, one in accounts.items() if one.state == CampaignState.RUNNING]
        if paused:
            async with self.town.database.write() as tx:
                await resume_campaign(OFFICER, tx=tx, campaign_id=paused[0], at=self.clock())
        elif len(runs) > 1:
            await self._stop(runs[0], pause_campaign)
            self.toll.pauses += 1

    async def _stop(self, number: CampaignId, stop: Callable[..., Awaitable[None]]) -> None:
        """Pause or cancel it; once nothing of it is in flight, nothing of it may arrive."""
        with suppress(StateError):  # it has ended meanwhile, and stands still all the same
            async with self.town.database.write() as tx:
                await stop(OFFICER, tx=tx, campaign_id=number, at=self.clock())
        committed = time.time()
        async with asyncio.timeout(PATIENCE):
            while (await self._state()).accounts[number].tally[DeliveryState.IN_FLIGHT]:
                await asyncio.sleep(0.02)
        await self.journal.read()
        last = datetime.fromisoformat(self.journal.last_at[number]).timestamp() if number in self.journal.last_at else 0
        self.toll.pause_seconds = max(self.toll.pause_seconds, last - committed)
        before = self._arrived(number)
        await asyncio.sleep(0.1)
        await self.journal.read()
        if self._arrived(number) != before:
            self.toll.differences.append(f"stopped: campaign {number} went on")

    def _arrived(self, number: CampaignId) -> int:
        return sum(times for (campaign, _), times in self.journal.got.items() if campaign == number)

    async def _look(self) -> Ledger:
        """The ledger first: what has arrived after it is in flight there."""
        ledger = await read_ledger(self.town.database)
        await self.journal.read()
        self.toll.differences += differences(ledger, self.journal.got, people=self.plan.people)
        self.toll.most_at_once = max(self.toll.most_at_once, ledger.in_flight)
        if ledger.in_flight > self.plan.window:
            self.toll.differences.append(f"in flight: {ledger.in_flight} after a kill")
        return ledger

    async def _come_to_an_end(self) -> None:
        self._start_all()
        running = [
            number for number, one in (await self._state()).accounts.items() if one.state != CampaignState.FINISHED
        ]
        if self.plan.cancels and running:
            await self._stop(running[-1], cancel_campaign)
            self.toll.cancels += 1
        for number, one in (await self._state()).accounts.items():
            if one.state == CampaignState.PAUSED:
                assert not one.halt_reason, one.halt_reason
                async with self.town.database.write() as tx:
                    await resume_campaign(OFFICER, tx=tx, campaign_id=number, at=self.clock())
        async with asyncio.timeout(PATIENCE):
            while not (await self._state()).is_over:
                await asyncio.sleep(0.2)
        for process in self._alive():
            assert process.stop() == 0, process.logs()
        ledger = await self._look()
        self.toll.differences += unfinished(ledger, blocked=self.blocked)
        await self._add_up(ledger)

    async def _state(self) -> Ledger:
        return await read_ledger(self.town.database)

    async def _add_up(self, ledger: Ledger) -> None:
        toll, got = self.toll, self.journal.got
        faults = (await self.town.client.read("faults"))["faults"]
        unheard = {fault["kind"] for fault in UNHEARD}
        toll.unheard = sum(fault["hits"] for fault in faults if fault["kind"] in unheard)
        toll.allowed = (toll.kills + toll.stalls) * self.plan.window + toll.unheard
        unknown = [row for row in ledger.rows if row.state == DeliveryState.UNKNOWN]
        toll.unknown, toll.unknown_arrived = len(unknown), sum(bool(got[row.key]) for row in unknown)
        toll.campaigns, toll.deliveries, toll.arrived = len(ledger.accounts), len(ledger.rows), got.total()
        toll.by_rule = sum(times > 1 for times in got.values())
        if toll.unknown > toll.allowed:
            toll.differences.append(f"unknown: {toll.unknown} of {toll.allowed} that are allowed")
