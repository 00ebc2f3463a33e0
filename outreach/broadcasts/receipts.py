"""What a channel says of an article afterwards. It goes to nobody by name, so only this makes people of those who got it."""

from collections.abc import Sequence
from functools import partial

from outreach.clock import local_day
from outreach.messaging import Receipt
from outreach.officers import Actor, check_system
from outreach.pack import Pack
from outreach.reach.evidence import TOLD
from outreach.transaction import Transactions, begun_again


async def record_arrivals(actor: Actor, *, transactions: Transactions, receipts: Sequence[Receipt], pack: Pack) -> None:
    """Effects: evidence of people who had agreed to be counted, in the periods of the day on which their phones told.

    That day and not the order's: between the two lies the platform's review. Receipts of anything else cost one look.
    """
    check_system(actor)
    if not receipts:
        return
    async with transactions.read() as tx:
        found = await tx.broadcasts.arrivals(receipts)
    if found:
        await begun_again(partial(_note, transactions, receipts, pack=pack))


async def _note(transactions: Transactions, receipts: Sequence[Receipt], *, pack: Pack) -> None:
    """Looked at anew: she may have stopped a moment ago."""
    async with transactions.write() as tx:
        for arrival in await tx.broadcasts.arrivals(receipts):
            first = await tx.broadcasts.first_heard(arrival.broadcast_id, contact_id=arrival.contact_id)
            await tx.reach.record(
                [arrival.contact_id],
                tier=TOLD[arrival.kind],
                periods=await tx.reach.ensure_periods(pack.periods_on(local_day(arrival.at))),
                youth=pack.ages.youth,
                campaign_id=None,
                turns=int(first),
                at=arrival.at,
                tell_new=False,
            )
