"""Every conversation and every command, in one list each."""

from handlers import conversation, menu
from handlers.router import Registry
from handlers.turn import Command, Flow

FLOWS: tuple[Flow, ...] = (menu.MENU,)
COMMANDS: tuple[Command, ...] = (menu.HELP,)


def registry() -> Registry:
    return Registry(
        flows=(*FLOWS, conversation.flow({flow.name: flow for flow in FLOWS})),
        commands=COMMANDS,
        start=menu.show_help,
        come_back=menu.show_help,
        blocked=menu.blocked,
        media=menu.media,
        unreadable=menu.unreadable,
        stale=conversation.stale,
        unknown_button=menu.unknown_button,
        fallback=menu.fallback,
    )
