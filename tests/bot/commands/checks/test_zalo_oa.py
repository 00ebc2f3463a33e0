"""What `loatre doctor` finds of an Official Account, in front of the pretend one."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.app import AccountCondition, Condition
from bot.channels.zalo_oa.health import package_ends_on
from bot.commands.checks.finding import Code, Finding, Level
from bot.commands.checks.zalo_oa import check_zalo_oa
from bot.settings import Settings
from outreach.messaging import ChannelName
from outreach.tokens import TokenPair
from simulator.client import Client
from tests.bot.commands.conftest import Install, at

NOW = datetime(2026, 11, 27, 3, tzinfo=UTC)
APP = "1000000000000000001"


@pytest.fixture
def settings(install: Install, address: str) -> Callable[..., Settings]:
    def make(**changes: Any) -> Settings:
        usual = {
            "zalo_app_id": APP,
            "zalo_app_secret": "example-app-secret",
            "zalo_oa_secret": "example-oa-secret",
            "zalo_api_url": f"{address}/zalo-oa",
            "zalo_cover_url": "https://example.vn/bia.jpg",
            "public_url": "https://bot.example.vn",
        }
        return install(**{name: value for name, value in (usual | changes).items() if value})

    return make


@pytest.fixture
async def access(simulator: Client) -> str:
    return str((await simulator.order("zalo/oa/tokens"))["access_token"])


def pair(access: str = "at", **changes: Any) -> TokenPair:
    usual: dict[str, Any] = {
        "refresh": "rt",
        "refreshed_at": NOW,
        "access_expires_at": NOW + timedelta(hours=20),
        "refresh_expires_at": NOW + timedelta(days=90),
    }
    return TokenPair(access=access, **(usual | changes))


def account(**changes: Any) -> AccountCondition:
    usual: dict[str, Any] = {
        "channel": ChannelName.ZALO_OA,
        "external_id": "4000",
        "name": "Tuổi trẻ Lạng Sơn",
        "people": 8,
        "heard_at": NOW - timedelta(hours=1),
        "sent_at": NOW - timedelta(minutes=30),
        "month": "2026-11",
        "messages": 10,
        "vnd": 550,
        "keepers": 1,
    }
    return AccountCondition(**(usual | changes))


async def found(
    settings: Settings, *, tokens: TokenPair | None = None, of: AccountCondition | None = None
) -> dict[Code, Finding]:
    condition = Condition(
        engine="sqlite",
        current=True,
        accounts=(of or account(),),
        pairs={f"zalo_oa:{APP}": tokens} if tokens else {},
    )
    findings = await check_zalo_oa(settings, condition=condition, clock=lambda: NOW)
    return {finding.code: finding for finding in findings}


async def test_nothing_is_said_of_what_is_not_set_up(install: Install) -> None:
    assert await found(install()) == {}


async def test_a_whole_account(settings: Callable[..., Settings], access: str, simulator: Client) -> None:
    someone = await simulator.order("zalo/oa/people", {"name": "An", "follows": True})
    of = account(follower=str(someone["id"]))
    findings = await found(settings(zalo_paid_ceiling=55_000), tokens=pair(access), of=of)
    assert at(Level.BROKEN, findings) == at(Level.WARN, findings) == set()
    assert findings[Code.ZALO_OA_OK].data == {
        "name": "Tuổi trẻ Lạng Sơn",
        "government": 0,
        "package": "Gói Tăng trưởng",
    }
    assert findings[Code.ZALO_TOKEN_OK].data == {"until": "06:00 28/11/2026", "days": 90}
    assert findings[Code.ZALO_QUOTA_OK].data == {"remain": 500, "total": 500}
    assert findings[Code.ZALO_ARTICLES_OK].data == {"month": 4, "today": 1}
    assert findings[Code.ZALO_SPENDING_OK].data == {"spent": 550, "ceiling": 55_000, "free": 48, "whole": 168}
    assert findings[Code.ZALO_HEARD_OK].data == {"at": "09:00 27/11/2026"}


async def test_a_state_agency_and_one_that_is_not_verified(
    settings: Callable[..., Settings], access: str, simulator: Client
) -> None:
    await simulator.order("zalo/oa/settings", {"oa_type": 4, "verified": False})
    findings = await found(settings(), tokens=pair(access))
    assert findings[Code.ZALO_OA_OK].data["government"] == 1
    assert at(Level.WARN, findings) == {Code.ZALO_UNVERIFIED}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"zalo_app_secret": None}, Code.ZALO_INCOMPLETE),
        ({"zalo_oa_secret": None}, Code.ZALO_INCOMPLETE),
        ({"public_url": ""}, Code.ZALO_INCOMPLETE),
        ({"public_url": "http://bot.example.vn"}, Code.ZALO_PLAIN_URL),
        ({"zalo_cover_url": ""}, Code.ZALO_COVER_UNSET),
    ],
)
async def test_settings_that_are_missing(settings: Callable[..., Settings], changes: Any, code: Code) -> None:
    findings = await found(settings(**changes), tokens=pair(access_expires_at=NOW))
    assert code in findings
    if code == Code.ZALO_INCOMPLETE:
        assert findings[code].data == {"variable": f"LOATRE_{next(iter(changes)).upper()}"}


@pytest.mark.parametrize(
    ("tokens", "code"),
    [
        (None, Code.ZALO_TOKEN_MISSING),
        (pair(failure="token_lost", access_expires_at=NOW), Code.ZALO_TOKEN_LOST),
        (pair(refresh_expires_at=NOW, access_expires_at=NOW), Code.ZALO_TOKEN_LOST),
        (pair(refresh_expires_at=NOW + timedelta(days=13), access_expires_at=NOW), Code.ZALO_TOKEN_ENDING),
        (pair(access_expires_at=NOW), Code.ZALO_TOKEN_STALE),
    ],
)
async def test_tokens(settings: Callable[..., Settings], tokens: TokenPair | None, code: Code) -> None:
    assert code in await found(settings(), tokens=tokens)


async def test_looking_spends_no_refresh_token(settings: Callable[..., Settings], simulator: Client) -> None:
    """An access token that Zalo no longer takes is told, and that is all."""
    findings = await found(settings(), tokens=pair("long dead"))
    assert findings[Code.ZALO_REFUSED].data["reason"] == "token_refused"


async def test_a_server_that_is_not_there(settings: Callable[..., Settings]) -> None:
    findings = await found(settings(zalo_api_url="http://127.0.0.1:1"), tokens=pair())
    assert findings[Code.ZALO_UNREACHABLE].data == {"server": "http://127.0.0.1:1", "reason": "not_connected"}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"heard_at": None, "sent_at": None}, Code.ZALO_NEVER_HEARD),
        ({"heard_at": NOW - timedelta(days=2, seconds=1), "sent_at": None}, Code.ZALO_SILENT),
        ({"heard_at": NOW - timedelta(hours=3), "sent_at": NOW - timedelta(minutes=30)}, Code.ZALO_SILENT),
        ({"heard_at": NOW - timedelta(hours=3), "sent_at": NOW - timedelta(hours=2)}, Code.ZALO_HEARD_OK),
        ({"keepers": 0}, Code.ZALO_ALARM_NOWHERE),
    ],
)
async def test_a_webhook_that_was_switched_off_and_alarms_for_nobody(
    settings: Callable[..., Settings], changes: Any, code: Code
) -> None:
    assert code in await found(settings(), of=account(**changes))


async def test_last_month_s_money_is_not_this_month_s(settings: Callable[..., Settings]) -> None:
    findings = await found(settings(zalo_paid_ceiling=1000), of=account(month="2026-10"))
    assert findings[Code.ZALO_SPENDING_OK].data["spent"] == 0


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("31/12/2026", (2026, 12, 31)),
        ("31/12/2026 23:59:59", (2026, 12, 31)),
        ("2026-12-31", (2026, 12, 31)),
        ("", None),
        ("31 December", None),
    ],
)
def test_the_day_on_which_a_package_ends(written: str, read: tuple[int, int, int] | None) -> None:
    day = package_ends_on(written)
    assert (day and (day.year, day.month, day.day)) == read
