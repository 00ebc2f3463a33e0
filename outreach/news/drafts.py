"""Bringing pages in as drafts for an officer to publish."""

from datetime import datetime

from outreach.news.model import NewsDraft, NewsId
from outreach.news.rules import content_hash
from outreach.officers import Action, Actor, Officer, check_act
from outreach.transaction import Transaction


async def save_draft(actor: Actor, tx: Transaction, *, draft: NewsDraft, at: datetime) -> tuple[NewsId, bool]:
    """The item, and whether it is new: the same content twice is one. Effects: news item. Raises PermissionDeniedError."""
    check_act(actor, action=Action.PUBLISH_NEWS)
    return await tx.news.add(
        draft,
        content_hash=content_hash(title=draft.title, paragraphs=draft.paragraphs),
        topic=draft.topics[0] if draft.topics else "",
        counts=draft.counts_proposed,
        by=actor.officer_id if isinstance(actor, Officer) else None,
        at=at,
    )
