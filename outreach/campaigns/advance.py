"""What the clock does with campaigns: freeze the audience of an ordered one, start it when its minute is over, end it when done."""

from collections.abc import AsyncIterator, Collection
from datetime import datetime

from outreach.campaigns.control import halt_campaign
from outreach.campaigns.digest import begin_digest
from outreach.campaigns.limits import limits_at
from outreach.campaigns.model import ENDED, FOR_DIGEST, Campaign, CampaignKind, CampaignState, LateRule
from outreach.campaigns.rules import AT_ONCE, EXPIRED, GRACE, MISSED_START, WAVE_WAITS, is_late, wave_trouble
from outreach.messaging import AccountId, CampaignId
from outreach.officers import Actor, System, check_system
from outreach.pack import Pack, Span
from outreach.transaction import Transaction, Transactions

_CLOCK = System(name="clock")
# Rows a transaction; a larger step would hold people's turns up.
_CHUNK = 1_000  # people frozen at once: a turn that comes meanwhile waits for no more
_LOOKED_AT = 2_500  # of which many may be left out, each with two indexes to change
_DIGEST_CHUNK = 500  # people, each with up to five lines

_ON_THEIR_WAY = [state for state in CampaignState if state not in {*ENDED, CampaignState.DRAFT}]


async def advance_campaigns(
    actor: Actor,
    *,
    transactions: Transactions,
    pack: Pack,
    now: datetime,
    gone: Collection[AccountId] = (),
    hours_apply: bool = True,
    digest_title: str = "",
) -> list[CampaignId]:
    """Every campaign one step on; gives those that have just ended. Each step is durable by itself and may be repeated.

    The states in the database say what is due, never what was done a moment ago: a restart or a clock that is put right
    skips nothing and repeats nothing. `gone` are accounts over which nobody sends any more; `digest_title` stands above the
    weekly digest, without one there is none.
    """
    check_system(actor)
    hours = pack.sending.hours if hours_apply else None
    await _clear(transactions, now=now)
    await _come_due(transactions, now=now, hours=hours)
    async with transactions.read() as tx:
        preparing = await tx.campaigns.in_state(CampaignState.PREPARING)
    for campaign in preparing:
        if campaign.frozen_at is None:
            await _freeze(transactions, campaign, pack=pack, now=now)
        if campaign.plan.in_digest:
            await _put_into_digest(transactions, campaign, pack=pack, now=now)
        elif campaign.not_before is None or campaign.not_before <= now:
            await _leave_out(transactions, campaign, pack=pack, now=now)
            await _start(transactions, campaign, now=now)
    await begin_digest(actor, transactions=transactions, pack=pack, now=now, title=digest_title)
    await _close(transactions, gone, now=now)
    await _stop_the_stuck(transactions, now=now)
    await _open_waves(transactions, pack=pack, now=now)
    return [campaign_id async for campaign_id in _finish(transactions, now=now)]


async def _come_due(transactions: Transactions, *, now: datetime, hours: Span | None) -> None:
    """What has expired sends nothing more; whose hour has passed unseen goes by its late rule; whose hour is near is prepared."""
    async with transactions.read() as tx:
        found = [campaign for state in _ON_THEIR_WAY for campaign in await tx.campaigns.in_state(state)]
    for campaign in found:
        if campaign.plan.is_over(now):
            await _expire(transactions, campaign, now=now)
            continue
        waits = campaign.state in {CampaignState.SCHEDULED, CampaignState.PREPARING}
        asks = campaign.plan.late_rule != LateRule.SEND and not campaign.plan.in_digest
        if waits and asks and is_late(campaign, now=now, hours=hours):
            skips = campaign.plan.late_rule == LateRule.SKIP
            state = CampaignState.CANCELLED if skips else CampaignState.PAUSED
            await _move(transactions, campaign, state=state, reason=MISSED_START, now=now)
        elif campaign.state == CampaignState.SCHEDULED and _is_due(campaign, now=now):
            await _move(transactions, campaign, state=CampaignState.PREPARING, now=now)


