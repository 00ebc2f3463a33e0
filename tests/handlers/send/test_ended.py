"""A button that comes too late says how the campaign ended, and who has it."""

from collections.abc import Awaitable, Callable

import pytest

from outreach.messaging import ContactId, SendError, SendErrorKind
from outreach.officers import Officer
from tests.handlers.conftest import ON_EVERY_CHANNEL, Phone
from tests.handlers.send.conftest import Office, late, take_back

pytestmark = ON_EVERY_CHANNEL

Person = Callable[..., Awaitable[ContactId]]
MakeOfficer = Callable[..., Awaitable[Officer]]
Composed = Callable[[Officer], Awaitable[Phone]]


async def _cancels(phone: Phone) -> str:
    """What she is asked before."""
    await phone.says("tới đâu rồi")
    [asked] = await phone.taps("Hủy phần còn lại")
    assert phone.labels == ["Hủy phần còn lại", "Không, để gửi tiếp"]
    await phone.taps("Hủy phần còn lại")
    return asked


@pytest.mark.needs("buttons")
async def test_taken_back_on_another_phone(
    office: Office, officer: MakeOfficer, person: Person, composed: Composed
) -> None:
    await person(external_id="700")
    phone = await composed(await officer())
    go = next(b.payload for row in phone.last.buttons for b in row if b.label == "Gửi")
    await phone.taps("Gửi")
    stop = phone.last.buttons[0][0].payload
    await phone.taps(stop)
    for old in (stop, go):
        [said] = await phone.taps(old)
        assert said.startswith("Tin này đã dừng trước khi gửi, <b>chưa ai nhận</b>: Kế hoạch")
        assert phone.labels == ["Chiến dịch"]


async def test_cancelled_half_way(office: Office, officer: MakeOfficer, person: Person, composed: Composed) -> None:
    for number in range(2):
        await person(external_id=str(700 + number))
    office.channel.answers["701"] = SendError(SendErrorKind.NOT_NOW, "retry_after", retry_after=3600)
    phone = await composed(await officer())
    await phone.taps("Gửi")
    stop = phone.last.buttons[0][0].payload
    office.clock.advance(seconds=61)
    await office.tick()
    await office.deliver(1)
    asked = await _cancels(phone)
    kept = "hủy xong vẫn thu hồi được trong 48 giờ tới" if phone.can.recall_hours else "không thu lại được. Hủy"
    assert asked.startswith("Hủy thì 1 người còn lại sẽ không nhận tin này. Đã gửi cho 1 người")
    assert kept in asked
    [said] = await late(phone, stop)
    assert said.startswith("Tin này đã hủy giữa chừng lúc 10:01 ngày 12/10/2026, đã gửi cho 1 người: ")
    assert phone.labels == ["Xem báo cáo"]
    assert "Đã hủy giữa chừng" in (await phone.taps("Xem báo cáo"))[0]
    await office.tick()
    ways = ["Gửi cho người chưa nhận", "Theo xã", "File Excel", "Xem từng người", "Đính chính"]
    assert phone.labels == [*ways, *take_back(phone)]
    assert "<i>đã hủy</i> · 1/2 · " in (await phone.says("chiến dịch"))[0], "who got nothing by that was meant too"


async def test_cancelled_before_anybody_had_it(
    office: Office, officer: MakeOfficer, person: Person, composed: Composed
) -> None:
    await person(external_id="700")
    phone = await composed(await officer())
    await phone.taps("Gửi")
    office.clock.advance(seconds=61)
    await office.tick()
    await _cancels(phone)
    assert "chưa ai nhận: " in (await late(phone, "gui:stop:1"))[0]
    assert "hủy giữa chừng" in phone.last.text


@pytest.mark.needs("buttons")
async def test_sent_to_the_end(office: Office, officer: MakeOfficer, person: Person, composed: Composed) -> None:
    await person(external_id="700")
    phone = await composed(await officer())
    await phone.taps("Gửi")
    stop = phone.last.buttons[0][0].payload
    await office.send_out()
    assert "đã gửi xong lúc 10:01 ngày 12/10/2026 cho 1 người: " in (await late(phone, stop))[0]


async def test_nobody_is_in_the_middle_of_what_is_over(
    office: Office, officer: MakeOfficer, person: Person, composed: Composed
) -> None:
    await person(external_id="700")
    phone = await composed(await officer())
    await phone.taps("Gửi")
    await office.send_out()
    assert "Theo xã, phường" in (await phone.taps("Theo xã"))[0], (
        "the report is the last message and may be chosen from"
    )
    await phone.says("menu")
    assert "Tiếp tục" not in phone.labels
    office.clock.advance(days=2)
    assert "Chưa hiểu ý này" in (await phone.says("tới đâu rồi"))[0]


async def test_how_it_ended_leaves_nothing_open(
    office: Office, officer: MakeOfficer, person: Person, composed: Composed
) -> None:
    """She asks before she is told: that answer is the last of the watching as well."""
    await person(external_id="700")
    phone = await composed(await officer())
    await phone.taps("Gửi")
    office.clock.advance(seconds=61)
    await office.tick()
    await _cancels(phone)
    await phone.says("tới đâu rồi")
    assert phone.labels == ["Xem báo cáo"]
    await phone.says("menu")
    assert "Tiếp tục" not in phone.labels
