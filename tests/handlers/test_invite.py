"""Invitations are bound to role and unit, single-use, confirmed by the inviter; a hand-over ends the old role."""

import re
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from outreach.contacts.model import Purpose, Subscription
from outreach.contacts.office import appoint, close_expired, end_office, invite, list_invitations, list_officers
from outreach.errors import InvalidAnswerError, OutreachError, PermissionDeniedError, StateError
from outreach.messaging import Address, Menu
from outreach.officers import Officer, Person, Role, System
from outreach.units import UnitId
from storage import tables as t
from storage.database import Database
from tests.conftest import TestClock
from tests.handlers.conftest import ON_EVERY_CHANNEL, Phone, Stage

pytestmark = ON_EVERY_CHANNEL

BAC_SON, CHI_LANG = "06325", "06463"

MakeOfficer = Callable[..., Awaitable[Officer]]


async def role_of(database: Database, phone: Phone) -> Officer | None:
    async with database.read() as tx:
        return (await tx.contacts.known(phone.address)).officer


def link_in(texts: list[str]) -> str:
    found = re.search(r"(?:start=|<code>)(cb_[\w-]+)", texts[-1])
    assert found, texts
    return found.group(1)


async def invited(stage: Stage, admin: str, *taps: str) -> str:
    """The word of a fresh link, made by an admin who taps her way to it."""
    phone = stage.phone(admin)
    await phone.says("mời cán bộ")
    texts: list[str] = []
    for tap in taps:
        texts = await phone.taps(tap)
    return link_in(texts)


@pytest.fixture
async def admin(stage: Stage, officer: MakeOfficer) -> Phone:
    await officer(Role.ADMIN, external_id="1")
    return stage.phone("1")


async def test_the_whole_way_of_a_commune_officer(stage: Stage, database: Database, admin: Phone) -> None:
    await admin.says("/moi")
    assert admin.labels[:4] == ["Quản trị", "Biên tập", "Xét duyệt", "Cán bộ xã, phường"]
    await admin.taps("Cán bộ xã, phường")
    await admin.says("xã Bắc Sơn")
    explained, forward = await admin.taps("Đúng")
    assert "10:00 ngày 19/10/2026" in explained
    assert "link" not in explained.casefold(), "what is forwarded carries one only where there are links"
    assert ("start=" in forward) == admin.can.start_payload
    assert "xã Bắc Sơn" in forward

    new = stage.phone("501")
    new.name = "Hoa <b>"
    (offer,) = await new.opens(link_in([forward]))
    assert "Cán bộ xã, phường" in offer
    assert "Không lưu tên" in offer
    assert len(re.sub(r"<[^>]+>", "", offer)) <= 600
    async with database.read() as tx:
        assert (await tx.contacts.known(new.address)).contact is None, "nothing is kept before the consent"

    assert "báo người mời" in (await new.says("nhận việc"))[0]
    assert await role_of(database, new) is None
    tapped = admin.last.text
    assert "Hoa &lt;b&gt;" in tapped
    await admin.taps("Đúng người")
    found = await role_of(database, new)
    assert found
    assert found.role == Role.OFFICER
    assert found.unit_id == stage.router.world.units.id_of(BAC_SON)
    keys = (("Gửi tin", "Độ phủ"), ("Đề cử mới", "Khai báo"))
    assert not new.can.keyboard or new.last.keyboard == keys
    assert new.last.menu == Menu.OFFICER
    assert "Gõ <b>menu</b>" in new.last.text
    await new.says("/help")
    assert new.keys == keys

    async with database.read() as tx:
        known = await tx.contacts.known(new.address)
        assert known.contact
        assert known.contact.subscription == Subscription.NONE, "a role subscribes to nothing"
        consents = await tx.contacts.consents(known.contact.contact_id)
        actions = [row.action for row in await tx.connection.execute(select(t.audit).order_by(t.audit.c.id))]
    assert [one.purpose for one in consents] == [Purpose.DUTY]
    assert actions == ["invite", "take_invitation", "grant"]


async def test_the_display_name_is_nowhere_in_the_database(
    stage: Stage, database: Database, admin: Phone, sqlite_url: str
) -> None:
    word = await invited(stage, "1", "Quản trị")
    new = stage.phone("501")
    new.name = "Nguyễn Thị Tên Hiển Thị"
    await new.opens(word)
    await new.taps("Nhận việc")
    await admin.taps("Đúng người")
    await database.truncate_wal()
    with open(sqlite_url.removeprefix("sqlite+aiosqlite:///"), "rb") as file:  # noqa: PTH123  (a test's own file)
        content = file.read()
    assert "Nguyễn Thị Tên".encode() not in content
    assert word.encode() not in content, "the token is kept as a fingerprint only, once it has been used"


