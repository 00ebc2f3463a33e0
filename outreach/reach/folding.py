"""Two people turn out to be one: their evidence of one period and place becomes one row, and can be parted again."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from outreach.messaging import CampaignId
from outreach.reach.model import AgeBand, Tier


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What a row of reach says of one person. `first_at` has the first instant of each tier that is proven."""

    age_band: AgeBand
    first_at: Mapping[Tier, datetime] = field(default_factory=dict)
    turns: int = 0
    inside: bool = True
    first_campaign: CampaignId | None = None


def fold(kept: Evidence | None, *, joined: Evidence) -> Evidence:
    """First instants are the earlier ones, turns are added; the age is that of the person kept."""
    if kept is None:
        return joined
    both = (kept.first_at, joined.first_at)
    instants = {
        tier: min(one[tier] for one in both if tier in one) for tier in Tier if any(tier in one for one in both)
    }
    earlier = joined if _begins(joined) < _begins(kept) else kept
    return Evidence(
        age_band=kept.age_band,
        first_at=instants,
        turns=kept.turns + joined.turns,
        inside=kept.inside or joined.inside,
        first_campaign=earlier.first_campaign or kept.first_campaign or joined.first_campaign,
    )


def unfold(now: Evidence | None, *, kept: Evidence | None, joined: Evidence, linked_at: datetime) -> Evidence | None:
    """What stays with the person kept: her own from before, and what came after the link. None: nothing.

    A folded row has one instant for each tier, so what both sides had proven before, and was proven anew since, left no mark:
    turns since the link say that messages were accepted, at `linked_at` or later; a stronger tier is not claimed without one.
    """
    if now is None:
        return None
    before = kept.first_at if kept else {}
    instants = {**{tier: at for tier, at in now.first_at.items() if tier not in joined.first_at}, **before}
    own_turns = kept.turns if kept else 0
    turns = max(own_turns, now.turns - joined.turns)
    if turns > own_turns:
        instants.setdefault(Tier.ACCEPTED, linked_at)
    if instants:
        instants.setdefault(Tier.ACCEPTED, min(instants.values()))
    if not instants and kept is None:
        return None
    since = turns > own_turns or instants.keys() > before.keys()
    return Evidence(
        age_band=now.age_band,
        first_at=instants,
        turns=turns,
        inside=now.inside if since and not joined.inside else kept.inside if kept else now.inside,
        first_campaign=kept.first_campaign if kept else _not_of(joined, now),
    )


def _begins(row: Evidence) -> datetime:
    return min(row.first_at.values(), default=datetime.max.replace(tzinfo=UTC))


def _not_of(joined: Evidence, now: Evidence) -> CampaignId | None:
    return None if now.first_campaign == joined.first_campaign else now.first_campaign
