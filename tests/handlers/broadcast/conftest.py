"""An article that went out, an officer who orders one, and what of it is in the database."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import func, select

from outreach.broadcasts.model import Broadcast, BroadcastState
from outreach.campaigns.model import Content
from outreach.messaging import AccountId, ContactId
from outreach.officers import Officer, Role
from storage import tables as t
from storage.database import Database
from tests.conftest import TestClock
from tests.handlers.conftest import Phone, Stage

PLAN = """Kế hoạch phát hiện, bồi dưỡng, phát huy tài năng trẻ
Ủy ban nhân dân tỉnh vừa ban hành Kế hoạch số 136/KH-UBND, ngày 10/6/2024 về phát hiện, bồi dưỡng, phát huy tài năng trẻ.
Mỗi năm có ít nhất 70% thanh niên được cung cấp thông tin về chính sách tài năng trẻ của tỉnh."""

Officers = Callable[..., Awaitable[Officer]]
People = Callable[..., Awaitable[ContactId]]


@pytest.fixture
async def editor(stage: Stage, officer: Officers) -> Phone:
    await officer(Role.EDITOR, external_id="900")
    return stage.phone("900")


@pytest.fixture
def article(
    database: Database, account_id: AccountId, officer: Officers, plan_136: Content, clock: TestClock
) -> Callable[..., Awaitable[Broadcast]]:
    """One that went out just now."""

    async def make(*, content: Content = plan_136, state: BroadcastState = BroadcastState.SENT) -> Broadcast:
        by = await officer()
        async with database.write() as tx:
            row = await tx.broadcasts.add(account_id=account_id, content=content, by=by.officer_id, at=clock())
            way = [BroadcastState.CREATING, BroadcastState.READY, BroadcastState.SENDING, state]
            for step in way if state not in way[:3] else way[: way.index(state) + 1]:
                row = await tx.broadcasts.move(row.broadcast_id, state=step, at=clock()) or row
        clock.advance(minutes=5)
        return row

    return make


async def states(database: Database) -> list[str]:
    async with database.read() as tx:
        return list((await tx.connection.execute(select(t.broadcast.c.state).order_by(t.broadcast.c.id))).scalars())


async def evidence(database: Database) -> list[Any]:
    async with database.read() as tx:
        statement = select(t.reach_person).join(t.period).where(t.period.c.code == "state-2026")
        return list((await tx.connection.execute(statement)).all())


async def people(database: Database) -> int:
    async with database.read() as tx:
        return int((await tx.connection.execute(select(func.count()).select_from(t.contact))).scalar_one())


async def composed(phone: Phone) -> None:
    await phone.says("gửi tin")
    await phone.says(PLAN)
