"""The ground of the ledger's state machine: two accounts, people on one or both, two campaigns, and the model of what has left."""

import asyncio
import shutil
from collections import Counter
from collections.abc import Awaitable, Coroutine
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from hypothesis.stateful import (
    RuleBasedStateMachine,
)
from sqlalchemy import select

from outreach.campaigns.model import (
    Audience,
    Campaign,
    CampaignState,
    Content,
    Delivery,
    DeliveryState,
    OnUnknown,
    Outcome,
)
from outreach.clock import local_day
from outreach.contacts.model import Consent, Purpose, Subscription
from outreach.messaging import AccountId, Address, CampaignId, ChannelName, ContactId
from outreach.officers import Role
from outreach.pacing import Lease
from outreach.pack import Pack
from outreach.reach.model import StoredPeriod, Tier
from storage import tables as t
from storage.database import Database
from storage.session import Session
from storage.types import Keyring
from tests.conftest import NOW
from tests.storage.two_channels import receipts_came

T = TypeVar("T")
PEOPLE = 9
TELEGRAM, ZALO = AccountId(1), AccountId(2)
FAR = timedelta(days=400)


class LedgerGround(RuleBasedStateMachine):
    """Two accounts, one with windows; nine people, five of them on both; two campaigns: one would rather miss, the other rather repeat."""

    template: Path
    folder: Path
    keyring: Keyring
    pack: Pack
    runs = 0

    def __init__(self) -> None:
        super().__init__()
        type(self).runs += 1
        path = self.folder / f"run{self.runs}.db"
        shutil.copyfile(self.template, path)
        self.loop = asyncio.new_event_loop()
        self.database = Database(f"sqlite+aiosqlite:///{path}", keyring=self.keyring)
        self.now: datetime = NOW
        self.people: list[ContactId] = []
        self.campaigns: dict[CampaignId, Campaign] = {}
        self.frozen_to: dict[CampaignId, int | None] = {}
        self.leases: dict[AccountId, Lease] = {}
        self.accepted: set[tuple[CampaignId, ContactId]] = set()
        self.old_leases: list[tuple[Lease, list[Delivery]]] = []
        self.windows: list[tuple[AccountId, list[Delivery]]] = []
        self.spoke: dict[ContactId, datetime] = {}  # on the account with windows
        # The model: requests that left, by (campaign, contact), and what an officer (or the rule he chose) allowed beyond one.
        self.left: Counter[tuple[CampaignId, ContactId]] = Counter()
        self.allowed: Counter[tuple[CampaignId, ContactId]] = Counter()
        self.stopped: set[ContactId] = set()
        self.steps = 0
        self.turns: Counter[ContactId] = Counter()  # accepted messages, but for second ways of the same
        self.erased: set[ContactId] = set()
        self.periods: list[StoredPeriod] = []

    def do(self, work: Coroutine[Any, Any, T] | Awaitable[T]) -> T:
        async def run() -> T:
            return await work

        return self.loop.run_until_complete(run())

    def teardown(self) -> None:
        self.do(self.database.close())
        self.loop.close()

    async def _begin(self) -> None:
        consent = Consent(
            purpose=Purpose.NOTICES,
            text_version="1",
            text_hash="0",
            given_at=NOW,
            channel=ChannelName.TELEGRAM,
            message_ref="1",
        )
        async with self.database.write() as tx:
            await tx.contacts.account(channel=ChannelName.ZALO_OA, external_id="9", name="", windowed=True)
            for number in range(PEOPLE):
                address = Address(account_id=TELEGRAM, external_id=str(number))
                contact_id = await tx.contacts.create(address, source="", at=NOW)
                await tx.contacts.change(contact_id, at=NOW, subscription=Subscription.ACTIVE)
                await tx.contacts.add_consent(contact_id, address=address, consent=consent)
                self.people.append(contact_id)
                if number % 2 == 0:
                    self.spoke[contact_id] = NOW + timedelta(minutes=number - 4)
                    second = Address(account_id=ZALO, external_id=str(number))
                    about = {"contact_id": contact_id, "interacted_at": self.spoke[contact_id]}
                    await tx.connection.execute(
                        t.address.insert().values(
                            account_id=ZALO, external_id=str(number), created_at=NOW, changed_at=NOW, **about
                        )
                    )
                    await tx.contacts.add_consent(contact_id, address=second, consent=consent)
            main = self.pack.main_period.on(local_day(NOW))
            assert main
            self.periods = await tx.reach.ensure_periods([main])
            by = await tx.officers.grant(self.people[0], role=Role.ADMIN, unit_id=None, by=None, at=NOW)
            for number, rule_ in enumerate(OnUnknown):
                content = Content(title=f"Tin {number}", paragraphs=())
                campaign_id = await tx.campaigns.add(
                    content=content, audience=Audience(), by=by.officer_id, unit_id=None, at=NOW
                )
                await tx.campaigns.edit(campaign_id, on_unknown=rule_)
                assert await tx.campaigns.move(campaign_id, state=CampaignState.PREPARING, at=NOW)
                campaign = await tx.campaigns.get(campaign_id)
                assert campaign
                self.campaigns[campaign_id] = campaign
                self.frozen_to[campaign_id] = 0
            for number in self.campaigns:
                await receipts_came(tx.connection, number, account_id=ZALO, at=NOW)
        self.leases = {account_id: await self._take(account_id) for account_id in (TELEGRAM, ZALO)}

    async def _take(self, account_id: AccountId) -> Lease:
        lane = f"bulk:{account_id}"
        async with self.database.write() as tx:
            lease = await tx.leases.take(lane, holder="x", seen=await tx.leases.read(lane))
            assert lease
            await tx.ledger.settle_orphans(account_id=account_id, lease=lease, at=self.now)
        return lease

    async def record_reach(self, tx: Session, written: list[Outcome]) -> None:
        """As the dispatcher does, for content that counts."""
        for outcome in written:
            if outcome.state == DeliveryState.SENT:
                contact_id = outcome.delivery.contact.contact_id
                self.turns[contact_id] += not outcome.delivery.again
                await tx.reach.record(
                    [contact_id],
                    tier=Tier.ACCEPTED,
                    periods=self.periods,
                    youth=self.pack.ages.youth,
                    campaign_id=outcome.delivery.campaign_id,
                    turns=0 if outcome.delivery.again else 1,
                    at=outcome.at,
                )

    def reach(self) -> dict[ContactId, int]:
        """Turns by person, as the rows of reach have them."""

        async def work() -> dict[ContactId, int]:
            async with self.database.read() as tx:
                columns = (t.reach_person.c.contact_id, t.reach_person.c.turns)
                return {ContactId(row[0]): row[1] for row in await tx.connection.execute(select(*columns))}

        return self.do(work())

    def _campaigns(self) -> list[Any]:
        async def work() -> list[Any]:
            async with self.database.read() as tx:
                return list(await tx.connection.execute(select(t.campaign)))

        return self.do(work())

    def _rows(self) -> list[tuple[CampaignId, ContactId, str, int]]:
        async def work() -> list[tuple[CampaignId, ContactId, str, int]]:
            async with self.database.read() as tx:
                columns = (t.delivery.c.campaign_id, t.delivery.c.contact_id, t.delivery.c.state, t.delivery.c.leg)
                rows = await tx.connection.execute(select(*columns))
                return [(CampaignId(row[0]), ContactId(row[1]), row[2], row[3]) for row in rows]

        return self.do(work())

    def _states(self) -> dict[tuple[CampaignId, ContactId], str]:
        """Of the leg that lives."""
        return {(campaign, contact): state for campaign, contact, state, _ in self._rows() if state != "replaced"}
