"""What the administrators are told while Zalo's servers are away: nothing of a hiccup, and the rest before messages stop."""

from datetime import timedelta

import pytest

from bot.channels.zalo_oa.adapter import ZaloOaChannel
from bot.channels.zalo_oa.health import OaHealth
from outreach.upkeep import Ailment, Complaint, complaints
from tests.bot.channels.zalo_oa.standin import GETOA, ME, OAUTH, Oa, Other, make_pair
from tests.conftest import NOW, TestClock


@pytest.fixture
def health(channel: ZaloOaChannel) -> OaHealth:
    return OaHealth(channel.client, tokens=channel.tokens)


async def test_an_oauth_server_that_is_away(health: OaHealth, oa: Oa, clock: TestClock) -> None:
    oa.lay(OAUTH, Other(status=503))
    told = [Complaint(ailment=Ailment.RENEWAL_OVERDUE, at=make_pair().access_expires_at)]
    for hours, expected in ((21, []), (23, told), (29, told)):
        clock.now = NOW + timedelta(hours=hours)
        assert complaints(await health(), now=clock()) == expected


async def test_an_api_that_is_away(health: OaHealth, oa: Oa, clock: TestClock) -> None:
    oa.lay(GETOA, Other(status=503))
    told = [Complaint(ailment=Ailment.SILENT, at=NOW, code="gateway_503")]
    for hours, expected in ((1, []), (2, told), (3, told)):
        clock.now = NOW + timedelta(hours=hours)
        assert complaints(await health(), now=clock()) == expected
    oa.lay(GETOA, {"error": 0, "data": ME})
    assert complaints(await health(), now=clock()) == []
    oa.lay(GETOA, Other(status=503))
    assert complaints(await health(), now=clock()) == []
