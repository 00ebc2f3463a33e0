"""A broadcast's frozen content made into the article that the platform is given. Content has one language, so has this."""

from content.catalog import Catalog
from content.placeholders import filled, values_for
from outreach.broadcasts.model import Article, ArticleLimits, Broadcast, BroadcastId


def code_of(broadcast_id: BroadcastId, *, catalog: Catalog) -> str:
    """What a follower writes to get the summary."""
    return catalog.label("broadcast.code", number=broadcast_id)


def article_of(
    broadcast: Broadcast, *, catalog: Catalog, author: str, cover_url: str, limits: ArticleLimits
) -> Article:
    """The item whole, its document and source, and at the end the line that asks for a word."""
    values = values_for(catalog, units=None, unit_id=None)  # one text for everybody
    content = filled(broadcast.content, values)
    source = catalog.label("campaign.source", source=content.source) if content.source else ""
    closing = catalog.label("broadcast.closing", code=code_of(broadcast.broadcast_id, catalog=catalog))
    parts = (content.document, *content.paragraphs, source, closing)
    return Article(
        title=_cut(content.title, most=limits.title),
        author=_cut(author, most=limits.author),
        description=_cut(content.paragraphs[0], most=limits.description),
        paragraphs=tuple(part for part in parts if part),
        cover_url=cover_url,
    )


def _cut(text: str, *, most: int) -> str:
    """At a word, with an ellipsis."""
    return text if len(text) <= most else text[: most - 1].rsplit(" ", 1)[0].rstrip(",;:. ") + "…"
