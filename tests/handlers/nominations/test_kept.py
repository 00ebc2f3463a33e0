"""What is on the disk, who may touch it, and people who press and type at random."""

import random
from pathlib import Path

import pytest
from sqlalchemy import func, select

from handlers.registry import registry
from handlers.router import Router
from outreach.errors import PermissionDeniedError
from outreach.messaging import ContactId
from outreach.nominations.model import NominationId, NominationState
from outreach.nominations.writing import list_own, own
from outreach.officers import Person
from storage import tables as t
from storage.database import Database
from storage.types import Keyring
from tests.conftest import TestClock
from tests.handlers.conftest import ON_EVERY_CHANNEL, Phone, Stage
from tests.handlers.nominations.conftest import ACHIEVEMENT, Look, begins, fills, submits

pytestmark = ON_EVERY_CHANNEL

SAID = [
    "Nông Thị Hoa",
    "2009",
    "1950",
    "xã Bắc Sơn",
    "bac son",
    ACHIEVEMENT,
    "0912 345 678",
    "1",
    "2",
    "7",
    "xong",
    "quay lại",
    "?",
    "x" * 3000,
]


async def test_nothing_about_a_person_is_readable_on_the_disk(stage: Stage, database: Database, tmp_path: Path) -> None:
    nominator = stage.phone("901")
    await fills(nominator)
    await nominator.taps("Sửa minh chứng")
    await nominator.says("https://vidu.vn/bai-ve-hoa")
    if nominator.can.files:
        await nominator.sends_file("giay-khen-hoa.pdf")
    else:
        await nominator.says("https://vidu.vn/giay-khen-hoa.pdf")
    await nominator.taps("Xong phần minh chứng")
    await nominator.taps("Gửi")
    nominee = stage.phone("902")
    code = nominator.last.text.split("<code>")[1].split("</code>")[0]
    await nominee.opens(f"dc_{code}")
    await nominee.taps("Đồng ý")
    await nominee.taps("Mình đủ 16")
    files = [path for path in tmp_path.iterdir() if path.name.startswith("loatre.db")]
    assert len(files) >= 2  # the database and its write-ahead log
    written = b"".join(path.read_bytes() for path in files)
    assert b"nomination_answer" in written
    for secret in ("Nông Thị Hoa", "912345678", "912 345 678", ACHIEVEMENT, "vidu.vn", "giay-khen"):
        assert secret.encode() not in written, secret


async def test_giving_up_leaves_nothing_of_it(stage: Stage, database: Database, tmp_path: Path) -> None:
    nominator = stage.phone("901")
    await fills(nominator)
    await nominator.says("hủy")
    await nominator.taps("Xóa")
    async with database.read() as tx:
        for table in (t.nomination, t.nomination_answer, t.nomination_event, t.evidence):
            left = (await tx.connection.execute(select(func.count()).select_from(table))).scalar_one()
            assert left == 0, table.name


async def test_nobody_else_reads_a_nomination(stage: Stage, database: Database) -> None:
    await submits(stage.phone("901"))
    async with database.read() as tx:
        stranger = Person(contact_id=ContactId(999))
        with pytest.raises(PermissionDeniedError):
            await own(stranger, tx, nomination_id=NominationId(1))
        with pytest.raises(PermissionDeniedError):
            await list_own(stranger, tx, contact_id=ContactId(1))


WAY = [
    "tap:Mình đủ 16, bắt đầu",
    "tap:Bạn khác, đã đồng ý",
    "tap:Đủ 16 rồi",
    "tap:Thể dục thể thao",
    "Nông Thị Hoa",
    "2009",
    "xã Bắc Sơn",
    "tap:Đúng",
    ACHIEVEMENT,
    "photo",
    "tap:Xong phần minh chứng",
    "qua chat này",
    "tap:Sửa họ tên",
    "Nông Thị Huệ",
]


async def test_a_new_process_after_every_answer_goes_on_where_it_was(
    stage: Stage, look: Look, sqlite_url: str, keyring: Keyring, clock: TestClock
) -> None:
    """tests/chaos kills the real program; here every answer meets a router and a database that have just been opened, three days later at times."""
    nominator = stage.phone("901")
    await nominator.says("/decu")
    for number, action in enumerate(WAY):
        fresh = Database(sqlite_url, keyring=keyring)
        nominator.router = Router(
            transactions=fresh, world=stage.router.world, registry=registry(), clock=clock, deliver=stage.deliver
        )
        if number in {4, 9, 12}:
            clock.advance(days=3)
            assert "Bạn đang dở câu" in (await nominator.says("mình quay lại rồi đây"))[0]
            await nominator.taps("Tiếp tục")
        if action == "photo":
            await nominator.sends_photo()
        else:
            await (nominator.taps if action.startswith("tap:") else nominator.says)(action.removeprefix("tap:"))
        await fresh.close()
    nominator.router = stage.router
    assert "Bạn xem lại nhé" in nominator.last.text
    answers = (await look.one()).answers
    assert (answers["full_name"], answers["achievement"], len(answers)) == ("Nông Thị Huệ", ACHIEVEMENT, 9)
    assert await look.is_gone(2)
    assert "LS-2026-000001" in (await nominator.taps("Gửi"))[0]


ENDS = ("nominate:drop", "hoso:gone", "conv:", "go:")


async def wanders(phone: Phone, dice: random.Random, *, steps: int) -> None:
    """Chooses anything of the last messages, old buttons included (what stands as a line is typed), and types anything."""
    for _ in range(steps):
        shown = [(reply, b) for reply in phone.inbox[-6:] for row in reply.buttons for b in row if b.payload]
        seen = [(reply, b) for reply, b in shown if not b.payload.startswith(ENDS)]
        what = dice.random()
        before = len(phone.inbox)
        if seen and what < 0.6:
            reply, button = dice.choice(seen)
            await (phone.says(button.label) if phone.listed(reply) else phone.taps(button.payload))
        elif what < 0.9:
            await phone.says(dice.choice(SAID))
        else:
            await phone.sends_photo()
        told = [reply.text for reply in phone.inbox[before:]]
        assert all(told), "an empty message"
        assert told, "no answer"
        assert "trục trặc" not in " ".join(told), told


@pytest.mark.parametrize("dice", range(6))
async def test_people_who_press_and_type_at_random_still_get_to_the_end(stage: Stage, look: Look, dice: int) -> None:
    nominator = stage.phone("901")
    await begins(nominator)
    await wanders(nominator, random.Random(dice), steps=30)  # noqa: S311  (the same wandering in every run)
    await nominator.says("/decu")
    if "Làm mới" in nominator.labels:
        await nominator.taps("Làm mới")
    for number in range(1, 40):
        if await look.is_gone(number):
            continue
        newest = number
    assert (await look.one(newest)).state == NominationState.DRAFT
    await nominator.taps("Chính mình")
    await nominator.taps("Học tập")
    for said in ("Nông Thị Hoa", "2009", "06325", "1", ACHIEVEMENT, "xong", "qua chat này"):
        await nominator.says(said)
    assert "Bạn xem lại nhé" in nominator.last.text
    assert "LS-2026-" in (await nominator.taps("Gửi"))[0]
