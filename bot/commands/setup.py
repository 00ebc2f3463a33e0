"""`loatre setup`: the first run, step by step; each step is kept at once and may be done again."""

import asyncio
import getpass
import io
import secrets
import sys
from pathlib import Path
from typing import Annotated

import segno
import typer
from rich.console import Console
from rich.text import Text

from bot.app import Condition, look_into_database, migrate_database, open_store
from bot.commands.checks.finding import Code, Finding, Level
from bot.commands.checks.lines import print_finding
from bot.commands.checks.telegram import check_telegram
from bot.commands.desk import Desk, SetupError
from bot.commands.service import render_unit
from bot.commands.talk import Talk
from bot.commands.zalo_setup import enter_account, enter_bot
from bot.envfile import EnvFileError
from bot.settings import Settings, SettingsError, load_settings
from content.catalog import Catalog
from content.packs.loader import load_pack, pack_names
from handlers.duty import PREFIX as INVITATION
from outreach.clock import local_day, system_clock
from outreach.contacts.office import INVITATION_LASTS, TOKEN_BYTES, end_admin_links, invite
from outreach.news.samples import save_samples
from outreach.officers import Role, System

_KEY_BYTES = 32
_STOPPED = 130  # as a shell counts Ctrl-C
_ACTOR = System(name="setup")


def setup(
    *,
    pack: Annotated[str, typer.Option(help="the province")] = "",
    token: Annotated[str, typer.Option(help="of the bot; asked for, unseen, where it is left out")] = "",
    hotline: Annotated[str, typer.Option(help="telephone number people may call")] = "",
    address: Annotated[str, typer.Option(help="postal address of the office")] = "",
    official_page: Annotated[str, typer.Option(help="where people see that a message is genuine")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="ask nothing: options and what is set already hold")] = False,
) -> None:
    """First run, step by step. What is set already is kept; every step may be done again."""
    console = Console(highlight=False)
    talk = Talk(catalog=Catalog(), console=console, asks=not yes)
    try:
        desk = Desk(talk=talk, file=Path(".env"), settings=load_settings())
        talk.title("welcome", file=desk.file.absolute())
        _choose_pack(desk, pack)
        username = _enter_token(desk, token)
        enter_account(desk)
        enter_bot(desk)
        _check_channel(desk)
        _make_key(desk)
        _contact(desk, hotline=hotline, address=address, official_page=official_page)
        _fill_database(desk)
        _admin_link(desk, username)
        _service(desk)
    except (KeyboardInterrupt, EOFError):
        talk.title("stopped")
        raise typer.Exit(_STOPPED) from None
    except (SetupError, SettingsError, EnvFileError) as error:
        talk.title("not_done")
        if isinstance(error, SetupError):
            talk.say(error.key)
        else:
            talk.console.print(Text(str(error)), soft_wrap=True)
        raise typer.Exit(1) from None
    ready = bool(username or _types_words(desk))
    talk.title("done" if ready else "almost")
    raise typer.Exit(0 if ready else 1)


def _choose_pack(desk: Desk, given: str) -> None:
    desk.talk.title("pack.title")
    names = pack_names()
    for name in names:
        desk.talk.console.print(Text(f"  {name}: {load_pack(name).organisation.name.vi}"))
    known = desk.settings.pack
    chosen = given or desk.talk.ask("pack.ask", default=known)
    while chosen not in names:
        if given or not desk.talk.asks:
            raise SetupError("pack.unknown")
        desk.talk.say("pack.unknown", style="yellow")
        chosen = desk.talk.ask("pack.ask", default=known)
    if chosen != known and _condition(desk.settings).people:
        raise SetupError("pack.in_use")
    desk.keep(pack=chosen)


def _condition(settings: Settings) -> Condition:
    return asyncio.run(look_into_database(settings, year=local_day(system_clock()).year))


def _enter_token(desk: Desk, given: str) -> str:
    """The bot's @name, or nothing where Telegram could not be asked, or is not wanted beside Zalo."""
    talk = desk.talk
    talk.title("token.title")
    while True:
        known = desk.settings.telegram_token
        typed = given or talk.ask("token.again" if known else "token.ask", hidden=True)
        token = typed or (known.get_secret_value() if known else "")
        if not token:
            talk.say("token.left_out")
            return ""
        findings = _ask_telegram(desk, token)
        if findings and Code.TOKEN_WRONG not in {finding.code for finding in findings}:
            break
        fault = "token.refused" if findings else "token.malformed"
        if given or not talk.asks:
            raise SetupError(fault)
        if not findings:
            talk.say(fault, style="yellow")
    told = next((finding for finding in findings if finding.code == Code.TELEGRAM_OK), None)
    if told is None:
        talk.say("token.unchecked", style="yellow")
    desk.keep(telegram_token=token)
    return str(told.data["username"]) if told else ""


