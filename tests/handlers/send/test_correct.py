"""A correction: from the report to those who got the wrong words, in the words that put it right."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from outreach.campaigns.model import Audience, AudienceKind, CampaignState
from outreach.contacts.model import Subscription
from outreach.messaging import CampaignId, ChannelName, ContactId, SendError, SendErrorKind
from outreach.officers import Officer, Role
from outreach.units import UnitId
from storage import tables as t
from tests.handlers.conftest import ON_EVERY_CHANNEL, Phone
from tests.handlers.send.conftest import Office, take_back

pytestmark = ON_EVERY_CHANNEL

Person = Callable[..., Awaitable[ContactId]]
MakeOfficer = Callable[..., Awaitable[Officer]]
Composed = Callable[[Officer], Awaitable[Phone]]

BAC_SON, TAM_THANH = "06325", "05977"
TITLE = "Kế hoạch phát hiện, bồi dưỡng, phát huy tài năng trẻ"
RIGHT = f"{TITLE}\nKế hoạch số 163/KH-UBND, ngày 10/6/2024; số 136 trong tin trước là số sai."


async def _wrong(office: Office, composed: Composed, officer: Officer) -> Phone:
    """Campaign 1 was sent to the end, and its report stands on the officer's phone."""
    phone = await composed(officer)
    await phone.taps("Gửi")
    await office.send_out()
    return phone


def _got(office: Office) -> list[str]:
    return [external_id for external_id, _ in office.channel.sent]


async def test_the_whole_way(office: Office, officer: MakeOfficer, person: Person, composed: Composed) -> None:
    people = [await person(unit=BAC_SON, external_id=str(700 + number)) for number in range(4)]
    office.channel.answers["703"] = SendError(SendErrorKind.GONE, "blocked")
    phone = await _wrong(office, composed, await officer())
    await person(unit=BAC_SON, external_id="709")  # came later, so there is nothing to put right
    assert phone.labels == ["Theo xã", "File Excel", "Xem từng người", "Đính chính", *take_back(phone)]

    [asked] = await phone.taps("Đính chính")
    assert f"Đính chính tin “{TITLE}”" in asked
    assert "còn đang gửi" not in asked
    assert phone.labels == ["Quay lại"]
    assert len(await office.campaigns()) == 1  # nothing to send yet, so nothing wrong to send again
    [read] = await phone.says(RIGHT)
    assert f"<b>Đính chính: {TITLE}</b> · Số 163/KH-UBND" in read
    assert "<b>TÍNH</b>" in read
    preview, check = await phone.taps("Đúng, tiếp")
    assert preview.startswith(f"<b>Đính chính: {TITLE}</b>")
    assert f"Gửi cho: những người đã nhận tin “{TITLE}”" in check
    assert "Sẽ nhận: <b>3 người</b>" in check
    assert "Lần đầu được thông tin trong kỳ: 0" in check
    await phone.taps("Gửi thử")
    await phone.taps("Gửi")
    assert "Còn 60 giây để đổi ý" in phone.last.text
    await office.send_out()

    assert _got(office) == ["700", "701", "702"] * 2
    assert office.channel.sent[-1][1].text.startswith(f"<b>Đính chính: {TITLE}</b>")
    assert f"\nĐính chính cho tin: {TITLE}\n" in phone.last.text
    assert "Đã gửi: <b>3</b>" in phone.last.text
    assert "Lần đầu trong kỳ: 0" in phone.last.text
    async with office.database.read() as tx:
        rows = await tx.connection.execute(select(t.reach_person.c.contact_id, t.reach_person.c.turns).distinct())
        turns = {tuple(row) for row in rows}
        assert [item.title for item in await tx.news.latest()][:1] == [f"Đính chính: {TITLE}"]
    assert turns == {(contact_id, 2) for contact_id in people[:3]}


