"""What of a bot's plan is used, and whether Zalo takes its token."""

from collections.abc import Awaitable, Callable

import pytest

from bot.channels.zalo_bot.adapter import ZaloBotChannel
from bot.channels.zalo_bot.health import BotHealth
from outreach.messaging import ContactId
from outreach.upkeep import Ailment, Complaint, Health, Plan, complaints
from storage.database import Database
from tests.bot.channels.zalo_bot.conftest import FakeZalo, refusal
from tests.conftest import NOW, TestClock

PLAN = Plan(people=0, most_people=50, messages=0, most_messages=3000)


@pytest.fixture
def health(channel: ZaloBotChannel, database: Database, clock: TestClock) -> BotHealth:
    channel.clock = clock
    return BotHealth(channel, transactions=database, most_people=50, most_messages=3000)


async def test_a_whole_bot(health: BotHealth, zalo: FakeZalo) -> None:
    assert await health() == Health(plan=PLAN)
    assert [method for method, _ in zalo.asked] == ["getMe"]


async def test_what_is_used_of_the_plan(
    health: BotHealth,
    channel: ZaloBotChannel,
    database: Database,
    subscriber: Callable[..., Awaitable[ContactId]],
) -> None:
    async with database.write() as tx:
        [channel.account_id] = await tx.accounts.every()
        for month, messages in (("2026-09", 700), ("2026-10", 30)):
            await tx.spending.add(channel.account_id, month=month, messages=messages)
    for external_id in ("501", "502"):
        await subscriber(external_id=external_id)
    assert (await health()).plan == Plan(people=2, most_people=50, messages=30, most_messages=3000)


async def test_a_token_that_is_refused(health: BotHealth, zalo: FakeZalo) -> None:
    zalo.say("getMe", refusal(401))
    [told] = complaints(await health(), now=NOW)
    assert told == Complaint(ailment=Ailment.REFUSED, code="token_revoked")


async def test_a_platform_that_is_away(health: BotHealth, zalo: FakeZalo, clock: TestClock) -> None:
    zalo.say("getMe", *[refusal(403)] * 2)
    assert complaints(await health(), now=clock()) == []
    clock.advance(hours=2)
    assert complaints(await health(), now=clock()) == [Complaint(ailment=Ailment.SILENT, at=NOW, code="provider_error")]
