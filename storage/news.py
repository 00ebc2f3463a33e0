"""News items: drafts for officers, published ones for everybody."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, exists, func, literal, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from outreach.campaigns.model import CampaignState
from outreach.messaging import OfficerId
from outreach.news.model import DocumentRef, NewsDraft, NewsId, NewsItem, NewsState
from outreach.text import fold
from storage import tables as t
from storage.upsert import dialect_insert


def _documents(raw: Sequence[dict[str, Any]]) -> tuple[DocumentRef, ...]:
    return tuple(
        DocumentRef(
            number=item["number"],
            kind=item["kind"],
            signed_on=date.fromisoformat(item["signed_on"]) if item["signed_on"] else None,
        )
        for item in raw
    )


def _item(row: Row[*tuple[Any, ...]]) -> NewsItem:
    return NewsItem(
        id=NewsId(row.id),
        state=NewsState(row.state),
        title=row.title,
        paragraphs=tuple(row.paragraphs),
        documents=_documents(row.documents),
        published_on=row.published_on,
        byline=row.byline,
        source=row.source,
        topic_code=row.topic,
        counts=bool(row.counts),
        content_hash=row.content_hash,
        created_at=row.created_at,
        created_by=None if row.created_by is None else OfficerId(row.created_by),
    )


_MOST_WORDS = 8  # of a search


class SqlNews:
    def __init__(self, connection: AsyncConnection) -> None:
        self._db = connection

    async def add(
        self, draft: NewsDraft, *, content_hash: str, topic: str, counts: bool, by: OfficerId | None, at: datetime
    ) -> tuple[NewsId, bool]:
        documents = [
            {
                "number": document.number,
                "kind": document.kind,
                "signed_on": document.signed_on.isoformat() if document.signed_on else None,
            }
            for document in draft.documents
        ]
        statement = (
            dialect_insert(self._db, t.news_item)
            .values(
                state=NewsState.DRAFT,
                title=draft.title,
                paragraphs=list(draft.paragraphs),
                documents=documents,
                published_on=draft.published_on,
                byline=draft.byline,
                source=draft.source,
                topic=topic,
                counts=counts,
                content_hash=content_hash,
                folded=fold(" ".join((draft.title, *draft.paragraphs, *(d["number"] or "" for d in documents)))),
                created_at=at,
                created_by=by,
            )
            .on_conflict_do_nothing(index_elements=["content_hash"])
            .returning(t.news_item.c.id)
        )
        made = (await self._db.execute(statement)).scalar_one_or_none()
        if made is not None:
            return NewsId(made), True
        same = select(t.news_item.c.id).where(t.news_item.c.content_hash == content_hash)
        return NewsId((await self._db.execute(same)).scalar_one()), False

    async def get(self, news_id: NewsId) -> NewsItem | None:
        row = (await self._db.execute(select(t.news_item).where(t.news_item.c.id == news_id))).one_or_none()
        return _item(row) if row else None

    async def publish(self, news_id: NewsId, *, topic: str, counts: bool, at: datetime) -> bool:
        result = await self._db.execute(
            update(t.news_item)
            .where(t.news_item.c.id == news_id, t.news_item.c.state != NewsState.PUBLISHED)
            .values(
                state=NewsState.PUBLISHED,
                topic=topic,
                counts=counts,
                listed_at=func.coalesce(t.news_item.c.listed_at, literal(at, t.news_item.c.listed_at.type)),
            )
        )
        return bool(result.rowcount)

    async def archive(self, news_id: NewsId) -> bool:
        result = await self._db.execute(
            update(t.news_item)
            .where(t.news_item.c.id == news_id, t.news_item.c.state != NewsState.ARCHIVED)
            .values(state=NewsState.ARCHIVED)
        )
        return bool(result.rowcount)

    async def put_away(self, news_id: NewsId) -> bool:
        used = exists().where(t.campaign.c.news_item_id == news_id, t.campaign.c.state == CampaignState.DRAFT)
        result = await self._db.execute(
            update(t.news_item)
            .where(t.news_item.c.id == news_id, t.news_item.c.state == NewsState.DRAFT, ~used)
            .values(state=NewsState.ARCHIVED)
        )
        return bool(result.rowcount)

    async def take_up(self, news_id: NewsId, *, topic: str, counts: bool, by: OfficerId) -> bool:
        result = await self._db.execute(
            update(t.news_item)
            .where(t.news_item.c.id == news_id, t.news_item.c.state == NewsState.ARCHIVED)
            .values(state=NewsState.DRAFT, topic=topic, counts=counts, created_by=by)
        )
        return bool(result.rowcount)

    async def mark(self, news_id: NewsId, *, topic: str, counts: bool) -> bool:
        result = await self._db.execute(
            update(t.news_item)
            .where(t.news_item.c.id == news_id, t.news_item.c.state == NewsState.DRAFT)
            .values(topic=topic, counts=counts)
        )
        return bool(result.rowcount)

    async def _list(self, statement: Select[Any]) -> list[NewsItem]:
        return [_item(row) for row in await self._db.execute(statement)]

    def _published(self) -> Select[Any]:
        newest = (t.news_item.c.listed_at.desc(), t.news_item.c.id.desc())
        return select(t.news_item).where(t.news_item.c.state == NewsState.PUBLISHED).order_by(*newest)

    async def latest(self, *, topic: str = "", offset: int = 0, limit: int = 5) -> list[NewsItem]:
        statement = self._published()
        if topic:
            statement = statement.where(t.news_item.c.topic == topic)
        return await self._list(statement.offset(offset).limit(limit))

    async def search(self, words: str, *, limit: int = 5) -> list[NewsItem]:
        wanted = fold(words).split()[:_MOST_WORDS]
        if not wanted:
            return []
        statement = self._published()
        for word in wanted:
            # A word is found by its beginning; folded words are parted by single spaces.
            statement = statement.where((literal(" ") + t.news_item.c.folded).contains(f" {word}", autoescape=True))
        return await self._list(statement.limit(limit))

    async def drafts(self, *, limit: int = 10) -> list[NewsItem]:
        statement = select(t.news_item).where(t.news_item.c.state == NewsState.DRAFT)
        return await self._list(statement.order_by(t.news_item.c.id.desc()).limit(limit))

    async def to_send(self, *, by: OfficerId | None, offset: int, limit: int) -> list[NewsItem]:
        drafts_first = (t.news_item.c.state == NewsState.PUBLISHED, t.news_item.c.id.desc())
        statement = select(t.news_item).where(_to_send(by)).order_by(*drafts_first)
        return await self._list(statement.offset(offset).limit(limit))

    async def count_to_send(self, *, by: OfficerId | None) -> int:
        statement = select(func.count()).select_from(t.news_item).where(_to_send(by))
        return int((await self._db.execute(statement)).scalar_one())


def _to_send(by: OfficerId | None) -> ColumnElement[bool]:
    draft = t.news_item.c.state == NewsState.DRAFT
    if by is not None:
        draft = and_(draft, t.news_item.c.created_by == by)
    return or_(t.news_item.c.state == NewsState.PUBLISHED, draft)
