"""The order: the typed count, the test, the hours, the minute of grace, two phones."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from outreach.campaigns.control import pause_campaign
from outreach.campaigns.model import CampaignState
from outreach.contacts.model import Subscription
from outreach.messaging import ContactId
from outreach.officers import Officer, System
from tests.handlers.conftest import ON_EVERY_CHANNEL, Phone
from tests.handlers.send.conftest import PLAN, Office, flashed, late

pytestmark = ON_EVERY_CHANNEL

Person = Callable[..., Awaitable[ContactId]]
MakeOfficer = Callable[..., Awaitable[Officer]]
Composed = Callable[[Officer], Awaitable[Phone]]


async def _deliveries(office: Office) -> int:
    return sum(campaign.tally.total for campaign in await office.campaigns())


async def test_a_test_is_marked_and_counted_nowhere(
    office: Office, officer: MakeOfficer, person: Person, composed: Composed
) -> None:
    await person(external_id="700")
    sender = await officer()
    phone = await composed(sender)
    marked, said = await phone.taps("Gửi thử")
    assert marked.startswith("<i>GỬI THỬ")
    assert "<b>Kế hoạch phát hiện" in marked
    assert "Chưa gửi cho ai" in said
    assert phone.labels == ["Gửi thử cho tôi", "Gửi", "Hẹn giờ", "Tùy chọn", "Lưu nháp", "Quay lại"]
    assert await _deliveries(office) == 0
    async with office.database.read() as tx:
        assert not await tx.outbox.pending(since=office.clock(), limit=0)
    assert phone.inbox[-2].buttons[0][0].label == "Đã đọc"
    for label in ("Đã đọc", "Ngừng nhận"):
        answer = await phone.taps(label)
        assert flashed(phone, "Đây là bản xem thử.")
        assert answer == ["Đây là bản xem thử."] * (not phone.toasts)
    assert not office.channel.sent


async def test_above_a_thousand_the_count_is_typed(
    office: Office, officer: MakeOfficer, person: Person, composed: Composed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The limit is lowered instead of making a thousand people."""
    monkeypatch.setattr("handlers.send.check.TYPED_COUNT_ABOVE", 11)
    for number in range(12):
        await person(external_id=str(700 + number))
    phone = await composed(await officer())
    assert "Gõ số <b>12</b> để gửi" in (await phone.taps("Gửi"))[0]
    assert "chưa khớp" in (await phone.says("13"))[0]
    assert (await office.campaigns())[0].state == CampaignState.DRAFT
    assert "Đã nhận lệnh gửi cho 12 người" in (await phone.says(" 1.2 "))[0]
    assert (await office.campaigns())[0].state == CampaignState.PREPARING


@pytest.mark.needs("buttons")
async def test_pressed_twice_or_on_two_phones_is_one_campaign(
    office: Office, officer: MakeOfficer, person: Person, composed: Composed
) -> None:
    await person(external_id="700")
    one, two = await composed(await officer()), await composed(await officer())
    go = next(b.payload for row in one.last.buttons for b in row if b.label == "Gửi")
    await one.taps(go)
    assert "đang gửi rồi" in (await one.taps(go))[0]
    assert "đang gửi rồi" in (await two.taps("Gửi"))[0]
    assert two.labels == ["Xem tiến độ"]
    assert "Chờ gửi" in (await two.says("1"))[0]
    await office.send_out()
    assert len(office.channel.sent) == 1
    assert "đã gửi xong lúc 10:01 ngày 12/10/2026 cho 1 người: " in (await one.taps(go))[0]
    assert one.labels == ["Xem báo cáo"]


async def test_a_minute_to_change_ones_mind(
    office: Office, officer: MakeOfficer, person: Person, composed: Composed
) -> None:
    await person(external_id="700")
    phone = await composed(await officer())
    await phone.taps("Gửi")
    await office.tick()
    office.clock.advance(seconds=59)
    [stopped] = await phone.taps("Dừng lại")
    assert "<b>chưa ai nhận</b>" in stopped
    await office.send_out()
    assert not office.channel.sent
    async with office.database.read() as tx:
        assert not await tx.news.latest()  # nor is it found under the news
    said = [reply.text for reply in phone.inbox]
    assert not any("Đã hủy" in text for text in said)
    await phone.taps("Kiểm tra lại rồi gửi")
    await phone.taps("Gửi")
    await office.send_out()
    assert len(office.channel.sent) == 1


