"""Reading: the latest, by topic, by words, one in full; and only subscribers' reading of what counts is evidence."""

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from outreach.contacts.model import Subscription
from outreach.messaging import ContactId
from outreach.news.model import DocumentRef, NewsDraft, NewsId
from storage import tables as t
from storage.database import Database
from tests.conftest import NOW
from tests.handlers.conftest import ON_EVERY_CHANNEL, Phone, Stage

pytestmark = ON_EVERY_CHANNEL

People = Callable[..., Awaitable[ContactId]]
Publish = Callable[..., Awaitable[NewsId]]


@pytest.fixture
def publish(database: Database) -> Publish:
    """A factory of published items: `await publish("title", topic="awards", counts=True, paragraphs=(…))`."""

    async def make(
        title: str, *, topic: str = "policy", counts: bool = True, paragraphs: tuple[str, ...] = ("Một đoạn.",)
    ) -> NewsId:
        draft = NewsDraft(
            title=title,
            paragraphs=paragraphs,
            documents=(DocumentRef(number="136/KH-UBND", kind="Kế hoạch", signed_on=date(2024, 6, 10)),),
            published_on=date(2026, 10, 1),
            source="langson.gov.vn",
        )
        async with database.write() as tx:
            news_id, _ = await tx.news.add(draft, content_hash=title, topic=topic, counts=counts, by=None, at=NOW)
            await tx.news.publish(news_id, topic=topic, counts=counts, at=NOW)
        return news_id

    return make


@pytest.fixture
async def young(stage: Stage, person: People) -> Phone:
    await person(unit="06325", external_id="501")
    return stage.phone("501")


async def reads(phone: Phone) -> str:
    """The newest item, from the list."""
    await phone.says("tin")
    return (await phone.says("1"))[0]


async def evidence(database: Database) -> list[Any]:
    """Of the main period, one row for each person."""
    async with database.read() as tx:
        statement = select(t.reach_person).join(t.period).where(t.period.c.code == "state-2026")
        return list((await tx.connection.execute(statement)).all())


async def test_the_latest_come_in_pages_of_five(young: Phone, publish: Publish) -> None:
    for number in range(7):
        await publish(f"Tin {number}")
    first = (await young.says("tin"))[0]
    assert [f"Tin {n}" in first for n in range(7)] == [False, False, True, True, True, True, True]
    assert "01/10/2026" in first
    second = (await young.taps("Tin cũ hơn"))[0]
    assert "Tin 1" in second
    assert "Tin 0" in (await young.says("2"))[0]
    await young.taps("Tin khác")
    await young.taps("Tin cũ hơn")
    assert "Tin 6" in (await young.taps("Tin mới hơn"))[0]


async def test_an_item_shows_number_date_and_source_in_full(young: Phone, publish: Publish) -> None:
    long = tuple(f"Đoạn {number} <b>& dài</b> " + "chữ " * 200 for number in range(10))
    await publish("Kế hoạch mới", paragraphs=long)
    await young.says("tin")
    text = (await young.says("1"))[0]
    assert "Kế hoạch số 136/KH-UBND, ngày 10/06/2024" in text
    assert "Nguồn: langson.gov.vn" in text
    assert "Đoạn 9 &lt;b&gt;&amp; dài" in text
    assert len(text) > 4096, "the channel splits it, nothing is cut off here"


async def test_by_topic_and_by_words_without_diacritics(young: Phone, publish: Publish) -> None:
    await publish("Giải thưởng Quả Cầu Vàng", topic="awards")
    await publish("Nộp hồ sơ trực tuyến", topic="public-services", counts=False, paragraphs=("Cổng quốc gia.",))
    await young.says("tin")
    await young.taps("Theo chủ đề")
    shown = (await young.taps("Giải thưởng, tôn vinh"))[0]
    assert "Quả Cầu Vàng" in shown
    assert "trực tuyến" not in shown
    assert "trực tuyến" in (await young.says("cong QUOC gia"))[0], "typed while reading the news"
    await young.says("help")
    assert "Quả Cầu Vàng" in (await young.says("tìm qua cau vang"))[0], "asked for from anywhere"
    assert "Mình không thấy tin nào" in (await young.says("tìm zzz"))[0]
    assert "gõ vài chữ" in (await young.taps("Tìm tin"))[0]
    assert "Quả Cầu Vàng" in (await young.says("cầu"))[0]


@pytest.mark.parametrize("words", ["tìm", "Tim", "TÌM?", "tìm tin", "search"])
async def test_the_word_alone_opens_the_search(stage: Stage, young: Phone, publish: Publish, words: str) -> None:
    await publish("Tìm giải thưởng Quả Cầu Vàng")
    for before in ("/help", "tin", "của tôi"):
        await young.says(before)
        assert "Bạn gõ vài chữ có trong tin" in (await young.says(words))[0]
        assert "Quả Cầu Vàng" in (await young.says("qua cau"))[0]
    stranger = stage.phone("999")
    assert "Bạn gõ <b>tìm</b> kèm vài chữ" in (await stranger.says(words))[0]
    assert "Quả Cầu Vàng" in (await stranger.says("tìm qua cau"))[0]


@pytest.mark.parametrize("began", ["list", "find"])
async def test_words_among_the_news_that_mean_something_else_are_no_dead_end(
    young: Phone, publish: Publish, began: str
) -> None:
    await publish("Chính sách")
    await young.says("tin")
    if began == "find":
        await young.taps("Tìm tin")
        assert "Mình không thấy tin nào" in (await young.says("tôi muốn hỏi về giải thưởng"))[0]
        assert "Hỏi cán bộ" in young.labels
    else:
        assert "chưa hiểu" in (await young.says("tôi muốn hỏi về giải thưởng"))[0]
    assert "Hỏi cán bộ" in (await young.says("hạn nộp là khi nào"))[0], "the second time a person is offered"
    assert young.keys


