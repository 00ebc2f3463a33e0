"""How far a campaign is and when it will be done, from what was measured: a guess is never told as a fact."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from outreach.campaigns.control import campaign_for
from outreach.campaigns.estimate import Pace, finishes_at
from outreach.campaigns.model import Campaign, CampaignState
from outreach.officers import Actor
from outreach.pack import Span
from outreach.transaction import Transaction

_MEASURED_OVER = timedelta(minutes=1)
_LEAST = 5  # messages; fewer say nothing of a pace


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """`rate` is messages a second over the last minute; `ends_at` reckons with it, the nights and a first wave that is looked at.

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
    count, since = await tx.watching.lately(campaign.campaign_id, since=at - _MEASURED_OVER)
    seconds = (at - since).total_seconds() if since else 0.0
    rate = count / seconds if count >= _LEAST and seconds > 0 else None
    running = await tx.campaigns.in_state(CampaignState.RUNNING)
    return Progress(
        rate=rate,
        ends_at=_ends_at(campaign, rate=rate, hours=hours, at=at),
        others=sum(one.tally.left for one in running if one.campaign_id != campaign.campaign_id),
    )


def _ends_at(campaign: Campaign, *, rate: float | None, hours: Span | None, at: datetime) -> datetime | None:
    wave = campaign.wave
    if rate is None or (wave and wave.opens_at is None):
        return None
    begins = max(at, wave.opens_at) if wave and wave.opens_at else at
    return finishes_at(begins, messages=campaign.tally.left, pace=Pace(rate=rate, hours=hours))
