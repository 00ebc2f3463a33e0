"""What goes with the words: pictures and files, links, one question and its answers, a copy; told on every channel what it cannot do."""

import io
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial

import pytest
from PIL import Image

from content.readers.evidence import check_evidence
from handlers.send.media import refused
from outreach.campaigns.media import fetch_media
from outreach.campaigns.model import Campaign, CheckQuestion, Link
from outreach.campaigns.opened import count_answers
from outreach.messaging import AccountId, Address, AttachmentKind, ChannelName, ContactId, IncomingKind
from outreach.officers import Officer, System
from outreach.outbox import OutboxRow
from tests.handlers.conftest import CAN, ON_EVERY_CHANNEL, Phone
from tests.handlers.send.conftest import PLAN, Office

pytestmark = ON_EVERY_CHANNEL

Person = Callable[..., Awaitable[ContactId]]
MakeOfficer = Callable[..., Awaitable[Officer]]
ADD = "Thêm ảnh"


class _Store:
    def __init__(self) -> None:
        self.held: list[bytes] = []

    async def put(self, content: bytes) -> str:
        self.held.append(content)
        return f"{len(self.held):064x}"

    async def get(self, content_hash: str) -> bytes:
        return self.held[int(content_hash, 16) - 1]

    async def delete(self, content_hash: str) -> None: ...


async def fetched(office: Office, content: bytes) -> list[OutboxRow]:
    office.channel.otherwise = content
    return await fetch_media(
        System(name="clock"),
        transactions=office.database,
        channels={office.channel.account_id: office.channel},
        store=_Store(),
        check=check_evidence,
        tell=partial(refused, office.stage.router.world),
        clock=office.clock,
    )


def picture() -> bytes:
    drawn = io.BytesIO()
    Image.new("RGB", (20, 10)).save(drawn, "PNG")
    return drawn.getvalue()


@pytest.fixture
async def phone(office: Office, officer: MakeOfficer, person: Person) -> Phone:
    """The plan was pasted, and one young person would get it."""
    await person(unit="06325", external_id="700")
    opened = await office.phone(await officer())
    await opened.says("gửi tin")
    await opened.says(PLAN)
    return opened


async def newest(office: Office) -> Campaign:
    return (await office.campaigns())[0]


async def test_links_lead_straight_to_a_page(office: Office, phone: Phone) -> None:
    await phone.taps(ADD)
    await phone.taps("Nút liên kết")
    assert "https://" in (await phone.says("Toàn văn | http://langson.example.vn/136"))[0]
    await phone.says("Toàn văn | https://langson.example.vn/136\nhttps://tinhdoan.example.vn/tin")
    links = (
        Link(label="Toàn văn", url="https://langson.example.vn/136"),
        Link(label="Xem tại tinhdoan.example.vn", url="https://tinhdoan.example.vn/tin"),
    )
    assert (await newest(office)).content.links == links
    assert "nhiều nhất 3" in (await phone.says("https://a.vn\nhttps://b.vn"))[0]
    await phone.taps("Quay lại")
    assert "Kèm theo: 2 nút liên kết" in (await phone.taps("Xong"))[0]
    await phone.taps("Đúng, tiếp")
    preview, *_ = await phone.taps("Tất cả")
    shown = phone.inbox[-2]
    assert shown.text == preview
    assert [button.url for row in shown.buttons for button in row][:2] == [link.url for link in links]


async def test_a_question_is_answered_once(office: Office, phone: Phone) -> None:
    await phone.taps(ADD)
    await phone.taps("Câu hỏi")
    assert "2 đến 4" in (await phone.says("Mốc của tỉnh?\n70%"))[0]
    assert "một câu đúng" in (await phone.says("Mốc của tỉnh?\n*70%\n*50%"))[0]
    assert "{{ xa }}" in (await phone.says("Bạn ở {{ xa }}?\nCó\nKhông"))[0]
    await phone.says("Mốc của tỉnh?\n*70%\n50%")
    question = CheckQuestion(text="Mốc của tỉnh?", options=("70%", "50%"), right=0)
    assert (await newest(office)).content.question == question
    await phone.taps("Quay lại")
    await phone.taps("Xong")
    await phone.taps("Đúng, tiếp")
    preview, *_ = await phone.taps("Tất cả")
    assert "<b>Câu hỏi:</b> Mốc của tỉnh?" in preview
    await phone.taps("Gửi")
    await office.send_out()
    number = (await newest(office)).campaign_id
    [(_, message)] = [sent for sent in office.channel.sent if sent[0] == "700"]
    reader = office.stage.phone("700")
    reader.inbox.append(message)
    for label, told in (("50%", "Câu trả lời đúng là: 70%"), ("70%", "Bạn đã trả lời “50%”")):
        answered = await reader.taps(label)
        assert told in (reader.toasts[-1] if reader.channel == ChannelName.TELEGRAM else answered[0])
    async with office.database.read() as tx:
        campaign = await tx.campaigns.get(number)
        [officer] = await tx.officers.list_active()
        assert campaign
        assert await count_answers(officer, tx, campaign=campaign) == (0, 1)
    await phone.says("chiến dịch")
    [report] = await phone.says("1")
    assert report.endswith("\n\nCâu hỏi “Mốc của tỉnh?”: 70% (đúng): 0 · 50%: 1")


