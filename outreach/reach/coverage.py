"""The figure that is handed in: who was reached in a period, per unit and in all, against which population."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from outreach.officers import Action, Actor, check_act
from outreach.periods import Period
from outreach.reach.model import AgeBand, Coverage, CoverageRow, Denominator, Tier
from outreach.reach.ports import Denominators, Reach
from outreach.units import UnitId

# Unit, or None for the province -> turns declared in all, and those with a document.
_Declared = dict[UnitId | None, tuple[int, int]]


@dataclass(slots=True)
class _Sum:
    """One unit's counts while they are added up."""

    people: dict[AgeBand, int] = field(default_factory=lambda: defaultdict(int))
    tiers: dict[Tier, int] = field(default_factory=lambda: defaultdict(int))
    turns: int = 0


async def count_coverage(
    actor: Actor,
    *,
    reach: Reach,
    denominators: Denominators,
    period: Period,
    unit_ids: Iterable[UnitId],
    province_id: UnitId,
    elsewhere_id: UnitId,
    at: datetime,
    scope: UnitId | None = None,
) -> Coverage:
    """Count one period. `scope` narrows it to one unit (an officer of a commune must); the year of the population is the period's last.

    Raises PermissionDeniedError. A period in which nobody was counted yet gives an empty report, which is a report too.
    """
    check_act(actor, action=Action.SEE_COVERAGE, unit_id=scope)
    period_id = await reach.find_period(period.code)
    counts = [] if period_id is None else await reach.counts(period_id)
    sums: dict[UnitId | None, _Sum] = defaultdict(_Sum)
    for unit_id, band, tier, people, turns in counts:
        entry = sums[unit_id]
        entry.people[AgeBand(band)] += people
        entry.turns += turns
        if tier and AgeBand(band) == AgeBand.YOUTH:
            entry.tiers[tier] += people
    rows = await reach.declared(from_on=period.first_on, to_on=period.last_on)
    declared: _Declared = {unit_id: (turns, papers) for unit_id, turns, papers in rows}
    declared[None] = (sum(turns for _, turns, _ in rows), sum(papers for *_, papers in rows))
    found = {} if period_id is None else await reach.doubles(period_id)
    doubles: dict[UnitId | None, int] = dict(found.items())
    # Whoever moved may be doubted in two communes: the province's least number is only the lower for it.
    doubles[None] = sum(doubles.values())
    populations = {row.unit_id: row for row in await denominators.of_year(period.last_on.year)}
    wanted = [scope] if scope is not None else list(unit_ids)
    units = tuple(_row(unit_id, sums[unit_id], doubles, populations.get(unit_id), declared) for unit_id in wanted)
    province = _row(None, sums[None], doubles, populations.get(province_id), declared)
    return Coverage(
        period=period,
        province=province if scope is None else units[0],
        units=units,
        elsewhere=sum(sums[elsewhere_id].people.values()) if scope is None else 0,
        counted_at=at,
    )


def _row(
    unit_id: UnitId | None,
    entry: _Sum,
    doubles: Mapping[UnitId | None, int],
    population: Denominator | None,
    declared: _Declared,
) -> CoverageRow:
    turns, papers = declared.get(unit_id, (0, 0))
    return CoverageRow(
        unit_id=unit_id,
        reached=entry.people[AgeBand.YOUTH],
        reached_low=max(0, entry.people[AgeBand.YOUTH] - doubles.get(unit_id, 0)),
        other_age=entry.people[AgeBand.OTHER],
        unknown_age=entry.people[AgeBand.UNKNOWN],
        turns=entry.turns,
        tiers=dict(entry.tiers),
        denominator=population,
        declared_turns=turns,
        declared_documented=papers,
    )