async def test_who_gets_none_is_told_with_the_reason(
    office: Office, officer: MakeOfficer, person: Person, composed: Composed
) -> None:
    """Stopped, blocked and erased meanwhile; then the week is full: a correction is no way round the promise."""
    people = [await person(external_id=str(700 + number)) for number in range(4)]
    phone = await _wrong(office, composed, await officer())
    async with office.database.write() as tx:
        stopped = t.contact.update().where(t.contact.c.id == people[1])
        await tx.connection.execute(stopped.values(subscription=Subscription.STOPPED))
        blocked = t.address.update().where(t.address.c.contact_id == people[2])
        await tx.connection.execute(blocked.values(reachable=False))
        await tx.contacts.erase(people[3], at=office.clock())
    await phone.taps("Đính chính")
    await phone.says(RIGHT)
    check = (await phone.taps("Đúng, tiếp"))[1]
    assert "Sẽ nhận: <b>1 người</b>" in check
    assert "1 đã ngừng" in check
    assert "1 đã chặn" in check
    await phone.taps("Gửi")
    await office.send_out()
    assert _got(office) == ["700", "701", "702", "703", "700"]

    await phone.taps("Đính chính")  # a correction is corrected
    [read] = await phone.says("Đính chính: " + RIGHT + "\nSố đúng là 136/KH-UBND, như tin đầu tiên.")
    assert f"<b>Đính chính: {TITLE}</b>" in read
    check = (await phone.taps("Đúng, tiếp"))[1]
    assert f"những người đã nhận tin “Đính chính: {TITLE}”" in check
    assert "1 đủ số tin tuần này" in check
    assert "Có thể đưa vào bản tin tuần, hoặc hẹn ngày khác. Lưu nháp, gửi khi có người nhận được." in check
    digest = "Đưa vào bản tin thứ Hai 19/10/2026"
    assert phone.labels == ["Gửi thử cho tôi", digest, "Hẹn giờ", "Lưu nháp", "Quay lại"]
    office.clock.advance(days=7)
    await office.stage.phone("700").says("xin chào")  # where windows close, her word opens hers
    if not phone.can.buttons:
        assert "Làm tiếp không?" in (await phone.taps("Quay lại"))[0], "typed after a week it is asked about"
        await phone.taps("Tiếp tục")
    await phone.taps("Quay lại")
    await phone.taps("Đúng, tiếp")
    await phone.taps("Gửi")
    await office.send_out()
    assert _got(office)[5:] == ["700"]
    assert f"Đính chính cho tin: Đính chính: {TITLE}" in phone.last.text


@pytest.mark.channels(ChannelName.TELEGRAM)
async def test_whose_week_is_full_gets_it_in_the_digest(
    office: Office, officer: MakeOfficer, person: Person, composed: Composed
) -> None:
    """Some get it now, and the other in the digest; then nobody now, and both there. NOW is a Monday, before the digest."""
    for number in range(2):
        await person(external_id=str(700 + number))
    phone = await _wrong(office, composed, await officer())
    async with office.database.write() as tx:
        weekly = (
            t.contact.c.id == select(t.address.c.contact_id).where(t.address.c.external_id == "701").scalar_subquery()
        )
        await tx.connection.execute(t.contact.update().where(weekly).values(rhythm="weekly"))
    await phone.taps("Đính chính")
    await phone.says(RIGHT)
    check = (await phone.taps("Đúng, tiếp"))[1]
    assert "Không gửi: 1 đủ số tin tuần này, nhận trong bản tin thứ Hai 19/10/2026" in check
    await phone.taps("Hẹn giờ")
    assert not any(label.startswith("Đưa vào bản tin") for label in phone.labels), "it cannot wait"
    await phone.taps("Quay lại")
    await phone.taps("Gửi")
    await office.send_out()
    await phone.taps("gui:correct:1")
    await phone.says(RIGHT + "\nNộp ở xã, không phải ở tỉnh.")
    await phone.taps("Đúng, tiếp")
    assert "khoảng 2 người nhận" in (await phone.taps("Đưa vào bản tin"))[0]
    office.channel.sent.clear()
    office.clock.now = datetime(2026, 10, 19, 11, 29, tzinfo=UTC)
    for _ in range(3):
        await office.tick()
    office.clock.advance(seconds=60)
    await office.tick()
    await office.dispatch()
    assert _got(office) == ["700", "701"]
    assert "1. <b>Đính chính: " in office.channel.sent[0][1].text


@pytest.mark.needs("buttons")
async def test_nothing_leads_to_other_people(
    office: Office, officer: MakeOfficer, person: Person, composed: Composed
) -> None:
    await person(external_id="700")
    phone = await _wrong(office, composed, await officer())
    await person(external_id="701")
    await phone.taps("Đính chính")
    await phone.says(RIGHT)
    await phone.taps("Đúng, tiếp")
    [read] = await phone.taps("Quay lại")
    assert "Đã đọc được" in read
    topic = (await office.campaigns())[0].content.topic
    audience = Audience(kind=AudienceKind.RECEIVED, topic=topic, corrects=CampaignId(1))
    for forged in ("gui:all:2", "gui:fresh:2"):
        assert "không chọn người nhận khác" in (await phone.taps(forged))[0]
    await phone.taps("gui:units:2")
    await phone.says("xã Bắc Sơn")
    assert "không chọn người nhận khác" in (await phone.taps("gui:enough:2"))[0]
    assert (await office.campaigns())[0].audience == audience
    await phone.taps("gui:ok:2")
    await phone.taps("Gửi")
    await office.send_out()
    assert _got(office) == ["700", "700"]