async def test_a_picture_goes_along_once_it_is_here(office: Office, phone: Phone) -> None:
    await phone.taps(ADD)
    await phone.taps("Ảnh, file")
    [said] = await phone.sends_photo()
    assert "Đã nhận 1: anh-1.jpg" in said
    cannot = phone.channel == ChannelName.ZALO_BOT
    assert ("không gửi được ở đó" in said) == cannot
    await phone.taps("Quay lại")
    assert "Kèm theo: 1 ảnh" in (await phone.taps("Xong"))[0]
    assert "chưa tải xong" in (await phone.taps("Đúng, tiếp"))[0]
    assert await fetched(office, picture()) == []
    [media] = (await newest(office)).content.media
    assert (media.name, media.kind, media.size) == ("anh-1.png", AttachmentKind.PHOTO, len(picture()))
    await phone.says("gửi tin")
    await phone.taps("Tin đã lưu")
    assert "Kèm theo: 1 ảnh" in (await phone.says("1"))[0], "what was put aside goes on as it was"
    await phone.says("gửi tin")
    assert "Kèm theo" not in (await phone.says(PLAN))[0], "and what is pasted anew begins anew"


async def test_a_file_nobody_could_open_leaves_the_draft(office: Office, phone: Phone) -> None:
    await phone.taps(ADD)
    await phone.taps("Ảnh, file")
    await phone.sends_photo()
    [row] = await fetched(office, b"no picture")
    assert "<b>anh-1.jpg</b> không kèm theo được: chưa nhận được loại file này." in row.reply.text
    assert not (await newest(office)).content.media
    assert [button.label for line in row.reply.buttons for button in line] == ["Xem lại tin"]


async def test_what_cannot_be_filled_in_is_refused_and_what_can_is(office: Office, phone: Phone) -> None:
    await phone.says("gửi tin")
    await phone.taps("Tin mới")
    [said] = await phone.says("Chào {{ ten }}, lớp học mới\nMời bạn ở {{ xa }} đăng ký lớp.")
    assert "<b>{{ ten }}</b>" in said
    assert "{{ xa }}, {{ don_vi }}" in said
    await phone.says("Lớp học mới của tỉnh\nMời bạn ở {{ xa }} đăng ký lớp với {{ đơn vị }}.")
    await phone.taps("Đúng, tiếp")
    preview, look = await phone.taps("Tất cả")
    assert "Mời bạn ở xã Bắc Sơn đăng ký" in preview
    assert "(Mỗi người thấy tên xã, phường của mình; tin ở trên là ví dụ cho xã Bắc Sơn.)" in look
    await phone.taps("Gửi")
    await office.send_out()
    [(_, message)] = [sent for sent in office.channel.sent if sent[0] == "700"]
    assert "{{" not in message.text


async def test_formatting_is_kept_and_nothing_else(office: Office, phone: Phone) -> None:
    await phone.says("gửi tin")
    await phone._does(
        IncomingKind.TEXT,
        text="Lớp học mới của tỉnh\nĐăng ký <trước> thứ sáu.",
        formatted="Lớp học mới của tỉnh\nĐăng ký &lt;trước&gt; <b>thứ sáu</b>.",
    )
    assert (await newest(office)).content.formatted == ("Đăng ký &lt;trước&gt; <b>thứ sáu</b>.",)
    await phone.says("Thêm một đoạn nữa.")
    await phone.taps("Đúng, tiếp")
    preview, *_ = await phone.taps("Tất cả")
    assert "Đăng ký &lt;trước&gt; <b>thứ sáu</b>." in preview


