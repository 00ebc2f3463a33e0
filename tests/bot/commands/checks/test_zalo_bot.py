"""What `loatre doctor` finds of a bot of the Zalo Bot Platform, in front of the pretend one."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.app import AccountCondition, Condition
from bot.commands.checks.finding import Code, Finding, Level
from bot.commands.checks.zalo_bot import check_zalo_bot
from bot.settings import Settings
from outreach.messaging import ChannelName
from simulator.config import DEFAULT_ZALO_BOT_TOKEN as DEFAULT_TOKEN
from tests.bot.commands.conftest import Install, at

NOW = datetime(2026, 11, 27, 3, tzinfo=UTC)
ACCOUNT = AccountCondition(
    channel=ChannelName.ZALO_BOT,
    external_id="1459",
    name="Bot Loa Trẻ",
    people=12,
    heard_at=None,
    sent_at=None,
    month="2026-11",
    messages=300,
    vnd=0,
    keepers=1,
)


@pytest.fixture
def settings(install: Install, address: str) -> Callable[..., Settings]:
    def make(**changes: Any) -> Settings:
        usual = {"zalo_bot_token": DEFAULT_TOKEN, "zalo_bot_url": f"{address}/zalo-bot"}
        return install(**(usual | changes))

    return make


async def found(settings: Settings, *, account: AccountCondition = ACCOUNT) -> dict[Code, Finding]:
    condition = Condition(engine="sqlite", accounts=(account,))
    findings = await check_zalo_bot(settings, condition=condition, clock=lambda: NOW)
    return {finding.code: finding for finding in findings}


async def test_nothing_is_said_of_what_is_not_set_up(install: Install) -> None:
    assert await found(install()) == {}


async def test_a_whole_bot(settings: Callable[..., Settings]) -> None:
    findings = await found(settings())
    assert at(Level.BROKEN, findings) == at(Level.WARN, findings) == set()
    assert findings[Code.ZALO_BOT_OK].data["name"]
    plan = {"people": 12, "most_people": 50, "messages": 300, "most_messages": 3000}
    assert findings[Code.ZALO_BOT_PLAN_OK].data == plan


async def test_a_wrong_token_and_a_server_that_is_not_there(settings: Callable[..., Settings]) -> None:
    assert Code.ZALO_BOT_WRONG in await found(settings(zalo_bot_token="1:wrong"))
    assert Code.ZALO_BOT_UNREACHABLE in await found(settings(zalo_bot_url="http://127.0.0.1:1"))


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"people": 40}, Code.ZALO_BOT_NEARLY_FULL),
        ({"people": 39}, Code.ZALO_BOT_PLAN_OK),
        ({"messages": 2400}, Code.ZALO_BOT_NEARLY_FULL),
        ({"messages": 2400, "month": "2026-10"}, Code.ZALO_BOT_PLAN_OK),
    ],
)
async def test_a_plan_that_runs_out(settings: Callable[..., Settings], changes: Any, code: Code) -> None:
    assert code in await found(settings(), account=replace(ACCOUNT, **changes))


async def test_a_webhook_that_is_not_where_it_should_be(settings: Callable[..., Settings]) -> None:
    by_webhook = {"zalo_bot_mode": "webhook", "public_url": "https://bot.example.vn", "webhook_secret": "a" * 16}
    findings = await found(settings(**by_webhook))
    assert findings[Code.ZALO_BOT_WEBHOOK_OTHER].data == {"wanted": "https://bot.example.vn/zalo/bot"}
