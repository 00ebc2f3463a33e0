"""What may become an item: pasted, forwarded, split by the phone, edited, saved, marked."""

from collections.abc import Awaitable, Callable

import pytest

from outreach.messaging import ChannelName, ContactId
from outreach.news.model import NewsDraft, NewsState
from outreach.news.rules import content_hash
from outreach.officers import Officer, Role
from tests.handlers.conftest import ON_EVERY_CHANNEL, Phone
from tests.handlers.send.conftest import PLAN, Office

pytestmark = ON_EVERY_CHANNEL

Person = Callable[..., Awaitable[ContactId]]
MakeOfficer = Callable[..., Awaitable[Officer]]


async def _saved(office: Office, *titles: str, by: Officer | None = None) -> None:
    async with office.database.write() as tx:
        for title in titles:
            draft = NewsDraft(title=title, paragraphs=("Nội dung của tin.",))
            await tx.news.add(
                draft,
                content_hash=content_hash(title=title, paragraphs=draft.paragraphs),
                topic="",
                counts=False,
                by=by.officer_id if by else None,
                at=office.clock(),
            )


async def test_the_same_text_twice_is_one_item(office: Office, officer: MakeOfficer) -> None:
    phone = await office.phone(await officer())
    for _ in range(2):
        await phone.says("gửi tin")
        await phone.says(PLAN)
    async with office.database.read() as tx:
        assert len(await tx.news.drafts()) == 1
    assert "Tin đã lưu (1)" in (await phone.says("gửi tin"), phone.labels)[1]


async def test_what_is_saved_is_named_where_there_is_some(office: Office, officer: MakeOfficer) -> None:
    phone = await office.phone(await officer())
    for saved in (False, True):
        [begun] = await phone.says("gửi tin")
        assert ("Chọn tin đã lưu" in begun) == saved
        await _saved(office, "Lớp kỹ năng")


async def test_pasted_text_is_never_markup(office: Office, officer: MakeOfficer, person: Person) -> None:
    await person(external_id="700")
    phone = await office.phone(await officer())
    await phone.says("gửi tin")
    text = "Thông báo học bổng A&B, điểm < 5 & > 3\nĐoạn thứ hai có <a href='x'>liên kết</a> & dấu < lớn hơn."
    [read] = await phone.says(text)
    assert "<b>Thông báo học bổng A&amp;B, điểm &lt; 5 &amp; &gt; 3</b>" in read
    await phone.taps("Đúng, tiếp")
    preview, _ = await phone.taps("Tất cả")
    assert "<a" not in preview
    assert "&lt;a href=" in preview
    [marked, _] = await phone.taps("Gửi thử")
    assert "A&amp;B, điểm &lt; 5" in marked


async def test_a_text_the_phone_cut_in_two_is_one_item(office: Office, officer: MakeOfficer) -> None:
    phone = await office.phone(await officer())
    await phone.says("gửi tin")
    long = "Tin dài về chính sách tài năng trẻ của tỉnh\n" + "\n".join(
        f"Đây là đoạn thứ {n} của bài." for n in range(130)
    )
    assert 3_500 < len(long) < 4_096
    await phone.says(long)
    [read] = await phone.says("Đây là đoạn cuối cùng của bài.")
    assert "(131 đoạn)" in read
    [campaign] = await office.campaigns()
    assert campaign.content.paragraphs[-1] == "Đây là đoạn cuối cùng của bài."
    [again] = await phone.says("Một câu khác sau đó, không thuộc bài.")
    assert "chưa được nhận" in again
    assert "(131 đoạn)" in again
    async with office.database.read() as tx:
        [item] = await tx.news.drafts()
    assert len(item.paragraphs) == 131


async def test_every_pasted_line_reaches_people(office: Office, officer: MakeOfficer, person: Person) -> None:
    await person(external_id="700")
    phone = await office.phone(await officer())
    lines = ("Thời gian: 8h00 ngày 12/12/2026", "Các bước: nộp hồ sơ → phỏng vấn", "Liên hệ: 0205.3812345")
    await phone.says("gửi tin")
    [read] = await phone.says("\n".join(("Lịch phỏng vấn lớp bồi dưỡng", *lines)))
    assert "<b>Lịch phỏng vấn lớp bồi dưỡng</b>" in read
    await phone.taps("Đúng, tiếp")
    preview, _ = await phone.taps("Tất cả")
    assert [line for line in lines if line not in preview] == []


