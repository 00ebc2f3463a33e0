"""Files are made when their reply leaves; one that cannot be made or carried is told of."""

import logging
import re
from dataclasses import replace

import pytest

from outreach.messaging import OutgoingFile, Reply
from outreach.outbox import Target
from tests.bot.replies.conftest import Lane
from tests.conftest import NOW, TestClock


async def test_a_file_that_cannot_be_made_is_apologised_for_once(
    lane: Lane, clock: TestClock, catalog_apology: str, caplog: pytest.LogCaptureFixture
) -> None:
    file = OutgoingFile(name="danh-sach.xlsx", kind="broken", arguments={"name": "Nông Thị Mai"})
    target = Target(contact_id=lane.contact)
    async with lane.database.write() as tx:
        rows = await tx.outbox.add([(target, Reply(text="Đây nhé", file=file)), (target, Reply(text="sau"))], at=NOW)
    with caplog.at_level(logging.DEBUG):
        lane.sender.deliver(lane.answer(rows))
        await lane.sender.drain()
    assert sorted(await lane.arrived()) == sorted([catalog_apology, "sau"])
    assert await lane.waiting() == 0
    clock.advance(minutes=1)
    assert await lane.sender.sweep() == 0
    [line] = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
    assert re.fullmatch(
        "a file was not made, id [0-9a-f]{8}: ValueError at conftest.py:[0-9]+ < replies.py:[0-9]+", line
    )
    assert "Nông" not in caplog.text


async def test_a_file_that_the_channel_cannot_carry_is_told_of_and_never_made(
    lane: Lane, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel = lane.sender.channels[lane.address.account_id]
    able = replace(channel.capabilities, file_suffixes=frozenset({".pdf"}))
    monkeypatch.setattr(channel, "capabilities", able, raising=False)
    table = OutgoingFile(name="bang.xlsx", kind="broken", arguments={"name": "x"})
    replies = [(Target(contact_id=lane.contact), Reply(text="Bảng", file=table))]
    async with lane.database.write() as tx:
        rows = await tx.outbox.add(replies, at=NOW)
    lane.sender.deliver(lane.answer(rows))
    await lane.sender.drain()
    assert await lane.arrived() == ["Bảng\n\nbang.xlsx: ở máy tính"]
    assert await lane.waiting() == 0
