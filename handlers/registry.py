"""Every conversation and every command, in one list each."""

from collections.abc import Awaitable, Callable

from handlers import (
    ask,
    broadcast,
    coming_back,
    conversation,
    coverage,
    declare,
    duty,
    fallback,
    invite,
    join,
    leaving,
    linking,
    menu,
    news,
    pages,
    population,
    posters,
    profile,
    reading,
    review,
    shortcuts,
    start,
)
from handlers.files import FileTaker
from handlers.nominations import flow as nominate
from handlers.nominations import mine, nominee
from handlers.nominations import start as nominate_start
from handlers.quiet import Quiet
from handlers.router import Registry
from handlers.send import flow as send
from handlers.send import list as campaigns
from handlers.send.start import FILES as NEWS_FILES
from handlers.turn import Command, Flow, Handle, Turn
from outreach.messaging import Replies

FLOWS: tuple[Flow, ...] = (
    fallback.MENU,
    join.JOIN,
    pages.PAGES,
    profile.PROFILE,
    linking.LINK,
    fallback.NEWS,
    reading.READING,
    ask.ASK,
    duty.DUTY,
    invite.INVITE,
    coverage.COVERAGE,
    population.POPULATION,
    declare.DECLARE,
    review.REVIEW,
    send.SEND,
    broadcast.BROADCAST,
    nominate.NOMINATE,
    nominee.FLOW,
    mine.FLOW,
)
COMMANDS: tuple[Command, ...] = (
    news.TIN,
    profile.MINE,
    linking.LIENKET,
    ask.HOI,
    leaving.STOP,
    leaving.STOP_UNCLEAR,
    reading.READ,
    reading.READ_ON,
    coverage.DOPHO,
    review.DECUMOI,
    declare.KHAIBAO,
    invite.MOI,
    send.COMMAND,
    campaigns.COMMAND,
    nominate.DECU,
    mine.HOSO,
    menu.HELP,
)
# Who reads the files that a conversation waits for.
FILE_TAKERS: tuple[FileTaker, ...] = (NEWS_FILES, population.FILES)
# What a link's word begins with, up to the first "_" -> what answers; see handlers/start.py.
PAYLOADS: dict[str, Handle] = {
    posters.PREFIX: posters.opened,
    duty.PREFIX: duty.opened,
    "decu": nominate_start.from_link,
    nominee.PREFIX: nominee.opened,
}


def registry() -> Registry:
    quiet = Quiet()
    return Registry(
        flows=(
            *FLOWS,
            conversation.flow({flow.name: flow for flow in FLOWS}),
            shortcuts.flow({command.name: command for command in COMMANDS}),
        ),
        commands=COMMANDS,
        start=start.opening(PAYLOADS),
        come_back=coming_back.come_back,
        blocked=menu.blocked,
        staff=quiet.staff,
        beside_staff=quiet.beside_staff,
        withheld=quiet.withheld,
        withdrawn=leaving.withdrawn,
        media=menu.media,
        unreadable=menu.unreadable,
        stale=conversation.stale,
        unknown_button=menu.unknown_button,
        fallback=fallback.fallback,
        typed=_typed,
    )


_UNDERSTAND: tuple[Callable[[Turn], Awaitable[Replies | None]], ...] = (
    start.typed(PAYLOADS),
    posters.by_code,
    nominee.by_code,
    linking.by_code,
    broadcast.typed,
    profile.wished,
    leaving.wished_within,
)


async def _typed(turn: Turn) -> Replies | None:
    """The first that understands it."""
    for understands in _UNDERSTAND:
        if found := await understands(turn):
            return found
    return None
