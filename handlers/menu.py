"""What answers when nothing else does: help, words not understood, stickers, old buttons, groups, blocking; see also fallback.py."""

from collections.abc import Sequence

from content.catalog import Catalog
from handlers.matching import is_work_of, keyboard, work_of
from handlers.turn import Command, Turn
from outreach.messaging import IncomingKind, Menu, Replies, Reply
from outreach.officers import Action, Role, roles_for

# Whose list of commands it is; an administrator's is the officers'.
_ROLES = {Menu.OFFICER: Role.OFFICER, Menu.EDITOR: Role.EDITOR, Menu.REVIEWER: Role.REVIEWER}


def menu_of(role: Role) -> Menu:
    return next((menu for menu, of in _ROLES.items() if of == role), Menu.OFFICER)


def main_keyboard(turn: Turn) -> tuple[tuple[str, ...], ...]:
    """The keyboard that stays: that of the officer's role, or everybody's."""
    officer = turn.known.officer
    return keyboard(officer.role if officer else None, catalog=turn.world.catalog, language=turn.language)


def with_keyboard(turn: Turn, key: str, **values: object) -> Reply:
    """A message that also sets the keyboard; it can carry no buttons of its own."""
    return Reply(text=turn.say(turn.voiced(key), **values), keyboard=main_keyboard(turn))


def command_list(
    commands: Sequence[Command], *, menu: Menu, catalog: Catalog, language: str = "vi"
) -> tuple[tuple[str, str], ...]:
    """(name, what it does) for the messenger's own list; the officers' own come first. A name with "_" stands for words only."""
    listed = [command for command in commands if "_" not in command.name]
    shown = [command for command in listed if not command.officers_only]
    if role := _ROLES.get(menu):
        own = [command for command in listed if command.officers_only and is_work_of(role, command.name)]
        shown = own + shown
    return tuple(
        (command.name, catalog.label(f"commands.{command.name}_about", language=language)) for command in shown
    )


async def show_help(turn: Turn) -> Replies:
    officer = turn.known.officer
    if officer is None:
        return told_with_keyboard(turn, "menu.help", listed=turn.contact_id is not None or turn.can.buttons)
    return told_with_keyboard(turn, "menu.help_officer", work=work_of(officer.role))


def told_with_keyboard(turn: Turn, key: str, **values: object) -> Replies:
    """One message, and the keyboard stays: for moments at which nothing is left to press in the message itself."""
    return Replies(messages=(with_keyboard(turn, key, **values),))


async def media(turn: Turn) -> Replies:
    """A photo or file that no conversation asked for: it is not kept, and the person is told where it would be."""
    officer = turn.known.officer
    return told_with_keyboard(
        turn, "menu.media", files=turn.can.files, sends=officer is not None and is_work_of(officer.role, "gui")
    )


async def unreadable(turn: Turn) -> Replies:
    """Stickers, voice, places, edited messages, groups. The open conversation stays where it is."""
    kind = turn.incoming.kind
    if kind == IncomingKind.ELSEWHERE:
        # In a group only somebody who calls the bot by a command, or taps a button of its, expects an answer.
        link = turn.world.door(turn.incoming.channel).link("")
        if turn.incoming.callback_ref:
            return Replies(toast=turn.label("menu.elsewhere", link=link))
        return turn.answer("menu.elsewhere", link=link) if turn.incoming.text.startswith("/") else Replies()
    return (
        turn.answer("menu.edited")
        if kind == IncomingKind.EDIT
        else turn.answer("menu.unreadable", files=turn.can.files)
    )


def not_hers(turn: Turn, action: Action) -> Replies:
    """An officer whose role does not cover it: who may, and the keyboard of what she may do herself."""
    who = ", ".join(turn.label(f"duty.role_{role}") for role in roles_for(action))
    return told_with_keyboard(turn, "errors.not_hers", who=who)


async def unknown_button(turn: Turn) -> Replies:
    """A button of an older version, of an ended conversation, or made up by somebody."""
    return told_with_keyboard(turn, "menu.old_button")


async def blocked(turn: Turn) -> Replies:
    """The messenger tells that the person blocked or unblocked the bot; to neither is anything sent.

    An unblocking alone does not bring news back: the person is asked at her next word.
    """
    if turn.incoming.kind == IncomingKind.BLOCKED and turn.known.contact:
        await turn.tx.contacts.set_reachable(turn.known.address, reachable=False, reason="blocked", at=turn.now)
    return Replies()


HELP = Command(name="help", run=show_help)
