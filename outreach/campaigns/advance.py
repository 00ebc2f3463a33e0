"""What the clock does with campaigns: freeze the audience of an ordered one, start it when its minute is over, end it when done."""

from collections.abc import AsyncIterator, Collection
from datetime import datetime

from outreach.campaigns.dispatch import limits_at
from outreach.campaigns.model import Campaign, CampaignState
from outreach.messaging import AccountId, CampaignId
from outreach.officers import Actor, check_system
from outreach.pack import Pack
from outreach.transaction import Transactions

# Rows a transaction; a larger step would hold people's turns up.
_CHUNK = 5_000
_LOOKED_AT = 2_500  # of which many may be left out, each with two indexes to change


async def advance_campaigns(
    actor: Actor, *, transactions: Transactions, pack: Pack, now: datetime, gone: Collection[AccountId] = ()
) -> list[CampaignId]:
    """Every campaign one step on; gives those that have just ended. Each step is durable by itself and may be repeated.

    `gone` are accounts over which nobody sends any more.
    """
    check_system(actor)
    async with transactions.read() as tx:
        preparing = await tx.campaigns.in_state(CampaignState.PREPARING)
    for campaign in preparing:
        if campaign.frozen_at is None:
            await _freeze(transactions, campaign, pack=pack, now=now)
        if campaign.not_before is None or campaign.not_before <= now:
            await _leave_out(transactions, campaign, pack=pack, now=now)
            await _start(transactions, campaign, now=now)
    await _close(transactions, gone, now=now)
    await _stop_the_stuck(transactions, now=now)
    return [campaign_id async for campaign_id in _finish(transactions, now=now)]


async def _freeze(transactions: Transactions, campaign: Campaign, *, pack: Pack, now: datetime) -> None:
    """Rows are unique, so a freeze that was interrupted simply begins again; one that was paused or cancelled ends unfinished."""
    after: int | None = 0
    while after is not None:
        async with transactions.write(bulk=True) as tx:
            # "Not reached yet" means the period in which it is sent, as the officer was told.
            limits = await limits_at(tx, pack=pack, at=max(now, campaign.not_before or now))
            after = await tx.ledger.freeze_chunk(
                campaign, main_period=limits.main_period, after=after, size=_CHUNK, at=now
            )
            if after is None:
                await tx.ledger.finish_freezing(campaign.campaign_id, at=now)


async def _leave_out(transactions: Transactions, campaign: Campaign, *, pack: Pack, now: datetime) -> None:
    """As it starts, those who are not to be written to: the progress then counts whom it is for, as the officer was told.

    Who says stop later is left out when her row is claimed.
    """
    after: int | None = 0
    while after is not None:
        async with transactions.write(bulk=True) as tx:
            limits = await limits_at(tx, pack=pack, at=now)
            after = await tx.ledger.leave_out_chunk(
                campaign.campaign_id, limits=limits, after=after, size=_LOOKED_AT, at=now
            )


async def _start(transactions: Transactions, campaign: Campaign, *, now: datetime) -> None:
    """Unless it was paused while people were left out: a pause also leads to running, but only an officer may say so."""
    async with transactions.write(bulk=True) as tx:
        seen = await tx.campaigns.get(campaign.campaign_id)
        if seen and seen.state == CampaignState.PREPARING:
            await tx.campaigns.move(campaign.campaign_id, state=CampaignState.RUNNING, at=now)


async def _close(transactions: Transactions, gone: Collection[AccountId], *, now: datetime) -> None:
    rows = _LOOKED_AT if gone else 0
    while rows >= _LOOKED_AT:
        async with transactions.write(bulk=True) as tx:
            rows = await tx.legs.close(gone, limit=_LOOKED_AT, at=now)


async def _finish(transactions: Transactions, *, now: datetime) -> AsyncIterator[CampaignId]:
    async with transactions.read() as tx:
        running = await tx.campaigns.in_state(CampaignState.RUNNING)
    for campaign in running:
        if campaign.tally.pending or campaign.tally.in_flight:
            continue
        async with transactions.write(bulk=True) as tx:
            if await tx.campaigns.move(campaign.campaign_id, state=CampaignState.FINISHED, at=now):
                yield campaign.campaign_id


async def _stop_the_stuck(transactions: Transactions, *, now: datetime) -> None:
    """Nothing is left of them but a channel that stands still: they pause for its reason, and an officer is told."""
    async with transactions.read() as tx:
        stuck = await tx.lanes.stuck()
    for halt in stuck:
        async with transactions.write(bulk=True) as tx:
            if await tx.campaigns.move(halt.campaign_id, state=CampaignState.PAUSED, at=now, halt_reason=halt.reason):
                await tx.lanes.lift(halt.campaign_id)
