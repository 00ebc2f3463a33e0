"""The clock and an article: made, handed over once, in the platform's hours, and asked about where nobody knows."""

from datetime import UTC, datetime, timedelta

import pytest

from outreach.broadcasts.drive import within_hours
from outreach.broadcasts.model import Broadcast, BroadcastState
from outreach.broadcasts.order import cancel_broadcast, leave_broadcast, repeat_broadcast
from outreach.errors import PermissionDeniedError
from outreach.messaging import SendError, SendErrorKind
from outreach.officers import Officer
from tests.outreach.broadcasts.conftest import NOON, Printers


async def test_it_is_made_then_handed_over_once_and_told(printers: Printers, ordered: Broadcast) -> None:
    printers.publisher.answers["verify"] = [None]
    await printers.beat(3)
    assert printers.publisher.calls == ["create", "verify", "verify"]
    assert (await printers.get(ordered)).state == BroadcastState.READY
    printers.clock.advance(seconds=61)
    await printers.beat(3)
    assert printers.publisher.asked[3:] == [("broadcast", "article-1"), ("followers", None)]
    done = await printers.get(ordered)
    assert (done.state, done.message_ref, done.platform_count) == (BroadcastState.SENT, "message-1", 1234)
    assert done.sent_at == printers.clock()
    assert printers.told == ["sent:"]


async def test_within_the_minute_the_officer_may_change_her_mind(
    printers: Printers, ordered: Broadcast, editor: Officer
) -> None:
    await printers.beat(3)
    async with printers.database.write() as tx:
        await cancel_broadcast(editor, tx=tx, broadcast_id=ordered.broadcast_id, at=printers.clock())
    printers.clock.advance(seconds=61)
    await printers.beat(2)
    assert "broadcast" not in printers.publisher.calls
    assert (await printers.get(ordered)).state == BroadcastState.CANCELLED


async def test_at_night_it_waits_for_the_morning(printers: Printers, ordered: Broadcast) -> None:
    await printers.beat(2)
    printers.clock.now = NOON + timedelta(hours=10)  # 22:00
    await printers.beat()
    assert (await printers.get(ordered)).state == BroadcastState.READY
    printers.clock.now = NOON + timedelta(hours=18)  # 6:00
    await printers.beat()
    assert (await printers.get(ordered)).state == BroadcastState.SENT


@pytest.mark.parametrize(
    ("hour", "minute", "inside"), [(5, 59, False), (6, 0, True), (21, 59, True), (22, 0, False), (0, 0, False)]
)
def test_the_platform_s_hours_are_those_of_vietnam(hour: int, minute: int, *, inside: bool) -> None:
    moment = datetime(2026, 10, 6, hour, minute, 59, tzinfo=UTC) - timedelta(hours=7)
    assert within_hours(moment) == inside


async def test_found_being_handed_over_nobody_knows_and_it_is_not_repeated(
    printers: Printers, ordered: Broadcast
) -> None:
    """The process died between the mark and the answer."""
    await printers.beat(2)
    async with printers.database.write() as tx:
        await tx.broadcasts.move(ordered.broadcast_id, state=BroadcastState.SENDING, at=printers.clock())
    printers.clock.advance(seconds=61)
    await printers.beat(3)
    assert "broadcast" not in printers.publisher.calls
    assert printers.told == ["sending:unknown"]
    assert (await printers.get(ordered)).is_unknown


async def test_a_lost_answer_is_asked_about_and_may_be_repeated(
    printers: Printers, ordered: Broadcast, editor: Officer
) -> None:
    await _lost(printers)
    assert printers.told == ["sending:unknown"]
    async with printers.database.write() as tx:
        await repeat_broadcast(editor, tx=tx, broadcast_id=ordered.broadcast_id, at=printers.clock())
    printers.clock.advance(seconds=61)
    await printers.beat()
    assert printers.publisher.calls.count("broadcast") == 2
    assert (await printers.get(ordered)).state == BroadcastState.SENT


