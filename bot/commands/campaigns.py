"""`loatre campaigns`: list, show, pause, resume, cancel."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict

import typer
from rich.console import Console
from rich.table import Column, Table

from bot.commands.store import Format, FormatOption, check_number, ready_store, refuse, told
from outreach.campaigns.control import cancel_campaign, pause_campaign, resume_campaign
from outreach.campaigns.model import Campaign
from outreach.clock import VIETNAM, system_clock
from outreach.errors import OutreachError
from outreach.messaging import CampaignId
from outreach.officers import System
from outreach.transaction import Transaction

campaigns = typer.Typer(no_args_is_help=True, help="See and steer campaigns.")
_MOST = 100
_COLUMNS = ("id", "state", "title", "sent", "unknown", "started")  # what fits a terminal of 80 columns


def _as_json(campaign: Campaign) -> dict[str, object]:
    """Stable fields: id, state, title, counts, tally, times."""
    return {
        "id": campaign.campaign_id,
        "state": campaign.state.value,
        "title": campaign.content.title,
        "counts": campaign.content.counts,
        "tally": asdict(campaign.tally),
        "started_at": campaign.started_at.isoformat() if campaign.started_at else None,
        "finished_at": campaign.finished_at.isoformat() if campaign.finished_at else None,
        "halt_reason": campaign.halt_reason,
    }


async def _read(number: int | None) -> tuple[list[Campaign], dict[str, int]]:
    async with ready_store() as store, store.database.read() as tx:
        if number is None:
            return await tx.campaigns.list_recent(unit_id=None, limit=_MOST), {}
        found = await tx.campaigns.get(CampaignId(number))
        reasons = await tx.ledger_reports.reasons(CampaignId(number))
    named = {f"{state.value}:{reason}" if reason else state.value: count for (state, reason), count in reasons.items()}
    return ([found] if found else []), named


@campaigns.command("list")
def show_all(form: FormatOption = Format.TABLE) -> None:
    """The newest hundred."""
    found, _ = asyncio.run(_read(None))
    if form == Format.JSON:
        typer.echo(json.dumps([_as_json(campaign) for campaign in found], ensure_ascii=False, indent=2))
        return
    table = Table(*(Column(name, no_wrap=name != "title") for name in _COLUMNS))
    for campaign in found:
        sent = f"{campaign.tally.sent}/{campaign.tally.total}"
        started = f"{campaign.started_at.astimezone(VIETNAM):%d/%m/%Y %H:%M}" if campaign.started_at else ""
        unknown = str(campaign.tally.unknown)
        table.add_row(str(campaign.campaign_id), campaign.state.value, campaign.content.title, sent, unknown, started)
    Console().print(table)


@campaigns.command("show")
def show_one(number: int, form: FormatOption = Format.TABLE) -> None:
    """One campaign with what became of its deliveries, by reason."""
    check_number("campaign", number)
    found, reasons = asyncio.run(_read(number))
    if not found:
        raise refuse(f"there is no campaign {number}")
    shown = _as_json(found[0]) | {"reasons": reasons}
    if form == Format.JSON:
        typer.echo(json.dumps(shown, ensure_ascii=False, indent=2))
        return
    table = Table(show_header=False)
    for name, value in shown.items():
        table.add_row(name, json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else str(value))
    Console().print(table)


Step = Callable[..., Awaitable[None]]


def _steer(step: Step, number: int) -> None:
    check_number("campaign", number)

    async def work() -> None:
        async with ready_store() as store:
            tx: Transaction
            async with store.database.write() as tx:
                await step(System(name="cli"), tx=tx, campaign_id=CampaignId(number), at=system_clock())

    try:
        asyncio.run(work())
    except OutreachError as error:
        raise refuse(told(f"campaign {number}", error)) from None
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