async def test_the_second_piece_of_a_cut_text_is_kept_line_by_line(office: Office, officer: MakeOfficer) -> None:
    phone = await office.phone(await officer())
    await phone.says("gửi tin")
    await phone.says("Danh sách\n" + "\n".join(f"Đây là dòng thứ {n} của danh sách." for n in range(110)))
    tail = ("Kèm theo Kế hoạch số 136/KH-UBND, ngày 10/6/2024 của tỉnh", "nguồn: Tỉnh đoàn", "12/12", "In")
    [read] = await phone.says("\n".join(tail))
    [campaign] = await office.campaigns()
    assert campaign.content.paragraphs[-4:] == tail
    assert "Số 136/KH-UBND, ngày 10/06/2024" in read


async def test_what_is_no_text_is_told_apart(office: Office, officer: MakeOfficer) -> None:
    phone = await office.phone(await officer())
    await phone.says("gửi tin")
    await phone.taps("Tin mới")
    assert "quá ngắn" in (await phone.says("chào"))[0]
    assert "chữ trong ảnh" in (await phone.sends_photo())[0]
    for link in ("https://tinhdoan.example.vn/tin/ke-hoach-136-tai-nang-tre", "a.vn https://b.example.vn/xem?id=12345"):
        [said] = await phone.says(link)
        assert "chép cả bài rồi dán nội dung vào đây" in said
    assert not await office.campaigns()
    [read] = await phone.sends_photo(caption=PLAN)
    assert "Số 136/KH-UBND" in read
    assert "Kèm theo: 1 ảnh" in read
    assert "Kèm theo: 1 ảnh" in (await phone.taps("Không tính"))[0]
    await phone.taps("Sửa nội dung")
    assert "chép cả bài" in (await phone.says("https://tinhdoan.example.vn/tin/ke-hoach-136"))[0]
    assert "Kèm theo: 1 ảnh" in (await phone.says(f"{PLAN}\nhttps://tinhdoan.example.vn/tin"))[0]


@pytest.mark.channels(ChannelName.ZALO_BOT)
async def test_where_no_file_comes_the_words_are_pasted(office: Office, officer: MakeOfficer) -> None:
    phone = await office.phone(await officer())
    assert "chưa nhận được file" in (await phone.says("gửi tin"))[0]
    for asked in (await phone.taps("Tin mới"), await phone.says("chào"), await phone.sends_photo()):
        assert "gửi file" not in asked[0]
        assert "file Word" not in asked[0]
    assert "chỉ nhận được chữ và ảnh" in (await phone.is_withheld())[0]
    await phone.says(PLAN)
    await phone.taps("Sửa nội dung")
    assert "file" not in phone.last.text
    assert "(3 đoạn)" in (await phone.says(PLAN + "\nBổ sung: lớp bồi dưỡng mở trong tháng 11."))[0]


@pytest.mark.parametrize("word", ["hủy", "huy", "thôi không gửi nữa"])
async def test_a_word_of_leaving_asks_and_keeps_the_draft(office: Office, officer: MakeOfficer, word: str) -> None:
    phone = await office.phone(await officer())
    await phone.says("gửi tin")
    await phone.taps("Tin mới")
    assert "Đang dở việc gửi tin. Dừng phần này không?" in (await phone.says(word))[0]
    assert phone.labels == ["Dừng phần đang dở", "Tiếp tục"]
    assert "Dán nội dung" in (await phone.says("2"))[0]
    await phone.says(PLAN)
    await phone.taps("Sửa nội dung")
    await phone.says(word)
    assert "được giữ lại" in (await phone.says("1"))[0]
    await phone.says("gửi tin")
    await phone.taps("Tin đã lưu (1)")
    assert phone.labels[0].startswith("1. Kế hoạch phát hiện")


async def test_topic_and_mark_are_the_officers_word(office: Office, officer: MakeOfficer) -> None:
    phone = await office.phone(await officer())
    await phone.says("gửi tin")
    await phone.says("Lịch nghỉ lễ của tỉnh\nCác cơ quan nghỉ lễ từ thứ hai đến thứ tư tuần sau.")
    assert "<b>không tính</b>" in phone.last.text
    await phone.taps("Đổi chủ đề")
    names = [topic.name.vi for topic in office.pack.topics]
    assert phone.labels == [*names, "Quay lại"]
    counting = next(topic for topic in office.pack.topics if topic.counts)
    [read] = await phone.taps(counting.name.vi)
    assert "<b>TÍNH</b>" in read
    assert f"Chủ đề: {counting.name.vi}" in read
    await phone.taps("Không tính")
    [campaign] = await office.campaigns()
    assert (campaign.content.topic, campaign.content.counts) == (counting.code, False)
    assert campaign.audience.topic == counting.code


