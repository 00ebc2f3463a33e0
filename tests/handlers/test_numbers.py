"""Whatever is listed can be chosen by its number: what comes then is what the button itself brings."""

import random
import re
from collections.abc import Awaitable, Callable

import pytest

from outreach.messaging import Button, ContactId, IncomingKind
from outreach.officers import Officer, Role
from tests.handlers.conftest import ON_EVERY_CHANNEL, Phone, Stage
from tests.handlers.nominations.conftest import begins, fills, submits
from tests.handlers.send.conftest import PLAN

pytestmark = ON_EVERY_CHANNEL

Begin = Callable[[Phone], Awaitable[object]]
THROWS = 3
WORDS = ("2009", "xã Bắc Sơn", "Nông Thị Hoa", "0912 345 678", "tin", "của tôi", "đề cử", "gửi tin", "báo cáo")
# Of two people who do the same the numbers of things differ, and the codes that are drawn.
OWN = re.compile(r"<code>\w+</code>|\b[a-z]{2}_\w+|\d+")


async def looks_at_herself(phone: Phone) -> None:
    await phone.says("của tôi")


async def has_nominated(phone: Phone) -> None:
    await submits(phone)
    await phone.says("hồ sơ")


async def begins_to_send(phone: Phone) -> None:
    await phone.says("gửi tin")


async def looks_once_more(phone: Phone) -> None:
    await phone.says("gửi tin")
    await phone.says(PLAN)
    await phone.taps("Đúng, tiếp")
    await phone.taps("Tất cả")


def choices(phone: Phone) -> list[Button]:
    """Those of the last message."""
    return [button for row in phone.last.buttons for button in row if button.payload]


async def after(phone: Phone, doing: Awaitable[object]) -> list[tuple[str, list[str]]]:
    """What came, with the labels under it."""
    before = len(phone.inbox)
    await doing
    came = phone.inbox[before:]
    return [
        (OWN.sub("0", reply.text), [OWN.sub("0", one.label) for row in reply.buttons for one in row]) for reply in came
    ]


async def walk_together(stage: Stage, pressing: Phone, typing: Phone, *, throw: int) -> None:
    dice = random.Random(throw)  # noqa: S311  (a test's dice)
    for _ in range(12):
        stage.router.clock.advance(seconds=5)  # type: ignore[attr-defined]  # so that nothing is the rest of a cut text
        shown, listed = choices(pressing), choices(typing)
        if not shown or dice.random() < 0.15:
            word = dice.choice(WORDS)
            assert await after(pressing, pressing.says(word)) == await after(typing, typing.says(word))
            continue
        place = dice.randrange(len(shown))
        if shown[place].label == "Phát":
            continue  # there is one article at a time, and they are two
        number = listed[place].label if any(one.label.isdecimal() for one in listed) else str(place + 1)
        pressed = await after(pressing, pressing._does(IncomingKind.BUTTON, payload=shown[place].payload))
        typed = await after(typing, typing.says(number))
        assert typed == pressed, (number, shown[place].label)
        assert not [text for text, _ in typed if "chưa hiểu" in text], (number, shown[place].label)


@pytest.mark.parametrize("begin", [looks_at_herself, begins, fills, has_nominated], ids=lambda begin: begin.__name__)
async def test_a_person_reaches_by_number_what_she_reaches_by_button(
    stage: Stage, person: Callable[..., Awaitable[ContactId]], begin: Begin
) -> None:
    for throw in range(THROWS):
        pair = [stage.phone(f"9{throw}{side}") for side in (0, 1)]
        for phone in pair:
            await person(unit="06325", external_id=phone.address.external_id)
            await begin(phone)
        await walk_together(stage, *pair, throw=throw)


@pytest.mark.parametrize("begin", [begins_to_send, looks_once_more], ids=lambda begin: begin.__name__)
async def test_so_does_an_officer_who_sends(
    stage: Stage, officer: Callable[..., Awaitable[Officer]], begin: Begin
) -> None:
    for throw in range(THROWS):
        pair = [stage.phone(f"9{throw}{side}") for side in (0, 1)]
        for phone in pair:
            await officer(Role.ADMIN, external_id=phone.address.external_id)
            await begin(phone)
        await walk_together(stage, *pair, throw=throw)
