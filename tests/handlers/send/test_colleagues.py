"""What one officer does about another's campaign: the one who composed it hears of it, the other one has a way to look."""

from collections.abc import Awaitable, Callable

import pytest

from outreach.messaging import ContactId, SendError, SendErrorKind
from outreach.officers import Officer, Role
from tests.handlers.conftest import ON_TELEGRAM, Phone
from tests.handlers.send.conftest import Office

pytestmark = ON_TELEGRAM

TITLE = "Tin “Kế hoạch phát hiện, bồi dưỡng, phát huy tài năng trẻ”"
BY = "bởi một quản trị khác"
Person = Callable[..., Awaitable[ContactId]]
MakeOfficer = Callable[..., Awaitable[Officer]]
Composed = Callable[[Officer], Awaitable[Phone]]


@pytest.fixture
async def phones(office: Office, officer: MakeOfficer, person: Person, composed: Composed) -> tuple[Phone, Phone]:
    """Of the one at whose last look the plan is, for three people, and of another administrator."""
    for number in range(3):
        await person(external_id=str(700 + number))
    hers, others = await officer(), await officer()
    return await composed(hers), await office.phone(others)


async def test_called_off_it_is_a_draft_of_hers_again(office: Office, phones: tuple[Phone, Phone]) -> None:
    hers, others = phones
    await hers.taps("Hẹn giờ")
    await hers.says("15h")
    [ordered] = await office.campaigns()
    await others.taps(f"gui:stop:{ordered.campaign_id}")
    assert others.labels == ["Kiểm tra lại rồi gửi", "Sửa nội dung"]
    assert hers.last.text == f"{TITLE} đã được dừng {BY}, <b>chưa ai nhận</b>. Nội dung vẫn còn nguyên trong bản nháp."
    assert hers.labels == ["Kiểm tra lại rồi gửi", "Sửa nội dung"]
    draft = (await office.campaigns())[0]
    assert (draft.state, draft.created_by) == ("draft", ordered.created_by)
    await hers.taps("Kiểm tra lại rồi gửi")
    await hers.taps("Hẹn giờ")
    await hers.says("16h")
    again = (await office.campaigns())[0]
    await others.taps(f"gui:later:{again.campaign_id}")
    assert hers.last.text == f"{TITLE}, <b>chưa ai nhận</b>: giờ hẹn cũ đã được bỏ {BY} để chọn giờ khác."
    await others.says("17h")
    assert hers.last.text == f"{TITLE} đã được đặt gửi lúc 17:00 ngày 12/10/2026 {BY}."
    assert hers.labels == ["Hẹn giờ khác", "Hủy hẹn giờ"]


async def test_each_step_under_way_is_told(office: Office, phones: tuple[Phone, Phone]) -> None:
    hers, others = phones
    number = (await office.campaigns())[0].campaign_id
    await hers.taps(f"gui:wave:{number}")
    await hers.taps("Gửi")
    office.clock.advance(seconds=61)
    await office.tick()
    plan = TITLE.removeprefix("Tin ")
    await others.taps(f"gui:openwave:{number}")
    assert hers.last.text == f"Phần còn lại của tin {plan} đã được cho gửi ngay sau đợt đầu {BY}."
    await others.taps(f"gui:status:{number}")
    assert others.labels == ["Tạm dừng", "Hủy phần còn lại", "Xem tiến độ"]
    await others.taps("Tạm dừng")
    assert hers.last.text == f"{TITLE} đã được tạm dừng {BY}."
    assert hers.labels == ["Tiếp tục", "Hủy phần còn lại"]
    await others.taps("Tiếp tục")
    assert hers.last.text == f"{TITLE} đã được cho gửi tiếp {BY}."
    [done] = await others.taps(f"gui:cancelyes:{number}")
    assert (done, others.labels) == ("Đã hủy: 3 người còn lại sẽ không nhận.", ["Xem báo cáo"])
    told = f"Phần còn lại của tin {plan} đã được hủy {BY}: 3 người sẽ không nhận. Báo cáo tới ngay."
    assert hers.last.text == told
    await office.tick()
    assert "Đã hủy giữa chừng" in hers.last.text


async def test_taken_back_by_another(office: Office, sent: Phone, officer: MakeOfficer) -> None:
    other = await office.phone(await officer(Role.EDITOR))
    [campaign] = await office.campaigns()
    [done] = await other.taps(f"gui:recallyes:{campaign.campaign_id}")
    assert (done, other.labels) == ("Đang thu hồi 3 tin.", ["Xem báo cáo"])
    assert sent.last.text == f"{TITLE} đang được thu hồi bởi biên tập tỉnh Lạng Sơn: 3 tin. Xong sẽ báo."


async def test_sent_again_or_left_by_another(office: Office, phones: tuple[Phone, Phone]) -> None:
    hers, others = phones
    office.channel.answers["700"] = SendError(SendErrorKind.UNKNOWN, "timeout")
    office.channel.answers["701"] = SendError(SendErrorKind.OUR_FAULT, "bad_request")
    await hers.taps("Gửi")
    await office.send_out()
    number = (await office.campaigns())[0].campaign_id
    assert await others.taps(f"gui:again:{number}") == ["Đang gửi lại cho 1 người."]
    assert hers.last.text == f"{TITLE} đang được gửi lại cho 1 người, theo lệnh của một quản trị khác. Xong sẽ báo."
    assert others.labels == ["Xem tiến độ"]
    await others.taps(f"gui:leave:{number}")
    assert hers.last.text == f"{TITLE}: một quản trị khác đã chọn để nguyên 1 người chưa rõ, không gửi lại cho họ."
    assert hers.labels == ["Xem báo cáo"]
