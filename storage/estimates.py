"""What an order would do, counted before it is given: one look over everybody a rule means."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, literal, literal_column, select
from sqlalchemy.ext.asyncio import AsyncConnection

from outreach.campaigns.model import Audience, Limits
from outreach.campaigns.ports.ledger import ChannelPreview, Preview
from outreach.contacts.windows import CEILING, OUTSIDE, Window, Windows, month_of
from outreach.messaging import AccountId, ChannelName
from outreach.units import UnitId
from storage import tables as t
from storage.audience import exclusion, exclusion_values, meant
from storage.audience_rules import reached
from storage.spending import SqlSpending
from storage.windows import window


async def preview(
    db: AsyncConnection, audience: Audience, *, limits: Limits, windows: Windows, at: datetime, messages: int
) -> Preview:
    """`messages`: so many a person."""
    spent = await SqlSpending(db).of_month(month_of(at))
    paid_left = windows.paid_left(sum(account.vnd for account in spent.values()))
    values = exclusion_values(limits, windows=windows, paid_left=paid_left, at=at)
    excluded: Counter[str] = Counter()
    people: dict[int, Counter[str]] = defaultdict(Counter)
    units: Counter[UnitId | None] = Counter()
    first_time = 0
    groups = _groups(audience, main_period=limits.main_period, at=at)
    for account_id, open_, reason, known, unit_id, number in await db.execute(groups, values):
        if reason:
            excluded[reason] += number
        else:
            units[unit_id] += number
        if not reason or reason == OUTSIDE:
            people[account_id][open_] += number
        first_time += 0 if known or reason else number
    channels = []
    for account in await db.execute(select(t.account).order_by(t.account.c.id)):
        counted, account_id = people[account.id], AccountId(account.id)
        paid = min(counted[Window.PAID], paid_left // messages)
        excluded[CEILING] += counted[Window.PAID] - paid
        paid_left -= paid * messages
        used = spent[account_id].messages if account_id in spent else 0
        channels.append(_channel(account, counted, paid=paid, vnd=paid * messages * windows.price_vnd, used=used))
    will_get = sum(channel.will_get for channel in channels)
    return Preview(
        will_get=will_get,
        first_time=min(first_time, will_get),
        excluded={reason: number for reason, number in excluded.items() if number},
        channels=tuple(channels),
        by_unit=dict(units),
    )


def _groups(audience: Audience, *, main_period: int | None, at: datetime) -> Select[Any]:
    """How many there are of each account, window, reason, "reached before" and unit."""
    rows = (
        meant(audience, main_period=main_period, at=at)
        .add_columns(
            exclusion(literal(audience.topic)).label("reason"),
            reached(main_period).label("reached"),
            t.account.c.id.label("account"),
            window().label("window"),
            # Not the bare column: SQLite would go through people in the order of its index, from page to page of the file.
            (t.contact.c.unit_id + literal_column("0")).label("unit"),
        )
        .subquery()
    )
    keys = (rows.c.account, rows.c.window, rows.c.reason, rows.c.reached, rows.c.unit)
    return select(*keys, func.count()).group_by(*keys)


def _channel(account: Any, counted: Mapping[str, int], *, paid: int, vnd: int, used: int) -> ChannelPreview:
    return ChannelPreview(
        account_id=AccountId(account.id),
        channel=ChannelName(account.channel),
        free=counted[Window.FREE],
        paid=paid,
        closed=counted[Window.CLOSED],
        vnd=vnd,
        used=used,
    )
