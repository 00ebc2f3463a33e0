"""How it is to be sent, chosen on one screen; and what an officer is told when the clock decides. It is Monday 12/10/2026, 10:00."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import pytest

from outreach.campaigns.model import CampaignState, LateRule, OnUnknown, Plan
from outreach.messaging import ChannelName, ContactId, SendError, SendErrorKind
from outreach.officers import Officer
from tests.handlers.conftest import ON_EVERY_CHANNEL, Phone
from tests.handlers.send.conftest import PLAN, Office

pytestmark = [ON_EVERY_CHANNEL, pytest.mark.usefixtures("pays")]

TITLE = "Kế hoạch phát hiện, bồi dưỡng, phát huy tài năng trẻ"
STANDS = "Tin nằm trong bản tin tuần 18:30 thứ Hai 12/10/2026"
Person = Callable[..., Awaitable[ContactId]]
MakeOfficer = Callable[..., Awaitable[Officer]]
Composed = Callable[[Officer], Awaitable[Phone]]


@pytest.fixture
async def phone(officer: MakeOfficer, person: Person, composed: Composed) -> Phone:
    """The last look, for four people."""
    for number in range(4):
        await person(external_id=str(700 + number))
    return await composed(await officer())


async def test_every_choice_is_kept_and_told_in_the_last_look(office: Office, phone: Phone) -> None:
    [screen] = await phone.taps("Tùy chọn")
    assert "• Âm báo: im lặng" in screen
    for label, said in (
        ("Gấp, có tiếng", "<b>có tiếng</b>"),
        ("Lỡ giờ: bỏ", "quá 15 phút: lỡ giờ thì bỏ"),
        ("Không rõ: gửi lại", "<b>tự gửi lại một lần</b>"),
        ("Gửi trước 50 người", "<b>50 người</b>"),
    ):
        assert said in (await phone.taps(label))[0]
    assert "Gõ ngày giờ" in (await phone.taps("Hết hạn lúc"))[0]
    assert "Chưa rõ ngày giờ" in (await phone.says("bao giờ cũng được"))[0]
    assert "không hẹn được" in (await phone.says("11/10/2026 8h"))[0]
    assert "<b>17:00 ngày 13/10/2026</b>" in (await phone.says("13/10 17h"))[0]
    await phone.taps("Quay lại")
    assert (
        "Tùy chọn: gấp, có tiếng · hết hạn 17:00 ngày 13/10/2026 · lỡ giờ thì bỏ · không rõ thì gửi lại · gửi trước 50 người"
    ) in phone.last.text
    [campaign] = await office.campaigns()
    ends = datetime(2026, 10, 13, 10, 0, tzinfo=UTC)
    assert campaign.plan == Plan(urgent=True, late_rule=LateRule.SKIP, expires_at=ends, first_wave=50)
    assert campaign.on_unknown == OnUnknown.RATHER_REPEAT
    await phone.taps("Hẹn giờ")
    assert "hết hạn trước giờ gửi" in (await phone.says("13/10 18h"))[0]
    assert (await office.campaigns())[0].state == CampaignState.DRAFT


async def scheduled(office: Office, phone: Phone, *, late: str = "") -> None:
    """For 11:00, and the machine is down until 11:30."""
    if late:
        await phone.taps("Tùy chọn")
        await phone.taps(late)
        await phone.taps("Quay lại")
    await phone.taps("Hẹn giờ")
    await phone.says("11h")
    office.clock.advance(minutes=90)
    await office.tick()


async def test_a_missed_hour_is_asked_once_and_sent(office: Office, phone: Phone) -> None:
    await scheduled(office, phone)
    assert "hẹn 11:00 ngày 12/10/2026 <b>chưa gửi</b>" in phone.last.text
    assert phone.labels == ["Gửi ngay", "Hẹn giờ khác", "Bỏ"]
    told = len(phone.inbox)
    await office.tick()
    assert len(phone.inbox) == told
    [waits] = await phone.taps("Gửi ngay")
    assert "Chờ gửi lúc 11:31 ngày 12/10/2026. Tới lúc đó còn đổi ý được" in waits
    assert phone.labels == ["Dừng lại"]
    await office.tick()
    assert not office.channel.sent
    await office.send_out()
    assert len(office.channel.sent) == 4
    async with office.database.read() as tx:
        assert len(await tx.news.latest()) == 1  # published with its beginning


async def test_a_missed_hour_is_given_another_one(office: Office, phone: Phone) -> None:
    await scheduled(office, phone)
    unscheduled, asked = await phone.taps("Hẹn giờ khác")
    assert "Giờ hẹn cũ đã bỏ, chưa ai nhận" in unscheduled
    assert "Gõ ngày giờ" in asked
    assert "Đã hẹn: 14:00 ngày 12/10/2026 gửi cho 4 người" in (await phone.says("14h"))[0]
    assert phone.labels == ["Hẹn giờ khác", "Hủy hẹn giờ"]


async def test_a_missed_hour_may_drop_it(office: Office, phone: Phone) -> None:
    await scheduled(office, phone, late="Lỡ giờ: bỏ")
    assert "<b>không gửi</b>: lúc đó máy chủ nghỉ" in phone.last.text
    assert phone.labels == ["Hẹn giờ khác"]
    told = len(phone.inbox)
    await office.tick()
    assert len(phone.inbox) == told
    assert "Gõ ngày giờ" in (await phone.taps("Hẹn giờ khác"))[1]
    assert "Đã hẹn" in (await phone.says("14h"))[0]


async def test_the_first_wave_is_told_and_opened(office: Office, phone: Phone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("handlers.send.plan.FIRST_WAVE", 2)
    office.channel.answers["701"] = SendError(SendErrorKind.GONE, "blocked")
    await phone.taps("Tùy chọn")
    await phone.taps("Gửi trước")
    await phone.taps("Quay lại")
    await phone.taps("Gửi")
    office.clock.advance(seconds=61)
    await office.tick()
    assert "2 người đầu tiên" in phone.last.text
    await office.deliver(1)
    await office.tick()
    await office.tick()
    assert "<b>2 người đầu tiên</b> của tin" in phone.last.text
    assert "1 đã gửi, 1 vừa chặn trợ lý. 2 người còn lại đi lúc <b>10:11</b>." in phone.last.text
    assert phone.labels == ["Gửi tiếp ngay", "Tạm dừng", "Hủy phần còn lại"]
    for step in ("Tạm dừng", "Tiếp tục"):
        await office.tick()
        await phone.taps(step)
    await office.tick()
    assert sum("của tin" in reply.text for reply in phone.inbox) == 1, "it is told once"
    await phone.taps("Gửi tiếp ngay")
    await office.dispatch()
    await office.tick()
    assert "Đã gửi: <b>3</b>" in phone.last.text


async def test_a_first_wave_of_fewer_people_says_how_many(office: Office, phone: Phone) -> None:
    await phone.taps("Tùy chọn")
    await phone.taps("Gửi trước")
    await phone.taps("Quay lại")
    await phone.taps("Gửi")
    office.clock.advance(seconds=61)
    await office.tick()
    assert "Đang gửi <b>4 người đầu tiên</b>: 0/4." in phone.last.text


async def test_who_is_over_the_limit_gets_it_in_the_digest(
    office: Office, phone: Phone, officer: MakeOfficer, composed: Composed
) -> None:
    """It is Monday, 10:00; in the digest of today everybody's week would still be full."""
    for _ in range(2):
        await phone.taps("Gửi")
        if "Vẫn gửi" in phone.labels:
            await phone.taps("Vẫn gửi")
        await office.send_out()
        await phone.says("gửi tin")
        await phone.says(f"{PLAN}\nBổ sung lần {len(office.channel.sent)}.")
        await phone.taps("Đúng, tiếp")
        await phone.taps("Tất cả")
    assert "Không gửi: 4 đủ số tin tuần này\n" in phone.last.text  # nothing of it is ordered yet
    await phone.taps("Hẹn giờ")
    await phone.says("hôm nay 20h")
    assert "Đưa vào bản tin thứ Hai 19/10/2026" in phone.labels
    await phone.taps("Quay lại")
    await phone.taps("Đưa vào bản tin thứ Hai 19/10/2026")
    if "Vẫn gửi" in phone.labels:
        await phone.taps("Vẫn gửi")
    if phone.channel == ChannelName.ZALO_OA:  # where a window closes within the week that is said
        assert "4 đã quá 7 ngày không nhắn" in phone.last.text
        return
    assert "Tin nằm trong bản tin tuần lúc 18:30 ngày 19/10/2026, khoảng 4 người nhận" in phone.last.text
    office.clock.now = datetime(2026, 10, 19, 11, 29, tzinfo=UTC)
    office.channel.sent.clear()
    await office.tick()
    await office.send_out()
    assert len(office.channel.sent) == 4


