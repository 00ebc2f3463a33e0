"""The weekly digest: what waits for it, whose message tells of what."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    Text,
    and_,
    delete,
    exists,
    func,
    literal,
    or_,
    select,
    type_coerce,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from outreach.campaigns.model import (
    AT_REST,
    FOR_DIGEST,
    IN_DIGEST,
    RECALLED,
    WEEK_FULL,
    Campaign,
    CampaignKind,
    CampaignState,
    DeliveryId,
    DeliveryState,
    DigestItem,
    Limits,
)
from outreach.campaigns.ports.digests import KEPT_FOR, MOST_ITEMS
from outreach.contacts.windows import Windows
from outreach.messaging import CampaignId, ContactId
from storage import tables as t
from storage.audience import best_address, rests, week_is_full
from storage.campaigns import campaign_of
from storage.frozen import content_of
from storage.holdings import and_joined
from storage.ledger_rows import LedgerRows
from storage.spending import paid_left
from storage.upsert import dialect_insert
from storage.windows import window_values

_WAITS = (WEEK_FULL, AT_REST, FOR_DIGEST, IN_DIGEST)
_TELLS = (CampaignState.RUNNING, CampaignState.PAUSED, CampaignState.FINISHED)
_NOT_SENT = (DeliveryState.SKIPPED, DeliveryState.FAILED)


def _told_elsewhere(row: Any) -> ColumnElement[bool]:
    """In a digest that may have arrived or still goes, or by another leg of the same campaign."""
    carrier, leg = t.delivery.alias("carrier").c, t.delivery.alias("other_leg").c
    in_digest = exists().where(
        t.digest_item.c.campaign_id == row.campaign_id,
        carrier.id == t.digest_item.c.delivery_id,
        carrier.contact_id == row.contact_id,
        carrier.state.not_in(_NOT_SENT),
    )
    by_leg = exists().where(
        leg.campaign_id == row.campaign_id, leg.contact_id == row.contact_id, leg.state.not_in(_NOT_SENT)
    )
    return or_(in_digest, by_leg)


def _waiting(sources: Sequence[int], *, at: datetime) -> list[ColumnElement[bool]]:
    """Of rows joined with their campaign and contact. By the key of campaign and person: rows that were skipped are too many.

    Whose week is full, or who rests, could not be sent the digest either: her news waits for the next one. To be executed with `_now`.
    """
    row = t.delivery.c
    muted = type_coerce(t.contact.c.muted_topics, Text)
    quoted = literal('"') + t.campaign.c.topic + literal('"')
    return [
        row.campaign_id.in_(sources),
        func.coalesce(row.state, "") == DeliveryState.SKIPPED,
        row.reason.in_(_WAITS),
        row.changed_at >= at - KEPT_FOR,
        func.replace(muted, quoted, "") == muted,
        ~week_is_full(),
        ~rests(),
        ~_told_elsewhere(row),
    ]


def _now(limits: Limits, *, at: datetime) -> dict[str, Any]:
    return {"week_start": limits.week_start, "per_week": limits.per_week, "at": at}


def _joined(*columns: Any) -> Select[Any]:
    return (
        select(*columns)
        .select_from(t.delivery)
        .join(t.campaign, t.campaign.c.id == t.delivery.c.campaign_id)
        .join(t.contact, t.contact.c.id == t.delivery.c.contact_id)
    )


class SqlDigests:
    """Implements the port `Digests`."""

    def __init__(self, connection: AsyncConnection, *, windows: Windows) -> None:
        self._db = connection
        self._rows = LedgerRows(connection)
        self._windows = windows

    async def begun(self, week_on: date) -> bool:
        found = select(t.digest.c.week_on).where(t.digest.c.week_on == week_on)
        return (await self._db.execute(found)).first() is not None

    async def sources(self, *, limits: Limits, at: datetime) -> list[Campaign]:
        return [one for one in await self._likely(at=at) if await self._waits(one, limits=limits, at=at)]

    async def _likely(self, *, at: datetime) -> list[Campaign]:
        """Whether anything of them waits still is not looked at: that goes over all of it in the end."""
        campaign = t.campaign.c
        likely = select(t.campaign).where(
            campaign.kind == CampaignKind.NEWS,
            campaign.state.in_(_TELLS),
            campaign.started_at >= at - KEPT_FOR,
            campaign.skipped > 0,
            campaign.recall_after.is_(None),
            or_(campaign.expires_at.is_(None), campaign.expires_at > at),
        )
        found = [campaign_of(row) for row in await self._db.execute(likely.order_by(campaign.id.desc()))]
        corrected = await self._corrected([one.campaign_id for one in found])
        return [one for one in found if one.campaign_id not in corrected]

    async def _corrected(self, campaigns: Sequence[int]) -> set[int]:
        if not campaigns:
            return set()
        later = select(t.campaign.c.audience).where(
            t.campaign.c.id > min(campaigns), t.campaign.c.state.not_in([CampaignState.DRAFT, CampaignState.CANCELLED])
        )
        return {audience.get("corrects") for audience in (await self._db.execute(later)).scalars()} - {None}

    async def _waits(self, campaign: Campaign, *, limits: Limits, at: datetime) -> bool:
        one = _joined(t.delivery.c.id).where(*_waiting([campaign.campaign_id], at=at)).limit(1)
        return (await self._db.execute(one, _now(limits, at=at))).first() is not None

    async def begin(self, week_on: date, *, at: datetime) -> bool:
        row = dialect_insert(self._db, t.digest).values(week_on=week_on, begun_at=at)
        return bool((await self._db.execute(row.on_conflict_do_nothing())).rowcount)

    async def attach(self, week_on: date, *, campaign_id: CampaignId) -> None:
        week, this = t.digest.c.week_on == week_on, t.campaign.c.id == campaign_id
        await self._db.execute(update(t.digest).where(week).values(campaign_id=campaign_id))
        await self._db.execute(update(t.campaign).where(this).values(kind=CampaignKind.DIGEST))

    async def freeze_chunk(
        self, campaign: Campaign, *, limits: Limits, after: int, size: int, at: datetime
    ) -> int | None:
        this = t.campaign.c.id == campaign.campaign_id
        await self._rows.hold(this)
        state = (await self._db.execute(select(t.campaign.c.state).where(this))).scalar_one()
        sources = [one.campaign_id for one in await self._likely(at=at)] if state == CampaignState.PREPARING else []
        if not sources:
            return None
        last = (await self._db.execute(select(func.max(t.contact.c.id)))).scalar_one() or 0
        people = t.delivery.c.contact_id.between(after + 1, after + size)
        waiting = [people, *_waiting(sources, at=at)]
        await self._make_rows(campaign, waiting, limits=limits, at=at)
        await self._make_items(campaign, waiting, limits=limits, at=at)
        await self._note_reason(campaign, people, sources)
        return after + size if after + size < last else None

    async def _make_rows(
        self, campaign: Campaign, waiting: Sequence[ColumnElement[bool]], *, limits: Limits, at: datetime
    ) -> None:
        whom = set(
            (await self._db.execute(_joined(t.delivery.c.contact_id).where(*waiting), _now(limits, at=at))).scalars()
        )
        choice = window_values(self._windows, paid_left=await paid_left(self._db, windows=self._windows, at=at), at=at)
        address = t.address.c.id == best_address(t.contact.c.id)
        people = select(t.contact.c.id).select_from(t.contact).join(t.address, address).where(t.contact.c.id.in_(whom))
        await self._rows.add(campaign, people, choice=choice, at=at)

    async def _make_items(
        self, campaign: Campaign, waiting: Sequence[ColumnElement[bool]], *, limits: Limits, at: datetime
    ) -> None:
        row, carrier = t.delivery.c, t.delivery.alias("message").c
        place = func.row_number().over(partition_by=row.contact_id, order_by=row.campaign_id.desc()).label("place")
        ranked = _joined(row.campaign_id, row.contact_id, place).where(*waiting, row.leg == 1).subquery()
        chosen = select(carrier.id, ranked.c.campaign_id).where(
            ranked.c.place <= MOST_ITEMS,
            carrier.campaign_id == campaign.campaign_id,
            carrier.contact_id == ranked.c.contact_id,
            carrier.leg == 1,
            ~exists().where(t.digest_item.c.delivery_id == carrier.id),  # a step that begins again adds no sixth line
        )
        names = ["delivery_id", "campaign_id"]
        await self._db.execute(t.digest_item.insert().from_select(names, chosen), _now(limits, at=at))

    async def _note_reason(self, campaign: Campaign, people: ColumnElement[bool], sources: Sequence[int]) -> None:
        """What waited stands in a digest now."""
        row, carrier = t.delivery.c, t.delivery.alias("message")
        told = exists().where(
            carrier.c.campaign_id == campaign.campaign_id,
            carrier.c.contact_id == row.contact_id,
            t.digest_item.c.delivery_id == carrier.c.id,
            t.digest_item.c.campaign_id == row.campaign_id,
        )
        waited = (row.campaign_id.in_(sources), people, row.reason.in_(_WAITS), told.correlate(t.delivery))
        await self._db.execute(update(t.delivery).where(*waited).values(reason=IN_DIGEST))

    async def items(self, deliveries: Sequence[DeliveryId]) -> dict[DeliveryId, tuple[DigestItem, ...]]:
        if not deliveries:
            return {}
        theirs = t.digest_item.c.delivery_id.in_(deliveries)
        campaign = t.campaign.c
        gone = or_(campaign.recall_after.is_not(None), campaign.state == CampaignState.CANCELLED)
        dropped = t.digest_item.c.campaign_id.in_(select(campaign.id).where(gone))
        await self._db.execute(delete(t.digest_item).where(theirs, dropped))
        return await self._items(t.delivery.c.id.in_(deliveries))

    async def _items(self, which: ColumnElement[bool]) -> dict[DeliveryId, tuple[DigestItem, ...]]:
        """Of these rows; another leg tells what the first one was made with."""
        campaign, row, first = t.campaign.c, t.delivery.c, t.delivery.alias("first_leg")
        same = and_(first.c.campaign_id == row.campaign_id, first.c.contact_id == row.contact_id, first.c.leg == 1)
        rows = await self._db.execute(
            select(row.id.label("delivery_id"), campaign.id, campaign.content)
            .select_from(t.delivery)
            .join(first, same)
            .join(t.digest_item, t.digest_item.c.delivery_id == first.c.id)
            .join(t.campaign, campaign.id == t.digest_item.c.campaign_id)
            .where(which, campaign.recall_after.is_(None), campaign.state != CampaignState.CANCELLED)
            .order_by(campaign.id.desc())
        )
        found: dict[DeliveryId, list[DigestItem]] = defaultdict(list)
        for line in rows:
            content = content_of(line.content)
            item = DigestItem(
                campaign_id=CampaignId(line.id),
                title=content.title,
                opening=next(iter(content.paragraphs), ""),
                counts=content.counts,
            )
            found[DeliveryId(line.delivery_id)].append(item)
        return {number: tuple(items) for number, items in found.items()}

    async def items_of(self, campaign_id: CampaignId, *, contact_id: ContactId) -> tuple[DigestItem, ...]:
        row = t.delivery.c
        hers = and_(row.campaign_id == campaign_id, row.contact_id.in_(and_joined(contact_id)), row.leg == 1)
        return next(iter((await self._items(hers)).values()), ())

    async def counts(self, campaign_id: CampaignId) -> bool:
        found = await self._db.execute(
            select(t.digest_item.c.delivery_id)
            .join(t.campaign, t.campaign.c.id == t.digest_item.c.campaign_id)
            .join(t.delivery, t.delivery.c.id == t.digest_item.c.delivery_id)
            .where(t.campaign.c.counts, t.delivery.c.campaign_id == campaign_id)
            .limit(1)
        )
        return found.first() is not None

    async def told(self, campaign_id: CampaignId) -> int:
        item, first, row = t.digest_item.c, t.delivery.alias("first_leg"), t.delivery.c
        message = and_(row.campaign_id == first.c.campaign_id, row.contact_id == first.c.contact_id)
        got = (
            select(func.count(row.contact_id.distinct()))
            .select_from(t.digest_item)
            .join(first, first.c.id == item.delivery_id)
            .join(t.delivery, message)
            .where(item.campaign_id == campaign_id, row.state == DeliveryState.SENT, row.reason != RECALLED)
        )
        return int((await self._db.execute(got)).scalar_one())

    async def carried(self, campaign_id: CampaignId, *, contact_id: ContactId) -> DeliveryState | None:
        row = t.delivery.c
        found = await self._db.execute(
            select(row.state)
            .join(t.digest_item, t.digest_item.c.delivery_id == row.id)
            .where(
                t.digest_item.c.campaign_id == campaign_id,
                row.contact_id.in_(and_joined(contact_id)),
                row.state.not_in(_NOT_SENT),
            )
            .order_by(row.id.desc())
            .limit(1)
        )
        state = found.scalar_one_or_none()
        return None if state is None else DeliveryState(state)
