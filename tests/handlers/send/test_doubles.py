"""A warning before the order when something like it has just been sent."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import pytest

from outreach.campaigns.model import CampaignState
from outreach.messaging import ContactId
from outreach.officers import Officer, Role
from tests.handlers.conftest import ON_EVERY_CHANNEL, ON_TELEGRAM, Phone
from tests.handlers.send.conftest import PLAN, Office

Person = Callable[..., Awaitable[ContactId]]
MakeOfficer = Callable[..., Awaitable[Officer]]
Composed = Callable[[Officer], Awaitable[Phone]]

TITLE = "Kế hoạch phát hiện, bồi dưỡng, phát huy tài năng trẻ"
SWIMMING = "Lớp bơi mùa hè\nMời thanh niên đăng ký lớp bơi tại nhà thiếu nhi tỉnh, học phí hoàn toàn miễn phí."


@pytest.fixture
async def phone(office: Office, officer: MakeOfficer, person: Person, composed: Composed) -> Phone:
    """The plan was sent to both people yesterday at 10."""
    for name in ("700", "701"):
        await person(unit="06325", external_id=name)
    sender = await composed(await officer())
    await sender.taps("Gửi")
    await office.send_out()
    office.clock.advance(hours=24)
    for name in ("700", "701"):
        await office.stage.phone(name).says("chào")  # so that no window is closed
    return sender


async def _compose(phone: Phone, text: str) -> None:
    await phone.says("gửi tin")
    await phone.says(text)
    await phone.taps("Đúng, tiếp")
    await phone.taps("Tất cả")


@ON_EVERY_CHANNEL
async def test_nearly_the_same_words(office: Office, phone: Phone) -> None:
    await _compose(phone, PLAN + "\nHết.")
    [warning] = await phone.taps("Gửi")
    assert f"Tin gần giống “{TITLE}” đã gửi cho <b>2 người</b> lúc 10:01 hôm qua" in warning
    assert "Trong 2 người sẽ nhận lần này, 2 người đã nhận tin đó." in warning
    assert phone.labels == ["Vẫn gửi", "Xem tin đó", "Quay lại"]
    assert "Kiểm tra trước khi gửi" in (await phone.taps("Quay lại"))[1]
    await phone.taps("Gửi")
    assert "Đã gửi xong" in (await phone.taps("Xem tin đó"))[0]
    assert (await office.campaigns())[0].state == CampaignState.DRAFT
    await _compose(phone, PLAN + "\nHết.")
    await phone.taps("Gửi")
    assert "Đã nhận lệnh gửi cho 2 người" in (await phone.says("1"))[0]


@ON_TELEGRAM
async def test_what_was_taken_back_is_told_as_such(phone: Phone) -> None:
    await phone.taps("gui:recallyes:1")
    await _compose(phone, PLAN + "\nHết.")
    assert f"Tin gần giống “{TITLE}” (đã thu hồi) đã gửi cho" in (await phone.taps("Gửi"))[0]


@ON_EVERY_CHANNEL
async def test_the_same_people(phone: Phone) -> None:
    await _compose(phone, SWIMMING)
    [warning] = await phone.taps("Gửi")
    assert f"100,0% người sẽ nhận tin này (<b>2/2</b>) vừa nhận tin “{TITLE}” lúc 10:01 hôm qua." in warning
    assert "Đã nhận lệnh" in (await phone.taps("Vẫn gửi"))[0]


@ON_TELEGRAM
async def test_what_went_by_a_digest_was_sent_too(
    office: Office, officer: MakeOfficer, person: Person, composed: Composed
) -> None:
    for name in ("700", "701"):
        await person(external_id=name)
    phone = await composed(await officer())
    await phone.taps("Hẹn giờ")
    await phone.taps("Đưa vào bản tin")
    office.clock.now = datetime(2026, 10, 12, 11, 29, tzinfo=UTC)
    await office.tick()
    await office.send_out()
    office.clock.now = datetime(2026, 10, 13, 3, tzinfo=UTC)
    await _compose(phone, PLAN + "\nHết.")
    [warning] = await phone.taps("Gửi")
    assert f"Tin gần giống “{TITLE}” đã gửi cho <b>2 người</b> lúc 18:30 hôm qua" in warning
    assert "Trong 2 người sẽ nhận lần này, 2 người đã nhận tin đó." in warning
    assert "Đã nhận trong bản tin tuần: <b>2</b>" in (await phone.taps("Xem tin đó"))[0]


@ON_TELEGRAM
async def test_the_hour_is_kept_and_decides(office: Office, phone: Phone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("handlers.send.check.TYPED_COUNT_ABOVE", 1)
    await _compose(phone, SWIMMING)
    await phone.taps("Hẹn giờ")
    assert "vừa nhận tin" in (await phone.says("13/10 15h"))[0]
    old = phone.last.buttons[0][0].payload
    assert "<b>2 người</b> lúc 15:00 ngày 13/10/2026. Gõ số" in (await phone.taps("Vẫn gửi"))[0]
    office.clock.advance(hours=6)  # the hour has passed: the last look again
    assert "Kiểm tra trước khi gửi" in (await phone.taps(old))[1]
    await phone.taps("Hẹn giờ")
    assert "Gõ số" in (await phone.says("15/10 9h"))[0], "more than two days after the other"


@ON_TELEGRAM
async def test_of_anothers_campaign_she_hears_and_does_not_look_in(
    office: Office, phone: Phone, officer: MakeOfficer
) -> None:
    commune = await office.phone(await officer(Role.OFFICER, unit="06325"))
    await commune.says("gửi tin")
    for words in (PLAN, "Đúng, tiếp", "Cả xã Bắc Sơn", "Gửi"):
        await (commune.says if words == PLAN else commune.taps)(words)
    assert "Tin gần giống" in commune.last.text
    assert commune.labels == ["Vẫn gửi", "Quay lại"]
    assert phone.last
