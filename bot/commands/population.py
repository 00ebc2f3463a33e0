"""`loatre population import`: numbers of young people from a workbook, all rows or none."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from bot.commands.store import ready_store, refuse
from content.catalog import Catalog
from content.readers.population import read_population
from outreach.clock import local_day, system_clock
from outreach.errors import OutreachError
from outreach.officers import System
from outreach.reach.denominators import enter_denominators
from outreach.reach.entered import EnteredTable, RowProblem, Unsaid, match_units

population = typer.Typer(no_args_is_help=True, help="Enter how many young people there are.")


@population.callback()
def group() -> None:
    """A group, so that `import` is named even while it is alone."""


@population.command("import")
def bring_in(
    file: Annotated[Path, typer.Argument(help="an .xlsx file with the columns of the template")],
    year: Annotated[int, typer.Option(min=2000, max=2100, help="rows of another year are refused")],
    source: Annotated[str, typer.Option(help="for rows that name none")],
) -> None:
    """Write every row of the file, or none; a row without a date gets today's."""
    try:
        table = read_population(file.read_bytes(), file.name)
    except OSError as error:
        raise refuse(f"{file}: {error.strerror}") from None
    except OutreachError as error:
        raise refuse(f"{file}: {_fault(error.code)}") from None
    count = asyncio.run(_enter(table, year=year, source=source))
    typer.echo(f"{count} rows written for {year}")


def _fault(code: str) -> str:
    catalog = Catalog()
    key = f"population.file_{code}"
    return catalog.label(key if catalog.has(key) else "population.file_unreadable")


async def _enter(table: EnteredTable, *, year: int, source: str) -> int:
    now = system_clock()
    async with ready_store() as store:
        province = store.pack.province
        rows, problems = match_units(
            table,
            units=store.units,
            province=f"{province.word.vi} {province.name}",
            today=local_day(now),
            unsaid=Unsaid(year=year, source=source.strip(), dated_on=local_day(now)),
        )
        if problems:
            _tell(problems, catalog=store.catalog)
            raise refuse("nothing was written")
        async with store.database.write() as tx:
            await enter_denominators(System(name="cli"), tx, rows=rows, at=now)
    return len(rows)


def _tell(problems: list[RowProblem], *, catalog: Catalog) -> None:
    for one in problems:
        typer.echo(catalog.label(f"population.row_{one.fault}", line=one.line, value=one.value), err=True)
