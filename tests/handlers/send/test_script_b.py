"""An officer sends, from the paste to the report, by taps and by typed numbers."""

from collections.abc import Awaitable, Callable

import pytest

from outreach.campaigns.model import AudienceKind, CampaignState
from outreach.messaging import ChannelName, ContactId, SendError, SendErrorKind
from outreach.news.model import NewsState
from outreach.officers import Officer, Role
from tests.handlers.conftest import ON_EVERY_CHANNEL, Phone
from tests.handlers.send.conftest import PLAN, Office, flashed, take_back

pytestmark = ON_EVERY_CHANNEL

Person = Callable[..., Awaitable[ContactId]]
MakeOfficer = Callable[..., Awaitable[Officer]]


async def test_the_whole_way_by_taps(office: Office, officer: MakeOfficer, person: Person) -> None:
    for number in range(5):
        await person(unit="06325", external_id=str(700 + number))
    office.channel.answers["703"] = SendError(SendErrorKind.GONE, "blocked")
    phone = await office.phone(await officer())

    [begin] = await phone.says("gửi tin")
    assert "dán nội dung" in begin.casefold()
    [read] = await phone.says(PLAN)
    assert "<b>Kế hoạch phát hiện, bồi dưỡng, phát huy tài năng trẻ</b> · Số 136/KH-UBND, ngày 10/06/2024" in read
    assert "<b>TÍNH</b> vào chỉ tiêu 70%" in read
    to_all = ["Phát chung trên Zalo OA"] * (phone.channel == ChannelName.ZALO_OA)
    assert phone.labels == [
        "Đúng, tiếp",
        "Không tính",
        "Đổi chủ đề",
        "Sửa nội dung",
        "Quay lại",
        *to_all,
        "Thêm ảnh, file, liên kết, câu hỏi",
    ]
    [whom] = await phone.taps("Đúng, tiếp")
    assert whom == "Gửi cho ai?"
    preview, check = await phone.taps("Tất cả")
    assert preview.startswith("<b>Kế hoạch phát hiện")
    assert "Sẽ nhận: <b>5 người</b>" in check
    assert "Lần đầu được thông tin trong kỳ: 5" in check
    assert "xong lúc 10:01" in check
    assert phone.labels == ["Gửi thử cho tôi", "Gửi", "Hẹn giờ", "Tùy chọn", "Lưu nháp", "Quay lại"]
    [ordered] = await phone.taps("Gửi")
    assert "Còn 60 giây để đổi ý" in ordered
    assert phone.labels == ["Dừng lại"]
    await office.tick()
    assert not office.channel.sent
    await office.send_out()

    assert sorted(external_id for external_id, _ in office.channel.sent) == ["700", "701", "702", "704"]
    done, report = phone.inbox[-2:]
    assert ("Đã gửi xong: 4/5" in done.text) == phone.can.edits, "elsewhere the report alone says so"
    assert bool(done.buttons) != phone.can.edits
    assert "<b>Đã gửi xong lúc 10:01 ngày 12/10/2026</b>" in report.text
    assert "Đã gửi: <b>4</b>" in report.text
    assert "Vừa chặn trợ lý: 1 (không cần làm gì)" in report.text
    assert "Lần đầu trong kỳ: 4" in report.text
    assert "không tính được" in report.text
    assert phone.labels == ["Theo xã", "File Excel", "Xem từng người", "Đính chính", *take_back(phone)]
    [campaign] = await office.campaigns()
    assert campaign.state == CampaignState.FINISHED
    async with office.database.read() as tx:
        [item] = await tx.news.latest()
    assert (item.state, item.counts) == (NewsState.PUBLISHED, True)


async def test_the_whole_way_by_typed_numbers_and_words(office: Office, officer: MakeOfficer, person: Person) -> None:
    await person(unit="06325", external_id="700")
    phone = await office.phone(await officer())
    await phone.says("gui tin")
    assert "Dòng đầu là tiêu đề" in (await phone.says("1"))[0]  # nothing saved yet, so the first button is [Tin mới]
    await phone.says(PLAN)
    assert "<b>không tính</b>" in (await phone.says("không tính"))[0]
    assert "<b>TÍNH</b>" in (await phone.says("2"))[0]
    await phone.says("dung, tiep")
    assert "Đơn vị nào?" in (await phone.says("2"))[0]
    chosen = await phone.says("xã Bắc Sơn, phường Tam Thanh")
    assert "Đã chọn 2: xã Bắc Sơn, phường Tam Thanh" in chosen[0]
    assert "<b>1 người</b>" in chosen[0]
    check = (await phone.says("1"))[1]
    assert "Gửi cho: xã Bắc Sơn, phường Tam Thanh" in check
    assert "Đã nhận lệnh" in (await phone.says("gửi"))[0]
    [campaign] = await office.campaigns()
    assert campaign.audience.kind == AudienceKind.UNITS
    await office.send_out()
    assert [external_id for external_id, _ in office.channel.sent] == ["700"]


async def test_only_who_may_send_hears_of_it(office: Office, officer: MakeOfficer, person: Person) -> None:
    await person(external_id="700")
    anybody = office.stage.phone("700")
    assert "Chưa hiểu" in (await anybody.says("gửi tin"))[0] or "chưa hiểu" in (await anybody.says("gửi tin"))[0]
    reviewer = await office.phone(await officer(Role.REVIEWER))
    assert "cán bộ có vai trò phù hợp" in (await reviewer.says("gửi tin"))[0]
    assert not await office.campaigns()


@pytest.mark.needs("buttons")
async def test_nobody_else_sends_by_a_made_up_button(office: Office, person: Person) -> None:
    await person(external_id="700")
    assert "cũ" in (await office.stage.phone("700").taps("gui:go:1"))[0]


async def test_a_phone_that_waits_shows_the_progress(
    office: Office, officer: MakeOfficer, person: Person, composed: Callable[[Officer], Awaitable[Phone]]
) -> None:
    for number in range(3):
        await person(external_id=str(700 + number))
    phone = await composed(await officer())
    await phone.taps("Gửi")
    office.clock.advance(seconds=61)
    await office.tick()
    assert phone.last.text == "Đang gửi: <b>0/3</b>"
    assert phone.last.slot == "campaign:1"
    assert phone.labels == ["Tạm dừng", "Hủy phần còn lại"]
    assert "Đang tạm dừng" in (await phone.taps("Tạm dừng"))[0]
    await office.tick()
    await office.dispatch()
    assert not office.channel.sent
    assert flashed(phone, "Đã tạm dừng")
    assert "Đang gửi" in (await phone.says("tiep tuc"))[0]
    await office.dispatch()
    await office.tick()
    assert len(office.channel.sent) == 3
    assert "Đã gửi: <b>3</b>" in phone.last.text
    told = len(phone.inbox)
    await office.tick()
    await office.tick()
    assert len(phone.inbox) == told
