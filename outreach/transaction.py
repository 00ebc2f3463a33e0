"""The port of the transaction: who opens it, what it offers, and why no network call fits inside."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager, suppress
from contextvars import ContextVar
from typing import Any, Protocol, TypeVar

from outreach.audit import AuditLog
from outreach.broadcasts.ports import Broadcasts
from outreach.campaigns.ports.answers import Answers
from outreach.campaigns.ports.approvals import Approvals
from outreach.campaigns.ports.audiences import Audiences
from outreach.campaigns.ports.campaigns import Campaigns
from outreach.campaigns.ports.digests import Digests
from outreach.campaigns.ports.doubles import Doubles
from outreach.campaigns.ports.lanes import Lanes
from outreach.campaigns.ports.ledger import Ledger
from outreach.campaigns.ports.ledger_reports import LedgerReports
from outreach.campaigns.ports.legs import Legs
from outreach.campaigns.ports.listing import Listing
from outreach.campaigns.ports.media import MediaRows
from outreach.campaigns.ports.receipts import Receipts
from outreach.campaigns.ports.spending import Spending
from outreach.campaigns.ports.undoing import Undoing
from outreach.campaigns.ports.watching import Watching
from outreach.campaigns.ports.waves import Waves
from outreach.contacts.ports import Accounts, Addresses, Contacts, Holdings, Links, Silences
from outreach.dialogue import Dialogues
from outreach.errors import CollisionError
from outreach.evidence import EvidenceRows
from outreach.inbox import Inbox
from outreach.news.ports import NewsItems
from outreach.nominations.ports import NominationDesk, Nominations
from outreach.officers import Officers
from outreach.outbox import Outbox
from outreach.pacing import Leases
from outreach.posters import Posters
from outreach.questions import Questions
from outreach.reach.ports import Denominators, Reach
from outreach.tokens import TokenPairs
from outreach.upkeep import Keepers
from outreach.wishes import FileWishes

T = TypeVar("T")

_MOST_COLLISIONS = 3

# Set while a transaction is open. Channel clients look at it: a network call inside would hold the one writer.
IN_TRANSACTION: ContextVar[bool] = ContextVar("in_transaction", default=False)


def check_outside_transaction() -> None:
    """Raise RuntimeError when somebody is about to talk to a network between begin and commit."""
    if IN_TRANSACTION.get():
        raise RuntimeError("a network call inside a database transaction")


class Transaction(Protocol):
    """What one unit of work may read and write; all of it becomes durable at once or not at all."""

    @property
    def contacts(self) -> Contacts: ...
    @property
    def silences(self) -> Silences: ...
    @property
    def accounts(self) -> Accounts: ...
    @property
    def addresses(self) -> Addresses: ...
    @property
    def holdings(self) -> Holdings: ...
    @property
    def links(self) -> Links: ...
    @property
    def dialogues(self) -> Dialogues: ...
    @property
    def officers(self) -> Officers: ...
    @property
    def outbox(self) -> Outbox: ...
    @property
    def news(self) -> NewsItems: ...
    @property
    def campaigns(self) -> Campaigns: ...
    @property
    def ledger(self) -> Ledger: ...
    @property
    def ledger_reports(self) -> LedgerReports: ...
    @property
    def legs(self) -> Legs: ...
    @property
    def lanes(self) -> Lanes: ...
    @property
    def spending(self) -> Spending: ...
    @property
    def receipts(self) -> Receipts: ...
    @property
    def reach(self) -> Reach: ...
    @property
    def denominators(self) -> Denominators: ...
    @property
    def posters(self) -> Posters: ...
    @property
    def questions(self) -> Questions: ...
    @property
    def nominations(self) -> Nominations: ...
    @property
    def nomination_desk(self) -> NominationDesk: ...
    @property
    def evidence(self) -> EvidenceRows: ...
    @property
    def watching(self) -> Watching: ...
    @property
    def waves(self) -> Waves: ...
    @property
    def digests(self) -> Digests: ...
    @property
    def listing(self) -> Listing: ...
    @property
    def undoing(self) -> Undoing: ...
    @property
    def keepers(self) -> Keepers: ...
    @property
    def broadcasts(self) -> Broadcasts: ...
    @property
    def wishes(self) -> FileWishes: ...
    @property
    def leases(self) -> Leases: ...
    @property
    def tokens(self) -> TokenPairs: ...
    @property
    def inbox(self) -> Inbox: ...
    @property
    def audiences(self) -> Audiences: ...
    @property
    def audit(self) -> AuditLog: ...
    @property
    def approvals(self) -> Approvals: ...
    @property
    def doubles(self) -> Doubles: ...
    @property
    def media(self) -> MediaRows: ...
    @property
    def answers(self) -> Answers: ...


class Transactions(Protocol):
    """Opens transactions. The entry holds them: router, dispatcher, scheduler, console, command line; nobody below begins or commits."""

    def write(self, *, bulk: bool = False) -> AbstractAsyncContextManager[Transaction]:
        """One durable unit of work; `bulk` lets people's turns pass in front."""

    async def in_bulk(self, work: Callable[[Transaction], Coroutine[Any, Any, T]]) -> T:
        """`work` as a whole is one bulk transaction. It waits for nothing but what the transaction offers: it may run in a thread."""

    def read(self) -> AbstractAsyncContextManager[Transaction]:
        """A consistent view that cannot write."""


async def begun_again(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """`work` is one whole transaction: once more, from its beginning, where another one was in its way and has ended meanwhile."""
    for _ in range(_MOST_COLLISIONS):
        with suppress(CollisionError):
            return await work()
    return await work()


async def shielded(work: Coroutine[Any, Any, T]) -> T:
    """Run `work` to its end even when the caller is cancelled; the cancellation is raised afterwards.

    A turn that was cut between its statements would roll back work the person was told about.
    """
    task = asyncio.ensure_future(work)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError as error:  # however often it is said: the work ends first
            cancelled = error
    if cancelled:
        raise cancelled from (None if task.cancelled() else task.exception())
    return task.result()
