"""Opening the database for one command, or saying in one line why it cannot be used yet."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from enum import StrEnum
from typing import Annotated

import typer

from bot.app import Store, look_into_database, open_store
from bot.settings import PREFIX, SettingsError, load_settings
from outreach.clock import local_day, system_clock

_GREATEST = 2**63 - 1  # of a row's id, in both engines


class Format(StrEnum):
    TABLE = "table"
    JSON = "json"


FormatOption = Annotated[Format, typer.Option("--format", help="table or json")]


@asynccontextmanager
async def ready_store() -> AsyncIterator[Store]:
    """Raises SettingsError where the database is missing, older than the program, or does not answer."""
    settings = load_settings()
    condition = await look_into_database(settings, year=local_day(system_clock()).year)
    if condition.missing or condition.problem or not condition.current:
        why = condition.problem or ("it is not there yet" if condition.missing else "it is of another version")
        raise SettingsError(f"{PREFIX}DATABASE_URL: the database cannot be used ({why}); run `loatre migrate`.")
    async with open_store(settings) as store:
        yield store


def check_number(what: str, number: int) -> None:
    """Refuse what no row can have: engines raise for a number beyond their own integers."""
    if not 0 < number <= _GREATEST:
        raise refuse(f"there is no {what} {number}")


def refuse(text: str, *, code: int = 1) -> typer.Exit:
    """One line to the standard error, and the exit to raise. 1: what was asked for is not there; 2: it was asked wrongly."""
    typer.echo(f"loatre: {text}", err=True)
    return typer.Exit(code)
