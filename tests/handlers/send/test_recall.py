"""A campaign taken back: asked once, deleted from the phones by the clock, told at the end."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from handlers.send.undoing import Undoings
from outreach.campaigns.model import DeliveryState
from outreach.messaging import CampaignId, SendError, SendErrorKind
from storage import tables as t
from tests.handlers.conftest import ON_EVERY_CHANNEL, ON_ZALO, Phone
from tests.handlers.send.conftest import PLAN, Office

pytestmark = ON_EVERY_CHANNEL
TAKES_BACK = pytest.mark.needs("recall_hours")


@TAKES_BACK
async def test_it_goes_from_every_phone(office: Office, sent: Phone, clockwork: Undoings) -> None:
    office.clock.advance(minutes=50)
    await sent.taps("gui:report:1")
    assert sent.labels[-2:] == ["Thu hồi: còn 47 giờ", "Tin có chỗ sai?"]
    assert "3 người, không làm lại được" in (await sent.taps("Thu hồi"))[0]
    yes = sent.last.buttons[0][0].payload
    assert "Đang thu hồi 3 tin" in (await sent.taps(yes))[0]
    assert "Đang thu hồi, đã xong 0 tin" in (await sent.taps(yes))[0]
    await clockwork.run()
    assert sorted(office.channel.recalled) == [("700", "1"), ("701", "2"), ("702", "3")]
    assert "Đã thu hồi" not in sent.last.text
    await clockwork.run()
    assert sent.last.text == "Đã thu hồi 3 tin."
    assert sent.labels == ["Xem báo cáo", "Chiến dịch"]
    assert await sent.taps(yes) == ["Đã thu hồi 3 tin rồi."]
    said = len(sent.inbox)
    await clockwork.run()
    assert len(sent.inbox) == said
    await sent.taps("gui:report:1")
    assert "Đã thu hồi: 3 (không còn tính vào độ phủ, trừ ai đã mở)" in sent.last.text
    assert "Lần đầu trong kỳ: 0" in sent.last.text
    assert not any(label.startswith("Thu hồi") for label in sent.labels)
    assert "3/3 · đã thu hồi 3 · " in (await sent.says("chiến dịch"))[0]


@TAKES_BACK
async def test_who_cannot_be_reached_keeps_it(office: Office, sent: Phone, clockwork: Undoings) -> None:
    office.channel.unrecallable["701"] = SendError(SendErrorKind.HARMLESS, "cannot_delete")
    await sent.taps("Thu hồi")
    await sent.taps("Thu hồi 3 tin")
    for _ in range(2):
        await clockwork.run()
    assert "Đã thu hồi 2 tin. 1 tin không xóa được" in sent.last.text


@TAKES_BACK
async def test_a_broken_line_is_waited_for(office: Office, sent: Phone, clockwork: Undoings) -> None:
    """The mark stands behind the last one that went, so a kill or a lost line only repeats."""
    office.channel.unrecallable["701"] = SendError(SendErrorKind.NEVER_LEFT, "not_connected")
    await sent.taps("Thu hồi")
    await sent.taps("Thu hồi 3 tin")
    for _ in range(3):
        await clockwork.run()
    assert office.channel.recalled == [("700", "1")]
    office.channel.unrecallable.clear()
    for _ in range(2):
        await clockwork.run()
    assert office.channel.recalled == [("700", "1"), ("701", "2"), ("702", "3")]
    assert sent.last.text == "Đã thu hồi 3 tin."


@TAKES_BACK
async def test_after_two_days_it_is_too_late(office: Office, sent: Phone, clockwork: Undoings) -> None:
    old = next(button for row in sent.last.buttons for button in row if button.label.startswith("Thu hồi"))
    office.clock.advance(hours=48)
    assert "không thu hồi được nữa" in (await sent.taps(old.payload))[0]
    assert "không thu hồi được nữa" in (await sent.taps("gui:recallyes:1"))[0]
    await clockwork.run()
    assert not office.channel.recalled


@TAKES_BACK
async def test_nobody_gets_it_afterwards(office: Office, sent: Phone, clockwork: Undoings) -> None:
    """Its third person was about to be tried another way, or had just written again."""
    async with office.database.write() as tx:
        third = t.delivery.c.id == 3
        await tx.connection.execute(t.delivery.update().where(third).values(state=DeliveryState.PENDING))
        await tx.connection.execute(t.campaign.update().values(sent=2, pending=1))
    await sent.taps("gui:recallyes:1")
    await office.send_out()
    await clockwork.run()
    assert [who for who, _ in office.channel.recalled] == ["700", "701"]
    async with office.database.read() as tx:
        row = (await tx.connection.execute(select(t.delivery).where(third))).one()
        assert (row.state, row.reason) == (DeliveryState.SKIPPED, "cancelled")


@TAKES_BACK
async def test_what_is_on_its_way_is_waited_for(office: Office, sent: Phone) -> None:
    """Its answer might be to try once more, or that it came."""
    async with office.database.write() as tx:
        third = t.delivery.c.id == 3
        await tx.connection.execute(t.delivery.update().where(third).values(state=DeliveryState.IN_FLIGHT))
        await tx.connection.execute(t.campaign.update().values(sent=2, in_flight=1))
        assert not await tx.undoing.begin_recall(CampaignId(1))
    assert "1 tin còn đang trên đường tới nên chưa thu hồi ngay được" in (await sent.taps("gui:recallyes:1"))[0]
    async with office.database.write() as tx:
        await tx.connection.execute(t.delivery.update().where(third).values(state=DeliveryState.PENDING))
        await tx.connection.execute(t.campaign.update().values(pending=1, in_flight=0))
    await sent.taps("Xem báo cáo")
    await sent.taps("Thu hồi")
    assert "Đang thu hồi 2 tin" in (await sent.taps("Thu hồi 2 tin"))[0]


@TAKES_BACK
async def test_nobody_is_offered_it_again(office: Office, sent: Phone) -> None:
    """One had failed, and of one nobody knows; to leave that as it is can still be said."""
    async with office.database.write() as tx:
        failed, unknown = t.delivery.c.id == 2, t.delivery.c.id == 3
        await tx.connection.execute(t.delivery.update().where(failed).values(state=DeliveryState.FAILED))
        await tx.connection.execute(t.delivery.update().where(unknown).values(state=DeliveryState.UNKNOWN))
        await tx.connection.execute(t.campaign.update().values(sent=1, failed=1, unknown=1))
    await sent.taps("gui:report:1")
    assert {"Gửi lại 1 người", "Gửi lại 1 người chưa rõ"} <= set(sent.labels)
    await sent.taps("gui:recallyes:1")
    await sent.taps("gui:report:1")
    assert not any(label.startswith("Gửi lại") for label in sent.labels)
    for old in ("gui:again:1", "gui:repeat:1"):
        assert "đã thu hồi, nên không gửi thêm cho ai" in (await sent.taps(old))[0]
    assert "Đã để nguyên 1 người" in (await sent.taps("Để nguyên"))[0]


@TAKES_BACK
async def test_nobody_reads_it_among_the_news(office: Office, sent: Phone) -> None:
    """Once no other campaign with these words is out. Its officer finds them among the saved ones, to mend them."""
    await sent.says("gửi tin")
    await sent.says(PLAN)
    await sent.taps("Đúng, tiếp")
    await sent.taps("Tất cả")
    await sent.taps("Gửi")
    await sent.taps("Vẫn gửi")
    await office.send_out()
    await sent.taps("gui:recallyes:1")
    async with office.database.read() as tx:
        assert len(await tx.news.latest()) == 1
    await sent.taps("gui:recallyes:2")
    async with office.database.read() as tx:
        assert not await tx.news.latest()
    await sent.says("gửi tin")
    [page] = await sent.taps("Tin đã lưu")
    assert f"<i>nháp</i> · <i>đã gửi {office.clock():%d/%m/%Y}, đã thu hồi</i>" in page
    [read] = await sent.says("1")
    assert "cho 3 người, rồi đã thu hồi</b>. Xem lại nội dung trước khi gửi lần nữa." in read


@TAKES_BACK
async def test_who_keeps_a_line_of_it_in_a_digest_is_told(office: Office, sent: Phone, clockwork: Undoings) -> None:
    """One of the three has it there, by campaign 2."""
    async with office.database.write() as tx:
        [made] = await tx.campaigns.list_recent(unit_id=None, limit=1)
        digest = await tx.campaigns.add(
            content=replace(made.content, title="Bản tin tuần"),
            audience=made.audience,
            by=made.created_by,
            unit_id=None,
            at=office.clock(),
        )
        third = t.delivery.c.id == 3
        await tx.connection.execute(t.delivery.update().where(third).values(campaign_id=digest))
        await tx.connection.execute(t.digest_item.insert().values(delivery_id=3, campaign_id=1))
        await tx.connection.execute(t.campaign.update().where(t.campaign.c.id == 1).values(sent=2))
    line = "1 người còn dòng này trong bản tin tuần"
    assert line in (await sent.taps("gui:recall:1"))[0]
    await sent.taps("Thu hồi 2 tin")
    for _ in range(2):
        await clockwork.run()
    assert sent.last.text.startswith(f"Đã thu hồi 2 tin. {line}")


@ON_ZALO
async def test_where_nothing_can_be_deleted_nothing_is_promised(
    office: Office, sent: Phone, clockwork: Undoings
) -> None:
    """The way round is the correction."""
    assert sent.labels == ["Theo xã", "File Excel", "Xem từng người", "Đính chính"]
    assert "thu hồi" not in sent.last.text.casefold()
    await clockwork.run()
    assert not office.channel.recalled
