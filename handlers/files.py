"""Conversations that take files: each says how a file is read, in a thread, and how it goes on with what was read."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

from handlers.router import Router
from handlers.turn import Turn, World
from outreach.messaging import Replies
from outreach.wishes import Fetched, Read


@dataclass(frozen=True, slots=True, kw_only=True)
class FileTaker:
    """`read` makes something of the content and raises OutreachError; `go_on` answers with that, or with the fault's words."""

    flow: str
    read: Read
    go_on: Callable[[Turn, Fetched], Awaitable[Replies]]


def going_on(takers: Iterable[FileTaker], *, router: Router) -> Callable[[Fetched], Awaitable[None]]:
    """What `outreach.wishes.fetch_wishes` does with a file: the conversation that waited takes it up, if it still waits."""
    by_flow = {taker.flow: taker for taker in takers}

    async def go_on(fetched: Fetched) -> None:
        async def handle(turn: Turn) -> Replies:
            taker = by_flow.get(fetched.wish.flow)
            if not await turn.tx.wishes.take(fetched.wish.wish_id) or taker is None:
                return Replies()
            return await taker.go_on(turn, fetched)

        await router.take_up(fetched.wish.address, channel=fetched.channel, handle=handle)

    return go_on


def file_elsewhere(world: World, name: str) -> str:
    """Where a file is to be had that a channel cannot carry: in the chat of one that carries any, or on a computer."""
    door = next((door for door in world.doors if door.capabilities.file_suffixes is None), None)
    return world.catalog.say(
        "errors.file_elsewhere", name=name, door=door.name if door else "", link=door.link("") if door else ""
    )
