"""`loatre officers`: add, list, revoke, invite."""

import asyncio
import json
import secrets
from dataclasses import dataclass
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from bot.app import Store, open_app
from bot.commands.store import Format, FormatOption, check_number, ready_store, refuse, told
from bot.settings import Settings, load_settings
from handlers.duty import PREFIX
from handlers.matching import keyboard
from handlers.turn import World
from outreach.clock import system_clock
from outreach.contacts.office import INVITATION_LASTS, TOKEN_BYTES, appoint, end_office, invite, list_officers
from outreach.errors import OutreachError
from outreach.messaging import Address, ChannelName, Menu, OfficerId, Reply
from outreach.officers import Officer, Role, System
from outreach.outbox import Target
from outreach.units import UnitId

officers = typer.Typer(no_args_is_help=True, help="See, add and revoke officers.")

_ACTOR = System(name="cli")

RoleOption = Annotated[Role, typer.Option(help="what the person may do")]
UnitOption = Annotated[str, typer.Option(help="the code of a unit; an officer needs one, others may do without")]


def _unit(store: Store, code: str) -> UnitId | None:
    if code and code not in store.units.rows:
        raise refuse(f"officers: there is no unit {code}", code=2)
    return store.units.id_of(code) if code else None


def _place(store: Store, officer: Officer) -> tuple[str, str]:
    """Code and name of where the role holds."""
    row = store.units.row(officer.unit_id) if officer.unit_id is not None else None
    province = store.pack.province
    return (row.code, row.label) if row else ("", f"{province.word.vi} {province.name}")


@officers.command()
def add(
    address: Annotated[str, typer.Option(help="the person's id at the messenger, for Telegram a number")],
    role: RoleOption,
    channel: Annotated[ChannelName, typer.Option(help="the messenger")] = ChannelName.TELEGRAM,
    unit: UnitOption = "",
) -> None:
    """Give a role at once; the person must have opened the bot before it can write to her."""
    if channel != ChannelName.TELEGRAM:
        raise refuse(f"officers: {channel.value} is not built yet", code=2)
    if not (address.isascii() and address.isdecimal()):
        raise refuse("officers: an address at Telegram is a number, like 123456789", code=2)
    number = asyncio.run(_add(load_settings(), address=address, role=role, unit=unit))
    typer.echo(f"officer {number}: {role.value}{f' of {unit}' if unit else ''}")


async def _add(settings: Settings, *, address: str, role: Role, unit: str) -> int:
    # Telegram's token begins with the bot's own number.
    bot_number = settings.need_telegram_token().partition(":")[0]
    async with ready_store() as store, store.database.write() as tx:
        unit_id = _unit(store, unit)
        account_id = await tx.contacts.account(channel=ChannelName.TELEGRAM, external_id=bot_number, name="")
        target = Address(account_id=account_id, external_id=address)
        try:
            officer = await appoint(_ACTOR, tx, address=target, role=role, unit_id=unit_id, at=system_clock())
        except OutreachError as error:
            raise refuse(told("officers", error), code=2) from None
    return officer.officer_id


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """One officer as the list shows her: no name is kept, so none is here."""

    id: int
    role: str
    unit: str
    place: str
    since: str


@officers.command("list")
def show_all(form: FormatOption = Format.TABLE) -> None:
    """Everybody in office."""
    lines = asyncio.run(_list())
    if form == Format.JSON:
        shown = [{"id": one.id, "role": one.role, "unit": one.unit or None, "since": one.since} for one in lines]
        typer.echo(json.dumps(shown, ensure_ascii=False, indent=2))
        return
    table = Table("id", "role", "unit", "place", "since")
    for one in lines:
        table.add_row(str(one.id), one.role, one.unit, one.place, one.since)
    Console().print(table)


async def _list() -> list[_Line]:
    async with ready_store() as store, store.database.read() as tx:
        found = await list_officers(_ACTOR, tx)
        return [_line(store, officer) for officer in found]


def _line(store: Store, officer: Officer) -> _Line:
    code, place = _place(store, officer)
    since = officer.since.isoformat() if officer.since else ""
    return _Line(id=officer.officer_id, role=officer.role.value, unit=code, place=place, since=since)


@officers.command()
def revoke(number: Annotated[int, typer.Argument(help="the id that the list shows")]) -> None:
    """End a role at once; the running bot tells the person."""
    check_number("officer", number)
    asyncio.run(_revoke(number))
    typer.echo(f"officer {number}: revoked")


async def _revoke(number: int) -> None:
    now = system_clock()
    async with ready_store() as store, store.database.write() as tx:
        try:
            ended = await end_office(_ACTOR, tx, officer_id=OfficerId(number), at=now)
        except OutreachError as error:
            raise refuse(told(f"officer {number}", error)) from None
        catalog = store.catalog
        _, place = _place(store, ended)
        text = catalog.say(
            "duty.ended",
            role=catalog.label(f"duty.role_{ended.role}"),
            place=place,
            name=store.pack.organisation.name.vi,
        )
        keys = keyboard(None, catalog=catalog, language="vi")
        notice = Reply(text=text, keyboard=keys, menu=Menu.PERSON)
        await tx.outbox.add([(Target(contact_id=ended.contact_id), notice)], at=now)


@officers.command("invite")
def make_link(role: RoleOption, unit: UnitOption = "") -> None:
    """A link for one person, for seven days; whoever opens it first and accepts has the role."""
    typer.echo(asyncio.run(_invite(role=role, unit=unit)))
    typer.echo(f"for one person, {INVITATION_LASTS.days} days; give it to nobody else", err=True)


async def _invite(*, role: Role, unit: str) -> str:
    """Only the messenger knows the bot's name, so it is asked first; when it does not answer, nothing is written."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    async with ready_store() as store:
        unit_id = _unit(store, unit)
    async with open_app(load_settings()) as app, app.database.write() as tx:
        try:
            await invite(_ACTOR, tx, role=role, unit_id=unit_id, token=token, at=system_clock())
        except OutreachError as error:
            raise refuse(told("officers", error), code=2) from None
    return _way_in(app.world, f"{PREFIX}_{token}")


def _way_in(world: World, word: str) -> str:
    """The link, or where none carries a word what to type and where."""
    if any(door.capabilities.start_payload for door in world.doors):
        return world.deep_link(word)
    return "\n".join(f"{door.link('')} ({door.name}): {word}" for door in world.doors)
