"""/start: with the word of a link or without, for somebody new, somebody known, and somebody who comes back."""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

from handlers import conversation, join
from handlers.conversation import in_conversation
from handlers.menu import show_help, with_keyboard
from handlers.turn import Handle, Turn
from handlers.words import said
from outreach.contacts.model import Subscription
from outreach.contacts.profile import is_resting
from outreach.messaging import IncomingKind, Replies
from outreach.text import fold

# "/start", "/start src_bs01" or the word alone, which holds a "_".
_WORD = re.compile(r"(?P<start>/start(?:@\w+)?\s*)?(?P<word>[A-Za-z]+_[\w-]+)?", re.ASCII | re.IGNORECASE)


def opening(payloads: Mapping[str, Handle]) -> Handle:
    """The handler of /start. `payloads`: the word before the first "_" of a link -> what answers; the whole word is `turn.incoming.payload`."""

    async def start(turn: Turn) -> Replies:
        prefix = turn.incoming.payload.partition("_")[0]
        return await payloads.get(prefix, welcome)(turn)

    return start


def typed(payloads: Mapping[str, Handle]) -> Callable[[Turn], Awaitable[Replies | None]]:
    """A handler of what was typed: a link's word in writing, where no link carries it, or "/start" itself; None when it is neither."""

    async def run(turn: Turn) -> Replies | None:
        found = _WORD.fullmatch("/start" if _begins(turn) else turn.incoming.text.strip())
        if found is None:
            return None
        word = found["word"] or ""
        prefix, _, rest = word.partition("_")
        if not found["start"] and prefix.casefold() not in payloads:
            return None
        payload = f"{prefix.casefold()}_{rest}" if rest else word
        turn.incoming = replace(turn.incoming, kind=IncomingKind.START, payload=payload)
        return await opening(payloads)(turn)

    return run


def _begins(turn: Turn) -> bool:
    """Words that mean /start, unless they are part of a choice that stands open ("Mình đủ 16, bắt đầu")."""
    offered = turn.dialogue.choices if turn.dialogue else {}
    return said(turn, "start.words") and not any(fold(turn.incoming.text) in choice for choice in offered)


async def from_poster(turn: Turn) -> Replies:
    """src_<code>: where the person heard of it. It matters to who joins now and to nobody else."""
    contact = turn.known.contact
    if contact is None or contact.subscription == Subscription.NONE:
        return join.begin(turn, source=turn.incoming.payload)
    return await welcome(turn)


async def welcome(turn: Turn) -> Replies:
    """Begin, or say what is known and what can be done."""
    contact = turn.known.contact
    if contact is None:
        return join.begin(turn)
    if contact.subscription == Subscription.JOINING:
        return await join.go_on(turn)
    if contact.subscription == Subscription.STOPPED:
        buttons = [[turn.button("start.again", "pro", "again"), turn.button("start.not_now", "pro", "keep")]]
        return turn.answer("start.stopped", buttons)
    if contact.subscription == Subscription.NONE:
        return await _not_subscribed(turn)
    known = with_keyboard(
        turn,
        "start.known",
        year=contact.birth_year,
        unit=turn.unit_label(contact.unit_id),
        resting=is_resting(contact, at=turn.now),
    )
    if in_conversation(turn):
        return Replies(messages=(known, *(await conversation.stale(turn)).messages))
    return Replies(messages=(known,))


async def _not_subscribed(turn: Turn) -> Replies:
    """A nominator, a nominee or an officer: what she is in the middle of comes before the question whether she wants news."""
    if in_conversation(turn) and turn.dialogue and turn.dialogue.flow != join.NAME:
        return await conversation.stale(turn)
    return await show_help(turn) if turn.known.officer else join.begin(turn)
