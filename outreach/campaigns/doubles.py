"""Before an order: whether nearly the same was sent lately, or anything at all to nearly the same people."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from rapidfuzz import fuzz

from outreach.campaigns.limits import limits_at
from outreach.campaigns.model import Campaign, Content
from outreach.officers import Action, Actor, check_act
from outreach.pack import Pack
from outreach.text import fold
from outreach.transaction import Transaction

LATELY = timedelta(hours=48)
_ALIKE = 90  # per cent of the folded letters
_ENOUGH = (
    20_000  # people; of twice as many and more only one in so many is looked at, which is right to half a per cent
)
_MOST = 5  # campaigns that are compared
_SAME_PEOPLE = 0.8  # of those who would get it now, more than this share


@dataclass(frozen=True, slots=True, kw_only=True)
class Double:
    """What was sent lately, when and to how many, whether its words are nearly the same, and how many of those who would get this one
    have had that one.

    `about`: of very many people only a part was looked at.
    """

    campaign: Campaign
    at: datetime
    sent: int
    alike: bool
    had: int
    about: bool = False


async def double_of(
    actor: Actor, *, tx: Transaction, campaign: Campaign, people: int, pack: Pack, at: datetime
) -> Double | None:
    """The newest of the 48 hours before `at`, when this one would go, with nearly the same words; else the one that most of the
    `people` have got who would get this one, where those are over 80%.

    A correction is meant to come after its campaign, and what is for those who did not get that one is no double of it.
    """
    check_act(actor, action=Action.SEND, unit_id=campaign.unit_id)
    if campaign.audience.corrects is not None or not people:
        return None
    began = await tx.doubles.since(at - LATELY, unit_id=campaign.unit_id)
    itself = {campaign.audience.not_received, *campaign.audience.rest_of, campaign.campaign_id}
    lately = [one for one, _ in began if one.campaign_id not in itself]
    alike = _alike(campaign, lately)
    enough = [one for one in lately if one.tally.total > _SAME_PEOPLE * people]
    found = [alike] if alike else enough[-_MOST:]
    if not found:
        return None
    one_in = max(1, people // _ENOUGH)
    overlap = await tx.doubles.overlap(
        campaign.audience,
        campaigns=[one.campaign_id for one in found],
        limits=await limits_at(tx, pack=pack, at=at),
        at=at,
        one_in=one_in,
    )
    other = max(found, key=lambda one: overlap.had[one.campaign_id])
    had = overlap.had[other.campaign_id]
    if alike is None and had <= _SAME_PEOPLE * overlap.people:
        return None
    return Double(
        campaign=other,
        at=next(when for one, when in began if one == other),
        sent=other.tally.sent + await tx.digests.told(other.campaign_id),
        alike=alike is not None,
        had=had if one_in == 1 else round(people * had / max(1, overlap.people)),
        about=one_in > 1,
    )


def _alike(campaign: Campaign, others: Iterable[Campaign]) -> Campaign | None:
    words = _words(campaign.content)
    found = [one for one in others if fuzz.ratio(words, _words(one.content), score_cutoff=_ALIKE)]
    return found[-1] if found else None


def _words(content: Content) -> str:
    return fold(" ".join([content.title, *content.paragraphs]))
