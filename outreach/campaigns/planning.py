"""How a draft is to be sent: with a sound or without, until when, what becomes of it when its hour is missed."""

from dataclasses import replace
from datetime import datetime

from outreach.campaigns.compose import draft_for
from outreach.campaigns.model import Campaign, OnUnknown, Plan
from outreach.errors import InvalidAnswerError
from outreach.messaging import CampaignId
from outreach.officers import Actor
from outreach.transaction import Transaction

FIRST_WAVE = 50  # people, where an officer asks for one


async def change_plan(
    actor: Actor,
    *,
    tx: Transaction,
    campaign_id: CampaignId,
    at: datetime,
    plan: Plan | None = None,
    on_unknown: OnUnknown | None = None,
) -> Campaign:
    """Effects: campaign. Raises StateError("already_sending") once it was ordered, InvalidAnswerError for an end that is over."""
    campaign = await draft_for(actor, tx=tx, campaign_id=campaign_id)
    plan, on_unknown = plan or campaign.plan, on_unknown or campaign.on_unknown
    if plan.expires_at and plan.expires_at != campaign.plan.expires_at and plan.expires_at <= at:
        raise InvalidAnswerError("expires_before")
    await tx.campaigns.edit(campaign_id, plan=plan, on_unknown=on_unknown)
    return replace(campaign, plan=plan, on_unknown=on_unknown)
