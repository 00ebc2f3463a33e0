"""The pack's sample news, so that the first officer does not begin with an empty list."""

from datetime import datetime

from outreach.news.model import DocumentRef, NewsDraft
from outreach.news.rules import content_hash
from outreach.officers import Action, Actor, check_act
from outreach.pack import Pack, SampleNews
from outreach.transaction import Transaction


async def save_samples(actor: Actor, tx: Transaction, *, pack: Pack, at: datetime) -> int:
    """Save each as a draft for an officer to publish, once however often it is asked; gives how many were new."""
    check_act(actor, action=Action.PUBLISH_NEWS)
    new = 0
    for sample in pack.news:
        draft = _draft(sample, counts=pack.topic(sample.topic).counts)
        digest = content_hash(title=draft.title, paragraphs=draft.paragraphs)
        _, is_new = await tx.news.add(
            draft, content_hash=digest, topic=sample.topic, counts=draft.counts_proposed, by=None, at=at
        )
        new += is_new
    return new


def _draft(sample: SampleNews, *, counts: bool) -> NewsDraft:
    documents = (DocumentRef(number=sample.number, signed_on=sample.signed_on),) if sample.number else ()
    return NewsDraft(
        title=sample.title,
        paragraphs=sample.paragraphs,
        documents=documents,
        source=sample.source,
        topics=(sample.topic,),
        counts_proposed=counts,
    )
