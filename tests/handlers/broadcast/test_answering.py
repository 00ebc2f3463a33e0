"""What a follower gets for the word, or the bare number, at an article's end."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from outreach.broadcasts.model import Broadcast, BroadcastState
from outreach.campaigns.model import Campaign, CampaignState, Content, DeliveryState
from outreach.contacts.model import Subscription
from outreach.messaging import ChannelName
from storage import tables as t
from storage.database import Database
from tests.conftest import NOW, TestClock
from tests.handlers.broadcast.conftest import People, composed, evidence, people
from tests.handlers.conftest import Phone, Stage

pytestmark = pytest.mark.channels(ChannelName.ZALO_OA)


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


async def test_a_new_follower_s_number_is_the_article_s_and_says_no_age(
    stage: Stage, database: Database, article: Callable[..., Awaitable[Broadcast]]
) -> None:
    await article()
    phone = stage.phone("999")
    await phone.follows()
    summary, question = await phone.says("1")
    assert "Đoạn thứ nhất." in summary
    assert "16 tuổi" in question
    assert phone.labels == ["Đủ 16 rồi", "Chưa đủ 16"]
    assert await evidence(database) == []
    # What came last is the question now, and it is answered as anywhere.
    [consent] = await phone.says("1")
    assert "4 dòng" in consent
    assert "sinh năm nào" in (await phone.says("1"))[0]
    assert await evidence(database) == []


async def test_a_number_meant_for_the_article_agrees_to_nothing(
    stage: Stage, article: Callable[..., Awaitable[Broadcast]], database: Database
) -> None:
    await article()
    phone, before = stage.phone("999"), await people(database)
    await phone.follows()
    await phone.taps("Đủ 16 rồi")
    summary, consent = await phone.says("1")
    assert "Đoạn thứ nhất." in summary
    assert "4 dòng" in consent
    assert await people(database) == before
    assert "không lưu gì" in (await phone.taps("Không, cảm ơn"))[0]


async def test_whoever_came_by_a_poster_answers_its_questions(
    stage: Stage, article: Callable[..., Awaitable[Broadcast]]
) -> None:
    await article()
    phone = stage.phone("999")
    await phone.opens("src_06325")
    assert "4 dòng" in (await phone.says("1"))[0]


@pytest.mark.channels
async def test_the_word_in_the_middle_of_joining_asks_the_open_question_again(
    stage: Stage, article: Callable[..., Awaitable[Broadcast]], database: Database
) -> None:
    await article()
    phone = stage.phone("999")
    await phone.opens("src_06325")
    answers = ["Đủ 16 rồi", "Đồng ý nhận tin", "2009", "Đúng"]
    for asked, answer in zip(["16 tuổi", "4 dòng", "sinh năm nào", "xã Bắc Sơn"], answers, strict=True):
        summary, question = await phone.says("BAI 1")
        assert "Đoạn thứ nhất." in summary
        assert asked in question.replace("<b>", "").replace("</b>", "")
        assert answer.isdecimal() or answer in phone.labels
        await phone.taps(answer)
    assert phone.inbox[-2].text.startswith("Xong rồi")
    assert await evidence(database) == [], "she was not counted before she had joined"
    [_] = await phone.says("BAI 1")
    assert len(await evidence(database)) == 1


@pytest.mark.channels
async def test_in_the_middle_of_another_conversation_only_the_way_on_stands_below(
    young: Phone, article: Callable[..., Awaitable[Broadcast]]
) -> None:
    await article()
    await young.says("đề cử")
    question = young.last.text
    [summary] = await young.says("BAI 1")
    assert "Đoạn thứ nhất." in summary
    assert young.labels == ["Tiếp tục"]
    assert (await young.taps("Tiếp tục"))[0] == question


async def test_the_word_calls_the_bot_back_from_staff_and_the_bare_number_does_not(
    young: Phone, article: Callable[..., Awaitable[Broadcast]]
) -> None:
    await article()
    await young.hears_staff()
    assert await young.says("1") == []
    assert "Đoạn thứ nhất." in (await young.says("BAI 1"))[0]


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
