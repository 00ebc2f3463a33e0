"""The books of a campaign under fire: the simulator's journal of what lies on phones, against the ledger."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from sqlalchemy import func, select

from outreach.campaigns.model import ENDED, CampaignState, DeliveryState, OnUnknown
from outreach.messaging import CampaignId
from simulator.client import Client
from storage import tables as t
from storage.database import Database

MAY_HAVE_LEFT = frozenset({DeliveryState.IN_FLIGHT, DeliveryState.UNKNOWN})
TRIES_BY_RULE = 2
_MOST_ROWS = 1_000_000

Got = Counter[tuple[CampaignId, str]]  # messages on a phone, by campaign and external id


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    campaign_id: CampaignId
    person: str
    state: DeliveryState
    reason: str
    attempts: int

    @property
    def key(self) -> tuple[CampaignId, str]:
        return self.campaign_id, self.person


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One campaign as its own counters have it."""

    state: CampaignState
    on_unknown: OnUnknown
    frozen: bool
    halt_reason: str
    total: int
    tally: Mapping[DeliveryState, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """All rows and counters, at one moment."""

    accounts: Mapping[CampaignId, Account]
    rows: list[Row]
    reached: int  # people, by the rows of reach
    turns: int
    accepted: tuple[int, int]  # people and messages, recounted from the ledger

    @property
    def in_flight(self) -> int:
        return sum(row.state == DeliveryState.IN_FLIGHT for row in self.rows)

    @property
    def waits(self) -> int:
        """Rows of campaigns that run."""
        runs = (one for one in self.accounts.values() if one.state == CampaignState.RUNNING)
        return sum(one.tally[DeliveryState.PENDING] for one in runs)

    @property
    def prepares(self) -> bool:
        return any(one.state == CampaignState.PREPARING for one in self.accounts.values())

    @property
    def is_over(self) -> bool:
        return all(one.state in ENDED and not one.tally[DeliveryState.PENDING] for one in self.accounts.values())


@dataclass(kw_only=True)
class Journal:
    """What the simulator has accepted for people, read as it grows. `words` tell a campaign's messages from another's."""

    client: Client
    words: dict[str, CampaignId] = field(default_factory=dict)
    got: Got = field(default_factory=Counter)
    last_at: dict[CampaignId, str] = field(default_factory=dict)
    _after: int = 0

    async def read(self) -> int:
        """How many messages there are in all."""
        found = await self.client.read("journal", kind="messages", after=self._after, limit=_MOST_ROWS)
        for row in found["rows"]:
            campaign_id = next((number for words, number in self.words.items() if words in row["text"]), None)
            if campaign_id is not None:
                self.got[(campaign_id, str(row["chat_id"]))] += 1
                self.last_at[campaign_id] = row["at"]
        self._after = found["last"]
        return self.got.total()


async def read_ledger(database: Database) -> Ledger:
    sent = t.delivery.c.state == DeliveryState.SENT
    async with database.read() as tx:
        campaigns = (await tx.connection.execute(select(t.campaign))).mappings().all()
        rows = await tx.connection.execute(
            select(t.delivery, t.address.c.external_id).join(t.address, t.address.c.id == t.delivery.c.address_id)
        )
        people = func.count(t.delivery.c.contact_id.distinct())
        accepted = (await tx.connection.execute(select(people, func.count()).where(sent))).one()
        main = select(func.min(t.reach_person.c.period_id)).scalar_subquery()
        reach = select(func.count(), func.coalesce(func.sum(t.reach_person.c.turns), 0))
        reached = (await tx.connection.execute(reach.where(t.reach_person.c.period_id == main))).one()
        return Ledger(
            accounts={
                row["id"]: Account(
                    state=CampaignState(row["state"]),
                    on_unknown=OnUnknown(row["on_unknown"]),
                    frozen=row["frozen_at"] is not None,
                    halt_reason=row["halt_reason"],
                    total=row["total"],
                    tally={state: row[state.value] for state in DeliveryState},
                )
                for row in campaigns
            },
            rows=[
                Row(
                    campaign_id=row.campaign_id,
                    person=row.external_id,
                    state=DeliveryState(row.state),
                    reason=row.reason,
                    attempts=row.attempts,
                )
                for row in rows
            ],
            reached=reached[0],
            turns=int(reached[1]),
            accepted=(accepted[0], accepted[1]),
        )


def differences(ledger: Ledger, got: Got, *, people: int) -> Iterator[str]:
    """What the promises do not allow, each as a line that begins with its sort: lost, repeated, belied, counters, reach."""
    yield from _counters(ledger, people=people)
    for row in ledger.rows:
        times, repeats = got[row.key], ledger.accounts[row.campaign_id].on_unknown == OnUnknown.RATHER_REPEAT
        what = f"campaign {row.campaign_id}, person {row.person}: {row.state}({row.reason}), {times} on the phone"
        # Where the rule is to repeat, the ledger says by its attempts that there was more than one.
        known = row.attempts + (row.state in MAY_HAVE_LEFT)
        if times > 1 and not (repeats and times <= min(TRIES_BY_RULE, known)):
            yield f"repeated: {what}, {row.attempts} attempts"
        if row.state == DeliveryState.SENT and not times:
            yield f"lost: {what}"
        if row.state == DeliveryState.PENDING and times and not (repeats and row.attempts):
            yield f"repeated: {what}, and it will be sent once more"
        if row.state in {DeliveryState.FAILED, DeliveryState.SKIPPED} and times:
            yield f"belied: {what}"


def _counters(ledger: Ledger, *, people: int) -> Iterator[str]:
    rows = Counter((row.campaign_id, row.state) for row in ledger.rows)
    for number, account in ledger.accounts.items():
        counted = {state: rows[(number, state)] for state in DeliveryState}
        if counted != account.tally or account.total != sum(counted.values()):
            yield f"counters: campaign {number} says {dict(account.tally)}, its rows {counted}"
        if account.frozen and account.total != people:
            yield f"lost: campaign {number} has {account.total} rows for {people} people"
    if (ledger.reached, ledger.turns) != ledger.accepted:
        yield f"reach: {ledger.reached} people and {ledger.turns} turns, by the ledger {ledger.accepted}"


def unfinished(ledger: Ledger, *, blocked: frozenset[str]) -> Iterator[str]:
    """At the end: who was left lying, and who failed without having left."""
    for row in ledger.rows:
        what = f"campaign {row.campaign_id}, person {row.person}: {row.state}({row.reason})"
        if row.state in {DeliveryState.PENDING, DeliveryState.IN_FLIGHT}:
            yield f"lost: {what}"
        if row.state == DeliveryState.FAILED and row.person not in blocked and row.reason != "provider_error":
            yield f"lost: {what}"
        ended = ledger.accounts[row.campaign_id].state
        if row.state == DeliveryState.SKIPPED and row.person not in blocked and ended != CampaignState.CANCELLED:
            yield f"lost: {what}"