@pytest.mark.parametrize("words", ["dừng lại đi", "đừng nhắn tin cho tôi nữa", "Ngừng gửi cho mình đi"])
async def test_a_wish_to_stop_is_not_looked_for_in_the_news(young: Phone, publish: Publish, words: str) -> None:
    await publish("Đừng nhắn tin cho tôi nữa, dừng lại đi: ngừng gửi cho mình đi")
    for before in ("tin", "/help"):
        await young.says(before)
        assert "ngừng nhận tin phải không" in (await young.says(words))[0]
    assert "Đã ngừng" in (await young.taps("Ngừng nhận tin"))[0]


async def test_drafts_and_archived_items_are_nobody_s_to_read(
    young: Phone, publish: Publish, database: Database
) -> None:
    news_id = await publish("Tin cũ")
    await young.says("tin")
    async with database.write() as tx:
        await tx.news.archive(news_id)
    assert "không còn" in (await young.says("1"))[0]
    assert "Chưa có tin" in (await young.says("tin"))[0]
    assert await evidence(database) == []


@pytest.mark.needs("buttons")
async def test_nor_are_they_by_old_buttons(young: Phone, publish: Publish, database: Database) -> None:
    news_id = await publish("Tin cũ")
    async with database.write() as tx:
        await tx.news.archive(news_id)
    assert "không còn" in (await young.taps(f"news:item:{news_id}"))[0]
    for made_up in ("999", "9" * 23, str(2**63), str(2**63 - 1)):
        assert "không còn" in (await young.taps(f"news:item:{made_up}"))[0]
    await young.taps(f"news:read:{news_id}")
    assert await evidence(database) == []


async def test_reading_what_counts_is_evidence_once(young: Phone, publish: Publish, database: Database) -> None:
    await publish("Chính sách")
    await reads(young)
    [row] = await evidence(database)
    assert (row.e1_at, row.e3_at, row.e4_at, row.turns) == (NOW, NOW, None, 1)
    for _ in range(2):
        said = await young.taps("Đã đọc")
        assert "cảm ơn" in (young.toasts if young.can.keyboard else said)[-1]
    [row] = await evidence(database)
    assert (row.e4_at, row.turns) == (NOW, 1)
    async with database.read() as tx:
        units = (await tx.connection.execute(select(t.reach_unit))).all()
    assert len({(u.period_id, u.unit_id) for u in units}) == len(units) == 4, "every period of the day, one unit"


@pytest.mark.needs("buttons")
async def test_the_same_tap_again_at_once_is_no_second_turn(young: Phone, publish: Publish, database: Database) -> None:
    news_id = await publish("Chính sách")
    for _ in range(2):
        await young.taps(f"news:item:{news_id}")
    [row] = await evidence(database)
    assert row.turns == 1


@pytest.mark.parametrize("typed", ["đã đọc", "Da doc", "1"])
async def test_read_may_be_typed_and_is_answered(
    young: Phone, publish: Publish, database: Database, typed: str
) -> None:
    await publish("Chính sách")
    await reads(young)
    assert "cảm ơn" in (await young.says(typed))[0]
    [row] = await evidence(database)
    assert row.e4_at == NOW


async def test_what_does_not_count_leaves_no_evidence(young: Phone, publish: Publish, database: Database) -> None:
    await publish("Dịch vụ công", counts=False)
    await reads(young)
    await young.taps("Đã đọc")
    assert await evidence(database) == []


@pytest.mark.parametrize("subscription", [Subscription.NONE, Subscription.STOPPED])
async def test_who_never_agreed_to_be_counted_or_stopped_reads_without_a_trace(
    stage: Stage, person: People, publish: Publish, database: Database, subscription: Subscription
) -> None:
    await person(external_id="502", subscription=subscription, consent=False)
    await publish("Chính sách")
    reader = stage.phone("502")
    assert "Chính sách" in await reads(reader)
    assert "Đã đọc" not in reader.labels
    await reader.says("đã đọc")
    assert await evidence(database) == []


@pytest.mark.needs("buttons")
@pytest.mark.parametrize("subscription", [Subscription.NONE, Subscription.STOPPED])
async def test_nor_does_an_old_button_leave_one(
    stage: Stage, person: People, publish: Publish, database: Database, subscription: Subscription
) -> None:
    await person(external_id="502", subscription=subscription, consent=False)
    await stage.phone("502").taps(f"news:read:{await publish('Chính sách')}")
    assert await evidence(database) == []


async def test_a_stranger_reads_and_nothing_is_remembered(stage: Stage, publish: Publish, database: Database) -> None:
    await publish("Chính sách")
    stranger = stage.phone("999")
    assert "Chính sách" in (await stranger.says("tin"))[0]
    await stranger.taps("1")
    await stranger.says("tìm chinh sach")
    async with database.read() as tx:
        for table in (t.contact, t.draft, t.dialogue, t.outbox, t.reach_person):
            assert (await tx.connection.execute(select(table))).all() == [], table.name


@pytest.mark.needs("buttons")
@pytest.mark.parametrize("arg", ["", "x", "-1", "99-awards", "0-nonsense", "5-", "9" * 23, "٣"])
async def test_made_up_pages_lead_to_a_list(young: Phone, publish: Publish, arg: str) -> None:
    await publish("Chính sách")
    assert await young.taps(f"news:page:{arg}")
    assert young.labels
