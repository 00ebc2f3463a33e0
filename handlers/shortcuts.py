"""Buttons that do what a command does, from any message."""

from collections.abc import Mapping

from handlers.buttons import Press
from handlers.menu import show_help, unknown_button
from handlers.turn import Command, Flow, Turn
from outreach.messaging import Button, Replies

NAME = "go"


def shortcut(turn: Turn, key: str, command: str) -> Button:
    """A button labelled with the text `key` that runs the command of that name."""
    return turn.button(key, NAME, command)


def flow(commands: Mapping[str, Command]) -> Flow:
    async def pressed(turn: Turn, press: Press) -> Replies:
        command = commands.get(press.step)
        if command is None or (command.officers_only and turn.known.officer is None):
            return await unknown_button(turn)
        return await command.run(turn)

    return Flow(name=NAME, answer=show_help, pressed=pressed, resume=show_help)
