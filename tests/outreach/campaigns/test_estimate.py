"""How long it takes, with the nights in between."""

from dataclasses import replace
from datetime import UTC, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.campaigns.estimate import Pace, finishes_at, look_ahead, next_opening
from outreach.campaigns.model import Audience, Campaign, CampaignState, Content, Plan
from outreach.campaigns.ports.ledger import ChannelPreview, Preview
from outreach.campaigns.rules import WAVE_WAITS
from outreach.clock import VIETNAM
from outreach.messaging import AccountId, CampaignId, ChannelName, OfficerId
from outreach.officers import System
from outreach.pack import Span

HOURS = Span(first=time(7, 0), last=time(21, 59))


def _vietnam(text: str) -> datetime:
    return datetime.strptime(f"2026 {text}", "%Y %d/%m %H:%M").replace(tzinfo=VIETNAM)


@pytest.mark.parametrize(
    ("begins", "messages", "ends"),
    [
        ("12/10 08:32", 20_000, "12/10 08:45"),
        ("12/10 21:59", 1_500, "12/10 22:00"),  # the last minute belongs to the hours
        ("12/10 21:59", 1_525, "13/10 07:00"),
        ("12/10 21:00", 90_000 + 1_500, "13/10 07:01"),
        ("12/10 23:30", 1_500, "13/10 07:01"),
        ("12/10 06:00", 1_500, "12/10 07:01"),
        ("12/10 07:00", 1_350_000 * 2, "13/10 22:00"),
    ],
)
def test_the_last_one_leaves(begins: str, messages: int, ends: str) -> None:
    found = finishes_at(_vietnam(begins), messages=messages, pace=Pace(rate=25, hours=HOURS))
    assert f"{found.astimezone(VIETNAM):%d/%m %H:%M}" == ends


def test_without_hours_it_just_takes_its_time() -> None:
    found = finishes_at(_vietnam("12/10 23:30"), messages=1_500, pace=Pace(rate=25, hours=None))
    assert found == _vietnam("12/10 23:31")


@given(
    st.datetimes(min_value=datetime(2026, 1, 1), max_value=datetime(2027, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001  (hypothesis wants naive bounds)
    st.integers(0, 5_000_000),
)
def test_it_never_ends_at_night_nor_before_it_began(begins: datetime, messages: int) -> None:
    pace = Pace(rate=30, hours=HOURS)
    found = finishes_at(begins, messages=messages, pace=pace)
    assert found >= begins
    local = found.astimezone(VIETNAM).time()
    assert time(7, 0) <= local <= time(22, 0)
    opens = next_opening(begins, hours=HOURS)
    assert opens is None or (opens > begins and opens.astimezone(VIETNAM).time() == time(7, 0))


async def test_each_channel_takes_its_own_time_and_the_slowest_is_the_end() -> None:
    """Zalo's hundred a minute: 20,000 take 3 hours 20; Telegram's 30 a second, beside it, 10,000 others first: 17 minutes."""
    telegram, zalo = AccountId(1), AccountId(2)
    counted = {"free": 20_000, "paid": 0, "closed": 7, "vnd": 0, "used": 0}
    preview = Preview(
        will_get=40_000,
        first_time=0,
        excluded={},
        channels=(
            ChannelPreview(account_id=telegram, channel=ChannelName.TELEGRAM, **counted),
            ChannelPreview(account_id=zalo, channel=ChannelName.ZALO_OA, **counted),
        ),
        ahead={telegram: 10_000},
    )
    campaign = Campaign(
        campaign_id=CampaignId(1),
        state=CampaignState.DRAFT,
        content=Content(title="", paragraphs=()),
        audience=Audience(),
        created_by=OfficerId(1),
        unit_id=None,
    )
    at = _vietnam("12/10 08:00")
    paces = {telegram: Pace(rate=30, hours=HOURS), zalo: Pace(rate=100 / 60, hours=HOURS)}
    outlook = await look_ahead(System(name="x"), campaign=campaign, preview=preview, paces=paces, at=at)
    assert outlook.by_channel == {telegram: 17, zalo: 200}
    assert (outlook.minutes, outlook.ahead) == (200, 10_000)
    assert f"{outlook.ends_at.astimezone(VIETNAM):%H:%M}" == "11:21"  # after the minute of grace
    waved = replace(campaign, plan=Plan(first_wave=50))
    after = await look_ahead(System(name="x"), campaign=waved, preview=preview, paces=paces, at=at)
    assert (after.minutes, after.ends_at) == (210, outlook.ends_at + WAVE_WAITS), "the rest waits for an officer's look"
    few = await look_ahead(System(name="x"), campaign=waved, preview=replace(preview, will_get=50), paces=paces, at=at)
    assert few.ends_at == outlook.ends_at, "there is no rest"
