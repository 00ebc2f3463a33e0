"""A large campaign waits for a second officer: both phones, from the order to the word."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.jobs import press_approvers
from outreach.campaigns.model import CampaignState, CheckQuestion, Link
from outreach.messaging import AttachmentKind, ContactId, Media, MediaId
from outreach.officers import Officer, Role
from storage import tables as t
from tests.handlers.conftest import ON_EVERY_CHANNEL, ON_TELEGRAM, Phone
from tests.handlers.send.conftest import PLAN, Office

Person = Callable[..., Awaitable[ContactId]]
MakeOfficer = Callable[..., Awaitable[Officer]]
Composed = Callable[[Officer], Awaitable[Phone]]

BAC_SON, DONG_KINH = "06325", "05977"
TITLE = "Kế hoạch phát hiện, bồi dưỡng, phát huy tài năng trẻ"


@pytest.fixture
async def crowd(office: Office, person: Person) -> None:
    """Three people, where more than two need a second officer."""
    for number, unit in enumerate((BAC_SON, BAC_SON, DONG_KINH)):
        await person(unit=unit, external_id=str(700 + number))
    world = office.stage.router.world
    sending = replace(world.pack.sending, approval_above=2)
    office.pack = replace(world.pack, sending=sending)
    office.stage.router.world = replace(world, pack=office.pack)


async def _clock(office: Office) -> None:
    for row in await press_approvers(office.database, world=office.stage.router.world, now=office.clock()):
        office.stage.phone(row.address.external_id).inbox.append(row.reply)


async def _state(office: Office) -> CampaignState:
    return (await office.campaigns())[0].state


@pytest.mark.usefixtures("crowd")
async def test_a_unit_is_named_once(office: Office, officer: MakeOfficer, composed: Composed) -> None:
    async with office.database.write() as tx:
        bac_son = office.stage.router.world.units.id_of(BAC_SON)
        await tx.connection.execute(t.contact.update().values(unit_id=bac_son))
    sender, other = await officer(Role.EDITOR), await officer()
    phone, theirs = await composed(sender), await office.phone(other)
    await phone.taps("Gửi")
    assert "Ví dụ 2, 3 (xã Bắc Sơn): nhận" in (await theirs.taps("Xem để duyệt"))[0]


@ON_EVERY_CHANNEL
@pytest.mark.usefixtures("crowd")
async def test_asked_looked_at_and_approved(office: Office, officer: MakeOfficer, composed: Composed) -> None:
    sender, other = await officer(Role.EDITOR), await officer()
    phone, theirs = await composed(sender), await office.phone(other)
    [waiting] = await phone.taps("Gửi")
    assert f"Tin “{TITLE}” gửi cho 3 người đang <b>chờ duyệt</b>" in waiting
    assert "Đã hỏi quản trị tỉnh Lạng Sơn lúc 10:00 ngày 12/10/2026" in waiting
    assert "Duyệt xong thì gửi ngay." in waiting
    assert phone.labels == ["Xem", "Rút lại"]
    [notice] = theirs.news()
    assert f"Cần duyệt tin “{TITLE}”: biên tập tỉnh Lạng Sơn muốn gửi cho 3 người." in notice
    [screen] = await theirs.taps("Xem để duyệt")
    assert "Gửi cho: tất cả" in screen
    assert "Sẽ nhận: <b>3 người</b>\n" in screen
    assert "Bắt đầu: ngay khi duyệt · xong khoảng 10:01 ngày 12/10/2026" in screen
    assert "<b>Ví dụ 1, người ở xã Bắc Sơn</b> sẽ nhận:" in screen
    assert "Mỗi năm có ít nhất 70% thanh niên" in screen
    assert "Ví dụ 2, 3 (phường Đông Kinh, xã Bắc Sơn): nhận đúng như vậy." in screen
    assert "đây là bản đầu tiên" in screen
    assert theirs.labels == ["Duyệt, gửi", "Trả lại"]
    assert await _state(office) == CampaignState.DRAFT
    [done] = await theirs.says("1")
    assert "Đã duyệt. Bắt đầu gửi lúc 10:01 ngày 12/10/2026" in done
    assert "Đã duyệt bởi quản trị tỉnh Lạng Sơn" in phone.last.text
    assert "Đã nhận lệnh gửi cho 3 người" in phone.last.text
    assert phone.labels == ["Dừng lại"]
    await office.send_out()
    assert len(office.channel.sent) == 3


@ON_TELEGRAM
@pytest.mark.usefixtures("crowd")
async def test_a_digest_that_went_meanwhile_is_not_promised(
    office: Office, officer: MakeOfficer, composed: Composed
) -> None:
    """Asked on Monday at 10:00 for that of 18:30, approved half an hour after it."""
    sender, other = await officer(Role.EDITOR), await officer()
    phone, theirs = await composed(sender), await office.phone(other)
    await phone.taps("Hẹn giờ")
    stands = "Tin nằm trong bản tin tuần 18:30 thứ Hai {}/10/2026"
    assert stands.format(12) + ", nếu được duyệt" in (await phone.taps("Đưa vào bản tin thứ Hai 12/10/2026"))[0]
    [notice] = theirs.news()
    assert "gửi cho 3 người trong bản tin tuần lúc 18:30 ngày 12/10/2026." in notice
    [screen] = await theirs.taps("Xem để duyệt")
    assert stands.format(12) + ", không gửi riêng." in screen
    assert "Bắt đầu" not in screen
    office.clock.now = datetime(2026, 10, 12, 12, 0, tzinfo=UTC)
    [screen] = await theirs.taps("Xem để duyệt")
    assert stands.format(19) in screen
    [done] = await theirs.taps("Duyệt, gửi")
    assert f"Đã duyệt. {stands.format(19)}: {TITLE}" in done
    assert "lúc 18:30 ngày 19/10/2026, khoảng 3 người nhận" in phone.last.text
    [campaign] = await office.campaigns()
    assert campaign.not_before == datetime(2026, 10, 19, 11, 30, tzinfo=UTC)


@ON_EVERY_CHANNEL
@pytest.mark.usefixtures("crowd")
async def test_sent_back_with_a_reason_mended_and_seen_again(
    office: Office, officer: MakeOfficer, composed: Composed
) -> None:
    sender, other = await officer(Role.EDITOR), await officer()
    phone, theirs = await composed(sender), await office.phone(other)
    await phone.taps("Gửi")
    await theirs.taps("Xem để duyệt")
    await theirs.taps("Trả lại")
    assert theirs.labels == ["Trả lại, không nêu lý do", "Quay lại"]
    office.clock.advance(minutes=5)
    assert "Đã trả lại, chưa gửi cho ai" in (await theirs.says("Sai số <văn bản>"))[0]
    assert "bị trả lại bởi quản trị tỉnh Lạng Sơn" in phone.last.text
    assert "Lý do: Sai số &lt;văn bản&gt;" in phone.last.text
    assert phone.labels == ["Sửa nội dung", "Kiểm tra lại rồi gửi"]
    await phone.taps("Sửa nội dung")
    await phone.says(PLAN.replace("70%", "75%"))
    await phone.taps("Đúng, tiếp")
    await phone.taps("Tất cả")
    office.clock.advance(minutes=5)
    await phone.taps("Gửi")
    [screen] = await theirs.taps("Xem để duyệt")
    assert "<b>So với bản trước:</b>\n− Mỗi năm có ít nhất <s>70%</s> thanh niên" in screen
    assert "+ Mỗi năm có ít nhất <b>75%</b> thanh niên" in screen
    await theirs.taps("Trả lại")
    await theirs.taps("Quay lại")
    await theirs.taps("Duyệt, gửi")
    assert await _state(office) != CampaignState.DRAFT


@ON_EVERY_CHANNEL
@pytest.mark.usefixtures("crowd")
async def test_taken_back(office: Office, officer: MakeOfficer, composed: Composed) -> None:
    phone, theirs = await composed(await officer(Role.EDITOR)), await office.phone(await officer())
    await phone.taps("Gửi")
    [screen] = await phone.taps("Xem")
    assert "Duyệt tin trước khi gửi" in screen
    assert phone.labels == ["Rút lại"]
    assert "Đã rút lại" in (await phone.taps("Rút lại"))[0]
    assert phone.labels == ["Sửa nội dung", "Kiểm tra lại rồi gửi"]
    assert "không cần duyệt nữa" in theirs.last.text
    assert "Lần xin duyệt này không còn" in (await theirs.taps("Xem để duyệt"))[0]
    assert len(await phone.taps("Kiểm tra lại rồi gửi")) == 2
    await phone.taps("Gửi")
    await theirs.taps("Xem để duyệt")
    await theirs.taps("Duyệt, gửi")
    assert await _state(office) != CampaignState.DRAFT


@ON_EVERY_CHANNEL
@pytest.mark.usefixtures("crowd")
async def test_an_administrator_sends_alone(office: Office, officer: MakeOfficer, composed: Composed) -> None:
    phone, theirs = await composed(await officer()), await office.phone(await officer(Role.EDITOR))
    await phone.taps("Gửi")
    assert phone.labels == ["Xem", "Rút lại", "Gửi một mình"]
    assert "ít nhất 10 ký tự" in (await phone.taps("Gửi một mình"))[0]
    assert "Chưa gửi cho ai" in (await phone.says("bão"))[0]
    assert await _state(office) == CampaignState.DRAFT
    [sent] = await phone.says("Bão số 5 sắp vào tỉnh")
    assert "Đã ghi lý do.\n\nĐã nhận lệnh gửi cho 3 người" in sent
    assert "mà không chờ duyệt. Lý do: Bão số 5 sắp vào tỉnh" in theirs.last.text
    assert "đã được gửi bởi quản trị tỉnh Lạng Sơn mà không chờ duyệt" in (await theirs.taps("Xem để duyệt"))[0]
    assert theirs.labels == ["Xem tiến độ"]
    await office.send_out()
    assert len(office.channel.sent) == 3
    assert "Gửi không qua người duyệt thứ hai, lý do: Bão số 5 sắp vào tỉnh" in phone.last.text


@ON_EVERY_CHANNEL
@pytest.mark.usefixtures("crowd")
async def test_both_find_it_again_at_the_beginning(office: Office, officer: MakeOfficer, composed: Composed) -> None:
    phone, theirs = await composed(await officer(Role.EDITOR)), await office.phone(await officer())
    await phone.taps("Gửi")
    await phone.says("gửi tin")
    await phone.taps("Tin chờ duyệt")
    assert phone.labels == ["Xem", "Rút lại"]
    await theirs.says("gửi tin")
    await theirs.taps("Tin cần duyệt (1)")
    assert theirs.labels == ["Duyệt, gửi", "Trả lại"]
    assert "Duyệt tin trước khi gửi" in (await theirs.says("sao thế"))[0], "asked again"


@ON_TELEGRAM
@pytest.mark.usefixtures("crowd")
async def test_the_second_of_two_reads_who_was_first(office: Office, officer: MakeOfficer, composed: Composed) -> None:
    phone, one = await composed(await officer(Role.EDITOR)), await office.phone(await officer())
    two = await office.phone(await officer(Role.EDITOR))
    await phone.taps("Gửi")
    await one.taps("Xem để duyệt")
    yes = one.last.buttons[0][0].payload
    await two.says("gửi tin")
    await two.taps("Tin cần duyệt")
    await one.taps("Duyệt, gửi")
    assert "đã được duyệt bởi quản trị tỉnh Lạng Sơn lúc 10:00" in (await two.taps("Trả lại"))[0]
    assert two.labels == ["Xem tiến độ"]
    for other in (one, two):
        assert "đã được duyệt bởi quản trị" in (await other.taps(yes))[0]
    assert "cần người khác duyệt" not in phone.last.text
    assert len(await office.campaigns()) == 1


@ON_TELEGRAM
@pytest.mark.usefixtures("crowd")
async def test_whoever_asked_cannot_press_the_others_button(
    office: Office, officer: MakeOfficer, composed: Composed
) -> None:
    phone = await composed(await officer())
    await officer(Role.EDITOR)
    await phone.taps("Gửi")
    number = phone.last.buttons[0][0].payload.rpartition(":")[2]
    assert "cần người khác duyệt" in (await phone.taps(f"gui:approve:{number}"))[0]
    assert "cần người khác duyệt" in (await phone.taps(f"gui:refuse:{number}"))[0]
    stranger = await office.phone(await officer(Role.OFFICER, unit=BAC_SON))
    for step in ("judge", "approve", "sendback", "refuse", "withdraw", "alone"):
        assert "đơn vị khác" in (await stranger.taps(f"gui:{step}:{number}"))[0]
    assert await _state(office) == CampaignState.DRAFT
    for step in ("judge", "approve", "sendback", "refuse", "withdraw", "alone", "asked"):
        assert "không tìm thấy" in (await phone.taps(f"gui:{step}:99"))[0]


@ON_TELEGRAM
@pytest.mark.usefixtures("crowd")
async def test_a_change_drops_the_question(office: Office, officer: MakeOfficer, composed: Composed) -> None:
    phone, theirs = await composed(await officer(Role.EDITOR)), await office.phone(await officer())
    await phone.taps("Gửi")
    await theirs.taps("Xem để duyệt")
    number = (await office.campaigns())[0].campaign_id
    await phone.taps(f"gui:counts:{number}-0")
    assert "không còn" in (await theirs.taps("Duyệt, gửi"))[0]
    assert "đã đổi hoặc đã gửi sau khi xin duyệt" in phone.last.text
    await phone.taps(f"gui:check:{number}")
    await phone.taps("Gửi")
    await phone.taps(f"gui:fresh:{number}")
    await _clock(office)
    assert "đã đổi hoặc đã gửi" in theirs.last.text
    assert "đã đổi hoặc đã gửi" in phone.last.text
    await phone.taps("Xem")
    assert phone.labels == ["Sửa nội dung", "Kiểm tra lại rồi gửi"]


@ON_TELEGRAM
@pytest.mark.usefixtures("crowd")
async def test_too_late_to_be_approved_is_said_to_both(
    office: Office, officer: MakeOfficer, composed: Composed
) -> None:
    phone, theirs = await composed(await officer(Role.EDITOR)), await office.phone(await officer())
    number = (await office.campaigns())[0].campaign_id
    await phone.taps("Tùy chọn")
    await phone.taps("Hết hạn lúc")
    await phone.says("12/10 11h")
    await phone.taps(f"gui:check:{number}")
    await phone.taps("Gửi")
    await theirs.taps("Xem để duyệt")
    office.clock.advance(minutes=59)
    assert "đã hết hạn, đã rút lại" in (await theirs.taps("Duyệt, gửi"))[0]
    assert f"Tin “{TITLE}” hết hạn lúc 11:00 ngày 12/10/2026, không kịp gửi nữa" in phone.last.text
    await phone.taps("Xem")
    assert phone.labels == ["Sửa nội dung", "Kiểm tra lại rồi gửi"]


@ON_TELEGRAM
@pytest.mark.usefixtures("crowd")
async def test_an_hour_goes_with_the_question(office: Office, officer: MakeOfficer, composed: Composed) -> None:
    phone, theirs = await composed(await officer(Role.EDITOR)), await office.phone(await officer())
    await phone.taps("Hẹn giờ")
    [waiting] = await phone.says("13/10 8h")
    assert "Duyệt xong thì gửi lúc 08:00 ngày 13/10/2026" in waiting
    await phone.taps(f"gui:check:{(await office.campaigns())[0].campaign_id}")
    await phone.taps("Hẹn giờ")
    await phone.says("13/10 9h")
    assert len(theirs.news()) == 2
    [screen] = await theirs.taps("Xem để duyệt")
    assert "Bắt đầu: 09:00 ngày 13/10/2026" in screen
    await theirs.taps("Duyệt, gửi")
    assert "Đã hẹn: 09:00 ngày 13/10/2026 gửi cho 3 người" in phone.last.text


@ON_TELEGRAM
@pytest.mark.usefixtures("crowd")
async def test_the_clock_speaks_to_each(office: Office, officer: MakeOfficer, composed: Composed) -> None:
    phone, first = await composed(await officer(Role.EDITOR)), await office.phone(await officer(Role.EDITOR))
    second = await office.phone(await officer())
    await phone.taps("Gửi")
    for hours in (5, 24, 24):  # 10:00 to 15:00 are three hours of open office
        office.clock.advance(hours=hours)
        await _clock(office)
    assert "vẫn chờ duyệt từ 10:00 ngày 12/10/2026" in first.last.text
    assert "nay đã hỏi quản trị tỉnh Lạng Sơn" in [reply.text for reply in phone.inbox][-2]
    assert "Người được hỏi trước chưa trả lời" in second.inbox[0].text
    assert "đã hỏi hết người" in phone.last.text
    assert "đã hỏi hết người" in second.last.text
    assert (phone.labels, second.labels) == (["Xem"], ["Xem để duyệt"])
    await second.taps("Xem để duyệt")
    await second.taps("Duyệt, gửi")
    assert await _state(office) != CampaignState.DRAFT


@ON_TELEGRAM
@pytest.mark.usefixtures("crowd")
async def test_two_who_are_called_the_same_read_of_another(
    office: Office, officer: MakeOfficer, composed: Composed
) -> None:
    phone, theirs = await composed(await officer()), await office.phone(await officer())
    assert "Đã hỏi một quản trị khác lúc 10:00" in (await phone.taps("Gửi"))[0]
    assert "một quản trị khác muốn gửi" in theirs.last.text
    assert "Người gửi: quản trị tỉnh Lạng Sơn\n" in (await phone.taps("Xem"))[0], "her own"
    assert "Người gửi: một quản trị khác\n" in (await theirs.taps("Xem để duyệt"))[0]
    await theirs.taps("Duyệt, gửi")
    assert f"Đã duyệt bởi một quản trị khác: <b>{TITLE}</b>" in phone.last.text


@ON_TELEGRAM
@pytest.mark.usefixtures("crowd")
async def test_alone_in_the_office_nobody_is_asked(office: Office, officer: MakeOfficer, composed: Composed) -> None:
    await officer(Role.OFFICER, unit=BAC_SON)
    phone = await composed(await officer())
    assert "Đã nhận lệnh" in (await phone.taps("Gửi"))[0]


@ON_TELEGRAM
@pytest.mark.usefixtures("crowd")
async def test_every_word_is_seen_before_it_is_approved(
    office: Office, officer: MakeOfficer, composed: Composed
) -> None:
    theirs = await office.phone(await officer())
    phone = await office.phone(await officer(Role.EDITOR))
    await phone.says("gửi tin")
    await phone.says("\n".join([PLAN, "Nộp tại {{ xa }}.", "Đoạn dài. " * 80, "Câu cuối cùng cho {{ xa }}."]))
    for tap in ("Đúng, tiếp", "Tất cả", "Gửi"):
        await phone.taps(tap)
    [screen] = await theirs.taps("Xem để duyệt")
    assert "<b>Phần sau nút “Đọc tiếp”:</b>" in screen
    assert "Câu cuối cùng cho xã Bắc Sơn." in screen
    assert [screen.count(read) for read in ("Nộp tại xã Bắc Sơn.", "Nộp tại {{ xa }}.")] == [1, 0]
    assert screen.count("Mỗi năm có ít nhất 70%") == 2, "once for each of two communes"


@ON_TELEGRAM
@pytest.mark.usefixtures("crowd")
async def test_what_goes_along_is_seen_too(office: Office, officer: MakeOfficer, composed: Composed) -> None:
    theirs, phone = await office.phone(await officer()), await composed(await officer(Role.EDITOR))
    [draft] = await office.campaigns()
    picture = Media(media_id=MediaId(1), kind=AttachmentKind.PHOTO, name="anh-1.png", size=9)
    question = CheckQuestion(text="Mốc?", options=("50%", "<70%>"), right=1)
    links = (Link(label="Toàn văn", url="https://langson.gov.vn/?a=1&b=2"),)
    async with office.database.write() as tx:
        content = replace(draft.content, media=(picture,), links=links, question=question)
        await tx.campaigns.edit(draft.campaign_id, content=content)
    await phone.taps("Gửi")
    itself, screen = await theirs.taps("Xem để duyệt")
    assert itself == f"Ảnh, file đi cùng tin <b>{TITLE}</b>:"
    assert theirs.inbox[-2].media == (picture,)
    assert len(await theirs.says("sao thế")) == 1, "the pictures are there already"
    await theirs.taps("Trả lại")
    assert len(await theirs.taps("Quay lại")) == 1
    assert len(await theirs.taps("Xem để duyệt")) == 2
    told = "<b>Kèm theo:</b> 1 ảnh, 1 nút liên kết, câu hỏi\n• Toàn văn: https://langson.gov.vn/?a=1&amp;b=2\n"
    assert f"{told}• Mốc? 50% / ✓ &lt;70%&gt;\n\n<b>So với" in screen
    assert theirs.labels == ["Duyệt, gửi", "Trả lại"]
