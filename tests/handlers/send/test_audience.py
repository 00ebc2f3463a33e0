"""More conditions: each can be set, changed and dropped, says how many are left, and only those get it."""

from collections.abc import Awaitable, Callable

import pytest

from outreach.campaigns.model import Audience, AudienceKind
from outreach.contacts.posters import make_poster
from outreach.messaging import ContactId
from outreach.officers import Officer, Role
from outreach.units import UnitId
from tests.conftest import NOW
from tests.handlers.conftest import ON_EVERY_CHANNEL, Phone
from tests.handlers.send.conftest import PLAN, Office

pytestmark = ON_EVERY_CHANNEL

Person = Callable[..., Awaitable[ContactId]]
MakeOfficer = Callable[..., Awaitable[Officer]]

BAC_SON, DONG_KINH = "06325", "05977"
MORE = "Chọn thêm điều kiện"


async def at_the_menu(office: Office, officer: Officer, *, text: str = PLAN) -> Phone:
    phone = await office.phone(officer)
    for words in ("gửi tin", text):
        await phone.says(words)
    await phone.taps("Đúng, tiếp")
    await phone.taps(MORE)
    return phone


def got(office: Office) -> list[str]:
    return sorted(external_id for external_id, _ in office.channel.sent)


async def test_conditions_are_set_changed_and_dropped(office: Office, officer: MakeOfficer, person: Person) -> None:
    await person(unit=BAC_SON, birth_year=2008, external_id="700")
    await person(unit=BAC_SON, birth_year=2000, external_id="701")
    await person(unit=DONG_KINH, birth_year=2008, external_id="702", muted_topics=("awards",))
    await person(unit=DONG_KINH, birth_year=None, external_id="703")
    phone = await at_the_menu(office, await officer())
    assert "Gửi cho: <b>tất cả</b>.\nĐang có <b>4 người</b>." in phone.last.text
    await phone.taps("Tuổi")
    assert "Chưa rõ tuổi" in (await phone.says("trẻ"))[0]
    assert "Đang có <b>1 người</b>" in (await phone.says("từ 23 đến 30"))[0]
    await phone.taps("Tuổi: 23–30")
    assert "thanh niên 16–22 tuổi</b>.\nĐang có <b>2 người</b>" in (await phone.says("16-22"))[0]
    await phone.taps("Chủ đề")
    assert "Đang có <b>1 người</b>" in (await phone.taps("Giải thưởng"))[0]
    assert "✓ Giải thưởng, tôn vinh" in phone.labels
    await phone.taps("Xong")
    [counts] = await phone.taps("Theo xã và kênh")
    assert "xã Bắc Sơn: 1" in counts
    assert "Đông Kinh" not in counts
    await phone.taps("Các điều kiện")
    check = (await phone.taps("Xong: 1 người"))[1]
    assert "Gửi cho: thanh niên 16–22 tuổi, quan tâm Giải thưởng, tôn vinh\n" in check
    assert "<b>1 người</b>" in check

    assert "Đang chọn: thanh niên 16–22 tuổi, quan tâm" in (await phone.taps("Quay lại"))[0]
    await phone.taps("Điều kiện đang chọn: 2")
    await phone.taps("Chủ đề: 1")
    await phone.taps("Bỏ điều kiện này")
    check = (await phone.taps("Xong: 2 người"))[1]
    await phone.taps("Gửi")
    await office.send_out()
    assert got(office) == ["700", "702"]


async def test_where_nobody_is_left_it_says_what_to_drop(office: Office, officer: MakeOfficer, person: Person) -> None:
    await person(unit=BAC_SON, birth_year=2000)
    phone = await at_the_menu(office, await officer())
    await phone.taps("Tuổi")
    [menu] = await phone.says("16-22")
    assert "Không ai hợp mọi điều kiện này. Bỏ bớt một điều kiện thì có:\n• bỏ tuổi: 1 người" in menu
    assert not any(label.startswith("Xong") for label in phone.labels)
    assert "tất cả" in (await phone.taps("Bỏ hết điều kiện"))[0]
    assert "Xong: 1 người" in phone.labels


async def test_people_of_a_poster(
    office: Office, officer: MakeOfficer, person: Person, units: dict[str, UnitId]
) -> None:
    boss = await officer()
    async with office.database.write() as tx:
        await make_poster(boss, tx, code="BS01", title="Trường THPT Bắc Sơn", unit_id=units[BAC_SON], at=NOW)
    await person(external_id="700", source="src_06325-bs01")
    await person(external_id="701", source="src_06325-bs01")
    await person(external_id="702", source="src_tet")
    await person(external_id="703")
    phone = await at_the_menu(office, boss)
    await phone.taps("Chủ đề")
    assert "Chọn điều kiện để thêm" in (await phone.says("quay lại"))[0]
    await phone.taps("Đến từ đâu")
    assert "Chọn điều kiện để thêm" in (await phone.says("quay lại"))[0]
    await phone.taps("Đến từ đâu")
    assert phone.labels[:3] == ["áp phích BS01 (Trường THPT Bắc Sơn): 2", "tự tìm đến: 1", "đường dẫn tet: 1"]
    assert "Không có ai đến từ nơi này" in (await phone.says("QN99"))[0]
    assert "Đang có <b>2 người</b>" in (await phone.says("bs01"))[0]
    assert "Đang có <b>3 người</b>" in (await phone.taps("tự tìm đến"))[0]
    await phone.taps("✓ áp phích")
    await phone.taps("Xong")
    check = (await phone.taps("Xong"))[1]
    assert "Gửi cho: người tự tìm đến\n" in check