async def test_words_topic_and_mark_may_change(
    office: Office, officer: MakeOfficer, person: Person, composed: Composed
) -> None:
    """Topic and mark are those of the wrong one, whatever the new words look like; the prefix stays and is one."""
    await person(external_id="700")
    phone = await _wrong(office, composed, await officer())
    topic = (await office.campaigns())[0].content.topic
    await phone.taps("Đính chính")
    [read] = await phone.says("Lịch nghỉ lễ của tỉnh\nCác cơ quan nghỉ lễ từ thứ hai đến thứ tư tuần sau.")
    assert "<b>Đính chính: Lịch nghỉ lễ của tỉnh</b>" in read
    assert "<b>TÍNH</b>" in read
    assert (await office.campaigns())[0].content.topic == topic
    await phone.taps("Không tính")
    await phone.taps("Sửa nội dung")
    assert phone.labels == ["Quay lại"]
    [read] = await phone.says("ĐÍNH CHÍNH: Lịch học bồi dưỡng\nLớp bồi dưỡng tài năng trẻ mở ngày 20/11.")
    assert "<b>Đính chính: Lịch học bồi dưỡng</b>" in read
    assert "<b>không tính</b>" in read
    await phone.taps("Sửa nội dung")
    [read] = await phone.says("ĐÍNH CHÍNH\nLớp bồi dưỡng tài năng trẻ mở ngày 21/11, không phải ngày 20.")
    assert "<b>Đính chính: Lịch học bồi dưỡng</b>" in read
    corrections = [campaign for campaign in await office.campaigns() if campaign.audience.corrects]
    assert len(corrections) == 1


async def test_a_text_the_phone_cut_in_two(
    office: Office, officer: MakeOfficer, person: Person, composed: Composed
) -> None:
    await person(external_id="700")
    phone = await _wrong(office, composed, await officer())
    await phone.taps("Đính chính")
    long = "Tin dài về tài năng trẻ của tỉnh\n" + "\n".join(f"Đây là đoạn thứ {n} của bài." for n in range(130))
    await phone.says(long)
    [read] = await phone.says("Đây là đoạn cuối cùng của bài.")
    assert "<b>Đính chính: Tin dài về tài năng trẻ của tỉnh</b>" in read
    assert "(131 đoạn)" in read


@pytest.mark.needs("files")
async def test_a_file_brings_the_words(
    office: Office, officer: MakeOfficer, person: Person, composed: Composed
) -> None:
    await person(external_id="700")
    phone = await _wrong(office, composed, await officer())
    await phone.taps("Đính chính")
    office.channel.otherwise = b"%PDF-1.4 broken"
    await phone.sends_file("sai.pdf")
    await office.fetch()
    assert "File bị hỏng" in phone.last.text
    assert phone.last.buttons[0][0].payload == "gui:uncorrect:1"
    office.channel.otherwise = RIGHT.encode()
    await phone.sends_file("dung.txt", media_type="text/plain")
    await office.fetch()
    assert f"<b>Đính chính: {TITLE}</b>" in phone.last.text
    assert (await office.campaigns())[0].audience.corrects == 1


@pytest.mark.channels(ChannelName.ZALO_BOT)
async def test_where_no_file_comes_the_right_words_are_pasted(
    office: Office, officer: MakeOfficer, person: Person, composed: Composed
) -> None:
    await person(external_id="700")
    phone = await _wrong(office, composed, await officer())
    assert "file" not in (await phone.taps("Đính chính"))[0]
    assert "chỉ nhận được chữ và ảnh" in (await phone.is_withheld())[0]
    assert f"<b>Đính chính: {TITLE}</b>" in (await phone.says(RIGHT))[0]
    assert (await office.campaigns())[0].audience.corrects == 1


async def test_the_way_back_takes_no_words(
    office: Office, officer: MakeOfficer, person: Person, composed: Composed
) -> None:
    await person(external_id="700")
    phone = await _wrong(office, composed, await officer())
    await phone.taps("Đính chính")
    assert "quá ngắn" in (await phone.says("chào"))[0]
    [report] = await phone.taps("Quay lại")
    assert "Đã gửi: <b>1</b>" in report
    await phone.says(RIGHT)
    assert len(await office.campaigns()) == 1


async def test_kept_words_stay_a_correction(
    office: Office, officer: MakeOfficer, person: Person, composed: Composed
) -> None:
    """Chosen among the saved items they are for those who got the wrong ones, not for everybody."""
    await person(external_id="700")
    phone = await _wrong(office, composed, await officer())
    await phone.taps("Đính chính")
    await phone.says(RIGHT)
    await phone.taps("Đúng, tiếp")
    await phone.taps("Lưu nháp")
    await phone.taps("Tin đã lưu")
    await phone.taps("1. Đính chính")
    check = (await phone.taps("Đúng, tiếp"))[1]
    assert "Gửi cho: những người đã nhận tin" in check
    await phone.taps("Gửi")
    [stopped] = await phone.taps("Dừng lại")
    assert "chưa ai nhận" in stopped
    assert "Gửi cho: những người đã nhận tin" in (await phone.taps("Kiểm tra lại"))[1]
    assert len([c for c in await office.campaigns() if c.state == CampaignState.DRAFT]) == 1


