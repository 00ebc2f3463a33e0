"""The files that replies carry, made after the turn's commit: each kind has one maker.

A maker reads what it needs in a transaction of its own, then builds the bytes in a thread, so that neither a turn nor the loop waits.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial

from bot.outcomes import outcome_file
from content.reports.campaign_rows import OutcomeWords
from content.reports.coverage import Wording, coverage_sheet
from content.reports.population import population_sheet
from content.reports.sheet import workbook
from handlers import coverage, population, review
from handlers.send.people import ROWS
from handlers.turn import World
from outreach.broadcasts.order import broadcasts_in
from outreach.campaigns.fates import Fate
from outreach.clock import Clock
from outreach.errors import NotFoundError, PermissionDeniedError
from outreach.evidence import EvidenceId, EvidenceStore
from outreach.messaging import CampaignId, OfficerId, OutgoingFile
from outreach.nominations.review import read_evidence
from outreach.officers import Action, Officer, check_act
from outreach.periods import find_period
from outreach.reach.coverage import count_coverage
from outreach.transaction import Transaction, Transactions
from outreach.units import UnitId


@dataclass(frozen=True, slots=True, kw_only=True)
class Workshop:
    """What makers work with."""

    transactions: Transactions
    world: World
    clock: Clock
    evidence: EvidenceStore | None = None


Maker = Callable[[Workshop, Mapping[str, str]], Awaitable[bytes]]


async def make_campaign_rows(workshop: Workshop, arguments: Mapping[str, str]) -> bytes:
    """`campaign` and `officer` are ids: whoever asked is checked again. `fate` and `form` say of whom, and as what.

    Raises PermissionDeniedError, NotFoundError.
    """
    world = workshop.world
    async with workshop.transactions.read() as tx:
        officer = await _asked_by(tx, arguments)
    return await outcome_file(
        officer,
        transactions=workshop.transactions,
        campaign_id=CampaignId(int(arguments["campaign"])),
        fate=Fate(arguments["fate"]),
        form=arguments["form"],
        words=partial(
            OutcomeWords(world.catalog, language=arguments["language"]).of,
            at=workshop.clock(),
            digest=world.pack.sending.digest is not None,
        ),
        unit=partial(_unit, world),
    )


def _unit(world: World, unit_id: UnitId | None) -> str:
    row = world.units.row(unit_id) if unit_id is not None else None
    return row.label if row else world.catalog.label("units.elsewhere" if unit_id else "campaign.no_unit")


async def _asked_by(tx: Transaction, arguments: Mapping[str, str]) -> Officer:
    """Whoever asked, if the office has not ended since. Raises PermissionDeniedError."""
    officer = await tx.officers.get(OfficerId(int(arguments["officer"])))
    if officer is None:
        raise PermissionDeniedError
    return officer


def _wording(world: World, arguments: Mapping[str, str]) -> Wording:
    return Wording(catalog=world.catalog, pack=world.pack, units=world.units, language=arguments["language"])


async def make_coverage(workshop: Workshop, arguments: Mapping[str, str]) -> bytes:
    """`period` is a period's code, `officer` who asked: a commune's officer gets her unit alone."""
    world = workshop.world
    period = find_period(world.pack.periods, code=arguments["period"])
    if period is None:
        raise NotFoundError
    async with workshop.transactions.read() as tx:
        officer = await _asked_by(tx, arguments)
        counted = await count_coverage(
            officer,
            reach=tx.reach,
            denominators=tx.denominators,
            period=period,
            unit_ids=[unit_id for unit_id, _ in world.units.communes],
            province_id=world.units.province_id,
            elsewhere_id=world.units.elsewhere_id,
            at=workshop.clock(),
            scope=officer.unit_id,
        )
        whole = officer.unit_id is None
        broadcasts = await broadcasts_in(officer, tx=tx, period=period) if whole else None
    sheet = coverage_sheet(counted, _wording(world, arguments), broadcasts=broadcasts)
    return await asyncio.to_thread(workbook, sheet)


async def make_population(workshop: Workshop, arguments: Mapping[str, str]) -> bytes:
    """The template for a `year`, with what is entered already."""
    year = int(arguments["year"])
    async with workshop.transactions.read() as tx:
        check_act(await _asked_by(tx, arguments), action=Action.SET_DENOMINATORS)
        present = {row.unit_id: row for row in await tx.denominators.of_year(year)}
    sheet = population_sheet(year, _wording(workshop.world, arguments), present=present)
    return await asyncio.to_thread(workbook, sheet)


async def open_evidence(workshop: Workshop, arguments: Mapping[str, str]) -> bytes:
    """`evidence` is a piece's id: unsealed on its way out. Raises NotFoundError for what is not stored, PermissionDeniedError."""
    async with workshop.transactions.read() as tx:
        officer = await _asked_by(tx, arguments)
        piece = await read_evidence(officer, tx, evidence_id=EvidenceId(int(arguments["evidence"])))
    if workshop.evidence is None or not piece.content_hash:
        raise NotFoundError
    return await workshop.evidence.get(piece.content_hash)


# kind of OutgoingFile -> who makes it
MAKERS: dict[str, Maker] = {
    ROWS: make_campaign_rows,
    coverage.FILE_KIND: make_coverage,
    population.FILE_KIND: make_population,
    review.FILE_KIND: open_evidence,
}


async def make_file(workshop: Workshop, file: OutgoingFile) -> bytes:
    """Raises KeyError for a kind nobody makes; a test asks for every kind that handlers use."""
    return await MAKERS[file.kind](workshop, file.arguments)
