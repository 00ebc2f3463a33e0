"""How a lane finds its rate: against the simulator's own limits, on a clock that is set by hand."""

from collections import Counter
from dataclasses import dataclass, field

import pytest

from outreach.pacing import TokenBucket, first_rate
from simulator.errors import ApiError
from simulator.limits import Limits

LIMIT = 30.0  # messages a second, Telegram's
PENALTY = 3.0
LONG_AGO = -1e6


@dataclass
class Provider:
    """Takes what a bucket lets go, one at a time, for so many seconds."""

    now: float = 0.0
    limits: Limits = field(default_factory=Limits)
    accepted_at: list[float] = field(default_factory=list)
    refused_at: list[float] = field(default_factory=list)

    def run(self, bucket: TokenBucket, *, seconds: float) -> None:
        ends = self.now + seconds
        while self.now < ends:
            if wait := bucket.held_for or bucket.take():
                self.now += wait
                continue
            number = len(self.accepted_at) + len(self.refused_at)
            try:
                self.limits.check(number, now=self.now, rate=LIMIT, wrote_at=LONG_AGO)
            except ApiError:
                self.refused_at.append(self.now)
                bucket.hold(PENALTY)
            else:
                self.accepted_at.append(self.now)
                bucket.accepted()

    def rate(self, *, after: float) -> float:
        return sum(at >= after for at in self.accepted_at) / (self.now - after)


@pytest.fixture
def provider() -> Provider:
    return Provider()


def test_under_the_limit_it_climbs_to_its_ceiling_and_is_never_refused(provider: Provider) -> None:
    provider.run(TokenBucket(28.0, start=25.0, now=lambda: provider.now), seconds=300)
    assert provider.rate(after=60) == pytest.approx(28.0, rel=0.002)
    assert provider.accepted_at[1] == pytest.approx(1 / 25)
    assert provider.refused_at == []


@pytest.mark.parametrize("ceiling", [31.0, 35.0, 100.0])
def test_over_the_limit_it_settles_below_and_asks_again_but_rarely(provider: Provider, ceiling: float) -> None:
    provider.run(TokenBucket(ceiling, start=25.0, now=lambda: provider.now), seconds=1800)
    assert provider.rate(after=60) >= 0.95 * LIMIT
    assert 0 < len(provider.refused_at) <= 11
    assert max(Counter(int(at // 60) for at in provider.refused_at).values()) == 1


def test_what_a_bad_hour_took_off_comes_back(provider: Provider) -> None:
    bucket = TokenBucket(28.0, now=lambda: provider.now)
    for _ in range(15):
        bucket.hold(PENALTY)
        provider.now += PENALTY
    assert bucket.rate == pytest.approx(28.0 * 0.9**15)
    provider.run(bucket, seconds=900)
    assert bucket.rate == 28.0


def test_what_was_on_its_way_when_it_was_refused_takes_nothing_more_off(provider: Provider) -> None:
    bucket = TokenBucket(30.0, now=lambda: provider.now)
    for _ in range(3):
        bucket.hold(PENALTY)
    assert bucket.rate == 27.0
    for _ in range(99):
        provider.now += PENALTY
        bucket.hold(PENALTY)
    assert bucket.rate == 3.0  # a tenth of the ceiling: the waits do the rest


def test_what_was_learned_goes_before_the_start(provider: Provider) -> None:
    assert first_rate(28.0, start=25.0, learned=22.0) == 22.0
    assert first_rate(28.0, start=25.0, learned=900.0) == 28.0  # of a rate that is paid for no more
    assert first_rate(1000.0, start=1000.0, learned=28.0) == 1000.0  # of a limit that holds no more
    assert first_rate(20.0, start=25.0) == 20.0
    assert first_rate(20.0) == 20.0
    bucket = TokenBucket(28.0, start=25.0, learned=22.0, now=lambda: provider.now)
    assert bucket.rate == 22.0
    provider.run(bucket, seconds=60)
    assert 22.0 < bucket.rate < 23.0  # carefully: it may have been told off a moment ago
