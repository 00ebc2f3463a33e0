"""What the yearly report costs as messages pile up: people are counted, not messages. Against COUNT DISTINCT over the deliveries."""

import time
from collections import defaultdict
from datetime import UTC, datetime

from sqlalchemy import distinct, func, insert, literal, select

from content.packs.loader import load_pack
from outreach.campaigns.model import Audience, DeliveryState
from outreach.clock import local_day
from outreach.messaging import ContactId, OfficerId
from outreach.officers import System
from outreach.periods import Period
from outreach.reach.coverage import count_coverage
from outreach.reach.model import Tier
from outreach.units import ELSEWHERE
from storage import tables as t
from storage.database import Database
from storage.session import Session
from storage.types import Keyring
from storage.units import sync_units
from tests.bench.figures import LOWER, Figure, figure
from tests.bench.ground import NEWS, Fresh, Ground
from tests.chaos.conftest import SECRET

BENCH = "coverage report"
_CHUNK = 5_000
_OFFICER = OfficerId(1)
_PACK = load_pack("langson")


async def measure(ground: Ground) -> list[Figure]:
    found: list[Figure] = []
    async with ground.databases(ground.size.crowd) as engines:
        for engine, fresh in engines.items():
            found += await _one_engine(ground, engine, fresh)
    return found


async def _one_engine(ground: Ground, engine: str, fresh: Fresh) -> list[Figure]:
    size = ground.size
    took: dict[tuple[str, int], list[float]] = defaultdict(list)
    async with fresh() as url:
        database = Database(url, keyring=Keyring(SECRET))
        before = 0
        for messages in (size.few, size.many):
            await _fill(database, people=size.crowd, campaigns=messages - before)
            before = messages
            await _report(database, people=size.crowd)  # the first compiles the statements
            for _ in range(size.repetitions):
                took["report", messages].append(await _report(database, people=size.crowd))
                took["distinct", messages].append(await _count_distinct(database, people=size.crowd))
        await database.close()
    few, many = size.few, size.many
    what = f"{size.crowd:,} people × {many} messages, {engine}"
    return [
        figure(
            BENCH,
            what,
            "ms",
            ours=took["report", many],
            peer="COUNT DISTINCT over deliveries",
            theirs=took["distinct", many],
            better=LOWER,
        ),
        figure(
            BENCH,
            what,
            "ms",
            ours=took["report", many],
            peer=f"the same report at {few} messages",
            theirs=took["report", few],
            better=LOWER,
        ),
    ]


async def _fill(database: Database, *, people: int, campaigns: int) -> None:
    """So many campaigns, accepted for everybody, with evidence as the lane writes it."""
    now, period = datetime.now(UTC), _period()
    for _ in range(campaigns):
        async with database.write(bulk=True) as tx:
            number = await tx.campaigns.add(content=NEWS, audience=Audience(), by=_OFFICER, unit_id=None, at=now)
            rows = select(
                literal(number),
                t.contact.c.id,
                t.address.c.account_id,
                t.address.c.id,
                t.contact.c.unit_id,
                literal(1),
                literal(DeliveryState.SENT.value),
                literal(now, t.delivery.c.changed_at.type),
            ).join(t.address, t.address.c.contact_id == t.contact.c.id)
            columns = ["campaign_id", "contact_id", "account_id", "address_id", "unit_id", "version", "state"]
            rows = rows.where(t.contact.c.unit_id.is_not(None))
            await tx.connection.execute(insert(t.delivery).from_select([*columns, "changed_at"], rows))
    async with database.read() as tx:
        subscribed = select(t.contact.c.id).where(t.contact.c.unit_id.is_not(None)).order_by(t.contact.c.id)
        ids = [ContactId(number) for number in (await tx.connection.execute(subscribed)).scalars()]
    assert len(ids) == people
    for start in range(0, people, _CHUNK):
        async with database.write(bulk=True) as tx:
            await tx.reach.record(
                ids[start : start + _CHUNK],
                tier=Tier.ACCEPTED,
                periods=await tx.reach.ensure_periods([period]),
                youth=_PACK.ages.youth,
                campaign_id=None,
                turns=campaigns,
                at=now,
            )
    if not database.is_sqlite:
        async with database.write(bulk=True) as tx:
            await tx.connection.exec_driver_sql("ANALYZE")  # as the server does by itself after a while


def _period() -> Period:
    found = _PACK.main_period.on(local_day(datetime.now(UTC)))
    assert found
    return found


async def _report(database: Database, *, people: int) -> float:
    """Milliseconds of the whole report over all units."""
    async with database.write() as tx:
        ids = await sync_units(tx.connection, _PACK)
    began = time.perf_counter()
    async with database.read() as tx:
        coverage = await count_coverage(
            System(name="bench"),
            reach=tx.reach,
            denominators=tx.denominators,
            period=_period(),
            unit_ids=[ids[row.code] for row in _PACK.units],
            province_id=ids[_PACK.province.code],
            elsewhere_id=ids[ELSEWHERE],
            at=datetime.now(UTC),
        )
    took = 1000 * (time.perf_counter() - began)
    assert coverage.province.reached == people
    return took


async def _count_distinct(database: Database, *, people: int) -> float:
    """Milliseconds of the same two counts, per unit and in all, made from the deliveries; ages and tiers are left out."""
    began = time.perf_counter()
    async with database.read() as tx:
        units, everybody = await _distinct(tx)
    took = 1000 * (time.perf_counter() - began)
    assert (units, everybody) == (people, people)
    return took


async def _distinct(tx: Session) -> tuple[int, int]:
    sent = (t.delivery.c.state == DeliveryState.SENT, t.campaign.c.counts)
    joined = t.delivery.join(t.campaign, t.campaign.c.id == t.delivery.c.campaign_id)
    reached = func.count(distinct(t.delivery.c.contact_id))
    per_unit = select(t.delivery.c.unit_id, reached).select_from(joined).where(*sent).group_by(t.delivery.c.unit_id)
    units = sum(number for _, number in await tx.connection.execute(per_unit))
    return units, (await tx.connection.execute(select(reached).select_from(joined).where(*sent))).scalar_one()