@pytest.mark.parametrize("word", ["dừng", "dung", "Dừng lại ngay", "hủy"])
async def test_a_word_of_stopping_leads_to_the_stop_of_the_campaign(
    office: Office, officer: MakeOfficer, person: Person, composed: Composed, word: str
) -> None:
    await person(external_id="700")
    phone = await composed(await officer())
    await phone.taps("Gửi")
    assert "chưa ai nhận" in (await phone.says(word))[0]
    await phone.taps("Kiểm tra lại rồi gửi")
    await phone.taps("Gửi")
    office.clock.advance(seconds=61)
    await office.tick()
    assert "Đang tạm dừng" in (await phone.says(word))[0], "not asked: messages would leave meanwhile"
    assert (await office.campaigns())[0].state == CampaignState.PAUSED
    assert "Hủy phần còn lại?" in (await phone.says(word))[0]
    assert phone.labels == ["Hủy phần còn lại", "Không, để gửi tiếp"]


@pytest.mark.parametrize("word", ["thoát", "thôi ạ"])
async def test_a_word_of_leaving_leaves_the_campaign_alone(
    office: Office, officer: MakeOfficer, person: Person, composed: Composed, word: str
) -> None:
    await person(external_id="700")
    phone = await composed(await officer())
    await phone.taps("Gửi")
    assert "vẫn gửi" in (await phone.says(word))[0]
    assert phone.labels == ["Dừng lại", "Xem tiến độ"]
    office.clock.advance(seconds=61)
    await office.tick()
    await phone.taps("Xem tiến độ")
    assert "vẫn gửi" in (await phone.says(word))[0]
    assert (await office.campaigns())[0].state == CampaignState.RUNNING
    assert phone.labels == ["Tạm dừng", "Hủy phần còn lại", "Xem tiến độ"]
    assert "Đang tạm dừng" in (await phone.says("1"))[0]
    assert "vẫn tạm dừng" in (await phone.says(word))[0]


async def test_too_late_to_stop_shows_how_far_it_is(
    office: Office, officer: MakeOfficer, person: Person, composed: Composed
) -> None:
    await person(external_id="700")
    phone = await composed(await officer())
    await phone.taps("Gửi")
    stop = phone.last.buttons[0][0].payload
    office.clock.advance(seconds=61)
    await office.tick()
    assert "Đang gửi" in (await late(phone, stop))[0]
    assert phone.labels == ["Tạm dừng", "Hủy phần còn lại"]
    assert "sẽ không nhận" in (await phone.says("2"))[0]
    assert "Báo cáo tới ngay" in (await phone.says("1"))[0]
    await office.tick()
    assert "Đã hủy giữa chừng" in phone.last.text
    assert "1 bị hủy giữa chừng" in phone.last.text
    assert not office.channel.sent


async def test_at_night_it_waits_for_the_morning(
    office: Office, officer: MakeOfficer, person: Person, composed: Composed
) -> None:
    await person(external_id="700")
    office.clock.now = datetime(2026, 10, 12, 15, 30, tzinfo=UTC)  # 22:30
    phone = await composed(await officer())
    assert "Đang ngoài giờ gửi (07:00–21:59)" in phone.last.text
    assert phone.labels == ["Gửi 07:00 mai", "Chọn giờ", "Gửi thử cho tôi", "Tùy chọn", "Lưu nháp", "Quay lại"]
    [ordered] = await phone.taps("Gửi 07:00 mai")
    assert "Đã hẹn: 07:00 ngày 13/10/2026" in ordered
    await office.send_out()
    assert not office.channel.sent
    office.clock.now = datetime(2026, 10, 13, 0, 0, 1, tzinfo=UTC)
    await office.send_out()
    assert len(office.channel.sent) == 1


@pytest.mark.needs("buttons")
async def test_an_older_button_sends_nothing_at_night_or_to_nobody(
    office: Office, officer: MakeOfficer, person: Person, composed: Composed
) -> None:
    phone = await composed(await officer())
    await phone.taps("gui:go:1")
    assert (await office.campaigns())[0].state == CampaignState.DRAFT
    await person(external_id="700")
    office.clock.now = datetime(2026, 10, 12, 15, 30, tzinfo=UTC)
    assert "ngoài giờ" in (await phone.taps("gui:go:1"))[1]
    assert (await office.campaigns())[0].state == CampaignState.DRAFT


@pytest.mark.usefixtures("pays")
async def test_a_typed_time(office: Office, officer: MakeOfficer, person: Person, composed: Composed) -> None:
    await person(external_id="700")
    phone = await composed(await officer())
    assert "Gõ ngày giờ" in (await phone.taps("Hẹn giờ"))[0]
    assert "Chưa rõ" in (await phone.says("khi nào rảnh"))[0]
    assert "ngoài giờ gửi" in (await phone.says("23h mai"))[0]
    assert "phía trước" in (await phone.says("11/10/2026 8h"))[0]
    [ordered] = await phone.says("15/10 7h30")
    assert "Đã hẹn: 07:30 ngày 15/10/2026 gửi cho 1 người" in ordered
    assert phone.labels == ["Hẹn giờ khác", "Hủy hẹn giờ"]
    await office.tick()
    assert (await office.campaigns())[0].state == CampaignState.SCHEDULED
    assert "chưa ai nhận" in (await phone.taps("Hủy hẹn giờ"))[0]


