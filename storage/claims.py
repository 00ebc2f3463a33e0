"""The next window of one lane: whose turn it is, which rows may leave, and what is set aside on the way."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select

from outreach.campaigns.model import Delivery, DeliveryId, DeliveryState, Limits, Recipient
from outreach.contacts.windows import CEILING, WAITS, Window, Windows, month_of
from outreach.messaging import AccountId, Address, CampaignId, ContactId
from outreach.pacing import Lease
from outreach.units import UnitId
from storage import tables as t
from storage.audience import exclusion_values
from storage.candidates import busy_until, due, looked_at, may_send
from storage.frozen import content_of
from storage.ledger_rows import LedgerRows, Moves
from storage.legs import count_the_first, fall_back
from storage.spending import SqlSpending, paid_left
from storage.together import fetch_together

# Skipped for the address's sake: another one of hers may do.
_TRY_ELSEWHERE = ("unreachable", *sorted(WAITS))
# When nearly all of a window had to be skipped, this many more rows are looked at before the next one.
_LOOK_AHEAD = 500


@dataclass(kw_only=True)
class Claim:
    """One claim, inside one transaction. `may_pay`: how many messages that cost the month still allows; `_messages`: how many a
    campaign is to one person, of those of which some cost.
    """

    rows: LedgerRows
    windows: Windows
    account_id: AccountId
    lease: Lease
    limits: Limits
    at: datetime
    may_pay: int = 0
    _messages: dict[int, int] = field(default_factory=dict)

    async def window(self, *, size: int, after: UnitId | None) -> list[Delivery]:
        """Up to `size` rows: of the unit whose turn it is, and where that has fewer, of the next ones."""
        self.may_pay = await paid_left(self.rows.db, windows=self.windows, at=self.at)
        taken: list[Any] = []
        for campaigns in await self._turns(after):
            taken += await self._of(campaigns, size=size - len(taken))
            if len(taken) == size:
                break
        return await self._reserved([_delivery_of(row) for row in taken], paid=[self._pays(row) for row in taken])

    async def _turns(self, after: UnitId | None) -> list[list[int]]:
        """Campaigns that may send, as they come: urgent ones first, then unit by unit behind the one served last (None: the province).

        On PostgreSQL they are held. One that was resumed a moment ago is not: its rows wait for the next window, or two would
        wait in a ring.
        """
        statement = may_send()
        if self.rows.locks_rows:
            statement = statement.with_for_update(key_share=True)
        found = await self.rows.db.execute(statement, {"account_id": self.account_id, "at": self.at})
        turns: dict[tuple[bool, bool, int], list[int]] = defaultdict(list)
        for campaign_id, unit_id, urgent in found:
            unit = unit_id or 0
            turns[not urgent, unit <= (after or 0), unit].append(campaign_id)
        return [turns[turn] for turn in sorted(turns)]

    async def _of(self, campaigns: Sequence[int], *, size: int) -> list[Any]:
        taken: list[Any] = []
        for look_at in (size, _LOOK_AHEAD):
            rows = await self._candidates(campaigns, size=look_at)
            await self._know_messages(rows)
            fit = await self._set_aside(rows, limit=size - len(taken))
            self.may_pay -= sum(map(self._pays, fit))
            taken += fit
            await self._take(fit)
            if len(taken) == size or len(rows) < look_at:
                break
        return taken

    async def _candidates(self, campaigns: Sequence[int], *, size: int) -> Sequence[Any]:
        """The next rows that may leave, the oldest campaign first, with all that decides about them."""
        wanted = {"account_id": self.account_id, "campaigns": campaigns, "size": size, "at": self.at}
        values = exclusion_values(self.limits, windows=self.windows, paid_left=self.may_pay, at=self.at)
        if not self.rows.locks_rows:
            found = await fetch_together(self.rows.db, looked_at(by_ids=False), {**wanted, **values})
            return sorted(found, key=lambda row: (row.campaign_id, row.delivery_id))
        # A stop that is being committed holds its contact: leave the row for the next window, and look at the others
        # in a statement that sees whatever was committed until they were locked.
        locked = due().with_for_update(of=[t.delivery, t.contact], key_share=True, skip_locked=True)
        ids = (await self.rows.db.execute(locked, wanted)).scalars().all()
        return (await self.rows.db.execute(looked_at(by_ids=True), {"ids": ids, **values})).all()

    async def _know_messages(self, rows: Sequence[Any]) -> None:
        """Where nothing costs nothing is asked."""
        new = {row.campaign_id for row in rows if _costs(row) and not row.exclusion} - self._messages.keys()
        if new:
            theirs = select(t.campaign.c.id, t.campaign.c.content).where(t.campaign.c.id.in_(new))
            found = await self.rows.db.execute(theirs)
            self._messages |= {number: content_of(content).messages for number, content in found}

    def _pays(self, row: Any) -> int:
        """Messages that cost."""
        return self._messages[row.campaign_id] if _costs(row) else 0

    async def _set_aside(self, rows: Sequence[Any], *, limit: int) -> list[Any]:
        """Skip whom something speaks against, postpone who is busy; gives at most `limit` of the others.

        A person once: her other row waits for a statement that counts the first one into her week.
        """
        skipped: dict[str, list[int]] = defaultdict(list)
        postponed: dict[datetime, list[int]] = defaultdict(list)
        moves: Moves = Counter()
        fit: list[Any] = []
        people: set[int] = set()
        for row in rows:
            reason = row.exclusion
            if not reason and _costs(row) and sum(map(self._pays, [*fit, row])) > self.may_pay:
                reason = CEILING
            if reason:
                skipped[reason].append(row.delivery_id)
                moves[(row.campaign_id, DeliveryState.PENDING, DeliveryState.SKIPPED)] += 1
            elif later := busy_until(row, at=self.at):
                postponed[later].append(row.delivery_id)
            elif len(fit) < limit and row.contact_id not in people:
                fit.append(row)
                people.add(row.contact_id)
        await self._write_aside(skipped, postponed=postponed)
        await self.rows.moved(moves)
        await count_the_first(self.rows, [row.delivery_id for row in rows if row.again])
        elsewhere = [number for reason in _TRY_ELSEWHERE for number in skipped.get(reason, ())]
        await fall_back(self.rows, elsewhere, windows=self.windows, at=self.at)
        return fit

    async def _write_aside(self, skipped: Mapping[str, list[int]], *, postponed: Mapping[datetime, list[int]]) -> None:
        for reason, ids in skipped.items():
            await self.rows.set(ids, changed_at=self.at, state=DeliveryState.SKIPPED, reason=reason)
        for later, ids in postponed.items():
            await self.rows.set(ids, not_before=later, reason="in_conversation")

    async def _take(self, rows: Sequence[Any]) -> None:
        ids = [row.delivery_id for row in rows]
        await self.rows.set(ids, changed_at=self.at, state=DeliveryState.IN_FLIGHT, epoch=self.lease.epoch, reason="")
        await self.rows.moved(
            Counter((row.campaign_id, DeliveryState.PENDING, DeliveryState.IN_FLIGHT) for row in rows)
        )
        for row in rows:
            if row.version != row.frozen_version:  # the words were changed before her turn came
                await self.rows.set([row.delivery_id], version=row.version)

    async def _reserved(self, claimed: Sequence[Delivery], *, paid: Sequence[int]) -> list[Delivery]:
        """What may cost is booked before it leaves, so that no kill and no late answer takes more than the ceiling."""
        price, month = self.windows.price_vnd, month_of(self.at)
        if in_all := sum(paid):
            await SqlSpending(self.rows.db).add(self.account_id, month=month, vnd=in_all * price)
        return [
            replace(one, reserved_vnd=messages * price, reserved_in=month) if messages else one
            for one, messages in zip(claimed, paid, strict=True)
        ]


def _costs(row: Any) -> bool:
    return bool(row.window == Window.PAID)


def _recipient_of(row: Any) -> Recipient:
    unit_id = None if row.contact_unit_id is None else UnitId(row.contact_unit_id)
    return Recipient(contact_id=ContactId(row.contact_id), unit_id=unit_id, language=row.contact_language)


def _delivery_of(row: Any) -> Delivery:
    return Delivery(
        delivery_id=DeliveryId(row.delivery_id),
        campaign_id=CampaignId(row.campaign_id),
        contact=_recipient_of(row),
        address=Address(account_id=AccountId(row.account_id), external_id=row.external_id),
        version=row.version,
        attempts=row.attempts + 1,
        again=bool(row.again),
    )
