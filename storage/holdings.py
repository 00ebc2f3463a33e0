"""Everything that is stored about one person, gathered for herself."""

from typing import Any

from sqlalchemy import and_, func, literal, or_, select, union
from sqlalchemy.ext.asyncio import AsyncConnection

from outreach.contacts.holdings import Held, HeldAddress, HeldDelivery, HeldEvidence, HeldQuestion
from outreach.messaging import ChannelName, ContactId
from storage import tables as t
from storage.contacts import SqlContacts
from storage.types import Keyring


def _answer(row: Any) -> str:
    question = row.content.get("question")
    return str(question["options"][row.option]) if question and row.option is not None else ""


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
        answer, row = t.campaign_answer.c, t.delivery.c
        hers = and_(answer.campaign_id == row.campaign_id, answer.contact_id == row.contact_id)
        rows = await self._db.execute(
            select(t.campaign.c.content, row.state, row.changed_at, answer.option)
            .join(t.campaign, t.campaign.c.id == row.campaign_id)
            .outerjoin(t.campaign_answer, hers)
            .where(t.delivery.c.contact_id.in_(and_joined(contact_id)))
            .order_by(t.delivery.c.id)
        )
        return tuple(
            HeldDelivery(title=found.content["title"], state=found.state, at=found.changed_at, answer=_answer(found))
            for found in rows
        )

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
