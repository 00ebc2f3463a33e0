"""News: one page is one item, found without diacritics, and a wildcard is a letter."""

from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta

from outreach.news.model import DocumentRef, NewsDraft, NewsId, NewsState
from outreach.news.rules import content_hash
from outreach.officers import Officer
from storage.database import Database

Clock = Callable[[], datetime]


def draft(title: str, *paragraphs: str) -> NewsDraft:
    return NewsDraft(
        title=title,
        paragraphs=paragraphs,
        documents=(
            DocumentRef(number="136/KH-UBND", kind="Kế hoạch", signed_on=date(2024, 6, 10)),
            DocumentRef(number="1/QĐ"),
        ),
        published_at=datetime(2026, 10, 1, tzinfo=UTC),
        published_on=date(2026, 10, 1),
        byline="Ban Tuyên giáo",
        source="langson.gov.vn",
    )


async def add(database: Database, item: NewsDraft, *, at: datetime, published: bool = True) -> NewsId:
    async with database.write() as tx:
        news_id, new = await tx.news.add(
            item,
            content_hash=content_hash(title=item.title, paragraphs=item.paragraphs),
            topic="talent",
            counts=True,
            by=None,
            at=at,
        )
        assert new
        if published:
            assert await tx.news.publish(news_id, topic="talent", counts=True, at=at)
    return news_id


async def test_the_same_page_twice_is_one_item(database: Database, clock: Clock) -> None:
    item = draft("Kế hoạch tài năng trẻ", "Mỗi năm 70% thanh niên.")
    first = await add(database, item, at=clock(), published=False)
    async with database.write() as tx:
        again = await tx.news.add(
            item,
            content_hash=content_hash(title=item.title, paragraphs=item.paragraphs),
            topic="other",
            counts=False,
            by=None,
            at=clock(),
        )
        assert again == (first, False)
        stored = await tx.news.get(first)
        assert [one.id for one in await tx.news.drafts()] == [first]
        assert not await tx.news.latest()
    assert stored
    assert (stored.state, stored.topic_code, stored.counts) == (NewsState.DRAFT, "talent", True)
    assert (stored.title, stored.paragraphs, stored.documents) == (item.title, item.paragraphs, item.documents)
    assert (stored.published_on, stored.byline, stored.source) == (item.published_on, item.byline, item.source)


async def test_published_newest_first_by_topic_until_archived(database: Database, clock: Clock) -> None:
    ids = [await add(database, draft(f"Tin số {n}"), at=clock() + timedelta(days=n)) for n in range(4)]
    async with database.write() as tx:
        assert [item.id for item in await tx.news.latest(limit=3)] == ids[:0:-1]
        assert [item.id for item in await tx.news.latest(offset=3)] == ids[:1]
        assert not await tx.news.publish(ids[0], topic="sport", counts=False, at=clock())  # it is published
        assert not await tx.news.latest(topic="sport")
        assert await tx.news.archive(ids[3])
        assert not await tx.news.archive(ids[3])
        assert [item.id for item in await tx.news.latest(topic="talent")] == ids[2::-1]
        # Published once more it keeps its place.
        assert await tx.news.publish(ids[0], topic="x", counts=False, at=clock()) is False
        assert await tx.news.archive(ids[0])
        assert await tx.news.publish(ids[0], topic="talent", counts=True, at=clock() + timedelta(days=9))
        assert [item.id for item in await tx.news.latest()] == ids[2::-1]


async def test_put_away_taken_up_and_marked_only_in_the_right_state(
    database: Database, clock: Clock, officer: Callable[..., Awaitable[Officer]]
) -> None:
    by = (await officer()).officer_id
    kept = await add(database, draft("Nháp"), at=clock(), published=False)
    listed = await add(database, draft("Đã đăng"), at=clock())
    async with database.write() as tx:
        assert not await tx.news.put_away(listed)
        assert not await tx.news.mark(listed, topic="sport", counts=False)
        assert not await tx.news.take_up(kept, topic="sport", counts=False, by=by)
        assert await tx.news.mark(kept, topic="sport", counts=False)
        assert await tx.news.put_away(kept)
        assert not await tx.news.put_away(kept)
        assert not await tx.news.mark(kept, topic="talent", counts=True)
        assert await tx.news.take_up(kept, topic="prize", counts=True, by=by)
        item = await tx.news.get(kept)
    assert item
    assert (item.state, item.topic_code, item.counts, item.created_by) == (NewsState.DRAFT, "prize", True, by)


async def test_search_is_blind_to_diacritics_and_asks_for_every_word(database: Database, clock: Clock) -> None:
    quy = await add(database, draft("Quỹ hỗ trợ tài năng trẻ", "Đường dây nóng ở Lạng Sơn."), at=clock())
    await add(database, draft("Ngày hội thể thao", "Không liên quan."), at=clock())
    async with database.read() as tx:
        for words in ("quy ho tro", "DUONG DAY NONG", "lạng  quỹ", "136/kh-ubnd tài"):
            assert [item.id for item in await tx.news.search(words)][:1] == [quy], words
        assert not await tx.news.search("quỹ không-có-chữ-này")
        assert len(await tx.news.search("136")) == 2


async def test_a_wildcard_finds_nothing_by_itself(database: Database, clock: Clock) -> None:
    await add(database, draft("Đạt 70% thanh niên"), at=clock())
    await add(database, draft("Đạt 700 thanh niên"), at=clock())
    async with database.read() as tx:
        for words in ("%", "_", "", "  ", "***"):
            assert not await tx.news.search(words), words
        assert not await tx.news.search("7%0")
        assert not await tx.news.search("7_0")
        assert not await tx.news.search("hanh")  # the middle of a word
        assert len(await tx.news.search("70%")) == 2  # "%" is no letter; "70" stands in both
