"""Weeks, hours, and when a lane must stop by itself."""

from datetime import UTC, datetime, time

import pytest

from outreach.campaigns.model import MOVES, CampaignState, Content, DeliveryState, Outcome
from outreach.campaigns.rules import Halts, HaltWatch, content_fingerprint, corrected_title, in_hours, week_start
from outreach.messaging import SendErrorKind
from outreach.pack import Span
from tests.outreach.campaigns.test_dispatch_failures import AT, claimed


def test_the_week_begins_on_monday_in_vietnam() -> None:
    monday = datetime(2026, 10, 11, 17, 0, tzinfo=UTC)  # 00:00 on 12/10 in Vietnam
    assert week_start(monday) == monday
    assert week_start(datetime(2026, 10, 18, 16, 59, tzinfo=UTC)) == monday
    assert week_start(datetime(2026, 10, 11, 16, 59, tzinfo=UTC)) == datetime(2026, 10, 4, 17, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("hour", "minute", "second", "may"),
    [(23, 59, 59, False), (0, 0, 0, True), (14, 59, 59, True), (15, 0, 0, False)],
)
def test_hours_are_0700_to_2159_in_vietnam(hour: int, minute: int, second: int, *, may: bool) -> None:
    span = Span(first=time(7), last=time(21, 59))
    assert in_hours(datetime(2026, 10, 12, hour, minute, second, tzinfo=UTC), span=span) is may


def test_the_halt_needs_ten_and_a_tenth_of_the_last_hundred() -> None:
    watch = HaltWatch(least=10, share=0.10)
    assert not any(watch.note(wrong=True) for _ in range(9))
    assert watch.note(wrong=True)

    spread = HaltWatch(least=10, share=0.10)
    assert not any(spread.note(wrong=number % 12 == 0) for number in range(500))  # at most nine in any hundred

    edge = HaltWatch(least=10, share=0.10)
    assert not any(edge.note(wrong=False) for _ in range(90))
    assert [edge.note(wrong=True) for _ in range(10)] == [False] * 9 + [True]


def _window(*errors: SendErrorKind | None, state: DeliveryState = DeliveryState.UNKNOWN) -> list[Outcome]:
    """What came of each: sent, or the error."""
    states = [state if error else DeliveryState.SENT for error in errors]
    return [Outcome(delivery=claimed(), state=end, at=AT, error=e) for e, end in zip(errors, states, strict=True)]


def test_lost_replies_halt_unless_they_are_few_or_went_with_a_line() -> None:
    lost, two_windows = SendErrorKind.UNKNOWN, 2 * [_window(*[SendErrorKind.UNKNOWN] * 64)]
    halts = Halts()
    assert not any(halts.look(window) for window in two_windows)
    assert halts.look(two_windows[0]) == "no_answer"

    halts = Halts()
    for window in [*two_windows, *[_window(*[None] * 64)] * 2] * 3:
        assert not halts.look(window), "a line that breaks now and then"

    halts = Halts()
    for number in range(2_000):
        assert not halts.look(_window(None if number % 6 else lost)), "one in six"

    halts, half = Halts(), _window(None, lost, None, lost)
    assert [halts.look(half) for _ in range(10)] == [""] * 9 + ["no_answer"]


def test_what_the_provider_refuses_in_the_end_is_no_answer() -> None:
    refused, halts = SendErrorKind.REFUSED, Halts()
    tried_again = _window(*[refused] * 40, state=DeliveryState.PENDING)
    failed = _window(*[refused] * 5, state=DeliveryState.FAILED)
    assert [halts.look([*tried_again, *failed]) for _ in range(4)] == ["", "", "", "no_answer"]


@pytest.mark.parametrize(("looked", "halts_at_once"), [("wrong_message", False), ("", True)])
def test_no_answer_tells_an_officer_nothing_of_the_message(looked: str, *, halts_at_once: bool) -> None:
    """Whoever has looked at it is not stopped once more at the next such person; whoever has not, is."""
    before = Halts().resumed(after=looked) if looked else Halts()
    wrong = _window(SendErrorKind.OUR_FAULT, state=DeliveryState.FAILED)
    assert bool(before.resumed(after="no_answer").look(wrong)) is halts_at_once


def test_the_same_words_are_the_same_message() -> None:
    plain = Content(title="Kế hoạch 136", paragraphs=("Mỗi năm 70%.",))
    spaced = Content(title="kế  hoạch 136", paragraphs=("Mỗi năm", "70%"), source="elsewhere")
    assert content_fingerprint(plain) == content_fingerprint(spaced)
    assert content_fingerprint(plain) != content_fingerprint(Content(title="Kế hoạch 137", paragraphs=plain.paragraphs))


def test_nothing_leads_out_of_cancelled_and_every_state_can_be_reached() -> None:
    assert all(CampaignState.CANCELLED not in sources for sources in MOVES.values())
    assert set(MOVES) | {CampaignState.DRAFT} == set(CampaignState)


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Lớp bồi dưỡng", "Đính chính: Lớp bồi dưỡng"),
        ("Đính chính: Lớp bồi dưỡng", "Đính chính: Lớp bồi dưỡng"),
        ("ĐÍNH CHÍNH - Lớp bồi dưỡng", "Đính chính: Lớp bồi dưỡng"),
        ("Đính chính: Đính chính: Lớp bồi dưỡng", "Đính chính: Lớp bồi dưỡng"),
        ("Đi\u0301nh chi\u0301nh lịch học", "Đính chính: lịch học"),
        ("Đính chínhx", "Đính chính: Đính chínhx"),
        ("Tin đính chính", "Đính chính: Tin đính chính"),
        ("ĐÍNH CHÍNH", "Đính chính: Lịch học"),
    ],
)
def test_a_correction_says_so_once(title: str, expected: str) -> None:
    assert corrected_title(title, word="Đính chính", otherwise="Đính chính: Lịch học") == expected
