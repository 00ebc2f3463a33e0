"""The buttons under a campaign's message: read, read on, answer its question."""

from dataclasses import dataclass
from datetime import datetime

from outreach.campaigns.model import Campaign, CampaignKind, CheckQuestion, DeliveryState, DigestItem
from outreach.contacts.model import Contact, Subscription
from outreach.messaging import CampaignId, ContactId
from outreach.officers import Action, Actor, Officer, check_act, check_self
from outreach.pack import Pack
from outreach.reach.evidence import note_evidence
from outreach.reach.model import Tier
from outreach.transaction import Transaction

# A tap may overtake the writing of its message's outcome, and it settles that an unknown one arrived.
_MAY_HAVE_ARRIVED = frozenset(
    {DeliveryState.IN_FLIGHT, DeliveryState.SENT, DeliveryState.UNKNOWN, DeliveryState.SENT_ASSUMED}
)
# Whoever stopped, or never agreed to be counted, may read without being noted.
_NOTED = frozenset({Subscription.ACTIVE, Subscription.PAUSED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """`stands` is the option that is kept; `right` is None where no option is the right one."""

    question: CheckQuestion
    stands: int
    changed: bool  # she has chosen another one now, which changes nothing

    @property
    def right(self) -> bool | None:
        return None if self.question.right is None else self.stands == self.question.right


async def opened(
    actor: Actor,
    tx: Transaction,
    *,
    contact: Contact,
    officer: Officer | None,
    campaign_id: CampaignId,
    tier: Tier,
    pack: Pack,
    at: datetime,
) -> Campaign | None:
    """The campaign whose button was tapped; None for somebody it never went to. Effects: the subscriber's delivery is marked as opened;
    evidence, if its content counts. To read on in what was taken back proves nothing: there is nothing to read any more.

    An officer may tap the message she sent herself as a test: it shows the text and is never counted.
    """
    check_self(actor, contact_id=contact.contact_id)
    found = await tx.campaigns.received(campaign_id, contact_id=contact.contact_id)
    if found is None:
        return None
    campaign, state = found
    if state == DeliveryState.SKIPPED:  # she has it as a line of a digest
        state = await tx.digests.carried(campaign_id, contact_id=contact.contact_id)
    if state not in _MAY_HAVE_ARRIVED:
        return campaign if officer else None
    if campaign.recall_after is not None and tier == Tier.OPENED:
        return campaign
    if contact.subscription in _NOTED:
        await tx.receipts.opened(campaign_id, contact_id=contact.contact_id, at=at)
    items: tuple[DigestItem, ...] = ()
    if campaign.kind == CampaignKind.DIGEST:
        items = await tx.digests.items_of(campaign_id, contact_id=contact.contact_id)
    if campaign.content.counts or any(item.counts for item in items):
        await note_evidence(
            actor, tx, contact=contact, tier=tier, pack=pack, turns=0, at=at, campaign_id=campaign.campaign_id
        )
    return campaign


async def answer(
    actor: Actor,
    tx: Transaction,
    *,
    contact: Contact,
    officer: Officer | None,
    campaign_id: CampaignId,
    option: int,
    pack: Pack,
    at: datetime,
) -> Answered | None:
    """None for somebody it never went to, or where there is no such option. Effects: the answer, evidence if its content counts.

    An officer may try her test; that is neither kept nor counted.
    """
    campaign = await opened(
        actor, tx, contact=contact, officer=officer, campaign_id=campaign_id, tier=Tier.READ, pack=pack, at=at
    )
    question = campaign.content.question if campaign else None
    if question is None or not 0 <= option < len(question.options):
        return None
    stands = option
    found = await tx.campaigns.received(campaign_id, contact_id=contact.contact_id)
    if found and found[1] in _MAY_HAVE_ARRIVED:
        stands = await tx.answers.put(campaign_id, contact_id=contact.contact_id, option=option, at=at)
    return Answered(question=question, stands=stands, changed=stands != option)


async def newest_for(actor: Actor, tx: Transaction, *, contact_id: ContactId) -> tuple[CampaignId, datetime] | None:
    """The campaign that came last and when; what is typed under its message speaks of it. None for somebody who never got one."""
    check_self(actor, contact_id=contact_id)
    return await tx.campaigns.newest_received(contact_id)


async def count_answers(actor: Actor, tx: Transaction, *, campaign: Campaign) -> tuple[int, ...]:
    """People per option, in the question's order; empty where there is no question."""
    check_act(actor, action=Action.SEND, unit_id=campaign.unit_id)
    question = campaign.content.question
    if question is None:
        return ()
    counts = await tx.answers.counts(campaign.campaign_id)
    return tuple(counts.get(place, 0) for place in range(len(question.options)))