async def test_units_and_whom_nothing_reached_yet_go_together(
    office: Office, officer: MakeOfficer, units: dict[str, UnitId]
) -> None:
    """An old district named in full stands for its units; the province for all of them."""
    phone = await at_the_menu(office, await officer())
    await phone.taps("Chưa nhận tin nào kỳ này")
    assert "✓ Chưa nhận tin nào kỳ này" in phone.labels
    await phone.taps("Xã, phường")
    codes = {
        choice.unit.code
        for area in office.pack.gazetteer.areas()
        if area.label in {"huyện Bắc Sơn", "huyện Chi Lăng"}
        for choice in area.choices
    }
    await phone.says("huyện bắc sơn")
    await phone.taps("Cả khu vực này")
    assert f"Đã chọn {len(codes)}: " in (await phone.says("huyện chi lăng"))[0]
    await phone.taps("Xong")
    [campaign] = await office.campaigns()
    assert campaign.audience.kind == AudienceKind.NOT_REACHED
    assert set(campaign.audience.unit_ids) == {units[code] for code in codes}
    await phone.taps(f"Xã, phường: {len(codes)}")
    everywhere = len(office.pack.units)
    assert f"Đã chọn {everywhere}: " in (await phone.says("tỉnh Lạng Sơn"))[0]
    await phone.taps("Quay lại")
    await phone.taps("✓ Chưa nhận tin nào kỳ này")
    await phone.taps("Xã, phường")
    await phone.taps("Bỏ điều kiện này")
    assert (await office.campaigns())[0].audience == Audience(topic=campaign.content.topic)


@pytest.mark.needs("buttons")
async def test_who_has_not_got_or_not_opened_an_earlier_one(
    office: Office, officer: MakeOfficer, person: Person
) -> None:
    await person(external_id="700")
    await person(external_id="701")
    boss = await officer()
    phone = await at_the_menu(office, boss)
    await phone.taps("Chưa nhận tin…")
    assert phone.last.text == "Chưa có tin nào đã gửi để chọn."
    await phone.taps("Các điều kiện")
    await phone.taps("Xong")
    await phone.taps("Gửi")
    await office.send_out()
    await office.stage.phone("700").taps("cam:read:1")
    await person(external_id="702")

    phone = await at_the_menu(office, boss, text=f"{PLAN}\nThêm một dòng mới.")
    await phone.taps("Nhận mà chưa mở tin…")
    assert "Đang có <b>1 người</b>" in (await phone.taps("Kế hoạch phát hiện"))[0]
    await phone.taps("✓ Nhận mà chưa mở")
    await phone.taps("Bỏ điều kiện này")
    await phone.taps("Chưa nhận tin…")
    [menu] = await phone.taps("Kế hoạch phát hiện")
    assert "người chưa nhận tin “Kế hoạch phát hiện, bồi dưỡng, phát huy tài năng trẻ”" in menu
    await phone.taps("Xong: 1 người")
    await phone.taps("Gửi")
    await office.send_out()
    assert got(office) == ["700", "701", "702"]


@pytest.mark.needs("buttons")
async def test_a_commune_s_officer_stays_in_it(
    office: Office, officer: MakeOfficer, person: Person, units: dict[str, UnitId]
) -> None:
    await person(unit=BAC_SON, external_id="700", source="src_06325-thpt")
    await person(unit=DONG_KINH, external_id="701", source="src_tet")
    province = await at_the_menu(office, await officer())  # campaign 1
    await province.taps("Xong")
    await province.taps("Gửi")
    await office.send_out()
    phone = await at_the_menu(office, await officer(Role.OFFICER, unit=BAC_SON))  # campaign 2
    assert "người" in phone.last.text
    assert "Đang có <b>1 người</b>" in phone.last.text
    assert not any(label.startswith("Xã, phường") for label in phone.labels)
    await phone.taps("Đến từ đâu")
    assert phone.labels[0] == "áp phích xã Bắc Sơn (thpt): 1"
    assert not any("tet" in label for label in phone.labels)
    await phone.taps("gui:missed:2")
    assert phone.last.text == "Chưa có tin nào đã gửi để chọn."
    for press in ("gui:missed:2-1", "gui:unopened:2-1", "gui:whereto:2", "gui:narrow:1"):
        [answer] = await phone.taps(press)
        assert "đơn vị khác" in answer, press
    assert "đơn vị khác" in (await phone.taps("gui:anywhere:2"))[0]
    await phone.taps("gui:dropall:2")
    assert (await office.campaigns())[0].audience.unit_ids == (units[BAC_SON],)
