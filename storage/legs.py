"""The second way to a person: another of her addresses where the first was of no use, or her own next word where hers was closed."""

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, literal, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from outreach.campaigns.model import CHANNEL_GONE, NO_RECEIPT, CampaignState, DeliveryState
from outreach.contacts.windows import WAITS, Windows
from outreach.messaging import AccountId, Address, ContactId
from storage import tables as t
from storage.audience import best_address, consented
from storage.candidates import has_something_to_send
from storage.ledger_rows import LedgerRows, Moves
from storage.spending import paid_left
from storage.windows import window_values

_GOES_ON = (CampaignState.RUNNING, CampaignState.PAUSED, CampaignState.FINISHED)
# What she missed is handed to her, but not all of it, and nothing stale.
_HANDED_AT_ONCE = 2
_HANDED_WITHIN = timedelta(days=30)
_LONGEST_ON_ITS_WAY = timedelta(minutes=10)  # another process, of older settings, may still be at it
_AFTER_HER_WORD = timedelta(seconds=10)  # what answers it comes first


async def fall_back(rows: LedgerRows, ids: Sequence[int], *, windows: Windows, reason: str = "", at: datetime) -> int:
    """Of these first legs, those whose person has another address that can be used now go there, as a second leg.

    Effects: a pending row each, the first one becomes replaced (with `reason`, or the one it has), counters. Gives how many.
    """
    if not ids:
        return 0
    row = t.delivery.c
    choice = window_values(windows, paid_left=await paid_left(rows.db, windows=windows, at=at), at=at)
    other = best_address(row.contact_id, other_than=row.address_id)
    first = (
        select(row.id, row.campaign_id, row.state)
        .join(t.campaign, t.campaign.c.id == row.campaign_id)
        .where(row.id.in_(ids), row.leg == 1, t.campaign.c.state.in_(_GOES_ON), other.is_not(None))
    )
    found = (await rows.db.execute(first, choice)).all()
    these = row.id.in_([one.id for one in found])
    if not found:
        return 0
    second = (
        select(
            row.campaign_id,
            row.contact_id,
            literal(2),
            t.address.c.account_id,
            t.address.c.id,
            row.unit_id,
            row.version,
            literal(DeliveryState.PENDING.value),
            literal(at, row.changed_at.type),
        )
        .select_from(t.delivery)
        .join(t.address, t.address.c.id == other)
        .where(these)
    )
    columns = ["campaign_id", "contact_id", "leg", "account_id", "address_id", "unit_id", "version", "state"]
    await rows.db.execute(t.delivery.insert().from_select([*columns, "changed_at"], second), choice)
    about = {"reason": reason} if reason else {}
    await rows.db.execute(update(t.delivery).where(these).values(state=DeliveryState.REPLACED, **about))
    moves = Counter((one.campaign_id, DeliveryState(one.state), DeliveryState.REPLACED) for one in found)
    await rows.moved(moves)
    for campaign_id, people in Counter(one.campaign_id for one in found).items():
        await rows.count(campaign_id, total=people, pending=people)
    return len(found)


async def count_the_first(rows: LedgerRows, ids: Sequence[int]) -> None:
    """Of these second legs, those given up where the first was accepted: it is the first again that counts, with its receipts."""
    if not ids:
        return
    first, second = t.delivery.alias("first"), t.delivery.alias("second")
    given_up = (
        select(first, second.c.id.label("second"), second.c.state.label("given_up"))
        .join(second, and_(second.c.campaign_id == first.c.campaign_id, second.c.contact_id == first.c.contact_id))
        .where(
            second.c.id.in_(ids),
            second.c.leg > 1,
            second.c.state.in_([DeliveryState.FAILED, DeliveryState.SKIPPED]),
            first.c.leg == 1,
            first.c.state == DeliveryState.REPLACED,
            first.c.reason == NO_RECEIPT,
        )
    )
    found = (await rows.db.execute(given_up)).all()
    await rows.set([one.second for one in found], state=DeliveryState.REPLACED)
    await rows.set([one.id for one in found], state=DeliveryState.SENT)
    moves: Moves = Counter()
    for one in found:
        moves[(one.campaign_id, DeliveryState(one.given_up), DeliveryState.REPLACED)] += 1
        moves[(one.campaign_id, DeliveryState.REPLACED, DeliveryState.SENT)] += 1
        await rows.count(one.campaign_id, received=int(one.received_at is not None), seen=int(one.seen_at is not None))
    await rows.moved(moves)


def _heard_of(accounts: Sequence[AccountId]) -> Select[Any]:
    """Campaigns and accounts of which receipts came: where none ever come, silence says nothing."""
    heard, campaign = t.delivery.alias("heard"), t.campaign.alias("present")
    of_both = (heard.c.campaign_id == campaign.c.id, heard.c.account_id == t.account.c.id)
    one = exists().where(*of_both, heard.c.received_at.is_not(None)).correlate_except(heard)
    pairs = select(campaign.c.id, t.account.c.id).join_from(campaign, t.account, t.account.c.id.in_(accounts))
    return pairs.where(campaign.c.received > 0, one)


def _tells(row: Any) -> ColumnElement[bool]:
    """Whether her phone has ever told; a desktop never does."""
    other = t.delivery.alias("told").c
    hers = (other.contact_id == row.contact_id, other.address_id == row.address_id)
    return exists().where(*hers, other.received_at.is_not(None))


