"""Whoever is not understood twice in a row is told who can help: at every question, that on the unit included, and at the introduction."""

from collections.abc import Sequence
from dataclasses import replace

from handlers.buttons import read_payload
from handlers.turn import Turn
from outreach.messaging import Replies, Reply
from outreach.units import ELSEWHERE

_SHOW_HELP_AFTER = 2
_COUNT = "~"


def times_before(turn: Turn) -> int:
    """How often in a row before this turn; of a stranger the draft's step alone is kept, so it stands behind it."""
    here = turn.dialogue
    if here is None:
        return 0
    count = here.step.partition(_COUNT)[2]
    return int(count) if count.isdecimal() else here.misunderstood


def counted(turn: Turn, replies: Replies, *, before: int) -> Replies:
    """The answer to words that were not understood, with the help below its first message from the second time on."""
    count = before + 1
    if here := turn.dialogue:
        step = here.step if turn.contact_id is not None else f"{here.step}{_COUNT}{count}"
        turn.dialogue = replace(here, step=step, misunderstood=count)
    hotline, known = turn.world.pack.hotline, turn.contact_id is not None
    if count < _SHOW_HELP_AFTER or not (hotline or known):
        return replies
    first, *others = replies.messages
    told = turn.say("nominate.help", hotline=hotline, known=known)
    return replace(replies, messages=(replace(first, text=f"{first.text}\n{told}"), *others))


def names_no_unit(turn: Turn, found: Sequence[Reply]) -> bool:
    """Whether the answer to a typed unit is the question again: its first button is an area and no choice."""
    press = read_payload(found[-1].buttons[0][0].payload)
    return press is None or (press.arg != ELSEWHERE and press.arg not in turn.world.units.rows)