def _is_due(campaign: Campaign, *, now: datetime) -> bool:
    return campaign.not_before is None or campaign.not_before - GRACE <= now


async def _move(
    transactions: Transactions, campaign: Campaign, *, state: CampaignState, now: datetime, reason: str = ""
) -> None:
    """Unless an officer has moved it since it was looked at. Effects: state with its reason, audit."""
    async with transactions.write(bulk=True) as tx:
        seen = await tx.campaigns.get(campaign.campaign_id)
        if seen and seen.state == campaign.state:
            await _change(tx, campaign.campaign_id, state=state, now=now, reason=reason)


async def _change(
    tx: Transaction, campaign_id: CampaignId, *, state: CampaignState, now: datetime, reason: str = ""
) -> bool:
    """Effects: state with its reason, audit; neither where the state it has does not lead there."""
    if not await tx.campaigns.move(campaign_id, state=state, at=now, halt_reason=reason):
        return False
    subject, data = f"campaign:{campaign_id}", {"reason": reason} if reason else None
    await tx.audit.record(_CLOCK, at=now, action=f"campaign.{state}", subject=subject, data=data)
    return True


async def _expire(transactions: Transactions, campaign: Campaign, *, now: datetime) -> None:
    """One that never began is cancelled; one that did ends as soon as nothing is on its way. Effects: ledger, state."""
    if campaign.started_at is None:
        await _move(transactions, campaign, state=CampaignState.CANCELLED, reason=EXPIRED, now=now)
        return
    await _give_up(transactions, campaign, reason=EXPIRED, now=now)
    if campaign.state == CampaignState.PAUSED:
        await _move(transactions, campaign, state=CampaignState.FINISHED, now=now)


async def _clear(transactions: Transactions, *, now: datetime) -> None:
    """Pending rows of what was cancelled."""
    async with transactions.read() as tx:
        cancelled = await tx.waves.left_over()
    for campaign in cancelled:
        await _give_up(transactions, campaign, reason=campaign.halt_reason or "cancelled", now=now)


async def _give_up(transactions: Transactions, campaign: Campaign, *, reason: str, now: datetime) -> None:
    rows = AT_ONCE
    while rows >= AT_ONCE:
        async with transactions.write(bulk=True) as tx:
            rows = await tx.waves.give_up_chunk(campaign.campaign_id, reason=reason, size=AT_ONCE, at=now)


async def _begin_wave(transactions: Transactions, campaign: Campaign, *, pack: Pack, now: datetime) -> None:
    """Those who get it first have the first rows; looked for outside the transaction that makes them."""
    at = max(now, campaign.not_before or now)
    async with transactions.read() as tx:
        limits = await limits_at(tx, pack=pack, at=at)
        people = await tx.waves.pick(campaign, limits=limits, size=campaign.plan.first_wave, at=at)
    async with transactions.write(bulk=True) as tx:
        await tx.waves.begin(campaign, people=people, at=now)


async def _open_waves(transactions: Transactions, *, pack: Pack, now: datetime) -> None:
    """When the first wave is out the rest waits a while for a word of the officer, unless the wave itself went badly.

    Effects: the hour from which the rest may go; then the wave is over; or a pause with its reason.
    """
    async with transactions.read() as tx:
        running = await tx.campaigns.in_state(CampaignState.RUNNING)
        waves = [(one, await tx.waves.tally(one.campaign_id)) for one in running if one.wave]
    for campaign, tally in waves:
        number, opens_at = campaign.campaign_id, campaign.wave.opens_at if campaign.wave else None
        if tally.left:
            continue
        async with transactions.write(bulk=True) as tx:
            trouble = "" if opens_at else wave_trouble(tally, most_blocked=pack.sending.most_blocked)
            if not campaign.tally.left or (opens_at and opens_at <= now):
                await tx.waves.open(number)
            elif opens_at is None:
                await tx.waves.open_at(number, at=now + WAVE_WAITS)
            if trouble:
                await halt_campaign(_CLOCK, tx=tx, campaign_id=number, reason=trouble, at=now)


