"""An account from which nothing may leave is said once, asked with one reply a sweep, and loses nothing."""

import logging
from dataclasses import replace

import pytest

from bot.channels.kit import send_parts
from outreach.messaging import Menu, Reply, SendError, SendErrorKind, Sent
from tests.bot.replies.conftest import Lane
from tests.conftest import TestClock


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (SendErrorKind.REVOKED, "the token of telegram is not accepted (why): no reply can leave"),
        (SendErrorKind.EXHAUSTED, "the plan of telegram is used up (why): no reply can leave"),
    ],
)
async def test_it_is_said_once_and_nothing_is_lost(
    lane: Lane,
    clock: TestClock,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    kind: SendErrorKind,
    said: str,
) -> None:
    channel = lane.sender.channels[lane.address.account_id]

    async def refuse(*_: object, **__: object) -> Sent:
        raise SendError(kind, "why")

    with monkeypatch.context() as shut:
        shut.setattr(channel, "send", refuse)
        shut.setattr(channel, "show_commands", refuse)
        shut.setattr(channel, "answer_tap", refuse)
        rows = [*await lane.promise("một", "hai"), *await lane.promise_menu("ba", Menu.OFFICER)]
        answer = lane.answer(rows)
        lane.sender.deliver(replace(answer, incoming=replace(answer.incoming, callback_ref="1")))
        await lane.sender.drain()
        clock.advance(minutes=1)
        assert await lane.sweeps() == 1
    found = {SendErrorKind.REVOKED: lane.sender.revoked, SendErrorKind.EXHAUSTED: lane.sender.exhausted}
    assert found.pop(kind) == {lane.address.account_id}
    assert found == {other: set() for other in found}
    [line] = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert (line.levelname, line.getMessage()) == ("ERROR", f"{said}; `loatre doctor` says what to do")
    for _ in range(2):
        await lane.sweeps()
    assert not lane.sender.revoked | lane.sender.exhausted
    assert (await lane.arrived(), await lane.menu()) == (["một", "hai", "ba"], ["Gửi tin"])
    assert await lane.waiting() == 0


async def test_a_part_that_the_plan_did_not_allow_waits_alone(
    lane: Lane, clock: TestClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel = lane.sender.channels[lane.address.account_id]
    parts = [Reply(text="một"), Reply(text="hai")]

    async def send_part(part: Reply) -> str:
        if part is parts[1]:
            raise SendError(SendErrorKind.EXHAUSTED, "quota_used")
        return "1"

    async def send(*_: object, **__: object) -> Sent:
        return Sent(refs=await send_parts(parts, send_part))

    with monkeypatch.context() as shut:
        shut.setattr(channel, "send", send)
        await lane.sends("một hai")
    assert lane.sender.exhausted == {lane.address.account_id}
    clock.advance(minutes=1)
    assert await lane.sweeps() == 1
    assert await lane.arrived() == ["hai"]
    assert await lane.waiting() == 0