def _check_channel(desk: Desk) -> None:
    settings = desk.settings
    if not (settings.telegram_token or settings.zalo_app_id or settings.zalo_bot_token):
        raise SetupError("token.missing")


def _types_words(desk: Desk) -> bool:
    """Whether the first administrator may come by a word that she types; on Zalo no link carries one."""
    settings = desk.settings
    return settings.telegram_token is None and bool(settings.zalo_app_id or settings.zalo_bot_token)


def _ask_telegram(desk: Desk, token: str) -> list[Finding]:
    """Nothing where this can be no token, so that nobody was asked."""
    try:
        settings = load_settings(telegram_token=token)
    except SettingsError:
        return []
    findings = asyncio.run(check_telegram(settings, clock=system_clock))
    for finding in findings:
        if finding.level != Level.OK or finding.code == Code.TELEGRAM_OK:
            print_finding(finding, catalog=desk.talk.catalog, console=desk.talk.console)
    return findings


def _make_key(desk: Desk) -> None:
    desk.talk.title("key.title")
    if desk.settings.secret_key:
        desk.talk.say("key.kept")
        return
    if _condition(desk.settings).people:
        # There was a key, and with a new one what it sealed would be unreadable for good.
        raise SetupError("key.lost")
    desk.keep(secret_key=secrets.token_urlsafe(_KEY_BYTES))
    desk.talk.say("key.made", style="yellow", file=desk.file.absolute())


def _contact(desk: Desk, **given: str) -> None:
    desk.talk.title("contact.title")
    for name, value in given.items():
        known: str = getattr(desk.settings, name)
        while True:
            typed = value or desk.talk.ask(f"contact.{name}", default=known)
            try:
                load_settings(**{name: typed})
                break
            except SettingsError:
                if value or not desk.talk.asks:
                    raise SetupError(f"contact.{name}_wrong") from None
                desk.talk.say(f"contact.{name}_wrong", style="yellow")
        if typed:
            desk.keep(**{name: typed})


def _fill_database(desk: Desk) -> None:
    desk.talk.title("database.title")
    done = asyncio.run(migrate_database(desk.settings))
    desk.talk.say("database.ready", copy=done.copy or "")

    async def work() -> int:
        async with open_store(desk.settings) as store, store.database.write() as tx:
            return await save_samples(_ACTOR, tx, pack=store.pack, at=system_clock())

    desk.talk.say("database.samples", new=asyncio.run(work()))


def _admin_link(desk: Desk, username: str) -> None:
    talk = desk.talk
    talk.title("admin.title")
    if not (username or _types_words(desk)):
        talk.say("admin.later", style="yellow")
        return
    if (admins := _condition(desk.settings).admins) and not talk.confirm("admin.another", default=False, admins=admins):
        talk.say("admin.kept", admins=admins)
        return
    token = secrets.token_urlsafe(TOKEN_BYTES)

    async def work() -> int:
        async with open_store(desk.settings) as store, store.database.write() as tx:
            ended = await end_admin_links(_ACTOR, tx, at=system_clock())
            await invite(_ACTOR, tx, role=Role.ADMIN, unit_id=None, token=token, at=system_clock())
            return ended

    if ended := asyncio.run(work()):
        talk.say("admin.ended", count=ended)
    word = f"{INVITATION}_{token}"
    if username:
        _show_link(talk, f"https://t.me/{username}?start={word}")
    else:
        talk.say("admin.word", days=INVITATION_LASTS.days)
        talk.console.print(Text(f"\n  {word}\n"), soft_wrap=True)
    talk.say("admin.alone", style="yellow")


def _show_link(talk: Talk, link: str) -> None:
    talk.say("admin.link", days=INVITATION_LASTS.days)
    talk.console.print(Text(f"\n  {link}\n"), soft_wrap=True)
    if (talk.console.encoding or "").lower().startswith("utf"):
        drawn = io.StringIO()
        segno.make(link, error="l", micro=False).terminal(out=drawn, compact=True)
        talk.console.print(Text(drawn.getvalue()), soft_wrap=True)


def _service(desk: Desk) -> None:
    desk.talk.title("service.title")
    desk.talk.say("service.how")
    unit = render_unit(python=Path(sys.executable), folder=desk.file.absolute().parent, user=getpass.getuser())
    desk.talk.console.print(Text(f"\n{unit}"), soft_wrap=True)
