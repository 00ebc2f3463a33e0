"""What channels say of messages of ours afterwards: which delivery is meant, and that it lies on the phone or was looked at."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, Subquery, and_, exists, or_, select, union_all, update
from sqlalchemy.ext.asyncio import AsyncConnection

from outreach.campaigns.model import UNCLEAR, DeliveryId, DeliveryState
from outreach.campaigns.ports.receipts import Proof
from outreach.contacts.model import Subscription
from outreach.messaging import CampaignId, ContactId, Receipt, ReceiptKind
from storage import tables as t
from storage.counting import counts
from storage.holdings import and_joined
from storage.ledger_rows import LedgerRows

# A receipt comes within moments, or when a phone that was off is switched on.
_COMES_WITHIN = timedelta(days=30)
_ARRIVED = frozenset({DeliveryState.SENT, DeliveryState.REPLACED, *UNCLEAR})
_SUBSCRIBED = frozenset({Subscription.ACTIVE, Subscription.PAUSED})


class SqlReceipts:
    """Implements the port `Receipts`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._rows = LedgerRows(connection)
        self._db = connection

    async def match(self, receipts: Sequence[Receipt]) -> tuple[list[Proof], list[Receipt]]:
        row, since = t.delivery.c, min(receipt.at for receipt in receipts) - _COMES_WITHIN
        people: dict[int, set[str]] = defaultdict(set)
        for receipt in receipts:
            people[receipt.address.account_id].add(receipt.address.external_id)
        theirs = [
            and_(t.address.c.account_id == account_id, t.address.c.external_id.in_(ids))
            for account_id, ids in sorted(people.items())
        ]
        hers = _written_to(or_(*theirs))
        found = await self._db.execute(
            select(t.delivery, hers.c.external_id, hers.c.person, t.contact.c.subscription, counts().label("counts"))
            .select_from(hers)
            .join(t.delivery, and_(row.contact_id == hers.c.whose, row.address_id == hers.c.address_id))
            .join(t.contact, t.contact.c.id == hers.c.person)
            .join(t.campaign, t.campaign.c.id == row.campaign_id)
            .where(
                row.changed_at >= since,
                row.state.in_([DeliveryState.IN_FLIGHT, *_ARRIVED]),
            )
        )
        proofs, leaving = {}, set()
        for one in found:
            if one.state == DeliveryState.IN_FLIGHT:
                leaving.add((one.account_id, one.external_id))
                continue
            for ref in one.refs or ():
                proofs[one.account_id, one.external_id, ref] = Proof(
                    delivery_id=DeliveryId(one.id),
                    campaign_id=CampaignId(one.campaign_id),
                    contact_id=ContactId(one.person),
                    state=DeliveryState(one.state),
                    sent_at=one.changed_at,
                    counts=one.counts,
                    subscribed=one.subscription in _SUBSCRIBED,
                )
        matched: dict[int, Proof] = {}
        early = []
        for receipt in receipts:
            place = (receipt.address.account_id, receipt.address.external_id)
            meant = [proof for ref in receipt.refs if (proof := proofs.get((*place, ref)))]
            for proof in meant:
                before = matched.get(proof.delivery_id, proof)
                matched[proof.delivery_id] = replace(before, kinds={receipt.kind: receipt.at, **before.kinds})
            if not meant and place in leaving:
                early.append(receipt)
        return list(matched.values()), early

    async def note(self, proofs: Sequence[Proof]) -> list[Proof]:
        row = t.delivery.c
        await self._rows.hold(t.campaign.c.id.in_({proof.campaign_id for proof in proofs}))
        these = select(row.id, row.state, row.received_at, row.seen_at).where(
            row.id.in_([proof.delivery_id for proof in proofs])
        )
        now = {one.id: one for one in await self._db.execute(these)}
        noted = [_new(proof, now[proof.delivery_id]) for proof in proofs]
        noted = [proof for proof in noted if proof.kinds]
        for proof in noted:
            await self._note(proof, received=now[proof.delivery_id].received_at is not None)
        return noted

    async def opened(self, campaign_id: CampaignId, *, contact_id: ContactId, at: datetime) -> None:
        row = t.delivery.c
        item = t.digest_item.c
        line = exists().where(item.delivery_id == row.id, item.campaign_id == campaign_id)
        hers = and_(row.contact_id.in_(and_joined(contact_id)), or_(row.campaign_id == campaign_id, line))
        there = row.state.in_([DeliveryState.IN_FLIGHT, *_ARRIVED])
        await self._db.execute(update(t.delivery).where(hers, there, row.opened_at.is_(None)).values(opened_at=at))

    async def _note(self, proof: Proof, *, received: bool) -> None:
        """What was seen was received."""
        stamps = {f"{kind.value}_at": at for kind, at in proof.kinds.items()}
        if not received:
            stamps = {"received_at": min(proof.kinds.values()), **stamps}
        await self._rows.set([proof.delivery_id], **stamps)
        if proof.state == DeliveryState.REPLACED:
            return  # she is counted with the second leg
        if proof.state in UNCLEAR:
            # Nobody has to decide any more about one that has arrived.
            this = and_(t.delivery.c.id == proof.delivery_id, t.delivery.c.state == proof.state)
            await self._rows.move_where(this, old=proof.state, new=DeliveryState.SENT, reason="")
        seen = ReceiptKind.SEEN in proof.kinds
        await self._rows.count(proof.campaign_id, received=int(not received), seen=int(seen))


def _written_to(theirs: ColumnElement[bool]) -> Subquery:
    """These addresses, their people, and whose rows in the ledger may be theirs: since a link some may stay with the one joined."""
    address, link = t.address.c, t.link.c
    about = address.id.label("address_id"), address.external_id, address.contact_id.label("person")
    own = select(*about, address.contact_id.label("whose")).where(theirs)
    joined = select(*about, link.joined_id).join(t.link, link.kept_id == address.contact_id)
    return union_all(own, joined.where(theirs, link.address_id == address.id, link.undone_at.is_(None))).subquery()


def _new(proof: Proof, now: Row[*tuple[Any, ...]]) -> Proof:
    """The proof as the row stands now, without what was known already."""
    known = {ReceiptKind.RECEIVED: now.received_at, ReceiptKind.SEEN: now.seen_at}
    if DeliveryState(now.state) not in _ARRIVED:
        return replace(proof, kinds={})
    kinds = {kind: at for kind, at in proof.kinds.items() if known[kind] is None}
    return replace(proof, state=DeliveryState(now.state), kinds=kinds)
