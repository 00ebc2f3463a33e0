"""An officer's draft: the words, whether they count, and whom they are for. A commune's officer never gets past her commune."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from outreach.campaigns.audience import check_rule
from outreach.campaigns.control import campaign_for, give_up, order_campaign
from outreach.campaigns.media import why_not_ready
from outreach.campaigns.model import ENDED, Audience, AudienceKind, Campaign, CampaignKind, CampaignState, Content
from outreach.campaigns.ports.campaigns import LastSent
from outreach.campaigns.rules import may_correct, may_send_rest
from outreach.errors import InvalidAnswerError, NotFoundError, PermissionDeniedError, StateError
from outreach.messaging import CampaignId, OfficerId
from outreach.news.model import NewsDraft, NewsId, NewsItem, NewsState
from outreach.news.rules import content_hash, own_hash
from outreach.officers import Action, Actor, Officer, check_act, may_act
from outreach.pack import Topic
from outreach.transaction import Transaction
from outreach.units import UnitId

_NOT_BEGUN = frozenset({CampaignState.SCHEDULED, CampaignState.PREPARING, CampaignState.PAUSED})
_LOOKED_AT = 20  # an older one that goes on has surely been seen


def _sender(actor: Actor) -> Officer:
    """Only a person can answer for what is sent."""
    if not isinstance(actor, Officer):
        raise PermissionDeniedError
    check_act(actor, action=Action.SEND, unit_id=actor.unit_id)
    return actor


def _sees_drafts_of(officer: Officer) -> OfficerId | None:
    """The province's officers see every draft, a commune's her own."""
    return None if officer.unit_id is None else officer.officer_id


async def saved_news(actor: Actor, *, tx: Transaction, offset: int = 0, limit: int = 5) -> tuple[int, list[NewsItem]]:
    """How many items there are to send, and one page of them: drafts first, then published ones, the newest first."""
    by = _sees_drafts_of(_sender(actor))
    return await tx.news.count_to_send(by=by), await tx.news.to_send(by=by, offset=offset, limit=limit)


async def under_way(actor: Actor, *, tx: Transaction) -> Campaign | None:
    """The newest in this officer's scope that was ordered and has not ended."""
    recent = await tx.campaigns.list_recent(unit_id=_sender(actor).unit_id, limit=_LOOKED_AT)
    over = ENDED | {CampaignState.DRAFT}
    return next((campaign for campaign in recent if campaign.state not in over), None)


def _is_listed(item: NewsItem, *, by: OfficerId | None) -> bool:
    """Whether an item, or an archived one once it is taken up again, is among the saved ones of whoever sees `by`'s drafts."""
    return item.state == NewsState.PUBLISHED or by is None or item.created_by == by


async def save_news(actor: Actor, *, tx: Transaction, draft: NewsDraft, at: datetime) -> NewsItem:
    """Keep what was read as a draft among the officer's saved items; the same content twice is one item.

    Effects: news item; one that was put away is taken up again.
    """
    officer = _sender(actor)
    by = _sees_drafts_of(officer)
    topic, counts = draft.topics[0] if draft.topics else "", draft.counts_proposed
    shared = content_hash(title=draft.title, paragraphs=draft.paragraphs)
    for digest in (shared, own_hash(shared, officer_id=officer.officer_id)):
        news_id, _ = await tx.news.add(
            draft, content_hash=digest, topic=topic, counts=counts, by=officer.officer_id, at=at
        )
        item = await tx.news.get(news_id)
        if item is None or not _is_listed(item, by=by):
            continue
        if await tx.news.take_up(news_id, topic=topic, counts=counts, by=officer.officer_id):
            return replace(item, state=NewsState.DRAFT, topic_code=topic, counts=counts, created_by=officer.officer_id)
        return item
    raise NotFoundError


async def last_sent(actor: Actor, *, tx: Transaction, words: Sequence[Content | NewsItem]) -> list[LastSent | None]:
    """For each, when the same words last went out in the officer's scope, by whatever campaign."""
    officer = _sender(actor)
    hashes = [content_hash(title=one.title, paragraphs=one.paragraphs) for one in words]
    found = await tx.campaigns.last_sent(hashes, unit_id=officer.unit_id)
    return [found.get(digest) for digest in hashes]