async def test_a_link_works_once_even_for_two_people(
    stage: Stage, database: Database, admin: Phone, clock: TestClock
) -> None:
    word = await invited(stage, "1", "Xét duyệt", "Cả tỉnh")
    first, second = stage.phone("501"), stage.phone("502")
    await first.opens(word)
    await second.opens(word)
    await first.taps("Nhận việc")
    assert "đã có người dùng" in (await second.taps("Nhận việc"))[0]
    assert "đang chờ" in (await first.opens(word))[0]
    clock.advance(seconds=1)
    await admin.taps("Đúng người")
    assert "nhận việc rồi" in (await first.opens(word))[0], "to her it is no alarm"
    assert "đã có người dùng" in (await second.opens(word))[0]
    found = await role_of(database, first)
    assert found
    assert (found.role, found.unit_id) == (Role.REVIEWER, None)
    assert await role_of(database, second) is None
    async with database.read() as tx:
        assert (await tx.contacts.known(second.address)).contact is None


@pytest.mark.needs("buttons")
async def test_buttons_that_have_done_their_work_say_so(stage: Stage, admin: Phone) -> None:
    word = await invited(stage, "1", "Quản trị")
    new = stage.phone("501")
    await new.opens(word)
    await new.taps("Nhận việc")
    assert "đang chờ" in (await new.taps("Nhận việc"))[0]
    await admin.taps("Đúng người")
    assert "đã xong" in (await admin.taps("Đúng người"))[0]


async def test_the_wrong_person_leaves_no_trace_and_hears_nothing(
    stage: Stage, database: Database, admin: Phone, clock: TestClock
) -> None:
    word = await invited(stage, "1", "Biên tập", "Cả tỉnh")
    stranger = stage.phone("666")
    await stranger.opens(word)
    await stranger.taps("Nhận việc")
    stranger.news()
    clock.advance(seconds=1)
    assert "từ chối" in (await admin.taps("Không phải"))[0]
    assert stranger.news() == []
    assert await role_of(database, stranger) is None
    async with database.read() as tx:
        assert (await tx.contacts.known(stranger.address)).contact is None
        assert not (await tx.connection.execute(select(t.stop_proof))).all()
    assert "hủy" in (await stranger.opens(word))[0]


async def test_saying_no_keeps_nothing_and_the_link_alive(stage: Stage, database: Database, admin: Phone) -> None:
    word = await invited(stage, "1", "Quản trị")
    new = stage.phone("501")
    await new.opens(word)
    assert "không lưu" in (await new.taps("Không, cảm ơn"))[0]
    async with database.read() as tx:
        known = await tx.contacts.known(new.address)
    assert known.contact is None
    assert known.draft is None
    assert "Quản trị" in (await new.opens(word))[0]


async def test_expired_unknown_own_and_void_links(
    stage: Stage, database: Database, admin: Phone, clock: TestClock, officer: MakeOfficer
) -> None:
    word = await invited(stage, "1", "Quản trị")
    assert "người khác" in (await admin.opens(word))[0]
    assert "không đúng" in (await stage.phone("501").opens("cb_nonsense"))[0]
    clock.advance(days=7)
    assert "quá 7 ngày" in (await stage.phone("501").opens(word))[0]

    second = await officer(Role.ADMIN, external_id="2")
    word = await invited(stage, "2", "Quản trị")
    async with database.write() as tx:
        await end_office(System(name="test"), tx, officer_id=second.officer_id, at=clock())
    assert "không còn vai trò" in (await stage.phone("501").opens(word))[0]


async def test_an_unconfirmed_person_is_forgotten_when_the_time_is_over(
    stage: Stage, database: Database, admin: Phone, clock: TestClock
) -> None:
    word = await invited(stage, "1", "Quản trị")
    new = stage.phone("501")
    await new.opens(word)
    clock.advance(seconds=1)
    await new.taps("Nhận việc")
    clock.advance(days=7)
    assert "quá 7 ngày" in (await admin.taps("Đúng người"))[0]
    assert await role_of(database, new) is None
    async with database.write() as tx:
        assert await close_expired(System(name="clock"), tx, at=clock()) == 1
        assert await close_expired(System(name="clock"), tx, at=clock()) == 0
    async with database.read() as tx:
        assert (await tx.contacts.known(new.address)).contact is None


