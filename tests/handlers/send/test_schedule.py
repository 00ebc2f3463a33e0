"""Ordered for another day: the count, who is left out and the typed number are those of that day. It is Monday 12/10/2026, 10:00."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import pytest

from outreach.campaigns.model import CampaignState
from outreach.contacts.model import Subscription
from outreach.contacts.windows import Windows
from outreach.messaging import ChannelName, ContactId
from outreach.officers import Officer
from tests.handlers.conftest import ON_EVERY_CHANNEL, Phone
from tests.handlers.send.conftest import PLAN, Office

pytestmark = [ON_EVERY_CHANNEL, pytest.mark.usefixtures("pays")]

Person = Callable[..., Awaitable[ContactId]]
MakeOfficer = Callable[..., Awaitable[Officer]]
Composed = Callable[[Officer], Awaitable[Phone]]


@pytest.fixture
async def capped(office: Office, officer: MakeOfficer, person: Person) -> Phone:
    """Three people have had their two messages of this week; the officer's phone is free."""
    for number in range(3):
        await person(external_id=str(700 + number))
    phone = await office.phone(await officer())
    for text in ("một", "hai"):
        await _compose(phone, text)
        await phone.taps("Gửi")
        if text == "hai":
            await phone.taps("Vẫn gửi")
        await office.send_out()
    return phone


async def _compose(phone: Phone, text: str) -> None:
    await phone.says("gửi tin")
    await phone.says(PLAN + f"\nĐây là phần bổ sung thứ {text} của kế hoạch.")
    await phone.taps("Đúng, tiếp")
    await phone.taps("Tất cả")


async def test_the_typed_count_is_that_of_the_day(
    office: Office, capped: Phone, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("handlers.send.check.TYPED_COUNT_ABOVE", 3)
    await person(external_id="703")
    await person(external_id="704", subscription=Subscription.PAUSED, paused_until=datetime(2026, 10, 18, tzinfo=UTC))
    await person(external_id="705", subscription=Subscription.PAUSED, paused_until=datetime(2026, 11, 18, tzinfo=UTC))
    await _compose(capped, "ba")
    assert "Sẽ nhận: <b>1 người</b>" in capped.last.text
    assert "3 đủ số tin tuần này" in capped.last.text
    await capped.taps("Hẹn giờ")
    [asked] = await capped.says("19/10 8h")
    assert "<b>5 người</b> lúc 08:00 ngày 19/10/2026. Không gửi: 1 đang tạm nghỉ. Gõ số <b>5</b>" in asked
    assert (await office.campaigns())[0].state == CampaignState.DRAFT
    assert "Đã hẹn: 08:00 ngày 19/10/2026 gửi cho 5 người" in (await capped.says("5"))[0]
    before = len(office.channel.sent)
    office.clock.now = datetime(2026, 10, 19, 1, 0, tzinfo=UTC)
    await office.send_out()
    assert len(office.channel.sent) - before == 5


async def test_the_report_promises_the_digest_as_the_last_look_did(
    office: Office, capped: Phone, person: Person
) -> None:
    await person(external_id="703")
    await _compose(capped, "ba")
    promised = "Không gửi: 3 đủ số tin tuần này, nhận trong bản tin thứ Hai 19/10/2026"
    assert promised in capped.last.text
    await capped.taps("Gửi")
    await capped.taps("Vẫn gửi")
    await office.send_out()
    assert "Đã gửi: <b>1</b>" in capped.last.text
    assert promised in capped.last.text


async def test_what_expires_before_the_digest_is_not_promised_in_it(capped: Phone, person: Person) -> None:
    await person(external_id="703")
    await _compose(capped, "ba")
    promised = "3 đủ số tin tuần này, nhận trong bản tin thứ Hai 19/10/2026"
    assert promised in capped.last.text
    await capped.taps("Tùy chọn")
    await capped.taps("Hết hạn lúc")
    for until, promises in (("19/10 18h30", False), ("19/10 19h", True)):
        await capped.says(until)
        await capped.taps("Quay lại")
        assert "3 đủ số tin tuần này" in capped.last.text
        assert (promised in capped.last.text) == promises
        await capped.taps("Tùy chọn")
        await capped.taps("Hết hạn lúc")


async def test_nobody_today_is_no_reason_not_to_schedule(office: Office, capped: Phone) -> None:
    await _compose(capped, "ba")
    assert "hẹn ngày khác." in capped.last.text
    digest = "Đưa vào bản tin thứ Hai 19/10/2026"
    assert capped.labels == ["Gửi thử cho tôi", digest, "Hẹn giờ", "Lưu nháp", "Quay lại"]
    await capped.taps("Hẹn giờ")
    [nobody] = await capped.says("14/10 8h")
    assert "Lúc 08:00 ngày 14/10/2026 chưa có ai nhận được tin này: 3 đủ số tin tuần này. Gõ" in nobody
    assert "Đã hẹn: 08:00 ngày 19/10/2026 gửi cho 3 người" in (await capped.says("19/10 8h"))[0]
    assert (await office.campaigns())[0].state == CampaignState.SCHEDULED


async def test_at_night_the_morning_is_counted(office: Office, capped: Phone) -> None:
    """Sunday night: the week begins anew before anything leaves."""
    office.clock.now = datetime(2026, 10, 18, 15, 30, tzinfo=UTC)
    await _compose(capped, "ba")
    assert "Sẽ nhận: <b>3 người</b>" in capped.last.text
    assert "gửi cho 3 người" in (await capped.taps("Gửi 07:00 mai"))[0]


async def test_a_number_typed_after_its_hour_sends_nothing(
    office: Office, capped: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("handlers.send.check.TYPED_COUNT_ABOVE", 2)
    office.clock.now = datetime(2026, 10, 19, 1, 0, tzinfo=UTC)
    await _compose(capped, "ba")
    await capped.taps("Hẹn giờ")
    assert "08:10 ngày 19/10/2026" in (await capped.says("8h10"))[0]
    office.clock.advance(minutes=11)
    assert "không hẹn được" in (await capped.says("3"))[0]
    assert (await office.campaigns())[0].state == CampaignState.DRAFT
    assert "08:00 ngày 20/10/2026" in (await capped.says("20/10 8h"))[0]


@pytest.mark.channels(ChannelName.ZALO_OA)
async def test_where_windows_close_the_day_says_who_would_cost(
    office: Office, person: Person, officer: MakeOfficer
) -> None:
    office.database.windows = Windows()
    await person(external_id="700")
    phone = await office.phone(await officer())
    await _compose(phone, "một")
    assert "Sẽ nhận: <b>1 người</b>" in phone.last.text
    await phone.taps("Hẹn giờ")
    [nobody] = await phone.says("15/10 8h")
    assert nobody.endswith("chưa có ai nhận được tin này: 1 đã lâu không nhắn, gửi thì mất phí. Gõ ngày giờ khác.")
    assert "gửi cho 1 người" in (await phone.says("13/10 8h"))[0]
