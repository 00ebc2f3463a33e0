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
    """What was sent lately, whether its words are nearly the same, and how many of those who would get this one have had that one."""

    campaign: Campaign
    alike: bool
    had: int


async def double_of(
    actor: Actor, *, tx: Transaction, campaign: Campaign, people: int, pack: Pack, at: datetime
) -> Double | None:
    """The newest of the 48 hours before `at`, when this one would go, with nearly the same words; else the one that most of the
    `people` have got who would get this one, where those are over 80%. Looks at everybody the rule means, unless nothing was sent.

    A correction is meant to come after its campaign, and what is for those who did not get that one is no double of it.
    """
    check_act(actor, action=Action.SEND, unit_id=campaign.unit_id)
    if campaign.audience.corrects is not None or not people:
        return None
    lately = [
        one
        for one in await tx.doubles.since(at - LATELY, unit_id=campaign.unit_id)
        if one.campaign_id not in {campaign.audience.not_received, campaign.campaign_id}
    ]
    if not lately:
        return None
    numbers = [one.campaign_id for one in lately]
    limits = await limits_at(tx, pack=pack, at=at)
    had = await tx.doubles.had(campaign.audience, campaigns=numbers, limits=limits, at=at)
    alike = _alike(campaign, lately)
    found = alike or max(lately, key=lambda one: had.get(one.campaign_id, 0))
    number = min(people, had.get(found.campaign_id, 0))
    too_many = number > _SAME_PEOPLE * people
    return Double(campaign=found, alike=alike is not None, had=number) if alike or too_many else None


def _alike(campaign: Campaign, others: Iterable[Campaign]) -> Campaign | None:
    words = _words(campaign.content)
    found = [one for one in others if fuzz.ratio(words, _words(one.content), score_cutoff=_ALIKE)]
    return found[-1] if found else None


def _words(content: Content) -> str:
    return fold(" ".join([content.title, *content.paragraphs]))