async def test_a_hand_over_ends_the_old_role_at_that_moment(
    stage: Stage, database: Database, officer: MakeOfficer, clock: TestClock
) -> None:
    old = await officer(Role.OFFICER, unit=BAC_SON, external_id="7")
    phone = stage.phone("7")
    await phone.says("/moi")
    assert phone.labels == ["Bàn giao vai trò này", "Thôi vai trò này"]
    explained, forward = await phone.taps("Bàn giao")
    assert "chỉ kết thúc khi" in explained
    successor = stage.phone("8")
    clock.advance(seconds=1)
    await successor.opens(link_in([forward]))
    await successor.taps("Nhận việc")
    assert await role_of(database, phone), "not before it is confirmed"
    await phone.taps("Đúng người")
    found = await role_of(database, successor)
    assert found
    assert (found.role, found.unit_id) == (old.role, old.unit_id)
    assert await role_of(database, phone) is None
    assert phone.keys == (("Tin mới", "Đề cử"), ("Của tôi", "Hỏi cán bộ"))
    assert phone.last.menu == Menu.PERSON
    async with database.read() as tx:
        consents = await tx.contacts.consents(old.contact_id)
    assert all(one.withdrawn_at for one in consents)


async def test_an_invitation_of_the_command_line_needs_nobody_to_confirm(
    stage: Stage, database: Database, clock: TestClock
) -> None:
    async with database.write() as tx:
        await invite(System(name="cli"), tx, role=Role.ADMIN, unit_id=None, token="abcdefghijklmnop", at=clock())
    new = stage.phone("501")
    (offer,) = await new.opens("cb_abcdefghijklmnop")
    assert "xác nhận" not in offer
    assert "giữ vai trò" in (await new.taps("Nhận việc"))[0]
    assert new.last.menu == Menu.OFFICER
    found = await role_of(database, new)
    assert found
    assert found.role == Role.ADMIN
    assert "đã có người dùng" in (await stage.phone("502").opens("cb_abcdefghijklmnop"))[0]


async def test_the_list_revoking_and_the_last_admin(
    stage: Stage, database: Database, admin: Phone, officer: MakeOfficer
) -> None:
    await officer(Role.EDITOR, external_id="2")
    await admin.says("/moi")
    assert "2 cán bộ" in (await admin.taps("Danh sách cán bộ"))[0]
    assert admin.labels[0] == "Quản trị · tỉnh Lạng Sơn · từ 12/10/2026 · đang dùng"
    await admin.taps("Biên tập · tỉnh")
    await admin.taps("Thu hồi")
    editor = stage.phone("2")
    assert await role_of(database, editor) is None
    assert "kết thúc" in editor.last.text
    assert editor.last.menu == Menu.PERSON
    await admin.says("/moi")
    await admin.taps("Thôi vai trò")
    assert "quản trị duy nhất" in (await admin.taps("Thôi ngay"))[0]
    assert await role_of(database, admin)


async def test_an_open_invitation_can_be_cancelled(stage: Stage, admin: Phone) -> None:
    word = await invited(stage, "1", "Quản trị")
    await admin.says("/moi")
    assert "1 lời mời" in (await admin.taps("Lời mời đang chờ"))[0]
    await admin.taps("Hủy")
    assert "hủy" in (await stage.phone("501").opens(word))[0]


@pytest.mark.needs("buttons")
@pytest.mark.parametrize("role", [Role.EDITOR, Role.REVIEWER, Role.OFFICER])
async def test_only_an_admin_invites(stage: Stage, database: Database, officer: MakeOfficer, role: Role) -> None:
    unit = BAC_SON if role == Role.OFFICER else None
    boss = await officer(Role.ADMIN, external_id="1")
    made = await officer(role, unit=unit, external_id="9")
    phone = stage.phone("9")
    await phone.says("/moi")
    assert phone.labels == ["Bàn giao vai trò này", "Thôi vai trò này"]
    for payload in ("inv:role:admin", "inv:list:0", "inv:pending:", f"inv:revoke:{boss.officer_id}"):
        await phone.taps(payload)
        assert "start=" not in phone.last.text
    assert await role_of(database, phone)
    assert await role_of(database, stage.phone("1"))
    async with database.write() as tx:
        at = stage.router.clock()
        for target in (Role.ADMIN, Role.OFFICER):
            with pytest.raises(PermissionDeniedError):
                await invite(made, tx, role=target, unit_id=made.unit_id, token="x", at=at)
        with pytest.raises(PermissionDeniedError):
            await list_officers(made, tx)
        with pytest.raises(PermissionDeniedError):
            await list_invitations(made, tx, at=at)