async def item_to_send(actor: Actor, *, tx: Transaction, news_id: NewsId) -> NewsItem:
    """Raises NotFoundError, also for a draft that somebody else is writing."""
    by = _sees_drafts_of(_sender(actor))
    item = await tx.news.get(news_id)
    if item is None or (item.state == NewsState.DRAFT and by is not None and item.created_by != by):
        raise NotFoundError
    return item


async def draft_for(actor: Actor, *, tx: Transaction, campaign_id: CampaignId) -> Campaign:
    """The campaign while it can still be changed. Raises StateError("already_sending") once it was ordered."""
    _sender(actor)
    campaign = await campaign_for(actor, tx=tx, campaign_id=campaign_id)
    if campaign.state != CampaignState.DRAFT:
        raise StateError("already_sending")
    return campaign


def content_from(item: NewsItem, *, document: str) -> Content:
    return Content(
        title=item.title,
        paragraphs=item.paragraphs,
        document=document,
        source=item.source or "",
        topic=item.topic_code or "",
        counts=item.counts,
        news_id=item.id,
    )


def marked_like(campaign: Campaign, content: Content) -> Content:
    """What corrects or rewords it is about the same, and counts as it did; the officer may say otherwise."""
    return replace(content, topic=campaign.content.topic, counts=campaign.content.counts)


def dressed_like(campaign: Campaign, content: Content) -> Content:
    """New words keep what goes with them; how the old ones were set off is over."""
    before = campaign.content
    return replace(content, media=before.media, links=before.links, question=before.question)


async def compose_campaign(
    actor: Actor,
    *,
    tx: Transaction,
    item: NewsItem,
    document: str,
    at: datetime,
    into: CampaignId | None = None,
    taken_up: bool = False,
) -> Campaign:
    """A campaign's draft with the item's words, or the draft `into` with these words instead. `document` is as it is printed.

    `taken_up`: a saved one goes on, with what went with its words when it was put aside.

    Effects: campaign; a draft item of the officer's own that the words replace is put away.
    """
    officer = _sender(actor)
    content = content_from(item, document=document)
    scope = () if officer.unit_id is None else (officer.unit_id,)
    if into is None:
        audience = Audience(unit_ids=scope, topic=content.topic)
        kept = await tx.campaigns.draft_with(item.id, by=officer.officer_id) if taken_up else None
        if kept and kept.content.paragraphs == content.paragraphs:
            content = replace(
                dressed_like(kept, content), formatted=kept.content.formatted, copy_of=kept.content.copy_of
            )
        campaign_id = await tx.campaigns.add(
            content=content, audience=audience, by=officer.officer_id, unit_id=officer.unit_id, at=at
        )
        return await campaign_for(actor, tx=tx, campaign_id=campaign_id)
    before = await draft_for(actor, tx=tx, campaign_id=into)
    content = dressed_like(before, content)
    if before.audience.corrects is not None:
        content = marked_like(before, content)
    await tx.campaigns.edit(into, content=content, audience=replace(before.audience, topic=content.topic))
    await _put_away(officer, tx=tx, news_id=before.content.news_id, kept=item.id)
    return await campaign_for(actor, tx=tx, campaign_id=into)


async def campaign_to_correct(actor: Actor, *, tx: Transaction, campaign_id: CampaignId) -> Campaign:
    """The campaign, if it can be corrected. Raises NotFoundError, PermissionDeniedError, StateError while it has reached nobody."""
    _sender(actor)
    campaign = await campaign_for(actor, tx=tx, campaign_id=campaign_id)
    if reason := may_correct(campaign, by_digest=await tx.digests.told(campaign_id)):
        raise StateError(reason)
    return campaign


async def compose_correction(
    actor: Actor, *, tx: Transaction, item: NewsItem, document: str, corrects: CampaignId, at: datetime
) -> Campaign:
    """A draft with the item's words for those who got `corrects`, in the scope of that campaign. Effects: campaign."""
    officer = _sender(actor)
    wrong = await campaign_to_correct(actor, tx=tx, campaign_id=corrects)
    content = marked_like(wrong, content_from(item, document=document))
    scope = () if wrong.unit_id is None else (wrong.unit_id,)
    audience = Audience(kind=AudienceKind.RECEIVED, unit_ids=scope, topic=content.topic, corrects=corrects)
    campaign_id = await tx.campaigns.add(
        content=content, audience=audience, by=officer.officer_id, unit_id=wrong.unit_id, at=at
    )
    return await campaign_for(actor, tx=tx, campaign_id=campaign_id)


