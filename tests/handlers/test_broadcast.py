"""Phát chung: the officer's page on the Official Account, and what a follower gets for the word at an article's end."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import func, select

from handlers.broadcast import told
from handlers.offered import tell_others
from outreach.broadcasts.model import ArticlesLeft, Broadcast, BroadcastId, BroadcastState
from outreach.campaigns.model import Campaign, CampaignState, Content, DeliveryState
from outreach.clock import VIETNAM
from outreach.contacts.model import Subscription
from outreach.messaging import AccountId, ChannelName, ContactId, Notice
from outreach.officers import Officer, Role
from outreach.transaction import check_outside_transaction
from storage import tables as t
from storage.database import Database
from tests.conftest import NOW, TestClock
from tests.handlers.conftest import Phone, Stage

PLAN = """Kế hoạch phát hiện, bồi dưỡng, phát huy tài năng trẻ
Ủy ban nhân dân tỉnh vừa ban hành Kế hoạch số 136/KH-UBND, ngày 10/6/2024 về phát hiện, bồi dưỡng, phát huy tài năng trẻ.
Mỗi năm có ít nhất 70% thanh niên được cung cấp thông tin về chính sách tài năng trẻ của tỉnh."""
ENTRY = "Phát chung trên Zalo OA"

pytestmark = pytest.mark.channels(ChannelName.ZALO_OA)

Officers = Callable[..., Awaitable[Officer]]
People = Callable[..., Awaitable[ContactId]]


@pytest.fixture
async def editor(stage: Stage, officer: Officers) -> Phone:
    await officer(Role.EDITOR, external_id="900")
    return stage.phone("900")


@pytest.fixture
def article(
    database: Database, account_id: AccountId, officer: Officers, plan_136: Content, clock: TestClock
) -> Callable[..., Awaitable[Broadcast]]:
    """One that went out just now."""

    async def make(*, content: Content = plan_136, state: BroadcastState = BroadcastState.SENT) -> Broadcast:
        by = await officer()
        async with database.write() as tx:
            row = await tx.broadcasts.add(account_id=account_id, content=content, by=by.officer_id, at=clock())
            way = [BroadcastState.CREATING, BroadcastState.READY, BroadcastState.SENDING, state]
            for step in way if state not in way[:3] else way[: way.index(state) + 1]:
                row = await tx.broadcasts.move(row.broadcast_id, state=step, at=clock()) or row
        clock.advance(minutes=5)
        return row

    return make


async def states(database: Database) -> list[str]:
    async with database.read() as tx:
        return list((await tx.connection.execute(select(t.broadcast.c.state).order_by(t.broadcast.c.id))).scalars())


async def evidence(database: Database) -> list[Any]:
    async with database.read() as tx:
        statement = select(t.reach_person).join(t.period).where(t.period.c.code == "state-2026")
        return list((await tx.connection.execute(statement)).all())


async def people(database: Database) -> int:
    async with database.read() as tx:
        return int((await tx.connection.execute(select(func.count()).select_from(t.contact))).scalar_one())


# The officer


async def composed(phone: Phone) -> None:
    await phone.says("gửi tin")
    await phone.says(PLAN)


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
    assert editor.labels[-1] == "Bài đang phát chung"
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
        assert "Phát" not in editor.labels
        return
    left = ArticlesLeft(today=0, month=0)  # somebody else was quicker
    assert "chờ sang tháng sau" in (await editor.taps("Phát"))[0]
    assert await states(database) == ["sent", "draft"]


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


# The reader


@pytest.mark.parametrize("words", ["1", " 1 ", "BAI 1", "bài 1", "bai1", "nhắn BAI 1", "nhan bai 1"])
async def test_a_subscriber_who_writes_the_word_gets_the_summary_and_counts(
    young: Phone, database: Database, article: Callable[..., Awaitable[Broadcast]], words: str
) -> None:
    await article()
    [summary] = await young.says(words)
    assert "Đoạn thứ nhất." in summary
    assert "langson.gov.vn" in summary
    [row] = await evidence(database)
    assert row.e3_at is not None
    assert row.e4_at is None


async def test_however_often_she_asks_it_is_one_turn(
    young: Phone, database: Database, article: Callable[..., Awaitable[Broadcast]]
) -> None:
    await article()
    for words in ("1", "BAI 1", "1"):
        assert "Đoạn thứ nhất." in (await young.says(words))[0]
    [row] = await evidence(database)
    assert row.turns == 1


@pytest.mark.channels
async def test_the_word_is_understood_on_every_channel_and_the_bare_number_on_the_account_s_own(
    young: Phone, article: Callable[..., Awaitable[Broadcast]]
) -> None:
    await article()
    assert "Đoạn thứ nhất." in (await young.says("bai 1"))[0]
    on_its_own = "Đoạn thứ nhất." in (await young.says("1"))[0]
    assert on_its_own == (young.channel == ChannelName.ZALO_OA)


async def test_what_does_not_count_is_answered_and_leaves_nothing(
    young: Phone, database: Database, article: Callable[..., Awaitable[Broadcast]], plan_136: Content
) -> None:
    await article(content=replace(plan_136, counts=False))
    assert "Đoạn thứ nhất." in (await young.says("1"))[0]
    assert await evidence(database) == []


@pytest.mark.parametrize("words", ["1", "BAI 1"])
async def test_a_stranger_gets_the_summary_and_the_question_and_is_written_nowhere(
    stage: Stage, database: Database, article: Callable[..., Awaitable[Broadcast]], words: str
) -> None:
    await article()
    before = await people(database)
    summary, question = await stage.phone("999").says(words)
    assert "Đoạn thứ nhất." in summary
    assert "16 tuổi" in question
    assert await people(database) == before
    assert await evidence(database) == []


async def test_whoever_stopped_may_read_and_is_not_counted(
    stage: Stage, person: People, database: Database, article: Callable[..., Awaitable[Broadcast]]
) -> None:
    await person(external_id="502", subscription=Subscription.STOPPED)
    await article()
    assert len(await stage.phone("502").says("1")) == 1
    assert await evidence(database) == []


async def test_a_number_means_what_came_last(
    young: Phone, database: Database, article: Callable[..., Awaitable[Broadcast]], clock: TestClock
) -> None:
    await young.says("tin mới")
    clock.advance(minutes=1)
    await article()
    await young.says("trợ giúp")  # its own choices come after the article
    assert "Đoạn thứ nhất." not in (await young.says("1"))[0]
    assert "Đoạn thứ nhất." in (await young.says("bai 1"))[0]


async def test_an_open_question_keeps_its_numbers(
    young: Phone, article: Callable[..., Awaitable[Broadcast]], database: Database
) -> None:
    await young.says("đề cử")
    await article()
    assert "Đoạn thứ nhất." not in (await young.says("1"))[0]
    assert await evidence(database) == []


async def test_a_newer_campaign_has_the_number(
    young: Phone,
    database: Database,
    article: Callable[..., Awaitable[Broadcast]],
    campaign: Callable[..., Awaitable[Campaign]],
    clock: TestClock,
) -> None:
    await article()
    await campaign(state=CampaignState.RUNNING)
    async with database.write() as tx:
        values = {"state": DeliveryState.SENT, "changed_at": clock()}
        await tx.connection.execute(t.delivery.update().values(**values))
    assert "Đoạn thứ nhất." not in (await young.says("1"))[0]
    assert "Đoạn thứ nhất." in (await young.says("BAI 1"))[0]


async def test_after_a_week_the_bare_number_is_forgotten_and_the_word_is_not(
    young: Phone, article: Callable[..., Awaitable[Broadcast]], clock: TestClock
) -> None:
    await article()
    clock.advance(days=7)
    assert "Đoạn thứ nhất." not in (await young.says("1"))[0]
    assert "Đoạn thứ nhất." in (await young.says("BAI 1"))[0]


@pytest.mark.parametrize("state", [BroadcastState.CREATING, BroadcastState.SENDING, BroadcastState.FAILED])
async def test_what_did_not_go_out_is_nobody_s_answer(
    young: Phone, article: Callable[..., Awaitable[Broadcast]], state: BroadcastState
) -> None:
    await article(state=state)
    for words in ("1", "BAI 1", "BAI 99", "BAI 1234567890123"):
        assert "Đoạn thứ nhất." not in (await young.says(words))[0]


async def test_the_summary_leads_on_where_the_item_is_published(
    young: Phone, database: Database, article: Callable[..., Awaitable[Broadcast]], plan_136: Content, editor: Phone
) -> None:
    await composed(editor)
    async with database.write() as tx:
        [item] = await tx.news.drafts()
        await tx.news.publish(item.id, topic="", counts=True, at=NOW)  # as the clock does when the article went out
    await article(content=replace(plan_136, news_id=item.id, paragraphs=("Đoạn thứ nhất.", "dài " * 300)))
    await young.says("1")
    assert young.labels == ["Đọc tiếp", "Đã đọc"]
    await young.taps("Đã đọc")
    [row] = await evidence(database)
    assert row.e4_at is not None


# Beside the coverage


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
