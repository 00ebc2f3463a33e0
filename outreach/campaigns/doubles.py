"""Before an order: whether nearly the same was sent lately, or anything at all to nearly the same people."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from rapidfuzz import fuzz

from outreach.campaigns.dispatch import limits_at
from outreach.campaigns.model import Campaign, Content
from outreach.officers import Action, Actor, check_act
from outreach.pack import Pack
from outreach.text import fold
from outreach.transaction import Transaction

LATELY = timedelta(hours=48)
_ALIKE = 90  # per cent of the folded letters
_SAME_PEOPLE = 0.8  # of those who would get it now, more than this share


@dataclass(frozen=True, slots=True, kw_only=True)
class Double:
    """What was sent lately, and how many of those who would get this one have had that one; None: its words are nearly the same."""

    campaign: Campaign
    had: int | None = None


async def double_of(
    actor: Actor, *, tx: Transaction, campaign: Campaign, people: int, pack: Pack, at: datetime, now: datetime
) -> Double | None:
    """The newest of the last 48 hours with nearly the same words; else the one that most of the `people` have got who would get
    this one at `at`, where those are over 80%. A correction is meant to come after its campaign.

    Looks at everybody the rule means, unless nothing was sent lately.
    """
    check_act(actor, action=Action.SEND, unit_id=campaign.unit_id)
    if campaign.audience.corrects is not None or not people:
        return None
    lately = await tx.doubles.since(now - LATELY, unit_id=campaign.unit_id)
    if alike := _alike(campaign, lately):
        return Double(campaign=alike)
    if not lately:
        return None
    had = await tx.doubles.had(
        campaign.audience,
        campaigns=[one.campaign_id for one in lately],
        limits=await limits_at(tx, pack=pack, at=at),
        at=at,
    )
    most = max(lately, key=lambda one: had.get(one.campaign_id, 0))
    number = min(people, had.get(most.campaign_id, 0))
    return Double(campaign=most, had=number) if number > _SAME_PEOPLE * people else None


def _alike(campaign: Campaign, others: Iterable[Campaign]) -> Campaign | None:
    words = _words(campaign.content)
    found = [one for one in others if fuzz.ratio(words, _words(one.content), score_cutoff=_ALIKE)]
    return found[-1] if found else None


def _words(content: Content) -> str:
    return fold(" ".join([content.title, *content.paragraphs]))
