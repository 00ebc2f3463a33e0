"""Evidence per person and period; a report reads people, not messages."""

from collections.abc import Sequence
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    Table,
    bindparam,
    case,
    cast,
    extract,
    func,
    insert,
    literal,
    literal_column,
    null,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from outreach.contacts.model import Subscription
from outreach.evidence import EvidenceState
from outreach.messaging import CampaignId, ContactId, OfficerId
from outreach.pack import AgeWindow
from outreach.periods import Period
from outreach.reach.model import AgeBand, Declaration, PeriodId, StoredPeriod, Tier
from outreach.units import UnitId
from storage import tables as t
from storage.among import among
from storage.upsert import dialect_insert, insert_of

# Whoever opened or read a message must have got it; "delivered" is only ever what the channel says.
_IMPLIES = {
    Tier.ACCEPTED: (Tier.ACCEPTED,),
    Tier.DELIVERED: (Tier.ACCEPTED, Tier.DELIVERED),
    Tier.OPENED: (Tier.ACCEPTED, Tier.OPENED),
    Tier.READ: (Tier.ACCEPTED, Tier.OPENED, Tier.READ),
}
# Minutes that could not be read, or are no photo, are no document.
_HAS_PAPER = t.evidence.c.state.is_not(None) & (t.evidence.c.state != EvidenceState.REFUSED)
# What two accounts of one person have in common, besides the unit; and the channel, which they have not.
_ALIKE = ("birth_year", "channel")
_SEVERAL = 2
_STRONGEST = (Tier.READ, Tier.OPENED, Tier.DELIVERED, Tier.ACCEPTED)


def tier_of(table: Table) -> Any:
    """The strongest evidence a row holds; with constants in it, so that PostgreSQL may group by it."""
    return case(
        *((table.c[f"{tier.value}_at"].is_not(None), literal_column(f"'{tier.value}'")) for tier in _STRONGEST),
        else_=null(),
    )