async def kept_correction(actor: Actor, *, tx: Transaction, item: NewsItem) -> Campaign | None:
    """The officer's correction whose words are kept as this draft: they are for those who got the wrong ones, not for everybody."""
    officer = _sender(actor)
    if item.state != NewsState.DRAFT:
        return None
    kept = await tx.campaigns.draft_with(item.id, by=officer.officer_id)
    return kept if kept and kept.audience.corrects is not None else None


async def _put_away(officer: Officer, *, tx: Transaction, news_id: NewsId | None, kept: NewsId) -> None:
    old = await tx.news.get(news_id) if news_id is not None and news_id != kept else None
    if old and old.state == NewsState.DRAFT and old.created_by == officer.officer_id:
        await tx.news.put_away(old.id)


async def mark_content(
    actor: Actor, *, tx: Transaction, campaign_id: CampaignId, counts: bool | None = None, topic: Topic | None = None
) -> Campaign:
    """The officer's word on the topic and on whether it counts; a topic brings its own flag along.

    Effects: campaign; its item, while that is a draft, so that a kept draft keeps the word.
    """
    campaign = await draft_for(actor, tx=tx, campaign_id=campaign_id)
    content = campaign.content
    if topic is not None:
        content = replace(content, topic=topic.code, counts=topic.counts)
    if counts is not None:
        content = replace(content, counts=counts)
    audience = replace(campaign.audience, topic=content.topic)
    await tx.campaigns.edit(campaign_id, content=content, audience=audience)
    if content.news_id is not None:
        await tx.news.mark(content.news_id, topic=content.topic, counts=content.counts)
    return replace(campaign, content=content, audience=audience)


async def choose_audience(
    actor: Actor, *, tx: Transaction, campaign_id: CampaignId, kind: AudienceKind, unit_ids: tuple[UnitId, ...] = ()
) -> Campaign:
    """Whom it is for. Raises PermissionDeniedError for a unit outside the campaign's scope. Effects: campaign.

    Raises StateError for a correction: it goes to whoever got the wrong words.
    """
    campaign = await draft_for(actor, tx=tx, campaign_id=campaign_id)
    if AudienceKind.RECEIVED in {kind, campaign.audience.kind}:
        raise StateError("audience_is_fixed")
    if campaign.unit_id is not None:
        if set(unit_ids) - {campaign.unit_id}:
            raise PermissionDeniedError("other_unit")
        kind = AudienceKind.ALL if kind == AudienceKind.UNITS else kind
        unit_ids = (campaign.unit_id,)
    elif kind == AudienceKind.UNITS and not unit_ids:
        raise InvalidAnswerError("no_unit_chosen")
    audience = Audience(kind=kind, unit_ids=unit_ids, topic=campaign.content.topic)
    await tx.campaigns.edit(campaign_id, audience=audience)
    return replace(campaign, audience=audience)


async def narrow_audience(actor: Actor, *, tx: Transaction, campaign_id: CampaignId, audience: Audience) -> Campaign:
    """The rule with a condition set, changed or dropped. Effects: campaign. Raises as `check_rule`, and StateError for a correction."""
    campaign = await draft_for(actor, tx=tx, campaign_id=campaign_id)
    if AudienceKind.RECEIVED in {audience.kind, campaign.audience.kind}:
        raise StateError("audience_is_fixed")
    rest_of = audience.rest_of if audience.not_received == campaign.audience.not_received else ()
    audience = replace(audience, topic=campaign.content.topic, rest_of=rest_of)
    await check_rule(actor, tx=tx, campaign=campaign, audience=audience)
    await tx.campaigns.edit(campaign_id, audience=audience)
    return replace(campaign, audience=audience)


async def send_campaign(
    actor: Actor, *, tx: Transaction, campaign_id: CampaignId, at: datetime, not_before: datetime | None = None
) -> Campaign:
    """Order it. Effects: state, audit.

    Raises StateError("already_sending") when it, or the same message, is on its way: pressed twice, or on two phones;
    StateError("media_not_ready") while a file of it is still being fetched.
    """
    campaign = await draft_for(actor, tx=tx, campaign_id=campaign_id)
    await check_rule(actor, tx=tx, campaign=campaign, audience=campaign.audience)
    if reason := await why_not_ready(actor, tx=tx, campaign=campaign):
        raise StateError(reason)
    await order_campaign(actor, tx=tx, campaign_id=campaign_id, at=at, not_before=not_before)
    return await campaign_for(actor, tx=tx, campaign_id=campaign_id)


