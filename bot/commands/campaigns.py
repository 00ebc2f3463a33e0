"""`loatre campaigns`: list, show, report, recipients, pause, resume, cancel."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from bot.app import Store
from bot.commands.campaign_shapes import Shape, campaign_shape, in_full, recipient_shape, report_shape
from bot.commands.store import check_number, hand_over, ready_store, refuse, told
from bot.outcomes import outcome_file, outcomes_of
from bot.settings import load_settings
from content.audience import audience_words
from content.reports.campaign_rows import OutcomeWords
from content.reports.sheet import Sheet, separated
from outreach.campaigns.approval import approval_of
from outreach.campaigns.audience import names_in
from outreach.campaigns.control import campaign_for, cancel_campaign, pause_campaign, resume_campaign
from outreach.campaigns.fates import Fate
from outreach.campaigns.find import find_campaigns
from outreach.campaigns.model import Campaign, CampaignState
from outreach.campaigns.opened import count_answers
from outreach.campaigns.progress import Progress, campaign_progress
from outreach.campaigns.report import campaign_by_unit, campaign_report, informs
from outreach.clock import VIETNAM, system_clock
from outreach.errors import OutreachError
from outreach.messaging import CampaignId
from outreach.officers import System
from outreach.transaction import Transaction
from outreach.units import UnitId

campaigns = typer.Typer(no_args_is_help=True, help="See and steer campaigns.")
_CLI = System(name="cli")
_COLUMNS = ("id", "state", "title", "sent", "unknown", "started")  # what fits a terminal of 80 columns


class Format(StrEnum):
    TABLE = "table"
    JSON = "json"
    CSV = "csv"


class FileFormat(StrEnum):
    JSON = "json"
    CSV = "csv"
    XLSX = "xlsx"


FormatOption = Annotated[Format, typer.Option("--format", help="table, json or csv")]


@campaigns.command("list")
def show_all(
    state: Annotated[CampaignState | None, typer.Option(help="those alone")] = None,
    search: Annotated[str, typer.Option(help="words of the message, by their beginnings")] = "",
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 100,
    form: FormatOption = Format.TABLE,
) -> None:
    """The newest campaigns, with their counts."""

    async def read(store: Store, tx: Transaction) -> tuple[list[Campaign], list[Shape]]:
        states = {state} if state else frozenset(CampaignState)
        _, found = await find_campaigns(_CLI, tx=tx, states=states, words=search, limit=limit)
        return found, [
            campaign_shape(one, counts=await informs(_CLI, tx=tx, campaign=one), units=store.units) for one in found
        ]

    found, shapes = _read(read)
    if form == Format.JSON:
        _echo(shapes)
        return
    rows = [_row(campaign) for campaign in found]
    _print_rows(_COLUMNS, rows, form=form, wraps="title")


def _row(campaign: Campaign) -> list[str]:
    return [
        str(campaign.campaign_id),
        campaign.state.value,
        campaign.content.title,
        f"{campaign.tally.sent}/{campaign.tally.total}",
        str(campaign.tally.unknown),
        f"{campaign.started_at.astimezone(VIETNAM):%d/%m/%Y %H:%M}" if campaign.started_at else "",
    ]


@campaigns.command("show")
def show_one(number: int, form: FormatOption = Format.TABLE) -> None:
    """One campaign: whom it is for, its plan, the second officer's word, how far it is, and what became of its deliveries, by reason."""
    campaign_id = _known(number)

    async def read(store: Store, tx: Transaction) -> Shape:
        campaign = await campaign_for(_CLI, tx=tx, campaign_id=campaign_id)
        reasons = await tx.ledger_reports.reasons(campaign_id)
        return in_full(
            campaign,
            counts=await informs(_CLI, tx=tx, campaign=campaign),
            units=store.units,
            words=await _audience_words(store, tx, campaign),
            reasons={f"{state.value}:{why}" if why else state.value: n for (state, why), n in reasons.items()},
            halted=await tx.lanes.halted(campaign_id),
            asked=await approval_of(_CLI, tx=tx, campaign_id=campaign_id),
            progress=await _progress(store, tx, campaign) if campaign.state == CampaignState.RUNNING else None,
            wave=await tx.waves.tally(campaign_id) if campaign.wave else None,
        )

    _print_one(_read(read, number=number), form=form)


async def _progress(store: Store, tx: Transaction, campaign: Campaign) -> Progress:
    hours = store.pack.sending.hours if load_settings().send_hours_apply else None
    return await campaign_progress(_CLI, tx=tx, campaign=campaign, hours=hours, at=system_clock())


async def _audience_words(store: Store, tx: Transaction, campaign: Campaign) -> str:
    return audience_words(
        campaign.audience,
        named=await names_in(_CLI, tx=tx, campaign=campaign),
        catalog=store.catalog,
        pack=store.pack,
        units=store.units,
        language="en",
    )


def _unit_name(store: Store, unit_id: UnitId | None) -> str:
    row = store.units.row(unit_id) if unit_id is not None else None
    return row.label if row else store.catalog.label("units.elsewhere" if unit_id else "campaign.no_unit")