_PERIODS = among(t.period.c.id, "periods")
# Nothing is written of somebody who was erased while her message was on its way.
_PRESENT = (
    among(t.contact.c.id, "people"),
    t.contact.c.subscription != Subscription.ERASED,
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
        values = {
            "people": people,
            "periods": [stored.period_id for stored in periods],
            "campaign_id": campaign_id,
            "turns": turns,
            "at": at,
        }
        engine = self._db.dialect.name
        have = _have() if tell_new else None
        main = {"people": people, "period_id": periods[0].period_id}
        before = (await self._db.execute(have, main)).scalar_one() if have is not None else 0
        persons = (await self._db.execute(_persons(engine, tier=tier, youth=youth), values)).rowcount
        await self._db.execute(_units(engine, tier=tier, youth=youth), values)
        # Each person stands in every period now, once.
        return persons // len(periods) - int(before) if tell_new else 0

    async def follow_birth_year(self, contact_id: ContactId, *, youth: AgeWindow, on: date) -> None:
        for table in (t.reach_person, t.reach_unit):
            band = (
                select(_band(youth, t.contact.c.birth_year))
                .select_from(t.period.join(t.contact, t.contact.c.id == contact_id))
                .where(t.period.c.id == table.c.period_id)
                .correlate(table)
                .scalar_subquery()
            )
            still_open = select(t.period.c.id).where(t.period.c.last_on >= on).correlate(None)
            year = {"birth_year": _birth_year(contact_id)} if table is t.reach_unit else {}
            await self._db.execute(
                update(table)
                .where(table.c.contact_id == contact_id, table.c.period_id.in_(still_open))
                .values(age_band=band, **year)
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

    async def doubles(self, period_id: PeriodId) -> dict[UnitId, int]:
        channels = select(func.count(func.distinct(t.account.c.channel)))
        if (await self._db.execute(channels)).scalar_one() < _SEVERAL:
            return {}
        r = t.reach_unit.c
        on_one = (
            select(r.unit_id, r.birth_year, func.count().label("people"))
            .where(r.period_id == period_id, r.age_band == AgeBand.YOUTH, r.channel.is_not(None))
            .group_by(r.unit_id, r.birth_year, r.channel)
            .subquery()
        )
        besides_largest = func.sum(on_one.c.people) - func.max(on_one.c.people)
        groups = (
            select(on_one.c.unit_id, besides_largest.label("people"))
            .group_by(on_one.c.unit_id, on_one.c.birth_year)
            .subquery()
        )
        rows = await self._db.execute(
            select(groups.c.unit_id, func.sum(groups.c.people))
            .join(t.unit, (t.unit.c.id == groups.c.unit_id) & (t.unit.c.level == "commune"))
            .group_by(groups.c.unit_id)
        )
        return {UnitId(unit_id): int(people) for unit_id, people in rows if people}

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


# A window of a campaign records each second; building these statements would take longer than executing them.
@cache
def _have() -> Select[*tuple[Any, ...]]:
    """How many of `people` stand in the period `period_id` already."""
    own = t.reach_person.c
    return select(func.count()).where(own.period_id == bindparam("period_id"), among(own.contact_id, "people"))


@cache
def _persons(engine: str, *, tier: Tier, youth: AgeWindow) -> Any:
    inside = func.coalesce(t.unit.c.level == "commune", literal(value=False))
    first = bindparam("campaign_id", type_=t.reach_person.c.first_campaign_id.type)
    rows = (
        select(t.period.c.id, t.contact.c.id, inside, first, *_evidence(tier, youth, t.contact.c.birth_year))
        .select_from(t.contact.join(t.period, _PERIODS).outerjoin(t.unit, t.unit.c.id == t.contact.c.unit_id))
        .where(*_PRESENT)
    )
    columns = ["period_id", "contact_id", "inside", "first_campaign_id"]
    # Whoever moves into the province counts in it from then on, once.
    return _upsert(engine, t.reach_person, columns, rows, tier=tier, grows=("inside",))


@cache
def _units(engine: str, *, tier: Tier, youth: AgeWindow) -> Any:
    contact = t.contact.c
    # Looked up once for each of them, and not for each period again.
    person = (
        select(contact.id, contact.unit_id, contact.birth_year, only_channel(contact.id).label("channel"))
        .where(*_PRESENT, contact.unit_id.is_not(None))
        .cte("person")
        .prefix_with("MATERIALIZED")
    )
    alike = (person.c.birth_year, person.c.channel)
    rows = select(t.period.c.id, person.c.unit_id, person.c.id, *alike, *_evidence(tier, youth, person.c.birth_year))
    rows = rows.select_from(person.join(t.period, _PERIODS))
    key = ["period_id", "unit_id", "contact_id"]
    return _upsert(engine, t.reach_unit, [*key, *_ALIKE], rows, tier=tier, follows=_ALIKE)


def _upsert(
    engine: str,
    table: Table,
    columns: list[str],
    rows: Any,
    *,
    tier: Tier,
    grows: Sequence[str] = (),
    follows: Sequence[str] = (),
) -> Any:
    """`grows` names flags that stay set once they are, `follows` what is said anew each time."""
    stamps = [f"{implied.value}_at" for implied in _IMPLIES[tier]]
    statement = insert_of(engine, table).from_select([*columns, "age_band", *stamps, "turns"], rows)
    primary = [column.name for column in table.primary_key]
    return statement.on_conflict_do_update(
        index_elements=primary,
        set_={
            "turns": table.c.turns + statement.excluded.turns,
            "age_band": statement.excluded.age_band,
            **{column: statement.excluded[column] for column in follows},
            **{flag: table.c[flag] | statement.excluded[flag] for flag in grows},
            **{stamp: func.coalesce(table.c[stamp], statement.excluded[stamp]) for stamp in stamps},
        },
    )


def _evidence(tier: Tier, youth: AgeWindow, birth_year: ColumnElement[Any]) -> tuple[Any, ...]:
    at = bindparam("at", type_=t.reach_unit.c.e1_at.type)
    return (_band(youth, birth_year), *(at for _ in _IMPLIES[tier]), bindparam("turns", type_=Integer))


def only_channel(contact_id: ColumnElement[int]) -> Any:
    """The channel of somebody who is on one; NULL for whoever is linked, of whom it is known that she is one person."""
    return (
        select(case((func.count() == 1, func.min(t.account.c.channel))))
        .select_from(t.address.join(t.account, t.account.c.id == t.address.c.account_id))
        .where(t.address.c.contact_id == contact_id)
        .correlate_except(t.address, t.account)
        .scalar_subquery()
    )


def _birth_year(contact_id: ContactId | ColumnElement[int]) -> Any:
    return (
        select(t.contact.c.birth_year).where(t.contact.c.id == contact_id).correlate_except(t.contact).scalar_subquery()
    )


async def follow_channels(db: AsyncConnection, *people: int) -> None:
    """After linking or parting: these people's rows say again on which channel they are, and those new to them the birth year."""
    own = t.reach_unit.c
    await db.execute(
        update(t.reach_unit)
        .where(own.contact_id.in_(people))
        .values(
            channel=only_channel(own.contact_id),
            birth_year=func.coalesce(own.birth_year, _birth_year(own.contact_id)),
        )
    )


def _band(youth: AgeWindow, birth_year: ColumnElement[Any]) -> Any:
    """outreach.reach.rules.age_band as an expression over a birth year and a period; a test holds the two together."""
    age = cast(extract("year", t.period.c.last_on), Integer) - birth_year
    return case(
        (birth_year.is_(None), AgeBand.UNKNOWN.value),
        (age.between(youth.first, youth.last), AgeBand.YOUTH.value),
        else_=AgeBand.OTHER.value,
    )


def _standing(*, unit_id: UnitId | None, declared_by: OfficerId | None) -> list[ColumnElement[bool]]:
    """Declarations that are not withdrawn, of this unit and officer where they are given."""
    wanted: list[ColumnElement[bool]] = [t.declaration.c.withdrawn_at.is_(None)]
    if unit_id is not None:
        wanted.append(t.declaration.c.unit_id == unit_id)
    if declared_by is not None:
        wanted.append(t.declaration.c.declared_by == declared_by)
    return wanted
