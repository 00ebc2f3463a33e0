"""Speed limits: a burst, one a second in a chat, about 30 a second over all, penalties, and the switch."""

from collections.abc import AsyncIterator

import pytest

from simulator.client import Client, connect
from simulator.config import SimConfig
from simulator.errors import ApiError
from simulator.limits import CHAT_BURST, Limits
from simulator.serve import running


@pytest.fixture
async def limited() -> AsyncIterator[Client]:
    with running(SimConfig(limits=True, rate=30)) as address:
        async with connect(address) as client:
            yield client


def waits(limits: Limits, chat: int, *, now: float, rate: float = 30, wrote_at: float = 0, paid: bool = False) -> int:
    """The retry_after of one message, 0 when it may go."""
    try:
        limits.check(chat, now=now, rate=rate, wrote_at=wrote_at, paid=paid)
    except ApiError as error:
        seconds = int((error.parameters or {})["retry_after"])
        if str(error) != f"Too Many Requests: retry after {seconds}":
            raise
        return seconds
    return 0


def test_one_chat_takes_a_burst_and_then_one_a_second() -> None:
    limits = Limits()
    now = 1_000.0
    assert [waits(limits, 1, now=now, wrote_at=now) for _ in range(CHAT_BURST)] == [0] * CHAT_BURST
    assert waits(limits, 1, now=now, wrote_at=now) == 1
    assert waits(limits, 2, now=now, wrote_at=now) == 0
    assert waits(limits, 1, now=now + 1, wrote_at=now) == 0
    assert waits(limits, 1, now=now + 1, wrote_at=now) == 1


def test_the_overall_rate_holds_over_time() -> None:
    limits = Limits()
    sent = sum(waits(limits, 100 + step, now=1_000 + step / 25) == 0 for step in range(1_000))
    assert sent == 1_000
    limits = Limits()
    accepted = [step for step in range(4_000) if waits(limits, 100 + step, now=1_000 + step / 100) == 0]
    assert len(accepted) < 45 * 30  # at 100 a second for 40 s no more than 30 a second and the first burst


def test_calls_during_a_penalty_lengthen_it() -> None:
    limits = Limits()
    chat = iter(range(10_000))
    while not (first := waits(limits, next(chat), now=1_000)):
        pass
    assert first == 3
    for _ in range(40):
        last = waits(limits, next(chat), now=1_000)
    assert last == 5
    assert waits(limits, next(chat), now=1_004) > 0
    assert waits(limits, next(chat), now=1_010) == 0


def test_an_answer_is_not_held_to_the_overall_rate() -> None:
    limits = Limits()
    chat = iter(range(10_000))
    while not waits(limits, next(chat), now=1_000):
        pass
    assert waits(limits, 50_000, now=1_000, wrote_at=995) == 0
    assert waits(limits, 50_001, now=1_000, wrote_at=900) > 0
    assert waits(limits, 50_002, now=1_000, paid=True) == 0


async def test_the_server_answers_429_and_delivers_nothing(limited: Client) -> None:
    ids = (await limited.order("people", {"count": 40, "prefix": "Bạn"}))["ids"]

    async def tell_all() -> None:
        for person in ids:
            await limited.call("sendMessage", chat_id=person, text="tin")

    with pytest.raises(ApiError) as caught:
        await tell_all()
    assert (caught.value.code, caught.value.parameters) == (429, {"retry_after": 3})
    counted = await limited.read("journal/counts", contains="tin")
    assert 30 <= counted["delivered"] < 40
    await limited.order("clock", {"advance": 4})
    await limited.call("sendMessage", chat_id=ids[-1], text="tin")


async def test_limits_are_switched_while_it_runs(limited: Client) -> None:
    person = await limited.person()
    for _ in range(CHAT_BURST):
        await limited.call("sendMessage", chat_id=person, text="a")
    with pytest.raises(ApiError, match="Too Many Requests: retry after"):
        await limited.call("sendMessage", chat_id=person, text="a")
    assert (await limited.order("settings", {"limits": False}))["limits"] is False
    for _ in range(40):
        await limited.call("sendMessage", chat_id=person, text="a")
    assert await limited.read("settings") == {"limits": False, "rate": 30.0, "delay_ms": 0}
