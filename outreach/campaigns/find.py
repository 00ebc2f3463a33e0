"""Finding campaigns again, and looking through one person by person: who got it, who did not, and why."""

from collections.abc import Collection, Mapping
from enum import StrEnum

from outreach.campaigns.control import campaign_for
from outreach.campaigns.fates import Fate
from outreach.campaigns.model import ENDED, Campaign, CampaignState
from outreach.campaigns.ports.listing import NumberedRow
from outreach.messaging import CampaignId
from outreach.officers import Action, Actor, Officer, check_act
from outreach.transaction import Transaction


class Group(StrEnum):
    """What is looked for together. Drafts stand by themselves: most of them were given up."""

    ALL = "all"
    GOING = "going"
    ENDED = "ended"
    DRAFT = "draft"


ORDERED = frozenset(CampaignState) - {CampaignState.DRAFT}
STATES: Mapping[Group, frozenset[CampaignState]] = {
    Group.ALL: ORDERED,
    Group.GOING: ORDERED - ENDED,
    Group.ENDED: ENDED,
    Group.DRAFT: frozenset({CampaignState.DRAFT}),
}


async def find_campaigns(
    actor: Actor,
    *,
    tx: Transaction,
    states: Collection[CampaignState] = ORDERED,
    words: str = "",
    offset: int = 0,
    limit: int = 5,
) -> tuple[int, list[Campaign]]:
    """How many campaigns the actor may see of these, and one page of them. An officer's drafts are her own."""
    officer = actor if isinstance(actor, Officer) else None
    unit_id = officer.unit_id if officer else None
    check_act(actor, action=Action.SEND, unit_id=unit_id)
    return await tx.listing.find(
        unit_id=unit_id,
        drafts_of=officer.officer_id if officer else None,
        states=states,
        words=words,
        offset=offset,
        limit=limit,
    )


async def campaign_people(
    actor: Actor, *, tx: Transaction, campaign_id: CampaignId, fate: Fate, offset: int, limit: int
) -> list[NumberedRow]:
    """A page of those who met that fate: numbers and units, never names."""
    await campaign_for(actor, tx=tx, campaign_id=campaign_id)
    return await tx.listing.people(campaign_id, fate=fate, offset=offset, limit=limit)
