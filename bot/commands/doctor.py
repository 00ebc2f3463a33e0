"""`loatre doctor`: what is wrong, and what to do about it."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from bot.app import look_into_database, pack_of
from bot.commands.checks.finding import Code, Finding, Level, broken, ok
from bot.commands.checks.lines import print_finding, words_of
from bot.commands.checks.machine import check_backup, check_disk, check_env_file, check_evidence
from bot.commands.checks.province import check_pack, check_population, check_second_officer
from bot.commands.checks.store import check_database
from bot.commands.checks.telegram import check_telegram
from bot.commands.checks.zalo_bot import check_zalo_bot
from bot.commands.checks.zalo_oa import check_zalo_oa
from bot.logs import RedactingFilter
from bot.settings import Settings, SettingsError, load_settings
from content.catalog import LANGUAGES, Catalog
from content.packs.loader import PackError
from outreach.clock import local_day, system_clock
from outreach.pack import Pack

_ENV = Path(".env")


def doctor(
    *,
    as_json: Annotated[
        bool, typer.Option("--json", help="for scripts: levels, codes, data and both languages")
    ] = False,
) -> None:
    """Look at everything and say what to do; exit 1 when something is broken. Nothing is changed."""
    secrets: tuple[str, ...] = ()
    try:
        settings = load_settings()
    except SettingsError as error:
        findings = [broken(Code.SETTINGS_BROKEN, problem=str(error))]
    else:
        secrets = settings.secrets()
        findings = asyncio.run(look_around(settings))
    tell = _as_json if as_json else _as_lines
    tell([_redacted(finding, RedactingFilter(secrets)) for finding in findings])
    raise typer.Exit(int(any(finding.level == Level.BROKEN for finding in findings)))


def _redacted(finding: Finding, redacting: RedactingFilter) -> Finding:
    """What engines and servers said may quote what they were given."""
    data = {name: redacting.redact(value) if isinstance(value, str) else value for name, value in finding.data.items()}
    return replace(finding, data=data)


async def look_around(settings: Settings) -> list[Finding]:
    """Every check, in the order in which things have to be mended."""
    pack, findings = _pack(settings)
    day = local_day(system_clock())
    period = pack.main_period.on(day) if pack else None
    year = period.last_on.year if period else day.year
    condition = await look_into_database(settings, year=year)
    findings += check_database(condition, settings=settings)
    if pack:
        findings += check_population(condition, pack=pack, year=year)
        findings += check_second_officer(condition, pack=pack)
    findings += await check_telegram(settings, clock=system_clock)
    findings += await check_zalo_oa(settings, condition=condition, clock=system_clock)
    findings += await check_zalo_bot(settings, condition=condition, clock=system_clock)
    findings += check_disk(condition.file.parent if condition.file else Path())
    findings += check_evidence(settings.evidence_dir)
    findings += check_backup()
    return findings


def _pack(settings: Settings) -> tuple[Pack | None, list[Finding]]:
    begun = [ok(Code.SETTINGS_OK), *check_env_file(_ENV)]
    try:
        pack = pack_of(settings)
    except PackError as error:
        return None, [*begun, broken(Code.PACK_BROKEN, problem=str(error))]
    return pack, [*begun, *check_pack(pack)]


def _as_lines(findings: Sequence[Finding]) -> None:
    catalog, console = Catalog(), Console(highlight=False)
    for finding in findings:
        print_finding(finding, catalog=catalog, console=console)
    console.print()
    for language, style in zip(LANGUAGES, ("bold", "dim"), strict=True):
        console.print(Text(catalog.label("doctor.sum", language=language, **_sum(findings)), style=style))


def _sum(findings: Sequence[Finding]) -> dict[str, int]:
    levels = [finding.level for finding in findings]
    return {"broken": levels.count(Level.BROKEN), "warnings": levels.count(Level.WARN)}


def _as_json(findings: Sequence[Finding]) -> None:
    """Stable fields: ok, broken, warnings, findings (level, code, data, vi, en)."""
    catalog = Catalog()
    rows = []
    for finding in findings:
        vietnamese, english = words_of(finding, catalog)
        row = {"level": finding.level, "code": finding.code, "data": dict(finding.data)}
        rows.append(row | {"vi": vietnamese, "en": english})
    counted = _sum(findings)
    typer.echo(json.dumps({"ok": not counted["broken"], **counted, "findings": rows}, ensure_ascii=False, indent=2))
