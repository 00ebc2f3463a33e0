"""Evidence per person and period; a report reads people, not messages."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Table,
    case,
    cast,
    extract,
    func,
    insert,
    literal,
    literal_column,
    null,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from outreach.contacts.model import Subscription
from outreach.evidence import EvidenceState
from outreach.messaging import CampaignId, ContactId, OfficerId
from outreach.pack import AgeWindow
from outreach.periods import Period
from outreach.reach.model import AgeBand, Declaration, Denominator, PeriodId, StoredPeriod, Tier
from outreach.units import UnitId
from storage import tables as t
from storage.upsert import dialect_insert

# Whoever opened or read a message must have got it; "delivered" is only ever what the channel says.
_IMPLIES = {
    Tier.ACCEPTED: (Tier.ACCEPTED,),
    Tier.DELIVERED: (Tier.ACCEPTED, Tier.DELIVERED),
    Tier.OPENED: (Tier.ACCEPTED, Tier.OPENED),
    Tier.READ: (Tier.ACCEPTED, Tier.OPENED, Tier.READ),
}
# Minutes that could not be read, or are no photo, are no document.
_HAS_PAPER = t.evidence.c.state.is_not(None) & (t.evidence.c.state != EvidenceState.REFUSED)
# Of one insert: PostgreSQL takes 32,767 values in one statement.
_ROWS_AT_ONCE = 1_000
_STRONGEST = (Tier.READ, Tier.OPENED, Tier.DELIVERED, Tier.ACCEPTED)


def tier_of(table: Table) -> Any:
    """The strongest evidence a row holds; with constants in it, so that PostgreSQL may group by it."""
    return case(
        *((table.c[f"{tier.value}_at"].is_not(None), literal_column(f"'{tier.value}'")) for tier in _STRONGEST),
        else_=null(),
    )


class SqlReach:
    def __init__(self, connection: AsyncConnection) -> None:
        self._db = connection

    async def ensure_periods(self, periods: Sequence[Period]) -> list[StoredPeriod]:
        codes = [period.code for period in periods]
        stored = await self._period_ids(codes)
        missing = [period for period in periods if period.code not in stored]
        if missing:
            statement = dialect_insert(self._db, t.period).on_conflict_do_nothing()
            await self._db.execute(
                statement,
                [{"code": p.code, "name": p.name.vi, "first_on": p.first_on, "last_on": p.last_on} for p in missing],
            )
            stored = await self._period_ids(codes)
        return [StoredPeriod(period_id=PeriodId(stored[period.code]), period=period) for period in periods]

    async def find_period(self, code: str) -> PeriodId | None:
        found = (await self._period_ids([code])).get(code)
        return None if found is None else PeriodId(found)

    async def _period_ids(self, codes: Sequence[str]) -> dict[str, int]:
        rows = await self._db.execute(select(t.period.c.code, t.period.c.id).where(t.period.c.code.in_(codes)))
        return {row.code: row.id for row in rows}

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
        if not (people and periods):
            return 0
        have = select(func.count()).where(
            t.reach_person.c.period_id == periods[0].period_id, t.reach_person.c.contact_id.in_(people)
        )
        before = (await self._db.execute(have)).scalar_one() if tell_new else 0
        every = t.period.c.id.in_([stored.period_id for stored in periods])
        evidence = (_band(youth), *_stamps(tier, at), literal(turns))
        inside = func.coalesce(t.unit.c.level == "commune", literal(value=False))
        first = literal(campaign_id) if campaign_id is not None else null()
        persons = (
            select(t.period.c.id, t.contact.c.id, inside, first, *evidence)
            .select_from(t.contact.join(t.period, every).outerjoin(t.unit, t.unit.c.id == t.contact.c.unit_id))
            .where(*_present(people))
        )
        # Whoever moves into the province counts in it from then on, once.
        await self._upsert(
            t.reach_person,
            ["period_id", "contact_id", "inside", "first_campaign_id"],
            persons,
            tier=tier,
            grows=("inside",),
        )
        units = (
            select(t.period.c.id, t.contact.c.unit_id, t.contact.c.id, *evidence)
            .select_from(t.contact.join(t.period, every))
            .where(*_present(people), t.contact.c.unit_id.is_not(None))
        )
        await self._upsert(t.reach_unit, ["period_id", "unit_id", "contact_id"], units, tier=tier)
        return int((await self._db.execute(have)).scalar_one()) - before if tell_new else 0

    async def _upsert(self, table: Table, key: list[str], rows: Any, *, tier: Tier, grows: Sequence[str] = ()) -> None:
        """`grows` names flags that stay set once they are."""
        stamps = [f"{implied.value}_at" for implied in _IMPLIES[tier]]
        statement = dialect_insert(self._db, table).from_select([*key, "age_band", *stamps, "turns"], rows)
        primary = [column.name for column in table.primary_key]
        statement = statement.on_conflict_do_update(
            index_elements=primary,
            set_={
                "turns": table.c.turns + statement.excluded.turns,
                "age_band": statement.excluded.age_band,
                **{flag: table.c[flag] | statement.excluded[flag] for flag in grows},
                **{stamp: func.coalesce(table.c[stamp], statement.excluded[stamp]) for stamp in stamps},
            },
        )
        await self._db.execute(statement)

    async def follow_birth_year(self, contact_id: ContactId, *, youth: AgeWindow, on: date) -> None:
        for table in (t.reach_person, t.reach_unit):
            band = (
                select(_band(youth))
                .select_from(t.period.join(t.contact, t.contact.c.id == contact_id))
                .where(t.period.c.id == table.c.period_id)
                .correlate(table)
                .scalar_subquery()
            )
            still_open = select(t.period.c.id).where(t.period.c.last_on >= on).correlate(None)
            await self._db.execute(
                update(table)
                .where(table.c.contact_id == contact_id, table.c.period_id.in_(still_open))
                .values(age_band=band)
            )

    async def counts(self, period_id: PeriodId) -> list[tuple[UnitId | None, str, Tier | None, int, int]]:
        """Every row is exclusive: a person stands once, under the strongest tier."""
        unit = (
            select(
                t.reach_unit.c.unit_id,
                t.reach_unit.c.age_band,
                tier_of(t.reach_unit),
                func.count(),
                func.sum(t.reach_unit.c.turns),
            )
            .where(t.reach_unit.c.period_id == period_id)
            .group_by(t.reach_unit.c.unit_id, t.reach_unit.c.age_band, tier_of(t.reach_unit))
        )
        province = (
            select(
                null(),
                t.reach_person.c.age_band,
                tier_of(t.reach_person),
                func.count(),
                func.sum(t.reach_person.c.turns),
            )
            .where(t.reach_person.c.period_id == period_id, t.reach_person.c.inside)
            .group_by(t.reach_person.c.age_band, tier_of(t.reach_person))
        )
        erased = (
            select(
                case((t.unit.c.level == "province", null()), else_=t.unit.c.id),
                t.reach_erased.c.age_band,
                t.reach_erased.c.tier,
                t.reach_erased.c.people,
                t.reach_erased.c.turns,
            )
            .join(t.unit, t.unit.c.id == t.reach_erased.c.unit_id)
            .where(t.reach_erased.c.period_id == period_id)
        )
        found: list[tuple[UnitId | None, str, Tier | None, int, int]] = []
        for statement in (unit, province, erased):
            for unit_id, band, tier, people, turns in await self._db.execute(statement):
                found.append(
                    (
                        None if unit_id is None else UnitId(unit_id),
                        band,
                        Tier(tier) if tier else None,
                        people,
                        int(turns),
                    )
                )
        return found

    async def declare(self, declaration: Declaration, *, by: OfficerId, at: datetime) -> int:
        statement = insert(t.declaration).values(
            unit_id=declaration.unit_id,
            held_on=declaration.held_on,
            title=declaration.title,
            headcount=declaration.headcount,
            evidence_id=declaration.evidence_id,
            declared_by=by,
            declared_at=at,
        )
        return int((await self._db.execute(statement.returning(t.declaration.c.id))).scalar_one())

    async def declared(self, *, from_on: date, to_on: date) -> list[tuple[UnitId, int, int]]:
        documented = func.coalesce(func.sum(case((_HAS_PAPER, t.declaration.c.headcount), else_=0)), 0)
        rows = await self._db.execute(
            select(t.declaration.c.unit_id, func.sum(t.declaration.c.headcount), documented)
            .outerjoin(t.evidence, t.evidence.c.id == t.declaration.c.evidence_id)
            .where(t.declaration.c.held_on.between(from_on, to_on), t.declaration.c.withdrawn_at.is_(None))
            .group_by(t.declaration.c.unit_id)
        )
        return [(UnitId(unit_id), int(turns), int(papers)) for unit_id, turns, papers in rows]

    async def withdraw_declaration(
        self,
        declaration_id: int,
        *,
        by: OfficerId,
        at: datetime,
        unit_id: UnitId | None = None,
        declared_by: OfficerId | None = None,
    ) -> bool:
        result = await self._db.execute(
            update(t.declaration)
            .where(t.declaration.c.id == declaration_id, *_standing(unit_id=unit_id, declared_by=declared_by))
            .values(withdrawn_by=by, withdrawn_at=at)
        )
        return bool(result.rowcount)

    async def declarations(
        self, *, limit: int, unit_id: UnitId | None = None, declared_by: OfficerId | None = None
    ) -> list[tuple[int, Declaration]]:
        statement = (
            select(t.declaration, _HAS_PAPER.label("documented"))
            .outerjoin(t.evidence, t.evidence.c.id == t.declaration.c.evidence_id)
            .where(*_standing(unit_id=unit_id, declared_by=declared_by))
        )
        rows = await self._db.execute(statement.order_by(t.declaration.c.id.desc()).limit(limit))
        return [
            (
                row.id,
                Declaration(
                    unit_id=UnitId(row.unit_id),
                    held_on=row.held_on,
                    title=row.title,
                    headcount=row.headcount,
                    evidence_id=row.evidence_id,
                    documented=row.documented,
                ),
            )
            for row in rows
        ]


def _band(youth: AgeWindow) -> Any:
    """outreach.reach.rules.age_band as an expression over a contact and a period; a test holds the two together."""
    age = cast(extract("year", t.period.c.last_on), Integer) - t.contact.c.birth_year
    return case(
        (t.contact.c.birth_year.is_(None), AgeBand.UNKNOWN.value),
        (age.between(youth.first, youth.last), AgeBand.YOUTH.value),
        else_=AgeBand.OTHER.value,
    )


def _present(people: Sequence[ContactId]) -> tuple[ColumnElement[bool], ...]:
    """Nothing is written of somebody who was erased while her message was on its way."""
    return t.contact.c.id.in_(people), t.contact.c.subscription != Subscription.ERASED


def _stamps(tier: Tier, at: datetime) -> list[Any]:
    return [literal(at, t.reach_unit.c.e1_at.type) for _ in _IMPLIES[tier]]


def _standing(*, unit_id: UnitId | None, declared_by: OfficerId | None) -> list[ColumnElement[bool]]:
    """Declarations that are not withdrawn, of this unit and officer where they are given."""
    wanted: list[ColumnElement[bool]] = [t.declaration.c.withdrawn_at.is_(None)]
    if unit_id is not None:
        wanted.append(t.declaration.c.unit_id == unit_id)
    if declared_by is not None:
        wanted.append(t.declaration.c.declared_by == declared_by)
    return wanted


class SqlDenominators:
    def __init__(self, connection: AsyncConnection) -> None:
        self._db = connection

    async def put(self, rows: Sequence[Denominator], *, by: OfficerId | None, at: datetime) -> None:
        if not rows:
            return
        # A file holds one year or two: a condition for each, of however many units.
        units_of: dict[int, list[int]] = defaultdict(list)
        for row in rows:
            units_of[row.year].append(row.unit_id)
        same = [(t.denominator.c.year == year) & t.denominator.c.unit_id.in_(of) for year, of in units_of.items()]
        await self._db.execute(
            update(t.denominator).where(or_(*same), t.denominator.c.superseded_at.is_(None)).values(superseded_at=at)
        )
        values = [
            {
                "unit_id": row.unit_id,
                "year": row.year,
                "count": row.count,
                "source": row.source,
                "dated_on": row.dated_on,
                "entered_by": by,
                "entered_at": at,
            }
            for row in rows
        ]
        for start in range(0, len(values), _ROWS_AT_ONCE):
            await self._db.execute(insert(t.denominator).values(values[start : start + _ROWS_AT_ONCE]))

    async def of_year(self, year: int) -> list[Denominator]:
        rows = await self._db.execute(
            select(t.denominator).where(t.denominator.c.year == year, t.denominator.c.superseded_at.is_(None))
        )
        return [
            Denominator(
                unit_id=UnitId(row.unit_id),
                year=row.year,
                count=row._mapping["count"],  # noqa: SLF001  (a Row's own `count` is a method)
                source=row.source,
                dated_on=row.dated_on,
            )
            for row in rows
        ]
