"""What campaigns are looked for by, and what of one is looked at person by person."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from outreach.campaigns.model import ENDED, RECALLED, UNCLEAR, Campaign, CampaignState, DeliveryState
from outreach.campaigns.ports import LedgerRow
from outreach.messaging import CampaignId, OfficerId
from outreach.units import UnitId


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


class Fate(StrEnum):
    """What became of people, as officers ask for it. SENT and MISSED are everybody, and so are SENT and those that follow it."""

    ALL = "all"
    MISSED = "missed"  # whoever has not surely got it
    SENT = "sent"  # accepted by the channel
    FAILED = "failed"
    SKIPPED = "skipped"
    UNKNOWN = "unknown"
    PENDING = "pending"
    RECALLED = "recalled"


def fate_of(state: DeliveryState, *, reason: str) -> Fate | None:
    """None for a row that another leg of the same person has taken over."""
    if state == DeliveryState.REPLACED:
        return None
    if state == DeliveryState.SENT:
        return Fate.RECALLED if reason == RECALLED else Fate.SENT
    if state in UNCLEAR:
        return Fate.UNKNOWN
    return Fate.PENDING if state == DeliveryState.IN_FLIGHT else Fate(state.value)


def fates_of(campaign: Campaign) -> dict[Fate, int]:
    """How many people met which fate, by the campaign's own counters; those that nobody met are left out."""
    tally = campaign.tally
    sent = tally.sent - campaign.recalled
    everybody = tally.total - tally.replaced
    counts = {
        Fate.ALL: everybody,
        Fate.MISSED: everybody - sent,
        Fate.SENT: sent,
        Fate.FAILED: tally.failed,
        Fate.SKIPPED: tally.skipped,
        Fate.UNKNOWN: tally.unknown + tally.sent_assumed,
        Fate.PENDING: tally.left,
        Fate.RECALLED: campaign.recalled,
    }
    return {fate: people for fate, people in counts.items() if people}


def is_among(fate: Fate | None, wanted: Fate) -> bool:
    if wanted == Fate.MISSED:
        return fate not in {None, Fate.SENT}
    return fate is not None if wanted == Fate.ALL else fate == wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberedRow:
    """`number` counts all rows of the campaign, whoever is shown of them: the file has the same."""

    number: int
    row: LedgerRow


class Listing(Protocol):
    async def find(
        self,
        *,
        unit_id: UnitId | None,
        drafts_of: OfficerId | None,
        states: Collection[CampaignState],
        words: str,
        offset: int,
        limit: int,
    ) -> tuple[int, list[Campaign]]:
        """How many there are in these states with all of the words (by their beginnings), and some of them, the newest first.

        `unit_id` and `drafts_of`: of that unit alone, drafts of that officer alone; None for all.
        """

    async def people(self, campaign_id: CampaignId, *, fate: Fate, offset: int, limit: int) -> list[NumberedRow]:
        """In the order of the rows' numbers."""