async def test_to_everybody_else_these_words_mean_nothing(stage: Stage, person: Callable[..., Awaitable[int]]) -> None:
    await person(external_id="300")
    phone = stage.phone("300")
    (answer,) = await phone.says("mời cán bộ")
    assert "vai trò" not in answer


@pytest.mark.needs("buttons")
async def test_nor_do_its_buttons(stage: Stage, person: Callable[..., Awaitable[int]]) -> None:
    await person(external_id="300")
    assert "cũ" in (await stage.phone("300").taps("inv:role:admin"))[0]


async def test_an_admin_of_one_unit_stays_in_it(
    stage: Stage, database: Database, officer: MakeOfficer, units: dict[str, UnitId]
) -> None:
    local = await officer(Role.ADMIN, unit=BAC_SON, external_id="3")
    await officer(Role.OFFICER, unit=CHI_LANG, external_id="4")
    await officer(Role.OFFICER, unit=BAC_SON, external_id="5")
    phone = stage.phone("3")
    await phone.says("/moi")
    await phone.taps("Danh sách")
    assert [label for label in phone.labels if "Chi Lăng" in label] == []
    await phone.says("/moi")
    _, forward = await phone.taps("Cán bộ xã, phường")
    assert "xã Bắc Sơn" in forward
    at = stage.router.clock()
    async with database.write() as tx:
        for unit_id in (units[CHI_LANG], None):
            with pytest.raises(PermissionDeniedError):
                await invite(local, tx, role=Role.OFFICER, unit_id=unit_id, token="x", at=at)


async def test_the_rules_below_the_conversation(database: Database, stage: Stage, admin: Phone) -> None:
    at = stage.router.clock()
    found = await role_of(database, admin)
    assert found
    address = Address(account_id=stage.account_id, external_id="77")
    async with database.write() as tx:
        with pytest.raises(InvalidAnswerError):
            await invite(found, tx, role=Role.OFFICER, unit_id=None, token="x", at=at)
        with pytest.raises(OutreachError):
            await appoint(Person(contact_id=None), tx, address=address, role=Role.ADMIN, unit_id=None, at=at)
        with pytest.raises(StateError):
            await end_office(found, tx, officer_id=found.officer_id, at=at)
        appointed = await appoint(System(name="cli"), tx, address=address, role=Role.EDITOR, unit_id=None, at=at)
        await end_office(System(name="cli"), tx, officer_id=appointed.officer_id, at=at)
        assert [one.officer_id for one in await tx.officers.list_active()] == [found.officer_id]


@pytest.mark.needs("buttons")
async def test_a_second_tap_on_taking_the_role_is_no_alarm(stage: Stage, database: Database, clock: TestClock) -> None:
    """Two taps on the link of the command line: the role is given once, and the second tap hears that all is done."""
    async with database.write() as tx:
        await tx.officers.add_invitation(
            token="first-scanner", role=Role.ADMIN, unit_id=None, inviter=None, expires_at=clock() + timedelta(days=7)
        )
    new = stage.phone("501")
    await new.opens("cb_first-scanner")
    assert "Xong rồi" in (await new.taps("Nhận việc"))[0]
    given = await role_of(database, new)
    assert "nhận việc rồi" in (await new.taps("Nhận việc"))[0]
    assert await role_of(database, new) == given
    assert "đã có người dùng" in (await stage.phone("502").opens("cb_first-scanner"))[0]


@pytest.mark.parametrize(
    ("role", "keys", "menu"),
    [
        (Role.EDITOR, (("Gửi tin", "Độ phủ"),), Menu.EDITOR),
        (Role.REVIEWER, (("Độ phủ", "Đề cử mới"),), Menu.REVIEWER),
    ],
)
async def test_with_the_role_come_its_own_keyboard_and_commands(
    stage: Stage, database: Database, clock: TestClock, role: Role, keys: tuple[tuple[str, ...], ...], menu: Menu
) -> None:
    async with database.write() as tx:
        await invite(System(name="cli"), tx, role=role, unit_id=None, token="abcdefghijklmnop", at=clock())
    new = stage.phone("501")
    await new.opens("cb_abcdefghijklmnop")
    await new.taps("Nhận việc")
    assert (new.keys, new.last.menu) == (keys, menu)