@pytest.mark.needs("buttons")
async def test_pressed_twice_it_is_sent_once(
    office: Office, officer: MakeOfficer, person: Person, composed: Composed
) -> None:
    await person(external_id="700")
    phone = await _wrong(office, composed, await officer())
    correct = next(button.payload for row in phone.last.buttons for button in row if button.label == "Đính chính")
    for _ in range(2):
        await phone.taps(correct)
        await phone.says(RIGHT)
    await phone.taps("gui:check:2")
    await phone.taps("Gửi")
    for forged in ("gui:go:2", "gui:go:3"):
        assert "đang gửi rồi" in (await phone.taps(forged))[0]
    await office.send_out()
    assert _got(office) == ["700", "700"]


async def test_above_a_thousand_the_count_is_typed(
    office: Office, officer: MakeOfficer, person: Person, composed: Composed, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        await person(external_id=str(700 + number))
    phone = await _wrong(office, composed, await officer())
    monkeypatch.setattr("handlers.send.check.TYPED_COUNT_ABOVE", 2)
    await phone.taps("Đính chính")
    await phone.says(RIGHT)
    await phone.taps("Đúng, tiếp")
    assert "Gõ số <b>3</b> để gửi" in (await phone.taps("Gửi"))[0]
    assert "Đã nhận lệnh gửi cho 3 người" in (await phone.says("3"))[0]


@pytest.mark.needs("buttons")
async def test_while_the_wrong_one_is_still_being_sent(
    office: Office, officer: MakeOfficer, person: Person, composed: Composed
) -> None:
    """Nobody has it: no button. Some have it: the correction is for them, and the officer is told to cancel the rest."""
    await person(external_id="700")
    phone = await composed(await officer())
    await phone.taps("Gửi")
    office.clock.advance(seconds=61)
    await office.tick()
    await phone.taps("gui:report:1")
    assert "Đính chính" not in phone.labels
    assert "chưa tới ai" in (await phone.taps("gui:correct:1"))[0]
    async with office.database.write() as tx:
        await tx.connection.execute(t.campaign.update().values(sent=1))
    await phone.taps("gui:report:1")
    [asked] = await phone.taps("Đính chính")
    assert "<b>còn đang gửi</b>" in asked


async def test_a_commune_corrects_its_own(
    office: Office, officer: MakeOfficer, person: Person, composed: Composed, units: dict[str, UnitId]
) -> None:
    """To those who are still there."""
    await person(unit=BAC_SON, external_id="700")
    moved = await person(unit=BAC_SON, external_id="701")
    phone = await _wrong(office, composed, await officer(Role.OFFICER, unit=BAC_SON))
    async with office.database.write() as tx:
        away = t.contact.update().where(t.contact.c.id == moved)
        await tx.connection.execute(away.values(unit_id=units[TAM_THANH]))
    await phone.taps("Đính chính")
    await phone.says(RIGHT)
    check = (await phone.taps("Đúng, tiếp"))[1]
    assert "Sẽ nhận: <b>1 người</b>" in check
    await phone.taps("Gửi")
    await office.send_out()
    assert _got(office) == ["700", "701", "700"]


@pytest.mark.needs("buttons")
async def test_nobody_corrects_what_is_not_hers(
    office: Office, officer: MakeOfficer, person: Person, composed: Composed
) -> None:
    await person(unit=BAC_SON, external_id="700")
    await _wrong(office, composed, await officer())
    phone = await office.phone(await officer(Role.OFFICER, unit=BAC_SON))
    assert "không tìm thấy" in (await phone.taps("gui:correct:99"))[0]
    assert "thuộc đơn vị khác" in (await phone.taps("gui:correct:1"))[0]
    stranger = await office.phone(await officer(Role.REVIEWER))
    assert "cán bộ có vai trò phù hợp" in (await stranger.taps("gui:correct:1"))[0]


async def test_in_english(office: Office, officer: MakeOfficer, person: Person, composed: Composed) -> None:
    """The officer reads her language; the message keeps the one it is written in."""
    await person(external_id="700")
    sender = await officer()
    phone = await _wrong(office, composed, sender)
    async with office.database.write() as tx:
        own = t.contact.update().where(t.contact.c.id == sender.contact_id)
        await tx.connection.execute(own.values(language="en"))
    assert "A correction of" in (await phone.taps("Đính chính"))[0]
    await phone.says(RIGHT)
    check = (await phone.taps("Right, go on"))[1]
    assert f"those who got “{TITLE}”" in check
    assert (await office.campaigns())[0].content.title == f"Đính chính: {TITLE}"