@pytest.mark.needs("files")
async def test_a_file_gets_the_ending_of_its_content(office: Office, phone: Phone) -> None:
    await phone.taps(ADD)
    await phone.taps("Ảnh, file")
    await phone.sends_file("")
    assert "Đã nhận 2: file-1, Số 136.2024" in (await phone.sends_file("Số 136.2024"))[0]
    assert await fetched(office, b"%PDF-1.7 %%EOF") == []
    names = [(one.name, one.kind) for one in (await newest(office)).content.media]
    assert names == [("file-1.pdf", AttachmentKind.FILE), ("Số 136.2024.pdf", AttachmentKind.FILE)]


async def test_an_album_comes_picture_by_picture(office: Office, phone: Phone) -> None:
    await phone.says("gửi tin")
    [read] = await phone.sends_photo(album="a1", caption=PLAN)
    assert "Kèm theo: 1 ảnh" in read
    assert "Kèm theo: 2 ảnh" in (await phone.sends_photo(album="a1"))[0]
    assert "chưa được nhận" in (await phone.sends_photo(album="another"))[0]
    assert len((await newest(office)).content.media) == 2


@pytest.mark.needs("copies")
async def test_a_forwarded_post_goes_on_as_it_is(office: Office, phone: Phone) -> None:
    await phone.says("gửi tin")
    await phone._does(IncomingKind.TEXT, text=PLAN, formatted=PLAN.replace("Ủy ban", "<b>Ủy ban</b>"), forwarded=True)
    assert "gửi nguyên bản" in phone.last.text
    content = (await newest(office)).content
    assert content.copy_of
    assert content.copy_of.address == Address(
        account_id=office.channel.account_id, external_id=phone.address.external_id
    )
    await phone.taps(ADD)
    await phone.taps("Gửi theo mẫu chữ")
    assert (await newest(office)).content.copy_of is None
    await phone.taps("Gửi nguyên bản")
    assert (await newest(office)).content.copy_of == content.copy_of
    await phone.taps("Xong")
    await phone.taps("Đúng, tiếp")
    await phone.taps("Tất cả")
    assert phone.inbox[-2].copy_of == content.copy_of
    mark, copy, _ = (await phone.taps("Gửi thử"), phone.inbox[-3:])[1]
    assert (mark.copy_of, copy.copy_of) == (None, content.copy_of)


async def test_what_is_too_long_for_somebody_cannot_be_ordered(office: Office, phone: Phone) -> None:
    world = office.stage.router.world
    [door] = world.doors
    narrow = replace(CAN[phone.channel], max_text=400, windowed=False)
    unused = replace(door, account_id=AccountId(99), channel=ChannelName.ZALO_BOT, capabilities=narrow)
    await phone.says("gửi tin")
    await phone.says("Tin rất dài của tỉnh\n" + "chữ " * 120)
    await phone.taps("Đúng, tiếp")
    office.stage.router.world = replace(world, doors=(door, unused))
    await phone.taps("Tất cả")
    assert "Gửi" in phone.labels, "nobody is on the narrow channel"
    office.stage.router.world = replace(world, doors=(replace(door, name="cửa hẹp", capabilities=narrow),))
    look = (await phone.says("Gửi"))[-1]
    label = world.catalog.label(f"campaign.channel.{phone.channel.value}")
    assert f"<b>Tin dài quá</b>, chưa gửi được: {label}: quá " in look
    assert phone.labels == ["Sửa nội dung", "Lưu nháp", "Quay lại"]
    await phone.taps("Sửa nội dung")
    await phone.says("Tin ngắn của tỉnh\nMột đoạn thôi.")
    await phone.taps("Đúng, tiếp")
    await phone.taps("Tất cả")
    assert "Gửi" in phone.labels


async def test_where_another_channel_shows_otherwise_it_is_shown(office: Office, phone: Phone) -> None:
    world = office.stage.router.world
    [door] = world.doors
    other = replace(door, channel=ChannelName.ZALO_BOT, capabilities=CAN[ChannelName.ZALO_BOT])
    if phone.channel == ChannelName.ZALO_BOT:
        other = replace(other, channel=ChannelName.TELEGRAM, capabilities=CAN[ChannelName.TELEGRAM])
    office.stage.router.world = replace(world, doors=(door, other))
    await phone.taps(ADD)
    await phone.taps("Ảnh, file")
    await phone.sends_photo()
    await fetched(office, picture())
    await phone.taps("Quay lại")
    await phone.taps("Xong")
    await phone.taps("Đúng, tiếp")
    here, there, _ = await phone.taps("Tất cả")
    label = world.catalog.label(f"campaign.channel.{other.channel.value}")
    assert there.startswith(f"<i>Trên {label}")
    assert ("chưa xem được hết" in here) != ("chưa xem được hết" in there)
