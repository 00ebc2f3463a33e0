"""Everything that is stored about one person, gathered for herself."""

from typing import Any

from sqlalchemy import func, literal, or_, select, union
from sqlalchemy.ext.asyncio import AsyncConnection

from outreach.contacts.holdings import Held, HeldAddress, HeldDelivery, HeldEvidence, HeldQuestion
from outreach.messaging import ChannelName, ContactId
from storage import tables as t
from storage.contacts import SqlContacts
from storage.types import Keyring


class SqlHoldings:
    def __init__(self, connection: AsyncConnection, *, keyring: Keyring) -> None:
        self._db = connection
        self._contacts = SqlContacts(connection, keyring=keyring)

    async def of(self, contact_id: ContactId) -> Held:
        nominations = select(func.count()).where(
            or_(t.nomination.c.nominator_id == contact_id, t.nomination.c.nominee_id == contact_id)
        )
        return Held(
            addresses=await self._addresses(contact_id),
            consents=tuple(await self._contacts.consents(contact_id)),
            deliveries=await self._deliveries(contact_id),
            evidence=await self._evidence(contact_id),
            questions=await self._questions(contact_id),
            nominations=int((await self._db.execute(nominations)).scalar_one()),
        )

    async def _addresses(self, contact_id: ContactId) -> tuple[HeldAddress, ...]:
        rows = await self._db.execute(
            select(t.account.c.channel, t.address.c.external_id, t.address.c.created_at)
            .join(t.account, t.account.c.id == t.address.c.account_id)
            .where(t.address.c.contact_id == contact_id)
            .order_by(t.address.c.id)
        )
        return tuple(
            HeldAddress(channel=ChannelName(row.channel), external_id=row.external_id, since=row.created_at)
            for row in rows
        )

    async def _deliveries(self, contact_id: ContactId) -> tuple[HeldDelivery, ...]:
        rows = await self._db.execute(
            select(t.campaign.c.content, t.delivery.c.state, t.delivery.c.changed_at)
            .join(t.campaign, t.campaign.c.id == t.delivery.c.campaign_id)
            .where(t.delivery.c.contact_id.in_(and_joined(contact_id)))
            .order_by(t.delivery.c.id)
        )
        return tuple(HeldDelivery(title=row.content["title"], state=row.state, at=row.changed_at) for row in rows)

    async def _evidence(self, contact_id: ContactId) -> tuple[HeldEvidence, ...]:
        rows = await self._db.execute(
            select(t.period.c.name, t.reach_person.c.e1_at, t.reach_person.c.e4_at, t.reach_person.c.turns)
            .join(t.period, t.period.c.id == t.reach_person.c.period_id)
            .where(t.reach_person.c.contact_id == contact_id)
            .order_by(t.period.c.first_on, t.period.c.id)
        )
        return tuple(
            HeldEvidence(period=row.name, informed_at=row.e1_at, read_at=row.e4_at, turns=row.turns) for row in rows
        )

    async def _questions(self, contact_id: ContactId) -> tuple[HeldQuestion, ...]:
        rows = await self._db.execute(
            select(t.question.c.text, t.question.c.asked_at, t.question.c.answer)
            .where(t.question.c.contact_id == contact_id)
            .order_by(t.question.c.id)
        )
        return tuple(HeldQuestion(text=row.text, asked_at=row.asked_at, answer=row.answer or "") for row in rows)


def and_joined(contact_id: ContactId) -> Any:
    """Her, and who was joined to her: a campaign that both had got has a row of each."""
    joined = select(t.link.c.joined_id).where(t.link.c.kept_id == contact_id, t.link.c.undone_at.is_(None))
    return union(select(literal(contact_id)), joined)
