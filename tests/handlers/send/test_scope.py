"""A commune's officer sees and reaches that commune, whatever she presses."""

from collections.abc import Awaitable, Callable

import pytest

from outreach.campaigns.model import AudienceKind
from outreach.messaging import ContactId
from outreach.officers import Officer, Role
from outreach.units import UnitId
from tests.handlers.conftest import ON_EVERY_CHANNEL, Phone
from tests.handlers.send.conftest import PLAN, Office

pytestmark = ON_EVERY_CHANNEL

Person = Callable[..., Awaitable[ContactId]]
MakeOfficer = Callable[..., Awaitable[Officer]]
Composed = Callable[[Officer], Awaitable[Phone]]

BAC_SON, TAM_THANH = "06325", "05977"


async def test_she_reads_first_whom_she_can_reach(
    office: Office, officer: MakeOfficer, person: Person, units: dict[str, UnitId]
) -> None:
    await person(unit=BAC_SON, external_id="700")
    await person(unit=BAC_SON, external_id="701")
    await person(unit=TAM_THANH, external_id="702")
    await person(external_id="703")
    phone = await office.phone(await officer(Role.OFFICER, unit=BAC_SON))
    assert "thanh niên xã Bắc Sơn" in (await phone.says("gửi tin"))[0]
    await phone.says(PLAN)
    [whom] = await phone.taps("Đúng, tiếp")
    assert "Chỉ gửi trong xã Bắc Sơn: <b>2 người</b>" in whom
    assert phone.labels == ["Cả xã Bắc Sơn", "Người chưa nhận tin nào kỳ này", "Chọn thêm điều kiện", "Quay lại"]
    check = (await phone.taps("Cả xã Bắc Sơn"))[1]
    assert "Gửi cho: xã Bắc Sơn" in check
    assert "<b>2 người</b>" in check
    await phone.taps("Gửi")
    await office.send_out()
    assert sorted(external_id for external_id, _ in office.channel.sent) == ["700", "701"]
    [campaign] = await office.campaigns()
    assert campaign.unit_id == units[BAC_SON]
    assert campaign.audience.unit_ids == (units[BAC_SON],)
    async with office.database.read() as tx:
        assert not await tx.news.latest()  # publishing for the province is not hers


@pytest.mark.needs("buttons")
async def test_no_button_leads_out_of_the_commune(
    office: Office, officer: MakeOfficer, person: Person, composed: Composed, units: dict[str, UnitId]
) -> None:
    await person(unit=BAC_SON, external_id="700")
    await person(unit=TAM_THANH, external_id="701")
    phone = await composed(await officer(Role.OFFICER, unit=BAC_SON))
    number = (await office.campaigns())[0].campaign_id
    await phone.taps(f"gui:units:{number}")
    await phone.taps(f"gui:unit:{TAM_THANH}")
    answer = await phone.taps(f"gui:enough:{number}")
    assert "đơn vị khác" in answer[0]
    await phone.taps(f"gui:all:{number}")
    await phone.taps(f"gui:fresh:{number}")
    [campaign] = await office.campaigns()
    assert campaign.audience.kind == AudienceKind.NOT_REACHED
    assert campaign.audience.unit_ids == (units[BAC_SON],)
    await phone.taps(f"gui:go:{number}")
    await office.send_out()
    assert [external_id for external_id, _ in office.channel.sent] == ["700"]


@pytest.mark.needs("buttons")
async def test_nor_to_anothers_campaign(
    office: Office, officer: MakeOfficer, person: Person, composed: Composed
) -> None:
    await person(unit=TAM_THANH, external_id="700")
    await composed(await officer())  # campaign 1, the province's
    await composed(await officer(Role.OFFICER, unit=TAM_THANH))  # campaign 2, another commune's
    phone = await office.phone(await officer(Role.OFFICER, unit=BAC_SON))
    steps = [
        "ok",
        "all",
        "fresh",
        "units",
        "enough",
        "check",
        "test",
        "keep",
        "go",
        "morning",
        "when",
        "edit",
        "confirm",
        "topic",
        "clear",
        "stop",
        "status",
        "pause",
        "resume",
        "cancel",
        "cancelyes",
        "report",
        "byunit",
        "xlsx",
        "again",
        "repeat",
        "leave",
        "correct",
        "uncorrect",
    ]
    for number in (1, 2):
        for step in steps:
            [answer] = await phone.taps(f"gui:{step}:{number}")
            assert "thuộc đơn vị khác" in answer, step
        for step in ("counts", "settopic"):
            [answer] = await phone.taps(f"gui:{step}:{number}-1")
            assert "thuộc đơn vị khác" in answer, step
    assert {campaign.state for campaign in await office.campaigns()} == {"draft"}


async def test_not_yet_reached_in_this_period(
    office: Office, officer: MakeOfficer, person: Person, composed: Composed
) -> None:
    await person(external_id="700")
    sender = await officer()
    phone = await composed(sender)
    await phone.taps("Gửi")
    await office.send_out()
    await person(external_id="701")
    await phone.says("gửi tin")
    await phone.says(PLAN + "\nPhần bổ sung: lớp bồi dưỡng mở trong tháng 11.")
    await phone.taps("Đúng, tiếp")
    check = (await phone.taps("Người chưa nhận"))[1]
    assert "Gửi cho: người chưa nhận tin nào kỳ này" in check
    assert "<b>1 người</b>" in check
    assert "chưa ai nhận tin đó" in (await phone.taps("Gửi"))[0]
    await phone.taps("Vẫn gửi")
    await office.send_out()
    assert [external_id for external_id, _ in office.channel.sent] == ["700", "701"]


async def test_units_are_chosen_by_area_and_by_name(office: Office, officer: MakeOfficer) -> None:
    phone = await office.phone(await officer())
    await phone.says("gửi tin")
    await phone.says(PLAN)
    await phone.taps("Đúng, tiếp")
    await phone.taps("Chọn xã, phường")
    areas = office.pack.gazetteer.areas()
    place = next(n for n, area in enumerate(areas) if area.label == "huyện Bắc Sơn")
    await phone.taps("Huyện Bắc Sơn")
    assert phone.labels[-3:-1] == ["Chọn theo khu vực (huyện cũ)", "Cả khu vực này"] or "Cả khu vực này" in phone.labels
    [chosen] = await phone.taps("Cả khu vực này")
    count = len(areas[place].choices)
    assert f"Đã chọn {count}: " in chosen
    asked = await phone.says("bac son")
    assert "trước là cả huyện" in asked[0]
    assert f"Xong: {count} đơn vị" in phone.labels
    await phone.taps("Xong")
    assert len((await office.campaigns())[0].audience.unit_ids) == count
    await phone.taps("Quay lại")
    await phone.taps("Chọn xã, phường")
    assert "Gõ tên" in phone.last.text
    assert not any(label.startswith("Xong") for label in phone.labels)


@pytest.mark.needs("buttons")
async def test_an_old_button_does_not_end_a_choice_of_nothing(office: Office, officer: MakeOfficer) -> None:
    phone = await office.phone(await officer())
    await phone.says("gửi tin")
    await phone.says(PLAN)
    await phone.taps("Đúng, tiếp")
    await phone.taps("Chọn xã, phường")
    assert "Chưa chọn" in (await phone.taps("gui:enough:1"))[0]
