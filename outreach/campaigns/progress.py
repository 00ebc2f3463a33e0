"""How far a campaign is and when it will be done, from what was measured: a guess is never told as a fact."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from outreach.campaigns.control import campaign_for
from outreach.campaigns.estimate import Pace, finishes_at
from outreach.campaigns.model import Campaign, CampaignState
from outreach.officers import Actor
from outreach.pack import Span
from outreach.transaction import Transaction

_MEASURED_OVER = timedelta(seconds=30)
_STOOD_STILL = timedelta(seconds=10)  # without a message: a pause, or the wait after a first wave
_LEAST = 5  # messages; fewer say nothing of a pace


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """`rate` is messages a second over the last stretch of sending; `ends_at` reckons with it, the nights and a first wave that is looked at.

    None where nobody knows. `others`: messages of other campaigns that are on their way beside it.
    """

    rate: float | None
    ends_at: datetime | None
    others: int


async def campaign_progress(
    actor: Actor, *, tx: Transaction, campaign: Campaign, hours: Span | None, at: datetime
) -> Progress:
    """Of one that runs. `hours`: when campaigns may leave; None: at any hour."""
    await campaign_for(actor, tx=tx, campaign_id=campaign.campaign_id)
    rate = _rate(await tx.watching.lately(campaign.campaign_id, since=at - _MEASURED_OVER), at=at)
    running = await tx.campaigns.in_state(CampaignState.RUNNING)
    return Progress(
        rate=rate,
        ends_at=_ends_at(campaign, rate=rate, hours=hours, at=at),
        others=sum(one.tally.left for one in running if one.campaign_id != campaign.campaign_id),
    )


def _rate(times: Sequence[datetime], *, at: datetime) -> float | None:
    """Messages a second since sending last began, from when they were accepted."""
    ends = [*times[1:], at]
    begins = next((place + 1 for place in reversed(range(len(times))) if ends[place] - times[place] > _STOOD_STILL), 0)
    stretch = times[begins:]
    seconds = (at - stretch[0]).total_seconds() if stretch else 0.0
    return len(stretch) / seconds if len(stretch) >= _LEAST and seconds > 0 else None


def _ends_at(campaign: Campaign, *, rate: float | None, hours: Span | None, at: datetime) -> datetime | None:
    wave = campaign.wave
    if rate is None or (wave and wave.opens_at is None):
        return None
    begins = max(at, wave.opens_at) if wave and wave.opens_at else at
    return finishes_at(begins, messages=campaign.tally.left, pace=Pace(rate=rate, hours=hours))