async def publish_started(actor: Actor, *, tx: Transaction, campaign: Campaign, at: datetime) -> None:
    """What has begun to be sent is found under the news as well, where its officer may publish for the province. Effects: news item.

    Not with the order: that may still be taken back, or be for another day.
    """
    check_act(actor, action=Action.SEND, unit_id=campaign.unit_id)
    content = campaign.content
    out = campaign.started_at is not None and campaign.recall_after is None
    if out and content.news_id is not None and may_act(actor, action=Action.PUBLISH_NEWS) is None:
        await tx.news.publish(content.news_id, topic=content.topic, counts=content.counts, at=at)


async def take_back(actor: Actor, *, tx: Transaction, campaign_id: CampaignId, at: datetime) -> Campaign:
    """An officer changed her mind before anything left, or its hour was missed: a fresh draft with the same words, audience and plan,
    of whoever had composed it.

    Effects: the campaign is cancelled, its pending rows are skipped, nothing more is told of it, audit; a draft. Raises StateError("already_sending") once it runs.
    """
    officer = _sender(actor)
    campaign = await campaign_for(actor, tx=tx, campaign_id=campaign_id)
    missed = campaign.state == CampaignState.CANCELLED and bool(campaign.halt_reason)
    waits = campaign.state in _NOT_BEGUN
    if not (waits or missed) or campaign.started_at or campaign.kind == CampaignKind.DIGEST:
        raise StateError("already_sending")
    composer = await tx.officers.get(campaign.created_by)
    by = composer.officer_id if composer else officer.officer_id
    if missed and campaign.content.news_id is not None:  # pressed twice
        kept = await tx.campaigns.draft_with(campaign.content.news_id, by=by)
        if kept:
            return kept
    if not missed and not await tx.campaigns.move(campaign_id, state=CampaignState.CANCELLED, at=at):
        raise StateError("already_sending")
    await give_up(actor, tx=tx, campaign_id=campaign_id, at=at)
    await tx.watching.told(campaign_id, state=CampaignState.CANCELLED, unknown=0)
    await tx.audit.record(actor, at=at, action="campaign.take_back", subject=f"campaign:{campaign_id}")
    again = await _once_more(tx, campaign, audience=campaign.audience, by=by, at=at)
    return await campaign_for(actor, tx=tx, campaign_id=again)


async def compose_rest(actor: Actor, *, tx: Transaction, campaign_id: CampaignId, at: datetime) -> Campaign:
    """A draft with a campaign's words, all that goes with them and its plan, for those of its audience who have not got it, nor what it
    went on from itself. Asked again: the officer's own draft, or what has become of it once it was ordered, so that nobody gets it twice.

    Effects: a draft. Raises NotFoundError, PermissionDeniedError, StateError as `may_send_rest` says.
    """
    officer = _sender(actor)
    campaign = await campaign_for(actor, tx=tx, campaign_id=campaign_id)
    if reason := may_send_rest(campaign):
        raise StateError(reason)
    rest_of = (*campaign.audience.rest_of, campaign_id)
    recent = await tx.campaigns.list_recent(unit_id=campaign.unit_id, limit=_LOOKED_AT)
    since = [one for one in recent if one.audience.rest_of == rest_of]
    ordered = [one for one in since if one.started_at or one.state not in ENDED | {CampaignState.DRAFT}]
    own = [one for one in since if one.state == CampaignState.DRAFT and one.created_by == officer.officer_id]
    if ordered or own:
        return [*ordered, *own][0]
    audience = replace(campaign.audience, not_received=campaign_id, rest_of=rest_of)
    made = await _once_more(tx, campaign, audience=audience, by=officer.officer_id, at=at)
    return await campaign_for(actor, tx=tx, campaign_id=made)


async def _once_more(
    tx: Transaction, campaign: Campaign, *, audience: Audience, by: OfficerId, at: datetime
) -> CampaignId:
    """A draft of the same, in the same scope; an end that has passed is none of its own."""
    again = await tx.campaigns.add(content=campaign.content, audience=audience, by=by, unit_id=campaign.unit_id, at=at)
    expires_at = campaign.plan.expires_at if campaign.plan.expires_at and campaign.plan.expires_at > at else None
    plan = replace(campaign.plan, in_digest=False, expires_at=expires_at)
    await tx.campaigns.edit(again, plan=plan, on_unknown=campaign.on_unknown)
    return again
