"""Khai báo: four inputs, always marked as declared, the own unit alone, and what was declared can be taken back."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select

from bot.jobs import tell_refused, tidy
from content.catalog import Catalog
from outreach.errors import InvalidAnswerError, NotFoundError, PermissionDeniedError
from outreach.evidence import EvidenceId, EvidenceState
from outreach.messaging import ContactId, OfficerId
from outreach.officers import Officer, Person, Role, System
from outreach.reach.declarations import declare_meeting, own_declarations, withdraw_declaration
from outreach.reach.model import Declaration
from outreach.units import UnitId
from storage import tables as t
from storage.database import Database
from tests.conftest import NOW
from tests.handlers.conftest import ON_EVERY_CHANNEL, Phone, Stage
from tests.handlers.test_officer_voice import PRONOUN

pytestmark = ON_EVERY_CHANNEL

BAC_SON, CHI_LANG = "06325", "06463"
YEAR = {"from_on": date(2025, 12, 15), "to_on": date(2026, 12, 14)}

MakeOfficer = Callable[..., Awaitable[Officer]]


@pytest.fixture
async def local(stage: Stage, officer: MakeOfficer) -> Phone:
    await officer(Role.OFFICER, unit=BAC_SON, external_id="7")
    return stage.phone("7")


async def declared(database: Database) -> list[tuple[UnitId, int, int]]:
    async with database.read() as tx:
        return await tx.reach.declared(**YEAR)


async def answered(phone: Phone, *, paper: bool = False) -> str:
    """As far as the summary."""
    await phone.says("khai báo")
    await phone.says("Sinh hoạt chi đoàn <tháng 10>")
    await phone.taps("Hôm qua")
    await phone.says("1.204 người")
    return (await (phone.sends_photo() if paper else phone.taps("Không có biên bản")))[0]


async def test_four_inputs_and_a_photo(
    stage: Stage, database: Database, local: Phone, units: dict[str, UnitId]
) -> None:
    (first,) = await local.says("khai báo")
    assert "xã Bắc Sơn" in first
    assert "(1/4)" in first
    assert "(2/4)" in (await local.says("Sinh hoạt chi đoàn <tháng 10>"))[0]
    assert "(3/4)" in (await local.says("hôm nay"))[0]
    assert "(4/4)" in (await local.says("45"))[0]
    (summary,) = await local.sends_photo()
    assert "Sinh hoạt chi đoàn &lt;tháng 10&gt;" in summary
    assert "12/10/2026" in summary
    assert "(khai báo): 45" in summary
    assert await declared(database) == [], "nothing before it is sent"
    (sent,) = await local.taps("Gửi khai báo")
    assert "khai báo, có biên bản" in sent
    assert await declared(database) == [(units[BAC_SON], 45, 45)]
    async with database.read() as tx:
        piece = (await tx.connection.execute(select(t.evidence))).one()
        row = (await tx.connection.execute(select(t.declaration))).one()
        action = (await tx.connection.execute(select(t.audit.c.action))).scalar_one()
    assert (piece.state, piece.nomination_id, row.evidence_id) == (EvidenceState.WANTED, None, piece.id)
    assert action == "declare"


async def listed(phone: Phone) -> None:
    """The first of what was declared, from the list."""
    await phone.says("/khaibao")
    await phone.taps("Đã khai báo")
    await phone.taps(phone.labels[0])


@pytest.mark.needs("buttons")
async def test_sent_twice_is_once(database: Database, local: Phone, units: dict[str, UnitId]) -> None:
    await answered(local)
    await local.taps("dec:send:")
    assert "đang dở" in (await local.taps("dec:send:"))[0]
    assert await declared(database) == [(units[BAC_SON], 1_204, 0)]


@pytest.mark.needs("files")
async def test_the_minutes_stand_sealed_until_they_are_sent(database: Database, local: Phone) -> None:
    async def pieces() -> list[tuple[str, datetime | None]]:
        async with database.read() as tx:
            (data,) = (await tx.connection.execute(select(t.dialogue.c.data))).scalars()
            assert "Biên bản" not in str(data)
            assert "ref-" not in str(data)
            assert not await tx.evidence.any_wanted(now=NOW + timedelta(days=1))
            rows = (await tx.connection.execute(select(t.evidence).order_by(t.evidence.c.id))).all()
        return [(row.name, row.not_before) for row in rows]

    await local.says("khai báo")
    await local.says("Buổi một")
    await local.taps("Hôm nay")
    await local.says("45")
    await local.sends_file("Biên bản Nguyễn Văn An.pdf")
    assert await pieces() == [("Biên bản Nguyễn Văn An.pdf", None)]
    await local.taps("Sửa biên bản")
    await local.taps("Giữ như cũ")
    await local.taps("Sửa biên bản")
    await local.sends_file("Biên bản khác.pdf")
    assert await pieces() == [("Biên bản khác.pdf", None)], "the one it replaces is gone"
    await local.taps("Bỏ")
    assert await pieces() == []


async def test_minutes_are_asked_for_as_they_can_come(local: Phone) -> None:
    await local.says("khai báo")
    await local.says("Buổi một")
    await local.taps("Hôm nay")
    [asked] = await local.says("45")
    assert ("hoặc file" in asked) == local.can.files
    if not local.can.files:
        assert "chỉ nhận được chữ và ảnh" in (await local.is_withheld())[0], "a file comes as nothing"
    assert "Biên bản: có" in (await local.sends_photo())[0]


async def test_minutes_that_nobody_sends_go_after_thirty_days(database: Database, local: Phone) -> None:
    await answered(local, paper=True)
    for days, left in ((29, 1), (31, 0)):
        await tidy(database, now=NOW + timedelta(days=days))
        async with database.read() as tx:
            assert len((await tx.connection.execute(select(t.evidence))).all()) == left


async def test_minutes_that_are_gone_are_asked_for_again(
    database: Database, local: Phone, units: dict[str, UnitId]
) -> None:
    await answered(local, paper=True)
    async with database.write() as tx:
        await tx.evidence.drop(held_before=NOW + timedelta(days=1))
    assert "(4/4)" in (await local.taps("Gửi khai báo"))[0]
    assert await declared(database) == []
    await local.sends_photo()
    await local.taps("Gửi khai báo")
    assert await declared(database) == [(units[BAC_SON], 1_204, 1_204)]


async def test_refused_minutes_are_no_document(database: Database, local: Phone, units: dict[str, UnitId]) -> None:
    await answered(local, paper=True)
    await local.taps("Gửi khai báo")
    await listed(local)
    assert "khai báo, có biên bản" in local.last.text
    assert await declared(database) == [(units[BAC_SON], 1_204, 1_204)]
    async with database.write() as tx:
        piece = (await tx.connection.execute(select(t.evidence.c.id))).scalar_one()
        assert await tx.evidence.mark_refused(piece, reason="damaged")
    assert await declared(database) == [(units[BAC_SON], 1_204, 0)]
    await listed(local)
    assert "khai báo, không có biên bản" in local.last.text


async def test_an_officer_is_told_of_refused_minutes_without_a_pronoun(
    stage: Stage, database: Database, local: Phone, catalog: Catalog
) -> None:
    await answered(local, paper=True)
    await local.taps("Gửi khai báo")
    async with database.read() as tx:
        piece = await tx.evidence.get(EvidenceId(1))
    assert piece
    reasons = [key.rpartition(".")[2] for key in catalog.texts["vi"] if key.startswith("nominate.refused.")]
    assert len(reasons) > 5
    for reason in reasons:
        told = tell_refused(stage.router.world, replace(piece, reason=reason), handed_in=False).text
        assert "không nhận được" in told
        assert not PRONOUN.search(told)
    nominators = replace(piece, nomination_id=1, reason="damaged")
    assert "Bạn" in tell_refused(stage.router.world, nominators, handed_in=False).text


async def test_every_line_can_be_edited_and_one_goes_back(local: Phone, database: Database) -> None:
    await answered(local)
    assert "Giữ như cũ" in [await local.taps("Sửa số người"), local.labels][1]
    assert "1.204" in (await local.taps("Giữ như cũ"))[0]
    await local.taps("Sửa số người")
    assert "(khai báo): 40" in (await local.says("40"))[0]
    await local.taps("Sửa ngày")
    assert "01/09/2026" in (await local.says("1/9"))[0]
    await local.taps("Sửa biên bản")
    assert "Biên bản: có" in (await local.sends_photo())[0]
    await local.taps("Sửa tên buổi")
    assert "Tên khác" in (await local.says("Tên khác"))[0]
    assert "không ghi gì" in (await local.taps("Bỏ"))[0]
    assert await declared(database) == []

    await local.says("/khaibao")
    await local.says("Buổi một")
    await local.taps("Quay lại")
    assert "(2/4)" in (await local.says("Buổi hai"))[0]


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("13/10/2026", "chưa tới"),
        ("31/02/2026", "Chưa rõ ngày"),
        ("thứ ba", "Chưa rõ ngày"),
        ("1/1/2020", "10/10/2024"),
        ("12/10/2026", "(3/4)"),
        ("12.10", "(3/4)"),
    ],
)
async def test_days(local: Phone, typed: str, words: str) -> None:
    await local.says("/khaibao")
    await local.says("Buổi một")
    assert words in (await local.says(typed))[0]


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("nhiều lắm", "Chưa rõ bao nhiêu"),
        ("-5", "Chưa rõ bao nhiêu"),
        ("4,5", "Chưa rõ bao nhiêu"),
        ("0", "từ 1 đến 20.000"),
        ("20.001", "từ 1 đến 20.000"),
        ("20.000", "(4/4)"),
        ("45 đoàn viên", "(4/4)"),
    ],
)
async def test_headcounts(local: Phone, typed: str, words: str) -> None:
    await local.says("/khaibao")
    await local.says("Buổi một")
    await local.taps("Hôm nay")
    assert words in (await local.says(typed))[0]


async def test_what_does_not_fit_keeps_what_was_answered(local: Phone) -> None:
    await local.says("/khaibao")
    assert "200 ký tự" in (await local.says("x" * 201))[0]
    assert "200 ký tự" in (await local.says("123"))[0]
    assert "Chưa tới" in (await local.sends_photo())[0]
    assert "(2/4)" in (await local.says("Buổi một"))[0]
    assert await local.sends_sticker()
    await local.taps("Hôm nay")
    await local.says("45")
    await local.sends_photo()
    assert "một ảnh" in (await local.sends_photo())[0]


async def test_a_look_at_the_figures_loses_no_answer(local: Phone) -> None:
    await local.says("/khaibao")
    await local.says("Buổi một")
    await local.taps("Hôm nay")
    await local.says("/dopho")
    await local.says("/decumoi")
    await local.says("/moi")
    assert "(4/4)" in (await local.says("45"))[0]
    assert "Buổi một" in (await local.taps("Không có biên bản"))[0]


async def test_the_list_and_taking_back(
    stage: Stage, database: Database, local: Phone, units: dict[str, UnitId], officer: MakeOfficer
) -> None:
    await answered(local)
    await local.taps("Gửi khai báo")
    await local.taps("Đã khai báo")
    assert local.labels[0] == "11/10/2026 · Sinh hoạt chi đoàn <tháng 10> · 1.204 lượt"
    await officer(Role.OFFICER, unit=CHI_LANG, external_id="8")
    other = stage.phone("8")
    await other.says("/khaibao")
    await other.taps("Đã khai báo")
    assert not [label for label in other.labels if "Sinh hoạt" in label]
    assert await declared(database) == [(units[BAC_SON], 1_204, 0)]
    await local.taps("11/10/2026")
    await local.taps("Rút lại")
    assert await declared(database) == []
    async with database.read() as tx:
        row = (await tx.connection.execute(select(t.declaration))).one()
    assert row.headcount == 1_204, "the row stays"
    assert row.withdrawn_at


@pytest.mark.needs("buttons")
async def test_made_up_buttons_take_back_nothing_of_another_unit(
    stage: Stage, database: Database, local: Phone, units: dict[str, UnitId], officer: MakeOfficer
) -> None:
    await answered(local)
    await local.taps("Gửi khai báo")
    await officer(Role.OFFICER, unit=CHI_LANG, external_id="8")
    other = stage.phone("8")
    assert "rút lại rồi" in (await other.taps("dec:one:1"))[0]
    assert "không tìm thấy" in (await other.taps("dec:withdraw:1"))[0]
    assert "đơn vị khác" in (await other.taps(f"dec:unit:{BAC_SON}"))[0]
    assert await declared(database) == [(units[BAC_SON], 1_204, 0)]
    for answer in ("đã rút lại", "không tìm thấy"):
        assert answer in (await local.taps("dec:withdraw:1"))[0].lower()


async def test_an_admin_says_for_which_unit(
    stage: Stage, database: Database, officer: MakeOfficer, units: dict[str, UnitId]
) -> None:
    await officer(Role.ADMIN, external_id="1")
    phone = stage.phone("1")
    assert "Đơn vị nào" in (await phone.says("/khaibao"))[0]
    await phone.says("xã Chi Lăng")
    assert "xã Chi Lăng" in (await phone.taps("xã Chi Lăng"))[0]
    await phone.says("Buổi một")
    await phone.taps("Hôm nay")
    await phone.says("45")
    await phone.taps("Không có biên bản")
    await phone.taps("Gửi khai báo")
    assert await declared(database) == [(units[CHI_LANG], 45, 0)]


@pytest.mark.parametrize("role", [Role.EDITOR, Role.REVIEWER])
async def test_other_roles_do_not_declare(stage: Stage, officer: MakeOfficer, role: Role) -> None:
    await officer(role, external_id="1")
    phone = stage.phone("1")
    assert "vai trò phù hợp" in (await phone.says("/khaibao"))[0]


@pytest.mark.needs("buttons")
async def test_nor_by_made_up_buttons(stage: Stage, officer: MakeOfficer) -> None:
    await officer(Role.EDITOR, external_id="1")
    phone = stage.phone("1")
    for payload in ("dec:mine:", "dec:start:", "dec:withdraw:1", "dec:send:"):
        assert "vai trò phù hợp" in (await phone.taps(payload))[0]


async def test_a_commune_officer_declares_for_no_other_unit(
    database: Database, officer: MakeOfficer, units: dict[str, UnitId]
) -> None:
    made = await officer(Role.OFFICER, unit=BAC_SON)
    sound = Declaration(unit_id=units[BAC_SON], held_on=date(2026, 10, 12), title="Buổi", headcount=5, evidence_id=None)
    foreign = Declaration(
        unit_id=units[CHI_LANG], held_on=date(2026, 10, 12), title="Buổi", headcount=5, evidence_id=None
    )
    wrong = Declaration(unit_id=units[BAC_SON], held_on=date(2026, 10, 13), title="Buổi", headcount=5, evidence_id=None)
    async with database.write() as tx:
        number = await declare_meeting(made, tx, declaration=sound, at=NOW)
        for actor in (Person(contact_id=ContactId(1)), System(name="cli"), made):
            with pytest.raises(PermissionDeniedError):
                await declare_meeting(actor, tx, declaration=foreign, at=NOW)
        with pytest.raises(InvalidAnswerError):
            await declare_meeting(made, tx, declaration=wrong, at=NOW)
        with pytest.raises(PermissionDeniedError):
            await own_declarations(Person(contact_id=made.contact_id), tx, limit=5)
        stranger = Officer(
            officer_id=OfficerId(99), contact_id=ContactId(99), role=Role.OFFICER, unit_id=units[CHI_LANG]
        )
        with pytest.raises(NotFoundError):
            await withdraw_declaration(stranger, tx, number=number, at=NOW)


async def test_to_everybody_else_the_word_means_nothing(
    stage: Stage, person: Callable[..., Awaitable[ContactId]]
) -> None:
    await person(external_id="300", unit=BAC_SON)
    phone = stage.phone("300")
    assert "buổi" not in (await phone.says("khai báo"))[0]
    assert not phone.can.buttons or "cũ" in (await phone.taps("dec:start:"))[0]
