"""Opening the database for one command, or saying in one line why it cannot be used yet."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from bot.app import Store, look_into_database, open_store
from bot.settings import PREFIX, SettingsError, load_settings
from content.catalog import Catalog
from outreach.clock import local_day, system_clock
from outreach.errors import NotFoundError, OutreachError

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
    if condition.problem:
        why = condition.problem.rstrip(".")
        raise SettingsError(f"{PREFIX}DATABASE_URL: the database cannot be opened ({why}); see `loatre doctor`.")
    if not condition.known:
        raise SettingsError(f"{PREFIX}DATABASE_URL: a newer program wrote this database; install that one again.")
    if condition.missing or not condition.current:
        why = "it is not there yet" if condition.missing else "it is of another version"
        raise SettingsError(f"{PREFIX}DATABASE_URL: the database cannot be used ({why}); run `loatre migrate`.")
    async with open_store(settings) as store:
        yield store


def hand_over(content: bytes, *, output: Path | None) -> None:
    """Into the file, whose name is then told, or to the standard output."""
    if output is None:
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
        return
    try:
        output.write_bytes(content)
    except OSError as error:
        raise refuse(f"{output}: {error.strerror}") from None
    typer.echo(str(output))


def check_number(what: str, number: int) -> None:
    """Refuse what no row can have: engines raise for a number beyond their own integers."""
    if not 0 < number <= _GREATEST:
        raise refuse(f"there is no {what} {number}")


def told(what: str, error: OutreachError) -> str:
    """A refusal as a sentence; `what` names the thing, with its number."""
    if isinstance(error, NotFoundError):
        return f"there is no {what}"
    return f"{what}: {Catalog().label(f'reason.{error.code}', language='en')}"


def refuse(text: str, *, code: int = 1) -> typer.Exit:
    """One line to the standard error, and the exit to raise. 1: what was asked for is not there; 2: it was asked wrongly."""
    typer.echo(f"loatre: {text}", err=True)
    return typer.Exit(code)