async def test_nobody_to_send_to(office: Office, officer: MakeOfficer, composed: Composed) -> None:
    phone = await composed(await officer())
    assert "Chưa có ai nhận được tin này" in phone.last.text
    assert "Gửi" not in phone.labels
    await phone.says("gửi")
    assert (await office.campaigns())[0].state == CampaignState.DRAFT


async def test_who_does_not_get_it_and_why(
    office: Office, officer: MakeOfficer, person: Person, composed: Composed
) -> None:
    await person(external_id="700")
    await person(external_id="701", subscription=Subscription.STOPPED)
    await person(external_id="702", subscription=Subscription.PAUSED, paused_until=datetime(2026, 11, 1, tzinfo=UTC))
    await person(external_id="703", muted_topics=tuple(topic.code for topic in office.pack.topics))
    await office.stage.phone("704").opens()
    blocked = await person(external_id="705")
    await office.stage.phone("705").blocks()
    assert blocked
    phone = await composed(await officer())
    assert "Sẽ nhận: <b>1 người</b>" in phone.last.text
    line = next(line for line in phone.last.text.splitlines() if line.startswith("Không gửi: "))
    assert set(line.removeprefix("Không gửi: ").split(", ")) == {
        "1 đã ngừng",
        "1 đã chặn",
        "1 đang tạm nghỉ",
        "1 tắt chủ đề này",
    }
    await phone.taps("Gửi")
    await office.send_out()
    for text in ("hai", "ba"):
        await phone.says("gửi tin")
        await phone.says(PLAN + f"\nĐây là phần bổ sung thứ {text} của kế hoạch.")
        await phone.taps("Đúng, tiếp")
        await phone.taps("Tất cả")
        if text == "hai":
            await phone.taps("Gửi")
            await phone.taps("Vẫn gửi")
            await office.send_out()
    assert "1 đủ số tin tuần này" in phone.last.text


async def test_counting_everybody_holds_nobody_up(
    office: Office, officer: MakeOfficer, person: Person, composed: Composed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The count over all people is read outside the turn's transaction: somebody else is answered while it lasts."""
    from storage.ledger import SqlLedger  # noqa: PLC0415  (slowed down here alone)

    count_people = SqlLedger.preview
    counting, answered = asyncio.Event(), asyncio.Event()

    async def slow(self: SqlLedger, *args: Any, **values: Any) -> Any:
        counting.set()
        await asyncio.wait_for(answered.wait(), 5)
        return await count_people(self, *args, **values)

    await person(external_id="700")
    phone = await composed(await officer())
    await phone.taps("Quay lại")
    monkeypatch.setattr(SqlLedger, "preview", slow)
    asking = asyncio.create_task(phone.taps("Tất cả"))
    await asyncio.wait_for(counting.wait(), 5)
    assert await office.stage.phone("900").says("xin chào")
    assert not asking.done()
    answered.set()
    assert "<b>1 người</b>" in (await asking)[1]


@pytest.mark.usefixtures("pays")
async def test_paused_and_resumed_before_its_day_it_waits_and_is_published_when_it_begins(
    office: Office, officer: MakeOfficer, person: Person, composed: Composed
) -> None:
    await person(external_id="700")
    phone = await composed(await officer())
    await phone.taps("Hẹn giờ")
    await phone.says("15/10 7h30")
    await office.tick()
    number = (await office.campaigns())[0].campaign_id
    async with office.database.write() as tx:  # as `loatre campaigns pause` does
        await pause_campaign(System(name="cli"), tx=tx, campaign_id=number, at=office.clock())
    await office.tick()
    assert "Đang tạm dừng" in phone.last.text
    assert phone.labels[0] == "Tiếp tục"
    assert "Chờ gửi lúc 07:30 ngày 15/10/2026" in (await phone.taps("Tiếp tục"))[0]
    assert flashed(phone, "Chờ tới giờ gửi")
    await office.send_out()
    assert not office.channel.sent
    office.clock.now = datetime(2026, 10, 15, 0, 30, tzinfo=UTC)
    await office.send_out()
    assert len(office.channel.sent) == 1
    async with office.database.read() as tx:
        assert len(await tx.news.latest()) == 1
