"""Other words in messages that are out: shown first, put in by the clock without a new message, told at the end."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest
from sqlalchemy import select

from handlers.send.undoing import Undoings
from outreach.messaging import ContactId, SendError, SendErrorKind
from outreach.news.model import NewsState
from outreach.officers import Officer, Role
from storage import tables as t
from tests.handlers.conftest import ON_EVERY_CHANNEL, ON_ZALO, Phone
from tests.handlers.send.conftest import Office

pytestmark = ON_EVERY_CHANNEL
EDITS = pytest.mark.needs("edits")

MakeOfficer = Callable[..., Awaitable[Officer]]
Person = Callable[..., Awaitable[ContactId]]
Composed = Callable[..., Awaitable[Phone]]
RIGHT = """Kế hoạch phát hiện, bồi dưỡng tài năng trẻ, bản đúng
Hạn nộp hồ sơ là ngày 15/12/2026, không phải ngày 5/12/2026 như tin trước."""


@EDITS
async def test_the_words_change_in_place(office: Office, sent: Phone, clockwork: Undoings) -> None:
    [ways] = await sent.taps("Tin có chỗ sai?")
    assert "chữ đổi ngay trong 3 tin" in ways
    assert "xóa 3 tin" in ways
    assert sent.labels == ["Sửa tin đã gửi", "Thu hồi: còn 48 giờ", "Đính chính", "Xem báo cáo"]
    assert "Dán nội dung đúng" in (await sent.taps("Sửa tin đã gửi"))[0]
    assert "bằng chữ" in (await sent.says("ngắn"))[0]
    assert "{{ ten }}" in (await sent.says(f"{RIGHT} Chào {{{{ ten }}}}."))[0]
    shown, asked = await sent.says(RIGHT)
    assert shown.startswith("<b>Kế hoạch phát hiện, bồi dưỡng tài năng trẻ, bản đúng</b>")
    assert "trong <b>3</b> tin đã gửi" in asked
    await clockwork.run()
    assert not office.channel.sent, "nothing changes before she has agreed"
    assert "Đang sửa 3 tin" in (await sent.taps("Sửa 3 tin"))[0]
    await clockwork.run()
    await clockwork.run()
    assert sent.last.text == "Đã sửa 3 tin."
    assert [(who, reply.edits, reply.anew) for who, reply in office.channel.sent] == [
        ("700", "1", False),
        ("701", "2", False),
        ("702", "3", False),
    ]
    assert all("bản đúng" in reply.text for _, reply in office.channel.sent)
    said = len(sent.inbox)
    await clockwork.run()
    assert len(sent.inbox) == said
    assert "Đã sửa 3 tin rồi" in (await sent.taps("gui:rewordyes:1"))[0]
    assert sent.labels == ["Sửa tin đã gửi", "Xem báo cáo"]
    await sent.taps("gui:report:1")
    assert "Đã sửa sau khi gửi: 3 tin" in sent.last.text
    assert "bản đúng" in sent.last.text
    async with office.database.read() as tx:
        versions = await tx.connection.execute(select(t.delivery.c.version))
        assert set(versions.scalars()) == {2}, "or a reader's words cannot be told"
        [published] = await tx.news.latest()
        assert published.title.endswith("bản đúng"), "the news say what the phones say"
        old = await tx.connection.execute(select(t.news_item.c.state).where(t.news_item.c.title.not_like("%bản đúng")))
        assert set(old.scalars()) == {NewsState.ARCHIVED}


@EDITS
async def test_what_is_on_its_way_is_waited_for(office: Office, sent: Phone) -> None:
    """It carries the old words, and would be passed over; the new ones are not lost."""
    await sent.taps("Tin có chỗ sai?")
    await sent.taps("Sửa tin đã gửi")
    await sent.says(RIGHT)
    async with office.database.write() as tx:
        await tx.connection.execute(t.campaign.update().values(sent=2, in_flight=1))
        [campaign] = await office.campaigns()
        assert await tx.undoing.begin_edit(campaign.campaign_id, content=campaign.content) is None
    assert "1 tin còn đang trên đường tới nên chưa sửa ngay được" in (await sent.taps("gui:rewordyes:1"))[0]
    async with office.database.write() as tx:
        await tx.connection.execute(t.campaign.update().values(sent=3, in_flight=0))
    assert "Đang sửa 3 tin" in (await sent.taps("gui:rewordyes:1"))[0]


@EDITS
async def test_what_is_filled_in_is_shown_as_one_who_has_it_will_read_it(
    office: Office, officer: MakeOfficer, person: Person, composed: Composed, clockwork: Undoings
) -> None:
    await person(external_id="700")
    await person(external_id="701", unit="06325")
    phone = await composed(await officer())
    await phone.taps("Gửi")
    await office.send_out()
    office.channel.sent.clear()
    await phone.taps("gui:reword:1")
    shown, asked = await phone.says(f"{RIGHT}\nNộp tại {{{{ xa }}}}.")
    assert "Nộp tại xã Bắc Sơn." in shown
    assert "Mỗi người thấy tên xã, phường của mình; tin ở trên là ví dụ cho xã Bắc Sơn. Sửa?" in asked
    await phone.taps("Sửa 2 tin")
    await clockwork.run()
    [(_, elsewhere), (_, here)] = office.channel.sent
    assert here.text == shown
    assert "Nộp tại xã, phường của bạn." in elsewhere.text


@EDITS
async def test_who_has_deleted_it_gets_no_new_one_and_a_broken_line_is_waited_for(
    office: Office, sent: Phone, clockwork: Undoings
) -> None:
    office.channel.answers = {
        "700": SendError(SendErrorKind.HARMLESS, "message_gone"),
        "701": SendError(SendErrorKind.NEVER_LEFT, "not_connected"),
    }
    await sent.taps("gui:reword:1")
    await sent.says(RIGHT)
    await sent.taps("Sửa 3 tin")
    for _ in range(3):
        await clockwork.run()
    assert not office.channel.sent
    del office.channel.answers["701"]
    for _ in range(2):
        await clockwork.run()
    assert [who for who, _ in office.channel.sent] == ["701", "702"]
    assert sent.last.text.startswith("Đã sửa 2 tin. 1 tin không sửa được")


@EDITS
async def test_whoever_gets_it_later_gets_the_new_words(office: Office, sent: Phone, clockwork: Undoings) -> None:
    async with office.database.write() as tx:
        await tx.connection.execute(t.delivery.update().where(t.delivery.c.id == 3).values(state="failed"))
        await tx.connection.execute(t.campaign.update().values(sent=2, failed=1))
    await sent.taps("gui:reword:1")
    await sent.says(RIGHT)
    await sent.taps("Sửa 2 tin")
    await sent.taps("gui:again:1")
    await office.dispatch()
    [(who, reply)] = office.channel.sent
    assert (who, reply.edits) == ("702", "")
    assert "bản đúng" in reply.text
    async with office.database.read() as tx:
        row = await tx.connection.execute(select(t.delivery.c.version).where(t.delivery.c.id == 3))
        assert row.scalar_one() == 2


@EDITS
async def test_the_same_words_and_a_late_hour_change_nothing(office: Office, sent: Phone) -> None:
    office.clock.advance(hours=47, minutes=50)
    await sent.taps("gui:reword:1")
    async with office.database.read() as tx:
        campaign = (await tx.campaigns.list_recent(unit_id=None, limit=1))[0]
    same = "\n".join((campaign.content.title, *campaign.content.paragraphs))
    assert "giống hệt" in (await sent.says(same))[0]
    await sent.says(RIGHT)
    yes = sent.last.buttons[0][0].payload
    office.clock.advance(minutes=10)
    assert "không sửa được nữa" in (await sent.says(RIGHT))[0]
    assert sent.labels == ["Xem báo cáo"], "what is typed has the way on too"
    assert "không sửa được nữa" in (await sent.taps(yes))[0]
    assert "không sửa được nữa" in (await sent.taps("gui:reword:1"))[0]
    [ways] = await sent.taps("gui:mend:1")
    assert "Đính chính" in ways
    assert sent.labels == ["Đính chính", "Xem báo cáo"]


@EDITS
async def test_many_phones_change_by_nobody_alone_but_an_administrator_with_a_reason(
    office: Office, officer: MakeOfficer, sent: Phone
) -> None:
    """New words are words that no second officer has seen."""
    world = office.stage.router.world
    sending = replace(world.pack.sending, approval_above=2)
    office.stage.router.world = replace(world, pack=replace(world.pack, sending=sending))
    editor = await office.phone(await officer(Role.EDITOR))
    [refused] = await editor.taps("gui:reword:1")
    assert "hơn 2 người, nên nội dung mới phải có người thứ hai duyệt" in refused
    await sent.taps("gui:reword:1")
    _, asked = await sent.says(RIGHT)
    assert "chưa có người thứ hai xem nội dung mới" in asked
    assert sent.labels == ["Quay lại"]
    assert "phải có người thứ hai duyệt" in (await sent.taps("gui:rewordyes:1"))[0]
    assert "gõ lý do (ít nhất 10 ký tự)" in (await sent.says("sai"))[0]
    assert (await office.campaigns())[0].version == 1
    assert "Đang sửa 3 tin" in (await sent.says("Sai hạn nộp hồ sơ"))[0]
    assert (await office.campaigns())[0].version == 2
    async with office.database.read() as tx:
        said = select(t.audit.c.data).where(t.audit.c.action == "campaign.reword")
        assert (await tx.connection.execute(said)).scalar_one()["reason"] == "Sai hạn nộp hồ sơ"
    [report] = await sent.taps("gui:report:1")
    assert "Sửa không qua người duyệt thứ hai, lý do: Sai hạn nộp hồ sơ" in report


@ON_ZALO
async def test_where_nothing_changes_nothing_is_promised(sent: Phone) -> None:
    assert "Tin có chỗ sai?" not in sent.labels
