"""Random interleavings of everything that happens to a campaign, against a model that only knows the promises.

Nobody is sent to twice without an officer's decision or a silence that is tried another way, nobody has more than two legs or two
that live, no row enters in_flight after a committed stop, pause, cancel or expiry, outside its window or before its wave, no row is
written twice, counters equal rows, and reach equals what was accepted.
"""

import os
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select, update

from outreach.campaigns.model import CampaignState, Delivery, DeliveryState, Limits, OnUnknown, Outcome
from outreach.campaigns.outcomes import given_back, outcome_of
from outreach.contacts.model import Purpose, Subscription
from outreach.errors import LeaseLostError
from outreach.messaging import AccountId, Address, CampaignId, SendError, SendErrorKind
from outreach.pack import Pack
from storage import tables as t
from storage.types import Keyring
from tests.conftest import NOW
from tests.storage.ledger_ground import FAR, PEOPLE, TELEGRAM, ZALO, LedgerGround

STEPS = 40
WEEKS = 1_000  # a limit that never bites here: the week has tests of its own


class LedgerMachine(LedgerGround):
    @initialize(running=st.sampled_from([2, 2, 2, 1, 0]), wave=st.booleans())
    def begin(self, running: int, *, wave: bool) -> None:
        """Most runs begin with campaigns under way; the others must be frozen first."""
        self.do(self._begin())
        for which in range(running):
            self.freeze(which, PEOPLE + 1, again=False)
            self.press(which, CampaignState.RUNNING)
        if wave:
            self.a_first_wave(1, 3)

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
                CampaignState.SCHEDULED,
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

    @precondition(lambda self: self.steps > STEPS // 3)
    @rule(which=st.integers(0, 1))
    def it_expires(self, which: int) -> None:
        self.do(self._mark(which, expires_at=self.now + timedelta(minutes=1)))

    @rule(which=st.integers(0, 1), place=st.sampled_from([2, 3, None, None]))
    def a_first_wave(self, which: int, place: int | None) -> None:
        """So many rows may go, until the rest may too."""
        row = t.delivery.c
        rows = select(row.id).where(row.campaign_id == self.one(which)).order_by(row.id)
        last = rows.offset(place).limit(1).scalar_subquery() if place else None
        self.do(self._mark(which, wave_last_id=last))

    async def _mark(self, which: int, **values: object) -> None:
        async with self.database.write() as tx:
            await tx.connection.execute(update(t.campaign).where(t.campaign.c.id == self.one(which)).values(**values))

    @precondition(lambda self: len(self.windows) < 4)
    @rule(size=st.integers(1, 4), account_id=st.sampled_from([TELEGRAM, ZALO]))
    def claim(self, size: int, account_id: AccountId) -> None:
        async def work() -> list[Delivery]:
            async with self.database.write() as tx:
                await tx.ledger.check_lease(self.leases[account_id])
                return await tx.ledger.claim_window(
                    account_id,
                    size=size,
                    lease=self.leases[account_id],
                    limits=Limits(per_week=WEEKS, week_start=NOW),
                    at=self.now,
                )

        orders = {row.id: row for row in self._campaigns()}
        window = self.do(work())
        assert len(window) <= size
        for delivery in window:
            order = orders[delivery.campaign_id]
            assert order.state in {CampaignState.RUNNING, CampaignState.FINISHED}, "in flight after a committed stop"
            assert order.expires_at is None or order.expires_at > self.now, "in flight after its end"
            assert order.wave_last_id is None or delivery.delivery_id <= order.wave_last_id, "before its wave"
            assert delivery.contact.contact_id not in self.stopped, "in flight after a committed stop"
            assert delivery.address.account_id == account_id
            if account_id == ZALO:
                assert self.now - self.spoke[delivery.contact.contact_id] <= timedelta(hours=48), "outside her window"
        if window:
            self.windows.append((account_id, window))

    @precondition(lambda self: self.windows)
    @rule(data=st.data())
    def come_back(self, data: st.DataObject) -> None:
        """The oldest window's requests left (or not), and what became of them is written."""
        account_id, window = self.windows.pop(0)
        ends = data.draw(
            st.lists(
                st.sampled_from(["sent", "unknown", "failed", "gone", "closed", "not_now", "unsent"]),
                min_size=len(window),
                max_size=len(window),
            )
        )
        self._write(account_id, window, ends)

    def _write(self, account_id: AccountId, window: list[Delivery], ends: list[str]) -> None:
        outcomes = [self._outcome(delivery, end) for delivery, end in zip(window, ends, strict=True)]

        async def work() -> None:
            lease = self.leases[account_id]
            async with self.database.write() as tx:
                await tx.ledger.check_lease(lease)
                written = await tx.ledger.write_outcomes(outcomes, lease=lease, at=self.now)
                assert len(written) == len(outcomes)
                await self.record_reach(tx, written)
                for outcome in written:
                    if outcome.reason == "repeated_by_rule":
                        self.allowed[(outcome.delivery.campaign_id, outcome.delivery.contact.contact_id)] += 1
                assert not await tx.ledger.write_outcomes(outcomes, lease=lease, at=self.now), "written twice"

        self.do(work())

    def _outcome(self, delivery: Delivery, end: str) -> Outcome:
        key = (delivery.campaign_id, delivery.contact.contact_id)
        if end in {"sent", "unknown"}:
            self.left[key] += 1  # accepted, or nobody knows: it may have arrived
        if end == "sent":
            self.accepted.add(key)
        if end == "unsent":
            return given_back(delivery, at=self.now)
        if end == "closed":
            if delivery.address.account_id == ZALO:
                self.spoke[delivery.contact.contact_id] = self.now - FAR
            return outcome_of(delivery, error=SendError(SendErrorKind.WINDOW_CLOSED, "outside_window"), at=self.now)
        if end == "not_now":
            return Outcome(delivery=delivery, state=DeliveryState.PENDING, at=self.now, reason="x", counted=False)
        if end in {"failed", "gone"}:
            error = SendErrorKind.GONE if end == "gone" else SendErrorKind.OUR_FAULT
            return Outcome(delivery=delivery, state=DeliveryState.FAILED, at=self.now, reason=end, error=error)
        return Outcome(delivery=delivery, state=DeliveryState(end), at=self.now)

    @rule(sent=st.booleans(), account_id=st.sampled_from([TELEGRAM, ZALO]))
    def taken_over(self, account_id: AccountId, *, sent: bool) -> None:
        """Killed: what was in flight may have left, then another process takes the lane."""
        lost = [delivery for account, window in self.windows if account == account_id for delivery in window]
        self.old_leases.append((self.leases[account_id], lost))
        before = self._states()
        self.windows = [(account, window) for account, window in self.windows if account != account_id]
        self.leases[account_id] = self.do(self._take(account_id))
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
        if how == "erase":
            self.erased.add(contact_id)

    @rule(person=st.integers(0, PEOPLE - 1).filter(lambda number: number % 2 == 0))
    def she_writes(self, person: int) -> None:
        """On the account with windows: what waited for it is handed over."""
        contact_id = self.people[person]

        async def work() -> None:
            async with self.database.write() as tx:
                address = Address(account_id=ZALO, external_id=str(person))
                if (await tx.contacts.known(address)).address_id:
                    self.spoke[contact_id] = self.now
                    await tx.addresses.note_word(address, at=self.now)
                    await tx.legs.hand_over(contact_id, address=address, at=self.now)

        self.do(work())

    @rule(person=st.integers(0, PEOPLE - 1).filter(lambda number: number % 2 == 0))
    def she_is_silent(self, person: int) -> None:
        contact_id = self.people[person]

        async def work() -> None:
            async with self.database.write() as tx:
                address = Address(account_id=ZALO, external_id=str(person))
                await tx.addresses.note_word(address, at=self.now - FAR)

        self.do(work())
        self.spoke[contact_id] = self.now - FAR

    @rule()
    def nothing_is_heard(self) -> None:
        """What was accepted on that account goes by the other one too; that is the clock's decision, once."""
        before = self._states()

        async def work() -> None:
            async with self.database.write() as tx:
                ids = await tx.legs.silent([ZALO], since=NOW, until=self.now, limit=100, at=self.now)
                if ids:
                    assert await tx.legs.fall_back(ids, at=self.now) == len(ids)

        self.do(work())
        after = self._states()
        for key, state in before.items():
            if state == "sent" and after[key] == "pending":
                self.allowed[key] += 1

    @precondition(lambda self: not self.windows)
    @rule(end=st.sampled_from(["sent", "failed", "gone"]))
    def a_second_way_is_tried(self, end: str) -> None:
        """All in a row, for by themselves these steps seldom meet."""
        for account_id, what in ((ZALO, "sent"), (TELEGRAM, end)):
            self.claim(2 * PEOPLE, account_id)
            for _, window in self.windows:
                self._write(account_id, window, [what] * len(window))
            self.windows = []
            self.nothing_is_heard()

    @rule()
    def time_passes(self) -> None:
        self.now += timedelta(minutes=1)

    @invariant()
    def nobody_twice(self) -> None:
        self.steps += 1
        for key, times in self.left.items():
            assert times <= 1 + self.allowed[key], f"{key} was sent to {times} times"

    @invariant()
    def counters_equal_rows(self) -> None:
        rows = Counter((campaign_id, state) for campaign_id, _, state, _ in self._rows())
        for row in self._campaigns():
            tally = {state.value: row._mapping[state.value] for state in DeliveryState}
            assert tally == {state.value: rows[(row.id, state.value)] for state in DeliveryState}
            assert row.total == sum(tally.values())
            if row.state == CampaignState.CANCELLED:
                assert tally["pending"] == 0

    @invariant()
    def reach_equals_what_was_accepted(self) -> None:
        accepted = {contact_id for _, contact_id in self.accepted} - self.erased
        turns = {contact_id: self.turns[contact_id] for contact_id in accepted}
        assert {contact_id: times for contact_id, times in self.reach().items() if contact_id in accepted} == turns
        assert self.reach().keys() <= accepted | self.erased

    @invariant()
    def one_leg_lives(self) -> None:
        legs = Counter((campaign, contact) for campaign, contact, *_ in self._rows())
        living = Counter((campaign, contact) for campaign, contact, state, _ in self._rows() if state != "replaced")
        assert set(living) == set(legs)
        assert set(living.values()) <= {1}
        assert set(legs.values()) <= {1, 2}

    @invariant()
    def who_was_reached_stays_so(self) -> None:
        """Though a second way was tried, in vain."""
        states = self._states()
        assert not {key for key in self.accepted if states[key] in {"failed", "skipped"}}

    @invariant()
    def in_flight_is_what_we_hold(self) -> None:
        held = {(d.campaign_id, d.contact.contact_id) for _, window in self.windows for d in window}
        assert {key for key, state in self._states().items() if state == "in_flight"} == held


def test_the_promises_hold_whatever_happens(
    sqlite_template: Path, tmp_path: Path, keyring: Keyring, langson: Pack
) -> None:
    """`LEDGER_RUNS` asks for more of them, as `make chaos` does."""
    LedgerMachine.template, LedgerMachine.folder, LedgerMachine.keyring = sqlite_template, tmp_path, keyring
    LedgerMachine.pack = langson
    runs = int(os.environ.get("LEDGER_RUNS") or 15)
    run_state_machine_as_test(
        LedgerMachine, settings=settings(max_examples=runs, stateful_step_count=STEPS, phases=[Phase.generate])
    )
