"""A news item's life: what a reader found in a page (NewsDraft), and what is kept once it is saved (NewsItem)."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import NewType

from outreach.messaging import OfficerId

NewsId = NewType("NewsId", int)


class NewsState(StrEnum):
    DRAFT = "draft"  # only officers see it
    PUBLISHED = "published"  # people find it under /tin
    ARCHIVED = "archived"  # no longer listed; what was sent of it stays counted


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentRef:
    """An official document a text speaks of.

    `number` is written without spaces and with plain hyphens ("136/KH-UBND", "1516-QĐ/TU"); `kind` is the word before
    it, or the one its abbreviation stands for ("Kế hoạch"), None where neither tells; `signed_on` is the date the text
    gives for the document itself.
    """

    number: str
    kind: str | None = None
    signed_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewsDraft:
    """What was read from a page, for an officer to confirm.

    Texts are plain and NFC. `published_at` is aware UTC and only there when the page prints an hour; `published_on` is
    the day in Vietnam. `topics` are codes, the likeliest first; `counts_proposed` is that first topic's flag.
    """

    title: str
    paragraphs: tuple[str, ...]
    documents: tuple[DocumentRef, ...] = ()
    published_at: datetime | None = None
    published_on: date | None = None
    byline: str | None = None
    source: str | None = None
    category: str | None = None
    topics: tuple[str, ...] = ()
    counts_proposed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NewsItem:
    """A saved item. `topic_code` and `counts` are proposals while it is a draft, an officer's word once published."""

    id: NewsId
    state: NewsState
    title: str
    paragraphs: tuple[str, ...]
    documents: tuple[DocumentRef, ...]
    published_on: date | None
    byline: str | None
    source: str | None
    topic_code: str | None
    counts: bool
    content_hash: str
    created_at: datetime
    created_by: OfficerId | None

    @property
    def document(self) -> DocumentRef | None:
        """The one to print beside the title: the first that the text names."""
        return self.documents[0] if self.documents else None
