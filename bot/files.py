"""The files that replies carry, made after the turn's commit: each kind has one maker.

A maker reads what it needs in a transaction of its own, then builds the bytes in a thread, so that neither a turn nor the loop waits.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from content.reports.campaign_rows import OutcomeBook, OutcomeLine
from handlers.send.report import ROWS
from handlers.turn import World
from outreach.campaigns.control import campaign_for
from outreach.campaigns.report import campaign_rows
from outreach.clock import Clock
from outreach.errors import PermissionDeniedError
from outreach.messaging import CampaignId, OfficerId, OutgoingFile
from outreach.transaction import Transactions
from outreach.units import UnitId


@dataclass(frozen=True, slots=True, kw_only=True)
class Workshop:
    """What makers work with."""

    transactions: Transactions
    world: World
    clock: Clock


Maker = Callable[[Workshop, Mapping[str, str]], Awaitable[bytes]]

_ROWS_AT_ONCE = 5_000


async def make_campaign_rows(workshop: Workshop, arguments: Mapping[str, str]) -> bytes:
    """`campaign` and `officer` are ids: whoever asked is checked again. Raises PermissionDeniedError, NotFoundError."""
    campaign_id, world = CampaignId(int(arguments["campaign"])), workshop.world
    async with workshop.transactions.read() as tx:
        officer = await tx.officers.get(OfficerId(int(arguments["officer"])))
        if officer is None:
            raise PermissionDeniedError
        campaign = await campaign_for(officer, tx=tx, campaign_id=campaign_id)
    title = campaign.content.title
    book = await asyncio.to_thread(OutcomeBook, world.catalog, language=arguments["language"], title=title)
    with book:
        after: int | None = 0
        while after is not None:
            async with workshop.transactions.read() as tx:
                rows = await campaign_rows(officer, tx=tx, campaign_id=campaign_id, after=after, limit=_ROWS_AT_ONCE)
            lines = [
                OutcomeLine(unit=_unit(world, row.unit_id), state=row.state, reason=row.reason, at=row.at)
                for row in rows
            ]
            await asyncio.to_thread(book.add, lines)
            after = rows[-1].delivery_id if rows else None
        return await asyncio.to_thread(book.finish)


def _unit(world: World, unit_id: UnitId | None) -> str:
    row = world.units.row(unit_id) if unit_id is not None else None
    return row.label if row else world.catalog.label("units.elsewhere" if unit_id else "campaign.no_unit")


# kind of OutgoingFile -> who makes it
MAKERS: dict[str, Maker] = {ROWS: make_campaign_rows}


async def make_file(workshop: Workshop, file: OutgoingFile) -> bytes:
    """Raises KeyError for a kind nobody makes; a test asks for every kind that handlers use."""
    return await MAKERS[file.kind](workshop, file.arguments)