async def test_or_be_taken_for_sent(printers: Printers, ordered: Broadcast, editor: Officer) -> None:
    await _lost(printers)
    async with printers.database.write() as tx:
        await leave_broadcast(editor, tx=tx, broadcast_id=ordered.broadcast_id, at=printers.clock())
    await printers.beat(2)
    left = await printers.get(ordered)
    assert (left.state, left.reason, left.message_ref) == (BroadcastState.SENT, "assumed", "")
    assert printers.publisher.calls.count("broadcast") == 1


async def _lost(printers: Printers) -> None:
    printers.fails("broadcast", SendError(SendErrorKind.UNKNOWN, "timeout"))
    await printers.beat(2)
    printers.clock.advance(seconds=61)
    await printers.beat(3)


@pytest.mark.parametrize("kind", [SendErrorKind.NOT_NOW, SendErrorKind.REFUSED, SendErrorKind.NEVER_LEFT])
async def test_what_did_not_go_is_tried_again_for_a_day(
    printers: Printers, ordered: Broadcast, kind: SendErrorKind
) -> None:
    printers.publisher.answers["broadcast"] = [SendError(kind, "busy"), SendError(kind, "busy")]
    await printers.beat(2)
    printers.clock.advance(seconds=61)
    await printers.beat()
    assert (await printers.get(ordered)).state == BroadcastState.READY
    assert printers.told == []
    printers.clock.now = NOON + timedelta(hours=24)
    await printers.beat()
    assert printers.told == ["failed:busy"]


@pytest.mark.parametrize("call", ["create", "verify", "broadcast"])
@pytest.mark.parametrize("kind", [SendErrorKind.EXHAUSTED, SendErrorKind.OUR_FAULT, SendErrorKind.REVOKED])
async def test_a_clear_no_ends_it_with_the_reason(
    printers: Printers, ordered: Broadcast, call: str, kind: SendErrorKind
) -> None:
    printers.fails(call, SendError(kind, "quota_used"))
    await printers.beat(2)
    printers.clock.advance(seconds=61)
    await printers.beat(2)
    assert printers.told == ["failed:quota_used"]
    assert (await printers.get(ordered)).state == BroadcastState.FAILED
    assert printers.publisher.calls.count(call) == 1


async def test_one_that_was_perhaps_made_is_not_made_again_and_again(printers: Printers, ordered: Broadcast) -> None:
    printers.fails("create", SendError(SendErrorKind.UNKNOWN, "timeout"))
    await printers.beat(3)
    assert printers.publisher.calls == ["create"]
    assert printers.told == ["failed:article_unknown"]


async def test_asking_after_it_may_fail(printers: Printers, ordered: Broadcast) -> None:
    printers.fails("verify", SendError(SendErrorKind.UNKNOWN, "timeout"))
    await printers.beat(3)
    assert printers.publisher.calls == ["create", "verify", "verify"]
    assert (await printers.get(ordered)).state == BroadcastState.READY


async def test_an_article_that_is_never_made_is_not_waited_for_longer_than_a_day(
    printers: Printers, ordered: Broadcast
) -> None:
    printers.publisher.answers["verify"] = [None, None, None]
    await printers.beat(2)
    printers.clock.advance(hours=24)
    await printers.beat()
    assert printers.told == ["failed:article_slow"]
    assert (await printers.get(ordered)).state == BroadcastState.FAILED


async def test_the_platform_s_figure_is_a_courtesy(printers: Printers, ordered: Broadcast) -> None:
    printers.fails("followers", SendError(SendErrorKind.UNKNOWN, "timeout"))
    await printers.beat(2)
    printers.clock.advance(seconds=61)
    await printers.beat(2)
    done = await printers.get(ordered)
    assert (done.state, done.platform_count) == (BroadcastState.SENT, None)


async def test_only_the_clock_drives(printers: Printers, editor: Officer) -> None:
    from outreach.broadcasts.drive import drive_broadcasts  # noqa: PLC0415  (only here)

    with pytest.raises(PermissionDeniedError):
        await drive_broadcasts(editor, press=None)  # type: ignore[arg-type]  # it is not looked at
    assert printers.publisher.asked == []
