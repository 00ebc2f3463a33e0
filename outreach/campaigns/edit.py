"""Other words in messages that are out: they change on the phones, without a sound and without a new message.

Nobody is written to again, and who has deleted the message gets none. Putting the same words in twice is harmless, so a kill
costs nothing.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

from outreach.campaigns.approval import SHORTEST_REASON, may_send_alone, needs_approval, written_reason
from outreach.campaigns.compose import content_from, dressed_like, marked_like
from outreach.campaigns.control import campaign_for
from outreach.campaigns.march import March, Request
from outreach.campaigns.model import Campaign, CampaignKind, Content, DeliveryId
from outreach.campaigns.ports.renderer import Renderer
from outreach.campaigns.ports.undoing import Out
from outreach.campaigns.rules import undo_until
from outreach.errors import NotFoundError, StateError
from outreach.messaging import CampaignId, Channel
from outreach.news.model import NewsId, NewsItem, NewsState
from outreach.officers import Action, Actor, check_system, may_act
from outreach.transaction import Transaction

REWORDED = "campaign.reword"  # in the audit


def may_edit(campaign: Campaign, *, hours: int, at: datetime) -> str | None:
    """Why its messages cannot be given other words, as a reason code: too late, more than words went out, or to each her own."""
    until = undo_until(campaign, hours=hours)
    if until is None or until <= at:
        return "cannot_edit"
    only_words = campaign.kind == CampaignKind.NEWS and not (campaign.content.media or campaign.content.copy_of)
    return None if only_words else "edit_only_words"


async def campaign_to_edit(
    actor: Actor, *, tx: Transaction, campaign_id: CampaignId, hours: int, at: datetime
) -> Campaign:
    """Raises NotFoundError, PermissionDeniedError, StateError as `may_edit` says."""
    campaign = await campaign_for(actor, tx=tx, campaign_id=campaign_id)
    if reason := may_edit(campaign, hours=hours, at=at):
        raise StateError(reason)
    return campaign


async def reworded(actor: Actor, *, tx: Transaction, campaign: Campaign, news_id: NewsId, document: str) -> Content:
    """The campaign's content with the words of that item; what it counts as, its buttons and its question stay."""
    await campaign_for(actor, tx=tx, campaign_id=campaign.campaign_id)
    item = await tx.news.get(news_id)
    if item is None:
        raise NotFoundError
    content = marked_like(campaign, dressed_like(campaign, content_from(item, document=document)))
    return replace(content, source=content.source or campaign.content.source)


async def order_edit(
    actor: Actor,
    *,
    tx: Transaction,
    campaign_id: CampaignId,
    content: Content,
    hours: int,
    people: int,
    above: int,
    reason: str = "",
    at: datetime,
) -> Campaign:
    """Effects: the new words are the campaign's, as a version of their own; the item of the old ones makes room among the published
    news; audit, with the reason, which the report tells too. Whoever is to get it later gets the new words.

    On the phones of more than `above` people words that no second officer has seen change only by an administrator's written reason.
    Raises StateError as `may_edit` says, ("edit_needs_second"), and ("edit_on_its_way") while a request is under way, which would keep
    the old words; InvalidAnswerError as `written_reason` says.
    """
    before = await campaign_to_edit(actor, tx=tx, campaign_id=campaign_id, hours=hours, at=at)
    if before.tally.in_flight:
        raise StateError("edit_on_its_way", count=before.tally.in_flight)
    data: dict[str, str | int] = {}
    if await needs_approval(actor, tx=tx, campaign_id=campaign_id, people=people, above=above):
        if not reason or not may_send_alone(actor):
            raise StateError("edit_needs_second")
        data["reason"] = written_reason(reason, shortest=SHORTEST_REASON)
    version = await tx.undoing.begin_edit(campaign_id, content=content)
    if version is None:
        raise StateError("cannot_edit")
    await _take_its_place(actor, tx=tx, old=before.content.news_id, content=content, at=at)
    data["version"] = version
    await tx.audit.record(actor, at=at, action=REWORDED, subject=f"campaign:{campaign_id}", data=data)
    return await campaign_for(actor, tx=tx, campaign_id=campaign_id)


async def _take_its_place(actor: Actor, *, tx: Transaction, old: NewsId | None, content: Content, at: datetime) -> None:
    """Among the news stands what people now read on their phones."""
    item: NewsItem | None = await tx.news.get(old) if old is not None else None
    shown = item is not None and item.state == NewsState.PUBLISHED
    if content.news_id is None or content.news_id == old or not shown or may_act(actor, action=Action.PUBLISH_NEWS):
        return
    await tx.news.publish(content.news_id, topic=content.topic, counts=content.counts, at=at)
    if old is not None:
        await tx.news.archive(old)


async def edit_some(actor: Actor, campaign: Campaign, *, march: March, renderer: Renderer) -> bool:
    """Put the words into the next messages; True when none are left. Effects: the mark, the rows' version."""
    check_system(actor)

    def change(channel: Channel, one: Out) -> list[Request]:
        if not may_change(channel) or len(one.refs) != 1:
            return []  # several parts do not come apart at the same places again
        reply = renderer.render_campaign(campaign, contact=one.contact, capabilities=channel.capabilities)
        return [partial(channel.send, one.address.external_id, replace(reply, edits=one.refs[0], anew=False))]

    async def mark(tx: Transaction, *, after: int, done: Sequence[DeliveryId]) -> None:
        await tx.undoing.edited(campaign.campaign_id, after=after, version=campaign.version, done=done)

    return await march.step(campaign.campaign_id, after=campaign.edit_after or 0, requests=change, write=mark)


def may_change(channel: Channel) -> bool:
    """Messages change where they can be taken back, and for as long: an officer has one rule to remember."""
    return channel.capabilities.edits and channel.capabilities.recall_hours > 0