@pytest.mark.needs("buttons")
async def test_the_same_button_again_changes_nothing(office: Office, officer: MakeOfficer) -> None:
    phone = await office.phone(await officer())
    await phone.says("gửi tin")
    await phone.says(PLAN)
    old = phone.last.buttons[1][0]
    assert old.label == "Không tính"
    for _ in range(2):
        assert "<b>không tính</b>" in (await phone.taps(old.payload))[0]


async def test_new_words_take_the_place_of_the_old(office: Office, officer: MakeOfficer) -> None:
    phone = await office.phone(await officer())
    await phone.says("gửi tin")
    await phone.says(PLAN)
    await phone.taps("Sửa nội dung")
    [read] = await phone.says(PLAN + "\nBổ sung: lớp bồi dưỡng mở trong tháng 11 tại trung tâm tỉnh.")
    assert "(3 đoạn)" in read
    [campaign] = await office.campaigns()
    assert campaign.version == 2
    async with office.database.read() as tx:
        assert [len(item.paragraphs) for item in await tx.news.drafts()] == [3]


async def test_saved_items_come_in_pages(office: Office, officer: MakeOfficer) -> None:
    await _saved(office, *(f"Tin số {number}" for number in range(1, 8)))
    phone = await office.phone(await officer())
    await phone.says("gửi tin")
    [page] = await phone.taps("Tin đã lưu")
    assert phone.labels == [*(f"{n}. Tin số {8 - n}" for n in range(1, 6)), "Cũ hơn →", "Quay lại"]
    assert "1. Tin số 7 · <i>nháp</i>\n2. Tin số 6" in page
    await phone.taps("Cũ hơn")
    assert phone.labels == ["1. Tin số 2", "2. Tin số 1", "← Mới hơn", "Quay lại"]
    [read] = await phone.says("2")
    assert "<b>Tin số 1</b>" in read


async def test_a_draft_is_kept_and_found_again(
    office: Office, officer: MakeOfficer, composed: Callable[[Officer], Awaitable[Phone]]
) -> None:
    phone = await composed(await officer())
    assert "Đã lưu nháp" in (await phone.taps("Lưu nháp"))[0]
    await phone.taps("Tin đã lưu")
    assert phone.labels[0].startswith("1. Kế hoạch phát hiện")
    async with office.database.read() as tx:
        [item] = await tx.news.drafts()
    assert item.state == NewsState.DRAFT


async def _kept(phone: Phone, text: str) -> list[str]:
    """What the list of saved items shows after this text was pasted and kept."""
    await phone.says("gửi tin")
    await phone.says(text)
    await phone.taps("Đúng, tiếp")
    await phone.taps("Cả " if any(label.startswith("Cả ") for label in phone.labels) else "Tất cả")
    assert "Tin nằm trong mục Tin đã lưu" in (await phone.taps("Lưu nháp"))[0]
    await phone.taps("Tin đã lưu")
    return phone.labels


async def test_two_communes_keep_the_same_text(office: Office, officer: MakeOfficer, person: Person) -> None:
    await person(external_id="700")
    for unit in ("06325", "05977"):
        phone = await office.phone(await officer(Role.OFFICER, unit=unit))
        for _ in range(2):
            labels = await _kept(phone, PLAN)
            assert (len(labels), labels[0][:11]) == (2, "1. Kế hoạch")
    async with office.database.read() as tx:
        assert len(await tx.news.drafts()) == 2


async def test_a_text_put_away_is_taken_up_again(office: Office, officer: MakeOfficer) -> None:
    phone = await office.phone(await officer())
    await phone.says("gửi tin")
    await phone.says("Bản thứ nhất của tin này\nĐoạn của bản thứ nhất.")
    await phone.taps("Sửa nội dung")
    await phone.says("Bản thứ hai của tin này\nĐoạn của bản thứ hai.")
    assert await _kept(phone, "Bản thứ nhất của tin này\nĐoạn của bản thứ nhất.") == [
        "1. Bản thứ hai của tin này",
        "2. Bản thứ nhất của tin này",
        "Quay lại",
    ]


