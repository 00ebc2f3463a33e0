"""Since when a provider has been silent: from its last answer, a refusal among them."""

import pytest

from bot.channels.pulse import Pulse
from outreach.messaging import SendError, SendErrorKind
from outreach.upkeep import Health
from tests.conftest import NOW, TestClock


async def answers() -> str:
    return "me"


async def is_away() -> str:
    raise SendError(SendErrorKind.NEVER_LEFT, "unreachable")


async def refuses() -> str:
    raise SendError(SendErrorKind.REVOKED, "token_revoked")


async def test_silence_counts_from_the_beginning(clock: TestClock) -> None:
    pulse = Pulse(clock=clock)
    clock.advance(hours=1)
    assert await pulse.ask(is_away) == (None, Health(silent_since=NOW, silence="unreachable"))


@pytest.mark.parametrize(
    ("heard", "expected"), [(answers, ("me", Health())), (refuses, (None, Health(refused="token_revoked")))]
)
async def test_silence_counts_from_the_last_answer(clock: TestClock, heard: object, expected: object) -> None:
    pulse = Pulse(clock=clock)
    for call in (is_away, heard):
        clock.advance(hours=1)
        told = await pulse.ask(call)  # type: ignore[arg-type]  # one of the three above
    assert told == expected
    answered_at = clock()
    for _ in range(2):
        clock.advance(hours=1)
        assert await pulse.ask(is_away) == (None, Health(silent_since=answered_at, silence="unreachable"))
