"""Phát chung: the officer's page on the Official Account, and the line beside the coverage."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from handlers.broadcast import told
from handlers.offered import tell_others
from outreach.broadcasts.model import ArticlesLeft, Broadcast, BroadcastId, BroadcastState
from outreach.clock import VIETNAM
from outreach.messaging import ChannelName, Notice
from outreach.officers import Role
from outreach.transaction import check_outside_transaction
from storage.database import Database
from tests.conftest import NOW, TestClock
from tests.handlers.broadcast.conftest import Officers, composed, states
from tests.handlers.conftest import Phone, Stage

ENTRY = "Phát chung trên Zalo OA"
pytestmark = pytest.mark.channels(ChannelName.ZALO_OA)


async def test_the_page_says_what_it_is_before_anything_is_ordered(editor: Phone, database: Database) -> None:
    await composed(editor)
    article, look = await editor.taps(ENTRY)
    assert "Kế hoạch phát hiện" in article
    assert article.endswith("Nhắn BAI 1 (hoặc chỉ số 1) cho trang này để nhận bản tóm tắt.")
    for said in ("tất cả người quan tâm", "chưa đồng ý", "Zalo duyệt", "06:00 đến 21:59", "không tính vào mốc 70%"):
        assert said in look.replace("<b>", "").replace("</b>", "")
    assert editor.labels == ["Phát", "Thôi"]
    assert await states(database) == ["draft"]


async def test_ordered_stopped_and_left(editor: Phone, database: Database) -> None:
    await composed(editor)
    await editor.taps(ENTRY)
    assert "Dừng phát" in (await editor.taps("Phát"))[0]
    assert await states(database) == ["creating"]
    assert "đã dừng" in (await editor.taps("Dừng phát"))[0]
    assert await states(database) == ["cancelled"]
    await editor.taps("gui:confirm:1")
    await editor.taps(ENTRY)
    assert "chưa phát gì" in (await editor.taps("Thôi"))[0]
    assert await states(database) == ["cancelled", "cancelled"]


@pytest.mark.parametrize(
    ("left", "hour", "said"),
    [
        (ArticlesLeft(today=1, month=3), 10, "1 bài đã phát; Zalo còn cho 3 bài."),
        (ArticlesLeft(today=0, month=3), 10, "tháng này còn 3 lượt, thử lại từ ngày mai"),
        (ArticlesLeft(today=0, month=3), 23, "Zalo còn cho 3 bài."),  # it goes out tomorrow
        (ArticlesLeft(today=0, month=0), 23, "chờ sang tháng sau"),
        (None, 10, "1 bài đã phát.\n"),
    ],
)
async def test_zalo_s_figure_stands_before_the_order_and_nought_is_a_no(
    stage: Stage,
    young: Phone,
    editor: Phone,
    article: Callable[..., Awaitable[Broadcast]],
    database: Database,
    clock: TestClock,
    left: ArticlesLeft | None,
    hour: int,
    said: str,
) -> None:
    asked: list[str] = []

    async def articles_left(follower: str) -> ArticlesLeft | None:
        check_outside_transaction()
        asked.append(follower)
        return left

    await article()
    clock.advance(hours=(hour - clock().astimezone(VIETNAM).hour) % 24)
    world = stage.router.world
    stage.router.world = replace(world, doors=(replace(world.doors[0], articles_left=articles_left),))
    await composed(editor)
    look = (await editor.taps(ENTRY))[-1]
    assert said in look
    assert asked == [young.address.external_id], "whoever has been there longest has got all of them"
    refused = "lượt phát chung nào" in look
    assert await states(database) == (["sent"] if refused else ["sent", "draft"])
    if refused:
        assert "trong bản nháp" in look
        assert editor.labels == ["Tin đã lưu"], "what is typed next means nothing of the item above"
        assert "Phát" not in editor.labels
        return
    left = ArticlesLeft(today=0, month=0)  # somebody else was quicker
    assert "chờ sang tháng sau" in (await editor.taps("Phát"))[0]
    assert await states(database) == ["sent", "draft"]


async def test_how_it_stands_can_be_asked_until_it_has_ended(
    editor: Phone, database: Database, stage: Stage, clock: TestClock
) -> None:
    await composed(editor)
    await editor.taps(ENTRY)
    [receipt] = await editor.taps("Phát")
    assert "đã nhận lệnh phát" in receipt
    assert "chọn <b>Xem lại</b>, hoặc gõ <b>gửi tin</b>" in receipt
    assert "đã nhận lệnh phát" in (await editor.says("tới đâu rồi"))[0]
    await editor.says("độ phủ")
    await editor.says("gửi tin")
    assert editor.labels[-2:] == ["Bài đang phát chung", "Chiến dịch"]
    async with database.write() as tx:
        await tx.broadcasts.move(BroadcastId(1), state=BroadcastState.READY, at=NOW)
    assert "bài viết đã tạo xong" in (await editor.taps("Bài đang phát chung"))[0]
    async with database.write() as tx:
        lost = await tx.broadcasts.move(BroadcastId(1), state=BroadcastState.SENDING, at=NOW, reason="unknown")
        contact_id = (await tx.contacts.known(editor.address)).contact
        assert lost
        assert contact_id
        notice = Notice(contact_id=contact_id.contact_id, reply=told(stage.router.world, lost, now=clock()))
        clock.advance(minutes=1)
        await tell_others(tx, [notice], at=clock())  # as the clock does
    assert "Coi như đã phát" in [button.label for row in notice.reply.buttons for button in row]
    assert "đã giao" in (await editor.says("2"))[0], "not what the same number meant before"
    assert "đã giao" not in (await editor.says("tới đâu rồi"))[0]
    await editor.says("gửi tin")
    assert "Bài đang phát chung" not in editor.labels


async def test_pressed_twice_it_is_ordered_once(editor: Phone, database: Database) -> None:
    await composed(editor)
    await editor.taps(ENTRY)
    for _ in range(2):
        assert "Zalo đang tạo" in (await editor.taps("bc:go:1"))[0]
    assert await states(database) == ["creating"]
    # While one is under way the way there leads to it.
    assert "Zalo đang tạo" in (await editor.taps("bc:show:1"))[0]
    assert await states(database) == ["creating"]


async def test_an_old_page_cannot_send_beside_another(editor: Phone, database: Database) -> None:
    await composed(editor)
    await editor.taps(ENTRY)
    await editor.taps("bc:show:1")
    await editor.taps("bc:go:2")
    assert "Một bài khác" in (await editor.taps("bc:go:1"))[0]
    assert await states(database) == ["draft", "creating"]


async def test_the_question_after_a_crash(
    editor: Phone, database: Database, stage: Stage, article: Callable[..., Awaitable[Broadcast]]
) -> None:
    lost = await article(state=BroadcastState.SENDING)
    async with database.write() as tx:
        await tx.broadcasts.note(lost.broadcast_id, state=BroadcastState.SENDING, at=NOW, reason="unknown")
    shown = told(stage.router.world, replace(lost, reason="unknown"), now=NOW)
    assert [button.label for row in shown.buttons for button in row] == ["Phát lại", "Coi như đã phát"]
    assert "đã giao" in (await editor.taps(f"bc:leave:{lost.broadcast_id}"))[0]
    assert await states(database) == ["sent"]


@pytest.mark.parametrize(
    ("reason", "said"), [("quota_used", "hết lượt"), ("not_allowed", "cán bộ"), ("never_heard", "never_heard")]
)
async def test_a_refusal_is_told_in_words(
    stage: Stage, article: Callable[..., Awaitable[Broadcast]], reason: str, said: str
) -> None:
    failed = replace(await article(), state=BroadcastState.FAILED, reason=reason)
    assert said in told(stage.router.world, failed, now=NOW).text


async def test_a_commune_s_officer_has_no_such_way(stage: Stage, officer: Officers, database: Database) -> None:
    await officer(Role.OFFICER, unit="06325", external_id="901")
    phone = stage.phone("901")
    await composed(phone)
    assert ENTRY not in phone.labels
    assert "đơn vị khác" in (await phone.taps("bc:show:1"))[0]
    assert await states(database) == []


async def test_nobody_else_orders_by_a_made_up_button(stage: Stage, young: Phone, database: Database) -> None:
    for step in ("show", "go", "drop", "stop", "repeat", "leave", "again", "zzz"):
        assert await young.taps(f"bc:{step}:1")
        assert await stage.phone("999").taps(f"bc:{step}:1")
    assert await states(database) == []


async def test_the_coverage_names_them_in_a_line_of_their_own(
    editor: Phone, article: Callable[..., Awaitable[Broadcast]], database: Database
) -> None:
    assert "Phát chung" not in (await editor.says("độ phủ"))[0]
    sent = await article()
    async with database.write() as tx:
        await tx.broadcasts.note(sent.broadcast_id, state=BroadcastState.SENT, at=NOW, platform_count=1234)
    table = (await editor.says("độ phủ"))[0]
    assert table.endswith(
        "Phát chung, không đếm người: 1 bài; Zalo báo nhiều nhất 1.234 người quan tâm. Không cộng vào đâu."
    )
    assert "1.234" not in table.partition("Phát chung")[0]


async def test_a_commune_s_officer_does_not_see_them(
    stage: Stage, officer: Officers, article: Callable[..., Awaitable[Broadcast]]
) -> None:
    await officer(Role.OFFICER, unit="06325", external_id="901")
    await article()
    assert "Phát chung" not in (await stage.phone("901").says("độ phủ"))[0]