async def test_editing_takes_no_words_from_another_draft(office: Office, officer: MakeOfficer) -> None:
    first, second = await office.phone(await officer()), await office.phone(await officer())
    await _kept(second, PLAN)
    for phone in (first, second):
        await phone.says("gửi tin")
        await phone.says(PLAN)
    await second.taps("Sửa nội dung")
    await second.says("Bản khác hẳn của tin này\nĐoạn của bản khác.")
    await first.says("gửi tin")
    await first.taps("Tin đã lưu (2)")
    assert any("Kế hoạch phát hiện" in label for label in first.labels)


async def test_topic_and_mark_stay_with_a_kept_draft(office: Office, officer: MakeOfficer) -> None:
    phone = await office.phone(await officer())
    await phone.says("gửi tin")
    await phone.says(PLAN)
    await phone.taps("Đổi chủ đề")
    chosen = office.pack.topics[-1].name.vi
    [read] = await phone.taps(chosen)
    await phone.taps("Không tính" if "TÍNH" in read else "Tính vào")
    marked = phone.last.text
    await phone.says("gửi tin")
    await phone.taps("Tin đã lưu")
    assert await phone.says("1") == [marked]
    assert f"Chủ đề: {chosen}" in marked


async def test_what_was_sent_already_is_told_and_can_be_sent_again(
    office: Office, officer: MakeOfficer, person: Person, composed: Callable[[Officer], Awaitable[Phone]]
) -> None:
    for number in range(3):
        await person(external_id=f"70{number}")
    phone = await composed(await officer())
    await phone.taps("Gửi")
    day = f"{office.clock():%d/%m/%Y}"
    await office.send_out()
    office.clock.advance(hours=30)
    await phone.says("gửi tin")
    [page] = await phone.taps("Tin đã lưu")
    assert f"· <i>đã gửi {day}</i>" in page
    for read in (await phone.says("1"), (await phone.says("gửi tin"), await phone.says(PLAN.upper()))[1]):
        assert f"<b>đã gửi ngày {day} cho 3 người</b>" in read[0]
    assert "đã gửi ngày" in (await phone.taps("Không tính"))[0]
    await phone.taps("Đúng, tiếp")
    assert "Sẽ nhận: <b>3 người</b>" in (await phone.taps("Tất cả"))[1]
    await phone.says("gửi tin")
    assert "đã gửi ngày" not in (await phone.says("Tin khác hẳn của tỉnh\nĐoạn của tin khác."))[0]


async def test_a_commune_sees_no_other_drafts(office: Office, officer: MakeOfficer) -> None:
    theirs = await officer(Role.OFFICER, unit="06325")
    await _saved(office, "Nháp của tỉnh", by=await officer())
    await _saved(office, "Nháp của xã", by=theirs)
    phone = await office.phone(theirs)
    await phone.says("gửi tin")
    await phone.taps("Tin đã lưu")
    assert phone.labels == ["1. Nháp của xã", "Quay lại"]


@pytest.mark.needs("buttons")
async def test_nor_does_a_made_up_button_show_one(office: Office, officer: MakeOfficer) -> None:
    await _saved(office, "Nháp của tỉnh", by=await officer())
    phone = await office.phone(await officer(Role.OFFICER, unit="06325"))
    assert "không tìm thấy" in (await phone.taps("gui:item:1"))[0]


async def test_another_post_at_the_last_look_is_not_taken_in_silence(office: Office, officer: MakeOfficer) -> None:
    phone = await office.phone(await officer())
    await phone.says("gửi tin")
    await phone.says(PLAN)
    [said] = await phone.says("Một bài khác hẳn, chuyển tiếp từ nơi khác\nVới đoạn của nó.")
    assert "chưa được nhận" in said
    assert "<b>Kế hoạch phát hiện, bồi dưỡng, phát huy tài năng trẻ</b>" in said
    assert "Sửa nội dung" in phone.labels
    assert "chưa được nhận" in (await phone.sends_photo())[0]


async def test_words_not_understood_are_told_so_in_one_message(office: Office, officer: MakeOfficer) -> None:
    phone = await office.phone(await officer())
    await phone.says("gửi tin")
    await phone.says(PLAN)
    await phone.taps("Đúng, tiếp")
    await phone.taps("Tất cả")
    [said] = await phone.says("abc")
    assert said.startswith("Chưa hiểu ý này. Chọn ở dưới, hoặc gõ số.\n\n<b>Kiểm tra trước khi gửi</b>")
    [said] = await phone.says("Một bài khác hẳn, chuyển tiếp từ nơi khác")
    assert "Đang mở tin “Kế hoạch phát hiện, bồi dưỡng, phát huy tài năng trẻ”" in said
    assert "Dán nội dung mới" in (await phone.says("sửa nội dung"))[0]
