"""Campaigns looked for by words and states, and one looked through person by person."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol

from outreach.campaigns.fates import Fate
from outreach.campaigns.model import Campaign, CampaignState
from outreach.campaigns.ports.ledger_reports import LedgerRow
from outreach.messaging import CampaignId, OfficerId
from outreach.units import UnitId


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
