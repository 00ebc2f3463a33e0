"""Articles for all followers."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from outreach.broadcasts.model import MOVES, UNDER_WAY, Arrival, Broadcast, BroadcastFigure, BroadcastId, BroadcastState
from outreach.campaigns.model import Content
from outreach.contacts.model import Purpose, Subscription
from outreach.messaging import AccountId, ContactId, OfficerId, Receipt
from storage.accounts import longest_follower
from storage.frozen import content_of
from storage.tables import account, address, consent, contact, link, message_slot
from storage.tables.sending import broadcast as table
from storage.upsert import dialect_insert

_SUBSCRIBED = (Subscription.ACTIVE, Subscription.PAUSED)


def _broadcast(row: Row[*tuple[Any, ...]]) -> Broadcast:
    return Broadcast(
        broadcast_id=BroadcastId(row.id),
        account_id=AccountId(row.account_id),
        content=content_of(row.content),
        state=BroadcastState(row.state),
        created_by=OfficerId(row.created_by),
        created_at=row.created_at,
        changed_at=row.changed_at,
        token=row.token,
        article_ref=row.article_ref,
        message_ref=row.message_ref,
        reason=row.reason,
        platform_count=row.platform_count,
        sent_at=row.sent_at,
    )


class SqlBroadcasts:
    """Implements the port `Broadcasts`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._db = connection

    async def add(self, *, account_id: AccountId, content: Content, by: OfficerId, at: datetime) -> Broadcast:
        statement = insert(table).values(
            account_id=account_id,
            news_item_id=content.news_id,
            content=asdict(content),
            state=BroadcastState.DRAFT,
            created_by=by,
            created_at=at,
            changed_at=at,
        )
        return _broadcast((await self._db.execute(statement.returning(*table.c))).one())

    async def get(self, broadcast_id: BroadcastId) -> Broadcast | None:
        row = (await self._db.execute(select(table).where(table.c.id == broadcast_id))).one_or_none()
        return _broadcast(row) if row else None

    async def move(
        self, broadcast_id: BroadcastId, *, state: BroadcastState, at: datetime, **values: str | datetime
    ) -> Broadcast | None:
        stamps = {"sent_at": at} if state == BroadcastState.SENT else {}
        statement = (
            update(table)
            .where(table.c.id == broadcast_id, table.c.state.in_(MOVES[state]))
            .values(state=state, changed_at=at, **stamps, **values)
            .returning(*table.c)
        )
        row = (await self._db.execute(statement)).one_or_none()
        return _broadcast(row) if row else None

    async def note(
        self, broadcast_id: BroadcastId, *, state: BroadcastState, at: datetime, **values: str | int
    ) -> bool:
        statement = update(table).where(table.c.id == broadcast_id, table.c.state == state)
        return bool((await self._db.execute(statement.values(changed_at=at, **values))).rowcount)

    async def under_way(self, account_id: AccountId) -> list[Broadcast]:
        statement = select(table).where(table.c.account_id == account_id, table.c.state.in_(UNDER_WAY))
        return [_broadcast(row) for row in await self._db.execute(statement.order_by(table.c.id))]

    async def claim_way(self, account_id: AccountId) -> bool:
        held = select(account.c.id).where(account.c.id == account_id)
        await self._db.execute(held.with_for_update(key_share=True))  # SQLite has one writer anyhow
        return not await self.under_way(account_id)

    async def newest_sent(self, account_id: AccountId, *, since: datetime) -> Broadcast | None:
        statement = (
            select(table)
            .where(table.c.account_id == account_id, table.c.state == BroadcastState.SENT, table.c.sent_at > since)
            .order_by(table.c.sent_at.desc(), table.c.id.desc())
            .limit(1)
        )
        row = (await self._db.execute(statement)).one_or_none()
        return _broadcast(row) if row else None

    async def longest_follower(self, account_id: AccountId) -> str | None:
        return (await self._db.execute(longest_follower(account_id))).scalar_one_or_none()

    async def arrivals(self, receipts: Sequence[Receipt]) -> list[Arrival]:
        articles = await self._that_count(receipts)
        meant = [
            (receipt, broadcast_id)
            for receipt in receipts
            for ref in receipt.refs
            if (broadcast_id := articles.get((receipt.address.account_id, ref)))
        ]
        people = await self._agreed([receipt for receipt, _ in meant]) if meant else {}
        found = []
        for receipt, broadcast_id in meant:
            contact_id, since = people.get((receipt.address.account_id, receipt.address.external_id), (None, None))
            if contact_id is not None and since is not None and since <= receipt.at:
                found.append(
                    Arrival(broadcast_id=broadcast_id, contact_id=contact_id, kind=receipt.kind, at=receipt.at)
                )
        return found

    async def _that_count(self, receipts: Sequence[Receipt]) -> dict[tuple[int, str], BroadcastId]:
        """The articles that are named; the same name for everybody who got one."""
        named = {ref for receipt in receipts for ref in receipt.refs if ref}
        statement = select(table).where(table.c.message_ref.in_(named), table.c.state == BroadcastState.SENT)
        rows = map(_broadcast, await self._db.execute(statement))
        return {(row.account_id, row.message_ref): row.broadcast_id for row in rows if row.content.counts}

    async def _agreed(self, receipts: Sequence[Receipt]) -> dict[tuple[int, str], tuple[ContactId, datetime]]:
        """Of those addresses, whose they are and since when she has agreed to be counted."""
        statement = (
            select(
                address.c.account_id, address.c.external_id, contact.c.id, func.min(consent.c.given_at).label("since")
            )
            .join(contact, contact.c.id == address.c.contact_id)
            .join(consent, consent.c.contact_id == contact.c.id)
            .where(
                address.c.account_id.in_({receipt.address.account_id for receipt in receipts}),
                address.c.external_id.in_({receipt.address.external_id for receipt in receipts}),
                contact.c.subscription.in_(_SUBSCRIBED),
                consent.c.purpose == Purpose.NOTICES,
                consent.c.withdrawn_at.is_(None),
            )
            .group_by(address.c.account_id, address.c.external_id, contact.c.id)
        )
        rows = await self._db.execute(statement)
        return {(row.account_id, row.external_id): (ContactId(row.id), row.since) for row in rows}

    async def first_heard(self, broadcast_id: BroadcastId, *, contact_id: ContactId) -> bool:
        slot = f"broadcast:{broadcast_id}"
        joined = (link.c.joined_id == message_slot.c.contact_id) & link.c.undone_at.is_(None)
        as_another = select(message_slot.c.slot).join(link, joined)
        if (
            await self._db.execute(as_another.where(link.c.kept_id == contact_id, message_slot.c.slot == slot))
        ).first():
            return False  # her evidence from before the link is with her already
        key = {"contact_id": contact_id, "slot": slot}
        statement = dialect_insert(self._db, message_slot).values(**key, ref="").on_conflict_do_nothing()
        return bool((await self._db.execute(statement)).rowcount)

    async def figure(self, *, since: datetime, before: datetime) -> BroadcastFigure:
        statement = select(func.count(), func.max(table.c.platform_count)).where(
            table.c.state == BroadcastState.SENT, table.c.sent_at >= since, table.c.sent_at < before
        )
        count, platform_count = (await self._db.execute(statement)).one()
        return BroadcastFigure(count=count, platform_count=platform_count)
