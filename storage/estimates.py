"""What an order would do, counted before it is given: one look over everybody a rule means."""

from collections import Counter, defaultdict
from datetime import datetime

from sqlalchemy import func, literal, literal_column, select
from sqlalchemy.ext.asyncio import AsyncConnection

from outreach.campaigns.model import Audience
from outreach.campaigns.ports import ChannelPreview, Limits, Preview
from outreach.contacts.windows import CEILING, OUTSIDE, Window, Windows, month_of
from outreach.messaging import AccountId, ChannelName
from outreach.units import UnitId
from storage import tables as t
from storage.audience import exclusion, exclusion_values, meant
from storage.audience_rules import reached
from storage.spending import SqlSpending
from storage.windows import window


async def preview(
    db: AsyncConnection, audience: Audience, *, limits: Limits, windows: Windows, at: datetime
) -> Preview:
    spent = await SqlSpending(db).of_month(month_of(at))
    paid_left = windows.paid_left(sum(account.vnd for account in spent.values()))
    why = exclusion(literal(audience.topic)).label("reason")
    rows = (
        meant(audience, main_period=limits.main_period, at=at)
        .add_columns(
            why,
            reached(limits.main_period).label("reached"),
            t.account.c.id.label("account"),
            window().label("window"),
            # Not the bare column: SQLite would go through people in the order of its index, from page to page of the file.
            (t.contact.c.unit_id + literal_column("0")).label("unit"),
        )
        .subquery()
    )
    keys = (rows.c.account, rows.c.window, rows.c.reason, rows.c.reached, rows.c.unit)
    values = exclusion_values(limits, windows=windows, paid_left=paid_left, at=at)
    excluded: Counter[str] = Counter()
    people: dict[int, Counter[str]] = defaultdict(Counter)
    first_time = 0
    units: Counter[UnitId | None] = Counter()
    for account_id, open_, reason, known, unit_id, number in await db.execute(
        select(*keys, func.count()).group_by(*keys), values
    ):
        if reason:
            excluded[reason] += number
        if not reason or reason == OUTSIDE:
            people[account_id][open_] += number
        if not reason:
            units[unit_id] += number
        first_time += 0 if known or reason else number
    channels = []
    for account in await db.execute(select(t.account).order_by(t.account.c.id)):
        counted, account_id = people[account.id], AccountId(account.id)
        paid = min(counted[Window.PAID], paid_left)
        excluded[CEILING] += counted[Window.PAID] - paid
        paid_left -= paid
        channels.append(
            ChannelPreview(
                account_id=account_id,
                channel=ChannelName(account.channel),
                free=counted[Window.FREE],
                paid=paid,
                closed=counted[Window.CLOSED],
                vnd=paid * windows.price_vnd,
                used=spent[account_id].messages if account_id in spent else 0,
            )
        )
    will_get = sum(channel.will_get for channel in channels)
    return Preview(
        will_get=will_get,
        first_time=min(first_time, will_get),
        excluded={reason: number for reason, number in excluded.items() if number},
        channels=tuple(channels),
        by_unit=dict(units),
    )