async def _freeze(transactions: Transactions, campaign: Campaign, *, pack: Pack, now: datetime) -> None:
    """Rows are unique, so a freeze that was interrupted simply begins again; one that was paused or cancelled ends unfinished."""
    if campaign.kind == CampaignKind.DIGEST:
        await _freeze_digest(transactions, campaign, pack=pack, now=now)
        return
    if campaign.plan.first_wave and campaign.wave is None and not campaign.plan.in_digest:
        await _begin_wave(transactions, campaign, pack=pack, now=now)
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


async def _freeze_digest(transactions: Transactions, campaign: Campaign, *, pack: Pack, now: datetime) -> None:
    after: int | None = 0
    while after is not None:
        async with transactions.write(bulk=True) as tx:
            limits = await limits_at(tx, pack=pack, at=now)
            after = await tx.digests.freeze_chunk(campaign, limits=limits, after=after, size=_DIGEST_CHUNK, at=now)
            if after is None:
                await tx.ledger.finish_freezing(campaign.campaign_id, at=now)


async def _put_into_digest(transactions: Transactions, campaign: Campaign, *, pack: Pack, now: datetime) -> None:
    """It sends nothing of its own: everybody who may be written to waits for the digest. Effects: ledger, state."""
    await _leave_out(transactions, campaign, pack=pack, now=now)
    await _give_up(transactions, campaign, reason=FOR_DIGEST, now=now)
    await _start(transactions, campaign, now=now)


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
    """Preparing -> running, unless it was paused while people were left out: a pause also leads there, but only an officer may say so.

    Effects: state, the hour of its start, audit.
    """
    async with transactions.write(bulk=True) as tx:
        seen = await tx.campaigns.get(campaign.campaign_id)
        if seen and seen.state == CampaignState.PREPARING:
            await _change(tx, campaign.campaign_id, state=CampaignState.RUNNING, now=now)


async def _close(transactions: Transactions, gone: Collection[AccountId], *, now: datetime) -> None:
    rows = _LOOKED_AT if gone else 0
    while rows >= _LOOKED_AT:
        async with transactions.write(bulk=True) as tx:
            rows = await tx.legs.close(gone, limit=_LOOKED_AT, at=now)


async def _finish(transactions: Transactions, *, now: datetime) -> AsyncIterator[CampaignId]:
    """Running -> finished; also one that stopped by itself at its very end: nothing is left to decide but what the report asks.

    Effects: state, the hour of its end, its wave is over; audit.
    """
    async with transactions.read() as tx:
        running = await tx.campaigns.in_state(CampaignState.RUNNING)
        halted = [one for one in await tx.campaigns.in_state(CampaignState.PAUSED) if one.halt_reason]
    for campaign in [*running, *halted]:
        if campaign.tally.left or campaign.started_at is None:
            continue
        async with transactions.write(bulk=True) as tx:
            if await _change(tx, campaign.campaign_id, state=CampaignState.FINISHED, now=now):
                yield campaign.campaign_id


async def _stop_the_stuck(transactions: Transactions, *, now: datetime) -> None:
    """Nothing is left of them but a channel that stands still: they pause for its reason, and an officer is told.

    Effects: state with its reason, audit; the channel stands still no more by itself.
    """
    async with transactions.read() as tx:
        stuck = await tx.lanes.stuck()
    for halt in stuck:
        async with transactions.write(bulk=True) as tx:
            if await halt_campaign(_CLOCK, tx=tx, campaign_id=halt.campaign_id, reason=halt.reason, at=now):
                await tx.lanes.lift(halt.campaign_id)
