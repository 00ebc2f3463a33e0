"""Folding two people's evidence into one row and parting it again: nothing is claimed that was not proven, and nothing is lost."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from outreach.messaging import CampaignId
from outreach.reach.folding import Evidence, fold, unfold
from outreach.reach.model import AgeBand, Tier
from tests.conftest import NOW

LINKED_AT = NOW + timedelta(days=50)
_TIERS = st.sampled_from(
    [set(), {Tier.DELIVERED}, {Tier.OPENED}, {Tier.OPENED, Tier.READ}, {Tier.DELIVERED, Tier.OPENED}]
)


@st.composite
def evidence(draw: st.DrawFn) -> Evidence:
    """As the lane writes it: whoever has any tier has been accepted, and has at least one turn."""
    tiers = {Tier.ACCEPTED, *draw(_TIERS)}
    return Evidence(
        age_band=draw(st.sampled_from(AgeBand)),
        first_at={tier: NOW + timedelta(days=draw(st.integers(0, 40))) for tier in tiers},
        turns=draw(st.integers(1, 9)),
        inside=draw(st.booleans()),
        first_campaign=draw(st.sampled_from([None, CampaignId(1), CampaignId(2)])),
    )


def told_again(row: Evidence, tier: Tier, *, turns: int) -> Evidence:
    """As an upsert writes it after the link: first instants stay."""
    at = LINKED_AT + timedelta(days=1)
    tiers = {Tier.ACCEPTED, tier}
    return Evidence(
        age_band=row.age_band,
        first_at={**dict.fromkeys(tiers, at), **row.first_at},
        turns=row.turns + turns,
        inside=row.inside,
        first_campaign=row.first_campaign,
    )


@given(evidence() | st.none(), evidence())
def test_parting_gives_back_what_there_was(kept: Evidence | None, joined: Evidence) -> None:
    folded = fold(kept, joined=joined)
    assert unfold(folded, kept=kept, joined=joined, linked_at=LINKED_AT) == kept


@given(evidence(), evidence())
def test_one_person_has_the_first_instants_and_all_turns(kept: Evidence, joined: Evidence) -> None:
    folded = fold(kept, joined=joined)
    assert folded.turns == kept.turns + joined.turns
    assert folded.first_at.keys() == kept.first_at.keys() | joined.first_at.keys()
    for tier, at in folded.first_at.items():
        assert at == min(row.first_at[tier] for row in (kept, joined) if tier in row.first_at)
    assert folded.inside == (kept.inside or joined.inside)
    assert folded.age_band == kept.age_band


@given(evidence() | st.none(), evidence(), st.sampled_from(Tier), st.integers(0, 3))
def test_what_came_since_stays_with_the_one_kept(
    kept: Evidence | None, joined: Evidence, tier: Tier, turns: int
) -> None:
    now = told_again(fold(kept, joined=joined), tier, turns=turns)
    left = unfold(now, kept=kept, joined=joined, linked_at=LINKED_AT)
    own = kept.first_at if kept else {}
    if left is None:
        assert kept is None
        assert not turns
        assert tier in joined.first_at
        return
    assert left.turns == (kept.turns if kept else 0) + turns
    assert own.items() <= left.first_at.items(), "her own instants are what they were"
    if turns or kept:
        assert Tier.ACCEPTED in left.first_at
    if tier not in joined.first_at:
        assert tier in left.first_at
    # Nothing of the other's: what is not her own from before is from after the link.
    assert all(at >= LINKED_AT for one, at in left.first_at.items() if one not in own)


def test_nothing_is_left_of_a_row_that_is_gone() -> None:
    joined = Evidence(age_band=AgeBand.YOUTH, first_at={Tier.ACCEPTED: NOW}, turns=1)
    assert unfold(None, kept=None, joined=joined, linked_at=LINKED_AT) is None
