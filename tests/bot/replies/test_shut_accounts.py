"""An account from which nothing may leave is said once, asked with one reply a sweep, and loses nothing."""

import logging
from dataclasses import replace

import pytest

from outreach.messaging import Menu, SendError, SendErrorKind, Sent
from tests.bot.replies.conftest import Lane
from tests.conftest import TestClock


async def test_a_token_that_is_not_accepted_is_said_once_and_nothing_is_lost(
    lane: Lane, clock: TestClock, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel = lane.sender.channels[lane.address.account_id]

    async def refuse(*_: object, **__: object) -> Sent:
        raise SendError(SendErrorKind.REVOKED, "token_revoked")

    with monkeypatch.context() as revoked:
        revoked.setattr(channel, "send", refuse)
        revoked.setattr(channel, "show_commands", refuse)
        revoked.setattr(channel, "answer_tap", refuse)
        rows = [*await lane.promise("một", "hai"), *await lane.promise_menu("ba", Menu.OFFICER)]
        answer = lane.answer(rows)
        lane.sender.deliver(replace(answer, incoming=replace(answer.incoming, callback_ref="1")))
        await lane.sender.drain()
        clock.advance(minutes=1)
        assert await lane.sender.sweep() == 1
        await lane.sender.drain()
    assert lane.sender.revoked
    [line] = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert (line.levelname, "`loatre doctor` says what to do" in line.getMessage()) == ("ERROR", True)
    for _ in range(2):
        await lane.sender.sweep()
        await lane.sender.drain()
    assert not lane.sender.revoked
    assert (await lane.arrived(), await lane.menu()) == (["một", "hai", "ba"], ["Gửi tin"])
    assert await lane.waiting() == 0
