"""A file is fetched after the commit; the conversation goes on, tells what is wrong, or has moved elsewhere."""

import io
from collections.abc import Awaitable, Callable

import pytest
from docx import Document

from outreach.messaging import SendError, SendErrorKind
from outreach.officers import Officer
from tests.handlers.conftest import ON_EVERY_CHANNEL, Phone
from tests.handlers.send.conftest import PLAN, Office

pytestmark = [ON_EVERY_CHANNEL, pytest.mark.needs("files")]  # without: see test_content

MakeOfficer = Callable[..., Awaitable[Officer]]


def _docx() -> bytes:
    document = Document()
    for line in PLAN.splitlines():
        document.add_paragraph(line)
    target = io.BytesIO()
    document.save(target)
    return target.getvalue()


@pytest.fixture
def sends(office: Office) -> Callable[..., Awaitable[str]]:
    """`await sends(phone, name, bytes or error)`: the officer sends a file, the clock fetches it; gives the answer that comes."""

    async def go(phone: Phone, name: str, found: bytes | SendError) -> str:
        await phone.sends_file(name)
        office.channel.otherwise = found
        assert await office.fetch() == 1
        return phone.last.text

    return go


async def test_a_word_file_becomes_the_item(office: Office, officer: MakeOfficer) -> None:
    phone = await office.phone(await officer())
    await phone.says("gửi tin")
    [said] = await phone.sends_file("ke-hoach.docx")
    assert "Đang đọc file <b>ke-hoach.docx</b>" in said
    office.channel.otherwise = _docx()
    assert await office.fetch() == 1
    assert "<b>Kế hoạch phát hiện, bồi dưỡng, phát huy tài năng trẻ</b> · Số 136/KH-UBND" in phone.last.text
    assert "Gửi cho ai?" in (await phone.says("1"))[0]
    assert await office.fetch() == 0


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "đặt mật khẩu"),
        (b"PK\x03\x04 but broken", "bị hỏng"),
        (b"   \n ", "Không thấy nội dung"),
        (b"{\\rtf1 x}", "Chỉ đọc được file"),
        (b"x" * 10_000_001, "lớn quá 10 MB"),
        (SendError(SendErrorKind.OUR_FAULT, "file_too_big"), "lớn quá 10 MB"),
        (SendError(SendErrorKind.OUR_FAULT, "file_unavailable"), "Chưa tải được"),
    ],
)
async def test_what_cannot_be_read_is_told_with_what_to_do(
    office: Office,
    officer: MakeOfficer,
    sends: Callable[..., Awaitable[str]],
    content: bytes | SendError,
    words: str,
) -> None:
    phone = await office.phone(await officer())
    await phone.says("gửi tin")
    answer = await sends(phone, "tin.docx", content)
    assert words in answer
    assert "dán nội dung" in answer
    assert "Số 136/KH-UBND" in (await phone.says(PLAN))[0]


async def test_too_big_is_told_before_it_is_fetched(office: Office, officer: MakeOfficer) -> None:
    phone = await office.phone(await officer())
    await phone.says("gửi tin")
    assert "lớn quá 10 MB" in (await phone.sends_file("tin.pdf", size=12_000_000))[0]
    assert await office.fetch() == 0


async def test_a_broken_line_is_tried_again(office: Office, officer: MakeOfficer) -> None:
    phone = await office.phone(await officer())
    await phone.says("gửi tin")
    await phone.sends_file("tin.docx")
    office.channel.otherwise = SendError(SendErrorKind.NEVER_LEFT, "not_connected")
    said = len(phone.inbox)
    await office.fetch()
    assert len(phone.inbox) == said
    assert "Vẫn đang đọc" in (await phone.says("xong chưa"))[0]
    assert await office.fetch() == 0  # put off
    office.clock.advance(seconds=60)
    office.channel.otherwise = _docx()
    assert await office.fetch() == 1
    assert "Số 136/KH-UBND" in phone.last.text


async def test_in_the_end_it_is_given_up(office: Office, officer: MakeOfficer) -> None:
    phone = await office.phone(await officer())
    await phone.says("gửi tin")
    await phone.sends_file("tin.docx")
    office.channel.otherwise = SendError(SendErrorKind.UNKNOWN, "timeout")
    for _ in range(4):
        assert "Đang đọc" in phone.last.text
        await office.fetch()
        office.clock.advance(minutes=5)
    assert "Chưa tải được" in phone.last.text
    assert await office.fetch() == 0


async def test_who_has_turned_to_something_else_is_left_alone(office: Office, officer: MakeOfficer) -> None:
    phone = await office.phone(await officer())
    await phone.says("gửi tin")
    await phone.sends_file("tin.docx")
    await phone.taps("Thôi, không đọc nữa")
    assert await office.fetch() == 0
    await phone.sends_file("tin.docx")
    await phone.says("của tôi")
    office.channel.otherwise = _docx()
    said = len(phone.inbox)
    await office.fetch()
    assert len(phone.inbox) == said
    assert not await office.campaigns()


async def test_another_file_takes_its_place_and_a_file_edits(office: Office, officer: MakeOfficer) -> None:
    phone = await office.phone(await officer())
    await phone.says("gửi tin")
    await phone.says("Bản cũ của tin này\nĐoạn duy nhất của bản cũ nằm ở đây, đủ dài.")
    await phone.taps("Sửa nội dung")
    await phone.sends_file("mot.docx")
    await phone.sends_file("hai.docx")
    office.channel.otherwise = _docx()
    assert await office.fetch() == 1
    [campaign] = await office.campaigns()
    assert campaign.content.title.startswith("Kế hoạch phát hiện")
