"""How many messages a person may get, and of which period the reach counts, at one moment."""

from datetime import datetime

from outreach.campaigns.model import Limits
from outreach.campaigns.rules import week_start
from outreach.clock import local_day
from outreach.pack import Pack
from outreach.transaction import Transaction


async def limits_at(tx: Transaction, *, pack: Pack, at: datetime) -> Limits:
    """The limits that hold now. The main period has no id before anybody was reached in it."""
    main = pack.main_period.on(local_day(at))
    period_id = await tx.reach.find_period(main.code) if main else None
    return Limits(per_week=pack.sending.weekly_cap, week_start=week_start(at), main_period=period_id)
