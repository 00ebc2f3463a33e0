"""An account that takes articles: it records what it is asked, and answers as a case wants."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from outreach.broadcasts.drive import Press, drive_broadcasts
from outreach.broadcasts.model import Article, Broadcast
from outreach.broadcasts.order import compose_broadcast, order_broadcast
from outreach.campaigns.model import Campaign
from outreach.messaging import AccountId, ContactId, Reply, SendError
from outreach.officers import Officer, Role, System
from outreach.outbox import OutboxRow, Target
from outreach.transaction import Transaction, check_outside_transaction
from storage.database import Database
from tests.conftest import TestClock

NOON = datetime(2026, 10, 5, 5, tzinfo=UTC)  # 12:00 in Vietnam


@dataclass(kw_only=True)
class RecordingPublisher:
    """Implements the port `Publisher`. `answers` are used up one by one, by the name of the call."""

    account_id: AccountId
    asked: list[tuple[str, object]] = field(default_factory=list)
    answers: dict[str, list[str | int | BaseException | None]] = field(default_factory=dict)

    async def create_article(self, article: Article) -> str:
        return str(self._answer("create", article, usual="token-1"))

    async def verify_article(self, token: str) -> str | None:
        found = self._answer("verify", token, usual="article-1")
        return None if found is None else str(found)

    async def broadcast(self, article_id: str) -> str:
        return str(self._answer("broadcast", article_id, usual="message-1"))

    async def followers(self) -> int | None:
        found = self._answer("followers", None, usual=1234)
        assert not isinstance(found, str)
        return found

    def _answer(self, call: str, argument: object, *, usual: str | int) -> str | int | None:
        check_outside_transaction()
        self.asked.append((call, argument))
        answer = self.answers[call].pop(0) if self.answers.get(call) else usual
        if isinstance(answer, BaseException):
            raise answer
        return answer

    @property
    def calls(self) -> list[str]:
        return [call for call, _ in self.asked]


@dataclass(kw_only=True)
class Printers:
    """The clock's job by hand; `told` is what officers got."""

    database: Database
    clock: TestClock
    publisher: RecordingPublisher
    told: list[str] = field(default_factory=list)

    async def beat(self, times: int = 1) -> None:
        async def tell(tx: Transaction, contact_id: ContactId, broadcast: Broadcast) -> list[OutboxRow]:
            reply = Reply(text=f"{broadcast.state}:{broadcast.reason}")
            return await tx.outbox.add([(Target(contact_id=contact_id), reply)], at=self.clock())

        press = Press(
            transactions=self.database,
            publisher=self.publisher,
            render=lambda broadcast: Article(
                title=broadcast.content.title, author="", description="", paragraphs=(), cover_url=""
            ),
            tell=tell,
            clock=self.clock,
        )
        for _ in range(times):
            self.told += [row.reply.text for row in await drive_broadcasts(System(name="clock"), press=press)]

    async def get(self, broadcast: Broadcast) -> Broadcast:
        async with self.database.read() as tx:
            found = await tx.broadcasts.get(broadcast.broadcast_id)
        assert found
        return found

    def fails(self, call: str, error: SendError) -> None:
        self.publisher.answers[call] = [error]


@pytest.fixture
def printers(database: Database, clock: TestClock, account_id: AccountId) -> Printers:
    clock.now = NOON
    return Printers(database=database, clock=clock, publisher=RecordingPublisher(account_id=account_id))


@pytest.fixture
async def editor(officer: Callable[..., Awaitable[Officer]]) -> Officer:
    return await officer(Role.EDITOR)


@pytest.fixture
async def draft(
    printers: Printers, editor: Officer, campaign: Callable[..., Awaitable[Campaign]], account_id: AccountId
) -> Broadcast:
    words = await campaign()
    async with printers.database.write() as tx:
        return await compose_broadcast(
            editor, tx=tx, campaign_id=words.campaign_id, account_id=account_id, at=printers.clock()
        )


@pytest.fixture
async def ordered(printers: Printers, editor: Officer, draft: Broadcast) -> Broadcast:
    async with printers.database.write() as tx:
        return await order_broadcast(editor, tx=tx, broadcast_id=draft.broadcast_id, at=printers.clock())
