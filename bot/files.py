"""The files that replies carry, made after the turn's commit: each kind has one maker.

A maker reads what it needs in a transaction of its own, then builds the bytes in a thread, so that neither a turn nor the loop waits.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from handlers.turn import World
from outreach.clock import Clock
from outreach.messaging import OutgoingFile
from outreach.transaction import Transactions


@dataclass(frozen=True, slots=True, kw_only=True)
class Workshop:
    """What makers work with."""

    transactions: Transactions
    world: World
    clock: Clock


Maker = Callable[[Workshop, Mapping[str, str]], Awaitable[bytes]]

# kind of OutgoingFile -> who makes it
MAKERS: dict[str, Maker] = {}


async def make_file(workshop: Workshop, file: OutgoingFile) -> bytes:
    """Raises KeyError for a kind nobody makes; a test asks for every kind that handlers use."""
    return await MAKERS[file.kind](workshop, file.arguments)
