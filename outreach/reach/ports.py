"""What must be remembered about who was reached, and against which population."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Protocol

from outreach.messaging import CampaignId, ContactId, OfficerId
from outreach.pack import AgeWindow
from outreach.periods import Period
from outreach.reach.model import Declaration, Denominator, PeriodId, StoredPeriod, Tier
from outreach.units import UnitId


class Reach(Protocol):
    async def ensure_periods(self, periods: Sequence[Period]) -> list[StoredPeriod]:
        """The stored periods with their ids, made on first use."""

    async def find_period(self, code: str) -> PeriodId | None:
        """None when nobody was reached in it yet."""

    async def record(
        self,
        people: Sequence[ContactId],
        *,
        tier: Tier,
        periods: Sequence[StoredPeriod],
        youth: AgeWindow,
        campaign_id: CampaignId | None,
        turns: int,
        at: datetime,
        tell_new: bool = True,
    ) -> int:
        """Write evidence for each (contact, period) and (contact, period, unit); gives how many were new in the first of `periods`.

        The unit of a row is the one declared at this moment and does not move later; the row of the province is inside once any
        of the period's units was. The age band follows the declared birth year. The caller has checked that the content counts.
        Two statements for all periods; two more for the count, which `tell_new` False leaves out (and gives 0).
        """

    async def follow_birth_year(self, contact_id: ContactId, *, youth: AgeWindow, on: date) -> None:
        """The year was corrected: the person's bands in periods that are not over on that day, with two statements."""

    async def counts(self, period_id: PeriodId) -> list[tuple[UnitId | None, str, Tier | None, int, int]]:
        """Rows (unit or None for the province, age band, tier or None for all, people, turns), anonymous counts of the erased included."""

    async def doubles(self, period_id: PeriodId) -> dict[UnitId, int]:
        """Of the young people of each commune, how many at most may be somebody counted on another channel; nothing of units without.

        Whoever is linked is known to be one. Of the others, those of one birth year on one channel are as many people, so only
        what is above the largest channel's number can be the same people again.
        """

    async def declare(self, declaration: Declaration, *, by: OfficerId, at: datetime) -> int: ...

    async def declared(self, *, from_on: date, to_on: date) -> list[tuple[UnitId, int, int]]:
        """Per unit: turns declared in all, and those with a document."""

    async def withdraw_declaration(
        self,
        declaration_id: int,
        *,
        by: OfficerId,
        at: datetime,
        unit_id: UnitId | None = None,
        declared_by: OfficerId | None = None,
    ) -> bool:
        """False when there is none of that unit and officer, as far as they are given, or it was withdrawn before."""

    async def declarations(
        self, *, limit: int, unit_id: UnitId | None = None, declared_by: OfficerId | None = None
    ) -> list[tuple[int, Declaration]]:
        """The newest of that unit and officer, as far as they are given; withdrawn ones left out."""


class Denominators(Protocol):
    async def put(self, rows: Sequence[Denominator], *, by: OfficerId | None, at: datetime) -> None:
        """All or nothing; an earlier row of the same unit and year is kept as superseded."""

    async def of_year(self, year: int) -> list[Denominator]: ...
