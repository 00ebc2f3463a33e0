"""Rows of the ledger and the counters that move along with them.

On PostgreSQL whoever moves rows holds their campaign first, so that a cancel and a window never wait for each other in a ring.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, Update, bindparam, func, literal, select, true, update
from sqlalchemy.ext.asyncio import AsyncConnection

from outreach.campaigns.model import Campaign, DeliveryState
from storage import tables as t
from storage.among import among
from storage.upsert import dialect_insert

Moves = Counter[tuple[int, DeliveryState, DeliveryState]]  # (campaign, from, to) -> rows


@cache
def _counting(names: tuple[str, ...]) -> Update:
    """Add to these counters of the campaign `of_campaign`; built once for each set of them."""
    added = {name: t.campaign.c[name] + bindparam(f"add_{name}", type_=Integer) for name in names}
    return update(t.campaign).where(t.campaign.c.id == bindparam("of_campaign")).values(added)


@cache
def _setting(names: tuple[str, ...]) -> Update:
    """Set these columns of the rows `ids`."""
    given = {name: bindparam(f"new_{name}", type_=t.delivery.c[name].type) for name in names}
    return update(t.delivery).where(among(t.delivery.c.id, "ids")).values(given)


class LedgerRows:
    def __init__(self, connection: AsyncConnection) -> None:
        self.db = connection

    @property
    def locks_rows(self) -> bool:
        """SQLite has one writer at a time; nothing can change between two statements of a transaction."""
        return self.db.dialect.name == "postgresql"

    async def hold(self, campaigns: ColumnElement[bool]) -> Sequence[int]:
        """Gives those that are held. On SQLite there is nothing to hold, and all are ours."""
        if not self.locks_rows:
            return ()
        statement = select(t.campaign.c.id).where(campaigns).order_by(t.campaign.c.id)
        return (await self.db.execute(statement.with_for_update(key_share=True))).scalars().all()

    async def add(self, campaign: Campaign, people: Select[Any], *, choice: Mapping[str, Any], at: datetime) -> int:
        """A pending row for each of these `people`, joined with the address of each; whoever has one keeps it. Gives how many are new.

        `choice` is what `window_values` gives: at which address. Effects: rows, counters.
        """
        rows = people.with_only_columns(
            literal(campaign.campaign_id),
            t.contact.c.id,
            literal(1),
            t.address.c.account_id,
            t.address.c.id,
            t.contact.c.unit_id,
            literal(campaign.version),
            literal(DeliveryState.PENDING.value),
            literal(at, t.delivery.c.changed_at.type),
        )
        rows = rows.order_by(t.contact.c.id)  # who came first is written to first, on both engines
        columns = ["campaign_id", "contact_id", "leg", "account_id", "address_id", "unit_id", "version", "state"]
        statement = dialect_insert(self.db, t.delivery).from_select([*columns, "changed_at"], rows.where(true()))
        made = int((await self.db.execute(statement.on_conflict_do_nothing(), choice)).rowcount)
        await self.count(campaign.campaign_id, total=made, pending=made)
        return made

    async def count(self, campaign_id: int, **deltas: int) -> None:
        given = {name: delta for name, delta in deltas.items() if delta}
        if given:
            await self.db.execute(
                _counting(tuple(given)),
                {"of_campaign": campaign_id, **{f"add_{name}": delta for name, delta in given.items()}},
            )

    async def moved(self, moves: Moves) -> None:
        """Move the counters along with the rows."""
        per_campaign: dict[int, Counter[str]] = defaultdict(Counter)
        for (campaign_id, old, new), rows in moves.items():
            per_campaign[campaign_id][old.value] -= rows
            per_campaign[campaign_id][new.value] += rows
        for campaign_id, deltas in sorted(per_campaign.items()):
            await self.count(campaign_id, **deltas)

    async def set(self, ids: Sequence[int], **values: Any) -> None:
        if ids:
            await self.db.execute(
                _setting(tuple(values)), {"ids": ids, **{f"new_{name}": value for name, value in values.items()}}
            )

    async def move_where(
        self, rows: ColumnElement[bool], *, old: DeliveryState, new: DeliveryState, **values: Any
    ) -> int:
        """Move rows that are all in state `old`, and their counters along with them."""
        counted = select(t.delivery.c.campaign_id, func.count()).where(rows).group_by(t.delivery.c.campaign_id)
        moves: Moves = Counter({(number, old, new): count for number, count in await self.db.execute(counted)})
        if moves:
            await self.db.execute(update(t.delivery).where(rows).values(state=new, **values))
            await self.moved(moves)
        return moves.total()
