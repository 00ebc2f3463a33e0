"""Random interleavings of everything that happens to a campaign, against a model that only knows the promises.

Nobody is sent to twice without an officer's decision, no row enters in_flight after a committed stop, and counters equal rows.
"""

import asyncio
import shutil
from collections import Counter
from collections.abc import Awaitable, Coroutine
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select

from outreach.campaigns.model import (
    Audience,
    Campaign,
    CampaignState,
    Content,
    Delivery,
    DeliveryState,
    OnUnknown,
    Outcome,
)
from outreach.campaigns.outcomes import given_back
from outreach.campaigns.ports import Limits
from outreach.contacts.model import Consent, Purpose, Subscription
from outreach.errors import LeaseLostError
from outreach.messaging import AccountId, Address, CampaignId, ChannelName, ContactId, SendErrorKind
from outreach.officers import Role
from outreach.pacing import Lease
from storage import tables as t
from storage.database import Database
from storage.types import Keyring
from tests.conftest import NOW

T = TypeVar("T")
PEOPLE = 9
STEPS = 40
LANE = "bulk:1"
WEEKS = 1_000  # a limit that never bites here: the week has tests of its own


class LedgerMachine(RuleBasedStateMachine):
    """One account, nine people, two campaigns: one would rather miss, the other rather repeat."""

    template: Path
    folder: Path
    keyring: Keyring
    runs = 0

    def __init__(self) -> None:
        super().__init__()
        type(self).runs += 1
        path = self.folder / f"run{self.runs}.db"
        shutil.copyfile(self.template, path)
        self.loop = asyncio.new_event_loop()
        self.database = Database(f"sqlite+aiosqlite:///{path}", keyring=self.keyring)
        self.now: datetime = NOW
        self.people: list[ContactId] = []
        self.campaigns: dict[CampaignId, Campaign] = {}
        self.frozen_to: dict[CampaignId, int | None] = {}
        self.lease: Lease | None = None
        self.old_leases: list[tuple[Lease, list[Delivery]]] = []
        self.windows: list[list[Delivery]] = []
        # The model: requests that left, by (campaign, contact), and what an officer (or the rule he chose) allowed beyond one.
        self.left: Counter[tuple[CampaignId, ContactId]] = Counter()
        self.allowed: Counter[tuple[CampaignId, ContactId]] = Counter()
        self.stopped: set[ContactId] = set()
        self.steps = 0

    def do(self, work: Coroutine[Any, Any, T] | Awaitable[T]) -> T:
        async def run() -> T:
            return await work

        return self.loop.run_until_complete(run())

    def teardown(self) -> None:
        self.do(self.database.close())
        self.loop.close()

    @initialize(running=st.sampled_from([2, 2, 2, 1, 0]))
    def begin(self, running: int) -> None:
        """Most runs begin with campaigns under way; the others must be frozen first."""
        self.do(self._begin())
        for which in range(running):
            self.freeze(which, PEOPLE + 1, again=False)
            self.press(which, CampaignState.RUNNING)

    async def _begin(self) -> None:
        account_id = AccountId(1)
        consent = Consent(
            purpose=Purpose.NOTICES,
            text_version="1",
            text_hash="0",
            given_at=NOW,
            channel=ChannelName.TELEGRAM,
            message_ref="1",
        )
        async with self.database.write() as tx:
            for number in range(PEOPLE):
                address = Address(account_id=account_id, external_id=str(number))
                contact_id = await tx.contacts.create(address, source="", at=NOW)
                await tx.contacts.change(contact_id, at=NOW, subscription=Subscription.ACTIVE)
                await tx.contacts.add_consent(contact_id, address=address, consent=consent)
                self.people.append(contact_id)
            by = await tx.officers.grant(self.people[0], role=Role.ADMIN, unit_id=None, by=None, at=NOW)
            for number, rule_ in enumerate(OnUnknown):
                content = Content(title=f"Tin {number}", paragraphs=())
                campaign_id = await tx.campaigns.add(
                    content=content, audience=Audience(), by=by.officer_id, unit_id=None, at=NOW
                )
                await tx.campaigns.edit(campaign_id, on_unknown=rule_)
                assert await tx.campaigns.move(campaign_id, state=CampaignState.PREPARING, at=NOW)
                campaign = await tx.campaigns.get(campaign_id)
                assert campaign
                self.campaigns[campaign_id] = campaign
                self.frozen_to[campaign_id] = 0
        self.lease = await self._take()

    async def _take(self) -> Lease:
        async with self.database.write() as tx:
            _, _, epoch = await tx.leases.read(LANE)
            lease = await tx.leases.take(LANE, holder="x", seen_epoch=epoch)
            assert lease
            await tx.ledger.settle_orphans(account_id=AccountId(1), lease=lease, at=self.now)
        return lease

    def one(self, which: int) -> CampaignId:
        return list(self.campaigns)[which % len(self.campaigns)]

    async def _move(self, campaign_id: CampaignId, state: CampaignState) -> bool:
        async with self.database.write() as tx:
            return await tx.campaigns.move(campaign_id, state=state, at=self.now)

    @rule(which=st.integers(0, 1), size=st.integers(1, 5), again=st.booleans())
    def freeze(self, which: int, size: int, *, again: bool) -> None:
        """A chunk; now and then from the beginning, as after a kill."""
        campaign_id = self.one(which)

        async def work() -> None:
            after = 0 if again else self.frozen_to[campaign_id]
            if after is None:
                return
            async with self.database.write() as tx:
                state = (await tx.campaigns.get(campaign_id)).state  # type: ignore[union-attr]  # it is there
                last = await tx.ledger.freeze_chunk(
                    self.campaigns[campaign_id], main_period=None, after=after, size=size, at=self.now
                )
                if last is None:
                    await tx.ledger.finish_freezing(campaign_id, at=self.now)
            if state == CampaignState.PREPARING:
                self.frozen_to[campaign_id] = last

        self.do(work())

    @rule(
        which=st.integers(0, 1),
        state=st.sampled_from(
            [
                CampaignState.RUNNING,
                CampaignState.RUNNING,
                CampaignState.PAUSED,
                CampaignState.PREPARING,
                CampaignState.FINISHED,
            ]
        ),
    )
    def press(self, which: int, state: CampaignState) -> None:
        self.do(self._move(self.one(which), state))

    @precondition(lambda self: self.steps > STEPS // 2)
    @rule(which=st.integers(0, 1))
    def cancel(self, which: int) -> None:

        async def work() -> None:
            async with self.database.write() as tx:
                if await tx.campaigns.move(self.one(which), state=CampaignState.CANCELLED, at=self.now):
                    await tx.ledger.give_up_pending(self.one(which), reason="cancelled", at=self.now)

        self.do(work())

    @precondition(lambda self: len(self.windows) < 2)
    @rule(size=st.integers(1, 4))
    def claim(self, size: int) -> None:
        async def work() -> list[Delivery]:
            assert self.lease
            async with self.database.write() as tx:
                await tx.ledger.check_lease(self.lease)
                return await tx.ledger.claim_window(
                    AccountId(1),
                    size=size,
                    lease=self.lease,
                    limits=Limits(per_week=WEEKS, week_start=NOW),
                    at=self.now,
                )

        window = self.do(work())
        assert len(window) <= size
        for delivery in window:
            assert delivery.contact.contact_id not in self.stopped, "in flight after a committed stop"
        if window:
            self.windows.append(window)

    @precondition(lambda self: self.windows)
    @rule(data=st.data())
    def come_back(self, data: st.DataObject) -> None:
        """The oldest window's requests left (or not), and what became of them is written."""
        window = self.windows.pop(0)
        ends = data.draw(
            st.lists(
                st.sampled_from(["sent", "unknown", "failed", "gone", "not_now", "unsent"]),
                min_size=len(window),
                max_size=len(window),
            )
        )
        outcomes = [self._outcome(delivery, end) for delivery, end in zip(window, ends, strict=True)]

        async def work() -> None:
            assert self.lease
            async with self.database.write() as tx:
                await tx.ledger.check_lease(self.lease)
                written = await tx.ledger.write_outcomes(outcomes, lease=self.lease, at=self.now)
                assert len(written) == len(outcomes)
                for outcome in written:
                    if outcome.reason == "repeated_by_rule":
                        self.allowed[(outcome.delivery.campaign_id, outcome.delivery.contact.contact_id)] += 1

        self.do(work())

    def _outcome(self, delivery: Delivery, end: str) -> Outcome:
        key = (delivery.campaign_id, delivery.contact.contact_id)
        if end in {"sent", "unknown"}:
            self.left[key] += 1  # accepted, or nobody knows: it may have arrived
        if end == "unsent":
            return given_back(delivery, at=self.now)
        if end == "not_now":
            return Outcome(delivery=delivery, state=DeliveryState.PENDING, at=self.now, reason="x", counted=False)
        if end in {"failed", "gone"}:
            error = SendErrorKind.GONE if end == "gone" else SendErrorKind.OUR_FAULT
            return Outcome(delivery=delivery, state=DeliveryState.FAILED, at=self.now, reason=end, error=error)
        return Outcome(delivery=delivery, state=DeliveryState(end), at=self.now)

    @rule(sent=st.booleans())
    def taken_over(self, *, sent: bool) -> None:
        """Killed: what was in flight may have left, then another process takes the lane."""
        lost = [delivery for window in self.windows for delivery in window]
        assert self.lease
        self.old_leases.append((self.lease, lost))
        before = self._states()
        self.windows = []
        self.lease = self.do(self._take())
        after = self._states()
        for delivery in lost:
            key = (delivery.campaign_id, delivery.contact.contact_id)
            self.left[key] += sent
            assert before[key] == "in_flight"
            assert after[key] in {"unknown", "pending"}
            if after[key] == "pending":
                assert self.campaigns[delivery.campaign_id].on_unknown == OnUnknown.RATHER_REPEAT
                self.allowed[key] += 1

    @precondition(lambda self: self.old_leases)
    @rule()
    def the_old_holder_wakes(self) -> None:
        """It stood still, its answers arrive now: nothing of them is written."""
        lease, lost = self.old_leases.pop()
        before = self._states()

        async def work() -> None:
            async with self.database.write() as tx:
                outcomes = [Outcome(delivery=delivery, state=DeliveryState.SENT, at=self.now) for delivery in lost]
                assert not await tx.ledger.write_outcomes(outcomes, lease=lease, at=self.now)
                with pytest.raises(LeaseLostError):
                    await tx.ledger.check_lease(lease)

        self.do(work())
        assert self._states() == before

    @rule(which=st.integers(0, 1), repeat=st.booleans())
    def officer_decides(self, which: int, *, repeat: bool) -> None:
        campaign_id = self.one(which)
        before = self._states()

        async def work() -> None:
            async with self.database.write() as tx:
                await tx.ledger.resolve_unknown(campaign_id, repeat=repeat, at=self.now)

        self.do(work())
        after = self._states()
        for key, state in before.items():
            if state == "unknown" and after[key] == "pending":
                self.allowed[key] += 1

    @rule(which=st.integers(0, 1))
    def officer_tries_the_failed_again(self, which: int) -> None:
        async def work() -> None:
            async with self.database.write() as tx:
                await tx.ledger.retry_failed(self.one(which), at=self.now)

        self.do(work())

    @rule(person=st.integers(0, PEOPLE - 1), how=st.sampled_from(["stop", "withdraw", "erase"]))
    def stop(self, person: int, how: str) -> None:
        contact_id = self.people[person]

        async def work() -> None:
            async with self.database.write() as tx:
                if how == "stop":
                    await tx.contacts.change(contact_id, at=self.now, subscription=Subscription.STOPPED)
                elif how == "withdraw":
                    await tx.contacts.withdraw(contact_id, purpose=Purpose.NOTICES, how="stop", at=self.now)
                else:
                    await tx.contacts.erase(contact_id, at=self.now)

        self.do(work())
        self.stopped.add(contact_id)

    @rule()
    def time_passes(self) -> None:
        self.now += timedelta(minutes=1)

    def _states(self) -> dict[tuple[CampaignId, ContactId], str]:
        async def work() -> dict[tuple[CampaignId, ContactId], str]:
            async with self.database.read() as tx:
                rows = await tx.connection.execute(
                    select(t.delivery.c.campaign_id, t.delivery.c.contact_id, t.delivery.c.state)
                )
                return {(CampaignId(row[0]), ContactId(row[1])): row[2] for row in rows}

        return self.do(work())

    @invariant()
    def nobody_twice(self) -> None:
        self.steps += 1
        for key, times in self.left.items():
            assert times <= 1 + self.allowed[key], f"{key} was sent to {times} times"

    @invariant()
    def counters_equal_rows(self) -> None:
        rows = Counter((campaign_id, state) for (campaign_id, _), state in self._states().items())

        async def tallies() -> list[Any]:
            async with self.database.read() as tx:
                return list(await tx.connection.execute(select(t.campaign)))

        for row in self.do(tallies()):
            tally = {state.value: row._mapping[state.value] for state in DeliveryState}
            assert tally == {state.value: rows[(row.id, state.value)] for state in DeliveryState}
            assert row.total == sum(tally.values())
            if row.state == CampaignState.CANCELLED:
                assert tally["pending"] == 0
            if row.state == CampaignState.FINISHED:
                assert tally["in_flight"] == 0

    @invariant()
    def in_flight_is_what_we_hold(self) -> None:
        held = {(d.campaign_id, d.contact.contact_id) for window in self.windows for d in window}
        assert {key for key, state in self._states().items() if state == "in_flight"} == held


def test_the_promises_hold_whatever_happens(sqlite_template: Path, tmp_path: Path, keyring: Keyring) -> None:
    LedgerMachine.template, LedgerMachine.folder, LedgerMachine.keyring = sqlite_template, tmp_path, keyring
    run_state_machine_as_test(
        LedgerMachine, settings=settings(max_examples=30, stateful_step_count=STEPS, phases=[Phase.generate])
    )
