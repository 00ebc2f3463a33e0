"""How fast a campaign goes and how long it will take, in words; what nobody has measured is said to be unknown."""

import math
from datetime import timedelta

from handlers.send.channels import lasts
from handlers.send.steps import hours
from handlers.turn import Turn
from outreach.campaigns.model import Campaign
from outreach.campaigns.progress import campaign_progress
from outreach.clock import local_day

_MINUTE = timedelta(minutes=1)


async def words(turn: Turn, campaign: Campaign) -> str:
    """Nothing before the first message has left."""
    tally = campaign.tally
    if not tally.done or not tally.left:
        return ""
    found = await campaign_progress(turn.officer, tx=turn.tx, campaign=campaign, hours=hours(turn), at=turn.now)
    rate, ends_at = found.rate or 0.0, found.ends_at
    by_day = ends_at is not None and local_day(ends_at) == local_day(turn.now)
    minutes = math.ceil((ends_at - turn.now) / _MINUTE) if ends_at and by_day else 0
    return turn.label(
        "campaigns.pace",
        per_second=round(rate) if rate >= 1 else 0,
        per_minute=round(rate * 60) if rate < 1 else 0,
        minutes=minutes,
        lasts=lasts(turn, minutes) if minutes else "",
        ends_at=ends_at,
        unknown=ends_at is None,
        others=found.others,
    )