class SqlLegs:
    """Implements the port `Legs`."""

    def __init__(self, connection: AsyncConnection, *, windows: Windows) -> None:
        self._rows = LedgerRows(connection)
        self._db = connection
        self._windows = windows

    async def hand_over(self, contact_id: ContactId, *, address: Address, at: datetime) -> int:
        row, campaign = t.delivery.c, t.campaign.c
        address_id = (
            select(t.address.c.id)
            .where(t.address.c.account_id == address.account_id, t.address.c.external_id == address.external_id)
            .scalar_subquery()
        )
        missed = (
            select(row.id, row.campaign_id)
            .join(t.campaign, campaign.id == row.campaign_id)
            .where(
                row.contact_id == contact_id,
                row.changed_at >= at - _HANDED_WITHIN,
                row.state == DeliveryState.SKIPPED,
                row.reason.in_(WAITS),
                campaign.state.in_(_GOES_ON),
                campaign.recall_after.is_(None),
                consented(row.contact_id, address_id),
            )
            .order_by(row.id.desc())
        )
        found = (await self._db.execute(missed)).all()
        if not found:
            return 0
        wrong = await self._corrected([one.campaign_id for one in found])
        chosen = [one for one in found if one.campaign_id not in wrong][:_HANDED_AT_ONCE]
        await self._rows.hold(campaign.id.in_({one.campaign_id for one in chosen}))
        return await self._rows.move_where(
            and_(row.id.in_([one.id for one in chosen]), row.state == DeliveryState.SKIPPED),
            old=DeliveryState.SKIPPED,
            new=DeliveryState.PENDING,
            account_id=address.account_id,
            address_id=address_id,
            reason="handed_over",
            attempts=0,
            not_before=at + _AFTER_HER_WORD,
            changed_at=at,
        )

    async def _corrected(self, campaigns: Sequence[int]) -> set[int]:
        """Those of them whose words were found to be wrong: nobody is to get them any more."""
        later = select(t.campaign.c.audience).where(
            t.campaign.c.id > min(campaigns),
            t.campaign.c.state.not_in([CampaignState.DRAFT, CampaignState.CANCELLED]),
        )
        return {audience.get("corrects") for audience in (await self._db.execute(later)).scalars()} - {None}

    async def silent(
        self, accounts: Sequence[AccountId], *, since: datetime, until: datetime, limit: int, at: datetime
    ) -> list[int]:
        row, other = t.delivery.c, t.address.alias("other")
        several = select(other.c.contact_id).group_by(other.c.contact_id).having(func.count() > 1)
        paid = await paid_left(self._db, windows=self._windows, at=at)
        found = await self._db.execute(
            select(row.id)
            .join(t.campaign, t.campaign.c.id == row.campaign_id)
            .where(
                row.contact_id.in_(several),
                row.changed_at.between(since, until),
                row.state == DeliveryState.SENT,
                row.leg == 1,
                row.reason != NO_RECEIPT,  # another way was tried, in vain
                tuple_(row.campaign_id, row.account_id).in_(_heard_of(accounts)),
                _tells(row),
                row.received_at.is_(None),
                row.seen_at.is_(None),
                row.opened_at.is_(None),
                t.campaign.c.state.in_(_GOES_ON),
                t.campaign.c.recall_after.is_(None),
                best_address(row.contact_id, other_than=row.address_id).is_not(None),
            )
            .order_by(row.id)
            .limit(limit),
            window_values(self._windows, paid_left=paid, at=at),
        )
        return list(found.scalars())

    async def close(self, accounts: Collection[AccountId], *, limit: int, at: datetime) -> int:
        row, campaign = t.delivery.c, t.campaign.c
        theirs = row.account_id.in_(accounts)
        left = select(campaign.id).where(campaign.in_flight > 0)
        lost = and_(
            theirs,
            row.campaign_id.in_(left),
            row.state == DeliveryState.IN_FLIGHT,
            row.changed_at < at - _LONGEST_ON_ITS_WAY,
        )
        with_work = select(campaign.id).where(has_something_to_send())
        waiting = and_(theirs, row.campaign_id.in_(with_work), row.state == DeliveryState.PENDING)
        await self._rows.hold(campaign.id.in_(select(row.campaign_id).where(or_(lost, waiting))))
        ids = (await self._db.execute(select(row.id).where(waiting).order_by(row.id).limit(limit))).scalars().all()
        skipped = await self._rows.move_where(
            row.id.in_(ids),
            old=DeliveryState.PENDING,
            new=DeliveryState.SKIPPED,
            reason=CHANNEL_GONE,
            not_before=None,
            changed_at=at,
        )
        await count_the_first(self._rows, ids)
        await fall_back(self._rows, ids, windows=self._windows, at=at)
        return skipped + await self._rows.move_where(
            lost, old=DeliveryState.IN_FLIGHT, new=DeliveryState.UNKNOWN, reason="interrupted"
        )

    async def fall_back(self, ids: Sequence[int], *, at: datetime) -> int:
        row = t.delivery.c
        await self._rows.hold(t.campaign.c.id.in_(select(row.campaign_id).where(row.id.in_(ids))))
        still = select(row.id).where(
            row.id.in_(ids),
            row.state == DeliveryState.SENT,
            row.reason != NO_RECEIPT,
            row.received_at.is_(None),
            row.seen_at.is_(None),
            row.opened_at.is_(None),
        )
        silent = (await self._db.execute(still)).scalars().all()
        return await fall_back(self._rows, silent, windows=self._windows, reason=NO_RECEIPT, at=at)
