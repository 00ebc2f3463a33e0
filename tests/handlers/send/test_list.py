"""Campaigns are found again by state and words, and open as they stand."""

from collections.abc import Awaitable, Callable

import pytest

from outreach.campaigns.model import CampaignState
from outreach.messaging import ContactId
from outreach.officers import Officer, Role
from storage import tables as t
from tests.handlers.conftest import ON_EVERY_CHANNEL, Phone
from tests.handlers.send.conftest import PLAN, Office

pytestmark = ON_EVERY_CHANNEL

Person = Callable[..., Awaitable[ContactId]]
MakeOfficer = Callable[..., Awaitable[Officer]]
Composed = Callable[[Officer], Awaitable[Phone]]
BAC_SON = "06325"


@pytest.fixture
async def phone(office: Office, officer: MakeOfficer, person: Person, composed: Composed) -> Phone:
    """One campaign was sent to two, another one is a draft."""
    for number in range(2):
        await person(external_id=str(700 + number), unit=BAC_SON)
    own = await officer(external_id="7")
    phone = await composed(own)
    await phone.taps("Gửi")
    await office.send_out()
    await phone.says("gửi tin")
    await phone.says("Hội thi sáng tạo trẻ\nĐoạn văn nói về hội thi sáng tạo trẻ của tỉnh năm nay.")
    return phone


async def test_it_lists_by_state_and_finds_by_words(phone: Phone) -> None:
    [listed] = await phone.says("chiến dịch")
    assert "<b>Chiến dịch</b> (1)" in listed
    assert "1. Kế hoạch phát hiện" in listed
    assert "<i>đã gửi xong</i> · 2/2 · 12/10/2026" in listed
    assert "Hội thi" not in listed, "a draft stands by itself"
    assert "Chưa có chiến dịch nào ở đây" in (await phone.taps("Đang gửi, đã hẹn"))[0]
    [drafts] = await phone.taps("Nháp")
    assert "Hội thi sáng tạo trẻ · <i>nháp</i> · 12/10/2026" in drafts
    assert "có chữ “tài năng” (0)" not in (await phone.says("tài năng"))[0]
    await phone.says("chiến dịch")
    assert "có chữ “BOI duong” (1)" in (await phone.says("BOI duong"))[0]
    assert "Chưa thấy chiến dịch nào có chữ “xe đạp”" in (await phone.says("xe đạp"))[0]
    assert "<b>Chiến dịch</b> (1)" in (await phone.taps("Bỏ tìm"))[0]
    assert "Đã gửi: <b>2</b>" in (await phone.says("1"))[0], "its report"


async def test_what_is_typed_there_is_not_always_searched_for(phone: Phone) -> None:
    await phone.says("chiến dịch")
    await phone.says("tài năng")
    [said] = await phone.says(PLAN)
    assert said.startswith("Nội dung vừa gửi <b>chưa được nhận</b>. Muốn soạn tin khác")
    assert "có chữ “tài năng” (1)" in said, "what was searched for before"
    assert "<b>Nháp</b> (1)" in (await phone.says("lưu nháp"))[0]
    assert "Gửi tin cho thanh niên" in (await phone.says("quay lại"))[0]
    await phone.says("chiến dịch")
    await phone.says("tài năng")
    assert "<b>Chiến dịch</b> (1)" in (await phone.says("quay lại"))[0]


async def test_each_opens_as_it_stands(phone: Phone, office: Office) -> None:
    await phone.says("chiến dịch")
    await phone.taps("Nháp")
    assert "Đã đọc được: <b>Hội thi sáng tạo trẻ</b>" in (await phone.taps("1. Hội thi"))[0]
    async with office.database.write() as tx:
        one = t.campaign.c.id == 1
        await tx.connection.execute(t.campaign.update().where(one).values(state=CampaignState.PAUSED))
    await phone.says("chiến dịch")
    await phone.taps("Đang gửi, đã hẹn")
    assert "Đang tạm dừng" in (await phone.taps("1. Kế hoạch"))[0]
    await phone.says("gửi tin")
    assert "<b>Chiến dịch</b>" in (await phone.taps("Chiến dịch"))[0]


async def test_pages_and_the_scope(phone: Phone, office: Office, officer: MakeOfficer) -> None:
    async with office.database.write() as tx:
        first = (await tx.campaigns.list_recent(unit_id=None, limit=2))[-1]
        for number in range(6):
            content = type(first.content)(title=f"Tin số {number}", paragraphs=("a",))
            made = await tx.campaigns.add(
                content=content, audience=first.audience, by=first.created_by, unit_id=None, at=office.clock()
            )
            await tx.campaigns.move(made, state=CampaignState.CANCELLED, at=office.clock())
    assert "(7)" in (await phone.says("chiến dịch"))[0]
    assert "2. Kế hoạch" in (await phone.taps("Cũ hơn"))[0]
    assert "1. Tin số 5" in (await phone.taps("← Mới hơn"))[0]
    await officer(Role.OFFICER, unit=BAC_SON, external_id="8")
    other = office.stage.phone("8")
    assert "Chưa có chiến dịch nào" in (await other.says("chiến dịch"))[0]
    assert "Chưa có chiến dịch nào" in (await other.taps("Nháp"))[0], "another's drafts are not hers"
    if other.can.buttons:
        assert "đơn vị khác" in (await other.taps("gui:open:1"))[0]
        assert "đơn vị khác" in (await other.taps("gui:people:1-sent-0"))[0]
        assert "đơn vị khác" in (await other.taps("gui:file:1-sent-csv"))[0]
    await officer(Role.REVIEWER, external_id="9")
    assert "vai trò phù hợp" in (await office.stage.phone("9").says("chiến dịch"))[0]
    assert PLAN.splitlines()[0] == first.content.title
