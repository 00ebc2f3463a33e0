"""The progress counts whom the campaign is to reach, and says for whom it waits."""

import asyncio
from collections.abc import Awaitable, Callable

from outreach.contacts.model import Subscription
from outreach.messaging import ContactId
from outreach.officers import Officer
from tests.handlers.conftest import ON_EVERY_CHANNEL, Phone
from tests.handlers.send.conftest import Office

pytestmark = ON_EVERY_CHANNEL

Person = Callable[..., Awaitable[ContactId]]
MakeOfficer = Callable[..., Awaitable[Officer]]
Composed = Callable[[Officer], Awaitable[Phone]]


async def _ordered(office: Office, officer: MakeOfficer, person: Person, composed: Composed) -> Phone:
    """For 3 people; a fourth has stopped, a fifth takes a break from this topic."""
    for number in range(3):
        await person(external_id=str(700 + number))
    await person(external_id="703", subscription=Subscription.STOPPED)
    await person(external_id="704", muted_topics=tuple(topic.code for topic in office.pack.topics))
    phone = await composed(await officer())
    assert "Sẽ nhận: <b>3 người</b>" in phone.last.text
    await phone.taps("Gửi")
    return phone


def _is_told_the_end(phone: Phone, last: str, *, report: str) -> None:
    """The message that changed in place says so before the report; where none can, the report does alone."""
    assert report in phone.last.text
    assert (phone.inbox[-2].text == last) == phone.can.edits


async def test_who_is_left_out_is_not_in_the_progress(
    office: Office, officer: MakeOfficer, person: Person, composed: Composed
) -> None:
    phone = await _ordered(office, officer, person, composed)
    office.clock.advance(seconds=61)
    await office.tick()
    assert (await office.campaigns())[0].tally.skipped == 2, "or this test says nothing"
    assert phone.last.text == "Đang gửi: <b>0/3</b>"
    assert "ở 0/3. Còn 3 người" in (await phone.taps("Tạm dừng"))[0]
    await phone.taps("Tiếp tục")
    await office.dispatch()
    await office.tick()
    _is_told_the_end(phone, "Đã gửi xong: 3/3. Báo cáo ở ngay dưới.", report="Đã gửi: <b>3</b>")


async def test_a_cancelled_one_says_how_many_got_it(
    office: Office, officer: MakeOfficer, person: Person, composed: Composed
) -> None:
    phone = await _ordered(office, officer, person, composed)
    office.clock.advance(seconds=61)
    await office.tick()
    await phone.taps("Hủy phần còn lại")
    await phone.taps("Hủy phần còn lại")
    await office.tick()
    last = "Đã hủy phần còn lại: đã gửi cho 0 người. Báo cáo ở ngay dưới."
    _is_told_the_end(phone, last, report="<b>Đã hủy giữa chừng")


async def test_waiting_for_those_in_a_conversation_is_told(
    office: Office, officer: MakeOfficer, person: Person, composed: Composed
) -> None:
    phone = await _ordered(office, officer, person, composed)
    office.clock.advance(seconds=50)
    await office.stage.phone("700").says("hỏi cán bộ")
    office.clock.advance(seconds=11)
    await office.tick()
    dispatching = asyncio.create_task(office.dispatch())
    async with asyncio.timeout(10):
        while (await office.campaigns())[0].tally.sent < 2:
            await asyncio.sleep(0.01)
    await office.tick()
    told = "Đang gửi: <b>2/3</b> · 1 người đang trò chuyện dở, gửi sau"
    assert phone.last.text == (told if phone.can.edits else "Đang gửi: <b>0/3</b>"), (
        "elsewhere it is told when asked for"
    )
    assert await phone.says("tới đâu rồi") == [told]
    office.clock.advance(hours=2)
    await dispatching
    await office.tick()
    _is_told_the_end(phone, "Đã gửi xong: 3/3. Báo cáo ở ngay dưới.", report="Đã gửi: <b>3</b>")


async def test_until_it_starts_nobody_is_counted(
    office: Office, officer: MakeOfficer, person: Person, composed: Composed
) -> None:
    phone = await _ordered(office, officer, person, composed)
    [waiting] = await phone.says("tới đâu rồi")
    assert waiting.startswith("Chờ gửi lúc 10:01 ngày 12/10/2026.")
    assert "0 người" not in waiting
