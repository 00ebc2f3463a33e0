"""Never a dead end: whatever somebody taps or types while joining, there is a next step, and nothing breaks."""

import random
import re

import hypothesis
import pytest
from hypothesis import strategies as st

from outreach.messaging import Reply
from tests.handlers.conftest import ON_EVERY_CHANNEL, Phone, Stage

WORDS = (
    *("1", "2", "3", "12", "15", "17", "2008", "2014", "1990", "2k9", "0912345678", "quay lại", "dung", "dừng", "đúng"),
    *(
        "rồi",
        "chưa",
        "bac son",
        "cao loc",
        "xã Na Sầm",
        "hà nội",
        "nơi khác",
        "abc",
        "tìm giải",
        "tin",
        "của tôi",
        "hỏi",
    ),
    *(
        "/start",
        "/help",
        "/dung",
        "/khonghieu",
        "stop",
        "👍",
        "?",
        " ",
        "x" * 5000,
        "<b>",
        "{{ x }}",
        "Đúng",
        "join:year:2008",
    ),
)
PRESS = re.compile(r"\b[Bb]ấm\b|\bnút\b")
Move = tuple[str, int]
KINDS = ("tap", "tap", "tap", "say", "say", "start", "sticker", "photo", "wait", "old")


def leads_on(reply: Reply) -> bool:
    """Buttons, a keyboard, or words that say what to press or type next."""
    told = any(word in reply.text for word in ("/start", "/help", "gõ", "Gõ", "chọn", "Chọn"))
    return bool(reply.buttons or reply.keyboard or told)


async def moves_on(phone: Phone, move: Move, old: list[str]) -> None:
    kind, number = move
    payloads = [b.payload for row in phone.last.buttons for b in row if b.payload] if phone.inbox else []
    old += payloads
    match kind:
        case "tap" if payloads and not phone.can.buttons:
            await phone.says(str(number % len(payloads) + 1))
        case "tap" if payloads:
            await phone.taps(payloads[number % len(payloads)])
        case "old" if old and phone.can.buttons:
            await phone.taps(old[number % len(old)])
        case "start":
            await phone.opens(("", "src_06325", "src_x", "zz_1")[number % 4])
        case "sticker":
            await phone.sends_sticker()
        case "photo":
            await phone.sends_photo()
        case _:
            await phone.says(WORDS[number % len(WORDS)])


async def walk(stage: Stage, phone: Phone, moves: list[Move], old: list[str]) -> None:
    await phone.opens("src_06325" if moves and moves[0][1] % 2 else "")
    for kind, number in moves:
        stage.router.clock.advance(seconds=5)  # type: ignore[attr-defined]  # so that nothing is the rest of a cut text
        if kind == "wait":
            stage.router.clock.advance(hours=number % 30)  # type: ignore[attr-defined]  # the tests' clock
            continue
        before, toasts = len(phone.inbox), len(phone.toasts)
        await moves_on(phone, (kind, number), old)
        answered = phone.inbox[before:]
        assert answered or any(phone.toasts[toasts:]), (kind, number)
        assert not any("trục trặc" in reply.text for reply in answered), "a handler raised"
        if not phone.can.buttons:
            assert not [text for text in map(phone.shown, answered) if PRESS.search(text)], "nothing to press"
        if answered:
            assert leads_on(answered[-1]), (kind, number, answered[-1].text)


MOVES = st.lists(
    st.tuples(
        st.sampled_from(KINDS),
        st.integers(0, 10_000),
    ),
    min_size=1,
    max_size=25,
)


@ON_EVERY_CHANNEL
@hypothesis.settings(max_examples=60)
@hypothesis.given(moves=MOVES)
async def test_a_walk_over_the_join_never_ends_in_a_dead_end(stage: Stage, moves: list[Move]) -> None:
    phone = stage.phone(f"9{len(stage.phones)}")
    await walk(stage, phone, moves, [])


@ON_EVERY_CHANNEL
@pytest.mark.parametrize("throw", range(6))
async def test_long_walks_of_two_people_who_share_old_buttons(stage: Stage, throw: int) -> None:
    """Buttons forwarded or kept from another person's chat lead somewhere too."""
    dice = random.Random(throw)  # noqa: S311  (a test's dice)
    old: list[str] = []
    kinds = ("tap", "tap", "say", "old", "start", "wait")
    for person in range(2):
        moves = [(dice.choice(kinds), dice.randrange(10_000)) for _ in range(60)]
        await walk(stage, stage.phone(f"8{person}"), moves, old)
