"""What became of a campaign person by person, read in portions: for the file in a chat, and for the command line."""

import asyncio
from collections.abc import AsyncIterator, Callable

from content.reports.campaign_rows import CSV, OutcomeBook, OutcomeFile, OutcomeLine, OutcomeTable, OutcomeWords
from outreach.campaigns.control import campaign_for
from outreach.campaigns.fates import Fate, fate_of, is_among
from outreach.campaigns.model import Campaign
from outreach.campaigns.ports.listing import NumberedRow
from outreach.campaigns.report import campaign_rows
from outreach.messaging import CampaignId
from outreach.officers import Actor
from outreach.transaction import Transactions
from outreach.units import UnitId

_AT_ONCE = 5_000


async def outcomes_of(
    actor: Actor, *, transactions: Transactions, campaign_id: CampaignId, fate: Fate
) -> AsyncIterator[list[NumberedRow]]:
    """Each portion in a transaction of its own. Raises NotFoundError, PermissionDeniedError."""
    after: int | None = 0
    number = 0
    while after is not None:
        async with transactions.read() as tx:
            rows = await campaign_rows(actor, tx=tx, campaign_id=campaign_id, after=after, limit=_AT_ONCE)
        found = []
        for row in rows:
            own = fate_of(row.state, reason=row.reason)
            number += own is not None
            if is_among(own, fate):
                found.append(NumberedRow(number=number, row=row))
        yield found
        after = rows[-1].delivery_id if rows else None


async def outcome_file(
    actor: Actor,
    *,
    transactions: Transactions,
    campaign_id: CampaignId,
    fate: Fate,
    form: str,
    words: Callable[[Campaign], OutcomeWords],
    unit: Callable[[UnitId | None], str],
) -> bytes:
    """`form` is XLSX or CSV. Raises as `outcomes_of`."""
    async with transactions.read() as tx:
        campaign = await campaign_for(actor, tx=tx, campaign_id=campaign_id)
    file: OutcomeFile = await asyncio.to_thread(_begun, form, words(campaign), title=campaign.content.title)
    with file:
        async for found in outcomes_of(actor, transactions=transactions, campaign_id=campaign_id, fate=fate):
            lines = [
                OutcomeLine(
                    number=one.number,
                    unit=unit(one.row.unit_id),
                    state=one.row.state,
                    reason=one.row.reason,
                    at=one.row.at,
                )
                for one in found
            ]
            await asyncio.to_thread(file.add, lines)
        return await asyncio.to_thread(file.finish)


def _begun(form: str, words: OutcomeWords, *, title: str) -> OutcomeFile:
    return OutcomeTable(words) if form == CSV else OutcomeBook(words, title=title)