@campaigns.command()
def report(number: int, form: FormatOption = Format.TABLE) -> None:
    """What became of it in all, by channel and by unit, and the share of youth informed. CSV is the table by unit."""
    campaign_id = _known(number)

    async def read(store: Store, tx: Transaction) -> tuple[Shape, list[list[str]]]:
        found = await campaign_report(
            _CLI, tx=tx, campaign_id=campaign_id, pack=store.pack, units=store.units, at=system_clock()
        )
        by_unit = await campaign_by_unit(_CLI, tx=tx, campaign_id=campaign_id)
        rows = [[_unit_name(store, unit_id), str(sent), str(people)] for unit_id, sent, people in by_unit]
        answers = await count_answers(_CLI, tx, campaign=found.campaign)
        halted = await tx.lanes.halted(campaign_id)
        return report_shape(found, by_unit=by_unit, units=store.units, answers=answers, halted=halted), rows

    shape, rows = _read(read, number=number)
    if form == Format.CSV:
        _print_rows(("unit", "sent", "people"), rows, form=form)
        return
    _print_one(shape, form=form)


@campaigns.command()
def recipients(
    number: int,
    outcome: Annotated[Fate, typer.Option(help="whom: missed is everybody who has not surely got it")] = Fate.ALL,
    form: Annotated[FileFormat, typer.Option("--format", help="json, csv or xlsx")] = FileFormat.JSON,
    output: Annotated[Path | None, typer.Option(help="write to this file; xlsx needs it")] = None,
) -> None:
    """Person by person, as number and unit: what became of the message and why. No names."""
    campaign_id = _known(number)
    if form == FileFormat.XLSX and output is None:
        raise refuse("campaigns: --format xlsx needs --output FILE", code=2)

    async def work() -> bytes:
        async with ready_store() as store:
            if form != FileFormat.JSON:
                return await outcome_file(
                    _CLI,
                    transactions=store.database,
                    campaign_id=campaign_id,
                    fate=outcome,
                    form=form,
                    words=partial(
                        OutcomeWords(store.catalog, language="vi").of,
                        at=system_clock(),
                        digest=store.pack.sending.digest is not None,
                    ),
                    unit=lambda unit_id: _unit_name(store, unit_id),
                )
            pages = outcomes_of(_CLI, transactions=store.database, campaign_id=campaign_id, fate=outcome)
            shapes = [recipient_shape(one, units=store.units) async for page in pages for one in page]
            return f"{json.dumps(shapes, ensure_ascii=False, indent=2)}\n".encode()

    hand_over(_or_refused(work, number=number), output=output)


Step = Callable[..., Awaitable[None]]


def _steer(step: Step, number: int) -> None:
    campaign_id = _known(number)

    async def work() -> None:
        async with ready_store() as store:
            tx: Transaction
            async with store.database.write() as tx:
                await step(_CLI, tx=tx, campaign_id=campaign_id, at=system_clock())

    _or_refused(work, number=number)
    show_one(number)


@campaigns.command()
def pause(number: int) -> None:
    """Nothing more leaves after the open windows; what is not sent stays pending."""
    _steer(pause_campaign, number)


@campaigns.command()
def resume(number: int) -> None:
    """Go on where it was paused; nobody gets it twice. One that had not begun waits for its hour."""
    _steer(resume_campaign, number)


@campaigns.command()
def cancel(number: int) -> None:
    """What is not sent yet never will be."""
    _steer(cancel_campaign, number)


def _known(number: int) -> CampaignId:
    check_number("campaign", number)
    return CampaignId(number)


def _read(look: Callable[[Store, Transaction], Awaitable[Any]], *, number: int = 0) -> Any:
    async def work() -> Any:
        async with ready_store() as store, store.database.read() as tx:
            return await look(store, tx)

    return _or_refused(work, number=number)


def _or_refused(work: Callable[[], Awaitable[Any]], *, number: int) -> Any:
    async def run() -> Any:
        return await work()

    try:
        return asyncio.run(run())
    except OutreachError as error:
        raise refuse(told(f"campaign {number}", error)) from None


def _echo(shape: object) -> None:
    typer.echo(json.dumps(shape, ensure_ascii=False, indent=2))


def _print_one(shape: Mapping[str, Any], *, form: Format) -> None:
    """As CSV: two columns, what is nested as JSON."""
    if form == Format.JSON:
        _echo(shape)
        return
    rows = [
        [name, json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else str(value)]
        for name, value in shape.items()
    ]
    _print_rows(("field", "value"), rows, form=form, wraps="value", header=False)


def _print_rows(
    columns: Sequence[str], rows: Sequence[Sequence[str]], *, form: Format, wraps: str = "", header: bool = True
) -> None:
    if form == Format.CSV:
        hand_over(separated(Sheet(name="", titles=(), header=columns, rows=rows)), output=None)
        return
    table = Table(*(Column(name, no_wrap=name != wraps) for name in columns), show_header=header)
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    Console().print(table)
