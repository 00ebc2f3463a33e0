"""Her own word opens the window: what waited for it is hers now."""

from handlers.turn import Turn
from outreach.contacts.windows import Window
from outreach.messaging import IncomingKind
from outreach.outbox import OutboxRow

# Nothing she has said to us.
_NO_WORD = frozenset(
    {
        IncomingKind.BLOCKED,
        IncomingKind.UNBLOCKED,
        IncomingKind.ELSEWHERE,
        IncomingKind.STAFF,
        IncomingKind.WITHDRAW,
    }
)


async def heard_from(turn: Turn) -> list[OutboxRow]:
    """Note the word, at most every quarter of an hour; after a silence give what was held for it, to leave before the answer.

    Of what she missed the newest follows by the bulk lane. A person without an address of her own has nothing to wait for.
    """
    known, incoming, windows = turn.known, turn.incoming, turn.world.windows
    at = min(incoming.sent_at, turn.now)
    if known.address_id is None or not _spoke(turn) or not windows.is_word(known.interacted_at, at=at):
        return []
    contact_id = turn.contact_id if windows.had_closed(known.interacted_at, at=at) else None
    if contact_id is not None:  # campaigns are held before addresses, as their lanes do, so that nobody waits in a ring
        await turn.tx.legs.hand_over(contact_id, address=known.address, at=turn.now)
    await turn.tx.addresses.note_word(known.address, at=at)
    if contact_id is None:
        return []
    return await turn.tx.outbox.release(contact_id, address_id=known.address_id, at=turn.now)


def has_closed(turn: Turn) -> bool:
    """Whether what is said goes the way of a notice: no word of hers began this turn, and her last one is too long ago."""
    windows, last = turn.world.windows, turn.known.interacted_at
    window = windows.of(last, windowed=turn.can.windowed, at=turn.now)
    spoke = turn.incoming.update_id and _spoke(turn)
    return not spoke and window != Window.FREE


def _spoke(turn: Turn) -> bool:
    """Where there are windows, an arrival is somebody who follows, or who taps on the account's page that she wants to write."""
    if turn.incoming.kind == IncomingKind.START and turn.can.windowed:
        return turn.world.windows.follow_opens
    return turn.incoming.kind not in _NO_WORD
