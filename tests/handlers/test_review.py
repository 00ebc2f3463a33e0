"""Đề cử mới: in scope only, nobody named before her own yes, evidence unsealed on its way out, a state with a word, all recorded."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from sqlalchemy import event, select

from bot.files import Workshop, make_file
from outreach.errors import NotFoundError, PermissionDeniedError
from outreach.evidence import EvidenceId, EvidenceKind, NewPiece
from outreach.messaging import AccountId, OutgoingFile
from outreach.nominations.model import NominationId, NominationState
from outreach.nominations.review import decide, list_newest, read_evidence, read_lead
from outreach.officers import Officer, Role
from outreach.units import UnitId
from storage import tables as t
from storage.database import Database
from storage.evidence_files import EvidenceFiles
from storage.types import Keyring
from tests.conftest import NOW, TestClock
from tests.handlers.conftest import ON_EVERY_CHANNEL, Phone, Stage
from tests.handlers.nominations.conftest import ACHIEVEMENT, submits

pytestmark = ON_EVERY_CHANNEL

BAC_SON, CHI_LANG = "06325", "06463"

MakeOfficer = Callable[..., Awaitable[Officer]]


@pytest.fixture
async def reviewer(stage: Stage, officer: MakeOfficer) -> Phone:
    await officer(Role.REVIEWER, external_id="7")
    return stage.phone("7")


@pytest.fixture
async def nominator(stage: Stage, reviewer: Phone) -> Phone:
    """Has nominated herself, in Bắc Sơn, with a photo."""
    phone = stage.phone("501")
    await submits(phone, who="Chính mình")
    phone.news()
    return phone


async def shows(phone: Phone) -> str:
    """The newest nomination, from the list."""
    await phone.says("/decumoi")
    return (await phone.taps("LS-2026-000001"))[0]


async def actions(database: Database) -> list[tuple[str, str]]:
    async with database.read() as tx:
        rows = await tx.connection.execute(select(t.audit.c.action, t.audit.c.subject).order_by(t.audit.c.id))
        return [(row.action, row.subject) for row in rows if row.action.startswith(("nomination.", "evidence."))]


async def test_from_the_notice_to_the_word(
    database: Database, reviewer: Phone, nominator: Phone, clock: TestClock
) -> None:
    assert "LS-2026-000001" in reviewer.last.text
    clock.advance(seconds=1)
    await reviewer.taps("Xem")
    shown = reviewer.last.text
    assert "Nông Thị Hoa" in shown
    assert ACHIEVEMENT in shown
    assert "mới" in shown
    await reviewer.taps("Đang xác minh")
    assert "chưa đổi" in reviewer.last.text
    (told,) = await reviewer.says("Cán bộ sẽ gọi bạn <b>chiều nay</b>.")
    assert "đang xác minh" in told
    (heard,) = nominator.news()
    assert "đang xác minh" in heard
    assert "đang xác minh</b>.\nLời cán bộ: Cán bộ sẽ gọi bạn &lt;b&gt;chiều nay" in heard
    await nominator.taps("Xem")
    assert "chiều nay" in nominator.last.text
    await reviewer.taps("Xem lại")
    assert "Lời đã nhắn" in reviewer.last.text
    assert await actions(database) == [
        ("nomination.read", "nomination:1"),
        ("nomination.decide", "nomination:1"),
        ("nomination.read", "nomination:1"),
    ]


async def test_the_list_is_paged_newest_first(stage: Stage, reviewer: Phone) -> None:
    assert "Chưa có đề cử" in (await reviewer.says("đề cử mới"))[0]
    for number in range(7):
        await submits(stage.phone(str(600 + number)), who="Chính mình")
    await reviewer.says("/decumoi")
    assert [label.split(" ")[0] for label in reviewer.labels] == [
        *(f"LS-2026-00000{number}" for number in (7, 6, 5, 4, 3)),
        "Cũ",
    ]
    await reviewer.taps("Cũ hơn")
    assert [label.split(" ")[0] for label in reviewer.labels] == ["LS-2026-000002", "LS-2026-000001", "Mới"]
    await reviewer.says("1")
    assert "LS-2026-000002" in reviewer.last.text


async def test_without_a_word_and_pressed_by_two(
    stage: Stage, reviewer: Phone, nominator: Phone, officer: MakeOfficer
) -> None:
    await officer(Role.ADMIN, external_id="1")
    other = stage.phone("1")
    for phone in (reviewer, other):
        await shows(phone)
        await phone.taps("Chưa phù hợp")
    await reviewer.taps("Không kèm lời")
    assert nominator.news() == ["Lời giới thiệu <b>LS-2026-000001</b> của bạn: <b>chưa phù hợp đợt này</b>."]
    assert "đã được làm" in (await other.taps("Không kèm lời"))[0]
    assert nominator.news() == []


@pytest.mark.needs("buttons")
async def test_an_old_button_of_a_state_changes_nothing(reviewer: Phone, nominator: Phone) -> None:
    await shows(reviewer)
    await reviewer.taps("Chưa phù hợp")
    await reviewer.taps("Không kèm lời")
    nominator.news()
    assert "đã đổi" in (await reviewer.taps("review:set:1.contacted"))[0]
    assert nominator.news() == []


async def test_a_word_that_is_too_long_changes_nothing(reviewer: Phone, nominator: Phone) -> None:
    await shows(reviewer)
    await reviewer.taps("Đã liên hệ")
    assert "501 ký tự" in (await reviewer.says("x" * 501))[0]
    assert nominator.news() == []
    assert "đã liên hệ" in (await reviewer.says("x" * 500))[0]


@pytest.mark.usefixtures("nominator")
async def test_evidence_leaves_unsealed_and_is_recorded(
    stage: Stage, database: Database, reviewer: Phone, keyring: Keyring, tmp_path: Path, officer: MakeOfficer
) -> None:
    await shows(reviewer)
    assert "đang được tải" in (await reviewer.taps("Minh chứng (1)"))[0]
    store = EvidenceFiles(tmp_path / "evidence", keyring=keyring)
    content_hash = await store.put(b"the bytes of a photo")
    async with database.write() as tx:
        assert await tx.evidence.mark_stored(EvidenceId(1), content_hash=content_hash, media_type="image/jpeg", size=20)
    await shows(reviewer)
    await reviewer.taps("Minh chứng (1)")
    file = next(reply.file for reply in reversed(reviewer.inbox) if reply.file)
    assert file.name == "LS-2026-000001-1.jpg"
    workshop = Workshop(transactions=database, world=stage.router.world, clock=stage.router.clock, evidence=store)
    assert await make_file(workshop, file) == b"the bytes of a photo"
    assert ("evidence.open", "nomination:1") in await actions(database)

    foreign = await officer(Role.OFFICER, unit=CHI_LANG, external_id="8")
    stolen = OutgoingFile(name="x", kind=file.kind, arguments={"evidence": "1", "officer": str(foreign.officer_id)})
    with pytest.raises(PermissionDeniedError):
        await make_file(workshop, stolen)


@pytest.mark.needs("buttons")
async def test_opening_evidence_costs_the_same_however_much_there_is(
    database: Database, reviewer: Phone, nominator: Phone, account_id: AccountId
) -> None:
    def statements() -> list[str]:
        return [one for one in executed if not one.startswith("BEGIN")]

    executed: list[str] = []
    event.listen(
        database.write_engine.sync_engine, "before_cursor_execute", lambda *args: executed.append(str(args[2]))
    )
    await reviewer.taps("review:files:1")
    few = statements()
    async with database.write() as tx:
        known = await tx.contacts.known(nominator.address)
        assert known.contact
        await tx.evidence.add(
            [NewPiece(kind=EvidenceKind.LINK, ref=f"https://vidu.vn/{n}", unique=str(n)) for n in range(6)],
            contact_id=known.contact.contact_id,
            account_id=account_id,
            nomination_id=1,
            at=NOW,
        )
    executed.clear()
    assert len(await reviewer.taps("review:files:1")) == 7 + 1
    assert 0 < len(statements()) <= len(few) <= 6, statements()
    async with database.read() as tx:
        opened = await tx.connection.execute(select(t.audit.c.data).where(t.audit.c.action == "evidence.open"))
        assert [row.data for row in opened] == [{"pieces": "1"}, {"pieces": "1,2,3,4,5,6,7"}]


async def test_before_the_nominee_says_yes_nobody_is_named(
    stage: Stage, database: Database, reviewer: Phone, officer: MakeOfficer
) -> None:
    await submits(stage.phone("501"))
    shown = await shows(reviewer)
    assert "chưa xác nhận" in shown
    for secret in ("Hoa", ACHIEVEMENT, "2009"):
        assert secret not in shown
    assert not [label for label in reviewer.labels if "Minh chứng" in label or "Lập hồ sơ" in label]
    made = await officer(Role.ADMIN)
    async with database.write() as tx:
        with pytest.raises(NotFoundError):
            await read_evidence(made, tx, evidence_id=EvidenceId(1))


@pytest.mark.usefixtures("nominator")
async def test_a_commune_officer_sees_her_unit_alone(
    stage: Stage, database: Database, officer: MakeOfficer, units: dict[str, UnitId]
) -> None:
    made = await officer(Role.OFFICER, unit=CHI_LANG, external_id="8")
    phone = stage.phone("8")
    assert "Chưa có đề cử nào · xã Chi Lăng" in (await phone.says("/decumoi"))[0]
    async with database.write() as tx:
        with pytest.raises(PermissionDeniedError):
            await list_newest(made, tx, unit_id=units[BAC_SON])
        with pytest.raises(PermissionDeniedError):
            await list_newest(made, tx, unit_id=None)
        with pytest.raises(PermissionDeniedError):
            await read_lead(made, tx, nomination_id=NominationId(1), at=NOW)
        with pytest.raises(PermissionDeniedError):
            await decide(made, tx, nomination_id=NominationId(1), state=NominationState.VERIFYING, at=NOW)
    await officer(Role.OFFICER, unit=BAC_SON, external_id="9")
    local = stage.phone("9")
    await local.says("/decumoi")
    assert local.labels[0].startswith("LS-2026-000001")


@pytest.mark.needs("buttons")
@pytest.mark.usefixtures("nominator")
async def test_made_up_buttons_show_nothing_of_another_unit(stage: Stage, officer: MakeOfficer) -> None:
    await officer(Role.OFFICER, unit=CHI_LANG, external_id="8")
    phone = stage.phone("8")
    for payload in ("review:show:1", "review:files:1", "review:set:1.verifying", "review:noword:1.verifying"):
        assert "đơn vị khác" in (await phone.taps(payload))[0]


@pytest.mark.usefixtures("nominator")
async def test_an_editor_reads_no_nominations(stage: Stage, officer: MakeOfficer) -> None:
    await officer(Role.EDITOR, external_id="8")
    phone = stage.phone("8")
    assert "vai trò phù hợp" in (await phone.says("/decumoi"))[0]


@pytest.mark.needs("buttons")
@pytest.mark.usefixtures("nominator")
async def test_nor_does_she_by_made_up_buttons(stage: Stage, officer: MakeOfficer) -> None:
    await officer(Role.EDITOR, external_id="8")
    phone = stage.phone("8")
    for payload in ("review:list:", "review:show:1", "review:files:1", "review:noword:1.verifying"):
        assert "vai trò phù hợp" in (await phone.taps(payload))[0]


async def test_to_everybody_else_the_word_means_nothing(nominator: Phone) -> None:
    assert "LS-2026" not in (await nominator.says("/decumoi"))[0]


@pytest.mark.needs("buttons")
async def test_odd_buttons_are_answered(stage: Stage, reviewer: Phone) -> None:
    await submits(stage.phone("501"))
    assert "không có minh chứng" in (await reviewer.taps("review:files:1"))[0], "before the nominee says yes"
    assert "cũ" in (await stage.phone("501").taps("review:show:1"))[0]
    for payload in ("show:99", f"show:{'9' * 23}", f"set:{'9' * 23}.verifying", f"noword:{'9' * 23}.verifying"):
        assert "không tìm thấy" in (await reviewer.taps(f"review:{payload}"))[0]
    for payload in ("review:set:1.nonsense", "review:set:x.new", "review:what:1"):
        assert "cũ" in (await reviewer.taps(payload))[0]