async def test_news_goes_into_the_digest(office: Office, phone: Phone) -> None:
    await phone.taps("Hẹn giờ")
    assert (
        "Tin nằm trong bản tin tuần lúc 18:30 ngày 12/10/2026, khoảng 4 người nhận"
        in (await phone.taps("Đưa vào bản tin thứ Hai 12/10/2026"))[0]
    )
    assert phone.labels == ["Hẹn giờ khác", "Hủy hẹn giờ"]
    await phone.says("chiến dịch")
    assert "· <i>trong bản tin tuần</i> · 12/10/2026" in phone.last.text
    assert STANDS + ". Tới lúc đó còn đổi ý được" in (await phone.says("1"))[0]
    phone.inbox.clear()
    office.clock.now = datetime(2026, 10, 12, 11, 29, tzinfo=UTC)
    await office.tick()
    assert [reply.text for reply in phone.inbox] == [f"{STANDS}, 4 người: {TITLE}"]
    await office.send_out()
    await office.tick()
    assert len(office.channel.sent) == 4
    [hers] = [reply.text for reply in phone.inbox if "Đã nhận trong bản tin tuần: <b>4</b>" in reply.text]
    assert hers.startswith(f"<b>{STANDS}, 4 người</b>\n{TITLE}\n")
    assert "Bản tin tuần" in phone.last.text
    assert "Đã gửi: <b>4</b>" in phone.last.text
    assert "Đính chính" not in phone.labels
    said = len(phone.inbox)
    await office.tick()
    assert len(phone.inbox) == said, "she is told once"
    await phone.says("chiến dịch")
    [told] = await phone.says("2")
    assert told.startswith(f"<b>{STANDS}, 4 người</b>\n{TITLE}\n\nĐã nhận trong bản tin tuần: <b>4</b>\n")
    assert "Không gửi" not in told
    assert "Đính chính" in phone.labels
    await phone.taps("Xem từng người")
    assert phone.labels == ["Tất cả 4", "Trong bản tin tuần 4", "Xem báo cáo"]
    [page] = await phone.taps("Trong bản tin tuần 4")
    assert page.splitlines()[2] == "Số 1 · chưa rõ đơn vị · Đã gửi 18:30 12/10/2026 · Trong bản tin tuần"


async def test_a_digest_is_read_line_by_line(office: Office, phone: Phone) -> None:
    await phone.taps("Hẹn giờ")
    await phone.taps("Đưa vào bản tin")
    office.clock.now = datetime(2026, 10, 12, 11, 29, tzinfo=UTC)
    await office.tick()
    await office.send_out()
    reader = office.stage.phone("700")
    reader.inbox.append(next(reply for to, reply in office.channel.sent if to == "700"))
    [whole] = await reader.taps("1. Kế hoạch")
    assert "<b>Kế hoạch phát hiện, bồi dưỡng, phát huy tài năng trẻ</b>" in whole
    assert "Mỗi năm có ít nhất 70%" in whole
