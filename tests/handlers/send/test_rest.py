"""What went out to some: the same, or mended, for those who have not got it."""

from collections.abc import Awaitable, Callable

from outreach.messaging import ContactId, SendError, SendErrorKind
from outreach.officers import Officer
from tests.handlers.conftest import ON_EVERY_CHANNEL, Phone
from tests.handlers.send.conftest import PLAN, Office

pytestmark = ON_EVERY_CHANNEL

Person = Callable[..., Awaitable[ContactId]]
MakeOfficer = Callable[..., Awaitable[Officer]]
Composed = Callable[[Officer], Awaitable[Phone]]


async def test_after_a_halt_the_rest_gets_the_mended_words(
    office: Office, officer: MakeOfficer, person: Person, composed: Composed
) -> None:
    """As the halt says: cancel what is left, mend the words, send to those who have not got it."""
    for number in range(3):
        await person(external_id=str(700 + number))
    office.channel.answers = {
        "701": SendError(SendErrorKind.OUR_FAULT, "bad_request"),
        "702": SendError(SendErrorKind.NOT_NOW, "retry_after", retry_after=3600),
    }
    phone = await composed(await officer())
    await phone.taps("Gửi")
    await phone.says("menu")
    office.clock.advance(seconds=61)
    await office.tick()
    await office.deliver(1)
    await office.tick()
    assert "sửa tin rồi gửi cho người chưa nhận" in phone.last.text
    await phone.taps("Hủy phần còn lại")
    await phone.taps("Hủy phần còn lại")
    await office.tick()
    office.channel.answers.clear()

    listed = phone.labels.index("Gửi cho người chưa nhận") + 1
    [read] = await phone.says(str(listed))
    assert read.startswith("Đã đọc được: <b>Kế hoạch phát hiện")
    await phone.taps("Sửa nội dung")
    await phone.says(PLAN.replace("136", "163"))
    _, check = await phone.taps("Đúng, tiếp")
    assert "Gửi cho: người chưa nhận tin “Kế hoạch phát hiện" in check
    assert "Sẽ nhận: <b>2 người</b>" in check
    await phone.says("chiến dịch")
    await phone.says("1")
    await phone.taps("Gửi cho người chưa nhận")
    assert "163/KH-UBND" in phone.last.text, "pressed again: her draft, with her words"
    await phone.taps("Đúng, tiếp")
    await phone.taps("Gửi")
    assert [name for name, _ in office.channel.sent] == ["700"], "nothing leaves by itself"
    await office.send_out()
    assert [name for name, _ in office.channel.sent] == ["700", "701", "702"]
    assert "Gửi cho người chưa nhận" not in phone.labels
