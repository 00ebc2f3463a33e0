"""The words of an alarm: whose account, by when, why, and what to do."""

import pytest

from handlers.turn import World
from handlers.upkeep import alarm
from outreach.upkeep import Ailment, Complaint
from tests.conftest import NOW
from tests.handlers.conftest import ON_EVERY_CHANNEL

pytestmark = ON_EVERY_CHANNEL


@pytest.mark.parametrize("ailment", Ailment)
def test_every_ailment_names_the_account_and_what_to_do(world: World, ailment: Ailment) -> None:
    complaint = Complaint(ailment=ailment, days=13, code="oa_disabled", at=NOW)
    text = alarm(complaint, world=world, name="@LoaTreBot").text
    assert "@LoaTreBot" in text
    assert "loatre" in text or "OA Manager" in text


def test_a_reason_that_has_words_is_told_in_them(world: World) -> None:
    known = Complaint(ailment=Ailment.REFUSED, code="cannot_recall")
    assert "không thu hồi được" in alarm(known, world=world, name="@LoaTreBot").text
