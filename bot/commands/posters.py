"""`loatre posters`: add, list, end, print."""

import asyncio
import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from bot.app import App, Store, open_app
from bot.commands.store import Format, FormatOption, ready_store, refuse, told
from bot.settings import load_settings
from content.reports.poster import Way, poster_page
from handlers.posters import PREFIX
from handlers.turn import Door
from outreach.clock import system_clock
from outreach.contacts.posters import end_poster, make_poster
from outreach.errors import OutreachError
from outreach.messaging import ChannelName
from outreach.officers import System
from outreach.posters import Poster, read_code

posters = typer.Typer(
    no_args_is_help=True, help="Short codes that are typed where a link carries no word, and posters that show them."
)

_ACTOR = System(name="cli")

# The Official Account is for everybody; the Bot Platform's few places are left to those who are told of it.
_OFFERED = (ChannelName.ZALO_OA, ChannelName.TELEGRAM)

CodeArgument = Annotated[str, typer.Argument(help="the code, like BS01")]


@posters.command()
def add(
    code: Annotated[str, typer.Option(help="letters, then figures, like BS01")],
    title: Annotated[str, typer.Option(help="what stands large on the poster")],
    unit: Annotated[
        str,
        typer.Option(help="the code of the unit where it hangs; people who come by it are asked for that one first"),
    ] = "",
) -> None:
    """A new code; one that was ever used stays taken."""
    made = asyncio.run(_add(code=code, title=title, unit=unit))
    typer.echo(f"poster {made.code}: {made.title}")


async def _add(*, code: str, title: str, unit: str) -> Poster:
    async with ready_store() as store, store.database.write() as tx:
        if unit and unit not in store.units.rows:
            raise refuse(f"posters: there is no unit {unit}", code=2)
        unit_id = store.units.id_of(unit) if unit else None
        try:
            return await make_poster(_ACTOR, tx, code=code, title=title, unit_id=unit_id, at=system_clock())
        except OutreachError as error:
            raise refuse(f"posters: {_why(store, error)}", code=2) from None


def _why(store: Store, error: OutreachError) -> str:
    return store.catalog.label(f"reason.{error.code}", language="en", **error.data)


@posters.command("list")
def show_all(form: FormatOption = Format.TABLE) -> None:
    """Every code, the newest first; what has ended stays taken."""
    shown = asyncio.run(_list())
    if form == Format.JSON:
        typer.echo(json.dumps(shown, ensure_ascii=False, indent=2))
        return
    table = Table("code", "title", "unit", "since", "ended")
    for one in shown:
        table.add_row(*(str(value or "") for value in one.values()))
    Console().print(table)


async def _list() -> list[dict[str, str | None]]:
    async with ready_store() as store, store.database.read() as tx:
        return [
            {
                "code": one.code,
                "title": one.title,
                "unit": row.code if one.unit_id and (row := store.units.row(one.unit_id)) else None,
                "since": one.created_at.isoformat(),
                "ended": one.ended_at.isoformat() if one.ended_at else None,
            }
            for one in await tx.posters.all()
        ]


@posters.command()
def end(code: CodeArgument) -> None:
    """From now on it is words like any other."""
    asyncio.run(_end(code))
    typer.echo(f"poster {code}: ended")


async def _end(code: str) -> None:
    async with ready_store() as store, store.database.write() as tx:
        try:
            await end_poster(_ACTOR, tx, code=code, at=system_clock())
        except OutreachError as error:
            raise refuse(told(f"poster {code}", error)) from None


@posters.command("print")
def print_one(
    code: CodeArgument,
    output: Annotated[Path, typer.Option(help="the .html file to write; any browser prints it on A4")],
) -> None:
    """One page: title, the codes to scan, and the code to type."""
    page = asyncio.run(_print(code))
    try:
        output.write_text(page, encoding="utf-8")
    except OSError as error:
        raise refuse(f"{output}: {error.strerror}") from None
    typer.echo(f"{output}: print it on A4")


async def _print(code: str) -> str:
    """Only the messengers know their accounts' names, so they are asked."""
    async with ready_store() as store, store.database.read() as tx:
        poster = await tx.posters.find(read_code(code) or "")
        if poster is None:
            raise refuse(f"there is no poster {code}")
    settings = load_settings()
    async with open_app(settings) as app:
        if settings.zalo_app_id and ChannelName.ZALO_OA not in app.lines:
            raise refuse(
                "the Official Account does not open, and its code stands first: `loatre doctor` says what to do"
            )
        row = app.world.units.row(poster.unit_id) if poster.unit_id is not None else None
        return poster_page(
            poster,
            place=row.label if row else "",
            ways=[_way(door, poster) for door in _doors(app)],
            pack=app.pack,
            catalog=app.world.catalog,
        )


def _doors(app: App) -> list[Door]:
    offered = [door for channel in _OFFERED for door in app.world.doors if door.channel == channel]
    return offered or list(app.world.doors)


def _way(door: Door, poster: Poster) -> Way:
    word = f"{PREFIX}_{poster.code.lower()}"
    carries = door.capabilities.start_payload
    return Way(channel=door.channel, name=door.name, link=door.link(word if carries else ""), carries=carries)
