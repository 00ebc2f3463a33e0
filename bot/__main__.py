"""The command line, thin: what each command does stands in bot.commands."""

import asyncio
import logging
import signal
import sys
from typing import Annotated

import typer
from rich.console import Console

from bot.app import Part, migrate_database, open_app, running
from bot.commands.campaigns import campaigns
from bot.commands.coverage import coverage
from bot.commands.doctor import doctor
from bot.commands.news import news
from bot.commands.officers import officers
from bot.commands.population import population
from bot.commands.posters import posters
from bot.commands.setup import setup
from bot.commands.store import refuse
from bot.commands.zalo import zalo
from bot.demo.play import play
from bot.lines import LineError
from bot.logs import set_up_logs
from bot.settings import Settings, SettingsError, load_settings
from content.packs.loader import PackError
from outreach.messaging import ChannelName, SendErrorKind

_NAMES = {
    ChannelName.TELEGRAM: "Telegram",
    ChannelName.ZALO_OA: "the Zalo Official Account",
    ChannelName.ZALO_BOT: "the Zalo Bot",
}
_TROUBLE = {
    SendErrorKind.REVOKED: "the token is not accepted: it is wrong or was revoked",
    SendErrorKind.NEVER_LEFT: "the server cannot be reached",
    SendErrorKind.UNKNOWN: "the server does not answer as the Bot API does",
}

_SIGNALLED = 128  # as a shell counts what a signal ended

cli = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
cli.add_typer(campaigns, name="campaigns")
cli.add_typer(news, name="news")
cli.add_typer(officers, name="officers")
cli.add_typer(population, name="population")
cli.add_typer(posters, name="posters")
cli.add_typer(zalo, name="zalo")
cli.command()(coverage)
cli.command()(doctor)
cli.command()(setup)
console = Console(stderr=True, highlight=False)


@cli.command()
def migrate() -> None:
    """Bring the database to the newest shape (a copy is put aside first)."""
    done = asyncio.run(migrate_database(load_settings()))
    copy = f"; copy: {done.copy}" if done.copy else ""
    typer.echo(f"database: {done.before or 'new'} -> {done.after}{copy}")


@cli.command()
def run(
    only: Annotated[str, typer.Option(help="web,poller,sender,clock: some of them, parted by commas")] = "",
) -> None:
    """Run the bot until it is told to stop (SIGINT, SIGTERM)."""
    parts = _parts(only)
    settings = load_settings()
    set_up_logs(settings.log_level, secrets=settings.secrets())
    asyncio.run(_run(settings, parts))


def _parts(only: str) -> frozenset[Part]:
    words = [word.strip() for word in only.split(",")] if only else list(Part)
    try:
        return frozenset(Part(word) for word in words)
    except ValueError:
        unknown = next(word for word in words if word not in set(Part))
        raise refuse(f"run --only: there is no part {unknown!r}; known are {','.join(Part)}", code=2) from None


@cli.command()
def demo(
    *,
    once: Annotated[bool, typer.Option(help="exit after the play")] = False,
    port: Annotated[int, typer.Option(help="of the chat page")] = 8081,
) -> None:
    """Play the main job once against a simulator, with no token and no service."""
    try:
        code = asyncio.run(play(port=port, once=once, console=Console(highlight=False)))
    except KeyboardInterrupt:
        code = _SIGNALLED + signal.SIGINT
    except asyncio.CancelledError:
        code = _SIGNALLED + signal.SIGTERM
    raise typer.Exit(code)


async def _run(settings: Settings, parts: frozenset[Part]) -> None:
    await migrate_database(settings)
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with open_app(settings) as app, running(app, only=parts) as tasks:
        where = f", web at {app.web_address}" if app.web_address else ""
        names = ", ".join(line.door.name for line in app.lines.values())
        console.print(f"loatre: {names} is running{where}", soft_wrap=True)
        await asyncio.wait({asyncio.create_task(stop.wait()), *tasks}, return_when=asyncio.FIRST_COMPLETED)


def main() -> None:
    """Whatever a setting or the outside world spoils is one line, never a trace."""
    if logging.lastResort:  # where no log is set up, libraries' remarks (on a broken PDF) would stand beside that line
        logging.lastResort.setLevel(logging.CRITICAL)
    try:
        cli()
    except (SettingsError, PackError) as error:
        console.print(f"loatre: {error}", soft_wrap=True, markup=False)
        sys.exit(2)
    except LineError as error:
        trouble = _TROUBLE.get(error.cause.kind, error.cause.reason)
        console.print(f"loatre: {_NAMES[error.channel]}: {trouble}; `loatre doctor` says what to do", soft_wrap=True)
        sys.exit(3)


if __name__ == "__main__":
    main()
