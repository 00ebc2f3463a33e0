"""The jobs of the clock: what is past its time goes."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

from bot.jobs import tidy
from outreach.dialogue import KEPT_FOR, Dialogue
from outreach.messaging import AccountId, Address, ContactId, Reply
from outreach.outbox import Target
from storage.database import Database
from tests.conftest import NOW

Make = Callable[..., Awaitable[ContactId]]


async def test_idle_conversations_and_old_messages_go(
    database: Database, account_id: AccountId, subscriber: Make
) -> None:
    """An officer's half-made declaration of a month ago is forgotten, yesterday's is not."""
    old, new = await subscriber(external_id="501"), await subscriber(external_id="502")
    begun = Dialogue(flow="decl", version=1, step="title", data={"title": "Hội trại"}, started_at=NOW, answered_at=NOW)
    async with database.write() as tx:
        await tx.dialogues.save(old, dialogue=begun)
        await tx.dialogues.save(new, dialogue=replace(begun, answered_at=NOW + timedelta(days=29)))
        await tx.outbox.add([(Target(contact_id=old), Reply(text="chưa gửi được"))], at=NOW)
    await tidy(database, now=NOW + KEPT_FOR + timedelta(seconds=1))
    async with database.read() as tx:
        gone = await tx.contacts.known(Address(account_id=account_id, external_id="501"))
        kept = await tx.contacts.known(Address(account_id=account_id, external_id="502"))
        assert not await tx.outbox.pending(since=NOW - timedelta(days=1), limit=9)
    assert gone.contact
    assert gone.dialogue is None
    assert kept.dialogue
