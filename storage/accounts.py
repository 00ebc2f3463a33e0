"""How each account is doing, and the pairs of tokens, for somebody who looks from outside: nothing is changed."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, Select, func, select

from outreach.campaigns.model import DeliveryState
from outreach.messaging import ChannelName
from outreach.officers import Role
from outreach.tokens import TokenPair
from storage import tables as t


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountCondition:
    """`people` are those who can be reached; the provider may count more. `heard_at` is when anything last came in, of people or of receipts; `sent_at` when a campaign's message last left.

    `month` ("2026-11") is the last in which anything was spent; `messages` and `vnd` are its. `keepers` counts administrators who
    can be told on another account when this one fails. `follower` is whoever has been there longest.
    """

    channel: ChannelName
    external_id: str
    name: str
    people: int
    heard_at: datetime | None
    sent_at: datetime | None
    month: str
    messages: int
    vnd: int
    keepers: int
    follower: str = field(default="", repr=False)


def look_at_accounts(connection: Connection) -> tuple[AccountCondition, ...]:
    return tuple(_accounts(connection))


def _accounts(connection: Connection) -> Iterator[AccountCondition]:
    for row in connection.execute(select(t.account).order_by(t.account.c.id)).all():
        spent = connection.execute(
            select(t.spending).where(t.spending.c.account_id == row.id).order_by(t.spending.c.month.desc()).limit(1)
        ).one_or_none()
        yield AccountCondition(
            channel=ChannelName(row.channel),
            external_id=row.external_id,
            name=row.name,
            people=connection.execute(people(row.id)).scalar_one(),
            heard_at=_heard_at(connection, row.id),
            sent_at=_newest_sent(connection, row.id, stamp="changed_at"),
            month=spent.month if spent else "",
            messages=spent.messages if spent else 0,
            vnd=spent.vnd if spent else 0,
            keepers=_keepers(connection, row.id),
            follower=connection.execute(longest_follower(row.id)).scalar_one_or_none() or "",
        )


def _heard_at(connection: Connection, account_id: int) -> datetime | None:
    seen = select(func.max(t.seen_update.c.seen_at)).where(t.seen_update.c.account_id == account_id)
    stamps = (connection.execute(seen).scalar_one(), _newest_sent(connection, account_id, stamp="received_at"))
    return max((stamp for stamp in stamps if stamp), default=None)


def _newest_sent(connection: Connection, account_id: int, *, stamp: str) -> datetime | None:
    """From the newest delivery backwards, so that years of them cost nothing."""
    delivery, column = t.delivery.c, t.delivery.c[stamp]
    newest = select(column).where(
        delivery.account_id == account_id, delivery.state == DeliveryState.SENT, column.is_not(None)
    )
    return connection.execute(newest.order_by(delivery.id.desc()).limit(1)).scalar_one_or_none()


def people(account_id: int) -> Select[int]:
    """How many can be reached there. Nothing is stored of strangers, of people under age, and of whoever has left."""
    return select(func.count()).where(t.address.c.account_id == account_id, t.address.c.reachable)


def longest_follower(account_id: int) -> Select[str]:
    """The messenger's id of whoever has been there longest."""
    here = (t.address.c.account_id == account_id, t.address.c.reachable)
    return select(t.address.c.external_id).where(*here).order_by(t.address.c.id).limit(1)


def _keepers(connection: Connection, account_id: int) -> int:
    return connection.execute(
        select(func.count(t.officer.c.contact_id.distinct()))
        .join(t.address, t.address.c.contact_id == t.officer.c.contact_id)
        .where(
            t.officer.c.role == Role.ADMIN,
            t.officer.c.ended_at.is_(None),
            t.address.c.reachable,
            t.address.c.account_id != account_id,
        )
    ).scalar_one()


def look_at_pairs(connection: Connection) -> dict[str, TokenPair]:
    """By name. The keyring on the dialect must be the one that sealed them."""
    return {
        row.name: TokenPair(
            access=row.access,
            refresh=row.refresh,
            refreshed_at=row.refreshed_at,
            access_expires_at=row.access_expires_at,
            refresh_expires_at=row.refresh_expires_at,
            refreshing_at=row.refreshing_at,
            failure=row.failure,
        )
        for row in connection.execute(select(t.oauth_token)).all()
    }
