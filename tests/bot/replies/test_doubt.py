"""A reply may repeat, but seldom: six times where every answer is lost, once where the provider answers oddly."""

from collections import Counter
from collections.abc import Awaitable, Callable

import pytest

from bot.channels.kit import ODD_TRIES, send_parts
from outreach.messaging import Reply, SendError, SendErrorKind, Sent
from tests.bot.replies.conftest import Lane
from tests.conftest import TestClock

UNKNOWN, REFUSED, NEVER_LEFT = SendErrorKind.UNKNOWN, SendErrorKind.REFUSED, SendErrorKind.NEVER_LEFT
LOST = SendError(UNKNOWN, "connection_lost")
ODD = SendError(UNKNOWN, "send_failed", most_tries=ODD_TRIES)

Always = Callable[..., list[str]]


@pytest.fixture
def always(lane: Lane, monkeypatch: pytest.MonkeyPatch, no_waits: None) -> Always:
    """Let every send end so, in turns; gives what was asked to leave."""

    def begin(*troubles: SendError) -> list[str]:
        asked: list[str] = []

        async def send(_: str, reply: Reply, **__: object) -> Sent:
            trouble = troubles[len(asked) % len(troubles)]
            asked.append(reply.text)
            raise SendError(trouble.kind, trouble.reason, most_tries=trouble.most_tries)

        monkeypatch.setattr(lane.sender.channels[lane.address.account_id], "send", send)
        return asked

    return begin


async def ten_minutes(lane: Lane, clock: TestClock, look: Callable[[int], Awaitable[None]] | None = None) -> None:
    """As often as the clock's job sweeps."""
    for seconds in range(15, 600, 15):
        clock.advance(seconds=15)
        await lane.sweeps()
        if look:
            await look(seconds)


async def test_lost_answers_are_six_in_all_and_further_and_further_apart(
    lane: Lane, clock: TestClock, always: Always, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = always(LOST)
    await lane.sends("một")
    per_age = Counter({0: len(asked)})

    async def look(seconds: int) -> None:
        per_age[seconds] = len(asked) - per_age.total()

    await ten_minutes(lane, clock, look)
    assert +per_age == {0: 3, 30: 1, 60: 1, 120: 1}
    assert await lane.waiting() == 0
    assert caplog.messages[-1] == "a reply is not tried again: unknown: connection_lost"
    assert "một" not in caplog.text
    assert lane.sender.unheard == {lane.address.account_id}
    monkeypatch.undo()
    await lane.sends("hai")
    assert not lane.sender.unheard


async def test_an_odd_answer_is_repeated_once(
    lane: Lane, clock: TestClock, always: Always, caplog: pytest.LogCaptureFixture
) -> None:
    asked = always(ODD)
    await lane.sends("một", "hai")
    await ten_minutes(lane, clock)
    assert asked == ["một", "một", "hai", "hai"]
    assert await lane.waiting() == 0
    assert caplog.messages == ["a reply is not tried again: unknown: send_failed"] * 2


async def test_lost_and_odd_answers_count_together(lane: Lane, clock: TestClock, always: Always) -> None:
    asked = always(LOST, ODD)
    await lane.sends("một")
    await ten_minutes(lane, clock)
    assert asked == ["một"] * 2
    assert await lane.waiting() == 0


async def test_a_refusal_is_repeated_as_often_as_the_provider_allows(
    lane: Lane, clock: TestClock, always: Always
) -> None:
    asked = always(SendError(REFUSED, "provider_error", most_tries=3))
    await lane.sends("một")
    await ten_minutes(lane, clock)
    assert asked == ["một"] * 3
    assert await lane.waiting() == 0


@pytest.mark.parametrize("kind", [NEVER_LEFT, REFUSED])
async def test_what_surely_has_not_arrived_is_tried_as_long_as_it_is_young(
    lane: Lane, clock: TestClock, always: Always, kind: SendErrorKind
) -> None:
    asked = always(SendError(kind, "why"))
    await lane.sends("một")
    await ten_minutes(lane, clock)
    assert len(asked) > 30
    assert await lane.waiting() == 1


@pytest.mark.parametrize(("age", "more"), [(0, 6), (40, 3), (70, 2), (300, 1)])
async def test_after_a_restart_its_age_tells_how_often_it_may_have_left(
    lane: Lane, clock: TestClock, always: Always, age: int, more: int
) -> None:
    asked = always(LOST)
    await lane.promise("một")
    clock.advance(seconds=age)
    await lane.sender.sweep(at_start=True)
    await lane.sender.drain()
    await ten_minutes(lane, clock)
    assert asked == ["một"] * more
    assert await lane.waiting() == 0


PARTS = [Reply(text="một"), Reply(text="hai")]


@pytest.mark.parametrize(
    ("trouble", "in_all"),
    [
        (LOST, 6),
        (ODD, 2),
        (SendError(REFUSED, "provider_error", most_tries=3), 3),
    ],
)
async def test_a_later_part_is_no_other_than_the_first(
    lane: Lane, clock: TestClock, monkeypatch: pytest.MonkeyPatch, no_waits: None, trouble: SendError, in_all: int
) -> None:
    """Though channels try one by themselves, and though their word for the whole is another."""
    asked: list[str] = []

    async def send_part(part: Reply) -> str:
        asked.append(part.text)
        if part.text == "hai":
            raise SendError(trouble.kind, trouble.reason, most_tries=trouble.most_tries)
        return str(len(asked))

    async def send(_: str, reply: Reply, **__: object) -> Sent:
        parts = PARTS if reply.text == "một hai" else [reply]
        return Sent(refs=await send_parts(parts, send_part, first_wait=0.001))

    monkeypatch.setattr(lane.sender.channels[lane.address.account_id], "send", send)
    await lane.sends("một hai")
    await ten_minutes(lane, clock)
    assert asked == ["một"] + ["hai"] * in_all
    assert await lane.waiting() == 0


async def test_each_part_has_its_own_tries(
    lane: Lane, clock: TestClock, monkeypatch: pytest.MonkeyPatch, no_waits: None
) -> None:
    parts = [*PARTS, Reply(text="ba")]
    ends = [True, *[False] * 4, True, False, False, True]  # một, hai five times, ba three times
    asked: list[str] = []

    async def send_part(part: Reply) -> str:
        asked.append(part.text)
        if ends.pop(0):
            return str(len(asked))
        raise SendError(LOST.kind, LOST.reason)

    async def send(_: str, reply: Reply, **__: object) -> Sent:
        return Sent(refs=await send_parts(parts if reply.text == "một hai ba" else [reply], send_part))

    monkeypatch.setattr(lane.sender.channels[lane.address.account_id], "send", send)
    await lane.sends("một hai ba")
    await ten_minutes(lane, clock)
    assert asked == ["một", *["hai"] * 5, *["ba"] * 3]
    assert await lane.waiting() == 0
