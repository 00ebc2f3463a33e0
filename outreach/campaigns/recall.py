"""Taking a campaign back: its messages are deleted from the phones, as long as the messenger allows it.

Whoever has opened or read it stays counted; for all others it is as if it had not come. Deleting twice is harmless, so a kill
costs nothing.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from functools import partial

from outreach.campaigns.control import campaign_for
from outreach.campaigns.march import March, Request
from outreach.campaigns.model import Campaign, DeliveryId
from outreach.campaigns.ports.undoing import Out
from outreach.campaigns.rules import content_fingerprint, undo_until
from outreach.clock import local_day
from outreach.errors import StateError
from outreach.messaging import CampaignId, Channel
from outreach.news.model import NewsState
from outreach.officers import Action, Actor, Officer, check_system, may_act
from outreach.pack import Pack
from outreach.transaction import Transaction


async def order_recall(actor: Actor, *, tx: Transaction, campaign_id: CampaignId, hours: int, at: datetime) -> Campaign:
    """Effects: the campaign is marked, what was still to be handed over or tried another way goes to nobody, its item stands no more
    among the published news but is a draft of the officer's, audit.

    Raises StateError when it was asked before, still runs, or is too old; "recall_on_its_way" while a request is under way: what comes
    of it would be sent after all, or never be taken back.
    """
    campaign = await campaign_for(actor, tx=tx, campaign_id=campaign_id)
    until = undo_until(campaign, hours=hours)
    if until and campaign.tally.in_flight:
        raise StateError("recall_on_its_way", count=campaign.tally.in_flight)
    if until is None or until <= at or not await tx.undoing.begin_recall(campaign_id):
        raise StateError("cannot_recall")
    await tx.ledger.give_up_pending(campaign_id, reason="cancelled", at=at)
    await _out_of_the_news(actor, tx=tx, campaign=campaign)
    await tx.audit.record(actor, at=at, action="campaign.recall", subject=f"campaign:{campaign_id}")
    return campaign


async def _out_of_the_news(actor: Actor, *, tx: Transaction, campaign: Campaign) -> None:
    """Unless the same words are out by another campaign. Among the saved items they can be mended and sent again."""
    number = campaign.content.news_id
    item = await tx.news.get(number) if number is not None else None
    if item is None or item.state != NewsState.PUBLISHED or may_act(actor, action=Action.PUBLISH_NEWS):
        return
    words = content_fingerprint(campaign.content)
    if not (await tx.campaigns.last_sent([words], unit_id=None))[words].recalled:
        return
    await tx.news.archive(item.id)
    if isinstance(actor, Officer):
        await tx.news.take_up(item.id, topic=item.topic_code or "", counts=item.counts, by=actor.officer_id)


async def recall_some(actor: Actor, campaign: Campaign, *, march: March, pack: Pack) -> bool:
    """Take the next messages back; True when none are left. Effects: the mark, the rows, their reach."""
    check_system(actor)
    return await march.step(
        campaign.campaign_id,
        after=campaign.recall_after or 0,
        requests=_deletions,
        write=partial(_mark, campaign.campaign_id, pack=pack),
    )


def _deletions(channel: Channel, one: Out) -> list[Request]:
    refs = one.refs if channel.capabilities.recall_hours else ()
    return [partial(channel.recall, one.address.external_id, ref) for ref in refs]


async def _mark(
    campaign_id: CampaignId, tx: Transaction, *, after: int, done: Sequence[DeliveryId], pack: Pack
) -> None:
    days = defaultdict[date, list[DeliveryId]](list)
    for one in await tx.undoing.recalled(campaign_id, after=after, gone=done):
        if one.counts:
            days[local_day(one.sent_at)].append(one.delivery_id)
    for day, deliveries in sorted(days.items()):
        periods = await tx.reach.ensure_periods(pack.periods_on(day))
        await tx.undoing.leave_reach(campaign_id, deliveries, periods=periods)
